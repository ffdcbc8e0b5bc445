"""Where ``phistac login`` puts what it was told: the keyring of the desktop, or a file that is this user's alone.

One entry for each account at each service: the login, the S3 keys, or both, as JSON. A keyring asks for no consent,
a file does (``phistac login --file``): it is plain text.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Protocol

from phistac.errors import ConfigurationError, MissingExtraError
from phistac.remote.account.entries import FIELDS, keys_of, login_of, not_ours, service
from phistac.remote.account.secrets import Secret
from phistac.remote.account.walletfile import FileWallet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.settings import Settings

__all__ = ["FileWallet", "KeyringWallet", "Wallet", "keys_of", "login_of", "wallets"]


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
            text = keyring.get_password(service(settings), settings.account)
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
        keyring, where = _keyring(), (service(settings), settings.account)
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


def _entry(text: Secret, place: str) -> dict[str, Secret]:
    with contextlib.suppress(ValueError):
        found = json.loads(text)
        if isinstance(found, dict):
            return {name: Secret(found[name]) for name in FIELDS if found.get(name)}
    raise not_ours(place)
