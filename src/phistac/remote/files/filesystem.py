"""``cdse://``: the archive as an fsspec filesystem, read only, within the budget of the account.

A filesystem travels as its settings, which hold no secret, and looks for the keys of its account where it is used: in a
Dask worker, in another process. It works from any thread and any event loop.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fsspec.asyn import AsyncFileSystem, get_loop, sync

from phistac.errors import ExistsError, FormatError, NotFoundError, QueryError
from phistac.remote.files.addresses import archive_path
from phistac.remote.files.bufferedfile import CdseFile
from phistac.remote.files.bysettings import FIELDS, BySettings
from phistac.remote.files.download import get_file
from phistac.remote.files.listings import find, info, ls
from phistac.remote.files.paths import strip
from phistac.remote.files.readonly import REMEDY, ReadOnly, refuse
from phistac.remote.files.streams import Stream, open_stream
from phistac.remote.ranges.objectstore import ObjectStore, on_loop
from phistac.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from datetime import datetime

    from phistac.remote.budget.budget import ConnectionBudget
    from phistac.remote.ranges.bodies import Body

__all__ = ["CdseFileSystem", "filesystem"]


class CdseFileSystem(ReadOnly, AsyncFileSystem, metaclass=BySettings):  # type: ignore[misc]  # fsspec has no types
    """The archive of the Copernicus Data Space, read only.

    Parameters
    ----------
    settings : Settings, optional
        Endpoint and account; those in force by default.
    **options
        Single fields of the settings, for ``storage_options=``, and ``asynchronous``, ``skip_instance_cache`` as in any
        fsspec filesystem. ``key`` and ``secret``, or ``username``, ``password`` and ``totp``, stay in this process:
        the filesystem travels with a label that stands for them (:mod:`phistac.remote.account.given`).

    Notes
    -----
    Paths may be spelled ``cdse://eodata/…``, ``s3://eodata/…``, ``/eodata/…`` (as the catalogue does) or ``eodata/…``,
    or as a download or ``Nodes`` address of the service (:mod:`phistac.remote.files.addresses`).
    The entries of ``info`` and ``ls(detail=True)`` have ``name``, ``size``, ``type``, ``ETag`` and ``LastModified``.

    Examples
    --------
    >>> fs = CdseFileSystem(account="me")
    >>> fs
    <CdseFileSystem https://eodata.dataspace.copernicus.eu account=me>
    """

    protocol = ("cdse",)
    root_marker = ""
    cachable = True

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        asynchronous: bool = False,
        batch_size: int | None = None,
        **options: Any,
    ) -> None:
        given = {name: value for name, value in options.items() if name in FIELDS}
        self.settings = settings or Settings(**given)  # the metaclass has resolved them to single fields
        super().__init__(asynchronous=asynchronous, batch_size=batch_size, use_listings_cache=False)
        self._stores: dict[asyncio.AbstractEventLoop, ObjectStore] = {}
        self._places: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.settings.s3_url} account={self.settings.account}>"

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of this process that fsspec runs; after a fork the child has its own."""
        loop: asyncio.AbstractEventLoop = get_loop()
        return loop

    @property
    def fsid(self) -> str:
        """What tells this archive from others."""
        return f"cdse_{self._fs_token}"

    @property
    def budget(self) -> ConnectionBudget:
        """The connections of the account, with counters."""
        return self.store.budget

    @property
    def store(self) -> ObjectStore:
        """Gets, heads and listings; its coroutines belong on :attr:`loop`."""
        loop = self.loop
        if loop not in self._stores:  # the first use, or a forked child's; two threads that meet here get the same one
            return self._stores.setdefault(loop, ObjectStore(self.settings))
        return self._stores[loop]

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(p) for p in path]
        return strip(str(path))

    async def _place(self, path: str) -> str:
        """Return bucket and key of any spelling; the catalogue is asked once where a download address is."""
        path = self._strip_protocol(path)
        if "://" not in path:
            return path
        if path not in self._places:
            self._places[path] = await asyncio.to_thread(archive_path, path, settings=self.settings)
        return self._places[path]

    async def _info(self, path: str, **_: Any) -> dict[str, Any]:
        return await on_loop(info(self.store, await self._place(path)))

    async def _ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:  # noqa: FBT001, FBT002 - fsspec's signature
        found = await on_loop(ls(self.store, await self._place(path)))
        return found if detail else list(dict.fromkeys(entry["name"] for entry in found))

    async def _find(
        self,
        path: str,
        maxdepth: int | None = None,
        withdirs: bool = False,  # noqa: FBT001, FBT002 - fsspec's signature
        **options: Any,
    ) -> Any:
        if maxdepth is not None and maxdepth < 1:
            raise QueryError(f"maxdepth is {maxdepth}", remedy="It must be at least 1, or None for all there is.")
        prefix = str(options.get("prefix") or "")
        work = find(self.store, await self._place(path), maxdepth=maxdepth, withdirs=withdirs, prefix=prefix)
        found = await on_loop(work)
        return found if options.get("detail") else sorted(found)

    async def _du(self, path: str, total: bool = True, maxdepth: int | None = None, **options: Any) -> Any:  # noqa: FBT001, FBT002 - fsspec's signature
        found = await self._find(path, maxdepth=maxdepth, withdirs=options.get("withdirs", False), detail=True)
        sizes = {name: item["size"] for name, item in found.items()}  # a listing says them: no request for each object
        return sum(sizes.values()) if total else sizes

    async def _walk(self, path: str, maxdepth: int | None = None, **options: Any) -> AsyncIterator[Any]:
        options.setdefault("on_error", "raise")  # a listing that failed is not an empty one
        async for step in super()._walk(path, maxdepth, **options):
            yield step

    async def _isdir(self, path: str) -> bool:
        return await self._type(path) == "directory"

    async def _isfile(self, path: str) -> bool:
        return await self._type(path) == "file"

    async def _type(self, path: str) -> str | None:
        try:
            return str((await self._info(path))["type"])
        except NotFoundError:
            return None

    async def _cat_file(
        self, path: str, start: int | None = None, end: int | None = None, *, if_match: str | None = None, **_: Any
    ) -> bytes:
        path = await self._place(path)
        if (start or 0) < 0 or (end or 0) < 0:
            size = (await self._info(path))["size"]
            start = max(0, size + start) if start is not None and start < 0 else start
            end = size + end if end is not None and end < 0 else end
        if end is not None and end <= (start or 0):
            return b""

        async def whole(body: Body) -> bytes:
            return await body.read()

        try:
            return await on_loop(self.store.get(path, start or 0, end, if_match, whole))
        except FormatError:
            if not start or start < (await self._info(path))["size"]:
                raise
            return b""  # beyond the end, as of any slice

    async def _get_file(self, rpath: str, lpath: Any, callback: Any = None, **_: Any) -> None:
        await on_loop(get_file(self.store, await self._place(rpath), lpath, callback))

    def _open(self, path: str, mode: str = "rb", **options: Any) -> CdseFile:
        if mode == "xb" and self.exists(path):
            raise ExistsError(f"{self!r} is read only, and {path} is there already", remedy=REMEDY)
        if mode != "rb":
            refuse(self, f"open {path} for writing ({mode})")
        return CdseFile(self, path, **options)

    async def open_async(self, path: str, mode: str = "rb", **options: Any) -> Any:
        """Refuse to open for writing; for reading there is ``_cat_file`` with ``start`` and ``end``."""
        if mode != "rb":
            refuse(self, f"open {path} for writing ({mode})")
        return await super().open_async(path, mode, **options)

    def modified(self, path: str) -> datetime:
        """Return when an object came to the archive; a directory has no time (NotFoundError)."""
        found: datetime | None = self.info(path).get("LastModified")
        if found is None:
            raise NotFoundError(f"{path} is a directory, which has no time", remedy="Ask for an object in it.")
        return found

    @contextmanager
    def stream(
        self,
        path: str,
        *,
        start: int = 0,
        stop: int | None = None,
        if_match: str | None = None,
        chunk_size: int = 1 << 20,
    ) -> Iterator[Stream]:
        """Read an object once, from ``start`` on, piece by piece: for transfers.

        Parameters
        ----------
        path : str
            Which object.
        start, stop : int
            Half-open bounds; to the end by default.
        if_match : str, optional
            ETag that the object must still have.
        chunk_size : int
            The most bytes of one piece.

        Yields
        ------
        Stream
            Iterate over it for pieces of bytes; ``size`` is that of the whole object, ``etag`` is the server's. One
            connection is in use until the block ends. What breaks off in the middle is not asked for again here: the
            error says how far it came, and the caller goes on from there.

        Raises
        ------
        ChangedObjectError
            If the object has another ETag.
        CredentialsRejectedError, NotFoundError, RateLimitError, ServiceError
            As the service says; the last two after retries.
        """
        place = sync(self.loop, self._place, path)
        stream = sync(self.loop, open_stream, self.store, place, start, stop, if_match, chunk_size)
        try:
            yield stream
        finally:
            stream.close()


def filesystem(settings: Settings | None = None) -> CdseFileSystem:
    """Return the archive's filesystem for these settings, the same one for everyone in this process.

    Examples
    --------
    >>> filesystem(Settings(account="me")) is filesystem(Settings(account="me"))
    True
    """
    fs: CdseFileSystem = CdseFileSystem(settings)
    return fs
