"""Get, head and list of one account's objects: s3fs on one event loop, within the budget, with patience.

s3fs makes and signs the requests. What is added here: the budget's sockets and permits, our retries instead of two
layers of them, keys looked up where they are used, and a check that a body is the one that was asked for.

Every coroutine of an :class:`ObjectStore` must run on fsspec's loop (:func:`on_loop` takes it there), so that one loop
has all the account's sockets.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeVar

import s3fs
from aiobotocore.session import AioSession
from botocore.loaders import Loader
from fsspec.asyn import get_loop

from phistac.errors import CredentialsRejectedError, RateLimitError
from phistac.remote.account.bare import bare
from phistac.remote.account.credentials import s3_keys
from phistac.remote.account.secrets import Secret
from phistac.remote.account.tempkeys import surrender
from phistac.remote.budget.budgets import budget_for
from phistac.remote.budget.sockets import LeasedSession, SocketFactory
from phistac.remote.ranges.bodies import Body, byte_range, quoted
from phistac.remote.ranges.s3errors import judge
from phistac.remote.web.patience import SYSTEM_CLOCK, Clock, Patience

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from phistac.remote.account.secrets import S3Keys
    from phistac.settings import Settings

__all__ = ["ObjectStore", "on_loop"]

T = TypeVar("T")

_log = logging.getLogger(__name__)
_KEEP_IDLE_S = 0.5
"""An idle connection occupies a slot that others may want."""


async def on_loop(work: Coroutine[Any, Any, T]) -> T:
    """Await a coroutine on fsspec's loop, from any loop."""
    loop = get_loop()
    if asyncio.get_running_loop() is loop:
        return await work
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))


class ObjectStore:
    """The objects that an account can read.

    Parameters
    ----------
    settings : Settings
        Endpoint, account, limits.
    patience : Patience, optional
        How often, and how soon, to try again.
    clock : Clock, optional
        Chance, for the rests between attempts.
    """

    def __init__(self, settings: Settings, *, patience: Patience | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self.settings = settings
        self.budget = budget_for(settings)
        self._patience = patience or Patience()
        self._clock = clock
        self._s3: s3fs.S3FileSystem | None = None
        self._keys: S3Keys | None = None
        self._connecting = asyncio.Lock()
        self._served = False

    def __repr__(self) -> str:
        return f"ObjectStore({self.settings.s3_url!r}, account={self.settings.account!r})"

    async def get(
        self, path: str, start: int, stop: int | None, if_match: str | None, use: Callable[[Body], Awaitable[T]]
    ) -> T:
        """Get an object or a range of it and return what ``use`` makes of its body; all of it again if that breaks off.

        Parameters
        ----------
        path : str
            Bucket and key.
        start, stop : int
            Half-open bounds; None for all there is.
        if_match : str, optional
            ETag that the object must have, with or without quotes.
        use : callable
            Reads the body and may close it.
        """
        options = {"Range": byte_range(start, stop), "IfMatch": quoted(if_match)}

        async def attempt() -> T:
            answer = await self._call("get_object", path, **{k: v for k, v in options.items() if v is not None})
            body = Body(path, answer, start, stop)
            try:
                return await use(body)
            except BaseException:
                body.close()
                raise

        return await self._persist(attempt, f"reading {path}")

    async def head(self, path: str) -> dict[str, Any]:
        """Return size, ETag and date of an object, as botocore has them."""

        async def attempt() -> dict[str, Any]:
            return await self._call("head_object", path)

        return await self._persist(attempt, f"looking for {path}")

    async def page(self, path: str, **options: Any) -> dict[str, Any]:
        """Return one page of the keys that begin like the path, as botocore has it."""
        bucket, _, prefix = path.partition("/")

        async def attempt() -> dict[str, Any]:
            return await self._send("list_objects_v2", Bucket=bucket, Prefix=prefix, **options)

        return await self._persist(attempt, f"listing {path}")

    async def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        bucket, _, key = path.partition("/")
        return await self._send(method, Bucket=bucket, Key=key, **options)

    async def _send(self, method: str, **options: Any) -> dict[str, Any]:
        s3 = await self._connected()
        answer: dict[str, Any] = await s3._call_s3(method, **options)  # noqa: SLF001 - s3fs' own way to any S3 method
        self._served = True
        return answer

    async def _persist(self, attempt: Callable[[], Awaitable[T]], what: str) -> T:
        failures, doubts = 0, 0
        while True:
            try:
                return await attempt()
            except Exception as problem:
                verdict = judge(problem, what)
                if verdict is None:
                    raise
                if isinstance(verdict.error, RateLimitError):
                    self.budget.refused(verdict.asked_s)
                failures += 1
                again = verdict.again and failures < self._patience.attempts
                if isinstance(verdict.error, CredentialsRejectedError) and not doubts:
                    doubts += 1
                    again = await self._reconnected() or (verdict.doubtful and self._served)
                if not again:
                    raise verdict.error from (None if problem is verdict.error else bare(problem))
                rest_s = self._patience.rest_s(failures - 1, chance=self._clock.chance(), asked_s=verdict.asked_s)
                _log.info("%s; again in %.1f s", verdict.error.message, rest_s)
            await asyncio.sleep(rest_s)

    async def _connected(self) -> s3fs.S3FileSystem:
        async with self._connecting:
            if self._s3 is None:
                self._keys = await asyncio.to_thread(s3_keys, self.settings)
                self._s3 = _connect(self.settings, self._keys, SocketFactory(self.budget))
            return self._s3

    async def _reconnected(self) -> bool:
        """Look the keys up again after they were refused; tell whether others were found."""
        async with self._connecting:
            refused = self._keys
            if refused is None:
                return False
            await asyncio.to_thread(surrender, self.settings, refused)
            self._keys = await asyncio.to_thread(s3_keys, self.settings)
            if self._keys == refused:
                return False
            self._s3 = _connect(self.settings, self._keys, SocketFactory(self.budget))
            return True


class _OnlyS3(Loader):  # type: ignore[misc]  # botocore has no types
    """botocore's data, without looking through those of four hundred other services for the names of them."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's signature
        return ["s3"]


def _connect(settings: Settings, keys: S3Keys, factory: SocketFactory) -> s3fs.S3FileSystem:
    session = AioSession()
    session.register_component("data_loader", _OnlyS3())
    session.set_credentials(keys.access_key, keys.secret_key)
    session.get_component("event_emitter").register_last("request-created.s3", _hide_signature)
    s3 = s3fs.S3FileSystem(
        session=session,  # not key= and secret=, which s3fs would keep in attributes and pickle
        endpoint_url=settings.s3_url,
        client_kwargs={"region_name": settings.region},
        config_kwargs={
            "http_session_cls": LeasedSession,
            "connector_args": {"socket_factory": factory, "keepalive_timeout": _KEEP_IDLE_S},
            "max_pool_connections": settings.connections,
            "connect_timeout": min(10.0, settings.timeout_s),
            "read_timeout": settings.timeout_s,
            "retries": {"total_max_attempts": 1},
            "signature_version": "s3v4",
            "s3": {"addressing_style": "path"},
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
        },
        skip_instance_cache=True,
        use_listings_cache=False,
    )
    s3.retries = 1
    return s3


def _hide_signature(request: Any, **_: Any) -> None:
    """Let a signed request show no key: botocore logs its headers, and keeps them in variables."""
    signature = Secret(request.headers["Authorization"])
    request.headers.replace_header("Authorization", signature)
