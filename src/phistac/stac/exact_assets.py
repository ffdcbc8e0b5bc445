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
    from collections.abc import Iterable, Iterator, Mapping

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
    assets = {key: {**asset} for key, asset in item["assets"].items()}
    whole = {key: assets.pop(key) for key in _WHOLE if key in assets}
    known = {asset["href"]: key for key, asset in assets.items()}
    known |= {href: key for key, asset in assets.items() if asset["href"][:3] != "s3:" for href in _s3_hrefs(asset)}
    read, burst, files = shape_reader(place.name), is_burst(item), tuple(files)
    for file, (local, href, nodes) in zip(files, _addresses(place, files, service), strict=True):
        checksum = checksum_of(file.algorithm, file.checksum) if file.checksum and file.algorithm else None
        key = known.get(href)
        if key is None:
            shape = read(file.path)
            key = shape.key or (shape.plain if shape.plain not in assets else file.path)
            if key not in assets:
                if not burst:
                    assets[key] = file_asset(shape.fields, local, href, nodes, size=file.size, checksum=checksum)
                continue
        asset = assets[key]
        if checksum is not None:
            asset["file:checksum"] = checksum
        asset["file:size"] = file.size
        asset["file:local_path"] = local
        if asset["href"] != href:
            _also_at(asset, href)
    return {**assets, **whole}


def extended(item: Mapping[str, Any], assets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the extensions of an Item that has these assets: those it names, and what the assets add."""
    return list(dict.fromkeys((*item.get("stac_extensions", ()), *extensions_of(item["properties"], assets))))


def _addresses(place: Place, files: tuple[File, ...], service: Service) -> Iterator[tuple[str, str, str | None]]:
    """Yield, for each file, its path from the folder that holds the product, and where it is: in S3, over HTTPS."""
    name, root = place.name, f"s3://{place.root}"
    nodes = None if place.product_id is None else nodes_prefix(service, place.product_id, name)
    plain = is_plain("".join([file.path for file in files]))  # asked once for all, which is what takes the time
    for file in files:
        path = file.path
        if not path:
            yield name, root, None if nodes is None else f"{nodes}/$value"
        elif nodes is None:
            yield f"{name}/{path}", f"{root}/{path}", None
        else:
            inside = (path if plain else quote(path)).replace("/", ")/Nodes(")
            yield f"{name}/{path}", f"{root}/{path}", f"{nodes}/Nodes({inside})/$value"


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
