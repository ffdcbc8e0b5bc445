"""Where the service is and what an account may do: frozen values, no secret among them.

A setting is taken from the first of these that has it:

1. an argument (``connect(settings=...)``),
2. the surrounding ``with use(settings):`` block,
3. an environment variable: ``PHISTAC_`` and the field's name in capitals,
4. the default below, which is the real Copernicus Data Space Ecosystem.

Secrets are not settings: :mod:`phistac.remote.account.credentials` finds them by the label ``account``, where they are
used.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from phistac.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Settings", "resolve", "use"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Endpoints and limits of one account at one service.

    The limits are those of a "Copernicus General" user in the CDSE quotas
    (https://documentation.dataspace.copernicus.eu/Quotas.html).

    Examples
    --------
    >>> Settings().connections
    4
    """

    catalogue_url: str = "https://catalogue.dataspace.copernicus.eu/odata/v1"
    """The OData catalogue, without a slash at the end."""

    download_url: str = "https://download.dataspace.copernicus.eu/odata/v1"
    """Whole products as zip files, and ``Nodes``."""

    token_url: str = "https://identity.dataspace.copernicus.eu/auth/realms/CDSE/protocol/openid-connect/token"  # noqa: S105 - an address
    """The OpenID Connect token endpoint."""

    s3_url: str = "https://eodata.dataspace.copernicus.eu"
    """The S3 endpoint; path style only."""

    s3_keys_url: str = "https://s3-keys-manager.cloudferro.com/api/user/credentials"
    """Where a bearer token buys temporary S3 keys."""

    stac_url: str = "https://stac.dataspace.copernicus.eu/v1"
    """CDSE's own STAC API."""

    bucket: str = "eodata"
    """The S3 bucket that holds every product."""

    region: str = "default"
    """The region that requests are signed for; CDSE takes any."""

    account: str = "default"
    """A label, never a secret: which credentials to look for, and whose quota is spent."""

    connections: int = 4
    """Connections, and requests, that the account may have open at once."""

    connection_rate: float = 20e6
    """Bytes per second that one connection carries, at most."""

    requests_per_minute: int = 2000
    """S3 requests per minute."""

    searches: int = 4
    """Searches of the catalogue that run at once."""

    searches_per_minute: int = 600
    """Searches of the catalogue per minute. CDSE publishes no number; ten a second are known to be served."""

    latency_s: float = 0.05
    """Seconds to the first byte that plans reckon with."""

    timeout_s: float = 30.0
    """Seconds of silence after which a connection is given up."""

    def __post_init__(self) -> None:
        for name in ("catalogue_url", "download_url", "token_url", "s3_url", "s3_keys_url", "stac_url"):
            _check_url(name, getattr(self, name))
        for name in (
            *("connections", "connection_rate", "requests_per_minute", "timeout_s"),
            *("searches", "searches_per_minute"),
        ):
            if not getattr(self, name) > 0:
                raise ConfigurationError(
                    f"the setting {name} is {getattr(self, name)!r}", remedy="It must be a positive number."
                )
        if not self.account or not all(c.isalnum() or c in "-_." for c in self.account):
            raise ConfigurationError(
                f"the account label {self.account!r} cannot be used",
                remedy="Use letters, digits, '-', '_' and '.' only.",
            )

    @property
    def service_hosts(self) -> frozenset[str]:
        """Hosts that may see a bearer token: those of the addresses above, and no others."""
        urls = (self.catalogue_url, self.download_url, self.token_url, self.s3_keys_url, self.stac_url)
        return frozenset(urlsplit(url).netloc.lower() for url in urls)


_current: ContextVar[Settings | None] = ContextVar("phistac_settings", default=None)


def resolve(settings: Settings | None = None, *, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in force: the argument, the ``with`` block, the environment or the defaults.

    Parameters
    ----------
    settings : Settings, optional
        Wins over everything else.
    environ : mapping of str to str, optional
        Stands in for ``os.environ``.

    Returns
    -------
    Settings

    Raises
    ------
    ConfigurationError
        If an environment variable holds something that its field cannot take.
    """
    return settings or _current.get() or _from_environment(os.environ if environ is None else environ)


@contextmanager
def use(settings: Settings) -> Iterator[Settings]:
    """Make these the settings in force inside a ``with`` block.

    Examples
    --------
    >>> with use(Settings(account="project-x")):
    ...     resolve().account
    'project-x'
    """
    token = _current.set(settings)
    try:
        yield settings
    finally:
        _current.reset(token)


_CASTS = {"str": str, "int": int, "float": float}


def _from_environment(environ: Mapping[str, str]) -> Settings:
    found: dict[str, str | int | float] = {}
    for field in fields(Settings):
        variable = f"PHISTAC_{field.name.upper()}"
        text = environ.get(variable)
        if text is None:
            continue
        try:
            found[field.name] = _CASTS[str(field.type)](text)
        except ValueError as error:
            raise ConfigurationError(
                f"the environment variable {variable} is {text!r}", remedy=f"It must be of type {field.type}."
            ) from error
    return Settings(**found)  # type: ignore[arg-type]  # each value was cast to its field's type above


def _check_url(name: str, url: str) -> None:
    parts = urlsplit(url)
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme == "https" or (parts.scheme == "http" and loopback):
        return
    raise ConfigurationError(
        f"the setting {name} is {url!r}", remedy="It must be an https:// address (http:// on this machine only)."
    )
