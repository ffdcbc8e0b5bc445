"""What is the same for all products of a mission: platforms, instruments, constants, the shape of a product.

International designators, resolutions and timeliness are those that CDSE's own Items and collections state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

__all__ = [
    "DESIGNATORS", "GSD", "MISSIONS", "SENTINEL_5P_TITLES", "TIMELINESS", "TYPE_CONSTANTS", "Mission",
    "named_constants",
]  # fmt: skip

DESIGNATORS = {
    "sentinel-1a": "2014-016A", "sentinel-1b": "2016-025A", "sentinel-1c": "2024-235A",
    "sentinel-2a": "2015-028A", "sentinel-2b": "2017-013A", "sentinel-2c": "2024-157A",
    "sentinel-3a": "2016-011A", "sentinel-3b": "2018-039A",
    "sentinel-5p": "2017-064A", "sentinel-6a": "2020-086A",
}  # fmt: skip
"""International designator by platform; a platform that is not here gets none."""

TIMELINESS = {
    "NRT-10m": "PT10M", "NRT-1h": "PT1H", "NRT-3h": "PT3H", "Fast-24h": "PT24H",
    "NR": "PT3H", "ST": "PT48H", "NT": "P1M",
    "NRTI": "PT3H", "OFFL": "PT12H",
}  # fmt: skip
"""Duration by category. Others are not written: ``product:timeliness_category`` requires its duration."""

_METERS = {
    10: "S2MSI1C S2MSI2A",
    300: "OL_1_EFR___ OL_2_LFR___ OL_2_WFR___ SR_1_SRA_A_ SR_1_SRA___ SY_2_SYN___",
    1000: "SL_1_RBT___ SL_2_FRP___ SL_2_LST___ SL_2_WST___ SY_2_V10___ SY_2_VG1___ SY_2_VGP___",
    1200: "OL_1_ERR___ OL_2_LRR___ OL_2_WRR___",
    1640: "SR_2_LAN___ SR_2_LAN_HY SR_2_LAN_LI SR_2_LAN_SI SR_2_WAT___",
    3500: "L1B_RA_BD2 L1B_RA_BD3 L1B_RA_BD4 L1B_RA_BD5 L1B_RA_BD6 L2__AER_AI L2__AER_LH L2__CLOUD_ L2__HCHO__ "
    "L2__NO2___ L2__NP_BD3 L2__NP_BD6 L2__NP_BD7 L2__O3____ L2__O3_TCL L2__SO2___",
    4500: "SY_2_AOD___",
    5500: "L1B_RA_BD1 L1B_RA_BD7 L1B_RA_BD8",
    7000: "L2__CO____ L2__CH4___",
    9500: "SL_2_AOD___",
    20000: "P4_1B_LR_____ P4_1B__LR_____ P4_2__LR_____",
    21000: "L2__O3__PR",
    25000: "MW_2__AMR____",
}
GSD = {kind: meters for meters, kinds in _METERS.items() for kind in kinds.split()}
"""Ground sample distance in meters by product type."""


_STRIPMAP = tuple(f"S{number}" for number in range(1, 7))


def _resolution(along_range: int, along_azimuth: int) -> dict[str, Any]:
    return {"sar:resolution_range": along_range, "sar:resolution_azimuth": along_azimuth}


def _spacing(meters: float) -> dict[str, Any]:
    return {"sar:pixel_spacing_range": meters, "sar:pixel_spacing_azimuth": meters}


# Nominal values (Sentinel-1 Product Definition S1-RS-MDA-52-7440); those of EW and of stripmap stand so in CDSE's own
# Items.
TYPE_CONSTANTS: dict[str, dict[str, Any]] = {
    "IW_SLC__1S": _resolution(5, 20),
    "EW_SLC__1S": _resolution(20, 40),
    **{f"{mode}_SLC__1S": _resolution(5, 5) for mode in _STRIPMAP},
    **{f"{mode}_GRDH_1S": _spacing(10.0) for mode in ("IW", *_STRIPMAP)},
    **{f"{mode}_GRDM_1S": _spacing(40.0) for mode in ("IW", "EW", *_STRIPMAP)},
    "EW_GRDH_1S": _spacing(25.0),
    "S1SAR_L3_IW_MCM": {"gsd": 20, "product:timeliness": "P1M"},
    "S1SAR_L3_DH_MCM": {"gsd": 40, "product:timeliness": "P1M"},
    "S2MSI_L3__MCQ": {"gsd": 10, "product:timeliness": "P3M"},
}
"""What is the same for all products of a type."""

SENTINEL_5P_TITLES = {
    **{f"L1B_RA_BD{band}": f"Radiance Product, Band {band}" for band in range(1, 9)},
    **{f"L2__NP_BD{band}": f"Cloud from the Suomi NPP mission, band {band}" for band in (3, 6, 7)},
    "L2__AER_AI": "UV Aerosol Index", "L2__AER_LH": "UV Aerosol Layer Height", "L2__CH4___": "Methane Concentration",
    "L2__CLOUD_": "Cloud Parameters", "L2__CO____": "Carbon Monoxide Concentration",
    "L2__HCHO__": "Atmospheric Formaldehyde Concentration", "L2__NO2___": "Nitrogen Dioxide Concentration",
    "L2__O3____": "Total Column Ozone Concentration", "L2__O3__PR": "Atmospheric Ozone Concentration",
    "L2__O3_TCL": "Tropospheric Ozone Concentration", "L2__SO2___": "Atmospheric Sulfur Dioxide Concentrations",
}  # fmt: skip
"""What CDSE's own collections call the file, by product type."""

