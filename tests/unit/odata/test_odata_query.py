"""Queries as parameters."""

from __future__ import annotations

import pytest

from phistac.errors import QueryError
from phistac.odata.filters import Comparison
from phistac.odata.query import Order, Query


def test_parameters():
    query = Query(
        "Products",
        Comparison("Name", "eq", "A&B+Ü"),
        Order("PublicationDate", descending=True),
        top=5000,
        skip=20,
        expand=("Attributes", "Assets"),
        count=True,
    )
    assert query.params() == {
        "$filter": "Name eq 'A&B+Ü'",  # encoding is the business of HTTP
        "$orderby": "PublicationDate desc",
        "$top": "1000",
        "$skip": "20",
        "$expand": "Attributes,Assets",
        "$count": "True",
    }
    assert Query().params() == {}


@pytest.mark.parametrize(
    "options",
    [
        {"orderby": Order("Name")},
        {"entity": "Bursts", "orderby": Order("PublicationDate")},
        {"entity": "Bursts", "expand": ("Attributes",)},
        {"skip": 10_001},
        {"top": -1},
    ],
)
def test_what_the_catalogue_refuses_is_refused_here(options):
    with pytest.raises(QueryError):
        Query(**options)


def test_a_condition_more():
    query = Query().where(Comparison("Online", "eq", True)).where(Comparison("Name", "eq", "x"))
    assert query.params()["$filter"] == "Online eq true and Name eq 'x'"
