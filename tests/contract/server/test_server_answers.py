"""What is asked over HTTP, and what comes back: statuses and words."""

from __future__ import annotations

import asyncio
import threading
from urllib.parse import quote

import pytest

from phistac.errors import (
    CatalogueError,
    CredentialsRejectedError,
    IncompleteResultError,
    NotFoundError,
    RateLimitError,
    ServiceError,
)
from phistac.settings import Settings
from phistac.stac.parameters import _PARAMETERS


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ServiceError("GET /Products failed"), 502),
        (CatalogueError("GET /Products was answered 400"), 502),
        (IncompleteResultError("after 7 records"), 502),
        (CredentialsRejectedError("GET /Products was answered 401"), 502),
        (NotFoundError("GET /Products was answered 404"), 502),
        (RateLimitError("GET /Products was answered 429", retry_after_s=2.5), 503),
        (RateLimitError("GET /Products was answered 503"), 503),
    ],
)
@pytest.mark.parametrize("path", ["/search", "/collections/sentinel-2-l2a/items"])
def test_the_catalogue_fails(make, ask, error, status, path):
    def fail(_):
        raise error

    answer = ask(make(fail), "GET", path)
    assert answer.status == status
    assert answer.json == {"code": error.kind, "description": str(error)}
    assert answer.headers.get("retry-after") == ("3" if getattr(error, "retry_after_s", None) else None)


def test_a_mistake_of_the_server_tells_nothing(make, ask):
    def fail(_):
        raise RuntimeError("hunter2")

    answer = ask(make(fail), "GET", "/search")
    assert answer.status == 500
    assert b"hunter2" not in answer.body
    assert set(answer.json) == {"code", "description"}


@pytest.mark.parametrize("path", ["/", "/search", "/collections", "/collections/sentinel-2-l2a/items", "/nothing"])
def test_heads_are_those_of_get_without_the_body(make, ask, path):
    application = make()
    whole, head = ask(application, "GET", path), ask(application, "HEAD", path)
    assert (head.status, head.body) == (whole.status, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/collections/nothing", 404, "unknown-collection"),
        ("/collections/nothing/items", 404, "unknown-collection"),
        ("/collections/nothing/queryables", 404, "unknown-collection"),
        ("/collections/nothing/items/x", 404, "unknown-collection"),
        ("/collections/sentinel-2-l2a/items/nothing", 404, "not-found"),
        ("/nothing", 404, "not-found"),
        ("/search?collections=nothing", 400, "unknown-collection"),
    ],
)
def test_what_is_not_there(make, ask, path, status, code):
    answer = ask(make(), "GET", path)
    assert (answer.status, answer.json["code"]) == (status, code)


_BAD = {
    "bbox=a": "west,south,east,north",
    "bbox=0,10,1,0": "",
    "bbox=0,0,1": "",
    "bbox=0,0,1,1&intersects={}": "exclude each other",
    "intersects={": "",
    "datetime=yesterday": "RFC 3339",
    "datetime=2024": "RFC 3339",
    "datetime=2024-08-02T00:00:00": "with its zone",
    "datetime=2024-08-02T00:00:00,5Z": "RFC 3339",
    "datetime=2024-08-02T00:00:00Z/2024-08-01T00:00:00Z": "ends before it starts",
    "datetime=../..": "open on both sides",
    "datetime=2024-08-02T00:00:00Z/../..": "",
    "limit=0": "1 to 10000",
    "limit=many": "1 to 10000",
    "token=x": "token",
    "filter=eo:cloud_cover <": "CQL2",
    "filter-crs=EPSG:3035": "filter-crs",
    "filter-lang=sql&filter=eo:cloud_cover<5": "cql2-text or cql2-json",
    "filter=S_INTERSECTS(geometry, geometry)": "compared with an area",
    "query={": "",
    "sortby=eo:nothing": "sorted",
    "ids=a&ids=b": "twice",
    "cloudCover=10": "no parameter 'cloudCover'",
}


