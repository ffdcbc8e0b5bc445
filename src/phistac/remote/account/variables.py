"""Keys and logins in environment variables: ours by label, Amazon's where an endpoint says that they are CDSE's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from phistac.errors import ConfigurationError
from phistac.remote.account.secrets import Login, S3Keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.settings import Settings

__all__ = ["amazon_keys", "is_ours", "keys_in", "login_in", "variable"]

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT", "AWS_ENDPOINT_URL")
"""Of the AWS tools for S3, of GDAL, of the AWS tools for everything."""


def keys_in(environ: Mapping[str, str], account: str) -> S3Keys | None:
    """Return the S3 keys of an account, or None.

    Raises
    ------
    ConfigurationError
        If only one half of the pair is there.
    """
    there = [bool(_lookup(environ, name, account)) for name in ("S3_ACCESS_KEY", "S3_SECRET_KEY")]
    if all(there):
        return S3Keys(_lookup(environ, "S3_ACCESS_KEY", account), _lookup(environ, "S3_SECRET_KEY", account))
    if any(there):
        here, missing = ("ACCESS", "SECRET") if there[0] else ("SECRET", "ACCESS")
        raise ConfigurationError(
            f"the environment has PHISTAC_S3_{here}_KEY for the account {account!r}, but no PHISTAC_S3_{missing}_KEY",
            remedy="Set both or none.",
        )
    return None


def login_in(environ: Mapping[str, str], account: str) -> Login | None:
    """Return the login of an account, or None."""
    name = _lookup(environ, "USERNAME", account)
    if not name or not _lookup(environ, "PASSWORD", account):
        return None
    return Login(name, _lookup(environ, "PASSWORD", account), _lookup(environ, "TOTP", account) or None)


def amazon_keys(environ: Mapping[str, str], settings: Settings) -> S3Keys | None:
    """Return ``AWS_ACCESS_KEY_ID`` and its secret if the environment names the archive's endpoint beside them.

    Without that they are Amazon's, and none of our business.
    """
    endpoint = next((environ[name] for name in _ENDPOINTS if environ.get(name)), "")
    pair = (environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY"))
    return S3Keys(pair[0], pair[1]) if pair[0] and pair[1] and is_ours(endpoint, settings) else None


def is_ours(endpoint: str, settings: Settings) -> bool:
    """Tell whether an S3 endpoint, with or without a scheme, is the archive's.

    Examples
    --------
    >>> from phistac.settings import Settings
    >>> is_ours("eodata.ams.dataspace.copernicus.eu", Settings()), is_ours("https://s3.amazonaws.com", Settings())
    (True, False)
    """
    host, ours = (urlsplit(url if "://" in url else f"//{url}").netloc.lower() for url in (endpoint, settings.s3_url))
    domain = ".dataspace.copernicus.eu"
    return bool(host) and (host == ours or (host.endswith(domain) and ours.endswith(domain)))


def variable(name: str, account: str) -> str:
    """Return what the variable of an account is called.

    Examples
    --------
    >>> variable("TOTP", "project-x"), variable("TOTP", "default")
    ('PHISTAC_TOTP__PROJECT_X', 'PHISTAC_TOTP')
    """
    return f"PHISTAC_{name}" if account == "default" else f"PHISTAC_{name}__{_suffix(account)}"


def _lookup(environ: Mapping[str, str], name: str, account: str) -> str:
    return environ.get(f"PHISTAC_{name}__{_suffix(account)}") or environ.get(variable(name, account)) or ""


def _suffix(account: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", account.upper())
