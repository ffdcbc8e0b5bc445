"""Passes and gaps, against hand-counted cases and a naive loop in pandas."""

from __future__ import annotations

import json
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from phistac.analysis.temporal import temporal_statistics
from phistac.errors import PhistacWarning, QueryError

START = pd.Timestamp("2024-07-28T05:10:00Z")


def table(*rows, **columns):
    """Rows as (days since START, platform, orbit, datatake)."""
    frame = pd.DataFrame(rows, columns=["days", "platform", "sat:absolute_orbit", "eopf:datatake_id"])
    frame["datetime"] = [(START + pd.Timedelta(days=float(days))).round("ms") for days in frame.pop("days")]
    return frame.assign(**columns)


SLICE = 25 / 86400
SERIES = table(
    (0, "sentinel-1a", 10, "A"),
    (12, "sentinel-1a", 20, "B"),
    (12 + SLICE, "sentinel-1a", 20, "B"),
    (6, "sentinel-1c", 90, "A"),  # the same datatake number of another platform
    (36, "sentinel-1a", 30, "C"),
    **{"sat:relative_orbit": [44, 44, 44, 117, 44]},
)


def test_slices_of_one_datatake_are_one_acquisition():
    stats = temporal_statistics(SERIES)
    assert stats.to_dict() == {
        "total_acquisitions": 4,
        "date_range": {"start": "2024-07-28T05:10:00+00:00", "end": "2024-09-02T05:10:00+00:00", "span_days": 36},
        "temporal_gaps": {
            "min_days": 6.0,
            "max_days": 24.0,
            "mean_days": 12.0,
            "median_days": 6.0,
            "std_days": pytest.approx(math.sqrt(108)),
        },
        "acquisitions_by_month": {"2024-07": 1, "2024-08": 2, "2024-09": 1},
        "acquisitions_by_year": {2024: 4},
    }
    json.dumps(stats.to_dict())


def test_slices_true_counts_rows():
    gaps = temporal_statistics(SERIES, slices=True).to_dict()["temporal_gaps"]
    assert gaps["min_days"] == pytest.approx(SLICE, abs=1e-9)
    assert gaps["mean_days"] == pytest.approx(9.0)


def test_groups_have_their_own_gaps():
    frame = temporal_statistics(SERIES, by="sat:relative_orbit").to_frame()
    assert frame.index.name == "sat:relative_orbit"
    assert frame["acquisitions"].to_dict() == {44: 3, 117: 1}
    assert frame.loc[44, ["min_days", "max_days", "median_days"]].tolist() == [12, 24, 18]
    assert frame.loc[117, ["min_days", "std_days"]].isna().all()


def test_several_columns_make_the_groups():
    frame = temporal_statistics(SERIES, by=["platform", "sat:relative_orbit"]).to_frame()
    assert frame["acquisitions"].to_dict() == {("sentinel-1a", 44): 3, ("sentinel-1c", 117): 1}


def test_a_missing_group_value_is_a_group_and_lists_group_too():
    rows = SERIES.assign(
        **{"sat:relative_orbit": [44, 44, 44, None, 44], "sar:polarizations": [["VV", "VH"]] * 4 + [["VV"]]}
    )
    assert temporal_statistics(rows, by="sat:relative_orbit").to_frame()["acquisitions"].tolist() == [3, 1]
    assert temporal_statistics(rows, by="sar:polarizations").to_frame()["acquisitions"].to_dict() == {
        ("VV", "VH"): 3,
        ("VV",): 1,
    }


@pytest.mark.parametrize(
    ("rows", "passes"),
    [
        (table((0, "s3a", 5, None), (3 / 1440, "s3a", 5, None), (11.9 / 1440, "s3a", 5, None)), 1),
        (table((0, "s3a", 5, None), (10 / 1440, "s3a", 5, None)), 2),  # ten minutes: another pass of the same orbit
        (table((0, "s3a", 5, None), (3 / 1440, "s3b", 5, None)), 2),
        (table((0, "s3a", 5, None), (3 / 1440, "s3a", 6, None)), 2),
        (table((0, None, None, ""), (3 / 1440, None, None, "")), 1),
        (table((0, "s1a", 5, "X"), (20 / 1440, "s1a", 6, "X")), 1),  # a long datatake across the ascending node
        (table((0, "s2a", 5, "GS2A_20240808T1_047687_N05.00"), (0, "s2a", 5, "GS2A_20240808T1_047687_N05.11")), 1),
        (table((0, "s1a", 5, 453466), (SLICE, "s1a", 5, 453466)), 1),
    ],
)
def test_what_a_pass_is(rows, passes):
    assert temporal_statistics(rows).total_acquisitions == passes
    assert (
        temporal_statistics(rows.drop(columns="datetime").assign(start_datetime=rows["datetime"])).total_acquisitions
        == passes
    )


def test_a_table_with_nothing_but_times():
    frame = pd.DataFrame({"datetime": ["2024-01-01T00:00:00Z", "2024-01-01T00:05:00.5Z", "2024-01-02T00:00:00+01:00"]})
    assert temporal_statistics(frame).total_acquisitions == 2


