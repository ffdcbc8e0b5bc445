"""pystac-client on the catalogue: searches by every parameter. Warnings are errors, as everywhere in these tests."""

from __future__ import annotations

import itertools
import json

import geopandas
import pystac
import pytest
import shapely

from phistac.errors import GeometryError, QueryError
from phistac.remote.stacapi.explain import explain
from phistac.remote.stacapi.stac_io import connect

_S2, _SLC, _BURST = "sentinel-2-l2a", "sentinel-1-slc", "sentinel-1-slc-burst"


@pytest.fixture(scope="module")
def cdse(seeded_root):
    from phistac.sandbox import Sandbox

    with Sandbox(root=seeded_root) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def catalog(cdse):
    with connect(cdse.settings) as client:
        yield client


@pytest.fixture(scope="module")
def items(catalog):
    """Every Item of three collections: what searches are compared with."""
    return {name: list(catalog.search(collections=[name]).items()) for name in (_S2, _SLC, _BURST)}


def test_our_items_need_no_migration(cdse, catalog):
    """They are read without: it would copy each of them. What pystac makes of them with it is the same."""
    search = catalog.search(limit=100)
    plain = list(search.items_as_dicts())
    assert len(plain) > 200
    assert len({each.get("collection") for each in plain}) > 8
    migrated = [pystac.Item.from_dict(each, root=catalog) for each in plain]
    assert [each.to_dict() for each in search.items()] == [each.to_dict() for each in migrated]
    assert [each.id for each in search.item_collection()] == [each["id"] for each in plain]


def test_items_of_one_answer_share_nothing_that_can_be_changed(catalog):
    first, second = itertools.islice(catalog.search(collections=[_S2]).items(), 2)
    for key, asset in first.assets.items():
        asset.roles.append("mine")
        asset.extra_fields.get("storage:refs", []).append("mine")
        asset.extra_fields.get("proj:shape", []).append(1)
        assert asset.to_dict() != second.assets[key].to_dict()
    first.properties["auth:schemes"]["s3"]["type"] = "mine"
    again = next(iter(catalog.search(collections=[_S2], ids=[first.id]).items()))
    assert "mine" not in str(second.to_dict()) + str(again.to_dict())


def _ids(found):
    return sorted(each.id for each in found)


def _meets(items, area):
    return [each for each in items if shapely.intersects(shapely.geometry.shape(each.geometry), area)]


def test_bbox_and_intersects(catalog, items):
    for name in items:
        west, south, east, north = items[name][0].bbox
        x, y = (west + east) / 2, (south + north) / 2
        box = [x - 0.01, y - 0.01, x + 0.01, y + 0.01]
        expected = _ids(_meets(items[name], shapely.box(*box)))
        assert len(expected) > 0
        assert _ids(catalog.search(collections=[name], bbox=box).items()) == expected
        areas = {
            "point": shapely.Point(x, y),
            "line": shapely.LineString([(x, y), (x + 0.2, y + 0.1)]),
            "polygon": shapely.box(*box),
            "with a hole": shapely.box(x - 2, y - 2, x + 2, y + 2).difference(
                shapely.box(x - 1.9, y - 1.9, x + 1.9, y + 1.9)
            ),
            "points": shapely.MultiPoint([(x, y), (x + 3, y)]),
            "lines": shapely.MultiLineString([[(x, y), (x, y + 0.1)], [(x + 3, y), (x + 3, y + 1)]]),
            "polygons": shapely.MultiPolygon([shapely.box(*box), shapely.box(x + 3, y, x + 4, y + 1)]),
            "collection": shapely.GeometryCollection([shapely.Point(x, y), shapely.box(x + 3, y, x + 4, y + 1)]),
            "many vertices": shapely.Point(x, y).buffer(0.3, quad_segs=200),
        }
        for kind, area in areas.items():
            found = catalog.search(collections=[name], intersects=area)
            assert _ids(found.items()) == _ids(_meets(items[name], area)), (name, kind)


