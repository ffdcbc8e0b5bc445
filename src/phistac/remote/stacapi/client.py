"""pystac-client's client, taking areas in every form that a user has them in."""

from __future__ import annotations

import warnings
from functools import lru_cache
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from pystac import Item, ItemCollection
from pystac_client import Client, ItemSearch
from shapely.geometry import mapping

from phistac.analysis.aoi import to_geometry
from phistac.errors import GeometryError, QueryError
from phistac.stac.cql2 import cql2_json
from phistac.stac.intervals import to_interval
from phistac.stac.parameters import to_limit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from pystac_client.item_search import (
        BBoxLike,
        CollectionsLike,
        DatetimeLike,
        FieldsLike,
        FilterLike,
        IDsLike,
        QueryLike,
        SortbyLike,
    )

    from phistac.analysis.aoi import AreaLike

__all__ = ["CatalogueClient", "CatalogueSearch"]


class CatalogueSearch(ItemSearch):
    """A search that is answered in process.

    Its Items are written in STAC's newest version: pystac need not copy each of them to migrate it.
    """

    @lru_cache(1)  # noqa: B019 - as pystac-client has it: asked again, it answers from memory
    def matched(self) -> int | None:
        """Return how many Items match: one request that counts, slow on the real service.

        One more for bursts beside products, and for every eight collections. ``None``, with a warning, where a part of
        the filter is checked on this side: ``phistac.explain(search)`` says which.
        """
        stac_io: Any = self._stac_io
        found: int | None = stac_io.matched(self.get_parameters())
        if found is None:
            warnings.warn("numberMatched is not known: a part of the filter is checked on this side", stacklevel=2)
        return found

    def items(self) -> Iterator[Item]:
        """Yield every Item that matches, however many."""
        for made in self.items_as_dicts():
            yield Item.from_dict(made, root=self.client, preserve_dict=False, migrate=False)

    @lru_cache(1)  # noqa: B019 - as pystac-client has it: asked again, it answers from memory
    def item_collection(self) -> ItemCollection:
        """Return all Items that match."""
        return ItemCollection(self.items())


class CatalogueClient(Client):
    """What :func:`phistac.connect` returns: a :class:`pystac_client.Client` whose searches take any area.

    It may be used in a ``with`` block, which closes its connections.

    Examples
    --------
    >>> import phistac
    >>> with phistac.connect() as catalog:
    ...     search = catalog.search(collections=["sentinel-2-l2a"], intersects="POINT (14.14 40.83)")
    >>> search.get_parameters()["intersects"]["type"]
    'Point'
    """

    page: int | None = None
    """Items of one page where a search does not say; ``None`` leaves it to the service."""

    def search(
        self,
        *,
        method: str | None = "POST",
        max_items: int | None = None,
        limit: int | None = None,
        ids: IDsLike | None = None,
        collections: CollectionsLike | None = None,
        bbox: BBoxLike | None = None,
        intersects: AreaLike | None = None,
        datetime: DatetimeLike | None = None,
        query: QueryLike | None = None,
        filter: FilterLike | None = None,  # noqa: A002 - the name that STAC API and pystac-client give it
        filter_lang: str | None = None,
        sortby: SortbyLike | None = None,
        fields: FieldsLike | None = None,
    ) -> ItemSearch:
        """Prepare a search; it is made when its results are asked for.

        Parameters
        ----------
        intersects : WKT, GeoJSON, shapely geometry, GeoDataFrame, GeoSeries or box, optional
            The area, checked now: see :func:`phistac.analysis.aoi.to_geometry`. Several features are united, other
            reference systems brought to longitude and latitude.
        method, max_items, limit, ids, collections, bbox, datetime, query, filter, filter_lang, sortby, fields
            As in :meth:`pystac_client.Client.search`.

        Raises
        ------
        GeometryError
            If the area is none: not WKT or GeoJSON, self-crossing, empty, out of range.
        DatetimeError, QueryError
            If a time, a number or a filter in text has no meaning.
        """
        _check(datetime, limit, max_items, filter if filter_lang != "cql2-json" else None)
        if isinstance(intersects, PathLike):
            raise GeometryError(
                f"{fspath(intersects)!r} is a file, not an area", remedy="Read it first: phistac.local.read_area(file)."
            )
        area: dict[str, Any] | None = None if intersects is None else dict(mapping(to_geometry(intersects)))
        asked: dict[str, Any] = {
            "method": method,
            "max_items": max_items,
            "limit": self.page if limit is None else limit,
            "ids": ids,
            "collections": collections,
            "bbox": bbox,
            "intersects": area,
            "datetime": datetime,
            "query": query,
            "filter": filter,
            "filter_lang": filter_lang,
            "sortby": sortby,
            "fields": fields,
        }
        search = super().search(**asked)
        if not self._answers(search.url):
            return search
        return CatalogueSearch(search.url, client=self, modifier=self.modifier, **asked)

    def _answers(self, href: str) -> bool:
        """Say whether an address is answered in process, with Items that we write."""
        answers = getattr(self._stac_io, "answers", None)
        return answers is not None and answers(href)

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        close = getattr(self._stac_io, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _check(datetime: Any, limit: Any, max_items: Any, filter_: Any) -> None:
    """Refuse, with the reason, what pystac-client would stumble over."""
    if isinstance(datetime, str):
        to_interval(datetime)
    to_limit(limit)
    if max_items is not None and (not isinstance(max_items, int) or max_items < 1):
        raise QueryError(f"max_items is {max_items!r}", remedy="It is a number from 1 up.")
    if isinstance(filter_, str):
        cql2_json(filter_)
