"""The benchmarks' own machinery, without a measurement: what it compares, prints and keeps must be right."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from benchmarks.clock import best_of, in_turns
from benchmarks.process import ClientError, call
from benchmarks.report import keep, kept, markdown, text
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


def test_a_result_is_kept_and_becomes_a_page(tmp_path):
    keep(tmp_path, "one", [TABLE], MACHINE)
    results = kept(tmp_path, ["none", "one"])
    assert results == [(MACHINE, [TABLE])]
    page = markdown(results)
    assert "| ours | 1.0 |\n| **theirs** | 20.5 |" in page
    assert "- share: 80 % (goal ≥ 90 %) - **missed**" in page
    assert "a processor" in page
    assert str(tmp_path) not in page


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
