"""An object read once, front to back, in the caller's thread while the bytes arrive on fsspec's loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsspec.asyn import get_loop, sync

from phistac.remote.account.bare import bare
from phistac.remote.ranges.s3errors import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phistac.remote.ranges.bodies import Body
    from phistac.remote.ranges.objectstore import ObjectStore

__all__ = ["Stream", "open_stream"]


class Stream:
    """Pieces of an object.

    Parameters
    ----------
    body : Body
        The answer to read.
    chunk_size : int
        The most bytes of one piece.
    """

    def __init__(self, body: Body, chunk_size: int) -> None:
        self._body = body
        self._chunk_size = chunk_size
        self.size = body.size
        """Bytes of the whole object."""
        self.length = body.length
        """Bytes that this stream will give."""
        self.etag = body.etag
        """What the server calls this version of the object, without quotes; None if it says nothing."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes in order.

        Raises
        ------
        ServiceError
            If the body breaks off; the message says how far it came.
        """
        loop = get_loop()
        while piece := sync(loop, self._piece):
            yield piece

    def close(self) -> None:
        """Drop what has not been read, and with it the connection."""
        sync(get_loop(), self._close)

    async def _piece(self) -> bytes:
        pieces: list[bytes] = []
        room = self._chunk_size
        try:
            while room and (piece := await self._body.read(room)):
                pieces.append(piece)
                room -= len(piece)
        except Exception as problem:
            verdict = judge(problem, f"reading {self._body.path}")
            if verdict is None:
                raise
            raise verdict.error from bare(problem)
        return b"".join(pieces)

    async def _close(self) -> None:
        self._body.close()


async def open_stream(
    store: ObjectStore, path: str, start: int, stop: int | None, if_match: str | None, chunk_size: int
) -> Stream:
    """Ask for an object, with patience, and return the stream of its body."""

    async def keep(body: Body) -> Stream:
        return Stream(body, chunk_size)

    return await store.get(path, start, stop, if_match, keep)
