"""Keys of assets: what CDSE's own Items call each file of a product.

Keys follow from the names of files: ``iw1-vv`` (Sentinel-1 SLC), ``vv`` (GRD), ``B04_10m`` (Sentinel-2 L2A),
``Oa01_radianceData`` (OLCI), the stem of the file (the rest of Sentinel-3). Files that CDSE's own Items have no asset
for (masks, schemas, reports) are called by their path, less what is different in every product, so that Items of many
products still share the columns of one table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["asset_key", "plain_key"]

_S1_FILE = re.compile(
    r"(?:annotation/(?:(?:calibration|rfi)/)?|measurement/)(?:(?P<kind>calibration|noise|rfi)-)?"
    r"s1[a-z]-(?P<swath>[a-z]{2}\d?|[sn]\d)-(?P<type>slc|grd|raw|ocn)-(?P<pol>[hv]{2})-.*?-(?P<number>\d{3})(?:-cog)?\.(?P<ext>xml|tiff|nc)"
)
_S1_RAW = re.compile(
    r"s1[a-z]-(?P<swath>[a-z]{2}|s\d|n\d)-raw-[a-z]-(?P<pol>[hv]{2})-[^/]*?(?P<part>-annot|-index)?\.dat"
)
_S2_IMAGE = re.compile(
    r"GRANULE/[^/]+/IMG_DATA/(?:R\d\dm/)?[^/]+_(?P<key>(?:B\d[\dA]|TCI|AOT|SCL|WVP)(?:_\d\dm)?)\.jp2"
)
_S2_METADATA = (
    ("product_metadata", re.compile(r"MTD_MSIL\d[AC]\.xml")),
    ("granule_metadata", re.compile(r"GRANULE/[^/]+/MTD_TL\.xml")),
    ("inspire_metadata", re.compile(r"INSPIRE\.xml")),
    ("datastrip_metadata", re.compile(r"DATASTRIP/[^/]+/MTD_DS\.xml")),
    ("safe_manifest", re.compile(r"manifest\.safe")),
    ("thumbnail", re.compile(r"[^/]+-ql\.jpg")),
)
# Where the key does not follow from the stem of the file by rule: read off CDSE's own Items.
_S3_NAMES = {
    "qualityFlags": "quality-flags", "chl_nn": "chl-Nn", "chl_oc4me": "chl-Oc4me", "iop_nn": "iop-Nn",
    "tsm_nn": "tsm-Nn", "w_aer": "w-Aer", "ogvi": "gifapar", "rc_ogvi": "rc-gifapar",
    "TOA_NDVI": "toa_ndvi", "NRT_AOD": "nrt_aod", "NTC_AOD": "ntc_aod_data",
    "Syn_AMIN": "syn_amin", "Syn_AOT550": "syn_aot550", "Syn_Angstrom_exp550": "syn_angstrom_exp550",
    "Syn_SDR_removed_pixel": "syn_sdr_removed_pixel",
}  # fmt: skip
_S3_METADATA = {
    "xfdumanifest.xml": "xfdumanifest", "EOPMetadata.xml": "eop_metadata", "manifest.xml": "manifest",
    "quicklook.jpg": "thumbnail",
}  # fmt: skip
_MOSAICS = ("Sentinel-1_", "Sentinel-2_")
_ALTIMETRY_L1 = {
    "measurement": "measurement_data",
    "measurement_l1a": "measurement_data",
    "acquisition": "acquisition_data",
}


_UNIQUE = (
    (re.compile(r"^(GRANULE|DATASTRIP)/[^/]+/"), r"\1/"),
    (re.compile(r"(?:L\d[A-Z]_)?T\d\d[A-Z]{3}_\d{8}T\d{6}_"), ""),
    (re.compile(r"^S\d[A-Z]_[^/]*\.SAFE-report-\d{8}T\d{6}"), "report"),
    (re.compile(r"S2[A-Z]_(?:OPER|USER)_[^/]*(?=\.)"), "report"),
)


def asset_key(name: str, path: str) -> str | None:
    """Return the key of a file of a product, or ``None`` where CDSE's own Items have no asset for it.

    Parameters
    ----------
    name : str
        The product's name, which says the mission and the type.
    path : str
        Of the file, relative to the product's root.

    Examples
    --------
    >>> asset_key("S3A_OL_1_EFR____X.SEN3", "Oa01_radiance.nc")
    'Oa01_radianceData'
    """
    if not path:
        return "netcdf" if name.endswith(".nc") else "data"
    rule = _RULES.get("mosaic" if name.startswith(_MOSAICS) else name[:2])
    return None if rule is None else rule(name, path)


def plain_key(path: str) -> str:
    """Return the key of a file that CDSE's own Items have no asset for.

    Examples
    --------
    >>> plain_key("GRANULE/L2A_T13VEK_A034773_20220217T183428/QI_DATA/MSK_DETFOO_B01.jp2")
    'GRANULE/QI_DATA/MSK_DETFOO_B01.jp2'
    >>> plain_key("support/s1-level-1-product.xsd")
    'support/s1-level-1-product.xsd'
    """
    for pattern, short in _UNIQUE:
        path = pattern.sub(short, path)
    return path


def _sentinel1_key(_name: str, path: str) -> str | None:
    raw = _S1_RAW.fullmatch(path) if path.endswith(".dat") else None
    if raw is not None:
        return f"{raw['swath']}-{raw['pol']}{raw['part'] or ''}"
    match = _S1_FILE.fullmatch(path)
    if match is None:
        return {"preview/thumbnail.png": "thumbnail", "manifest.safe": "safe_manifest"}.get(path)
    swath, pol = match["swath"], match["pol"]
    scene = pol if match["type"] == "grd" else f"{swath}-{pol}"
    if swath.startswith("wv"):
        scene = f"{scene}-{match['number']}"
    if match["ext"] != "xml":
        return scene
    return f"schema-{match['kind'] or 'product'}-{scene}"


def _sentinel2_key(_name: str, path: str) -> str | None:
    match = _S2_IMAGE.fullmatch(path)
    if match is not None:
        return match["key"]
    return next((key for key, pattern in _S2_METADATA if pattern.fullmatch(path)), None)


def _sentinel3_key(name: str, path: str) -> str | None:
    stem, separator, extension = path.rpartition(".")
    if not separator or extension != "nc" or "/" in path:
        return _S3_METADATA.get(path) or ("thumbnail" if path.endswith("-ql.jpg") else None)
    if stem in _S3_NAMES:
        return _S3_NAMES[stem]
    if name[4:12] == "SL_2_WST":
        return "L2P"
    if name[4:12] == "SR_1_SRA":
        return _ALTIMETRY_L1.get(stem, stem)
    if name[4:6] != "OL":
        return f"syn_{stem[4:]}" if stem.startswith("Syn_") else stem
    return f"{stem}Data" if re.match(r"Oa\d\d_", stem) else stem.replace("_", "-")


def _sentinel6_key(_name: str, path: str) -> str | None:
    if path.endswith(".nc") and "/" not in path:
        return "reduced_measurement" if "_RED_" in path else "measurement"
    return {"manifest.safe": "manifest"}.get(path) or _S3_METADATA.get(path)


def _mosaic_key(_name: str, path: str) -> str | None:
    return None if "/" in path else path.rpartition(".")[0] or None


_RULES: dict[str, Callable[[str, str], str | None]] = {
    "S1": _sentinel1_key,
    "S2": _sentinel2_key,
    "S3": _sentinel3_key,
    "S6": _sentinel6_key,
    "mosaic": _mosaic_key,
}
