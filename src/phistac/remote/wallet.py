"""Where ``phistac login`` puts what it was told: the keyring of the desktop, or a file that is this user's alone.

One entry for each account at each service: the login, the S3 keys, or both, as JSON. A keyring asks for no consent,
a file does (``phistac login --file``): it is plain text.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import platformdirs

from phistac.errors import ConfigurationError, MissingExtraError
from phistac.remote.privatefile import read_private, write_private
from phistac.remote.secrets import Login, S3Keys, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.settings import Settings

__all__ = ["FileWallet", "KeyringWallet", "Wallet", "keys_of", "login_of", "wallets"]

_FIELDS = ("username", "password", "totp", "access_key", "secret_key")


class Wallet(Protocol):
    """A place that keeps entries."""

    def require(self) -> None:
        """Raise ConfigurationError if nothing can be kept here."""

    def read(self, settings: Settings) -> dict[str, Secret]:
        """Return the entry of an account; empty if there is none."""

    def write(self, settings: Settings, entry: Mapping[str, str]) -> None:
        """Keep the entry of an account instead of what was there; an empty one is removed."""

    @property
    def place(self) -> str:
        """What it is, for messages; and why it cannot be used, if so."""


def wallets() -> tuple[Wallet, ...]:
    """Return the places to look at, in their order."""
    return KeyringWallet(), FileWallet()


def keys_of(entry: Mapping[str, str]) -> S3Keys | None:
    """Return the S3 keys of an entry, or None."""
    there = entry.get("access_key") and entry.get("secret_key")
    return S3Keys(entry["access_key"], entry["secret_key"]) if there else None


def login_of(entry: Mapping[str, str]) -> Login | None:
    """Return the login of an entry, or None."""
    there = entry.get("username") and entry.get("password")
    return Login(str(entry["username"]), entry["password"], entry.get("totp")) if there else None


class KeyringWallet:
    """The keyring of the desktop, through the package ``keyring`` (extra ``keyring``)."""

    def require(self) -> None:
        """Do nothing if there is a keyring.

        Raises
        ------
        MissingExtraError
            If the package ``keyring`` is not installed.
        ConfigurationError
            If there is no keyring on this machine.
        """
        _keyring()

    def read(self, settings: Settings) -> dict[str, Secret]:
        """Return the entry of an account; empty if there is none, or no keyring."""
        try:
            keyring = _keyring()
            text = keyring.get_password(_service(settings), settings.account)
        except ConfigurationError:
            return {}
        except keyring.errors.KeyringError:  # locked or out of order: as good as none
            return {}
        return _entry(Secret(text), self.place) if text else {}

    def write(self, settings: Settings, entry: Mapping[str, str]) -> None:
        """Keep the entry of an account instead of what was there; an empty one is removed.

        Raises
        ------
        MissingExtraError
            If the package ``keyring`` is not installed.
        ConfigurationError
            If there is no keyring on this machine, it is locked, or it does not keep what it is given.
        """
        keyring, where = _keyring(), (_service(settings), settings.account)
        text = Secret(json.dumps(dict(entry)) if entry else "")
        try:
            if text:
                keyring.set_password(*where, str(text))
            elif keyring.get_password(*where):
                keyring.delete_password(*where)
            kept = Secret(keyring.get_password(*where) or "") == text
        except keyring.errors.KeyringError as error:
            raise ConfigurationError(
                f"the keyring refuses ({type(error).__name__})", remedy="Unlock it, or use the file: --file."
            ) from None
        if not kept:
            raise ConfigurationError("the keyring does not keep what it is given", remedy="Use the file: --file.")

    @property
    def place(self) -> str:
        """What it is, or why it cannot be used."""
        try:
            return f"the keyring ({_keyring().get_keyring().name})"
        except MissingExtraError:
            return "the keyring (not installed)"
        except ConfigurationError:
            return "the keyring (there is none on this machine)"


class FileWallet:
    """``credentials.json`` in the user's configuration folder, or the file that ``PHISTAC_CREDENTIALS`` names."""

    def require(self) -> None:
        """Raise ConfigurationError if there is a file that is not ours alone."""
        self._load()

    @property
    def path(self) -> Path:
        """Where it is."""
        named = os.environ.get("PHISTAC_CREDENTIALS")
        return Path(named).expanduser() if named else platformdirs.user_config_path("phistac") / "credentials.json"

    @property
    def place(self) -> str:
        """What it is."""
        return str(self.path)

    def read(self, settings: Settings) -> dict[str, Secret]:
        """Return the entry of an account; empty if there is none.

        Raises
        ------
        ConfigurationError
            If others may read the file, or it is none of ours.
        """
        entry = self._load().get(_service(settings), {}).get(settings.account, {})
        return {name: Secret(entry[name]) for name in _FIELDS if entry.get(name)}

    def write(self, settings: Settings, entry: Mapping[str, str]) -> None:
        """Keep the entry of an account instead of what was there; the last one takes the file with it."""
        kept = self._load()
        accounts = kept.setdefault(_service(settings), {})
        accounts.pop(settings.account, None)
        if entry:
            accounts[settings.account] = dict(entry)
        kept = {service: accounts for service, accounts in kept.items() if accounts}
        if kept:
            write_private(self.path, kept)
        else:
            self.path.unlink(missing_ok=True)

    def _load(self) -> dict[str, dict[str, dict[str, str]]]:
        content = read_private(self.path)
        if content is None:
            return {}
        if _ours(content):
            return content  # type: ignore[no-any-return]  # all its levels were looked at
        del content
        raise _not_ours(self.place)


def _keyring() -> Any:
    try:
        import keyring  # noqa: PLC0415 - an extra
        import keyring.errors  # noqa: PLC0415 - as above
    except ImportError as error:
        raise MissingExtraError(
            "the package keyring is not installed",
            remedy="pip install 'phistac[keyring]', or keep the login in a file of yours: phistac login --file.",
        ) from error
    if keyring.get_keyring().priority <= 0:  # what stands in for a keyring where there is none
        raise ConfigurationError(
            "there is no keyring on this machine", remedy="Keep the login in a file of yours: phistac login --file."
        )
    return keyring


def _service(settings: Settings) -> str:
    return f"phistac {urlsplit(settings.token_url).netloc.lower()}"


def _entry(text: Secret, place: str) -> dict[str, Secret]:
    with contextlib.suppress(ValueError):
        found = json.loads(text)
        if isinstance(found, dict):
            return {name: Secret(found[name]) for name in _FIELDS if found.get(name)}
    raise _not_ours(place)


def _ours(content: Any) -> bool:
    levels: list[Any] = [content]
    for _ in range(3):
        if not all(isinstance(level, dict) for level in levels):
            return False
        levels = [inside for level in levels for inside in level.values()]
    return True


def _not_ours(place: str) -> ConfigurationError:
    return ConfigurationError(
        f"what {place} holds was not written by phistac login", remedy="Remove it, then type phistac login."
    )