def test_areas_in_every_form(catalog, items):
    area = shapely.box(*items[_S2][0].bbox).buffer(-0.2)
    expected = _ids(_meets(items[_S2], area))
    table = geopandas.GeoDataFrame(geometry=[area], crs="EPSG:4326")
    forms = (area, area.wkt, shapely.to_geojson(area), json.loads(shapely.to_geojson(area)), table,
             {"type": "Feature", "geometry": json.loads(shapely.to_geojson(area)), "properties": {}})  # fmt: skip
    for form in forms:
        assert _ids(catalog.search(collections=[_S2], intersects=form).items()) == expected
    moved = catalog.search(collections=[_S2], intersects=table.to_crs("EPSG:32633"))
    assert items[_S2][0].id in _ids(moved.items())
    with pytest.raises(GeometryError, match="not a valid"):
        catalog.search(collections=[_S2], intersects="POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))")


def test_datetime(catalog, items):
    times = sorted(each.datetime for each in items[_SLC])
    middle = times[len(times) // 2]
    for text, wanted in (
        (middle.strftime("%Y-%m"), lambda at: (at.year, at.month) == (middle.year, middle.month)),
        (middle.strftime("%Y-%m-%d"), lambda at: at.date() == middle.date()),
        (f"{middle.isoformat().replace('+00:00', 'Z')}/..", None),
        (f"../{middle.isoformat().replace('+00:00', 'Z')}", lambda at: at <= middle),
        ("2001", lambda at: False),
    ):
        found = catalog.search(collections=[_SLC], datetime=text)
        if wanted is None:
            expected = [each for each in items[_SLC] if each.common_metadata.end_datetime >= middle]
        else:
            expected = [each for each in items[_SLC] if wanted(each.datetime)]
        assert _ids(found.items()) == _ids(expected), text
        assert found.matched() == len(expected), text


def test_ids_few_and_many(catalog, items, cdse):
    everything = items[_S2] + items[_SLC]
    few, many = everything[:3], everything[:60]
    assert len(many) > 40
    assert _ids(catalog.search(ids=_ids(few)).items()) == _ids(few)
    cdse.reset_counters()
    found = catalog.search(ids=[*_ids(many), "S2A_NOT_THERE"], limit=100)
    assert _ids(found.items()) == _ids(many)
    assert cdse.counters().requests == 1, "FilterList takes them all at once"
    assert found.matched() == len(many)
    assert _ids(catalog.search(ids=_ids(many), limit=7).items()) == _ids(many)
    narrowed = catalog.search(ids=_ids(many), collections=[_S2], query={"platform": {"eq": "sentinel-2a"}})
    assert _ids(narrowed.items()) == _ids(
        each for each in many if each.collection_id == _S2 and each.properties["platform"] == "sentinel-2a"
    )
    area = shapely.Point(*shapely.geometry.shape(many[0].geometry).representative_point().coords[0])
    near = catalog.search(ids=_ids(many), intersects=area, datetime=many[0].datetime.strftime("%Y-%m-%d"))
    assert _ids(near.items()) == _ids(
        each for each in _meets(many, area) if each.datetime.date() == many[0].datetime.date()
    )
    bursts = items[_BURST][:45]
    assert _ids(catalog.search(ids=_ids(bursts)).items()) == _ids(bursts)
    with pytest.raises(QueryError, match=r"query=\{'burst:id'"):
        catalog.search(ids=["t044_092602_iw2"]).item_collection()


_FILTERS = (
    # collection, CQL2 text, the same as Python on an Item's properties
    (_S2, '"eo:cloud_cover" < 40', lambda p: p["eo:cloud_cover"] < 40),
    (_S2, '"eo:cloud_cover" BETWEEN 10 AND 60', lambda p: 10 <= p["eo:cloud_cover"] <= 60),
    (_S2, 'NOT ("eo:cloud_cover" < 40 OR platform = \'sentinel-2a\')',
     lambda p: not (p["eo:cloud_cover"] < 40 or p["platform"] == "sentinel-2a")),
    (_S2, "platform <> 'sentinel-2a'", lambda p: p["platform"] != "sentinel-2a"),
    (_S2, "platform LIKE '%2b' AND \"eo:cloud_cover\" >= 20",
     lambda p: p["platform"].endswith("2b") and p["eo:cloud_cover"] >= 20),
    (_S2, "casei(platform) = casei('SENTINEL-2A')", lambda p: p["platform"] == "sentinel-2a"),
    (_S2, '"grid:code" IN (\'MGRS-33TVF\', \'MGRS-01ABC\')', lambda p: p["grid:code"] == "MGRS-33TVF"),
    (_S2, '"sat:relative_orbit" + 1 > 60', lambda p: p["sat:relative_orbit"] + 1 > 60),
    (_S2, "gsd = 10", lambda p: p["gsd"] == 10),
    (_S2, "datetime >= TIMESTAMP('2024-08-05T00:00:00Z')", lambda p: p["datetime"] >= "2024-08-05"),
    (_S2, "created < TIMESTAMP('2024-08-05T00:00:00Z')", lambda p: p["created"] < "2024-08-05"),
    (_S2, '"product:type" IS NULL', lambda p: "product:type" not in p),
    (_SLC, '"sat:orbit_state" = \'ascending\' AND "sat:relative_orbit" = 44',
     lambda p: p["sat:orbit_state"] == "ascending" and p["sat:relative_orbit"] == 44),
    (_SLC, 'A_CONTAINS("sar:polarizations", (\'VH\'))', lambda p: "VH" in p["sar:polarizations"]),
    (_SLC, '"sar:polarizations" = (\'VH\', \'VV\')', lambda p: set(p["sar:polarizations"]) == {"VH", "VV"}),
    (_SLC, '"odata:sliceNumber" > 0 AND "odata:processorName" LIKE \'Sentinel%\'', lambda p: True),
    (_BURST, '"burst:id" = \'044_092602_IW2\'', lambda p: p["burst:id"] == "t044_092602_iw2"),
    (_BURST, '"sar:relative_burst" = 92602 AND "sar:polarizations" = (\'VV\')',
     lambda p: p["burst:relative_id"] == 92602 and p["sar:polarizations"] == ["VV"]),
    (_BURST, '"burst:index" = 0 AND "burst:swath" <> \'IW1\'', lambda p: p["burst:index"] == 0 and p["burst:swath"] != "IW1"),
    (_BURST, '"burst:azimuth_anx_time" < 659', lambda p: p["burst:azimuth_anx_time"] < 659),
    (_BURST, '"burst:id" LIKE \'t044%iw3\'', lambda p: p["burst:id"][:4] == "t044" and p["burst:id"][-3:] == "iw3"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "text", "wanted"), _FILTERS, ids=[each[1] for each in _FILTERS])
def test_filter_as_text_and_as_json(catalog, items, name, text, wanted):
    import cql2

    expected = _ids(each for each in items[name] if wanted(each.properties))
    as_text = catalog.search(collections=[name], filter=text, filter_lang="cql2-text", limit=37)
    assert _ids(as_text.items()) == expected
    as_json = catalog.search(
        collections=[name], filter=cql2.Expr(text).to_json(), filter_lang="cql2-json", method="POST"
    )
    assert _ids(as_json.items()) == expected
    by_get = catalog.search(collections=[name], filter=text, filter_lang="cql2-text", method="GET", limit=50)
    assert _ids(by_get.items()) == expected
    exact = all(not step.here for step in explain(as_text).steps)
    if exact:
        assert as_text.matched() == len(expected)
    else:
        with pytest.warns(UserWarning, match="numberMatched"):
            assert as_text.matched() is None


def test_pages_of_a_filter_that_is_checked_here_are_full(catalog, items, cdse):
    expected = [each.id for each in items[_BURST] if each.properties["burst:index"] == 1]
    search = catalog.search(collections=[_BURST], filter='"burst:index" = 1', filter_lang="cql2-text", limit=5)
    pages = [[each["id"] for each in page["features"]] for page in search.pages_as_dicts()]
    assert [len(page) for page in pages[:-1]] == [5] * (len(pages) - 1)
    assert sorted(each for page in pages for each in page) == sorted(expected)
    some = catalog.search(collections=[_BURST], filter='"burst:index" = 1', filter_lang="cql2-text", max_items=3)
    assert len(list(some.items())) == 3


def test_query_sortby_fields_limit(catalog, items):
    query = {
        "eo:cloud_cover": {"gte": 10, "lt": 60},
        "platform": {"startsWith": "sentinel"},
        "grid:code": {"in": ["MGRS-33TVF"]},
    }
    expected = _ids(
        each
        for each in items[_S2]
        if 10 <= each.properties["eo:cloud_cover"] < 60 and each.properties["grid:code"] == "MGRS-33TVF"
    )
    assert _ids(catalog.search(collections=[_S2], query=query).items()) == expected
    polarized = catalog.search(collections=[_SLC], query={"sar:polarizations": {"contains": "VV"}})
    assert _ids(polarized.items()) == _ids(e for e in items[_SLC] if "VV" in e.properties["sar:polarizations"])
    for key in ("datetime", "end_datetime", "published", "updated"):
        up = [each.properties[key] for each in catalog.search(collections=[_S2], sortby=f"+{key}", limit=9).items()]
        down = catalog.search(collections=[_S2], sortby=[{"field": f"properties.{key}", "direction": "desc"}])
        assert up == sorted(up)
        assert [each.properties[key] for each in down.items()] == up[::-1]
    with pytest.raises(QueryError, match="cannot be sorted by"):
        catalog.search(collections=[_S2], sortby="eo:cloud_cover").item_collection()
    slim = next(catalog.search(collections=[_S2], fields="id,properties.eo:cloud_cover", max_items=1).items_as_dicts())
    assert set(slim["properties"]) == {"eo:cloud_cover"}
    first = next(catalog.search(collections=[_S2], limit=4).pages_as_dicts())
    assert len(first["features"]) == 4


def test_collections_by_filter(catalog, items):
    both = catalog.search(
        filter=f"collection IN ('{_S2}', '{_BURST}') AND datetime > DATE('2024-08-01')", filter_lang="cql2-text"
    )
    expected = [each for name in (_S2, _BURST) for each in items[name] if each.properties["datetime"] > "2024-08-01"]
    assert _ids(both.items()) == _ids(expected)
    assert both.matched() == len(expected)
    nothing = catalog.search(collections=[_SLC], filter=f"collection = '{_S2}'", filter_lang="cql2-text")
    assert list(nothing.items()) == []
    mission = catalog.search(
        collections=["sentinel-1"], filter=f"collection = '{_SLC}' OR id LIKE '%NOTHING%'", filter_lang="cql2-text"
    )
    assert _ids(mission.items()) == _ids(items[_SLC])


def test_matched_is_one_request(catalog, items, cdse):
    middle = sorted(each.datetime for each in items[_S2])[len(items[_S2]) // 2]
    several = catalog.search(collections=[_S2, _SLC, "sentinel-3-olci-1-efr-ntc"], datetime=f"../{middle:%Y-%m-%d}")
    whole = catalog.search()
    box = catalog.search(collections=[_S2, _SLC], bbox=items[_SLC][0].bbox, query={"platform": {"eq": "sentinel-1a"}})
    for search in (several, whole, box):
        cdse.reset_counters()
        matched = search.matched()
        assert cdse.counters().requests == 1
        assert matched == len(list(search.items())) > 0
    cdse.reset_counters()
    with_bursts = catalog.search(collections=[_S2, _SLC, _BURST])
    assert with_bursts.matched() == len(items[_S2]) + len(items[_SLC]) + len(items[_BURST])
    assert cdse.counters().requests == 2, "bursts are another entity of the catalogue"


def test_items_of_a_mission_and_of_one_of_its_collections_come_once(catalog, items):
    both = catalog.search(collections=[_SLC, "sentinel-1"])
    found = _ids(both.items())
    assert len(found) == len(set(found)) == both.matched() > len(items[_SLC])


def _count(catalog, **search):
    found = [each["id"] for each in catalog.search(**search).items_as_dicts()]
    assert len(found) == len(set(found))
    return len(found)


def test_a_mission_means_its_parts_wherever_it_is_named(catalog, items):
    def by(text):
        return _count(catalog, filter=text, filter_lang="cql2-text")

    whole = by("collection = 'sentinel-1'")
    both = whole + len(items[_S2])
    assert by(f"collection IN ('sentinel-1', '{_S2}')") == both
    assert by(f"collection = 'sentinel-1' OR collection = '{_S2}'") == both
    assert by(f"collection = 'sentinel-1' OR (collection = '{_S2}' AND id LIKE '%')") == both
    assert by(f"NOT (collection <> 'sentinel-1') AND collection <> '{_SLC}'") == whole - len(items[_SLC])
    assert by(f"collection = 'sentinel-1' AND collection = '{_SLC}'") == len(items[_SLC])
    for filter_, expected in (
        (f"collection = '{_SLC}' AND collection = 'sentinel-1-grd'", 0),
        (f"collection = '{_SLC}' AND collection = 'sentinel-1'", len(items[_SLC])),
    ):
        for collections in (["sentinel-1"], [_SLC]):
            assert _count(catalog, collections=collections, filter=filter_, filter_lang="cql2-text") == expected


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("sentinel-3", {"op": "=", "args": [{"property": "instruments"}, ["olci"]]}),
        (_SLC, {"op": "=", "args": [{"property": "sar:beam_ids"}, ["iw3", "iw2", "iw1"]]}),
        (_BURST, {"op": ">", "args": [{"property": "eopf:datatake_id"}, "9"]}),
        (_SLC, {"op": "<", "args": [{"property": "eopf:datatake_id"}, "9"]}),
    ],
)
def test_it_is_the_same_whoever_checks_it(catalog, name, node):
    """In an ``or`` with something that the catalogue cannot be asked, all is checked here."""
    impossible = {"op": "like", "args": [{"property": "platform"}, "no%such"]}
    asked = _count(catalog, collections=[name], filter=node, filter_lang="cql2-json")
    either = {"op": "or", "args": [node, impossible]}
    assert _count(catalog, collections=[name], filter=either, filter_lang="cql2-json") == asked


