"""Keys and logins that a program hands over, as ``storage_options`` do: they stay in this process, under a mark.

What travels is an account label with a mark, ``default.given-3f9a…``: a hash of what was handed over, keyed with the
secret itself. So the same keys have the same mark in every process; a process that knows them, because its environment
or its files hold them, takes up the work, and any other says what it lacks.

The quota is the account's, marked or not: whoever has several accounts names them (``account="project-x"``).
"""

from __future__ import annotations

import contextlib
import hmac
import re
from hashlib import sha256
from typing import TYPE_CHECKING

from phistac.errors import ConfigurationError
from phistac.remote.account.secrets import Login, S3Keys, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping
    from typing import Any

    from phistac.settings import Settings

__all__ = ["given", "keep", "marked", "named_account", "taken_out"]

_MARK = re.compile(r"(.+)\.given-[0-9a-f]{16}")
_NAMES = ("key", "secret", "username", "password", "totp", "token")

_given: dict[str, S3Keys | Login] = {}


def keep(what: S3Keys | Login, account: str = "default") -> str:
    """Remember keys or a login for as long as this process lives; return the account label that leads to them.

    Parameters
    ----------
    what : S3Keys or Login
        What was handed over.
    account : str
        Whose quota it spends.

    Examples
    --------
    >>> keep(S3Keys("AKIDEXAMPLE", "wJalrXUtnFEMI"), "me")
    'me.given-8f6e2a3482bebc54'
    """
    label = marked(what, account)
    _given[label] = what
    return label


def given(label: str) -> S3Keys | Login | None:
    """Return what was handed over in this process under a label."""
    return _given.get(label)


def marked(what: S3Keys | Login, account: str) -> str:
    """Return the label that these keys or this login have on an account."""
    name, secret = (what.access_key, what.secret_key) if isinstance(what, S3Keys) else (what.username, what.password)
    mark = hmac.new(secret.encode(), f"phistac {name}".encode(), sha256).hexdigest()[:16]
    return f"{named_account(account)}.given-{mark}"


def named_account(label: str) -> str:
    """Return an account label without its mark.

    Examples
    --------
    >>> named_account("me.given-8f6e2a3482bebc54"), named_account("me")
    ('me', 'me')
    """
    found = _MARK.fullmatch(label)
    return found[1] if found else label


def taken_out(
    options: MutableMapping[str, Any], settings: Settings, known: Callable[[Settings], S3Keys | None]
) -> str | None:
    """Take keys or a login out of storage options; return the account label that stands for them, None if none.

    Parameters
    ----------
    options : mapping
        ``key`` and ``secret``, as for s3fs, or ``username``, ``password`` and perhaps ``totp``; they are removed.
    settings : Settings
        Its account is whose quota will be spent.
    known : callable
        What the environment and the files hold. The same keys need no mark: other processes find them as well.

    Raises
    ------
    ConfigurationError
        If half of a pair is missing, or a ``token`` is there: the service has none for S3.
    """
    found = {name: Secret(options.pop(name, None) or "") for name in _NAMES}
    there = {name: value for name, value in found.items() if value}
    what = _made_of(there)
    if there and what is None:
        raise ConfigurationError(
            f"the storage options {', '.join(sorted(there))} do not make a pair of S3 keys or a login",
            remedy="Give key= and secret=, or username= and password= (and totp=), or none of them.",
        )
    if what is None:
        return None
    with contextlib.suppress(ConfigurationError):  # whatever is wrong elsewhere, these keys were given here
        if isinstance(what, S3Keys) and known(settings) == what:
            return settings.account
    return keep(what, settings.account)


def _made_of(there: Mapping[str, Secret]) -> S3Keys | Login | None:
    match sorted(there):
        case ["key", "secret"]:
            return S3Keys(there["key"], there["secret"])
        case ["password", "username"] | ["password", "totp", "username"]:
            return Login(str(there["username"]), there["password"], there.get("totp"))
        case _:
            return None
