"""Where links lead, what describes the server, and who may read."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from phistac.stac.parameters import _PARAMETERS


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


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_are_followed_by_token(make, ask, row, method):
    rows = [row(number) for number in range(9, -1, -1)]

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
def test_links_lead_to_where_the_request_came_in(make, ask, row, headers, root, root_path):
    application = make([row(7)])
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
