"""Run a plan: send its requests, check every answer, hand on what comes piece by piece."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from phistac.errors import ChangedObjectError, FormatError, NotFoundError, PhistacError, ServiceError, UnsafePathError
from phistac.remote.ranges.onloop import run_on

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Mapping, MutableMapping

    from phistac.remote.files.filesystem import CdseFileSystem
    from phistac.remote.ranges.bodies import Body
    from phistac.remote.ranges.delivery import Delivery
    from phistac.remote.ranges.rangeplan import RangePlan
    from phistac.safe.byteranges import ByteRange

__all__ = ["ELSEWHERE", "check_size", "from_archive", "from_elsewhere", "joined"]

ELSEWHERE = 10
"""Requests at once to filesystems that are not under the budget; fsspec has its own limits besides."""

_PIECE = 1 << 20
"""The most bytes that are handed on at once; on the wire it is a quarter of that, as the socket gives it."""


async def from_archive(
    fs: CdseFileSystem,
    planned: RangePlan,
    delivery: Delivery,
    root: str,
    etags: MutableMapping[str, str],
    sizes: Mapping[str, int],
) -> None:
    """Send the requests of a plan to the archive, all at once; how many are under way the budget decides.

    Runs on fsspec's loop. Parameters and errors as for :func:`phistac.remote.ranges.ranges.fetch`.
    """

    async def one(request: ByteRange) -> None:
        path = fs._strip_protocol(joined(root, request.path))  # noqa: SLF001 - fsspec's name for a public rule

        async def pour(body: Body) -> None:
            check_size(path, body.size, sizes.get(request.path))
            if body.etag:
                _check_version(path, body.etag, etags.setdefault(request.path, body.etag))
            body.exactly(request.start, request.stop)
            done = 0
            while piece := await body.read(_PIECE):
                delivery.piece(request, done, piece)
                done += len(piece)

        await fs.store.get(path, request.start, request.stop, etags.get(request.path), pour)
        delivery.done(request)

    await _all(one(request) for request in planned.requests)


def from_elsewhere(fs: Any, planned: RangePlan, delivery: Delivery, root: str, sizes: Mapping[str, int]) -> None:
    """Run a plan on any other fsspec filesystem, in the caller's thread; answers come whole there."""
    places = {request.path: joined(root, request.path) for request in planned.requests}
    try:
        for path in places.keys() & sizes.keys():
            check_size(places[path], fs.info(places[path])["size"], sizes[path])
        if getattr(fs, "async_impl", False):
            run_on(fs.loop, _side_by_side, fs, planned, places, delivery)
            return
        for request in sorted(planned.requests):
            _take(request, fs.cat_file(places[request.path], start=request.start, end=request.stop), places, delivery)
    except PhistacError:
        raise
    except FileNotFoundError as error:
        raise NotFoundError(f"{root}: {error}", remedy="The product is not whole, or the path is wrong.") from error
    except OSError as error:
        raise ServiceError(f"reading {root} failed: {error}") from error


async def _side_by_side(fs: Any, planned: RangePlan, places: Mapping[str, str], delivery: Delivery) -> None:
    room = asyncio.Semaphore(ELSEWHERE)

    async def one(request: ByteRange) -> None:
        async with room:
            data = await fs._cat_file(places[request.path], start=request.start, end=request.stop)  # noqa: SLF001 - fsspec's name for a public rule
            _take(request, data, places, delivery)

    await _all(one(request) for request in planned.requests)


def _take(request: ByteRange, data: bytes, places: Mapping[str, str], delivery: Delivery) -> None:
    if len(data) != request.size:
        raise FormatError(
            f"{places[request.path]} gave {len(data)} bytes for the range {request.start} to {request.stop}",
            remedy="The file is truncated, or what describes it is wrong.",
        )
    delivery.piece(request, 0, data)
    delivery.done(request)


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


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Await all; if one fails, none goes on behind its back."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def check_size(path: str, found: int, expected: int | None) -> None:
    """Raise FormatError if an object has another size than it must have."""
    if expected is not None and found != expected:
        raise FormatError(
            f"{path} has {found} bytes, the manifest says {expected}",
            remedy="It was cut off or repacked: its contents are not where its metadata says.",
        )


def _check_version(path: str, found: str, expected: str) -> None:
    if found != expected:
        raise ChangedObjectError(
            f"{path} was replaced: its ETag is {found}, and was {expected}", remedy="Open the product anew."
        )
