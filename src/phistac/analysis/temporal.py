"""Temporal statistics: how often a place was seen, when, and how long one had to wait in between.

Passes are counted, not slices; :mod:`phistac.analysis.passes` says what a pass is.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from phistac.analysis.gaps import GAP_COLUMNS, group_statistics
from phistac.analysis.passes import COLUMNS, NO_TIME, Passes, group_columns, merge, times
from phistac.analysis.rendering import counted, duration, html_table
from phistac.errors import PhistacWarning, QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["TemporalStatistics", "temporal_statistics"]

_ROWS_SHOWN = 50


@dataclass(frozen=True, slots=True, eq=False)
class TemporalStatistics:
    """When a place was seen. Made by :func:`temporal_statistics`; times are UTC, gaps are in days."""

    rows: int
    """Rows of the table that have a time."""

    rows_without_time: int
    """Rows that were left out because they have none."""

    overall: pd.DataFrame
    """One row: the statistics over everything (empty where there is nothing). Columns as those of ``groups``."""

    groups: pd.DataFrame
    """One row per group, indexed by the columns of ``by`` (empty without ``by``)."""

    by: tuple[str, ...]
    """The columns that make the groups."""

    acquisitions_by_month: Mapping[str, int]
    """``{"2024-08": 5}``; months without an acquisition are absent."""

    acquisitions_by_year: Mapping[int, int]
    """``{2024: 61}``."""

    @property
    def total_acquisitions(self) -> int:
        """How many passes there are (rows, with ``slices=True``)."""
        return int(self.overall["acquisitions"].sum())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON.

        Returns
        -------
        dict
            ``total_acquisitions``; ``date_range`` with ``start``, ``end`` (ISO 8601) and ``span_days`` (whole days);
            ``temporal_gaps`` with ``min_days``, ``max_days``, ``mean_days``, ``median_days``, ``std_days``;
            ``acquisitions_by_month``; ``acquisitions_by_year``. None where there is no such value.
        """
        row = self.overall.iloc[0].to_dict() if len(self.overall) else {}
        return {
            "total_acquisitions": self.total_acquisitions,
            "date_range": {
                "start": row["start"].isoformat() if row else None,
                "end": row["end"].isoformat() if row else None,
                "span_days": int(row["span_days"]) if row else None,
            },
            "temporal_gaps": {name: _number(row.get(name)) for name in GAP_COLUMNS},
            "acquisitions_by_month": dict(self.acquisitions_by_month),
            "acquisitions_by_year": dict(self.acquisitions_by_year),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group; without ``by``, one row for everything."""
        return (self.groups if self.by else self.overall).copy()

    def __repr__(self) -> str:
        if not len(self.overall):
            return f"<TemporalStatistics: no acquisition{self._left_out()}>"
        row = self.overall.iloc[0]
        period = f"{row['start']:%Y-%m-%d} to {row['end']:%Y-%m-%d}"
        median, longest = row["median_days"], row["max_days"]
        gap = "" if np.isnan(median) else f", median gap {duration(median)}, longest {duration(longest)}"
        groups = f", {counted(len(self.groups), 'group')} by {' and '.join(self.by)}" if self.by else ""
        what = counted(self.total_acquisitions, "acquisition")
        return f"<TemporalStatistics: {what} from {period}{gap}{groups}{self._left_out()}>"

    def _repr_html_(self) -> str:
        frame = self.to_frame().head(_ROWS_SHOWN)
        if self.by:
            frame = frame.reset_index()
        rows = [[_shown(value) for value in row] for row in frame.itertuples(index=False)]
        return html_table(repr(self)[1:-1], [str(name) for name in frame.columns], rows)

    def _left_out(self) -> str:
        return f"; {counted(self.rows_without_time, 'row')} without a time left out" if self.rows_without_time else ""


def temporal_statistics(
    table: pd.DataFrame, by: str | Sequence[str] | None = None, *, slices: bool = False
) -> TemporalStatistics:
    """Count acquisitions and measure the gaps between them.

    Parameters
    ----------
    table : geopandas.GeoDataFrame or pandas.DataFrame
        One row per product or burst, as :func:`phistac.to_geodataframe` makes it: ``datetime`` or ``start_datetime``
        (the start wins), and where known ``platform``, ``eopf:datatake_id``, ``sat:absolute_orbit``. It should hold the
        products over one area; products of one datatake count as one acquisition.
    by : str or sequence of str, optional
        Columns to group by: ``"sat:relative_orbit"``, ``["platform", "sat:orbit_state"]``, ``"burst:id"``. Rows with a
        missing value form a group of their own.
    slices : bool, default False
        Count every row as an acquisition of its own, as the earlier tool did.

    Returns
    -------
    TemporalStatistics

    Warns
    -----
    PhistacWarning
        If rows have no time; they are left out and counted.

    Raises
    ------
    QueryError
        If this is no table, has no column of times, or not the columns to group by.

    Examples
    --------
    >>> days = ["2024-08-01T05:00:00Z", "2024-08-01T05:00:25Z", "2024-08-13T05:00:00Z"]
    >>> temporal_statistics(pd.DataFrame({"datetime": days, "platform": "sentinel-1a"}))
    <TemporalStatistics: 2 acquisitions from 2024-08-01 to 2024-08-13, median gap 12.0 d, longest 12.0 d>
    """
    if not isinstance(table, pd.DataFrame):
        raise QueryError(
            f"statistics need a table, not {type(table).__name__}",
            remedy="Make one with phistac.to_geodataframe(items).",
        )
    names = group_columns(table, by)
    columns = pd.DataFrame({name: table[name] for name in dict.fromkeys([*COLUMNS, *names]) if name in table.columns})
    time_us = times(columns) if len(table) else np.zeros(0, dtype=np.int64)
    has_time = time_us != NO_TIME
    left_out = int((~has_time).sum())
    if left_out:
        warnings.warn(
            f"{left_out:,} of {len(table):,} rows have no time and are left out", PhistacWarning, stacklevel=2
        )
    columns, time_us = columns[has_time].reset_index(drop=True), time_us[has_time]
    overall = merge(columns, time_us, slices=slices)
    by_month, by_year = (_counts(overall, unit) for unit in ("M", "Y"))
    return TemporalStatistics(
        rows=len(columns),
        rows_without_time=left_out,
        overall=_statistics(overall),
        groups=_statistics(merge(columns, time_us, names, slices=slices) if names else None),
        by=tuple(names),
        acquisitions_by_month=by_month,
        acquisitions_by_year={int(year): count for year, count in by_year.items()},
    )


def _statistics(passes: Passes | None) -> pd.DataFrame:
    if passes is None or not passes.time_us.size:
        return group_statistics(np.zeros(0, np.int64), np.zeros(0, np.int64), 0)
    frame = group_statistics(passes.time_us, passes.group, int(passes.group[-1]) + 1)
    if not len(passes.labels.columns):
        return frame
    labels = passes.labels
    return frame.set_index(labels[labels.columns[0]] if labels.shape[1] == 1 else pd.MultiIndex.from_frame(labels))


def _counts(passes: Passes, unit: str) -> dict[str, int]:
    periods = passes.time_us.astype("datetime64[us]").astype(f"datetime64[{unit}]")
    values, counts = np.unique(periods, return_counts=True)
    return dict(zip(np.datetime_as_string(values).tolist(), counts.tolist(), strict=True))


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.3f}"
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, pd.Timestamp) else str(value)
