"""The benchmarks' own machinery, without a measurement: what it compares, prints and keeps must be right."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from benchmarks.bench import Sample
from benchmarks.clock import best_of, in_turns
from benchmarks.process import ClientError, call
from benchmarks.readtables import table
from benchmarks.report import merged, text
from benchmarks.rows import START, STEP, varied
from benchmarks.tables import Goal, Table

TABLE = Table(
    "A title",
    "What was measured.",
    ("tool", "s"),
    (("ours", "1.0"), ("**theirs**", "20.5")),
    "Something.",
    (Goal("fast", 1.0, 2.0, True, " s"), Goal("share", 80, 90, False, " %")),
)
MACHINE = {
    "date": "2020-01-01", "machine": "a processor", "load": "0.1", "python": "3.11", "ours": {"phistac": "1"}, "peers": {},
}  # fmt: skip


def test_goals_are_met_from_either_side():
    met, missed = TABLE.goals
    assert met.met
    assert not missed.met
    assert str(met) == "fast: 1 s (goal ≤ 2 s) - met"
    assert str(missed) == "share: 80 % (goal ≥ 90 %) - **missed**"


def test_a_part_takes_its_place_on_the_page_and_leaves_the_others_alone():
    order = ["first", "one", "last"]
    page = merged("an old page without parts", "last", [TABLE], MACHINE | {"date": "1999-01-01"}, order)
    page = merged(page, "first", [TABLE], MACHINE, order)
    again = merged(page, "first", [replace(TABLE, title="Another")], MACHINE | {"date": "2021-01-01"}, order)
    assert "| ours | 1.0 |\n| **theirs** | 20.5 |" in page
    assert "- share: 80 % (goal ≥ 90 %) - **missed**" in page
    assert "a processor" in page
    assert [line for line in again.splitlines() if line.startswith(("## ", "<!--"))] == [
        "<!-- part: first -->", "## Another", "<!-- part: last -->", "## A title",
    ]  # fmt: skip
    assert again.count("# Benchmarks\n") == 1
    assert "2021-01-01" in again
    assert "2020-01-01" not in again
    assert again.split("<!-- part: last -->")[1] == page.split("<!-- part: last -->")[1]


def test_columns_of_the_terminal_are_aligned():
    assert text(TABLE).splitlines()[1:5] == ["tool    s", "------  ----", "ours    1.0", "theirs  20.5"]


def test_ways_are_called_in_turns_and_the_best_sample_is_no_error():
    order = []
    best, results = in_turns(2, a=lambda: order.append("a"), b=lambda: order.append("b") or 7)
    assert order == ["a", "b", "a", "b"]
    assert set(best) == {"a", "b"}
    assert results["b"] == 7
    assert best_of([ValueError(), 3, 2], key=lambda one: one) == 2
    assert isinstance(best_of([ValueError()], key=lambda one: one), ValueError)


class Burst:
    shape, size, whole = (1500, 21000), 126_000_000, (0, 1500, 0, 21000)


def sample(seconds, *, digest="right", refused=0, sent=126_000_000):
    return Sample({"open": 0.5, "read": seconds, "digest": digest}, sent, 6, refused, 4)


def test_the_goal_is_the_fastest_gdal_that_keeps_to_the_quota_and_is_right():
    samples = {
        "phistac": sample(1.75, sent=126_500_000),
        "GDAL /vsis3, defaults": sample(10.0),
        "GDAL /vsis3, one": sample(8.0),
        "GDAL /vsis3, wrong": sample(1.0, digest="other"),
        "GDAL /vsis3, refused": sample(1.0, refused=3),
        "GDAL /vsis3, refused, **against the quota**": sample(0.5),
        "GDAL /vsis3, by hand: two": sample(0.6),
        "GDAL /vsis3, broken": ClientError("no"),
    }
    made = table(Burst, Burst.whole, samples, "right")
    assert [(goal.what.partition(" as GDAL")[2] or goal.what, round(goal.measured, 2)) for goal in made.goals] == [
        ("share of the wire limit", 92.86),
        ("bytes moved by metadata and burst, x the burst's own", 1.0),
        (" at its best settings within the quota (one), reading", 4.57),
        (" at its best settings within the quota (one), opening and reading", 3.78),
        (" (defaults), reading", 5.71),
        (" (defaults), opening and reading", 4.67),
    ]
    names = [row[0] for row in made.rows]
    assert "GDAL /vsis3, wrong (**other pixels**)" in names
    assert "GDAL /vsis3, broken (**failed**: no)" in names
    assert {len(row) for row in made.rows} == {len(made.columns)}
    assert table(Burst, (0, 200, 0, 200), samples, "something else").goals == ()


def test_rows_differ_in_name_id_and_time_and_in_nothing_else():
    template = {
        "Id": "0a", "Name": "S2B_X_20250501T095029_T.SAFE", "S3Path": "/eodata/S2B_X_20250501T095029_T.SAFE",
        "ContentDate": {"Start": "2025-05-01T09:50:29.024000Z"}, "Assets": [{"Id": "0b"}], "Online": True,
    }  # fmt: skip
    first, second = (json.loads(row) for row in varied(template, 2))
    assert second["Name"] == f"S2B_X_{START + STEP:%Y%m%dT%H%M%S}_T.SAFE"
    assert second["S3Path"] == f"/eodata/{second['Name']}"
    assert second["ContentDate"]["Start"] == f"{START + STEP:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert len({first["Id"], second["Id"], first["Assets"][0]["Id"], second["Assets"][0]["Id"], "0a", "0b"}) == 6
    assert first["Online"]


def test_a_client_answers_or_says_why_not(tmp_path):
    assert "numpy" in call(sys.executable, "versions", {}, home=tmp_path)
    with pytest.raises(ClientError, match="not installed"):
        call(tmp_path / "python", "versions", {}, home=tmp_path)
    with pytest.raises(ClientError, match="unexpected keyword"):
        call(sys.executable, "versions", {"secret": "canary"}, home=tmp_path)
    with pytest.raises(ClientError, match="not finished after 0 s"):
        call(sys.executable, "versions", {}, home=tmp_path, timeout_s=0.01)
