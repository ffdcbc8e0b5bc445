"""The rules that tell a product's collection from its type, and back.

Ids are those of CDSE's own STAC catalogue (``sentinel-3-olci-1-efr-ntc``); what it lacks has ids in the same style. A
product that no rule knows belongs to the collection of its whole mission (``sentinel-1``), never to a guess.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from phistac.odata.attributes import COLLECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "SENTINEL_3", "SENTINEL_5P", "SENTINEL_6", "collection_id", "mission_of", "sentinel3_id", "sentinel5p_id",
    "sentinel6_id",
]  # fmt: skip

_S3_INSTRUMENTS = {"OL": "olci", "SL": "sl", "SR": "sr", "SY": "syn"}
_S3_TIMELINESS = {"NR": "nrt", "ST": "stc", "NT": "ntc"}

# Type -> the timeliness classes it is distributed in.
SENTINEL_3: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("OL_1_EFR___", "OL_1_ERR___", "OL_2_LFR___", "OL_2_LRR___", "OL_2_WFR___", "OL_2_WRR___"), ("NR", "NT")
    ),
    **dict.fromkeys(("SL_1_RBT___", "SL_2_FRP___", "SL_2_LST___", "SL_2_WST___"), ("NR", "NT")),
    "SL_2_AOD___": ("NR",),
    **dict.fromkeys(
        (
            "SR_1_SRA_A_",
            "SR_1_SRA___",
            "SR_1_SRA_BS",
            "SR_2_LAN___",
            "SR_2_LAN_HY",
            "SR_2_LAN_LI",
            "SR_2_LAN_SI",
            "SR_2_WAT___",
        ),
        ("NR", "ST", "NT"),
    ),
    "SY_2_AOD___": ("NT",),
    **dict.fromkeys(("SY_2_SYN___", "SY_2_V10___", "SY_2_VG1___", "SY_2_VGP___"), ("ST", "NT")),
}
"""Product types of Sentinel-3 and their timeliness."""

_NRTI_TOO, _OFFLINE = ("NRTI", "OFFL", "RPRO"), ("OFFL", "RPRO")
SENTINEL_5P: dict[str, tuple[str, ...]] = {
    **{f"L1B_RA_BD{band}": _NRTI_TOO for band in range(1, 9)},
    **dict.fromkeys(
        ("L2__AER_AI", "L2__AER_LH", "L2__CLOUD_", "L2__CO____", "L2__HCHO__", "L2__NO2___", "L2__O3____", "L2__O3__PR",
         "L2__O3_TCL", "L2__SO2___"),
        _NRTI_TOO,
    ),
    **dict.fromkeys(("L2__CH4___", "L2__NP_BD3", "L2__NP_BD6", "L2__NP_BD7"), _OFFLINE),
}  # fmt: skip
"""Product types of Sentinel-5P and their processing modes."""

SENTINEL_6 = {"MW_2__AMR": "amr-c", "P4_1B_LR": "p4-1b", "P4_2__LR": "p4-2"}
"""Product types of Sentinel-6, as far as CDSE's own catalogue has collections of them, and what those are called."""

_MISSIONS = {
    "S1": "SENTINEL-1", "S2": "SENTINEL-2", "S3": "SENTINEL-3", "S5P": "SENTINEL-5P", "S6": "SENTINEL-6",
    "LT05": "LANDSAT-5", "LE07": "LANDSAT-7", "LC08": "LANDSAT-8", "LO08": "LANDSAT-8", "LC09": "LANDSAT-9",
}  # fmt: skip
_MISSION_PREFIX = re.compile(r"(S1|S2|S3|S6)[A-Z_]_|(S5P)_|(LT05|LE07|LC08|LO08|LC09)_")
_S1_TYPE = re.compile(
    r"S1[A-Z_]_((?:IW|EW|WV|S[1-6]|N[1-6]|EN|AN|RF|HK|GP|Z[A-Z0-9])_(?:SLC|GRD|RAW|OCN)[FHM_]_\d[SANC])"
)
_S2_TYPE = re.compile(r"S2[A-Z]_MSIL(1C|2A)_")
_S3_TYPE = re.compile(r"S3[A-Z_]_([A-Z]{2}_\d_[A-Z0-9_]{6})_.*_(NR|ST|NT)_[A-Z0-9_]{3}")
_S6_TYPE = re.compile(r"S6[A-Z_]_(.{8,9}?)_{2,}\d{8}T\d{6}_.*_(NR|ST|NT)_[A-Z0-9]{3}")
_MOSAIC = re.compile(r"Sentinel-([12])_(?:[A-Z]{2}_)?mosaic_")
_S5P_TYPE = re.compile(r"S5P_(NRTI|OFFL|RPRO)_(L1B_RA_BD\d|L2__[A-Z0-9_]{6})_")


