"""The plug-in that answers pystac-client in process, and :func:`connect`, which brings a client with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from pystac_client import Client
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO

from phistac.errors import NotFoundError, UnknownCollectionError
from phistac.remote.api import Api
from phistac.remote.catalogue import Catalogue
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["StacIO", "connect"]

_NOT_FOUND = 404


class StacIO(StacApiIO):
    """Reads our own addresses from the OData catalogue, and all others as pystac-client does.

    Parameters
    ----------
    settings : Settings, optional
        Where the catalogue is; taken now, kept for the life of the client.
    api : Api, optional
        What answers; made from the settings by default.

    Examples
    --------
    >>> client = Client.open(ROOT, stac_io=StacIO())  # doctest: +SKIP
    """

    def __init__(self, settings: Settings | None = None, *, api: Api | None = None) -> None:
        super().__init__()
        self.api = api or Api(Catalogue(resolve(settings)))

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
        root = self.api.service.root
        if href != root and not href.startswith((f"{root}/", f"{root}?")):
            return str(super().request(href, method, headers, parameters))
        parts = urlsplit(href)
        params: dict[str, Any] = {**dict(parse_qsl(parts.query)), **_plain(parameters or {})}
        path = href.removeprefix(root).partition("?")[0]
        try:
            return json.dumps(self.api.handle(method or "GET", path, params))
        except (NotFoundError, UnknownCollectionError) as error:
            if path.startswith("/search"):
                raise
            absent = APIError(str(error))
            absent.status_code = _NOT_FOUND
            raise absent from error

    def close(self) -> None:
        """Close the connections to the catalogue."""
        self.api.catalogue.close()
        self.session.close()


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the tuples that pystac-client passes into lists, so that a body of a link is what JSON would make of it."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in parameters.items()}


def connect(settings: Settings | None = None) -> Client:
    """Return a pystac-client for the whole catalogue, answered in process.

    Parameters
    ----------
    settings : Settings, optional
        Where the catalogue is: argument, ``with`` block, environment or the real service.

    Returns
    -------
    pystac_client.Client
        With Items of products and Sentinel-1 bursts. ``matched()`` is one request that counts; slow on the real
        service.

    Examples
    --------
    >>> import phistac
    >>> catalog = phistac.connect()
    >>> catalog.get_collection("sentinel-1-slc-burst").title
    'Sentinel-1 SLC bursts'
    """
    io = StacIO(settings)
    return Client.open(io.api.service.root, stac_io=io)