def test_ids_with_and_without_extension_are_one_in_a_long_list(catalog, items):
    names = [each.id for each in items[_S2]][:30]
    query = {"id": {"in": [*names, *(f"{name}.SAFE" for name in names)]}}
    assert _count(catalog, collections=[_S2], query=query) == len(names)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"sortby": [{"field": "datetime", "direction": "descending"}]}, "'asc' or 'desc'"),
        ({"query": {"instruments": {"eq": ["olci", "msi"]}}}, "no record can have"),
        ({"filter": "S_INTERSECTS(geometry, geometry)"}, "compared with an area"),
        ({"filter": '"sat:relative_orbit" < 1e999'}, "whole number"),
        ({"query": {"eo:cloud_cover": {"lt": float("nan")}}}, "a number"),
        ({"filter": {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": 5}]}}, "no list of numbers"),
        ({"filter": {"op": "t_intersects", "args": [{"property": "datetime"}, {"interval": 5}]}}, "not an interval"),
        ({"filter": '"eo:cloud_cover" < 5', "filter_lang": "cql3"}, "filter-lang is 'cql3'"),
        ({"filter": "cloud_cover < 10"}, "Did you mean eo:cloud_cover"),
        ({"filter": "platform = 'meteosat'"}, "no record can have"),
        ({"filter": "\"sat:relative_orbit\" = 'x'"}, "whole number"),
        ({"filter": "S_INTERSECTS(platform, POINT(0 0))"}, "no geometry"),
        ({"query": {"eo:cloud_cover": {"near": 5}}}, "near"),
        ({"sortby": ["datetime", "updated"]}, "one property at a time"),
    ],
)
def test_what_cannot_be_answered_is_refused(catalog, params, words):
    as_text = isinstance(params.get("filter"), str) and "filter_lang" not in params
    lang = {"filter_lang": "cql2-text"} if as_text else {}
    with pytest.raises(QueryError, match=words):
        catalog.search(collections=[_S2], **params, **lang).item_collection()


def test_explain_counts_what_the_catalogue_finds(catalog, items):
    search = catalog.search(collections=[_S2, _BURST], filter="platform LIKE '%a'", filter_lang="cql2-text")
    products, bursts = explain(search, count=True).steps
    assert (products.matched, bursts.matched) == (len(items[_S2]), len(items[_BURST]))
    assert (products.here, bursts.here) == ("platform LIKE '%a'",) * 2
    assert products.pages == 1
    found = explain(search, count=True)
    assert f"{len(items[_S2]):,} records: 1 page (pages of" in str(found)
    import requests

    answer = requests.get(found.url(found.steps[0]), timeout=30).json()
    assert {row["Name"].removesuffix(".SAFE") for row in answer["value"]} == {each.id for each in items[_S2]}
