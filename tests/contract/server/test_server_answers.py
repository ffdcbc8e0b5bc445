"""What is asked over HTTP, and what comes back: statuses, words, links, headers."""

from __future__ import annotations

import asyncio
import json
import threading
from urllib.parse import quote, urlsplit

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

_NAME = "S2A_MSIL2A_20240802T060721_N0511_R034_T42SVD_20240802T085602"


def _row(number):
    name = f"{_NAME[:-6]}{number:06d}.SAFE"
    at = f"2024-08-02T06:07:{number:02d}.024000Z"
    return {
        "Id": f"{number:08d}-0000-0000-0000-000000000000",
        "Name": name,
        "S3Path": f"/eodata/Sentinel-2/{name}",
        "ContentDate": {"Start": at, "End": at},
        "PublicationDate": at,
        "ModificationDate": at,
        "GeoFootprint": {"type": "Point", "coordinates": [0.0, 0.0]},
        "Attributes": [],
        "Assets": [],
    }


def test_the_landing_page_leads_everywhere(make, ask):
    application = make()
    page = ask(application, "GET", "/").json
    links = {(link["rel"], link.get("method", "GET")): link for link in page["links"]}
    expected = {"self", "root", "data", "conformance", "search", "service-desc", "service-doc"}
    assert expected <= {rel for rel, _ in links}
    assert ("search", "POST") in links
    for (rel, method), link in links.items():
        assert link["href"].startswith("http://there:8080")
        if method == "GET" and rel != "search":
            answer = ask(application, "GET", urlsplit(link["href"]).path or "/")
            assert answer.status == 200
            assert answer.headers["content-type"].split(";")[0] == link["type"].split(";")[0]
    assert ask(application, "GET", "/conformance").json["conformsTo"] == page["conformsTo"]
    assert {"http://www.opengis.net/spec/cql2/1.0/conf/cql2-text", "https://api.stacspec.org/v1.0.0/core"} <= set(
        page["conformsTo"]
    )


def test_the_openapi_document_names_what_the_core_takes(make, ask):
    answer = ask(make(), "GET", "/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    paths = answer.json["paths"]

    def names(path):
        return {each["name"] for each in paths[path]["get"]["parameters"]}

    assert names("/search") == _PARAMETERS
    assert names("/collections/{collection_id}/items") == _PARAMETERS - {"collections"} | {"collection_id"}
    body = paths["/search"]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert set(answer.json["components"]["schemas"][body.rpartition("/")[2]]["properties"]) == _PARAMETERS


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


def test_get_and_post_say_the_same(make, ask):
    application = make([_row(7)])
    get = ask(application, "GET", "/search?collections=sentinel-2-l2a&bbox=-1,-1,1,1&fields=-links,-assets")
    body = {"collections": ["sentinel-2-l2a"], "bbox": [-1, -1, 1, 1], "fields": {"exclude": ["links", "assets"]}}
    post = ask(application, "POST", "/search", body=body)
    assert get.headers["content-type"] == post.headers["content-type"] == "application/geo+json"
    assert get.json["features"] == post.json["features"] != []
    first, second = (params for _, params in application.state.http.asked)
    assert first == second


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_are_followed_by_token(make, ask, method):
    rows = [_row(number) for number in range(9, -1, -1)]

    def page(params):
        edge = params.get("$filter", "").partition("ContentDate/Start lt ")[2][:27]
        found = [row for row in rows if not edge or row["ContentDate"]["Start"] < edge]
        return {"value": found[: int(params["$top"])]}

    application, seen = make(page), []
    target, body = "/search?limit=4", {"limit": 4}
    while target:
        answer = ask(application, method, target, body=body if method == "POST" else None)
        assert answer.status == 200
        seen += [each["id"] for each in answer.json["features"]]
        assert len(seen) <= len(rows)
        following = next((link for link in answer.json["links"] if link["rel"] == "next"), None)
        target = following and following["href"].removeprefix("http://there:8080")
        body = following and following.get("body")
    assert seen == [row["Name"].removesuffix(".SAFE") for row in rows]


@pytest.mark.parametrize(
    ("headers", "root"),
    [
        ({}, "http://there:8080"),
        ({"host": "[::1]:8080"}, "http://[::1]:8080"),
        ({"x-forwarded-host": "stac.example", "x-forwarded-proto": "https"}, "https://stac.example"),
        ({"forwarded": "proto=https;host=stac.example:8443"}, "https://stac.example:8443"),
    ],
)
@pytest.mark.parametrize("root_path", ["", "/stac"])
def test_links_lead_to_where_the_request_came_in(make, ask, headers, root, root_path):
    application = make([_row(7)])
    answer = ask(application, "GET", "/search?limit=1", headers=headers, root_path=root_path).json
    item = answer["features"][0]
    assert [link["href"] for link in answer["links"] if link["rel"] in {"root", "self"}] == [
        f"{root}{root_path}",
        f"{root}{root_path}/search",
    ]
    own = next(link["href"] for link in item["links"] if link["rel"] == "self")
    assert own == f"{root}{root_path}/collections/sentinel-2-l2a/items/{item['id']}"
    page = ask(application, "GET", "/", headers=headers, root_path=root_path).json
    assert all(link["href"].startswith(f"{root}{root_path}") for link in page["links"])
    assert "phistac.invalid" not in json.dumps([answer, page])


def test_pages_of_any_origin_may_read(make, ask):
    origin = {"origin": "https://browser.example"}
    application = make()
    for path in ("/", "/search?limit=0"):
        assert ask(application, "GET", path, headers=origin).headers["access-control-allow-origin"] == "*"
    preflight = {
        **origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    answer = ask(application, "OPTIONS", "/search", headers=preflight)
    assert answer.status == 200
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()
    assert ask(application, "DELETE", "/search").status == 405


@pytest.mark.parametrize("kind", ["queryables", "sortables"])
def test_what_can_be_asked_is_described(make, ask, kind):
    application = make()
    for path in (f"/{kind}", f"/collections/sentinel-2-l2a/{kind}"):
        answer = ask(application, "GET", path)
        assert answer.headers["content-type"] == "application/schema+json"
        assert answer.json["$id"] == f"http://there:8080{path}"
        assert "datetime" in answer.json["properties"]


def test_collections_are_searched_and_paged(make, ask):
    application = make()
    found = ask(application, "GET", "/collections?q=burst").json
    assert found["collections"][0]["id"] == "sentinel-1-slc-burst"
    target, seen = "/collections?limit=60&datetime=2024-01-01T00:00:00Z", []
    while target:
        page = ask(application, "GET", target).json
        seen += [each["id"] for each in page["collections"]]
        assert page["numberReturned"] == len(page["collections"]) <= 60
        target = next((link["href"] for link in page["links"] if link["rel"] == "next"), "").removeprefix(
            "http://there:8080"
        )
    assert len(seen) == len(set(seen)) == page["numberMatched"] > 120
    assert "sentinel-1-slc" in seen
    assert "sentinel-1" not in seen  # whose Items are in the others: fetched and searched by id only
    assert ask(application, "GET", "/collections/sentinel-1").json["id"] == "sentinel-1"
    assert ask(application, "GET", "/collections?bbox=a").status == 400


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
