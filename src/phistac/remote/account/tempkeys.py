"""Temporary S3 keys, bought with a login, for those who have no keys of their own.

The service sells a limited number of them, a new one works after some seconds, and one that nobody deletes stays
until it runs out. So the processes of this machine share one key for each account: it lies in the user's runtime
folder, readable by that user only, until the last process that uses it ends and deletes it, at the service and on disk.
With it go those that were replaced meanwhile, because they were old or refused; others may have been using them still.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from phistac.errors import PhistacError
from phistac.remote.account.given import named_account
from phistac.remote.account.keyshop import FullError, buy, give_back, wait_for
from phistac.remote.account.privatefile import read_private, write_private
from phistac.remote.account.secrets import S3Keys, Secret
from phistac.remote.budget.budgets import account_name
from phistac.remote.budget.filelock import FileLock
from phistac.remote.budget.runtimefolder import runtime_folder
from phistac.remote.web.http import Http

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phistac.settings import Settings

__all__ = ["discard", "surrender", "temporary_keys"]

_log = logging.getLogger(__name__)

_FRESH_S = 50 * 60.0
"""How long a key that somebody bought is used by newcomers; the service does not say how long one lives."""


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
        purse = _purses.get(_name(settings))
    if purse is not None:
        purse.surrender(keys)


def discard(settings: Settings) -> int:
    """Delete the keys that were bought on this machine, whoever uses them; return how many.

    Raises
    ------
    PhistacError
        If one could not be deleted; it is tried again by the next call.
    """
    return _purse(settings).discard()


class _Purse:
    """The bought keys of one account on this machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folder = runtime_folder(account_name(settings))
        mark = settings.account.removeprefix(named_account(settings.account))
        self._file = folder / f"keys{mark}.json"
        self._lock_file, self._users_file = folder / f"keys{mark}.lock", folder / f"keys{mark}.users"
        self._using: FileLock | None = None
        self._pid = os.getpid()

    def keys(self) -> S3Keys:
        with self._alone():
            keys = self._saved() or self._buy()
            if self._using is None:
                self._using = FileLock(self._users_file)
                self._using.try_lock(shared=True)
            return keys

    def surrender(self, keys: S3Keys) -> None:
        with self._alone():
            if self._saved() == keys:
                self._write(None, self._ids())

    def leave(self) -> None:
        """Delete the keys if nobody else uses them."""
        if self._using is None or self._pid != os.getpid():
            return
        with self._alone():
            self._using.release()
            self._using = None
            last = FileLock(self._users_file)
            if not last.try_lock():
                return
            last.release()
            try:
                self._give_back(self._ids())
            except PhistacError as error:
                _log.warning("a temporary S3 key could not be deleted; the next process will try again: %s", error)

    def discard(self) -> int:
        with self._alone():
            return self._give_back(self._ids())

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from buying, reading and deleting meanwhile."""
        with _lock:
            lock = FileLock(self._lock_file)
            while not lock.try_lock():
                time.sleep(0.05)
                lock = FileLock(self._lock_file)
            try:
                yield
            finally:
                lock.release()

    def _saved(self) -> S3Keys | None:
        """Return the key that newcomers may use."""
        saved = self._read()
        try:
            age_s = time.time() - float(saved["bought"])
            return S3Keys(saved["access"], saved["secret"]) if 0 <= age_s < _FRESH_S else None
        except (KeyError, TypeError, ValueError):
            return None

    def _ids(self) -> list[Secret]:
        """Return every key that we must delete: the one in use, and those before it."""
        saved = self._read()
        spent = saved.get("spent")
        ids = [*(spent if isinstance(spent, list) else []), saved.get("access")]
        return [Secret(one) for one in ids if isinstance(one, str) and one]

    def _read(self) -> dict[str, Any]:
        saved = read_private(self._file)
        return saved if isinstance(saved, dict) else {}

    def _write(self, keys: S3Keys | None, spent: list[Secret]) -> None:
        now = {} if keys is None else {"access": keys.access_key, "secret": keys.secret_key, "bought": time.time()}
        write_private(self._file, {**now, "spent": spent})

    def _buy(self) -> S3Keys:
        spent = self._ids()
        with Http(self._settings) as http:
            try:
                keys = buy(http)
            except FullError:
                if not self._give_back(spent):
                    raise
                spent, keys = [], buy(http)
            self._write(keys, spent)
            wait_for(http, keys)
        return keys

    def _give_back(self, ids: list[Secret]) -> int:
        if ids:
            with Http(self._settings) as http:
                for access_key in ids:
                    give_back(http, access_key)
        self._file.unlink(missing_ok=True)
        return len(ids)


_purses: dict[tuple[str, str], _Purse] = {}
_lock = threading.RLock()


def _name(settings: Settings) -> tuple[str, str]:
    return account_name(settings), settings.account


def _purse(settings: Settings) -> _Purse:
    name = _name(settings)
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
