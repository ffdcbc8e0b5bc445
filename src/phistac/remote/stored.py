"""Keys and logins in the environment and in files; :mod:`phistac.remote.credentials` says which and in which order."""

from __future__ import annotations

import configparser
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from phistac.errors import ConfigurationError, CredentialsMissingError
from phistac.remote.secrets import Login, S3Keys
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["login", "stored_keys"]


def stored_keys(settings: Settings | None = None, *, environ: Mapping[str, str] | None = None) -> S3Keys | None:
    """Return the S3 keys that the environment or a file holds for an account, or None.

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
    environ = os.environ if environ is None else environ
    account = resolve(settings).account
    access = _lookup(environ, "S3_ACCESS_KEY", account)
    secret = _lookup(environ, "S3_SECRET_KEY", account)
    if access and secret:
        return S3Keys(access, secret)
    if access or secret:
        here, missing = ("ACCESS", "SECRET") if access else ("SECRET", "ACCESS")
        raise ConfigurationError(
            f"the environment has PHISTAC_S3_{here}_KEY for the account {account!r}, but no PHISTAC_S3_{missing}_KEY",
            remedy="Set both or none.",
        )
    for path, section in _places(environ, account):
        keys = _from_file(path, section)
        if keys is not None:
            return keys
    return None


def login(settings: Settings | None = None, *, environ: Mapping[str, str] | None = None) -> Login:
    """Return the user name and password of an account.

    Raises
    ------
    CredentialsMissingError
        If the environment has none; says where to put them.
    """
    environ = os.environ if environ is None else environ
    account = resolve(settings).account
    username = _lookup(environ, "USERNAME", account)
    password = _lookup(environ, "PASSWORD", account)
    if not (username and password):
        suffix = "" if account == "default" else f"__{_suffix(account)}"
        raise CredentialsMissingError(
            f"no S3 keys, user name or password were found for the account {account!r}",
            remedy=f"Set PHISTAC_S3_ACCESS_KEY{suffix} and PHISTAC_S3_SECRET_KEY{suffix}, or PHISTAC_USERNAME{suffix}"
            f" and PHISTAC_PASSWORD{suffix} (and PHISTAC_TOTP{suffix} with two-factor authentication)."
            " An account is free: https://dataspace.copernicus.eu",
        )
    return Login(username, password, _lookup(environ, "TOTP", account))


def _lookup(environ: Mapping[str, str], name: str, account: str) -> str | None:
    names = [f"PHISTAC_{name}__{_suffix(account)}"] + ([f"PHISTAC_{name}"] if account == "default" else [])
    return next((environ[n] for n in names if environ.get(n)), None)


def _suffix(account: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", account.upper())


def _places(environ: Mapping[str, str], account: str) -> Iterator[tuple[Path, str]]:
    home = Path(environ.get("HOME") or Path.home())
    s5cfg = Path(environ.get("PHISTAC_S5CFG") or home / ".s5cfg")
    aws = Path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / ".aws" / "credentials")
    section = "cdse" if account == "default" else account
    yield s5cfg, section
    if account == "default":
        yield s5cfg, "default"
    yield aws, section


def _from_file(path: Path, section: str) -> S3Keys | None:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
        access, secret = (
            parser.get(section, name, fallback="").strip(" '\"")
            for name in ("aws_access_key_id", "aws_secret_access_key")
        )
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, configparser.Error):
        # Without the cause: a parser quotes the line that it does not understand, and that line may be a secret.
        raise ConfigurationError(
            f"the credentials file {path} cannot be read", remedy="It must be an ini file that you may read."
        ) from None
    return S3Keys(access, secret) if access and secret else None