_S6_NAME = re.compile(
    r"S6[A-Z_]_(?P<type>(?P<instrument>P4|MW)_.{10,12}?)_\d{8}T\d{6}_.*_(?P<cycle>\d{3})_\d{3}_\d{3}_"
)
_S6_INSTRUMENTS = {"P4": "p4", "MW": "amr-c"}
_MOSAIC = re.compile(r"(Sentinel-[12])_(?:(IW|DH)_)?mosaic_\d{4}_[MQ]\d+_(\d\d[C-X][A-Z]{2})_")
_MOSAIC_INSTRUMENTS = {"Sentinel-1": "sar", "Sentinel-2": "msi"}
_C_BAND = {"sar:frequency_band": "C", "sar:center_frequency": 5.405}


@lru_cache(maxsize=1024)
def _named(name: str) -> tuple[tuple[str, Any], ...]:
    if (match := _S6_NAME.match(name)) is not None:
        instrument = _S6_INSTRUMENTS[match["instrument"]]
        kind = "microwave" if instrument == "amr-c" else "sar"
        return (("instruments", [instrument]), ("sat:orbit_cycle", int(match["cycle"])), ("altm:instrument_type", kind))
    if (match := _MOSAIC.match(name)) is not None:
        mission, mode, square = match.groups()
        made = {
            "constellation": mission.lower(),
            "instruments": [_MOSAIC_INSTRUMENTS[mission]],
            "processing:level": "L3",
            "grid:code": f"MGRS-{square}",
        }
        if mission == "Sentinel-2":
            made["proj:code"] = f"EPSG:{327 if square[2] < 'N' else 326}{square[:2]}"
        if mode is not None:
            polarizations = ["VV", "VH"] if mode == "IW" else ["HH", "HV"]
            made |= {"sar:instrument_mode": mode, **_C_BAND, "sar:polarizations": polarizations}
        return tuple(made.items())
    return ()


def named_constants(name: str, s3_path: str, mission: str) -> dict[str, Any]:
    """Return what name and path of a product say and its record may not: of Sentinel-6 and of mosaics.

    Examples
    --------
    >>> named_constants("Sentinel-2_mosaic_2024_Q1_17RLM_0_0", "", "GLOBAL-MOSAICS")["grid:code"]
    'MGRS-17RLM'
    """
    if mission not in {"SENTINEL-6", "GLOBAL-MOSAICS"}:
        return {}
    kind = next((part for part in s3_path.split("/") if part in TYPE_CONSTANTS and "_L3_" in part), None)
    return {**dict(_named(name)), **({} if kind is None else {"product:type": kind})}


@dataclass(frozen=True)
class Mission:
    """What all products of one OData collection have in common."""

    constellation: str
    platforms: tuple[str, ...]
    instruments: tuple[str, ...]
    start: str
    """When the archive begins, as CDSE's collections state it."""
    url: str
    constants: dict[str, Any] = field(default_factory=dict)


_ESA = "https://sentinel.esa.int/web/sentinel/missions"
MISSIONS = {
    "SENTINEL-1": Mission(
        "sentinel-1", ("sentinel-1a", "sentinel-1b", "sentinel-1c", "sentinel-1d"), ("sar",),
        "2014-10-04T03:06:54.705000Z", f"{_ESA}/sentinel-1", _C_BAND,
    ),
    "SENTINEL-2": Mission(
        "sentinel-2", ("sentinel-2a", "sentinel-2b", "sentinel-2c"), ("msi",),
        "2015-06-27T10:25:31Z", f"{_ESA}/sentinel-2",
        {"product:timeliness": "PT24H", "product:timeliness_category": "NRT"},
    ),
    "SENTINEL-3": Mission(
        "sentinel-3", ("sentinel-3a", "sentinel-3b"), ("olci", "slstr", "sral"), "2016-03-01T14:07:51.632846Z",
        f"{_ESA}/sentinel-3",
    ),
    "SENTINEL-5P": Mission(
        "sentinel-5p", ("sentinel-5p",), ("tropomi",), "2018-04-01T00:00:11Z", f"{_ESA}/sentinel-5p",
        {"instruments": ["tropomi"]},
    ),
    "SENTINEL-6": Mission("sentinel-6", ("sentinel-6a",), (), "2021-10-09T05:12:16Z", f"{_ESA}/sentinel-6"),
    "LANDSAT-5": Mission("landsat", ("landsat-5",), ("tm",), "1984-03-01T00:00:00Z", "https://landsat.gsfc.nasa.gov"),
    "LANDSAT-7": Mission("landsat", ("landsat-7",), ("etm",), "1999-04-15T00:00:00Z", "https://landsat.gsfc.nasa.gov"),
    "LANDSAT-8": Mission("landsat", ("landsat-8",), ("oli", "tirs"), "2013-02-11T00:00:00Z", "https://landsat.gsfc.nasa.gov"),
    "LANDSAT-9": Mission("landsat", ("landsat-9",), ("oli", "tirs"), "2021-09-27T00:00:00Z", "https://landsat.gsfc.nasa.gov"),
}  # fmt: skip
"""Missions by OData collection; the others are served without constants."""
