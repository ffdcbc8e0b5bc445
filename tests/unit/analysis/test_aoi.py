"""What is an area, and what is refused."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from phistac.analysis.aoi import to_geometry
from phistac.errors import GeometryError

SQUARE = "POLYGON ((0 0, 2 0, 2 1, 0 1, 0 0))"
SHAPE = shapely.from_wkt(SQUARE)
GEOJSON = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 1], [0, 1], [0, 0]]]}


class WithInterface:
    __geo_interface__ = GEOJSON


@pytest.mark.parametrize(
    "area",
    [
        SQUARE,
        f"  SRID=4326;{SQUARE}  ",
        json.dumps(GEOJSON),
        GEOJSON,
        {"type": "Feature", "properties": {}, "geometry": GEOJSON},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": GEOJSON}]},
        {"type": "Polygon", "coordinates": [[[0, 0, 9], [2, 0, 9], [2, 1, 9], [0, 1, 9], [0, 0, 9]]]},
        WithInterface(),
        SHAPE,
        (0, 0, 2, 1),
        [0, 0, -5, 2, 1, 5],
        np.array([0.0, 0.0, 2.0, 1.0]),
        gpd.GeoSeries([SHAPE], crs="EPSG:4326"),
        gpd.GeoDataFrame(geometry=[SHAPE]),
        gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs="OGC:CRS84"),
    ],
    ids=lambda area: type(area).__name__,
)
def test_every_form_gives_the_same_area(area):
    geometry = to_geometry(area)
    assert geometry.equals(SHAPE)
    assert not geometry.has_z


def test_a_projected_table_is_reprojected():
    utm = gpd.GeoSeries([shapely.box(14.0, 40.5, 14.5, 41.0)], crs="EPSG:4326").to_crs("EPSG:32633")
    assert np.allclose(to_geometry(utm).bounds, (14.0, 40.5, 14.5, 41.0), atol=1e-9)


def test_several_features_become_their_union():
    features = [{"type": "Feature", "geometry": shapely.box(x, 0, x + 2, 1).__geo_interface__} for x in (0, 1)]
    assert to_geometry({"type": "FeatureCollection", "features": features}).equals(shapely.box(0, 0, 3, 1))


def test_a_box_across_the_antimeridian_has_two_parts():
    parts = shapely.get_parts(to_geometry((170, -20, -160, -10)))
    assert sorted(part.bounds for part in parts) == [(-180, -20, -160, -10), (170, -20, 180, -10)]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((170, 0, -180, 1), (170, 0, 180, 1)),
        ((180, 0, -170, 1), (-180, 0, -170, 1)),
        ((-180, -90, 180, 90), (-180, -90, 180, 90)),
    ],
)
def test_a_box_that_touches_the_antimeridian_has_one_part(box, expected):
    geometry = to_geometry(box)
    assert (geometry.geom_type, geometry.bounds) == ("Polygon", expected)


def test_a_box_without_width_is_what_it_degenerates_to():
    assert to_geometry((3, 4, 3, 4)) == shapely.Point(3, 4)
    assert to_geometry((3, 4, 3, 5)) == shapely.LineString([(3, 4), (3, 5)])


@pytest.mark.parametrize(
    ("area", "says"),
    [
        ("POLYGON((0 0,1 1,1 0,0 1,0 0))", r"Self-intersection\[0.5 0.5\]"),
        ("POLYGON((0 0,1 1,1 0,0 1))", "not form a closed linestring"),
        ("field.geojson", "is not WKT"),
        ("", "is not WKT"),
        ("{not json", "is not JSON"),
        ("SRID=32633;POINT(1 2)", "SRID=32633"),
        ("POINT EMPTY", "empty"),
        ("POINT (nan 1)", "not a finite number"),
        ("POINT (45 95)", r"\(45, 95\)"),
        (shapely.box(500000, 4000000, 500100, 4000100), "not on the globe"),
        ((0, 0, 1), "4 or 6 numbers"),
        (("a", 0, 1, 1), "not a box of numbers"),
        ((0, 0, float("nan"), 1), "not a finite number"),
        ((0, 2, 1, 1), "south"),
        ((350, 0, 370, 1), r"\(350, 0\)"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}, "not closed"),
        ({"type": "Polygon", "coordinates": [[1, 1], 3]}, "not a GeoJSON geometry"),
        ({"type": "Polygon", "coordinates": [["a", "b", "a"]]}, "not a GeoJSON geometry"),
        ({"type": "Blob"}, "Blob"),
        ({}, "names no type"),
        ({"type": "Feature", "id": "x", "geometry": None}, "'x' has no geometry"),
        ({"type": "FeatureCollection", "features": []}, "no features"),
        (gpd.GeoSeries([], crs="EPSG:4326"), "no rows"),
        (gpd.GeoSeries([SHAPE, None], crs="EPSG:4326"), "1 of 2 rows"),
        (None, "NoneType"),
        (7, "int"),
    ],
)
def test_what_is_no_area_is_refused_with_the_reason(area, says):
    with pytest.raises(GeometryError, match=says):
        to_geometry(area)


longitudes = st.floats(-180, 180, allow_nan=False).map(lambda degrees: round(degrees, 9))
latitudes = st.floats(-90, 90, allow_nan=False).map(lambda degrees: round(degrees, 9))


@given(longitudes, latitudes, longitudes, latitudes)
def test_every_box_is_valid_and_as_wide_as_it_says(west, a, east, b):
    south, north = sorted((a, b))
    geometry = to_geometry((west, south, east, north))
    assert geometry.is_valid
    assert not geometry.is_empty
    assert (geometry.bounds[1], geometry.bounds[3]) == (south, north)
    width = sum(part.bounds[2] - part.bounds[0] for part in shapely.get_parts(geometry))
    assert width == pytest.approx(east - west if west <= east else 360 + east - west, abs=1e-9)


@given(st.text(max_size=30) | st.lists(st.floats(), max_size=7) | st.dictionaries(st.just("type"), st.text(max_size=8)))
def test_anything_gives_a_valid_area_or_a_geometry_error(area):
    try:
        geometry = to_geometry(area)
    except GeometryError:
        return
    assert geometry.is_valid
