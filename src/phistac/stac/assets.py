"""Assets that are certain from the record alone: manifest, whole product, quicklook, and single-file products.

Every other file is known once its manifest or its listing has been asked: :func:`phistac.with_assets`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from phistac.stac.asset_fields import fields_from
from phistac.stac.missions import SENTINEL_5P_TITLES

if TYPE_CHECKING:
    from phistac.odata.records import Checksum, Product
    from phistac.stac.asset_fields import Fields
    from phistac.stac.service import Service

__all__ = [
    "checksum_of",
    "enclosure",
    "file_asset",
    "https",
    "is_folder",
    "is_plain",
    "nodes_href",
    "nodes_prefix",
    "product_assets",
    "s3_href",
    "s3_refs",
]


_MULTIHASH = {
    "MD5": "d50110", "BLAKE3": "1e20", "SHA3-256": "1620", "SHA-256": "1220", "SHA256": "1220", "SHA1": "1114",
    "SHA512": "1340",
}  # fmt: skip
_MULTIHASHES = {
    spelling: (prefix, 2 * int(prefix[-2:], 16))
    for name, prefix in _MULTIHASH.items()
    for spelling in (name, name.lower(), name.replace("-", "_").lower())
}
"""Prefix of the multihash, and how many digits follow it, by the name of the algorithm here and in hashlib."""
_FILE_TYPES = {
    ".nc": ("netcdf", "application/netcdf"),
    ".EOF": ("data", "application/xml"),
    ".zip": ("data", "application/zip"),
    ".tgz": ("data", "application/gzip"),
    ".tar": ("data", "application/x-tar"),
    ".tif": ("data", "image/tiff; application=geotiff"),
    ".jp2": ("data", "image/jp2"),
}
_CAPITAL = frozenset({
    "sentinel-1-grd", "sentinel-1-grd-safe", "sentinel-2-l1c", "sentinel-2-l2a", "sentinel-1-global-mosaics",
    "sentinel-2-global-mosaics",
})  # fmt: skip
_MANIFEST = {"type": "application/xml", "title": "manifest.safe", "roles": ["metadata"]}
_SLC_MANIFEST = fields_from({**_MANIFEST, "description": "General product metadata in XML format."})
_XFDU_MANIFEST = fields_from({**_MANIFEST, "title": "Product manifest"})
# How the product's folder ends: key, path, and what the manifest is.
_MANIFESTS = {
    ".SAFE": ("safe_manifest", "manifest.safe", fields_from(_MANIFEST)),
    ".SEN3": ("xfdumanifest", "xfdumanifest.xml", _XFDU_MANIFEST),
    ".SEN6": ("xfdumanifest", "xfdumanifest.xml", _XFDU_MANIFEST),
}
_THUMBNAIL_TYPES = {"S1": "image/png"}


def s3_refs() -> dict[str, list[str]]:
    """Return who may read an object in S3, and where it is; every asset has lists of its own."""
    return {"auth:refs": ["s3"], "storage:refs": ["cdse-s3", "creodias-s3"]}


def s3_href(s3_path: str) -> str:
    """Return the address in S3 of a path of the catalogue.

    Examples
    --------
    >>> s3_href("/eodata/Sentinel-1/X.SAFE")
    's3://eodata/Sentinel-1/X.SAFE'
    """
    return f"s3:/{s3_path}" if s3_path.startswith("/") else f"s3://{s3_path}"


def is_folder(product: Product) -> bool:
    """Say whether the product is a folder of objects, as all are whose path does not end like that of a file."""
    return bool(product.s3_path) and not product.s3_path.endswith(tuple(_FILE_TYPES))


is_plain = re.compile(r"[\w./~-]*", re.ASCII).fullmatch
"""Whether a path needs no quoting: quote() leaves it as it is, and takes ten times as long."""


def nodes_prefix(service: Service, product_id: str, path: str) -> str:
    """Return the HTTPS address of a folder or a file of a product, path relative to what holds the product."""
    nodes = (path if is_plain(path) else quote(path)).replace("/", ")/Nodes(")
    return f"{service.nodes_url}/Products({product_id})/Nodes({nodes})"


def nodes_href(service: Service, product_id: str, path: str) -> str:
    """Return the HTTPS address of the content of one file of a product."""
    return f"{nodes_prefix(service, product_id, path)}/$value"


def checksum_of(algorithm: str, value: str) -> str | None:
    """Return a checksum as a multihash in hexadecimal, or ``None`` where it is none that the format knows.

    Examples
    --------
    >>> checksum_of("MD5", "923ac4992d90b57d41e7ace4d9d90757")
    'd50110923ac4992d90b57d41e7ace4d9d90757'
    """
    known = _MULTIHASHES.get(algorithm)
    return f"{known[0]}{value.lower()}" if known is not None and len(value) == known[1] else None


def file_asset(
    fields: Fields,
    local_path: str,
    href: str,
    nodes: str | None,
    *,
    size: int | None = None,
    checksum: str | None = None,
) -> dict[str, Any]:
    """Return an asset for one file of a product: in S3, alternatively over HTTPS.

    Parameters
    ----------
    fields : Fields
        What the file is; that comes first, as in CDSE's own Items.
    local_path : str
        From the folder that holds the product.
    href : str
        In S3.
    nodes : str or None
        Over HTTPS; ``None`` where that is not known.
    size : int, optional
        Bytes.
    checksum : str, optional
        A multihash.
    """
    # A dict that has its members already is copied and filled in faster than one that grows by them, and an Item has
    # dozens of assets.
    asset = fields.forms[(checksum is not None) | (size is not None) << 1 | (nodes is not None) << 2].copy()
    for name, values in fields.lists:
        asset[name] = values[:]
    if fields.named:
        asset["title"] = local_path[local_path.rfind("/") + 1 :]
    if checksum is not None:
        asset["file:checksum"] = checksum
    if size is not None:
        asset["file:size"] = size
    asset["file:local_path"] = local_path
    asset["href"] = href
    asset["auth:refs"] = ["s3"]
    asset["storage:refs"] = ["cdse-s3", "creodias-s3"]
    if nodes is not None:
        asset["alternate"] = {
            "https": {"href": nodes, "alternate:name": "HTTPS", "auth:refs": ["oidc"], "storage:refs": []}
        }
    return asset


def https(href: str) -> dict[str, Any]:
    """Return the alternate address of an asset, for which a token is needed."""
    return {"href": href, "alternate:name": "HTTPS", "auth:refs": ["oidc"], "storage:refs": []}


def product_assets(product: Product, collection: str, service: Service) -> dict[str, dict[str, Any]]:
    """Return the assets of a product that its record is enough to be certain of.

    Returns
    -------
    dict
        ``safe_manifest`` or ``xfdumanifest`` of a folder, ``netcdf`` or ``data`` of a single file; ``thumbnail`` where
        the record has a quicklook; ``product`` (``Product`` where CDSE's own Items write it so), the whole as zip.
    """
    assets: dict[str, dict[str, Any]] = {}
    folder = is_folder(product)
    manifest = _MANIFESTS.get(product.s3_path[-5:])
    if manifest is not None:
        key, path, fields = manifest
        if collection.startswith("sentinel-1-slc"):
            fields = _SLC_MANIFEST
        local = f"{product.s3_path.rpartition('/')[2]}/{path}"
        nodes = nodes_href(service, product.id, local)
        assets[key] = file_asset(fields, local, f"{s3_href(product.s3_path)}/{path}", nodes)
    elif product.s3_path and not folder:
        key, asset = _single_file(product, service)
        assets[key] = asset
    for look in product.quicklooks[:1]:
        assets["thumbnail"] = {
            "type": _THUMBNAIL_TYPES.get(product.name[:2], "image/jpeg"),
            "title": "Quicklook" if product.name.startswith("S2") else "Thumbnail",
            "roles": ["thumbnail", "overview"] if product.name.startswith("S2") else ["thumbnail"],
            "href": look.href,
            "alternate:name": "HTTPS",
        }
    if folder:
        assets["Product" if collection in _CAPITAL else "product"] = _zip(product, service)
    return assets


def _single_file(product: Product, service: Service) -> tuple[str, dict[str, Any]]:
    name = product.s3_path.rpartition("/")[2]
    key, media_type = next(found for extension, found in _FILE_TYPES.items() if name.endswith(extension))
    known = SENTINEL_5P_TITLES.get(product.name[9:19]) if key == "netcdf" else None
    named = (
        {"title": name, "roles": ["data"]}
        if known is None
        else {"title": known, "roles": ["data"], "data_type": "float32"}
    )
    return key, {
        "type": media_type, **named, **_whole(product), "file:local_path": name,
        "href": s3_href(product.s3_path), "alternate:name": "S3", **s3_refs(),
        "alternate": {"https": https(nodes_href(service, product.id, name))},
    }  # fmt: skip


def _zip(product: Product, service: Service) -> dict[str, Any]:
    return {
        "type": "application/zip",
        "title": "Zipped product",
        "roles": ["data", "metadata", "archive"],
        **_whole(product),
        "file:local_path": f"{product.name}.zip",
        "href": f"{service.settings.download_url}/Products({product.id})/$value",
        "auth:refs": ["oidc"],
    }


def _whole(product: Product) -> dict[str, Any]:
    """Return size and checksum of the product as one file, as far as the record has them."""
    found: dict[str, Any] = {}
    # MD5 first, as CDSE's own Items have it.
    for checksum in sorted(product.checksums, key=_not_md5) if len(product.checksums) > 1 else product.checksums:
        multihash = checksum_of(checksum.algorithm, checksum.value)
        if multihash:
            found["file:checksum"] = multihash
            break
    if product.size is not None:
        found["file:size"] = product.size
    return found


def _not_md5(checksum: Checksum) -> bool:
    return checksum.algorithm.upper() != "MD5"


def enclosure(product: Product) -> dict[str, Any] | None:
    """Return the link to the folder of a product in S3, or ``None`` for single files."""
    if not is_folder(product):
        return None
    return {
        "rel": "enclosure",
        "href": f"{s3_href(product.s3_path)}/",
        "type": "application/x-directory",
        "title": "S3 path to source directory",
        **s3_refs(),
    }
