"""Assets that are certain from the record alone: manifest, whole product, quicklook, and single-file products.

Every other file is known once its manifest or its listing has been asked: :func:`phistac.with_assets`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from phistac.stac.missions import SENTINEL_5P_TITLES

if TYPE_CHECKING:
    from phistac.odata.records import Product
    from phistac.stac.service import Service

__all__ = [
    "S3_REFS",
    "checksum_of",
    "enclosure",
    "is_folder",
    "nodes_href",
    "nodes_prefix",
    "product_assets",
    "s3_asset",
    "s3_href",
]

S3_REFS: dict[str, list[str]] = {"auth:refs": ["s3"], "storage:refs": ["cdse-s3", "creodias-s3"]}
"""Who may read an object in S3, and where it is."""

_MULTIHASH = {
    "MD5": "d50110", "BLAKE3": "1e20", "SHA3-256": "1620", "SHA-256": "1220", "SHA256": "1220", "SHA1": "1114",
    "SHA512": "1340",
}  # fmt: skip
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
_THUMBNAIL_TYPES = {"S1": "image/png"}


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


_PLAIN = re.compile(
    r"[\w./~-]*", re.ASCII
).fullmatch  # quote() leaves such a path as it is, and takes ten times as long


def nodes_prefix(service: Service, product_id: str, path: str) -> str:
    """Return the HTTPS address of a folder or a file of a product, path relative to what holds the product."""
    nodes = (path if _PLAIN(path) else quote(path)).replace("/", ")/Nodes(")
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
    prefix = _MULTIHASH.get(algorithm.upper().replace("_", "-"))
    if prefix is None or len(value) != 2 * int(prefix[-2:], 16):
        return None
    return prefix + value.lower()


def s3_asset(service: Service, product: Product, path: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Return an asset for one file of a folder product: in S3, alternatively over HTTPS.

    Parameters
    ----------
    service : Service
        Whose addresses to write.
    product : Product
        The record.
    path : str
        Relative to the product's root.
    fields : dict
        Type, title, roles, size and so on; they come first, as in CDSE's own Items.
    """
    local = f"{product.s3_path.rpartition('/')[2]}/{path}"
    return {
        **fields,
        "file:local_path": local,
        "href": f"{s3_href(product.s3_path)}/{path}",
        "alternate:name": "S3",
        **S3_REFS,
        "alternate": {"https": _https(nodes_href(service, product.id, local))},
    }


def _https(href: str) -> dict[str, Any]:
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
    if product.s3_path.endswith(".SAFE"):
        fields: dict[str, Any] = {"type": "application/xml", "title": "manifest.safe", "roles": ["metadata"]}
        if collection.startswith("sentinel-1-slc"):
            fields["description"] = "General product metadata in XML format."
        assets["safe_manifest"] = s3_asset(service, product, "manifest.safe", fields)
    elif product.s3_path.endswith((".SEN3", ".SEN6")):
        fields = {"type": "application/xml", "title": "Product manifest", "roles": ["metadata"]}
        assets["xfdumanifest"] = s3_asset(service, product, "xfdumanifest.xml", fields)
    elif product.s3_path and not is_folder(product):
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
    if is_folder(product):
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
        "href": s3_href(product.s3_path), "alternate:name": "S3", **S3_REFS,
        "alternate": {"https": _https(nodes_href(service, product.id, name))},
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
    for checksum in sorted(product.checksums, key=lambda each: each.algorithm.upper() != "MD5"):
        multihash = checksum_of(checksum.algorithm, checksum.value)
        if multihash:
            found["file:checksum"] = multihash
            break
    if product.size is not None:
        found["file:size"] = product.size
    return found


def enclosure(product: Product) -> dict[str, Any] | None:
    """Return the link to the folder of a product in S3, or ``None`` for single files."""
    if not is_folder(product):
        return None
    return {
        "rel": "enclosure",
        "href": f"{s3_href(product.s3_path)}/",
        "type": "application/x-directory",
        "title": "S3 path to source directory",
        **S3_REFS,
    }
