from __future__ import annotations

import json

import pytest

from phistac.errors import ConfigurationError
from phistac.sandbox import Fault
from phistac.sandbox.faults import FaultBook


def test_skip_then_times_then_over():
    book = FaultBook()
    book.add(Fault("status", skip=1, times=2, method="GET", path="/eodata/a"))
    assert book.take("s3", "GET", "/eodata/b") is None
    assert book.take("s3", "HEAD", "/eodata/a") is None
    struck = [book.take("s3", "GET", "/eodata/a/x") is not None for _ in range(5)]
    assert struck == [False, True, True, False, False]
    assert book.pending() == ()


def test_first_ordered_strikes_first():
    book = FaultBook()
    book.add(Fault("close", service="catalogue"))
    book.add(Fault("flip"))
    book.add(Fault("truncate"))
    assert [book.take("s3", "GET", "/").kind for _ in range(2)] == ["flip", "truncate"]
    assert book.take("s3", "GET", "/") is None
    assert book.take("catalogue", "GET", "/").kind == "close"


def test_there_and_back_through_json():
    fault = Fault("stall", seconds=3, path="/eodata/", times=4, span=(0, 9))
    assert Fault.from_dict(json.loads(json.dumps(fault.as_dict()))) == fault


@pytest.mark.parametrize(
    ("asked", "struck"),
    [
        ("bytes=0-99", False),
        ("bytes=0-100", True),
        ("bytes=199-", True),
        ("bytes=200-", False),
        ("bytes=150-160", True),
        ("bytes=0-", True),
        ("bytes=-5", True),
        ("", True),
    ],
)
def test_a_fault_may_be_meant_for_some_bytes_of_an_object(asked, struck):
    assert Fault("flip", span=(100, 200)).strikes("s3", "GET", "/eodata/a", byte_range=asked) is struck


@pytest.mark.parametrize(
    "values", [{"kind": "earthquake"}, {"kind": "flip", "color": 1}, {}, {"kind": "flip", "times": 0}]
)
def test_what_is_no_fault_is_said(values):
    with pytest.raises(ConfigurationError):
        Fault.from_dict(values)
