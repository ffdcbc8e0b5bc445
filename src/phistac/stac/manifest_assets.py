"""Assets from a manifest: every object under the key that CDSE's own Items give it, with size and checksum.

Keys follow from the names of files: ``iw1-vv`` (Sentinel-1 SLC), ``vv`` (GRD), ``B04_10m`` (Sentinel-2 L2A),
``Oa01_radianceData`` (OLCI), the stem of the file (the rest of Sentinel-3).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from phistac.stac.assets import checksum_of, product_assets, s3_asset
from phistac.stac.mgrs import tile_of, tile_projection
from phistac.stac.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phistac.odata.records import Product
    from phistac.safe.manifest import Manifest, ManifestObject

__all__ = ["asset_key", "assets_from_manifest"]

_S1_FILE = re.compile(
    r"(?:annotation/(?:(?:calibration|rfi)/)?|measurement/)(?:(?P<kind>calibration|noise|rfi)-)?"
    r"s1[a-z]-(?P<swath>[a-z]{2}\d?|[sn]\d)-(?P<type>slc|grd|raw|ocn)-(?P<pol>[hv]{2})-.*?-(?P<number>\d{3})(?:-cog)?\.(?P<ext>xml|tiff)"
)
_S2_IMAGE = re.compile(
    r"GRANULE/[^/]+/IMG_DATA/(?:R\d\dm/)?[^/]+_(?P<key>(?:B\d[\dA]|TCI|AOT|SCL|WVP)(?:_\d\dm)?)\.jp2"
)
_S2_METADATA = (
    ("product_metadata", re.compile(r"MTD_MSIL\d[AC]\.xml")),
    ("granule_metadata", re.compile(r"GRANULE/[^/]+/MTD_TL\.xml")),
    ("inspire_metadata", re.compile(r"INSPIRE\.xml")),
    ("datastrip_metadata", re.compile(r"DATASTRIP/[^/]+/MTD_DS\.xml")),
)
_S2_PIXEL_M = {10: ("B02", "B03", "B04", "B08", "TCI"), 60: ("B01", "B09", "B10")}
"""Of level 1C, whose keys name no resolution; 20 m otherwise."""
# Where the key does not follow from the stem of the file by rule: read off CDSE's own Items.
_S3_NAMES = {
    "qualityFlags": "quality-flags", "chl_nn": "chl-Nn", "chl_oc4me": "chl-Oc4me", "iop_nn": "iop-Nn",
    "tsm_nn": "tsm-Nn", "w_aer": "w-Aer", "ogvi": "gifapar", "rc_ogvi": "rc-gifapar",
    "TOA_NDVI": "toa_ndvi", "NRT_AOD": "nrt_aod", "NTC_AOD": "ntc_aod_data",
    "Syn_AMIN": "syn_amin", "Syn_AOT550": "syn_aot550", "Syn_Angstrom_exp550": "syn_angstrom_exp550",
    "Syn_SDR_removed_pixel": "syn_sdr_removed_pixel",
}  # fmt: skip
_ALTIMETRY_L1 = {
    "measurement": "measurement_data",
    "measurement_l1a": "measurement_data",
    "acquisition": "acquisition_data",
}
_TYPES = {
    ".xml": "application/xml", ".tiff": "image/tiff; application=geotiff; profile=cloud-optimized", ".jp2": "image/jp2",
    ".nc": "application/netcdf", ".png": "image/png", ".jpg": "image/jpeg",
    ".html": "text/html", ".pdf": "application/pdf",
}  # fmt: skip
_ALGORITHMS = {"md5": "MD5", "sha3_256": "SHA3-256", "sha256": "SHA-256"}


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
    mission = name[:2]
    if mission == "S1":
        return _sentinel1_key(path)
    if mission == "S2":
        return _sentinel2_key(path)
    if mission == "S3":
        return _sentinel3_key(name, path)
    return None


def _sentinel1_key(path: str) -> str | None:
    match = _S1_FILE.fullmatch(path)
    if match is None:
        return {"preview/thumbnail.png": "thumbnail"}.get(path)
    swath, pol = match["swath"], match["pol"]
    scene = pol if match["type"] == "grd" else f"{swath}-{pol}"
    if swath.startswith("wv"):
        scene = f"{scene}-{match['number']}"
    if match["ext"] == "tiff":
        return scene
    return f"schema-{match['kind'] or 'product'}-{scene}"


def _sentinel2_key(path: str) -> str | None:
    match = _S2_IMAGE.fullmatch(path)
    if match is not None:
        return match["key"]
    return next((key for key, pattern in _S2_METADATA if pattern.fullmatch(path)), None)


def _sentinel3_key(name: str, path: str) -> str | None:
    stem, separator, extension = path.rpartition(".")
    if not separator or extension != "nc" or "/" in path:
        return {"EOPMetadata.xml": "eop_metadata", "manifest.xml": "manifest"}.get(path)
    if stem in _S3_NAMES:
        return _S3_NAMES[stem]
    if name[4:12] == "SL_2_WST":
        return "L2P"
    if name[4:12] == "SR_1_SRA":
        return _ALTIMETRY_L1.get(stem, stem)
    if name[4:6] != "OL":
        return f"syn_{stem[4:]}" if stem.startswith("Syn_") else stem
    return f"{stem}Data" if re.match(r"Oa\d\d_", stem) else stem.replace("_", "-")


def assets_from_manifest(
    product: Product, manifest: Manifest, collection: str, service: Service | None = None
) -> dict[str, dict[str, Any]]:
    """Return all assets of a product: those of its record, and one for each object that the manifest lists.

    Parameters
    ----------
    product : Product
        The record.
    manifest : Manifest
        From :func:`phistac.safe.manifest.parse_manifest`.
    collection : str
        Id of the collection.
    service : Service, optional
        Whose addresses to write.

    Returns
    -------
    dict
        By key; objects without a key in CDSE's own Items (browse images, schemas, reports) are left out, as there.
    """
    service = service or Service()
    assets = product_assets(product, collection, service)
    whole: dict[str, dict[str, Any]] = {key: assets.pop(key) for key in ("product", "Product") if key in assets}
    for key, found in _keyed(product, manifest):
        if key not in assets:
            fields = {**_fields(key, found), **_grid(product.name, key)}
            assets[key] = s3_asset(service, product, found.path, fields)
    return {**assets, **whole}


def _keyed(product: Product, manifest: Manifest) -> Iterator[tuple[str, ManifestObject]]:
    for found in manifest.objects:
        key = asset_key(product.name, found.path)
        if key is not None:
            yield key, found


def _fields(key: str, found: ManifestObject) -> dict[str, Any]:
    extension = f".{found.path.rpartition('.')[2]}"
    role = {"thumbnail": "thumbnail"}.get(key, "metadata" if extension in {".xml", ".html", ".pdf"} else "data")
    fields: dict[str, Any] = {
        "type": _TYPES.get(extension, found.mime_type or "application/octet-stream"),
        "title": found.path.rpartition("/")[2],
        "roles": ["visual"] if key.startswith("TCI") else [role],
        "file:size": found.size,
    }
    multihash = checksum_of(_ALGORITHMS.get(found.algorithm or "", ""), found.checksum or "")
    if multihash is not None:
        fields["file:checksum"] = multihash
    return fields


def _grid(name: str, key: str) -> dict[str, Any]:
    """Return where the pixels of a Sentinel-2 image lie, which is all that readers of rasters ask of an Item."""
    tile = tile_of(name) if name.startswith("S2") else None
    band, separator, suffix = key.partition("_")
    if tile is None or not re.fullmatch(r"B\d[\dA]|TCI|AOT|SCL|WVP", band):
        return {}
    pixel_m = int(suffix[:2]) if separator else next((size for size, of in _S2_PIXEL_M.items() if band in of), 20)
    return {"gsd": pixel_m, **tile_projection(tile, pixel_m)}
