"""One request before it is sent, and what becomes of it after a redirect: pure, so that the token rule is testable."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

from phistac.errors import ServiceError

__all__ = ["REDIRECTS", "Outgoing", "place"]

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to be sent."""

    method: str
    url: str

    bearer: str | None = field(default=None, repr=False)
    """An access token; it is sent to allowed hosts only."""

    keep_method: bool = False
    """After any redirect send the same method again, instead of GET."""

    options: dict[str, Any] = field(default_factory=dict, repr=False)
    """``params``, ``json``, ``data`` and ``headers`` of :meth:`requests.Session.request`."""

    @property
    def place(self) -> str:
        """Method and address in words, without the query."""
        return f"{self.method} {place(self.url)}"

    def token_for(self, hosts: frozenset[str]) -> str | None:
        """Return the bearer token if the request goes, unread by others, to one of these hosts; else None."""
        parts = urlsplit(self.url)
        private = parts.scheme == "https" or parts.hostname in {"127.0.0.1", "localhost", "::1"}
        return self.bearer if private and parts.netloc.lower() in hosts else None

    def redirected(self, status: int, location: str) -> Outgoing:
        """Return the request that a redirect asks for.

        Parameters
        ----------
        status : int
            One of :data:`REDIRECTS`.
        location : str
            The ``Location`` header; may be relative.

        Raises
        ------
        ServiceError
            If the target is less protected than the address that we came from.
        """
        url = urljoin(self.url, location)
        if urlsplit(self.url).scheme == "https" and urlsplit(url).scheme != "https":
            raise ServiceError(f"{place(self.url)} redirects to {place(url)}, which is not https")
        dropped = {"params"}  # the target names its own query
        method = self.method
        if not self.keep_method and status not in _KEEP and method != "HEAD":
            method, dropped = "GET", {"params", "json", "data"}
        return replace(
            self, method=method, url=url, options={k: v for k, v in self.options.items() if k not in dropped}
        )


def place(url: str) -> str:
    """Return an address without its query, which may be long, without user information and the id of an S3 key.

    Examples
    --------
    >>> place("https://user:word@host/path?query=1")
    'https://host/path'
    >>> place("https://host/credentials/access_id/AKID")
    'https://host/credentials/access_id/…'
    """
    parts = urlsplit(url)
    path, of_key, _ = parts.path.partition("/access_id/")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path}{of_key and f'{of_key}…'}"
