"""``explain``: what a search would do, before it does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from phistac.errors import QueryError
from phistac.remote.catalogue.catalogue import Catalogue
from phistac.remote.stacapi.stac_io import StacIO
from phistac.settings import Settings, resolve
from phistac.stac.explanation import Explanation, step
from phistac.stac.parameters import to_search
from phistac.stac.search import Part, to_parts

if TYPE_CHECKING:
    from pystac_client import ItemSearch

    from phistac.stac.parameters import Search

__all__ = ["explain"]


def explain(
    search: ItemSearch | Mapping[str, Any], *, count: bool = False, settings: Settings | None = None
) -> Explanation:
    """Say what a search would do: the very requests, what the catalogue is asked and what is checked on this side.

    Parameters
    ----------
    search : pystac_client.ItemSearch or mapping
        What ``phistac.connect().search(...)`` returns, or the parameters of a search.
    count : bool
        Ask the catalogue how many records each query finds, for the number of pages: one request each, slow on the real
        service. Without it nothing is sent.
    settings : Settings, optional
        Where the catalogue is; that of the search by default.

    Returns
    -------
    Explanation
        Prints; ``steps`` has the queries as values.

    Raises
    ------
    QueryError
        If the search cannot be answered, or is not one of the OData catalogue.

    Examples
    --------
    >>> found = explain({"collections": ["sentinel-2-l2a"], "query": {"platform": {"endsWith": "2a"}}})
    >>> found.steps[0].here
    "platform LIKE '%2a'"
    """
    if isinstance(search, Mapping):
        return _explained(to_search(search), Catalogue(resolve(settings)), count=count)
    stac_io = getattr(search, "_stac_io", None)  # pystac-client has no other way to who answers a search
    if not isinstance(stac_io, StacIO) or not stac_io.answers(search.url or ""):
        raise QueryError(
            f"this {type(search).__name__} is not a search of the OData catalogue",
            remedy="Make one with phistac.connect().search(...).",
        )
    catalogue = stac_io.api.catalogue if settings is None else Catalogue(settings)
    return _explained(to_search(search.get_parameters()), catalogue, count=count)


def _explained(search: Search, catalogue: Catalogue, *, count: bool) -> Explanation:
    def counted(part: Part) -> int | None:
        return catalogue.count(part.query) if count and not part.ids else None

    steps = tuple(step(part, limit=search.limit, matched=counted(part)) for part in to_parts(search))
    return Explanation(steps, catalogue.settings.catalogue_url)
