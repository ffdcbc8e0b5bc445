"""What is the same for all products of a mission: platforms, instruments, constants, the shape of a product.

International designators, resolutions and timeliness are those that CDSE's own Items and collections state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["DESIGNATORS", "GSD", "MISSIONS", "TIMELINESS", "Mission"]

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
    21000: "L2__O3__PR",
}
GSD = {kind: meters for meters, kinds in _METERS.items() for kind in kinds.split()}
"""Ground sample distance in meters by product type."""


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
_C_BAND = {"sar:frequency_band": "C", "sar:center_frequency": 5.405}

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
