"""Statistics of the times between passes, for all groups at once: sort, difference, reduce; no loop over groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from phistac.analysis.passes import MICROSECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

__all__ = ["gap_statistics", "group_statistics"]

GAP_COLUMNS = ("min_days", "max_days", "mean_days", "median_days", "std_days")


def group_statistics(time_us: Integers, group: Integers, groups: int) -> pd.DataFrame:
    """Return one row of statistics per group.

    Parameters
    ----------
    time_us : numpy.ndarray
        Shape (n,): microseconds since 1970 UTC, ascending within each group.
    group : numpy.ndarray
        Shape (n,): 0 .. groups-1, ascending; no group without a pass.
    groups : int
        How many groups there are.

    Returns
    -------
    pandas.DataFrame
        Shape (groups, 9): ``acquisitions``, ``start``, ``end``, ``span_days`` (whole days, rounded down) and the five
        gap columns in days (not a number where a group has one pass).
    """
    count = np.bincount(group, minlength=groups)
    stop = np.cumsum(count)
    start = time_us[stop - count] if groups else time_us[:0]
    end = time_us[stop - 1] if groups else time_us[:0]
    frame = pd.DataFrame(
        {
            "acquisitions": count,
            "start": _stamps(start),
            "end": _stamps(end),
            "span_days": (end - start) // MICROSECONDS_PER_DAY,
        }
    )
    gaps = gap_statistics(time_us, group, groups)
    return frame.assign(**{name: gaps[column] for column, name in enumerate(GAP_COLUMNS)})


def gap_statistics(time_us: Integers, group: Integers, groups: int) -> Floats:
    """Return min, max, mean, median and standard deviation (ddof 1; 0 for a single gap) of the gaps of each group.

    Returns
    -------
    numpy.ndarray
        Shape (5, groups), days; not a number where a group has no gap.
    """
    result = np.full((5, groups), np.nan)
    within = np.diff(group) == 0
    gap, owner = np.diff(time_us)[within] / MICROSECONDS_PER_DAY, group[1:][within]
    if not gap.size:
        return result
    has, first, count = np.unique(owner, return_index=True, return_counts=True)
    mean = np.add.reduceat(gap, first) / count
    squares = np.add.reduceat((gap - np.repeat(mean, count)) ** 2, first)
    ascending = gap[np.lexsort((gap, owner))]
    median = (ascending[first + (count - 1) // 2] + ascending[first + count // 2]) / 2
    std = np.sqrt(squares / np.maximum(count - 1, 1))
    result[:, has] = (np.minimum.reduceat(gap, first), np.maximum.reduceat(gap, first), mean, median, std)
    return result


def _stamps(time_us: Integers) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(time_us.astype("datetime64[us]")).tz_localize("UTC")
