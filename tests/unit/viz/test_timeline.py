"""The timeline draws every pass once, in its row, at its time."""

from __future__ import annotations

import builtins

import matplotlib as mpl
import matplotlib.dates
import numpy as np
import pandas as pd
import pytest

from phistac.errors import MissingExtraError, QueryError
from phistac.viz.temporal import plot_timeline

mpl.use("Agg")
START = pd.Timestamp("2024-08-01T05:00:00Z")


@pytest.fixture(autouse=True)
def _close():
    yield
    mpl.pyplot.close("all")


@pytest.fixture
def table():
    rows = [(0, "A", 44, "x"), (0.0003, "A", 44, "x"), (6, "C", 44, "y"), (30, "A", 44, "z"), (3, "A", 117, "w")]
    frame = pd.DataFrame(rows, columns=["day", "platform", "sat:relative_orbit", "eopf:datatake_id"])
    return frame.assign(datetime=[START + pd.Timedelta(days=day) for day in frame.pop("day")])


def drawn(ax):
    return {
        line.get_label(): sorted(zip(np.round(line.get_xdata(), 2), line.get_ydata(), strict=True))
        for line in ax.lines
        if line.get_linestyle() == "None"
    }


def test_a_mark_for_every_pass(table):
    day = matplotlib.dates.date2num(START.to_pydatetime())
    ax = plot_timeline(table, by="sat:relative_orbit")
    assert drawn(ax) == {
        "A": [(round(day, 2), 0), (round(day + 3, 2), 1), (round(day + 30, 2), 0)],
        "C": [(round(day + 6, 2), 0)],
    }
    assert [label.get_text() for label in ax.get_yticklabels()] == ["44", "117"]
    assert [text.get_text() for text in ax.texts] == ["24 d", "3 · median gap 15.0 d", "1"]
    assert ax.get_title(loc="left") == "4 passes by sat:relative_orbit"


def test_slices_on_request(table):
    assert plot_timeline(table, slices=True).get_title(loc="left") == "5 slices"


def test_a_table_of_times_only_is_drawn_on_the_axes_given():
    _, ax = mpl.pyplot.subplots()
    assert plot_timeline(pd.DataFrame({"datetime": ["2024-08-01T00:00:00Z", None]}), ax=ax) is ax
    ax.figure.canvas.draw()
    assert len(drawn(ax)["unknown"]) == 1


def test_nothing_and_too_much_are_refused(table):
    with pytest.raises(QueryError, match="no acquisition"):
        plot_timeline(table.iloc[:0])
    many = pd.concat([table.assign(n=number) for number in range(41)])
    with pytest.raises(QueryError, match="41 groups by n"):
        plot_timeline(many, by="n")


def test_without_matplotlib_the_remedy_is_said(table, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"phistac\[viz\]"):
        plot_timeline(table)
