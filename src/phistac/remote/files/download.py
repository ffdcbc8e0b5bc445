"""One object into one file: what ``fs.get`` does for each. The transfers of :mod:`phistac.retrieval` do more."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsspec.utils import isfilelike

from phistac.errors import NotFoundError
from phistac.remote.files.listings import info

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from phistac.remote.ranges.bodies import Body
    from phistac.remote.ranges.objectstore import ObjectStore

__all__ = ["get_file"]

_CHUNK = 1 << 20


async def get_file(store: ObjectStore, path: str, target: Any, callback: Any) -> None:
    """Copy an object to a file, whole or not at all; a directory is made, not copied.

    Parameters
    ----------
    store : ObjectStore
        Where from.
    path : str
        Bucket and key.
    target : path or file object
        Where to. A file appears under its name when it is whole.
    callback : fsspec.callbacks.Callback, optional
        Is told the size and the progress.
    """
    if isfilelike(target):
        begin = target.tell()
        await store.get(path, 0, None, None, _into(target, begin, callback))
        return
    final = Path(target)
    if await asyncio.to_thread(final.is_dir):
        return
    partial = final.with_name(f".{final.name}.{uuid.uuid4().hex}.part")
    try:
        await asyncio.to_thread(final.parent.mkdir, parents=True, exist_ok=True)
        with await asyncio.to_thread(partial.open, "wb") as file:
            await store.get(path, 0, None, None, _into(file, 0, callback))
        await asyncio.to_thread(partial.replace, final)
    except NotFoundError:
        if (await info(store, path))["type"] != "directory":
            raise
        await asyncio.to_thread(final.mkdir, parents=True, exist_ok=True)
    finally:
        await asyncio.to_thread(partial.unlink, missing_ok=True)


def _into(file: Any, begin: int, callback: Any) -> Callable[[Body], Awaitable[None]]:
    async def copy(body: Body) -> None:
        file.seek(begin)  # a second attempt starts over
        file.truncate()
        if callback is not None:
            callback.set_size(body.size)
            callback.absolute_update(0)
        while piece := await body.read(_CHUNK):
            await asyncio.to_thread(file.write, piece)
            if callback is not None:
                callback.relative_update(len(piece))

    return copy
