"""What a product consists of: the manifest says, the listing completes.

A manifest names every file with its size and checksum, except itself and some small ones that it mentions without
(schemas, reports, icons, by mission). Those the listing of the product supplies, with the size and the ETag that the
server gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phistac.errors import NotFoundError
from phistac.remote.ranges.bodies import unquoted
from phistac.safe.manifest import MANIFEST_NAMES, parse_manifest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.safe.manifest import Manifest

__all__ = ["ProductObject", "product_objects"]


@dataclass(frozen=True, slots=True)
class ProductObject:
    """One object of a product."""

    path: str
    """Relative to the product's root; "" where the product is this one object (S5P, orbit files)."""

    size: int
    """Bytes, as the manifest says, else as the server does."""

    checksum: str | None = None
    """Hexadecimal digits from the manifest; None for what the manifest does not cover."""

    algorithm: str | None = None
    """The checksum's algorithm as :func:`hashlib.new` calls it, such as ``md5`` or ``sha3_256``."""

    etag: str | None = None
    """What the server calls this version of the object, without quotes; None if the object is not there."""


def product_objects(fs: Any, root: str) -> tuple[ProductObject, ...]:
    """Return every object of a product, sorted by path.

    Parameters
    ----------
    fs : fsspec filesystem
        The archive, or a folder.
    root : str
        The product: a prefix with a manifest, a prefix without, or a single object.

    Returns
    -------
    tuple of ProductObject
        What the manifest names is in it even if the server does not have it (its ``etag`` is None then): a product
        that lacks a file shows when the file is fetched, not by a shorter list.

    Raises
    ------
    NotFoundError
        If there is nothing at ``root``.
    FormatError
        If the manifest cannot be parsed.
    """
    base = fs._strip_protocol(root)  # noqa: SLF001 - fsspec's name for a public rule
    found: Mapping[str, Mapping[str, Any]] = fs.find(base, detail=True)
    if not found:
        raise NotFoundError(f"{root}: there is no such product", remedy="Check the path; it may have been withdrawn.")
    listed = {name[len(base) :].lstrip("/"): entry for name, entry in found.items()}
    objects = {path: _listed(path, entry) for path, entry in listed.items()}
    name = next((name for name in MANIFEST_NAMES if name in listed), None)
    if name is not None:
        objects.update(_named(parse_manifest(fs.cat_file(f"{base}/{name}")), listed))
    return tuple(objects[path] for path in sorted(objects))


def _listed(path: str, entry: Mapping[str, Any]) -> ProductObject:
    return ProductObject(path, int(entry["size"]), etag=unquoted(entry.get("ETag")))


def _named(manifest: Manifest, listed: Mapping[str, Mapping[str, Any]]) -> dict[str, ProductObject]:
    return {
        said.path: ProductObject(
            said.path, said.size, said.checksum, said.algorithm, unquoted(listed.get(said.path, {}).get("ETag"))
        )
        for said in manifest.objects
    }
