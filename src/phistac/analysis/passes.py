"""When a place was seen: rows of a table (slices, tiles, bursts) merged into the passes that they are parts of.

A satellite crosses an area in one sweep, but the ground segment cuts the sweep: into slices (Sentinel-1), tiles and
datastrips (Sentinel-2), frames (Sentinel-3). Frames 25 s apart are one acquisition, not a revisit after 0.0003 days.
Rows belong to one pass when they have

- the same platform and the same datatake (``eopf:datatake_id``; the processing baseline at the end of a Sentinel-2
  datatake is left out, so that a reprocessed tile is no second pass), or, where a row names no datatake,
- the same platform and absolute orbit, and less than ten minutes to the row before.

The second rule sees a pass that crosses the ascending node as two, because the orbit number changes there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from phistac.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

__all__ = ["MICROSECONDS_PER_DAY", "NO_TIME", "Passes", "group_columns", "merge", "times"]

NO_TIME = np.iinfo(np.int64).min  # what a missing datetime64 is as an integer
MICROSECONDS_PER_DAY = 86_400_000_000
PASS_GAP_US = 600_000_000  # ten minutes: longer than any cut within a pass, shorter than half an orbit
_TIME_COLUMNS = ("start_datetime", "datetime")
COLUMNS = (*_TIME_COLUMNS, "platform", "eopf:datatake_id", "sat:absolute_orbit")  # all that this module looks at
_BASELINE = r"_N\d\d\.\d\d$"


@dataclass(frozen=True, slots=True, eq=False)
class Passes:
    """The passes of one table, in order of group and time."""

    time_us: Integers
    """Shape (passes,): microseconds since 1970 UTC, the earliest start of each pass."""

    group: Integers
    """Shape (passes,): which group each pass belongs to, 0 .. groups-1, ascending."""

    labels: pd.DataFrame
    """One row per group, one column per name in ``by``."""


def times(table: pd.DataFrame) -> Integers:
    """Return when each row was acquired: ``start_datetime`` where there is one, else ``datetime``.

    Returns
    -------
    numpy.ndarray
        Shape (n,): microseconds since 1970 UTC, :data:`NO_TIME` where neither is known.

    Raises
    ------
    QueryError
        If the table has neither column.
    """
    present = [name for name in _TIME_COLUMNS if name in table.columns]
    if not present:
        raise QueryError(
            f"the table has no column of times ({' or '.join(_TIME_COLUMNS)})",
            remedy="Make it with phistac.to_geodataframe(items).",
        )
    start, *others = (_utc(table[name]) for name in present)
    for other in others:
        start = start.fillna(other)
    return start.to_numpy("datetime64[us]").astype(np.int64)


def group_columns(table: pd.DataFrame, by: str | Sequence[str] | None) -> list[str]:
    """Return the names of the columns to group by, checked."""
    names = [by] if isinstance(by, str) else list(by or ())
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise QueryError(
            f"the table has no column {missing[0]!r} to group by",
            remedy=f"It has: {', '.join(map(str, table.columns))}.",
        )
    return names


def merge(table: pd.DataFrame, time_us: Integers, by: Sequence[str] = (), *, slices: bool = False) -> Passes:
    """Merge rows into passes, per group.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per product or burst; shape (n, columns). Geometry is not looked at.
    time_us : numpy.ndarray
        Shape (n,): from :func:`times`, no missing ones among them.
    by : sequence of str
        Columns that make the groups. A missing value is a group of its own.
    slices : bool
        Every row is an acquisition of its own.

    Returns
    -------
    Passes
    """
    group, labels = _codes(table, by)
    if slices or not len(table):
        order = np.lexsort((time_us, group))
        return Passes(time_us[order], group[order], labels)
    datatake = _datatakes(table)
    known = datatake.notna().to_numpy()
    orbit = _optional(table, "sat:absolute_orbit").where(~known)
    key, _ = _codes(
        pd.DataFrame({"g": group, "p": _optional(table, "platform"), "d": datatake, "o": orbit}), list("gpdo")
    )
    order = np.lexsort((time_us, key))
    apart = (np.diff(time_us[order]) >= PASS_GAP_US) & ~known[order][1:]
    first = order[np.concatenate(([True], (np.diff(key[order]) != 0) | apart))]
    first = first[np.lexsort((time_us[first], group[first]))]
    return Passes(time_us[first], group[first], labels)


def _codes(table: pd.DataFrame, names: Sequence[str]) -> tuple[Integers, pd.DataFrame]:
    """Give each distinct combination of values in these columns a number, in sorted order, missing values last."""
    columns = pd.DataFrame({name: table[name].map(_hashable) for name in names})
    code = np.zeros(len(table), dtype=np.int64)
    for name in names:
        values, uniques = pd.factorize(columns[name], sort=True, use_na_sentinel=True)
        values = np.where(values < 0, len(uniques), values)
        code = np.unique(code * (len(uniques) + 1) + values, return_inverse=True)[1]
    first = np.unique(code, return_index=True)[1]
    return code.astype(np.int64), columns.iloc[first].reset_index(drop=True) if names else columns


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | np.ndarray) else value


def _datatakes(table: pd.DataFrame) -> pd.Series[Any]:
    values = _optional(table, "eopf:datatake_id")
    text = values.astype("str").str.replace(_BASELINE, "", regex=True)
    return text.where(values.notna() & (text != ""))


def _optional(table: pd.DataFrame, name: str) -> pd.Series[Any]:
    return table[name].reset_index(drop=True) if name in table.columns else pd.Series([None] * len(table), dtype=object)


def _utc(column: pd.Series[Any]) -> pd.Series[Any]:
    values = pd.to_datetime(column, utc=True, errors="coerce", format=None if column.dtype.kind == "M" else "ISO8601")
    return values.dt.tz_convert(None).dt.as_unit("us")
