"""Fetch byte ranges, and run the indexers that ask for them.

On the archive every plan runs as concurrent ranged GETs within the budget of the account, each answer checked to be
the very range that was asked for, and all of one object to be of one version. What comes is handed on piece by piece.
Any other fsspec filesystem (a folder, memory, another bucket) reads its ranges in its own way; the lengths are checked
all the same. Never is a whole object read where a range was asked for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from fsspec.asyn import sync
from fsspec.implementations.local import LocalFileSystem

from phistac.errors import ChangedObjectError, FormatError, NotFoundError, PhistacError, ServiceError, UnsafePathError
from phistac.remote.delivery import Delivery
from phistac.remote.filesystem import CdseFileSystem
from phistac.remote.objectstore import on_loop
from phistac.remote.rangeplan import LONGEST_REQUEST, RangePlan, plan
from phistac.safe.byteranges import ByteRange, answer, answer_async
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping, Sequence

    from phistac.remote.bodies import Body
    from phistac.safe.byteranges import Indexer

__all__ = ["RangePlan", "drive", "drive_async", "fetch", "fetch_async", "joined", "plan", "plan_for"]

T = TypeVar("T")

_ELSEWHERE = 10
"""Requests at once to filesystems that are not under the budget; fsspec has its own limits besides."""

_PIECE = 1 << 20
"""The most bytes that are handed on at once; on the wire it is a quarter of that, as the socket gives it."""

_WHOLE = 8 * 1024 * 1024
"""Bytes of the longest request to filesystems whose answers come whole, not in pieces."""


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
        wire = {"connections": _ELSEWHERE, "latency_s": known.latency_s, "longest": _WHOLE}
        return plan(ranges, rate=known.connection_rate, **wire)
    # Reading on in a compressed archive means reading from its start: few, long requests there.
    longest = _WHOLE if isinstance(fs, LocalFileSystem) else LONGEST_REQUEST
    return plan(ranges, connections=1, rate=known.connection_rate, latency_s=0.0, longest=longest)


def fetch(
    fs: Any,
    ranges: Sequence[ByteRange],
    *,
    root: str = "",
    settings: Settings | None = None,
    etags: MutableMapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> list[bytes]:
    """Fetch byte ranges, all of them planned together.

    Parameters
    ----------
    fs : fsspec filesystem
        Where the objects are.
    ranges : sequence of ByteRange
        What is wanted; paths are relative to ``root``. Sinks are called from one thread at a time.
    root : str
        The product.
    settings : Settings, optional
        For planning on filesystems other than the archive's.
    etags : mutable mapping of str to str, optional
        By the path of a range: the ETag that its object must still have (on the archive). Those of other objects are
        added as they are seen; in any case all ranges of an object come from one version of it.
    sizes : mapping of str to int, optional
        By the path of a range: the bytes that its whole object must have. A repacked object lies otherwise than what
        describes it; its size gives it away. On the archive every answer states it, so this costs no request.

    Returns
    -------
    list of bytes
        One for each range, in order, each exactly as long as its range;
        :data:`~phistac.safe.byteranges.POURED` for those whose sink has had every byte.

    Raises
    ------
    ChangedObjectError
        If an object has another ETag than it must have, or was replaced meanwhile.
    FormatError
        If an object ends before a range does, or has another size than it must have.
    CredentialsRejectedError, NotFoundError, RateLimitError, ServiceError
        As the service says; whatever the cause, nothing short is returned.

    Examples
    --------
    >>> import fsspec
    >>> memory = fsspec.filesystem("memory")
    >>> memory.pipe("/doc/x.SAFE/a.tiff", b"II*.....")
    >>> fetch(memory, [ByteRange("a.tiff", 0, 2)], root="/doc/x.SAFE")
    [b'II']
    """
    planned, delivery = plan_for(fs, ranges, settings=settings), Delivery(ranges)
    if isinstance(fs, CdseFileSystem):
        sync(fs.loop, _from_archive, fs, planned, delivery, root, {} if etags is None else etags, sizes or {})
    else:
        _from_elsewhere(fs, planned, delivery, root, sizes or {})
    return delivery.parts()


async def fetch_async(
    fs: Any,
    ranges: Sequence[ByteRange],
    *,
    root: str = "",
    settings: Settings | None = None,
    etags: MutableMapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> list[bytes]:
    """Fetch as :func:`fetch` does, from a coroutine on any event loop; only other filesystems take a thread."""
    planned, delivery = plan_for(fs, ranges, settings=settings), Delivery(ranges)
    if isinstance(fs, CdseFileSystem):
        await on_loop(_from_archive(fs, planned, delivery, root, {} if etags is None else etags, sizes or {}))
    else:
        await asyncio.to_thread(_from_elsewhere, fs, planned, delivery, root, sizes or {})
    return delivery.parts()


def drive(
    indexer: Indexer[T],
    fs: Any,
    root: str = "",
    *,
    settings: Settings | None = None,
    etags: MutableMapping[str, str] | None = None,
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
    known: MutableMapping[str, str] = {} if etags is None else etags
    return answer(indexer, lambda wanted: fetch(fs, wanted, root=root, settings=settings, etags=known, sizes=sizes))


async def drive_async(
    indexer: Indexer[T],
    fs: Any,
    root: str = "",
    *,
    settings: Settings | None = None,
    etags: MutableMapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> T:
    """Run an indexer as :func:`drive` does, from a coroutine on any event loop."""
    known: MutableMapping[str, str] = {} if etags is None else etags
    return await answer_async(
        indexer, lambda wanted: fetch_async(fs, wanted, root=root, settings=settings, etags=known, sizes=sizes)
    )


async def _from_archive(
    fs: CdseFileSystem,
    planned: RangePlan,
    delivery: Delivery,
    root: str,
    etags: MutableMapping[str, str],
    sizes: Mapping[str, int],
) -> None:
    async def one(request: ByteRange) -> None:
        path = fs._strip_protocol(joined(root, request.path))  # noqa: SLF001 - fsspec's name for a public rule

        async def pour(body: Body) -> None:
            _check_size(path, body.size, sizes.get(request.path))
            _check_version(path, body.etag, etags.setdefault(request.path, body.etag or ""))
            body.exactly(request.start, request.stop)
            done = 0
            while piece := await body.read(_PIECE):
                delivery.piece(request, done, piece)
                done += len(piece)

        await fs.store.get(path, request.start, request.stop, etags.get(request.path), pour)
        delivery.done(request)

    await _all([one(request) for request in planned.requests])


def _from_elsewhere(fs: Any, planned: RangePlan, delivery: Delivery, root: str, sizes: Mapping[str, int]) -> None:
    places = {request.path: joined(root, request.path) for request in planned.requests}

    def take(request: ByteRange, data: bytes) -> None:
        if len(data) != request.size:
            raise FormatError(
                f"{places[request.path]} gave {len(data)} bytes for the range {request.start} to {request.stop}",
                remedy="The file is truncated, or what describes it is wrong.",
            )
        delivery.piece(request, 0, data)
        delivery.done(request)

    async def all_at_once() -> None:
        room = asyncio.Semaphore(_ELSEWHERE)

        async def one(request: ByteRange) -> None:
            async with room:
                take(request, await fs._cat_file(places[request.path], start=request.start, end=request.stop))  # noqa: SLF001 - fsspec's name for a public rule

        await _all([one(request) for request in planned.requests])

    try:
        for path in places.keys() & sizes.keys():
            _check_size(places[path], fs.info(places[path])["size"], sizes[path])
        if getattr(fs, "async_impl", False):
            sync(fs.loop, all_at_once)
            return
        for request in sorted(planned.requests):
            take(request, fs.cat_file(places[request.path], start=request.start, end=request.stop))
    except PhistacError:
        raise
    except FileNotFoundError as error:
        raise NotFoundError(f"{root}: {error}", remedy="The product is not whole, or the path is wrong.") from error
    except OSError as error:
        raise ServiceError(f"reading {root} failed: {error}") from error


async def _all(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Await all; if one fails, none goes on behind its back."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _check_size(path: str, found: int, expected: int | None) -> None:
    if expected is not None and found != expected:
        raise FormatError(
            f"{path} has {found} bytes, the manifest says {expected}",
            remedy="It was cut off or repacked: its contents are not where its metadata says.",
        )


def _check_version(path: str, found: str | None, expected: str) -> None:
    if found and expected and found != expected:
        raise ChangedObjectError(
            f"{path} was replaced: its ETag is {found}, and was {expected}", remedy="Open the product anew."
        )


def joined(root: str, path: str) -> str:
    """Return where an object of a product is.

    Raises
    ------
    UnsafePathError
        If it would be outside the product.
    """
    if not root:
        return path
    if ".." in path.split("/"):
        raise UnsafePathError(f"{path!r} would leave {root}", remedy="The product is broken or hostile.")
    return f"{root.rstrip('/')}/{path}".rstrip("/")
