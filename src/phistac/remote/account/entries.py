"""One entry of a wallet: the login, the S3 keys, or both, of one account at one service."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from phistac.errors import ConfigurationError
from phistac.remote.account.secrets import Login, S3Keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.settings import Settings

__all__ = ["FIELDS", "keys_of", "login_of", "not_ours", "service"]

FIELDS = ("username", "password", "totp", "access_key", "secret_key")


def keys_of(entry: Mapping[str, str]) -> S3Keys | None:
    """Return the S3 keys of an entry, or None."""
    there = entry.get("access_key") and entry.get("secret_key")
    return S3Keys(entry["access_key"], entry["secret_key"]) if there else None


def login_of(entry: Mapping[str, str]) -> Login | None:
    """Return the login of an entry, or None."""
    there = entry.get("username") and entry.get("password")
    return Login(str(entry["username"]), entry["password"], entry.get("totp")) if there else None


def service(settings: Settings) -> str:
    """Return what a service is called in a wallet."""
    return f"phistac {urlsplit(settings.token_url).netloc.lower()}"


def not_ours(place: str) -> ConfigurationError:
    """Return the error for an entry that somebody else wrote."""
    return ConfigurationError(
        f"what {place} holds was not written by phistac login", remedy="Remove it, then type phistac login."
    )
