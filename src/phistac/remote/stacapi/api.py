"""The STAC API's core: ``handle(method, path, params) -> dict``, without a server.

One core, several doors: pystac-client in process (:mod:`phistac.remote.stacapi.stac_io`), a web server, and our own
paths. It knows nothing of HTTP beyond paths and parameters, and raises our errors, which the doors translate.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from phistac.errors import NotFoundError, QueryError
from phistac.odata.paging import Position
from phistac.remote.stacapi.landing import CONFORMANCE, landing_page
from phistac.remote.stacapi.pages import Pages
from phistac.stac.collection_search import find_collections
from phistac.stac.collections import all_collections, collection
from phistac.stac.documents import collection_document
from phistac.stac.fields import select_fields
from phistac.stac.parameters import Search, to_search
from phistac.stac.queryables import queryables, sortables
from phistac.stac.search import to_parts
from phistac.stac.service import ROOT, Service

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phistac.remote.catalogue.catalogue import Catalogue
    from phistac.stac.search import Part

    _Place = tuple[int, Position]

__all__ = ["Api"]

_PAGE = 1000
_READ_AT_ONCE = 10
_LONGEST_TOKEN = 1_000_000
_GEOJSON = "application/geo+json"


class Api:
    """Answers STAC API requests from the OData catalogue.

    Parameters
    ----------
    catalogue : Catalogue
        Where records come from.
    root : str
        The address that links carry; without a slash at the end.
    """

    def __init__(self, catalogue: Catalogue, *, root: str = ROOT) -> None:
        self.catalogue = catalogue
        self.service = Service(catalogue.settings, root.rstrip("/"))

    def handle(self, method: str, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Answer a request.

        Parameters
        ----------
        method : str
            ``GET`` or ``POST``.
        path : str
            Below the root, such as ``/collections/sentinel-1-slc/items``.
        params : mapping, optional
            The query of a GET, or the body of a POST.

        Returns
        -------
        dict
            JSON-ready.

        Raises
        ------
        NotFoundError
            If there is no such path or Item.
        UnknownCollectionError
            If there is no such collection.
        QueryError, CatalogueError, ServiceError
            As for searches.
        """
        params = dict(params or {})
        match [part for part in path.split("/") if part]:
            case []:
                return landing_page(self.service)
            case ["conformance"]:
                return {"conformsTo": list(CONFORMANCE)}
            case ["queryables"]:
                return queryables(None, self.service.root)
            case ["sortables"]:
                return sortables(None, self.service.root)
            case ["search"]:
                return self._search(method, "search", params)
            case ["collections", *rest]:
                return self._collections(rest, params)
        raise NotFoundError(f"there is nothing at {path!r}")

    def _collections(self, rest: list[str], params: dict[str, Any]) -> dict[str, Any]:
        match rest:
            case []:
                return self._all_collections(params)
            case [identifier]:
                return collection_document(collection(identifier), self.service)
            case [identifier, "queryables"]:
                return queryables(identifier, self.service.root)
            case [identifier, "sortables"]:
                return sortables(identifier, self.service.root)
            case [identifier, "items"]:
                collection(identifier)
                return self._search("GET", f"collections/{identifier}/items", {**params, "collections": [identifier]})
            case [identifier, "items", name]:
                return self._item(identifier, name)
        raise NotFoundError(f"there is nothing at '/collections/{'/'.join(rest)}'")

    def _all_collections(self, params: dict[str, Any]) -> dict[str, Any]:
        documents = (collection_document(each, self.service) for each in all_collections().values() if each.listed)
        found = find_collections(documents, params)
        links = [
            {"rel": "root", "href": self.service.root, "type": "application/json"},
            {"rel": "self", "href": f"{self.service.root}/collections", "type": "application/json"},
        ]
        if found.token is not None:
            query = urlencode({**{key: _as_text(value) for key, value in params.items()}, "token": found.token})
            links.append({"rel": "next", "href": f"{links[1]['href']}?{query}", "type": "application/json"})
        page = found.collections
        return {"collections": page, "links": links, "numberMatched": found.matched, "numberReturned": len(page)}

    def _item(self, identifier: str, name: str) -> dict[str, Any]:
        for found in self.items(Search(collections=(collection(identifier),), ids=(name,), limit=1)):
            return found
        raise NotFoundError(f"the collection {identifier} has no Item {name!r}")

    def items(self, search: Search, *, verify: bool = False) -> Iterator[dict[str, Any]]:
        """Yield every Item of a search, in constant memory.

        Parameters
        ----------
        search : Search
            From :func:`phistac.stac.parameters.to_search`; ``limit`` is not a limit here but the size of a page.
        verify : bool
            Compare with the catalogue's own count at the end.
        """
        for part in to_parts(search):
            for made in self._pages(part).items(verify=verify):
                yield select_fields(made, search.fields)

    def matched(self, search: Search) -> int | None:
        """Return the number of Items of a search, or ``None`` where a part of the filter is checked on this side.

        One request, which is slow on the real service; one more for bursts beside products, for every eight collections
        and for every fifty values of a list. Ids by the dozen are fetched, twenty or fewer are counted.
        """
        parts = to_parts(search, together=True)
        if any(part.rest is not None and not part.ids for part in parts):
            return None
        return sum(self._pages(part).count() or 0 for part in parts)

    def _pages(self, part: Part) -> Pages:
        return Pages(self.catalogue, self.service, part)

    def _search(self, method: str, path: str, params: dict[str, Any]) -> dict[str, Any]:
        search = to_search(params)
        parts = to_parts(search)
        token = params.get("token")
        following: _Place | None = _from_token(str(token), len(parts)) if token else (0, Position())
        features: list[dict[str, Any]] = []
        limit, read = search.limit or _PAGE, 0
        enough = limit - limit // 100  # pages of the catalogue overlap by a row: that one is not worth a request
        # A page may hold fewer than the limit, but never none before the end: clients stop there.
        while following is not None and len(features) < enough and not (features and read >= _READ_AT_ONCE):
            at, position = following
            if at >= len(parts):
                following = None
                break
            found, after = self._pages(parts[at]).page(position, limit - len(features))
            features += [select_fields(made, search.fields) for made in found]
            following, read = (at, after) if after is not None else (at + 1, Position()), read + 1
        if following is not None and following[0] >= len(parts):
            following = None
        answer: dict[str, Any] = {"type": "FeatureCollection", "features": features, "numberReturned": len(features)}
        # Counting is slow on the real service; `limit=1` is how pystac-client asks a server for the count alone.
        if search.limit == 1 and not token and (matched := self.matched(search)) is not None:
            answer["numberMatched"] = matched
        answer["links"] = self._page_links(method, path, params, following)
        return answer

    def _page_links(
        self, method: str, path: str, params: dict[str, Any], following: _Place | None
    ) -> list[dict[str, Any]]:
        href = f"{self.service.root}/{path}"
        links: list[dict[str, Any]] = [
            {"rel": "root", "href": self.service.root, "type": "application/json"},
            {"rel": "self", "href": href, "type": _GEOJSON},
        ]
        if following is None:
            return links
        body = {**params, "token": _to_token(*following)}
        if method.upper() == "POST":
            links.append({"rel": "next", "href": href, "type": _GEOJSON, "method": "POST", "body": body})
        else:
            if path != "search":
                body.pop("collections", None)
            address = f"{href}?{urlencode({key: _as_text(value) for key, value in body.items()})}"
            links.append({"rel": "next", "href": address, "type": _GEOJSON, "method": "GET"})
        return links


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return ",".join(_as_text(each) for each in value)
    return json.dumps(value)


def _to_token(at: int, position: Position) -> str:
    text = json.dumps([at, position.to_json()], separators=(",", ":"))
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def _from_token(token: str, count: int) -> _Place:
    try:
        packed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        at, position = json.loads(zlib.decompressobj().decompress(packed, _LONGEST_TOKEN))
        found = int(at), Position.from_json(position)
    except (binascii.Error, zlib.error, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise QueryError("the token of the page cannot be read", remedy="Begin the search again.") from error
    if not 0 <= found[0] < count:
        raise QueryError("the token of the page is not of this search", remedy="Begin the search again.")
    return found
