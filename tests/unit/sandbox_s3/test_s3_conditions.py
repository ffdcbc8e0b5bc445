"""Conditions and ranges against the tables of RFC 9110."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.sandbox.s3.conditions import Verdict, judge

WHEN = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC)
SAME, EARLIER, LATER = (f"Wed, 01 May 2024 {hour}:00:00 GMT" for hour in (12, 11, 13))


def verdict(headers, size=100):
    return judge(headers, etag="abc", modified=WHEN, size=size)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"if-match": '"abc"'}, 200),
        ({"if-match": "abc"}, 200),
        ({"if-match": '"x", "abc"'}, 200),
        ({"if-match": "*"}, 200),
        ({"if-match": '"x"'}, 412),
        ({"if-match": 'W/"abc"'}, 412),
        ({"if-unmodified-since": SAME}, 200),
        ({"if-unmodified-since": EARLIER}, 412),
        ({"if-match": '"abc"', "if-unmodified-since": EARLIER}, 200),
        ({"if-none-match": '"abc"'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"x"'}, 200),
        ({"if-modified-since": SAME}, 304),
        ({"if-modified-since": EARLIER}, 200),
        ({"if-none-match": '"x"', "if-modified-since": LATER}, 200),
        ({"if-match": '"x"', "if-none-match": '"abc"'}, 412),
        ({"if-modified-since": "yesterday"}, 200),
    ],
)
def test_preconditions(headers, status):
    assert verdict(headers).status == status


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-0", Verdict(206, 0, 0)),
        ("bytes=10-19", Verdict(206, 10, 19)),
        ("bytes=90-", Verdict(206, 90, 99)),
        ("bytes=90-1000", Verdict(206, 90, 99)),
        ("bytes=-1", Verdict(206, 99, 99)),
        ("bytes=-1000", Verdict(206, 0, 99)),
        ("bytes=100-", Verdict(416)),
        ("bytes=100-200", Verdict(416)),
        ("bytes=-0", Verdict(416)),
        ("bytes=9-5", Verdict(200)),
        ("bytes=0-1,5-6", Verdict(200)),
        ("bytes=a-b", Verdict(200)),
        ("bytes=-", Verdict(200)),
        ("lines=0-1", Verdict(200)),
    ],
)
def test_ranges(text, expected):
    assert verdict({"range": text}) == expected


def test_no_byte_of_nothing():
    assert verdict({"range": "bytes=0-"}, size=0).status == 416
    assert verdict({}, size=0).status == 200


@pytest.mark.parametrize(
    ("if_range", "status"), [('"abc"', 206), ('"x"', 200), ('W/"abc"', 200), (SAME, 206), (EARLIER, 200), (LATER, 200)]
)
def test_a_range_only_of_what_it_was(if_range, status):
    assert verdict({"range": "bytes=0-9", "if-range": if_range}).status == status


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 200))
def test_a_range_is_the_slice_that_python_takes(first, last, size):
    content = bytes(range(200))[:size]
    got = verdict({"range": f"bytes={first}-{last}"}, size=size)
    if last < first:
        assert got.status == 200
    elif first >= size:
        assert got.status == 416
    else:
        assert content[got.first : got.last + 1] == content[first : last + 1]
