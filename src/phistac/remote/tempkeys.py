"""Temporary S3 keys, bought with a login, for those who have no keys of their own.

The service sells a limited number of them, a new one works after some seconds, and one that nobody deletes stays
until it runs out. So the processes of this machine share one key for each account: it lies in the user's runtime
folder, readable by that user only, until the last process that uses it ends and deletes it, at the service and on disk.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from phistac.errors import CredentialsRejectedError, PhistacError, ServiceError
from phistac.remote.budgets import account_name
from phistac.remote.http import Http
from phistac.remote.keycheck import key_works
from phistac.remote.secrets import S3Keys
from phistac.remote.slots import FileLock, runtime_folder
from phistac.remote.tokens import token_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from phistac.settings import Settings

__all__ = ["surrender", "temporary_keys"]

_log = logging.getLogger(__name__)

_FRESH_S = 50 * 60.0
"""How long a key that somebody bought is used by newcomers; the service does not say how long one lives."""

_WAIT_S = 30.0
_PANEL = "https://eodata-s3keysmanager.dataspace.copernicus.eu"


def temporary_keys(settings: Settings) -> S3Keys:
    """Return keys that were bought with the account's login, by this process or another one of this machine.

    Raises
    ------
    CredentialsMissingError
        If there is no login; says where to put it.
    CredentialsRejectedError
        If the login is refused, or the account has as many keys as it may have.
    """
    return _purse(settings).keys()


def surrender(settings: Settings, keys: S3Keys) -> None:
    """Take note that the service refuses these keys: if they were bought, they are not used again."""
    with _lock:
        purse = _purses.get(account_name(settings))
    if purse is not None:
        purse.surrender(keys)


class _Purse:
    """The bought keys of one account on this machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = runtime_folder(account_name(settings))
        self._file = self._folder / "keys.json"
        self._using: FileLock | None = None
        self._pid = os.getpid()

    def keys(self) -> S3Keys:
        with self._alone():
            keys = self._saved() or self._buy()
            if self._using is None:
                self._using = FileLock(self._folder / "keys.users")
                self._using.try_lock(shared=True)
            return keys

    def surrender(self, keys: S3Keys) -> None:
        with self._alone():
            if self._saved() == keys:
                self._file.unlink()

    def leave(self) -> None:
        """Delete the keys if nobody else uses them."""
        if self._using is None or self._pid != os.getpid():
            return
        with self._alone():
            self._using.release()
            last = FileLock(self._folder / "keys.users")
            keys = self._saved()
            if not last.try_lock() or keys is None:
                return
            last.release()
            self._file.unlink()
            try:
                with Http(self._settings) as http:
                    url = f"{self._settings.s3_keys_url}/access_id/{keys.access_key}"
                    with http.request("DELETE", url, bearer=token_source(self._settings).token()):
                        pass
            except PhistacError as error:
                _log.warning("a temporary S3 key could not be deleted and will run out by itself: %s", error)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from buying, reading and deleting meanwhile."""
        with _lock:
            lock = FileLock(self._folder / "keys.lock")
            while not lock.try_lock():
                time.sleep(0.05)
                lock = FileLock(self._folder / "keys.lock")
            try:
                yield
            finally:
                lock.release()

    def _saved(self) -> S3Keys | None:
        try:
            saved = json.loads(self._file.read_text(encoding="utf-8"))
            age_s = time.time() - float(saved["bought"])
            return S3Keys(str(saved["access"]), str(saved["secret"])) if 0 <= age_s < _FRESH_S else None
        except (FileNotFoundError, KeyError, TypeError, ValueError):
            return None

    def _buy(self) -> S3Keys:
        with Http(self._settings) as http:
            try:
                answer = http.post_json(self._settings.s3_keys_url, bearer=token_source(self._settings).token())
            except CredentialsRejectedError as error:
                if "max number" not in error.message.lower():
                    raise
                raise CredentialsRejectedError(
                    f"the account {self._settings.account!r} has as many S3 keys as it may have",
                    remedy=f"Delete one at {_PANEL}, or put the keys that you have under the account's label.",
                ) from error
            keys = _keys_in(answer, self._settings.s3_keys_url)
            _write_private(self._file, {"access": keys.access_key, "secret": keys.secret_key, "bought": time.time()})
            self._wait_until_it_works(http, keys)
        return keys

    def _wait_until_it_works(self, http: Http, keys: S3Keys) -> None:
        until = time.monotonic() + _WAIT_S
        while not key_works(http, keys):
            if time.monotonic() > until:
                raise ServiceError(
                    f"a new S3 key of the account {self._settings.account!r} does not work after {_WAIT_S:.0f} seconds",
                    remedy="Try again in a minute.",
                )
            time.sleep(1.0)


_purses: dict[str, _Purse] = {}
_lock = threading.RLock()


def _purse(settings: Settings) -> _Purse:
    name = account_name(settings)
    with _lock:
        purse = _purses.get(name)
        if purse is None:
            purse = _purses[name] = _Purse(settings)
            atexit.register(purse.leave)
        return purse


def _forget() -> None:
    """Start afresh in a forked child; the keys stay the parent's to delete."""
    global _lock  # noqa: PLW0603 - the parent's lock may be held by a thread that does not exist here
    _lock = threading.RLock()
    _purses.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _keys_in(answer: Any, url: str) -> S3Keys:
    try:
        return S3Keys(str(answer["access_id"]), str(answer["secret"]))
    except (KeyError, TypeError):
        # Without the cause and the answer: it may hold a secret.
        raise ServiceError(f"{url} answered without a key", remedy="Check the s3_keys_url setting.") from None


def _write_private(path: Path, content: dict[str, Any]) -> None:
    partial = path.with_suffix(".part")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    partial.replace(path)
