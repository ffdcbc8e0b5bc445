"""``phistac.changes``: what was added, updated and deleted since the last call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shapely.geometry import mapping

from phistac.analysis.aoi import to_geometry
from phistac.errors import ConfigurationError, QueryError
from phistac.odata.marks import Marks, Step
from phistac.remote.catalogue.burst_parents import burst_parents
from phistac.remote.catalogue.catalogue import Catalogue
from phistac.remote.catalogue.feeds import Change, Feed
from phistac.remote.catalogue.statefile import StateFile
from phistac.remote.stacapi.api import Api
from phistac.remote.stacapi.pages import Pages
from phistac.settings import Settings, resolve
from phistac.stac.parameters import Search, to_search
from phistac.stac.search import to_parts

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from pystac_client import ItemSearch

__all__ = ["Change", "changes"]

_OVERLAP = timedelta(hours=1)
_FORMAT = 2
_STEPS_IN_JOURNAL = 5000
_PAGING = ("limit", "token", "sortby", "fields")


def changes(
    search: ItemSearch | Mapping[str, Any],
    *,
    state: str | os.PathLike[str],
    overlap: timedelta = _OVERLAP,
    settings: Settings | None = None,
) -> Iterator[Change]:
    """Yield what was added to the result of a search, changed in it and deleted from it since the last call.

    The first call yields everything as added. A change counts as done when the next one is asked for, or the end is
    reached: then it stands in the state. Whenever a run dies, the next goes on with the change that was in hand;
    nothing is missed, and nothing that was done comes again.

    Parameters
    ----------
    search : pystac_client.ItemSearch or mapping
        ``connect().search(...)``, or its parameters. Bursts are followed through their products: those of a product
        count as one change, and of a deleted product that had some its own Item is yielded.
    state : path
        A JSON file of this search, made by the first call. While a run lasts, a journal lies beside it.
    overlap : timedelta
        How much later than their own stamps records may become visible. What was reported within it is remembered.
    settings : Settings, optional
        Where the catalogue is, if ``search`` is a mapping.

    Yields
    ------
    Change
        First what was updated, then what was added, then what was deleted, each in the order of its time. What came
        and went between two calls is reported as deleted only.

    Raises
    ------
    QueryError
        If the search is by ids or limited to a number of Items: changes are those of a whole result.
    ConfigurationError
        If the state is of another search, or another run uses it.
    IncompleteResultError
        If a page cannot be had; the next call goes on from there.

    Examples
    --------
    >>> search = phistac.connect().search(collections=["sentinel-2-l2a"], bbox=[11, 46, 12, 47])  # doctest: +SKIP
    >>> for change in phistac.changes(search, state="alps.json"):  # doctest: +SKIP
    ...     print(change.kind, change.id)
    """
    with ExitStack() as stack:
        api, params = _asked(search, settings, stack)
        feeds = _feeds(api, to_search(params), overlap)
        with StateFile(state) as file:
            described = {"format": _FORMAT, "search": params}
            all_marks = _load(file, described, feeds)
            for marks in all_marks:
                marks.forget(overlap)
            _save(file, described, all_marks)
            noted = 0
            for number, (feed, marks) in enumerate(zip(feeds, all_marks, strict=True)):
                for step, found in feed.steps(marks):
                    yield from found
                    file.note([number, *step])
                    marks.note(step)
                    noted += 1
                    if noted % _STEPS_IN_JOURNAL == 0:
                        marks.forget(overlap)
                        _save(file, described, all_marks)
                marks.forget(overlap)
            _save(file, described, all_marks)


def _asked(
    search: ItemSearch | Mapping[str, Any], settings: Settings | None, stack: ExitStack
) -> tuple[Api, dict[str, Any]]:
    if isinstance(search, Mapping):
        asked: Mapping[str, Any] = search
        api = Api(stack.enter_context(Catalogue(resolve(settings))))
    else:
        asked = search.get_parameters()
        found = getattr(search._stac_io, "api", None)  # noqa: SLF001 - what answers it; pystac-client has no other name
        if not isinstance(found, Api) or not search.url.startswith(found.service.root):
            raise QueryError(
                "changes are known of the OData catalogue only", remedy="Search with phistac.connect(), not natively."
            )
        api = found
    if asked.get("ids") or getattr(search, "_max_items", None) is not None:
        raise QueryError("changes are those of a whole result", remedy="Search without ids and max_items.")
    return api, _plain({key: value for key, value in asked.items() if key not in _PAGING and value is not None})


def _feeds(api: Api, search: Search, overlap: timedelta) -> list[Feed]:
    pages = [Pages(api.catalogue, api.service, part) for part in to_parts(search)]
    bursts = tuple(each for each in pages if each.part.query.entity == "Bursts")
    feeds = [Feed(each, overlap) for each in pages if each not in bursts]
    if bursts:
        feeds.append(Feed(burst_parents(api, search, [each.part for each in bursts]), overlap, bursts))
    return feeds


def _load(file: StateFile, described: Mapping[str, Any], feeds: list[Feed]) -> list[Marks]:
    saved, steps = file.load()
    if saved is None:
        return [feed.marks() for feed in feeds]
    if not isinstance(saved, dict) or saved.get("search") != described["search"]:
        raise ConfigurationError(
            f"the state {file.path} is of another search", remedy="Give each search a state file of its own."
        )
    try:
        marks = [Marks.from_json(each) for each in saved["marks"]] if saved["format"] == _FORMAT else []
        for number, *step in steps if marks else ():
            marks[number].note(Step(*step))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ConfigurationError(f"the state {file.path} is damaged", remedy="Begin with a new file.") from error
    if [each.sources is None for each in marks] != [not feed.bursts for feed in feeds]:
        raise ConfigurationError(
            f"the state {file.path} is from another version of phistac", remedy="Begin with a new file."
        )
    return marks


def _save(file: StateFile, described: Mapping[str, Any], marks: list[Marks]) -> None:
    file.save({**described, "marks": [each.to_json() for each in marks]})


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters as they come back from a file of JSON."""
    if "intersects" in params:
        params["intersects"] = mapping(to_geometry(params["intersects"]))
    plain: dict[str, Any] = json.loads(json.dumps(params, default=str))
    return plain
