"""explain(): the very requests, and which part of a filter goes where."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import shapely
from pystac_client import ItemSearch

from phistac.errors import QueryError
from phistac.odata.filters import render
from phistac.remote.stacapi.explain import explain
from phistac.remote.stacapi.stac_io import connect
from phistac.stac.parameters import to_search
from phistac.stac.search import to_parts


def test_the_address_is_that_of_the_query():
    found = explain(
        {"collections": ["sentinel-2-l2a"], "filter": "id LIKE 'S2A%' AND \"processing:facility\" LIKE 'E%+&'"}
    )
    (step,) = found.steps
    address = urlsplit(found.url(step))
    assert address.path == "/odata/v1/Products"
    options = parse_qs(address.query)
    assert options["$filter"] == [step.filter]
    assert options["$top"] == ["1000"]
    assert step.filter.endswith("startswith(Name,'S2A')")
    assert step.here == "processing:facility LIKE 'E%+&'"
    text = str(found)
    assert "1. sentinel-2-l2a: Products" in text
    assert f"GET {found.url(step)}" in text
    assert f"checked here: {step.here}" in text
    assert "&lt;" not in text
    assert "LIKE &#x27;E%+&amp;&#x27;" in found._repr_html_()


def test_ids_in_bulk_are_posted():
    found = explain({"ids": [f"S2A_{number}" for number in range(450)], "datetime": "2024"})
    (step,) = found.steps
    assert found.url(step).endswith("/Products/OData.CSC.FilterList?%24top=1000&%24expand=Attributes%2CAssets")
    assert step.pages == 3
    assert "t_intersects" in step.here
    assert "the names of S2A_0, S2A_1, S2A_2 and 447 more" in str(found)
    assert "450 ids: 3 pages of at most 200" in str(found)


def test_a_search_of_the_client_without_a_request():
    with connect() as client:
        search = client.search(collections=["sentinel-1-slc-burst", "sentinel-2-l2a"], datetime="2024", limit=50)
        found = explain(search)
    assert [step.collections for step in found.steps] == [("sentinel-2-l2a",), ("sentinel-1-slc-burst",)]
    assert [step.query.top for step in found.steps] == [50, 50]
    assert "the catalogue's answer is exact" in str(found)
    assert "explain(search, count=True)" in str(found)


def test_what_is_none_of_ours_is_refused():
    with pytest.raises(QueryError, match=r"phistac\.connect"):
        explain(ItemSearch("https://stac.dataspace.copernicus.eu/v1/search"))
    assert str(explain({"collections": ["sentinel-2-l2a"], "filter": "collection = 'sentinel-1-slc'"})).startswith(
        "No request"
    )


def test_a_long_list_is_asked_for_in_handfuls():
    ids = [f"044_{number:06d}_IW2" for number in range(92500, 92625)]
    query = {"burst:id": {"in": [*ids, ids[0].lower(), f"t{ids[1]}"]}, "sar:polarizations": {"eq": "VV"}}
    parts = to_parts(to_search({"collections": ["sentinel-1-slc-burst"], "query": query}))
    texts = [render(part.query.filter) for part in parts]
    assert [text.count("BurstId eq") for text in texts] == [50, 50, 25]
    assert all("PolarisationChannels eq 'VV'" in text for text in texts)
    assert len({text for each in texts for text in each.split() if text.isdigit()}) == 125
    (whole,) = to_parts(to_search({"collections": ["sentinel-1-slc-burst"], "query": query, "sortby": "datetime"}))
    assert render(whole.query.filter).count("BurstId eq") == 125


def test_an_area_of_very_many_vertices_is_asked_for_by_a_simpler_one():
    area = shapely.union_all([shapely.Point(14 + step / 10, 40).buffer(0.2, quad_segs=60) for step in range(8)])
    (part,) = to_parts(to_search({"collections": ["sentinel-2-l2a"], "intersects": area}))
    text = render(part.query.filter)
    assert len(text) < 6000
    asked = shapely.from_wkt(text[text.index("POLYGON") : text.rindex("')")])
    assert asked.covers(area)
    assert asked.area < 1.2 * area.area
    assert part.rest["op"] == "s_intersects"
    assert shapely.geometry.shape(part.rest["args"][1]).equals(area)
    points = shapely.MultiPoint([(step / 10, step / 20) for step in range(400)])
    (part,) = to_parts(to_search({"collections": ["sentinel-2-l2a"], "intersects": points}))
    assert part.rest is not None
    assert len(render(part.query.filter)) < 6000
