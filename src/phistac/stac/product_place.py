"""Where the product of an Item lies, as the Item itself says: bucket, folder, and the UUID of its record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phistac.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Place", "is_burst", "object_path", "place_of"]

_SCHEMES = {"s3", "cdse"}
_MANIFESTS = ("/manifest.safe", "/xfdumanifest.xml")
_BURST = frozenset({"burst:id", "burst:relative_id", "burst:swath"})
"""Of which the schema of the extension wants every one."""
_ID = re.compile(r"/Products\(([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\)")


@dataclass(frozen=True, slots=True)
class Place:
    """One product."""

    root: str
    """``bucket/key`` of the folder or of the single object, no slash at the end."""
    product_id: str | None
    """UUID of its record; ``None`` where no address in the Item has it."""

    @property
    def name(self) -> str:
        """Of the folder or of the object."""
        return self.root.rpartition("/")[2]


def place_of(item: Mapping[str, Any], bucket: str) -> Place:
    """Return where the product of an Item lies: by its manifest, its link ``enclosure``, or as a single file.

    Parameters
    ----------
    item : mapping
        An Item of ours or of CDSE's own catalogue.
    bucket : str
        The only bucket that counts: an Item from elsewhere cannot send us to another place.

    Raises
    ------
    NotFoundError
        If the Item leads to no product in the bucket.

    Examples
    --------
    >>> item = {"id": "X", "assets": {"safe_manifest": {"href": "s3://eodata/A/X.SAFE/manifest.safe"}}}
    >>> place_of(item, "eodata").root
    'eodata/A/X.SAFE'
    """
    assets = item.get("assets") or {}
    root = next(_roots(item, assets, bucket), None)
    if root is None:
        raise NotFoundError(
            f"the Item {str(item.get('id', '?'))[:120]} leads to no product in the bucket {bucket}",
            remedy="It needs an asset that is its manifest, a link `enclosure`, or one asset in the bucket.",
        )
    return Place(root, next(_ids(assets), None))


def is_burst(item: Mapping[str, Any]) -> bool:
    """Say whether an Item is of a burst, which is a part of its product."""
    return not _BURST.isdisjoint(item.get("properties") or {})


def _roots(item: Mapping[str, Any], assets: Mapping[str, Any], bucket: str) -> Iterator[str]:
    for asset in assets.values():
        href = str(asset.get("href", ""))
        if href.endswith(_MANIFESTS) and (path := object_path(href, bucket)):
            yield path.rpartition("/")[0]
    for link in item.get("links") or ():
        if link.get("rel") == "enclosure" and (path := object_path(str(link.get("href", "")), bucket)):
            yield path
    paths = [path for asset in assets.values() if (path := object_path(str(asset.get("href", "")), bucket))]
    if len(paths) == 1:
        yield paths[0]


def _ids(assets: Mapping[str, Any]) -> Iterator[str]:
    for asset in assets.values():
        for place in (*(asset.get("alternate") or {}).values(), asset):
            href = str(place.get("href", ""))
            if "/Products(" in href and (found := _ID.search(href)):
                yield found[1]


def object_path(href: str, bucket: str) -> str | None:
    """Return ``bucket/key`` of ``s3://bucket/key``, ``cdse://bucket/key`` or ``/bucket/key``; else ``None``."""
    if href.startswith("/"):
        path = href.strip("/")
    else:
        scheme, _, address = href.partition("://")
        if scheme not in _SCHEMES or "?" in address or "#" in address:
            return None
        path = address.rstrip("/")
    return path if path.startswith(f"{bucket}/") and ".." not in path.split("/") else None
