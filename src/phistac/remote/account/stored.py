"""Keys and logins in the environment, in files and in the keyring, in the order that ``credentials.py`` tells.

Environment and files are looked at first and cost nothing; a keyring may ask its user to unlock it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from phistac.errors import CredentialsMissingError
from phistac.remote.account.given import given, marked, named_account
from phistac.remote.account.inifiles import keys_in_files, places
from phistac.remote.account.secrets import Login, Masked, S3Keys
from phistac.remote.account.variables import amazon_keys, keys_in, login_in, variable
from phistac.remote.account.wallet import keys_of, login_of, wallets
from phistac.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from phistac.settings import Settings

__all__ = ["login", "place_of_keys", "place_of_login", "stored_keys", "written_keys"]

T = TypeVar("T")

_ENVIRONMENT = "the environment"


def written_keys(settings: Settings | None = None, *, environ: Mapping[str, str] | None = None) -> S3Keys | None:
    """Return the S3 keys that the environment or a file of other tools holds for an account, or None.

    Parameters
    ----------
    settings : Settings, optional
        Its ``account`` is the label.
    environ : mapping of str to str, optional
        Stands in for ``os.environ``.

    Raises
    ------
    ConfigurationError
        If only one half of a pair is there, or a file cannot be read.
    """
    return next((keys for _, keys in _written(resolve(settings), _shielded(environ))), None)


def stored_keys(settings: Settings | None = None, *, environ: Mapping[str, str] | None = None) -> S3Keys | None:
    """Return the S3 keys of an account: handed over, written down anywhere, or None; as :func:`written_keys`.

    An account whose keys were handed over in another process has those only: others that are found do not stand in.

    Raises
    ------
    ConfigurationError
        If only one half of a pair is there, or a file cannot be read.
    """
    here = given(resolve(settings).account)
    if here is not None:
        return here if isinstance(here, S3Keys) else None
    return next((keys for _, keys in _all_keys(resolve(settings), _shielded(environ))), None)


def login(settings: Settings | None = None, *, environ: Mapping[str, str] | None = None) -> Login:
    """Return the login of an account.

    Raises
    ------
    CredentialsMissingError
        If there is none; says where it was looked for, and where to put it.
    ConfigurationError
        If a file cannot be read.
    """
    settings, environ = resolve(settings), _shielded(environ)
    here = given(settings.account)
    if isinstance(here, Login):
        return here
    if here is not None:  # keys alone: the login is the account's
        settings = replace(settings, account=named_account(settings.account))
    who = next((who for _, who in _all_logins(settings, environ)), None)
    if who is None:
        raise _nothing(settings, environ)
    return who


def place_of_keys(settings: Settings) -> str | None:
    """Return where the S3 keys of an account are written down, in words."""
    return next((place for place, _ in _all_keys(settings, _shielded(None))), None)


def place_of_login(settings: Settings) -> str | None:
    """Return where the login of an account is written down, in words."""
    return next((place for place, _ in _all_logins(settings, _shielded(None))), None)


def _all_keys(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[str, S3Keys]]:
    named = replace(settings, account=named_account(settings.account))
    if keys := keys_in(environ, settings.account):
        yield _ENVIRONMENT, keys
    for place, keys in chain(_written(named, environ), _in_wallets(named, keys_of)):
        if named == settings or marked(keys, settings.account) == settings.account:
            yield place, keys


def _written(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[str, S3Keys]]:
    if keys := keys_in(environ, settings.account):
        yield _ENVIRONMENT, keys
    if settings.account == "default" and (keys := amazon_keys(environ, settings)):
        yield _ENVIRONMENT, keys
    if found := keys_in_files(environ, settings):
        yield found


def _all_logins(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[str, Login]]:
    named = replace(settings, account=named_account(settings.account))
    here = login_in(environ, named.account)
    for place, who in chain([(_ENVIRONMENT, here)] if here else [], _in_wallets(named, login_of)):
        if named == settings or marked(who, settings.account) == settings.account:
            yield place, who


def _in_wallets(settings: Settings, what: Callable[[Mapping[str, str]], T | None]) -> Iterator[tuple[str, T]]:
    for wallet in wallets():
        found = what(wallet.read(settings))
        if found is not None:
            yield wallet.place, found


def _shielded(environ: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return the environment so that nobody who prints our variables prints it."""
    environ = os.environ if environ is None else environ
    return environ if isinstance(environ, Masked) else Masked(environ, secret=tuple(environ))


def _nothing(settings: Settings, environ: Mapping[str, str]) -> CredentialsMissingError:
    account = named_account(settings.account)
    names = [variable(name, account) for name in ("S3_ACCESS_KEY", "S3_SECRET_KEY", "USERNAME", "PASSWORD", "TOTP")]
    if account != settings.account:
        return CredentialsMissingError(
            f"S3 keys or a login of the account {account!r} were handed over in another process and are not known here",
            remedy=f"They never travel. Set {names[0]} and {names[1]} (or {names[2]} and {names[3]}) to the same"
            " where this process runs, or hand them over here as well.",
        )
    looked_at = [_ENVIRONMENT, *map(str, places(environ)), *(wallet.place for wallet in wallets())]
    return CredentialsMissingError(
        f"no S3 keys and no login were found for the account {account!r}; looked at: {', '.join(looked_at)}",
        remedy=f"Type phistac login, or set {names[0]} and {names[1]}, or {names[2]} and {names[3]} (and {names[4]}"
        " with two-factor authentication). An account is free: https://dataspace.copernicus.eu",
    )
