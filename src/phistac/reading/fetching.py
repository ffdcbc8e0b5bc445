"""The bytes of a product: the one way by which this room gets any.

Ranges go through :mod:`phistac.remote.ranges.ranges`, which plans them and keeps within the account's budget; a
manifest, whose size nobody knows beforehand, is fetched whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from phistac.errors import NotFoundError
from phistac.reading.reads import Read, run_all
from phistac.safe.byteranges import ByteRange
from phistac.safe.manifest import MANIFEST_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

    from phistac.reading.source import Source
    from phistac.safe.byteranges import Indexer
    from phistac.safe.manifest import ManifestObject

__all__ = ["existing", "manifest_bytes", "manifest_with", "object_bytes", "run"]

T = TypeVar("T")


def run(
    source: Source,
    indexer: Indexer[T],
    *,
    sizes: Mapping[str, int] | None = None,
    etags: MutableMapping[str, str] | None = None,
) -> T:
    """Run an indexer over a product.

    Parameters
    ----------
    source : Source
        The product.
    indexer : Indexer
        What asks for byte ranges.
    sizes : mapping of str to int, optional
        By path: the bytes that an object must have for the indexer to make sense of it.
    etags : mutable mapping of str to str, optional
        By path: the ETag that an object must still have; those of other objects are added as they are seen.

    Raises
    ------
    ChangedObjectError
        If an object has another ETag than it must have.
    NotFoundError
        If an object is not there.
    FormatError
        If the bytes are not what they should be.
    ServiceError
        If they could not be had.
    """
    (found,) = run_all([Read(source, lambda: indexer, sizes or {}, {} if etags is None else etags)])
    return found


def manifest_bytes(source: Source) -> bytes:
    """Return the manifest of a product.

    Raises
    ------
    NotFoundError
        If there is no product, or it has no manifest.
    """
    fs, root = source.filesystem()
    names = MANIFEST_NAMES[::-1] if source.name.upper().endswith(".SEN3") else MANIFEST_NAMES
    for name in names:
        try:
            data: bytes = fs.cat_file(f"{root}/{name}")
        except (FileNotFoundError, NotADirectoryError):
            continue
        return data
    raise NotFoundError(f"no product at {source.url}", remedy=f"There is neither {names[0]} nor {names[1]} in it.")


def manifest_with(source: Source, path: str) -> tuple[bytes, dict[str, bytes]]:
    """Return the manifest of a product, fetched together with a file that it probably lists.

    Returns
    -------
    bytes
        The manifest.
    dict
        The file, by its path; empty if it could not be had, which whoever needs it will find out.

    Raises
    ------
    NotFoundError
        As :func:`manifest_bytes`.
    """
    fs, root = source.filesystem()
    wanted = [f"{root}/{name}" for name in (MANIFEST_NAMES[0], path)]
    manifest, file = fs.cat_ranges(wanted, [None, None], [None, None], on_error="return")  # in their order
    if not isinstance(manifest, bytes):
        return manifest_bytes(source), {}
    return manifest, {path: file} if isinstance(file, bytes) else {}


def object_bytes(source: Source, objects: Sequence[ManifestObject]) -> list[bytes]:
    """Return whole objects, fetched together.

    Raises
    ------
    NotFoundError
        If one of them is not there.
    """
    return run(source, _whole(objects))


def _whole(objects: Sequence[ManifestObject]) -> Indexer[list[bytes]]:
    parts = yield [ByteRange(item.path, 0, item.size) for item in objects]
    return list(parts)


def existing(source: Source) -> frozenset[str]:
    """Return the paths of the objects that are really there, relative to the root."""
    fs, root = source.filesystem()
    prefix = fs._strip_protocol(root).rstrip("/") + "/"  # noqa: SLF001 - fsspec's own way to make paths comparable
    return frozenset(str(path).removeprefix(prefix) for path in fs.find(root))
