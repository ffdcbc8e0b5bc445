"""From the addresses that the service gives out for downloads to the place of the same bytes in the archive.

A download comes as one zip, made on the fly and without byte ranges. The objects in it are in the archive, where ranges
are served. The catalogue knows where: a download address has the product's Id, and a ``Nodes`` address the path in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from phistac.errors import CatalogueError, ConfigurationError
from phistac.remote.catalogue.catalogue import Catalogue
from phistac.remote.web.outgoing import place
from phistac.safe.paths import relative_path
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["archive_path", "is_download"]

_ALIASES = frozenset({"zipper.dataspace.copernicus.eu", "download.dataspace.copernicus.eu"})
"""Hosts that answer for the one in the settings, if that is one of them."""

_PRODUCT = re.compile(
    r".*/odata/v1/Products\((?P<id>[0-9A-Fa-f-]{36})\)(?P<nodes>(?:/Nodes\(.+?\)(?=/|$))*)(?P<verb>/.*)?"
)
_NODE = re.compile(r"/Nodes\((.+?)\)(?=/|$)")
_VERBS = ("", "/$value", "/$zip", "/Nodes")


def is_download(url: str, *, settings: Settings | None = None) -> bool:
    """Say whether an address is one of the service's for a product or a file of it, or for an object of its S3.

    Examples
    --------
    >>> product = "odata/v1/Products(83c95a1e-e04f-49d2-9b23-f41a4e4b1a39)/$value"
    >>> is_download(f"https://download.dataspace.copernicus.eu/{product}"), is_download(f"https://example.org/{product}")
    (True, False)
    """
    settings = resolve(settings)
    return _object(url, settings) is not None or _product(url, settings) is not None


def archive_path(url: str, *, settings: Settings | None = None, find: Callable[[str], str] | None = None) -> str:
    """Return bucket and key of what a download address means.

    Parameters
    ----------
    url : str
        ``…/odata/v1/Products(<Id>)/$value`` (or ``/$zip``), ``…/Products(<Id>)/Nodes(X.SAFE)/Nodes(<file>)/$value``, on
        one of the hosts of the service; or an object's address at its S3 endpoint.
    settings : Settings, optional
        Which service.
    find : callable, optional
        Gives the ``S3Path`` of an Id; asks the catalogue by default, which is one request and needs no account.

    Returns
    -------
    str
        Such as ``eodata/Sentinel-1/SAR/…/X.SAFE/manifest.safe``.

    Raises
    ------
    ConfigurationError
        If it is no such address.
    NotFoundError
        If the catalogue has no such product.
    CatalogueError
        If the catalogue places it outside the archive.
    """
    settings = resolve(settings)
    if (path := _object(url, settings)) is not None:
        return path
    match = _product(url, settings)
    if match is None:
        raise ConfigurationError(
            f"{place(url)} is no address of a product at the service",
            remedy="It looks like https://download.dataspace.copernicus.eu/odata/v1/Products(<Id>)/$value.",
        )
    found = (find or _s3_path(settings))(match["id"])
    nodes = [unquote(name) for name in _NODE.findall(match["nodes"])]
    product = found.strip("/")
    if relative_path(product).partition("/")[0] != settings.bucket:
        raise CatalogueError(f"the catalogue says that {match['id']} is at {found!r}, not in {settings.bucket}")
    below = nodes[1:]  # the first names the product itself
    return "/".join([product, relative_path("/".join(below))]) if below else product


def _object(url: str, settings: Settings) -> str | None:
    prefix = f"{settings.s3_url.rstrip('/')}/{settings.bucket}/"
    return unquote(url.removeprefix(settings.s3_url.rstrip("/")).strip("/")) if url.startswith(prefix) else None


def _product(url: str, settings: Settings) -> re.Match[str] | None:
    parts = urlsplit(url)
    hosts = {urlsplit(base).netloc for base in (settings.download_url, settings.catalogue_url)}
    if hosts & _ALIASES:
        hosts |= _ALIASES
    match = _PRODUCT.fullmatch(parts.path) if parts.netloc in hosts and parts.scheme in ("http", "https") else None
    return match if match is not None and (match["verb"] or "").rstrip("/") in _VERBS else None


def _s3_path(settings: Settings) -> Callable[[str], str]:
    def ask(identifier: str) -> str:
        with Catalogue(settings) as catalogue:
            return str(catalogue.get("Products", identifier).get("S3Path") or "")

    return ask
