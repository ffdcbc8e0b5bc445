"""Any CQL2 filter: what a search finds is what the Items themselves say, wherever the line between there and here runs.

The oracle takes all Items and asks the package ``cql2`` about each single condition; missing properties are unknown.
"""

from __future__ import annotations

import cql2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phistac.remote.catalogue.catalogue import Catalogue
from phistac.remote.stacapi.api import Api
from phistac.stac.parameters import to_search
from phistac.stac.search import to_parts

_COLLECTIONS = ("sentinel-1-slc", "sentinel-1-grd", "sentinel-2-l2a", "sentinel-2-l1c", "sentinel-1-slc-burst")
_TEXTS = ("platform", "product:type", "sat:orbit_state", "processing:level", "constellation", "grid:code", "burst:id")
_NUMBERS = ("eo:cloud_cover", "sat:relative_orbit", "sat:absolute_orbit", "gsd", "burst:index", "burst:relative_id")
_TIMES = ("datetime", "end_datetime", "published", "updated", "created", "processing:datetime")


@pytest.fixture(scope="module")
def api(seeded_root):
    from phistac.sandbox import Sandbox

    with Sandbox(root=seeded_root) as cdse, Catalogue(cdse.settings) as catalogue:
        yield Api(catalogue)


@pytest.fixture(scope="module")
def items(api):
    return {name: list(api.items(to_search({"collections": [name]}))) for name in _COLLECTIONS}


def _holds(node, item):
    operator, args = node["op"], node["args"]
    if operator == "not":
        inner = _holds(args[0], item)
        return None if inner is None else not inner
    if operator in {"and", "or"}:
        values = [_holds(each, item) for each in args]
        decisive = operator == "or"
        return decisive if decisive in values else None if None in values else not decisive
    name = args[0]["property"]
    value = item.get(name) if name in {"id", "geometry"} else item["properties"].get(name)
    if value is None and operator != "isNull":
        return None
    slim = {"type": "Feature", "id": item["id"], "geometry": item["geometry"], "properties": item["properties"]}
    return cql2.Expr(node).matches(slim)


def _leaf(pool):
    known = {key for item in pool for key in item["properties"]}

    @st.composite
    def leaf(draw):  # noqa: PLR0911 - one return for each kind of condition
        item = draw(st.sampled_from(pool))
        properties = item["properties"]
        kind = draw(st.sampled_from(["text", "like", "number", "time", "id", "area", "null", "in", "list"]))
        names = {"number": _NUMBERS, "time": _TIMES, "list": ("sar:polarizations",)}.get(kind, _TEXTS)
        there = [name for name in names if name in properties]
        if kind == "id" or not there:
            return {"op": "like", "args": [{"property": "id"}, f"{item['id'][: draw(st.integers(3, 20))]}%"]}
        if kind == "area":
            west, south, east, north = item["bbox"]
            box = {"bbox": [west, south, (west + east) / 2, (south + north) / 2]}
            relation = draw(st.sampled_from(["s_intersects", "s_within", "s_disjoint"]))
            return {
                "op": relation,
                "args": [
                    {"property": "geometry"},
                    cql2.Expr({"op": "s_intersects", "args": [{"property": "geometry"}, box]}).to_json()["args"][1],
                ],
            }
        name = draw(st.sampled_from(there))
        prop, value = {"property": name}, properties[name]
        compare = draw(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]))
        if kind == "null":
            return {"op": "isNull", "args": [{"property": draw(st.sampled_from(sorted(known & {*_TEXTS, *_NUMBERS})))}]}
        if kind == "like":
            return {"op": "like", "args": [prop, f"%{value[-2:]}"]}
        if kind == "in":
            other = draw(st.sampled_from(pool))["properties"].get(name, value)
            return {"op": "in", "args": [prop, [value, other]]}
        if kind == "list":
            return {"op": "a_contains", "args": [prop, [draw(st.sampled_from(value))]]}
        if kind == "time":
            return {"op": compare, "args": [prop, {"timestamp": value}]}
        if name == "burst:id":
            compare = draw(st.sampled_from(["=", "<>"]))
        return {"op": compare, "args": [prop, float(value) if kind == "number" else value]}

    return leaf()


def _trees(pool):
    return st.recursive(
        _leaf(pool),
        lambda inner: st.one_of(
            st.builds(
                lambda op, args: {"op": op, "args": args},
                st.sampled_from(["and", "or"]),
                st.lists(inner, min_size=2, max_size=3),
            ),
            inner.map(lambda each: {"op": "not", "args": [each]}),
        ),
        max_leaves=5,
    )


@pytest.mark.parametrize("name", ["sentinel-1-slc", "sentinel-2-l2a", "sentinel-1-slc-burst"])
def test_what_a_filter_finds_is_what_the_items_say(api, items, name):
    pool, seen = items[name], {"asked": 0, "checked": 0, "some": 0}

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(_trees(pool))
    def check(node):
        expected = sorted(item["id"] for item in pool if _holds(node, item))
        search = to_search({"collections": [name], "filter": node})
        assert sorted(each["id"] for each in api.items(search)) == expected
        parts = to_parts(search)
        exact = all(part.rest is None for part in parts)
        seen["asked" if exact else "checked"] += 1
        seen["some"] += 0 < len(expected) < len(pool)
        if exact:
            answer = api.handle("POST", "/search", {"collections": [name], "filter": node, "limit": 1})
            assert answer["numberMatched"] == len(expected)

    check()
    assert min(seen.values()) >= 8, seen


def test_several_collections_at_once_and_by_mission(api, items):
    """Sorted searches ask for several collections in one query: each has its own meaning of a property."""
    node = {"op": "or", "args": [
        {"op": "=", "args": [{"property": "platform"}, "sentinel-2a"]},
        {"op": "like", "args": [{"property": "product:type"}, "IW_GRD%"]},
    ]}  # fmt: skip
    names = ["sentinel-1-grd", "sentinel-2-l2a", "sentinel-1-slc"]
    expected = sorted(each["id"] for name in names for each in items[name] if _holds(node, each))
    for extra in ({}, {"sortby": "+datetime"}):
        found = api.items(to_search({"collections": names, "filter": node, **extra}))
        assert sorted(each["id"] for each in found) == expected
    everything = api.items(
        to_search({"collections": ["sentinel-1", "sentinel-2"], "filter": node, "sortby": "datetime"})
    )
    ids = [each["id"] for each in everything]
    assert set(expected) <= set(ids)
    assert len(ids) == len(set(ids))


def test_pages_and_tokens_of_a_filter_that_is_checked_here(api, items):
    node = {"op": "like", "args": [{"property": "burst:id"}, "%iw2"]}
    expected = sorted(
        each["id"] for each in items["sentinel-1-slc-burst"] if each["properties"]["burst:swath"] == "IW2"
    )
    for limit in (1, 3, 50, 1000):
        body, found = {"collections": ["sentinel-1-slc-burst"], "filter": node, "limit": limit}, []
        while body is not None and len(found) < 40:
            answer = api.handle("POST", "/search", body)
            assert 0 < len(answer["features"]) <= limit
            assert "numberMatched" not in answer
            found += [each["id"] for each in answer["features"]]
            body = next((link["body"] for link in answer["links"] if link["rel"] == "next"), None)
        assert len(found) == len(set(found))
        assert set(found) <= set(expected)
        assert body is not None or sorted(found) == expected
