"""What is there: one object or prefix, the entries of a directory, everything below it.

S3 has keys, not directories. Three oddities of the archive are dealt with: zero-byte markers (``dir/``, and now and
then ``dir`` itself) are directories, not objects; ``X.SAFE`` is looked up as ``X.SAFE/``, never by a prefix that
``X.SAFE.zip`` shares; and a listing is followed to its last page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.errors import NotFoundError
from phistac.remote.paths import directory, entry, page_entries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from phistac.remote.objectstore import ObjectStore

__all__ = ["find", "info", "ls"]


async def info(store: ObjectStore, path: str) -> dict[str, Any]:
    """Return the entry of an object or a directory.

    Raises
    ------
    NotFoundError
        If neither an object nor anything below it is there.
    """
    if "/" not in path:
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


async def ls(store: ObjectStore, path: str) -> list[dict[str, Any]]:
    """Return the entries of a directory, sorted by name, or the one of an object.

    Raises
    ------
    NotFoundError
        If there is nothing of this name.
    """
    if not path:
        return [directory(store.settings.bucket)]
    found: dict[str, dict[str, Any]] = {}
    empty = True
    async for page in _pages(store, path, Delimiter="/"):
        empty &= not page.get("KeyCount", len(page.get("Contents") or ()))
        # A marker without a slash stands beside the prefix it marks: the directory wins.
        for item in sorted(page_entries(path.partition("/")[0], page), key=lambda item: item["type"]):
            found.setdefault(item["name"], item)
    if not found and empty:
        alone = await info(store, path)
        return [alone] if alone["type"] == "file" else []
    return [found[name] for name in sorted(found)]


async def find(
    store: ObjectStore, path: str, *, maxdepth: int | None = None, withdirs: bool = False
) -> dict[str, dict[str, Any]]:
    """Return every object below a path by name, from one listing per thousand objects; directories too if wanted.

    A path that is an object is its own find; one that is nothing has none, as in fsspec.
    """
    path = path or store.settings.bucket
    found: dict[str, dict[str, Any]] = {}
    async for page in _pages(store, path):
        found.update((item["name"], item) for item in page_entries(path.partition("/")[0], page))
    parents = {parent for name in found for parent in _parents(name, path)}
    found = {name: item for name, item in found.items() if name not in parents}
    if not found and not parents:
        return await _alone(store, path, withdirs=withdirs)
    if withdirs:
        found.update((name, directory(name)) for name in parents)
    depth = path.count("/")
    return {name: found[name] for name in sorted(found) if maxdepth is None or name.count("/") - depth <= maxdepth}


async def _alone(store: ObjectStore, path: str, *, withdirs: bool) -> dict[str, dict[str, Any]]:
    try:
        alone = await info(store, path)
    except NotFoundError:
        return {}
    return {path: alone} if withdirs or alone["type"] == "file" else {}


def _parents(name: str, path: str) -> list[str]:
    """Return the directories on the way from ``path`` (included) to an object.

    Examples
    --------
    >>> _parents("b/x/y/z", "b/x")
    ['b/x', 'b/x/y']
    """
    parts = name[len(path) :].split("/")[1:-1]
    return [path] + ["/".join([path, *parts[: i + 1]]) for i in range(len(parts))]


async def _has_children(store: ObjectStore, path: str) -> bool:
    page = await store.page(f"{path}/", MaxKeys=1)
    return bool(page.get("Contents") or page.get("CommonPrefixes"))


async def _pages(store: ObjectStore, path: str, **options: Any) -> AsyncIterator[dict[str, Any]]:
    while True:
        page = await store.page(f"{path}/", **options)
        yield page
        if not page.get("IsTruncated"):
            return
        options["ContinuationToken"] = page["NextContinuationToken"]
