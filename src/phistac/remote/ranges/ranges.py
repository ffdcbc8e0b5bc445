"""Fetch byte ranges, and run the indexers that ask for them.

On the archive every plan runs as concurrent ranged GETs within the budget of the account, each answer checked to be
the very range that was asked for, and all of one object to be of one version. What comes is handed on piece by piece.
Any other fsspec filesystem (a folder, memory, another bucket) reads its ranges in its own way; the lengths are checked
all the same. Never is a whole object read where a range was asked for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from fsspec.implementations.local import LocalFileSystem

from phistac.remote.files.enclosed import Enclosed
from phistac.remote.files.filesystem import CdseFileSystem
from phistac.remote.files.webfiles import careful
from phistac.remote.ranges.delivery import Delivery
from phistac.remote.ranges.gets import ELSEWHERE, from_archive, from_elsewhere
from phistac.remote.ranges.objectstore import on_loop
from phistac.remote.ranges.onloop import run_on
from phistac.remote.ranges.rangeplan import LONGEST_REQUEST, RangePlan, plan
from phistac.safe.byteranges import Steps, answer
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping, Sequence

    from phistac.safe.byteranges import ByteRange, Indexer

__all__ = ["RangePlan", "drive", "drive_async", "fetch", "fetch_async", "plan", "plan_for"]

T = TypeVar("T")

_WHOLE = 8 * 1024 * 1024
"""Bytes of the longest request to filesystems whose answers come whole, not in pieces."""


def plan_for(fs: Any, ranges: Iterable[ByteRange], *, settings: Settings | None = None) -> RangePlan:
    """Return the plan that :func:`fetch` would run, to be looked at.

    Parameters
    ----------
    fs : fsspec filesystem
        The archive's is planned for the connections of its account that nobody uses just now; a folder, where a request
        costs nothing, for none.
    ranges : iterable of ByteRange
        What is wanted.
    settings : Settings, optional
        Rate and latency for filesystems that do not know theirs.
    """
    if isinstance(fs, Enclosed):
        return plan_for(fs.outer, fs.located(tuple(ranges)), settings=settings)
    if isinstance(fs, CdseFileSystem):
        known = fs.settings
        rate, latency_s, free = known.connection_rate, known.latency_s, fs.budget.free
        # Where others are at work, pieces are shorter: connections that they leave meanwhile find something to do.
        longest = LONGEST_REQUEST if free >= known.connections else LONGEST_REQUEST // 4
        return plan(ranges, connections=free, rate=rate, latency_s=latency_s, longest=longest)
    known = resolve(settings)
    if getattr(fs, "async_impl", False):
        rate, latency_s = known.connection_rate, known.latency_s
        return plan(ranges, connections=ELSEWHERE, rate=rate, latency_s=latency_s, longest=_WHOLE)
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
    >>> from phistac.safe.byteranges import ByteRange
    >>> memory = fsspec.filesystem("memory")
    >>> memory.pipe("/doc/x.SAFE/a.tiff", b"II*.....")
    >>> fetch(memory, [ByteRange("a.tiff", 0, 2)], root="/doc/x.SAFE")
    [b'II']
    """
    if isinstance(fs, Enclosed):
        return fs.fetch(ranges, root=root, sizes=sizes)
    planned, delivery = plan_for(fs, ranges, settings=settings), Delivery(ranges)
    if isinstance(fs, CdseFileSystem):
        run_on(fs.loop, from_archive, fs, planned, delivery, root, {} if etags is None else etags, sizes or {})
    else:
        from_elsewhere(careful(fs), planned, delivery, root, sizes or {})
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
    if isinstance(fs, Enclosed):
        return await asyncio.to_thread(fs.fetch, ranges, root=root, sizes=sizes)
    planned, delivery = plan_for(fs, ranges, settings=settings), Delivery(ranges)
    if isinstance(fs, CdseFileSystem):
        await on_loop(from_archive(fs, planned, delivery, root, {} if etags is None else etags, sizes or {}))
    else:
        await asyncio.to_thread(from_elsewhere, careful(fs), planned, delivery, root, sizes or {})
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
    >>> from phistac.safe.byteranges import ByteRange
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
    """Run an indexer as :func:`drive` does, from a coroutine on any event loop; a thread takes what it computes."""
    known: MutableMapping[str, str] = {} if etags is None else etags
    steps = Steps(indexer)
    while steps.wanted is not None:
        parts = await fetch_async(fs, steps.wanted, root=root, settings=settings, etags=known, sizes=sizes)
        await asyncio.to_thread(steps.send, parts)
    return steps.found
