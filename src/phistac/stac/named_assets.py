"""Assets whose names are certain before anything is asked: images and metadata of Sentinel-2, files of Sentinel-1 GRD.

Sentinel-2 names the folder of its granule after tile, absolute orbit and start of the datastrip, all of which the
record says, and its images after tile and start of the datatake. Sentinel-1 GRD names its files after the product. So
it is in every real product at hand. The files of an SLC carry the times of their sub-swaths, which no record says:
those come with ``with_assets``, as sizes and checksums do for all.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from phistac.stac.asset_fields import Fields, fields_of, kind_of
from phistac.stac.assets import file_asset, nodes_prefix, s3_href

if TYPE_CHECKING:
    from phistac.odata.records import Product
    from phistac.stac.service import Service

__all__ = ["named_assets"]

_S2 = re.compile(r"S2[A-Z]_MSIL(1C|2A)_(\d{8}T\d{6})_N(\d{4})_R\d{3}_T(\d\d[A-Z]{3})_\d{8}T\d{6}\.SAFE")
_DATASTRIP = re.compile(r"_DS_([A-Z0-9_]{4}_\d{8}T\d{6})_S(\d{8}T\d{6})_N\d\d\.\d\d")
_SAME_NAMES_SINCE = {"1C": "0204", "2A": "0400"}
"""The baseline since which a level has had the files that it has today."""
_L1C = (*(f"B{number:02d}" for number in range(1, 13)), "B8A", "TCI")
_L2A = {
    10: ("AOT", "B02", "B03", "B04", "B08", "TCI", "WVP"),
    20: ("AOT", "B01", "B02", "B03", "B04", "B05", "B06", "B07", "B11", "B12", "B8A", "SCL", "TCI", "WVP"),
    60: ("AOT", "B01", "B02", "B03", "B04", "B05", "B06", "B07", "B09", "B11", "B12", "B8A", "SCL", "TCI", "WVP"),
}
_GRD = re.compile(
    r"(S1[A-Z])_(IW|EW|S[1-6])_GRD[HM]_1S([SD][HV])_(\d{8}T\d{6})_(\d{8}T\d{6})_(\d{6})_([0-9A-F]{6})_[0-9A-F]{4}(_COG)?\.SAFE"
)
_POLARIZATIONS = {"SH": ("hh",), "SV": ("vv",), "DH": ("hh", "hv"), "DV": ("vv", "vh")}

# Key, path, and what the asset is.
Named = tuple[tuple[str, str, Fields], ...]


def named_assets(product: Product, service: Service) -> dict[str, dict[str, Any]]:
    """Return the assets of a product whose names follow from its record; none where anything about them is uncertain.

    Parameters
    ----------
    product : Product
        The record, with attributes.
    service : Service
        Whose addresses to write.
    """
    name = product.name
    named = _sentinel2(product) if name.startswith("S2") else _grd(name) if "_GRD" in name else ()
    if not named or not product.s3_path.endswith(f"/{name}"):
        return {}
    root, nodes = s3_href(product.s3_path), nodes_prefix(service, product.id, name)
    return {
        key: file_asset(
            fields, f"{name}/{path}", f"{root}/{path}", f"{nodes}/Nodes({path.replace('/', ')/Nodes(')})/$value"
        )
        for key, path, fields in named
    }


def _sentinel2(product: Product) -> Named:
    match = _S2.fullmatch(product.name)
    attributes = product.attributes
    strip = _DATASTRIP.search(str(attributes.get("datastripId") or attributes.get("datastripidentifier") or ""))
    orbit = attributes.get("orbitNumber")
    if match is None or strip is None or not isinstance(orbit, int) or match[3] < _SAME_NAMES_SINCE[match[1]]:
        return ()
    level, start, _, tile = match.groups()
    granule = f"GRANULE/L{level}_T{tile}_A{orbit:06d}_{strip[2]}"
    images = f"{granule}/IMG_DATA/"
    metadata = (
        ("product_metadata", f"MTD_MSIL{level}.xml"),
        ("granule_metadata", f"{granule}/MTD_TL.xml"),
        ("inspire_metadata", "INSPIRE.xml"),
        ("datastrip_metadata", f"DATASTRIP/DS_{strip[1]}_S{strip[2]}/MTD_DS.xml"),
    )
    return (
        *((key, path, _fields("S2", key, path[-4:])) for key, path in metadata),
        *(
            (key, f"{images}{folder}T{tile}_{start}_{key}.jp2", fields)
            for key, folder, fields in _images(level, tile, match[3])
        ),
    )


@lru_cache(maxsize=4096)
def _images(level: str, tile: str, baseline: str) -> Named:
    """Return key, folder and fields of the images: the same for all products of a tile and a baseline."""
    if level == "1C":
        places = [(band, "") for band in _L1C]
    else:
        places = [(f"{band}_{size}m", f"R{size}m/") for size, bands in _L2A.items() for band in bands]
    kind = kind_of(f"S2A_MSIL{level}_N{baseline}_R000_T{tile}_.SAFE")
    return tuple((key, folder, fields_of(kind, key, f"{key}.jp2")) for key, folder in places)


def _grd(name: str) -> Named:
    match = _GRD.fullmatch(name)
    if match is None:
        return ()
    unit, mode, polarizations, start, stop, orbit, take, twin = match.groups()
    scene, moment = f"{unit}-{mode}-grd-".lower(), f"-{start}-{stop}-{orbit}-{take}-".lower()
    return tuple(
        [
            (key, f"{before}{scene}{pol}{moment}{after}", fields)
            for key, before, pol, after, fields in _grd_files(polarizations, "-cog" if twin else "")
        ]
    )


@lru_cache(maxsize=16)
def _grd_files(polarizations: str, cog: str) -> tuple[tuple[str, str, str, str, Fields], ...]:
    """Return key, path before the scene, polarization, path after the datatake, and what the file is."""
    files = []
    for number, pol in enumerate(_POLARIZATIONS[polarizations], start=1):
        files += [
            (f"schema-product-{pol}", "annotation/", pol, f"{number:03d}{cog}.xml"),
            (f"schema-calibration-{pol}", "annotation/calibration/calibration-", pol, f"{number:03d}{cog}.xml"),
            (f"schema-noise-{pol}", "annotation/calibration/noise-", pol, f"{number:03d}{cog}.xml"),
            (pol, "measurement/", pol, f"{number:03d}{cog}.tiff"),
        ]
    return tuple((key, before, pol, after, _fields("S1_GRD", key, after)) for key, before, pol, after in files)


@lru_cache(maxsize=64)
def _fields(kind: str, key: str, file: str) -> Fields:
    return fields_of(kind, key, file)
