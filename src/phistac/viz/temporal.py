"""Acquisitions over time: one row per group, one mark per pass, one color per platform; gaps are where nothing is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from phistac.analysis.gaps import group_statistics
from phistac.analysis.passes import COLUMNS, MICROSECONDS_PER_DAY, NO_TIME, group_columns, merge, times
from phistac.analysis.rendering import counted, duration
from phistac.errors import MissingExtraError, QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_timeline"]

# Okabe and Ito's palette, told apart by every kind of color vision, without its yellow (too pale on white).
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_MARKERS = "oDs^vPX"
_MOST_ROWS = 40
_ROW_INCHES = 0.42
_LEGEND_INCHES = 0.18
_CHARACTER_INCHES = 0.075
_AROUND_ONE_DAYS = 3
_LONG_GAP = 1.5  # times the median: such a gap is worth a number


@dataclass(frozen=True, slots=True, eq=False)
class _Marks:
    """What is drawn."""

    passes: pd.DataFrame
    """One row per mark: ``time_us``, ``row``, ``platform``; in order of row and time."""

    rows: list[str]
    """What the rows of the figure are called, from top to bottom."""

    statistics: pd.DataFrame
    """One row per row of the figure, as :func:`phistac.analysis.gaps.group_statistics` makes them."""


def plot_timeline(
    table: pd.DataFrame, by: str | Sequence[str] | None = None, *, ax: Axes | None = None, slices: bool = False
) -> Axes:
    """Draw when a place was seen: a mark per pass, a row per group, a color per platform.

    Parameters
    ----------
    table : geopandas.GeoDataFrame or pandas.DataFrame
        One row per product or burst, as for :func:`phistac.temporal_statistics`.
    by : str or sequence of str, optional
        Columns that make the rows of the figure; one row for each platform by default.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default. What is written beside the rows needs the room that
        ``plt.subplots(layout="constrained")`` makes.
    slices : bool
        A mark for every row of the table instead of every pass.

    Returns
    -------
    matplotlib.axes.Axes
        Nothing is shown or saved: ``ax.figure.savefig("timeline.png")``.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    QueryError
        If there is nothing to draw, or more than forty rows to draw it in.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"datetime": ["2025-06-06T16:57:37Z", "2025-06-12T16:57:37Z"], "platform": "sentinel-1a"})
    >>> ax = plot_timeline(table)  # doctest: +SKIP
    >>> ax.figure.savefig("timeline.png")  # doctest: +SKIP
    """
    plt, dates = _matplotlib()
    names = group_columns(table, by)
    marks = _marks(table, names, slices=slices)
    own = None
    if ax is None:
        own, ax = plt.subplots(figsize=(9.0, 1.2 + _ROW_INCHES * len(marks.rows)), layout="constrained")
    _draw_gaps(ax, marks)
    _draw_marks(ax, marks)
    _label_rows(ax, marks)
    _label_time(ax, dates)
    _limit_time(ax, marks)
    ax.set_title(_title(marks, names, slices=slices), loc="left", fontsize="medium")
    _draw_legend(ax, own)
    return ax


def _marks(table: pd.DataFrame, names: list[str], *, slices: bool) -> _Marks:
    columns = pd.DataFrame({name: table[name] for name in dict.fromkeys([*COLUMNS, *names]) if name in table.columns})
    time_us = times(columns)
    has_time = time_us != NO_TIME
    columns, time_us = columns[has_time].reset_index(drop=True), time_us[has_time]
    if not len(columns):
        raise QueryError("the table has no acquisition to draw")
    columns["platform"] = columns["platform"].fillna("unknown") if "platform" in columns.columns else "unknown"
    names = names or ["platform"]
    passes = merge(columns, time_us, list(dict.fromkeys([*names, "platform"])), slices=slices)
    texts = [" · ".join(map(_name, label)) for label in passes.labels[names].itertuples(index=False)]
    row, rows = pd.factorize(pd.Series(texts))  # labels are sorted, so equal ones are neighbors
    if len(rows) > _MOST_ROWS:
        raise QueryError(
            f"{len(rows):,} groups by {' and '.join(names)} do not fit one figure",
            remedy=f"Select at most {_MOST_ROWS} of them first.",
        )
    platform = passes.labels["platform"].to_numpy()[passes.group]
    frame = pd.DataFrame({"time_us": passes.time_us, "row": row[passes.group], "platform": platform})
    frame = frame.sort_values(["row", "time_us"], ignore_index=True)
    statistics = group_statistics(frame["time_us"].to_numpy(), frame["row"].to_numpy(), len(rows))
    return _Marks(frame, [str(text) for text in rows], statistics)


def _draw_gaps(ax: Axes, marks: _Marks) -> None:
    """Draw a line from the first to the last pass of each row, and number its longest gap where that stands out."""
    for row in range(len(marks.rows)):
        part = marks.passes[marks.passes["row"] == row]
        at = part["time_us"].to_numpy()
        ax.plot(_dates(at[[0, -1]]), [row, row], color="0.85", linewidth=1.0, zorder=1)
        gaps = np.diff(at)
        if gaps.size and gaps.max() > _LONG_GAP * np.median(gaps):
            longest = int(gaps.argmax())
            days = gaps[longest] / MICROSECONDS_PER_DAY
            ax.annotate(
                duration(days).replace(".0", ""),
                (_dates(at[longest : longest + 2]).mean(), row),
                color="0.35",
                fontsize="x-small",
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
            )


def _draw_marks(ax: Axes, marks: _Marks) -> None:
    platforms = sorted(marks.passes["platform"].unique(), key=str)
    for number, platform in enumerate(platforms):
        part = marks.passes[marks.passes["platform"] == platform]
        ax.plot(
            _dates(part["time_us"].to_numpy()),
            part["row"].to_numpy(),
            linestyle="none",
            marker=_MARKERS[(number + number // len(_COLORS)) % len(_MARKERS)],  # the eighth is not like the first
            markersize=6,
            color=_COLORS[number % len(_COLORS)],
            markeredgecolor="white",
            markeredgewidth=0.5,
            label=str(platform),
            zorder=3,
        )


def _label_rows(ax: Axes, marks: _Marks) -> None:
    """Write the name of each row to its left, its count and median gap to its right."""
    ax.set_yticks(range(len(marks.rows)), marks.rows, fontsize="small")
    ax.set_ylim(len(marks.rows) - 0.4, -0.6)
    for row, (count, median) in enumerate(marks.statistics[["acquisitions", "median_days"]].itertuples(index=False)):
        gap = "" if np.isnan(median) else f" · median gap {duration(median)}"
        ax.annotate(
            f"{count:,}{gap}",
            (1.01, row),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize="x-small",
            color="0.35",
            annotation_clip=False,
        )
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="y", length=0)


def _draw_legend(ax: Axes, own: Figure | None) -> None:
    """Say which platform is which: below a figure of our own, else in room made for it below the rows."""
    handles, labels = ax.get_legend_handles_labels()
    if len(labels) < 2:  # noqa: PLR2004 - one needs no telling apart
        return
    box = own.bbox if own else ax.get_window_extent()
    wide, high = box.width / ax.figure.dpi, box.height / ax.figure.dpi
    columns = max(1, int(wide / (0.45 + _CHARACTER_INCHES * max(map(len, labels)))))
    lines = -(-len(labels) // columns)
    height = _LEGEND_INCHES * (lines + 1)
    if own:
        own.set_figheight(high + height)
    else:
        last, first = ax.get_ylim()
        ax.set_ylim(first + (last - first) / max(1 - height / high, 0.5), first)
    (own or ax).legend(
        handles,
        labels,
        loc="outside lower right" if own else "lower right",
        ncols=-(-len(labels) // lines),
        frameon=not own,
        facecolor="white",
        edgecolor="none",
        framealpha=1.0,
        fontsize="small",
        handlelength=1.0,
        handletextpad=0.3,
    )


def _label_time(ax: Axes, dates: Any) -> None:
    locator = dates.AutoDateLocator(minticks=3, maxticks=9)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    ax.grid(axis="x", color="0.92", zorder=0)
    ax.set_axisbelow(True)
    ax.margins(x=0.03)
    ax.set_xlabel("sensing start (UTC)", fontsize="small")
    ax.tick_params(axis="x", labelsize="small")
    ax.xaxis.get_offset_text().set_fontsize("small")


def _limit_time(ax: Axes, marks: _Marks) -> None:
    """Show some days around a single pass: matplotlib would show years."""
    first, last = marks.passes["time_us"].min(), marks.passes["time_us"].max()
    if first == last:
        ax.set_xlim(_dates(first) - _AROUND_ONE_DAYS, _dates(first) + _AROUND_ONE_DAYS)


def _title(marks: _Marks, names: list[str], *, slices: bool) -> str:
    return counted(len(marks.passes), "slice" if slices else "pass") + (f" by {' and '.join(names)}" if names else "")


def _dates(time_us: Any) -> Any:
    """Return times as matplotlib counts them: days since 1970."""
    return time_us / MICROSECONDS_PER_DAY


def _name(value: Any) -> str:
    return "none" if not isinstance(value, tuple) and pd.isna(value) else str(value)


def _matplotlib() -> tuple[Any, Any]:
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415 - an extra, and slow to load
        from matplotlib import dates  # noqa: PLC0415 - as above
    except ImportError as error:
        raise MissingExtraError("drawing needs matplotlib", remedy="pip install 'phistac[viz]'") from error
    return plt, dates
