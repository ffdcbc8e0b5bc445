"""pystac-client over our plug-in: addresses, headers, errors, areas. Warnings are errors, nothing leaves the process."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from pystac_client import Client
from pystac_client.warnings import DoesNotConformTo

from phistac.errors import CatalogueError, ConfigurationError, GeometryError, ServiceError
from phistac.remote.stacapi.stac_io import StacIO, connect
from phistac.remote.web.http import Http
from phistac.remote.web.patience import Patience
from phistac.settings import Settings

_ROOT = "https://phistac.invalid"
_CATALOGUE = "https://catalogue.dataspace.copernicus.eu/odata/v1"
_SQUARE = shapely.box(14, 40, 15, 41)
_WKT = "POLYGON ((14 40, 15 40, 15 41, 14 41, 14 40))"


@pytest.mark.parametrize("address", [_ROOT, f"{_ROOT}/", _CATALOGUE, f"{_CATALOGUE}/"])
def test_any_of_our_addresses_opens_the_same_catalog(address):
    client = Client.open(address, stac_io=StacIO())
    assert type(client) is Client
    assert client.id == "phistac"
    assert len(list(client.get_collections())) > 100
    assert client.get_collection("sentinel-1-slc-burst").id == "sentinel-1-slc-burst"
    assert client.get_collection("no-such-collection") is None
    search = client.search(collections=["sentinel-2-l2a"], intersects=_SQUARE, datetime="2024-08", sortby="-datetime")
    assert search.url == f"{_ROOT}/search"
    assert client.get_queryables()["properties"]


def test_escaped_paths_are_read():
    io = StacIO()
    assert io.read_json(f"{_ROOT}/collections/sentinel%2D1%2Dslc")["id"] == "sentinel-1-slc"


def test_children_and_parents_are_ours():
    client = connect()
    collection = client.get_collection("sentinel-1-slc")
    assert collection.get_root() is client
    assert client.get_child("sentinel-1-slc") is None or client.get_child("sentinel-1-slc").id == "sentinel-1-slc"


@pytest.mark.parametrize(
    "area",
    [
        _WKT,
        _SQUARE,
        shapely.geometry.mapping(_SQUARE),
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(_SQUARE)},
        gpd.GeoDataFrame(geometry=[_SQUARE], crs="EPSG:4326"),
        gpd.GeoSeries([_SQUARE], crs="EPSG:4326").to_crs("EPSG:32633").to_frame("geometry").set_geometry("geometry"),
        (14, 40, 15, 41),
    ],
    ids=["wkt", "shapely", "geojson", "feature", "table", "projected", "box"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_search_takes_any_area(area, method):
    search = connect().search(collections=["sentinel-2-l2a"], intersects=area, method=method)
    sent = search.get_parameters()["intersects"]
    made = shapely.from_geojson(sent) if isinstance(sent, str) else shapely.geometry.shape(sent)
    assert shapely.hausdorff_distance(made, _SQUARE) < 1e-6


@pytest.mark.parametrize(
    ("area", "reason"),
    [
        ("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))", "not a valid Polygon"),
        ("Naples", "is not WKT"),
        ("area.geojson", "is not WKT"),
        (shapely.Point(190, 0), "not on the globe"),
        (shapely.Polygon(), "empty"),
        (7, "cannot be made from int"),
        (Path("area.gpkg"), r"read_area"),
    ],
)
def test_what_is_no_area_is_refused_at_once(area, reason):
    with pytest.raises(GeometryError, match=reason):
        connect().search(intersects=area)


def test_a_client_closes_what_it_opened():
    with connect() as client:
        assert client.get_collection("sentinel-1-slc").id == "sentinel-1-slc"
    client.close()


def test_a_timeout_is_one_number():
    assert Client.open(_ROOT, stac_io=StacIO(), timeout=5).id == "phistac"
    with pytest.raises(ConfigurationError, match="timeout"):
        Client.open(_ROOT, stac_io=StacIO(), timeout=(1, 2))


def test_authorization_is_a_bearer_token_or_nothing():
    with pytest.raises(ConfigurationError, match="holds no bearer token") as caught:
        Client.open("https://stac.example.org", stac_io=StacIO(), headers={"authorization": "Basic aGlkZGVuOndvcmQ="})
    assert "aGlkZGVu" not in str(caught.value)


def test_what_cannot_be_reached_is_our_error():
    nobody = Settings(stac_url="http://127.0.0.1:9/v1")
    http = Http(nobody, patience=Patience(attempts=1))
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1:9"):
        Client.open(nobody.stac_url, stac_io=StacIO(nobody, http=http))


def test_what_is_no_json_is_our_error():
    with pytest.raises(CatalogueError, match="not JSON"):
        StacIO().json_loads("<html>")


def test_the_markers_of_the_database_do_not_come_through():
    assert StacIO().json_loads('{"a": "\U0001235f※", "b": [{"c": "\\ud808\\udf5f\\u203b", "d": 1}]}') == {
        "b": [{"d": 1}]
    }


def test_conformance_is_complete():
    client = connect()
    for name in ("ITEM_SEARCH", "FILTER", "QUERY", "SORT", "FIELDS", "COLLECTIONS", "COLLECTION_SEARCH", "FEATURES"):
        assert client.conforms_to(name), DoesNotConformTo(name)
