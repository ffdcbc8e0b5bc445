"""Faults for pages of the catalogue: by what is asked for, and one in so many."""

from __future__ import annotations

import pytest

from phistac.errors import ConfigurationError
from phistac.sandbox import Fault
from phistac.sandbox.faults import FaultBook


def test_one_in_so_many():
    book = FaultBook()
    book.add(Fault("status", every=3, skip=1, times=2))
    struck = [book.take("catalogue", "GET", "/odata/v1/Products") is not None for _ in range(9)]
    assert struck == [False, True, False, False, True, False, False, False, False]


def test_by_what_is_asked_for():
    book = FaultBook()
    book.add(Fault("status", query="$skip=999", times=5))
    assert book.take("catalogue", "GET", "/odata/v1/Products", "$top=1000") is None
    assert book.take("catalogue", "GET", "/odata/v1/Products", "$top=1000&$skip=999") is not None


def test_none_in_so_many_is_refused():
    with pytest.raises(ConfigurationError):
        Fault("status", every=0)
