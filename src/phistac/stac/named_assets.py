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

from phistac.stac.asset_fields import fields_of
from phistac.stac.assets import S3_REFS, nodes_prefix, s3_href

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
Named = tuple[tuple[str, str, dict[str, Any]], ...]


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
    if not product.s3_path.endswith(f"/{name}"):
        return {}
    named = _sentinel2(product) if name.startswith("S2") else _grd(name) if "_GRD" in name else ()
    root, nodes = s3_href(product.s3_path), nodes_prefix(service, product.id, name)
    return {
        key: {
            **fields,
            "file:local_path": f"{name}/{path}",
            "href": f"{root}/{path}",
            "alternate:name": "S3",
            **S3_REFS,
            "alternate": {
                "https": {
                    "href": f"{nodes}/Nodes({path.replace('/', ')/Nodes(')})/$value",
                    "alternate:name": "HTTPS",
                    "auth:refs": ["oidc"],
                    "storage:refs": [],
                }
            },
        }
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
        *((key, path, fields_of(product.name, key, path)) for key, path in metadata),
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
    like = f"S2A_MSIL{level}_N{baseline}_R000_T{tile}_.SAFE"
    return tuple((key, folder, fields_of(like, key, f"{key}.jp2")) for key, folder in places)


def _grd(name: str) -> Named:
    match = _GRD.fullmatch(name)
    if match is None:
        return ()
    unit, mode, polarizations, start, stop, orbit, take, twin = match.groups()
    cog, files = "-cog" if twin else "", []
    for number, pol in enumerate(_POLARIZATIONS[polarizations], start=1):
        stem = f"{unit}-{mode}-grd-{pol}-{start}-{stop}-{orbit}-{take}-{number:03d}".lower() + cog
        files += [
            (f"schema-product-{pol}", f"annotation/{stem}.xml"),
            (f"schema-calibration-{pol}", f"annotation/calibration/calibration-{stem}.xml"),
            (f"schema-noise-{pol}", f"annotation/calibration/noise-{stem}.xml"),
            (pol, f"measurement/{stem}.tiff"),
        ]
    return tuple((key, path, _grd_fields(key, path.rpartition(".")[2])) for key, path in files)


@lru_cache(maxsize=64)
def _grd_fields(key: str, extension: str) -> dict[str, Any]:
    return fields_of("S1A_IW_GRDH_1SDV.SAFE", key, f"x.{extension}")
