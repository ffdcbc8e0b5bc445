"""The datetime of a search."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import DatetimeError
from phistac.stac.intervals import Interval, to_interval


def _at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        ("2024-08-02T06:07:23Z", _at(2024, 8, 2, 6, 7, 23), _at(2024, 8, 2, 6, 7, 23)),
        ("2024", _at(2024, 1, 1), _at(2024, 12, 31, 23, 59, 59, 999999)),
        ("2024-02", _at(2024, 2, 1), _at(2024, 2, 29, 23, 59, 59, 999999)),
        ("2024-08/2024-09", _at(2024, 8, 1), _at(2024, 9, 30, 23, 59, 59, 999999)),
        ("../2024-08-02", None, _at(2024, 8, 2, 23, 59, 59, 999999)),
        ("2024-08-02T00:00:00+02:00/..", _at(2024, 8, 1, 22), None),
        ("2024-08-02/", _at(2024, 8, 2), None),
        (["2024-01-01", None], _at(2024, 1, 1), None),
        ((_at(2024, 1, 1), _at(2024, 1, 2)), _at(2024, 1, 1), _at(2024, 1, 2)),
    ],
)
def test_forms(value, start, end):
    assert to_interval(value) == Interval(start, end)


def test_no_interval_is_all_times():
    assert to_interval(None) is None


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=9)),
)
def test_an_end_before_the_start_is_refused(start, length):
    if start > datetime.max.replace(tzinfo=UTC) - length:
        return
    late = start + length
    assert to_interval((start, late)) == Interval(start, late)
    if late.strftime("%H:%M:%S.%f") != "23:59:59.000000":  # as text, that is how pystac-client writes a whole day
        assert to_interval(f"{start.isoformat()}/{late.isoformat()}") == Interval(start, late)
    with pytest.raises(DatetimeError, match="ends before it starts"):
        to_interval((late, start))


@pytest.mark.parametrize("value", ["", "..", "../..", "/", "2024-13", "2024-02-30", "a/b/c", "noon", 5, [1, 2, 3]])
def test_what_is_no_interval_is_refused(value):
    with pytest.raises((DatetimeError, TypeError)):
        to_interval(value)


def test_the_last_second_of_a_day_is_part_of_it():
    """pystac-client makes ``2024-08-01T00:00:00Z/2024-08-31T23:59:59Z`` of ``2024-08``."""
    end = datetime(2024, 8, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert to_interval("2024-08-01T00:00:00Z/2024-08-31T23:59:59Z").end == to_interval("2024-08").end == end
    assert to_interval("../2024-08-31T23:59:58Z").end == datetime(2024, 8, 31, 23, 59, 58, tzinfo=UTC)
    assert to_interval("../2024-08-31T23:59:59.0Z").end == datetime(2024, 8, 31, 23, 59, 59, tzinfo=UTC)
    assert to_interval("2024-08-31T23:59:59Z").end == datetime(2024, 8, 31, 23, 59, 59, tzinfo=UTC)