def test_the_start_wins_over_the_datetime():
    frame = pd.DataFrame({"datetime": [START, START], "start_datetime": [START - pd.Timedelta(days=2), pd.NaT]})
    assert temporal_statistics(frame).to_dict()["date_range"]["span_days"] == 2


def test_rows_without_a_time_are_counted_and_said():
    frame = pd.DataFrame({"datetime": [START.isoformat(), None, "soon"]})
    with pytest.warns(PhistacWarning, match="2 of 3 rows"):
        stats = temporal_statistics(frame)
    assert (stats.rows, stats.rows_without_time, stats.total_acquisitions) == (1, 2, 1)
    assert "2 rows without a time left out" in repr(stats)


@pytest.mark.parametrize("frame", [gpd.GeoDataFrame(), pd.DataFrame(), SERIES.iloc[:0]])
def test_an_empty_table_has_no_acquisition(frame):
    stats = temporal_statistics(frame)
    assert stats.to_dict()["total_acquisitions"] == 0
    assert set(stats.to_dict()["temporal_gaps"].values()) == {None}
    assert stats.to_dict()["acquisitions_by_month"] == {}
    assert repr(stats) == "<TemporalStatistics: no acquisition>"
    assert "<table>" in stats._repr_html_()


def test_one_date_has_no_gap():
    stats = temporal_statistics(SERIES.iloc[:1], by="platform")
    assert stats.to_dict()["temporal_gaps"] == dict.fromkeys(
        ("min_days", "max_days", "mean_days", "median_days", "std_days")
    )
    assert stats.to_dict()["acquisitions_by_year"] == {2024: 1}
    assert repr(stats) == "<TemporalStatistics: 1 acquisition from 2024-07-28 to 2024-07-28, 1 group by platform>"


def test_geometry_is_carried_but_never_looked_at():
    frame = gpd.GeoDataFrame(SERIES, geometry=[shapely.Point(0, 0)] * 4 + [None], crs="EPSG:4326")
    assert temporal_statistics(frame).total_acquisitions == 4
    renamed = frame.rename_geometry("footprint")
    assert temporal_statistics(renamed).total_acquisitions == 4


def test_what_has_no_meaning_is_refused():
    with pytest.raises(QueryError, match="no column 'track'"):
        temporal_statistics(SERIES, by="track")
    with pytest.raises(QueryError, match="no column of times"):
        temporal_statistics(pd.DataFrame({"when": [1]}))
    with pytest.raises(QueryError, match="to_geodataframe"):
        temporal_statistics([{"id": "x"}])


def test_html_escapes_what_came_from_a_server():
    html = temporal_statistics(SERIES.assign(track="<script>"), by="track")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


rows = st.lists(
    st.tuples(
        st.integers(0, 40 * 1440),
        st.sampled_from(["s1a", "s1c", None]),
        st.sampled_from([1, 2, None]),
        st.sampled_from(["A", "B", "", None]),
        st.sampled_from([44, 117, None]),
    ),
    min_size=1,
    max_size=40,
)


@given(rows)
def test_groups_equal_a_naive_loop(values):
    frame = table(*[(minute / 1440, p, o, d) for minute, p, o, d, _ in values], track=[v[4] for v in values])
    stats = temporal_statistics(frame, by="track").to_frame()
    expected = {label: _naive(part) for label, part in frame.groupby("track", dropna=False)}
    assert len(stats) == len(expected)
    for label, row in zip(stats.index, stats.itertuples(index=False), strict=True):
        days = next(v for k, v in expected.items() if k == label or (pd.isna(k) and pd.isna(label)))
        gaps = np.diff(days)
        assert (row.acquisitions, row.start, row.end) == (len(days), days_to_time(days[0]), days_to_time(days[-1]))
        if gaps.size:
            assert (row.min_days, row.max_days) == pytest.approx((gaps.min(), gaps.max()), abs=1e-9)
            assert (row.mean_days, row.median_days) == pytest.approx((gaps.mean(), np.median(gaps)), abs=1e-9)
            assert row.std_days == pytest.approx(pd.Series(gaps).std() if gaps.size > 1 else 0.0, abs=1e-9)
        else:
            assert math.isnan(row.min_days)


def days_to_time(days):
    return START + pd.Timedelta(minutes=round(days * 1440))


def _naive(part):
    """Start days of the passes of one group, the slow way."""
    starts, chains = {}, []
    for row in part.sort_values("datetime").to_dict("records"):
        day = (row["datetime"] - START) / pd.Timedelta(days=1)
        platform, orbit = (None if pd.isna(row[name]) else row[name] for name in ("platform", "sat:absolute_orbit"))
        if isinstance(row["eopf:datatake_id"], str) and row["eopf:datatake_id"]:  # a missing text is a number, NaN
            starts.setdefault((platform, row["eopf:datatake_id"]), day)
            continue
        last = next((chain for chain in reversed(chains) if chain[0] == (platform, orbit)), None)
        if last is None or (day - last[2]) * 1440 > 9.5:
            chains.append([(platform, orbit), day, day])
        else:
            last[2] = day
    return sorted([*starts.values(), *(chain[1] for chain in chains)])
