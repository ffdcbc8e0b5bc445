"""What is there: one object or prefix, the entries of a directory, everything below it.

S3 has keys, not directories. The oddities of the archive are dealt with here: zero-byte markers (``dir/``, and now and
then ``dir`` itself) are directories, not objects; an object with bytes whose name is a prefix too stays an object, and
what is below it is found all the same; ``X.SAFE`` is looked up as ``X.SAFE/``, never by a prefix that ``X.SAFE.zip``
shares; and a listing is followed to its last page.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from phistac.errors import NotFoundError
from phistac.remote.files.paths import directory, entry, page_entries, parents

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from phistac.remote.ranges.objectstore import ObjectStore

__all__ = ["find", "info", "ls"]

_AT_ONCE = 32
"""Directories listed side by side, as far as there are connections; a failure stops the rest."""


async def info(store: ObjectStore, path: str) -> dict[str, Any]:
    """Return the entry of an object or a directory.

    Raises
    ------
    NotFoundError
        If neither an object nor anything below it is there.
    """
    if path in ("", store.settings.bucket):
        return directory(path)
    if "/" not in path:
        await store.page(f"{path}/", MaxKeys=1)  # a bucket that there is not says so
        return directory(path)
    found: dict[str, Any] | None = None
    try:
        found = entry(path, await store.head(path))
    except NotFoundError:
        if not await _has_children(store, path):
            raise
    if found is None or (found["size"] == 0 and await _has_children(store, path)):
        return directory(path)
    return found


async def ls(store: ObjectStore, path: str, *, prefix: str = "") -> list[dict[str, Any]]:
    """Return the entries of a directory, sorted by name, or the one of an object.

    Parameters
    ----------
    store : ObjectStore
        Where.
    path : str
        The directory.
    prefix : str
        What the names in it must begin with; the server leaves out the others.

    Raises
    ------
    NotFoundError
        If there is nothing of this name.
    """
    if not path:
        return [directory(store.settings.bucket)]
    found: list[dict[str, Any]] = []
    empty = True
    async for page in _pages(store, path, prefix, Delimiter="/"):
        empty &= not (page.get("Contents") or page.get("CommonPrefixes"))
        found.extend(item for item in page_entries(path.partition("/")[0], page) if item["name"] != path)
    if not found and empty and not prefix:
        alone = await info(store, path)
        return [alone] if alone["type"] == "file" else []
    return _settled(found)


async def find(
    store: ObjectStore, path: str, *, maxdepth: int | None = None, withdirs: bool = False, prefix: str = ""
) -> dict[str, dict[str, Any]]:
    """Return every object below a path by name; directories too, the path among them, if wanted.

    Without ``maxdepth`` that is one listing per thousand objects; with it, one per directory that is not too deep.
    A path that is an object is its own find; one that is nothing has none, as in fsspec.
    """
    if not path:
        found = [directory(store.settings.bucket)]
        found += await (_below(store, store.settings.bucket, "") if maxdepth is None else _levels(store, "", maxdepth))
    else:
        found = await (_below(store, path, prefix) if maxdepth is None else _levels(store, path, maxdepth, prefix))
        if found and all(item["name"] != path for item in found):
            found.append(directory(path))
        elif not found and not prefix:
            found = await _alone(store, path)
    entries = {item["name"]: item for item in _settled(found)}  # of two with one name the object is the last
    return {name: item for name, item in entries.items() if withdirs or item["type"] == "file"}


async def _below(store: ObjectStore, path: str, prefix: str) -> list[dict[str, Any]]:
    bucket = path.partition("/")[0]
    found: list[dict[str, Any]] = []
    above: set[str] = set()
    async for page in _pages(store, path, prefix):
        found.extend(page_entries(bucket, page))
        above.update(name for item in page.get("Contents") or () for name in parents(f"{bucket}/{item['Key']}", path))
    return found + [directory(name) for name in above]


async def _levels(store: ObjectStore, path: str, depth: int, prefix: str = "") -> list[dict[str, Any]]:
    try:
        level = await ls(store, path, prefix=prefix)
    except NotFoundError:
        return []
    found = list(level)
    for _ in range(depth - 1):
        folders = [item["name"] for item in level if item["type"] == "directory"]
        level = []
        for first in range(0, len(folders), _AT_ONCE):
            batch = await asyncio.gather(*(ls(store, folder) for folder in folders[first : first + _AT_ONCE]))
            level.extend(item for items in batch for item in items)
        found += level
    return found


async def _alone(store: ObjectStore, path: str) -> list[dict[str, Any]]:
    try:
        return [await info(store, path)]
    except NotFoundError:
        return []


def _settled(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort by name, each directory before an object of its name; zero bytes beside a directory are its marker."""
    folders = {item["name"]: item for item in found if item["type"] == "directory"}
    objects = {item["name"]: item for item in found if item["type"] == "file"}
    kept = [item for name, item in objects.items() if item["size"] or name not in folders]
    return sorted([*folders.values(), *kept], key=lambda item: str(item["name"]))


async def _has_children(store: ObjectStore, path: str) -> bool:
    page = await store.page(f"{path}/", MaxKeys=1)
    return bool(page.get("Contents") or page.get("CommonPrefixes"))


async def _pages(store: ObjectStore, path: str, prefix: str = "", **options: Any) -> AsyncIterator[dict[str, Any]]:
    while True:
        page = await store.page(f"{path}/{prefix}", **options)
        yield page
        if not page.get("IsTruncated"):
            return
        options["ContinuationToken"] = page["NextContinuationToken"]
