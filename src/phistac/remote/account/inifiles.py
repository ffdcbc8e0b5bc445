"""Keys in configuration files that other tools read, too: s5cmd's, and profiles of the AWS tools."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import TYPE_CHECKING

from phistac.errors import ConfigurationError
from phistac.remote.account.secrets import S3Keys
from phistac.remote.account.variables import is_ours

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phistac.settings import Settings

__all__ = ["keys_in_files", "places"]

_ENDPOINT = re.compile(r"endpoint_url\s*=\s*(\S+)")


def keys_in_files(environ: Mapping[str, str], settings: Settings) -> tuple[str, S3Keys] | None:
    """Return the first file that has S3 keys of an account, and the keys; or None.

    Raises
    ------
    ConfigurationError
        If a file cannot be read.
    """
    s5cfg, credentials, config = places(environ)
    for section in _sections(settings.account):
        if keys := _pair(_read(s5cfg), section):
            return f"{s5cfg} [{section}]", keys
    return _of_profile(_read(credentials), _read(config), environ, settings)


def places(environ: Mapping[str, str]) -> tuple[Path, Path, Path]:
    """Return where s5cmd's file, and the AWS tools' credentials and configuration, are."""
    home = Path(environ.get("HOME") or Path.home())
    named = ("PHISTAC_S5CFG", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")
    usual = (home / ".s5cfg", home / ".aws" / "credentials", home / ".aws" / "config")
    found = [
        Path(environ[name]).expanduser() if environ.get(name) else path for name, path in zip(named, usual, strict=True)
    ]
    return found[0], found[1], found[2]


def _sections(account: str) -> tuple[str, ...]:
    return ("cdse", "default") if account == "default" else (account,)


def _of_profile(
    credentials: configparser.RawConfigParser,
    config: configparser.RawConfigParser,
    environ: Mapping[str, str],
    settings: Settings,
) -> tuple[str, S3Keys] | None:
    for name in _profiles(environ, settings):
        endpoint = _endpoint(credentials, name, name) or _endpoint(config, f"profile {name}", name)
        # A profile that bears our label may lack an endpoint; the one that a variable names belongs to Amazon without.
        if is_ours(endpoint, settings) or (not endpoint and name == _sections(settings.account)[0]):
            keys = _pair(credentials, name) or _pair(config, "default" if name == "default" else f"profile {name}")
            if keys:
                return f"the AWS profile {name}", keys
    return None


def _profiles(environ: Mapping[str, str], settings: Settings) -> Iterator[str]:
    yield _sections(settings.account)[0]
    if settings.account == "default":
        yield environ.get("AWS_PROFILE") or "default"


def _endpoint(parser: configparser.RawConfigParser, section: str, name: str) -> str:
    """Return the endpoint of a profile: its own for everything, or the one for S3 of the ``services`` it names."""
    section = "default" if name == "default" else section
    services = parser.get(section, "services", fallback="")
    nested = parser.get(f"services {services}", "s3", fallback="")
    found = _ENDPOINT.search(nested)
    return found[1] if found else parser.get(section, "endpoint_url", fallback="")


def _pair(parser: configparser.RawConfigParser, section: str) -> S3Keys | None:
    names = ("aws_access_key_id", "aws_secret_access_key")
    pair = tuple(parser.get(section, name, fallback="").strip(" '\"") for name in names)
    return S3Keys(pair[0], pair[1]) if all(pair) else None


def _read(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return parser  # most people have one of them, or none
    except (OSError, UnicodeDecodeError, configparser.Error):
        readable = False  # without the error: a parser quotes the line that it does not understand, perhaps a secret
    else:
        readable = True
    if not readable:
        raise ConfigurationError(
            f"the credentials file {path} cannot be read", remedy="It must be an ini file that you may read."
        )
    return parser
