"""``phistac.load``: all that is lazy, read as one."""

from __future__ import annotations

from typing import Any, TypeVar

import xarray as xr

from phistac.reading.pending import held, pending, variables
from phistac.reading.reads import run_all

__all__ = ["load"]

Loadable = TypeVar("Loadable", xr.DataArray, xr.Dataset, xr.DataTree)


def load(lazy: Loadable) -> Loadable:
    """Return a copy with everything in memory, read by one plan over all variables.

    ``lazy.compute()`` would do as much, but reads one variable after another, each waiting for its own round trips.

    Parameters
    ----------
    lazy : xarray.DataArray, Dataset or DataTree
        As phistac opened it, or any selection of it. What phistac did not open, and what Dask holds, is loaded as
        ``compute()`` does, after the rest.

    Returns
    -------
    xarray.DataArray, Dataset or DataTree
        A copy; what was given stays lazy. In a coroutine, ``await ds.load_async()`` plans just as well.

    Raises
    ------
    ChangedObjectError
        If an object was replaced since the dataset first read of it.
    CredentialsRejectedError, FormatError, NotFoundError, RateLimitError, ServiceError
        If something cannot be read; nothing is returned then.

    Examples
    --------
    >>> tree = xr.open_datatree(item, engine="safe")  # doctest: +SKIP
    >>> burst = phistac.load(tree["IW1/VV/measurement"].dataset.isel(line=slice(0, 1500)))  # doctest: +SKIP
    """
    made = lazy.copy(deep=False)
    waiting = [(variable, found) for variable in variables(made) if (found := pending(held(variable))) is not None]
    read: list[Any] = run_all([found.request() for _, found in waiting])
    for number, (variable, found) in enumerate(waiting):
        variable.data = found.finished(read[number])
        read[number] = None  # decoded values take its place, not more room
    return made.load()
