"""All assets of a product, from what it consists of: every file, its size, its checksum, and where to have it.

Files that CDSE's own Items have an asset for get the same key; the others (masks, schemas, reports) their path, less
what is different in every product, so that Items of many products still share the columns of one table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from phistac.stac.asset_shapes import shape_reader
from phistac.stac.assets import checksum_of, file_asset, is_plain, nodes_prefix, s3_refs
from phistac.stac.extensions import extensions_of
from phistac.stac.product_place import is_burst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from phistac.stac.product_place import Place
    from phistac.stac.service import Service

__all__ = ["File", "exact_assets", "extended"]

_WHOLE = ("product", "Product")


class File(Protocol):
    """One object of a product; :class:`phistac.safe.manifest.ManifestObject` is one."""

    @property
    def path(self) -> str:
        """Relative to the product; empty where the product is this one object."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def checksum(self) -> str | None:
        """Hexadecimal digits."""

    @property
    def algorithm(self) -> str | None:
        """As :func:`hashlib.new` calls it."""


def exact_assets(
    item: Mapping[str, Any], place: Place, files: Iterable[File], service: Service
) -> dict[str, dict[str, Any]]:
    """Return the assets of an Item: those that it has, completed, and one for each other file of its product.

    Parameters
    ----------
    item : mapping
        An Item of a product, or of a burst, whose assets are completed but not added to.
    place : Place
        Where the product is.
    files : iterable of File
        What it consists of.
    service : Service
        Whose addresses to write.

    Returns
    -------
    dict
        By key. The asset of the whole product is the last, as in CDSE's own Items.
    """
    assets = {key: asset.copy() for key, asset in item["assets"].items()}
    whole = {key: assets.pop(key) for key in _WHOLE if key in assets}
    known = _by_address(assets)
    read, burst, files = shape_reader(place.name), is_burst(item), tuple(files)
    nodes = _nodes(place, service, plain=is_plain("".join([file.path for file in files])) is not None)
    name, root = place.name, f"s3://{place.root}"
    for file in files:
        path = file.path
        local, href = (f"{name}/{path}", f"{root}/{path}") if path else (name, root)
        checksum = checksum_of(file.algorithm, file.checksum) if file.checksum and file.algorithm else None
        asset = known.get(href)
        if asset is None:
            shape = read(path)
            key = shape.key or (shape.plain if shape.plain not in assets else path)
            asset = assets.get(key)
            if asset is None:
                if not burst:
                    assets[key] = file_asset(shape.fields, local, href, nodes(path), size=file.size, checksum=checksum)
                continue
        if checksum is not None:
            asset["file:checksum"] = checksum
        asset["file:size"] = file.size
        asset["file:local_path"] = local
        if asset["href"] != href:
            _also_at(asset, href)
    assets.update(whole)
    return assets


def extended(item: Mapping[str, Any], assets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the extensions of an Item that has these assets: those it names, and what the assets add."""
    return list(dict.fromkeys((*item.get("stac_extensions", ()), *extensions_of(item["properties"], assets))))


def _by_address(assets: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return assets by where their files are, in S3 wherever they say so."""
    known = {asset["href"]: asset for asset in assets.values()}
    elsewhere = [asset for asset in assets.values() if asset["href"][:3] != "s3:"]
    return known | {href: asset for asset in elsewhere for href in _s3_hrefs(asset)}


def _nodes(place: Place, service: Service, *, plain: bool) -> Callable[[str], str | None]:
    """Return what tells where a file of a product is over HTTPS; that cannot be told without the product's Id.

    Whether paths need no quoting is asked once for all of them, which takes a tenth of the time.
    """
    if place.product_id is None:
        return lambda _: None
    root = nodes_prefix(service, place.product_id, place.name)

    def nodes(path: str) -> str:
        inside = (path if plain else quote(path)).replace("/", ")/Nodes(")
        return f"{root}/Nodes({inside})/$value" if path else f"{root}/$value"

    return nodes


def _s3_hrefs(asset: Mapping[str, Any]) -> Iterable[str]:
    """Yield where the file of an asset is in S3, if that is only its second address."""
    yield from (
        other["href"] for other in (asset.get("alternate") or {}).values() if other.get("href", "").startswith("s3:")
    )


def _also_at(asset: dict[str, Any], href: str) -> None:
    """Add where the file itself is, where the asset is that of a quicklook."""
    if href not in _s3_hrefs(asset):
        s3 = {"href": href, "alternate:name": "S3", **s3_refs()}
        asset["alternate"] = {**(asset.get("alternate") or {}), "s3": s3}
