"""Times: every spelling of the catalogue becomes one, and the instant never changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import DatetimeError
from phistac.odata.times import instant, normalized, text


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-08-02T06:07:23.426535Z", "2024-08-02T06:07:23.426535Z"),
        ("2021-02-20T13:38:02.110Z", "2021-02-20T13:38:02.110000Z"),
        ("2023-02-09T08:40:58+00:00", "2023-02-09T08:40:58.000000Z"),
        ("2024-06-04T12:03:49.113620+00:00", "2024-06-04T12:03:49.113620Z"),
        ("2021-04-03T11:58:30.123456000Z", "2021-04-03T11:58:30.123456Z"),
        ("2021-04-03T11:58:30.123456789Z", "2021-04-03T11:58:30.123456789Z"),
        ("2024-01-01T01:00:00+02:00", "2023-12-31T23:00:00.000000Z"),
        ("2024-01-01T00:00:00", "2024-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_spellings_of_the_catalogue(written, expected):
    assert normalized(written) == expected


@given(
    st.datetimes(
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=11))])
    )
)
def test_what_is_written_is_the_same_instant(moment):
    try:
        moved = moment.astimezone(UTC)
    except OverflowError:
        return
    written = text(moment)
    assert instant(written) == moved
    assert normalized(written) == written


@pytest.mark.parametrize("wrong", ["", "yesterday", "2024-13-01T00:00:00Z", "2024-01-01", "2024-01-01T25:00:00Z"])
def test_what_is_no_time_is_refused(wrong):
    with pytest.raises(DatetimeError, match="is not a time"):
        instant(wrong)


def test_a_time_without_zone_is_refused():
    with pytest.raises(DatetimeError, match="no time zone"):
        text(datetime(2024, 1, 1))  # noqa: DTZ001 - that is the point