@pytest.mark.parametrize("query", _BAD)
def test_bad_parameters_are_refused_in_our_words(make, ask, query):
    application = make()
    answer = ask(application, "GET", f"/search?{quote(query, safe='=&,/:.')}")
    assert answer.status == 400
    assert set(answer.json) == {"code", "description"}
    assert _BAD[query] in answer.json["description"]
    assert application.state.http.asked == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"bbox": "0,0,1,1"}, "list of four"),
        ({"bbox": [0, 0, 1]}, ""),
        ({"datetime": "2024-08"}, "RFC 3339"),
        ({"fields": None}, "fields is null"),
        ({"fields": {"include": "id"}}, "fields is"),
        ({"limit": -1}, "1 to 10000"),
        ({"page": 2}, "no parameter 'page'"),
        ({"intersects": {"type": "Point"}}, ""),
        ([], "cannot be read"),
        (b"{", "cannot be read"),
        (b"\xff", "error parsing the body"),
    ],
)
def test_bad_bodies_are_refused_in_our_words(make, ask, body, said):
    answer = ask(make(), "POST", "/search", body=body)
    assert answer.status == 400
    assert set(answer.json) == {"code", "description"}
    assert said in answer.json["description"]


def test_get_and_post_say_the_same(make, ask, row):
    application = make([row(7)])
    get = ask(application, "GET", "/search?collections=sentinel-2-l2a&bbox=-1,-1,1,1&fields=-links,-assets")
    body = {"collections": ["sentinel-2-l2a"], "bbox": [-1, -1, 1, 1], "fields": {"exclude": ["links", "assets"]}}
    post = ask(application, "POST", "/search", body=body)
    assert get.headers["content-type"] == post.headers["content-type"] == "application/geo+json"
    assert get.json["features"] == post.json["features"] != []
    first, second = (params for _, params in application.state.http.asked)
    assert first == second


_ODD = (None, 0, -1, 1.5, True, "", "x", ",", [], [1], [None], [[]], [{}], {}, {"a": 1}, {"a": {}}, {"a": {"eq": 1}})
_ODDER = (
    *({"op": 5}, {"op": "=", "args": []}, {"op": "and", "args": [1]}, {"op": "=", "args": [{"property": 5}, 1]}),
    *({"type": "Point", "coordinates": ["a", "b"]}, {"type": "Polygon", "coordinates": []}, {"type": "Feature"}),
    *([0, 0, 1, "a"], [0, 0, None, 1], [{"field": None}], {"include": [1]}, {"exclude": 5}, "\x00", 10**30, "9" * 400),
)


@pytest.mark.parametrize("name", sorted(_PARAMETERS))
def test_nothing_that_can_be_sent_is_a_mistake_of_the_server(make, ask, name):
    application = make()
    for value in (*_ODD, *_ODDER):
        answer = ask(application, "POST", "/search", body={name: value})
        assert answer.status in {200, 400}, value
        if isinstance(value, str):
            assert ask(application, "GET", f"/search?{name}={quote(value)}").status in {200, 400}, value


def test_requests_are_answered_side_by_side_as_many_as_are_polite(make, ask):
    full, lock, under_way, most = threading.Event(), threading.Lock(), 0, 0

    def wait(_):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
            if under_way == Settings().searches:
                full.set()
        assert full.wait(20)
        with lock:
            under_way -= 1
        return {"value": []}

    application = make(wait)

    async def many():
        return await asyncio.gather(*(ask.exchange(application, "GET", "/search") for _ in range(12)))

    assert [answer.status for answer in asyncio.run(many())] == [200] * 12
    assert most == Settings().searches == 4


def test_answers_without_a_limit_are_short(make, ask):
    application = make()
    ask(application, "GET", "/search")
    assert int(application.state.http.asked[0][1]["$top"]) <= 101
    ask(application, "GET", "/search?limit=1000000")
    assert int(application.state.http.asked[1][1]["$top"]) == 1000
