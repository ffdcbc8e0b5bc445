"""``explain``: what a search would ask, or what a lazy array would fetch, before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import xarray as xr

from phistac.reading.dasks import task_reads
from phistac.reading.pending import held, pending, variables
from phistac.reading.readplan import ReadPlan
from phistac.reading.reads import plans, run_all
from phistac.remote.stacapi.explain import explain as explain_search

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pystac_client import ItemSearch

    from phistac.reading.pending import Pending
    from phistac.settings import Settings
    from phistac.stac.explanation import Explanation

__all__ = ["explain"]


@overload
def explain(
    what: ItemSearch | Mapping[str, Any], *, count: bool = False, settings: Settings | None = None
) -> Explanation: ...


@overload
def explain(what: xr.DataArray | xr.Dataset | xr.DataTree | xr.Variable) -> ReadPlan: ...


def explain(what: Any, *, count: bool = False, settings: Settings | None = None) -> Explanation | ReadPlan:
    """Say what a search would ask of the catalogue, or which bytes a lazy array would fetch, before it does.

    Parameters
    ----------
    what : ItemSearch, mapping, xarray.DataArray, Dataset, DataTree or Variable
        What ``phistac.connect().search(...)`` returns, or the parameters of a search; or what phistac opened, or any
        selection of it, also one that Dask has.
    count : bool
        Of a search: ask the catalogue how many records each query finds, for the number of pages: one request each,
        slow on the real service.
    settings : Settings, optional
        Of a search: where the catalogue is; that of the search by default.

    Returns
    -------
    Explanation or ReadPlan
        Prints. Of a search, ``steps`` has the queries as values. Of an array, ``plans`` has the very plans that
        :func:`phistac.load` would run now, or each task of Dask: ranges, requests, bytes, round trips. No pixel moves
        for it; where a file's directory must be known first (a detected image), it is read now, and kept.

    Raises
    ------
    QueryError
        If the search cannot be answered, or is not one of the OData catalogue.

    Examples
    --------
    >>> found = explain({"collections": ["sentinel-2-l2a"], "query": {"platform": {"endsWith": "2a"}}})
    >>> found.steps[0].here
    "platform LIKE '%2a'"
    >>> explain(xr.DataArray([1, 2, 3]))
    <ReadPlan: nothing to read>
    """
    if isinstance(what, xr.Variable):
        return _of([what])
    if isinstance(what, xr.DataArray | xr.Dataset | xr.DataTree):
        return _of(list(variables(what)))
    return explain_search(what, count=count, settings=settings)


def _of(wanted: Sequence[xr.Variable]) -> ReadPlan:
    lazy = [found for variable in wanted if (found := pending(held(variable))) is not None]
    chunked = [held(variable) for variable in wanted if variable.chunks is not None]
    tasks = task_reads(chunked) if chunked else []
    _look_up([*lazy, *tasks])
    together = plans([found.request() for found in lazy])
    apart = [plan for found in tasks for plan in plans([found.request()])]
    return ReadPlan((*together, *apart), len(apart))


def _look_up(found: Sequence[Pending]) -> None:
    """Let arrays that do not know their layout yet find it, all at once."""
    unknown = {id(each.array): read for each in found if (read := each.array.look_up()) is not None}
    run_all(list(unknown.values()))
