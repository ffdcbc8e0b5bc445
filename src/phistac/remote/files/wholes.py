"""Whole objects, many at once, each with what the server calls its version: for small files whose size nobody knows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phistac.remote.ranges.onloop import run_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phistac.remote.files.filesystem import CdseFileSystem
    from phistac.remote.ranges.bodies import Body

__all__ = ["Whole", "fetch_wholes"]


@dataclass(frozen=True, slots=True)
class Whole:
    """One object.

    Attributes
    ----------
    path : str
        Bucket and key.
    etag : str or None
        Without quotes; ``None`` if the server says none.
    data : bytes
        All of it.
    """

    path: str
    etag: str | None
    data: bytes = field(repr=False)


def fetch_wholes(fs: CdseFileSystem, paths: Sequence[str]) -> list[Whole]:
    """Fetch whole objects as one batch, within the budget of the account.

    Parameters
    ----------
    fs : CdseFileSystem
        The archive.
    paths : sequence of str
        Bucket and key of each.

    Returns
    -------
    list of Whole
        In the order of the paths.

    Raises
    ------
    CredentialsRejectedError, NotFoundError, RateLimitError, ServiceError
        As the service says; whatever the cause, nothing short is returned.
    """
    return run_on(fs.loop, _all, fs, paths) if paths else []


async def _all(fs: CdseFileSystem, paths: Sequence[str]) -> list[Whole]:
    store = fs.store

    async def one(path: str) -> Whole:
        async def read(body: Body) -> Whole:
            return Whole(path, body.etag, await body.read())

        return await store.get(path, 0, None, None, read)

    tasks = [asyncio.ensure_future(one(path)) for path in paths]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