def sentinel3_id(product_type: str, timeliness: str) -> str:
    """Return the id of a Sentinel-3 collection.

    Examples
    --------
    >>> sentinel3_id("SR_2_LAN_HY", "ST")
    'sentinel-3-sr-2-lan-hy-stc'
    """
    instrument, *rest = [part.lower() for part in product_type.split("_") if part]
    return "-".join(("sentinel-3", _S3_INSTRUMENTS[instrument.upper()], *rest, _S3_TIMELINESS[timeliness]))


def sentinel5p_id(product_type: str, mode: str) -> str:
    """Return the id of a Sentinel-5P collection.

    Examples
    --------
    >>> sentinel5p_id("L1B_RA_BD1", "OFFL"), sentinel5p_id("L2__O3__PR", "NRTI")
    ('sentinel-5p-l1-ra-bd1-offl', 'sentinel-5p-l2-o3-pr-nrti')
    """
    level, *rest = [part.lower() for part in product_type.split("_") if part]
    return "-".join(("sentinel-5p", level[:2], *rest, mode.lower()))


def sentinel6_id(product_type: str, timeliness: str) -> str:
    """Return the id of a Sentinel-6 collection.

    Examples
    --------
    >>> sentinel6_id("P4_2__LR", "NT")
    'sentinel-6-p4-2-ntc'
    """
    return f"sentinel-6-{SENTINEL_6[product_type]}-{_S3_TIMELINESS[timeliness]}"


def mission_of(name: str, platform: str = "", s3_path: str = "") -> str:
    """Return the OData collection that a product belongs to, or empty text: records do not say.

    Parameters
    ----------
    name : str
        The product's name, which decides where it follows a mission's convention.
    platform : str
        The attribute ``platformShortName``.
    s3_path : str
        Where the objects are; the first folder is that of the mission.

    Examples
    --------
    >>> mission_of("S1__AUX_SCS_V20140406T133000_G20240612T132402.SAFE")
    'SENTINEL-1'
    """
    if _MOSAIC.match(name):
        return "GLOBAL-MOSAICS"
    match = _MISSION_PREFIX.match(name)
    if match:
        return _MISSIONS[match.group(match.lastindex or 0)]
    folder = s3_path.removeprefix("/eodata/").partition("/")[0].upper()
    return next((each for each in (platform.upper(), folder) if each in COLLECTIONS), "")


def collection_id(name: str, mission: str, product_type: str, level: str = "") -> str:
    """Return the id of the collection that a product belongs to.

    Parameters
    ----------
    name : str
        With or without extension.
    mission : str
        The OData collection, such as ``SENTINEL-1``.
    product_type : str
        The attribute ``productType``; empty where attributes were not asked for.
    level : str
        The attribute ``processingLevel``.
    """
    if mission == "SENTINEL-1":
        return _sentinel1(name, product_type)
    if mission == "LANDSAT-8" and level == "LEVEL1TP":
        return "landsat-8-l1tp"
    rule = _BY_NAME.get(mission)
    found = None if rule is None else rule(name)
    return mission.lower() if found is None else found


def _sentinel1(name: str, product_type: str) -> str:
    stem = name.removesuffix(".SAFE")
    found = _S1_TYPE.match(stem)
    if "_AUX_" in name or product_type.startswith("AUX_"):
        return "sentinel-1-aux"
    kind = product_type.removesuffix("-COG") or (found.group(1) if found else "")
    if "_SLC_" in kind:
        return "sentinel-1-slc-wv" if kind.startswith("WV") else "sentinel-1-slc"
    if "_GRD" in kind:
        return "sentinel-1-grd" if product_type.endswith("-COG") or stem.endswith("_COG") else "sentinel-1-grd-safe"
    for family in ("RAW", "OCN"):
        if f"_{family}_" in kind:
            return f"sentinel-1-{family.lower()}"
    return "sentinel-1"


def _sentinel2(name: str) -> str | None:
    found = _S2_TYPE.match(name)
    return f"sentinel-2-l{found.group(1).lower()}" if found else None


@lru_cache(maxsize=4096)
def _sentinel3(name: str) -> str | None:
    found = _S3_TYPE.match(name.removesuffix(".SEN3"))
    if found and found.group(2) in SENTINEL_3.get(found.group(1), ()):
        return sentinel3_id(found.group(1), found.group(2))
    return None


def _sentinel5p(name: str) -> str | None:
    found = _S5P_TYPE.match(name)
    if found and found.group(1) in SENTINEL_5P.get(found.group(2), ()):
        return sentinel5p_id(found.group(2), found.group(1))
    return None


def _sentinel6(name: str) -> str | None:
    found = _S6_TYPE.match(name)
    return sentinel6_id(found.group(1), found.group(2)) if found and found.group(1) in SENTINEL_6 else None


def _mosaic(name: str) -> str | None:
    found = _MOSAIC.match(name)
    return f"sentinel-{found.group(1)}-global-mosaics" if found else None


_BY_NAME: dict[str, Callable[[str], str | None]] = {
    "SENTINEL-2": _sentinel2,
    "SENTINEL-3": _sentinel3,
    "SENTINEL-5P": _sentinel5p,
    "SENTINEL-6": _sentinel6,
    "GLOBAL-MOSAICS": _mosaic,
}
