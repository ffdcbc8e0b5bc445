"""The plug-in that answers pystac-client, in process or from CDSE's own STAC API, and :func:`connect`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
import requests
from pystac import Link
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO

from phistac.errors import CatalogueError, ConfigurationError, NotFoundError, UnknownCollectionError
from phistac.remote.catalogue.catalogue import Catalogue
from phistac.remote.stacapi.api import Api
from phistac.remote.stacapi.client import CatalogueClient
from phistac.remote.web.http import Http
from phistac.remote.web.outgoing import place
from phistac.settings import Settings, resolve
from phistac.stac.native import has_marker, without_markers
from phistac.stac.parameters import to_search

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pystac.link import HREF
    from requests import Request

__all__ = ["StacIO", "connect"]

_NOT_FOUND = 404
_SEARCH = "/search"
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_NATIVE_PAGE = 100
"""Its own default is ten, and it refuses more than five requests in a second."""


class StacIO(StacApiIO):
    """Answers our own addresses from the OData catalogue, and asks the service for all others, with patience.

    Parameters
    ----------
    settings : Settings, optional
        Where the catalogue is; taken now, kept for the life of the client.
    api : Api, optional
        What answers; made from the settings by default.
    http : Http, optional
        What asks for other addresses; tests bring their own.

    Notes
    -----
    Our own addresses are ``https://phistac.invalid``, what is below it, and the address of the OData catalogue itself.
    Of the headers that :meth:`pystac_client.Client.open` takes, a bearer token goes to the hosts of the settings only.

    Examples
    --------
    >>> from pystac_client import Client
    >>> client = Client.open("https://catalogue.dataspace.copernicus.eu/odata/v1", stac_io=StacIO())
    >>> client.id
    'phistac'
    """

    def __init__(self, settings: Settings | None = None, *, api: Api | None = None, http: Http | None = None) -> None:
        self.api = api or Api(Catalogue(resolve(settings)))
        self._http = http or Http(self.api.catalogue.settings)
        self._headers: dict[str, str] = {}
        self._parameters: dict[str, Any] = {}
        super().__init__()

    def update(
        self,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
        request_modifier: Callable[[Request], Request | None] | None = None,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
    ) -> None:
        """Take what :meth:`pystac_client.Client.open` was given; for requests that leave this process.

        Raises
        ------
        ConfigurationError
            If ``timeout`` is not one positive number.
        """
        super().update(headers, parameters, request_modifier, timeout)
        self._headers.update(headers or {})
        self._parameters.update(parameters or {})
        if timeout is not None:
            if isinstance(timeout, tuple):
                raise ConfigurationError(f"timeout is {timeout!r}", remedy="Give one number, in seconds.")
            self._http.close()
            self._http = Http(replace(self.api.catalogue.settings, timeout_s=timeout))

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        """Answer a request of pystac-client with JSON text.

        Raises
        ------
        pystac_client.exceptions.APIError
            With ``status_code`` 404 where pystac-client takes that for "there is none".
        PhistacError
            All else that goes wrong.
        """
        method = (method or "GET").upper()
        path = self._own_path(href)
        try:
            if path is None:
                return self._ask(method, href, headers or {}, parameters or {})
            return orjson.dumps(
                self._answer(method, href, path, parameters or {})
            ).decode()  # json takes ten times that
        except (NotFoundError, UnknownCollectionError) as error:
            landing = href == self.api.catalogue.settings.stac_url
            if landing or (path or urlsplit(href).path).rstrip("/").endswith("/search"):
                raise
            absent = APIError(str(error))
            absent.status_code = _NOT_FOUND
            raise absent from error

    def read_json(self, source: HREF, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Read an answer; pages of our own searches as they are made, since their way through text takes longest.

        Raises
        ------
        pystac_client.exceptions.APIError, PhistacError
            As :meth:`request`.
        """
        if isinstance(source, Link):
            link = source.to_dict()
            href, method, parameters = link["href"], link.get("method", "GET"), link.get("body", {})
        else:
            href, method, parameters = str(source), kwargs.get("method"), kwargs.get("parameters")
        path = self._own_path(href)
        if path != _SEARCH:
            return super().read_json(source, *args, **kwargs)
        return self._answer((method or "GET").upper(), href, path, parameters or {})

    def _answer(self, method: str, href: str, path: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return self.api.handle(method, path, {**dict(parse_qsl(urlsplit(href).query)), **_plain(parameters)})

    def matched(self, parameters: Mapping[str, Any]) -> int | None:
        """Return the number of Items of a search that is answered in process: :meth:`Api.matched`."""
        return self.api.matched(to_search(_plain(parameters)))

    def answers(self, href: str) -> bool:
        """Say whether an address is answered in process, from the OData catalogue."""
        return self._own_path(href) is not None

    def json_loads(self, txt: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Read an answer, without the fields that CDSE's own catalogue serves by mistake.

        Raises
        ------
        CatalogueError
            If it is not JSON.
        """
        try:
            found = super().json_loads(txt, *args, **kwargs)
        except ValueError as error:
            raise CatalogueError(
                f"this is not JSON: {txt[:60]!r}", remedy="Check that the address is that of a STAC API."
            ) from error
        return without_markers(found) if has_marker(txt) else found

    def close(self) -> None:
        """Close the connections."""
        self.api.catalogue.close()
        self._http.close()
        self.session.close()

    def _own_path(self, href: str) -> str | None:
        """Return the path below our root, or None for an address that is not ours."""
        if href.rstrip("/") == self.api.catalogue.settings.catalogue_url:
            return ""
        root = self.api.service.root
        if href != root and not href.startswith((f"{root}/", f"{root}?")):
            return None
        return unquote(href.removeprefix(root).partition("?")[0])

    def _ask(self, method: str, href: str, headers: Mapping[str, str], parameters: Mapping[str, Any]) -> str:
        body, query = (parameters, {}) if method in _WITH_BODY else (None, parameters)
        asked = requests.Request(
            method, href, {**self._headers, **headers}, json=body, params={**self._parameters, **query}
        )
        if self._req_modifier is not None:
            asked = self._req_modifier(asked) or asked
        remaining, bearer = _bearer(asked.headers, href)
        return self._http.text(
            method, str(asked.url), bearer=bearer, headers=remaining, params=asked.params or None, json=asked.json
        )


def _bearer(headers: Mapping[str, str], href: str) -> tuple[dict[str, str], str | None]:
    """Take a bearer token out of headers: a header would be sent after a redirect, too."""
    token = None
    remaining = {}
    for name, value in headers.items():
        if name.lower() != "authorization":
            remaining[name] = value
            continue
        scheme, _, token = str(value).partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ConfigurationError(
                f"the Authorization header for {place(href)} holds no bearer token",
                remedy="This client sends no other kind; it needs none for searches.",
            )
    return remaining, token


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the tuples that pystac-client passes into lists, so that a body of a link is what JSON would make of it."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in parameters.items()}


def connect(settings: Settings | None = None, *, native: bool = False) -> CatalogueClient:
    """Return a pystac-client for the whole catalogue.

    Parameters
    ----------
    settings : Settings, optional
        Where the catalogue is: argument, ``with`` block, environment or the real service.
    native : bool
        Ask CDSE's own STAC API (``settings.stac_url``) instead. It has no bursts, RAW, OCN, AUX, Landsat scenes nor
        ESA's own GRD, and does not count; its Items open and download as ours do, and mix with ours in a table.

    Returns
    -------
    CatalogueClient
        A :class:`pystac_client.Client`. By default it is answered in process, from the OData catalogue, with Items of
        products and Sentinel-1 bursts; ``matched()`` is one request that counts, slow on the real service.

    Raises
    ------
    CatalogueError, NotFoundError, RateLimitError, ServiceError
        If ``native`` and the service does not answer, or not with a catalog.

    Examples
    --------
    >>> import phistac
    >>> catalog = phistac.connect()
    >>> catalog.get_collection("sentinel-1-slc-burst").title
    'Sentinel-1 SLC bursts'
    """
    io = StacIO(settings)
    root = io.api.catalogue.settings.stac_url if native else io.api.service.root
    client = cast("CatalogueClient", CatalogueClient.open(root, stac_io=io))  # pystac-client says Client
    client.set_root(client)  # else pystac asks for it again where the link to it has a slash more
    client.page = _NATIVE_PAGE if native else None
    return client
