"""Fetch byte ranges, and run the indexers that ask for them.

On the archive every plan runs as concurrent ranged GETs within the budget of the account, each answer checked to be
the very range that was asked for. Any other fsspec filesystem (a folder, memory, another bucket) reads its ranges in
its own way; the lengths are checked all the same. Never is a whole object read where a range was asked for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from fsspec.asyn import sync

from phistac.errors import FormatError, NotFoundError, PhistacError, ServiceError, UnsafePathError
from phistac.remote.filesystem import CdseFileSystem
from phistac.remote.objectstore import on_loop
from phistac.remote.rangeplan import RangePlan, plan
from phistac.safe.byteranges import ByteRange, answer, together
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from phistac.remote.bodies import Body
    from phistac.safe.byteranges import Indexer

__all__ = ["RangePlan", "drive", "drive_all", "fetch", "fetch_async", "plan", "plan_for"]

T = TypeVar("T")

_ELSEWHERE = 10
"""Requests at once to filesystems that are not under the budget; fsspec has its own limits besides."""


def plan_for(fs: Any, ranges: Iterable[ByteRange], *, settings: Settings | None = None) -> RangePlan:
    """Return the plan that :func:`fetch` would run, to be looked at.

    Parameters
    ----------
    fs : fsspec filesystem
        The archive's is planned for the connections of its account; a folder, where a request costs nothing, for none.
    ranges : iterable of ByteRange
        What is wanted.
    settings : Settings, optional
        Rate and latency for filesystems that do not know theirs.
    """
    if isinstance(fs, CdseFileSystem):
        known = fs.settings
        return plan(ranges, connections=known.connections, rate=known.connection_rate, latency_s=known.latency_s)
    known = resolve(settings)
    if getattr(fs, "async_impl", False):
        return plan(ranges, connections=_ELSEWHERE, rate=known.connection_rate, latency_s=known.latency_s)
    return plan(ranges, connections=1, rate=known.connection_rate, latency_s=0.0)


def fetch(
    fs: Any,
    ranges: Sequence[ByteRange],
    *,
    root: str = "",
    settings: Settings | None = None,
    etags: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> list[bytes]:
    """Fetch byte ranges, all of them planned together.

    Parameters
    ----------
    fs : fsspec filesystem
        Where the objects are.
    ranges : sequence of ByteRange
        What is wanted; paths are relative to ``root``.
    root : str
        The product.
    settings : Settings, optional
        For planning on filesystems other than the archive's.
    etags : mapping of str to str, optional
        By the path of a range: the ETag that its object must still have (on the archive).
    sizes : mapping of str to int, optional
        By the path of a range: the bytes that its whole object must have. A repacked object lies otherwise than what
        describes it; its size gives it away. On the archive every answer states it, so this costs no request.

    Returns
    -------
    list of bytes
        One for each range, in order, each exactly as long as its range.

    Raises
    ------
    FormatError
        If an object ends before a range does, or has another size than it must have.
    ChangedObjectError, CredentialsRejectedError, NotFoundError, RateLimitError, ServiceError
        As the service says; whatever the cause, nothing short is returned.

    Examples
    --------
    >>> import fsspec
    >>> memory = fsspec.filesystem("memory")
    >>> memory.pipe("/doc/x.SAFE/a.tiff", b"II*.....")
    >>> fetch(memory, [ByteRange("a.tiff", 0, 2)], root="/doc/x.SAFE")
    [b'II']
    """
    planned = plan_for(fs, ranges, settings=settings)
    if isinstance(fs, CdseFileSystem):
        return planned.assemble(sync(fs.loop, _from_archive, fs, planned, root, etags, sizes))
    return planned.assemble(_from_elsewhere(fs, planned, root, sizes))


async def fetch_async(
    fs: Any,
    ranges: Sequence[ByteRange],
    *,
    root: str = "",
    settings: Settings | None = None,
    etags: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> list[bytes]:
    """Fetch as :func:`fetch` does, from a coroutine on any event loop."""
    planned = plan_for(fs, ranges, settings=settings)
    if isinstance(fs, CdseFileSystem):
        return planned.assemble(await on_loop(_from_archive(fs, planned, root, etags, sizes)))
    return planned.assemble(await asyncio.to_thread(_from_elsewhere, fs, planned, root, sizes))


def drive(
    indexer: Indexer[T],
    fs: Any,
    root: str = "",
    *,
    settings: Settings | None = None,
    sizes: Mapping[str, int] | None = None,
) -> T:
    """Run an indexer to its end and return what it found; parameters and errors as for :func:`fetch`.

    Examples
    --------
    >>> import fsspec
    >>> memory = fsspec.filesystem("memory")
    >>> memory.pipe("/doc/x.SAFE/a.tiff", b"II*.....")
    >>> def order():
    ...     (head,) = yield [ByteRange("a.tiff", 0, 2)]
    ...     return {b"II": "little", b"MM": "big"}[head]
    >>> drive(order(), memory, "/doc/x.SAFE")
    'little'
    """
    return answer(indexer, lambda wanted: fetch(fs, wanted, root=root, settings=settings, sizes=sizes))


def drive_all(indexers: Sequence[Indexer[T]], fs: Any, root: str = "", *, settings: Settings | None = None) -> list[T]:
    """Run indexers side by side: what all of them want next is planned and fetched together.

    Returns
    -------
    list of T
        What each one found, in order.
    """
    return answer(together(indexers), lambda wanted: fetch(fs, wanted, root=root, settings=settings))


async def _from_archive(
    fs: CdseFileSystem,
    planned: RangePlan,
    root: str,
    etags: Mapping[str, str] | None,
    sizes: Mapping[str, int] | None,
) -> list[bytes]:
    store = fs.store

    async def one(request: ByteRange) -> bytes:
        path = fs._strip_protocol(_join(root, request.path))  # noqa: SLF001 - fsspec's name for a public rule

        async def read(body: Body) -> bytes:
            _check_size(path, body.size, (sizes or {}).get(request.path))
            body.exactly(request.start, request.stop)
            return await body.read()

        etag = (etags or {}).get(request.path)
        return await store.get(path, request.start, request.stop, etag, read)

    tasks = [asyncio.ensure_future(one(request)) for request in planned.requests]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _from_elsewhere(fs: Any, planned: RangePlan, root: str, sizes: Mapping[str, int] | None) -> list[bytes]:
    requests = planned.requests
    if not requests:
        return []
    try:
        for path in {request.path for request in requests} & set(sizes or ()):
            _check_size(_join(root, path), fs.info(_join(root, path))["size"], (sizes or {})[path])
        parts: list[bytes] = fs.cat_ranges(
            [_join(root, request.path) for request in requests],
            [request.start for request in requests],
            [request.stop for request in requests],
            on_error="raise",
        )
    except PhistacError:
        raise
    except FileNotFoundError as error:
        raise NotFoundError(f"{root}: {error}", remedy="The product is not whole, or the path is wrong.") from error
    except OSError as error:
        raise ServiceError(f"reading {root} failed: {error}") from error
    for request, part in zip(requests, parts, strict=True):
        if len(part) != request.size:
            raise FormatError(
                f"{_join(root, request.path)} gave {len(part)} bytes for the range {request.start} to {request.stop}",
                remedy="The file is truncated, or what describes it is wrong.",
            )
    return parts


def _check_size(path: str, found: int, expected: int | None) -> None:
    if expected is not None and found != expected:
        raise FormatError(
            f"{path} has {found} bytes, the manifest says {expected}",
            remedy="It was cut off or repacked: its contents are not where its metadata says.",
        )


def _join(root: str, path: str) -> str:
    if not root:
        return path
    if ".." in path.split("/"):
        raise UnsafePathError(f"{path!r} would leave {root}", remedy="The product is broken or hostile.")
    return f"{root.rstrip('/')}/{path}".rstrip("/")
