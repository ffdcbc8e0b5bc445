"""Tables of Items: there and back to the microsecond."""

from __future__ import annotations

import errno
import json
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pyarrow.parquet as pq
import pystac
import pytest
import stac_geoparquet.arrow
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.errors import DiskFullError, QueryError
from phistac.odata.records import product
from phistac.odata.times import text
from phistac.stac.items import item
from phistac.stac.tables import from_geodataframe, item_dicts, to_geodataframe, to_geoparquet, to_item_collection

_MOMENT = st.datetimes(datetime(2000, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)).map(text)  # noqa: DTZ001
_POSITION = st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(list)
_VALUE = st.one_of(st.integers(-(2**53), 2**53), st.text(max_size=5), st.booleans(), st.floats(allow_nan=False))
_PROPERTIES = st.fixed_dictionaries(
    {"datetime": _MOMENT},
    optional={
        "created": _MOMENT,
        "expires": _MOMENT,
        "sat:relative_orbit": st.integers(1, 175),
        "eo:cloud_cover": st.floats(0, 100),
        "platform": st.text(max_size=4),
        "sar:polarizations": st.lists(st.sampled_from(["VV", "VH"]), min_size=1),
        "mixed": _VALUE,
        "nested": st.dictionaries(st.text(max_size=3), _VALUE, max_size=2),
    },
)


@st.composite
def _items(draw):
    geometry = draw(st.one_of(st.none(), _POSITION.map(lambda p: {"type": "Point", "coordinates": p})))
    made = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [],
        "id": draw(st.text(min_size=1, max_size=6)),
        "geometry": geometry,
        "properties": draw(_PROPERTIES),
        "links": [],
        "assets": draw(st.dictionaries(st.text(min_size=1, max_size=3), st.just({"href": "s3://x"}), max_size=2)),
        "collection": draw(st.sampled_from(["a", "b"])),
    }
    if geometry is not None:
        made["bbox"] = [*geometry["coordinates"], *geometry["coordinates"]]
    return made


@settings(max_examples=150)
@given(st.lists(_items(), max_size=5))
def test_there_and_back(items):
    back = from_geodataframe(to_geodataframe(items))
    assert back == items
    assert json.loads(json.dumps(back)) == items


@pytest.fixture
def real_items(record_rows):
    return [item(product(row)) for _, row in record_rows]


def test_real_items_there_and_back(real_items):
    table = to_geodataframe(real_items)
    assert table.crs == "EPSG:4326"
    assert str(table["datetime"].dtype) == "datetime64[us, UTC]"
    assert str(table["sat:relative_orbit"].dtype) == "Int64"
    assert table.geometry.isna().sum() == sum(each["geometry"] is None for each in real_items) > 0
    assert from_geodataframe(table) == real_items
    assert from_geodataframe(table[::-1]) == real_items[::-1]
    assert table.total_bounds[0] < table.total_bounds[2]


def test_native_items_share_a_table_with_ours(real_data, real_items):
    native = [
        json.loads(path.read_text())
        for path in (real_data / "cdse" / "stac_items").glob("*/sentinel-[123]-*/*.json")
        if "mosaic" not in path.name
    ]
    table = to_geodataframe([*real_items, *native])
    assert len(table) == len(real_items) + len(native)
    assert table["datetime"].isna().sum() == 0
    assert str(table["expires"].dtype) == "datetime64[us, UTC]"


def test_geoparquet_keeps_microseconds_and_missing_footprints(real_items, tmp_path):
    to_geoparquet(real_items, tmp_path / "items.parquet")
    assert [path.name for path in tmp_path.glob("*.parquet*")] == ["items.parquet"]
    table = gpd.read_parquet(tmp_path / "items.parquet")
    assert list(table["id"]) == [each["id"] for each in real_items]
    assert [text(each.to_pydatetime()) for each in table["datetime"]] == [
        each["properties"]["datetime"] for each in real_items
    ]
    assert list(table.geometry.isna()) == [each["geometry"] is None for each in real_items]


def test_geoparquet_is_what_other_tools_read(real_items, tmp_path):
    located = [each for each in real_items if each["geometry"] is not None]
    to_geoparquet(located, tmp_path / "items.parquet")
    back = list(stac_geoparquet.arrow.stac_table_to_items(pq.read_table(tmp_path / "items.parquet")))
    assert [each["id"] for each in back] == [each["id"] for each in located]
    assert [each["properties"]["datetime"] for each in back] == [each["properties"]["datetime"] for each in located]
    assert [each["geometry"] for each in back] == [each["geometry"] for each in located]


def test_items_in_every_form(real_items):
    one = real_items[0]
    assert item_dicts(one) == [one]
    assert item_dicts({"type": "FeatureCollection", "features": [one]}) == [one]
    assert item_dicts(to_geodataframe([one])) == [one]
    assert [each["id"] for each in item_dicts(pystac.Item.from_dict(one))] == [one["id"]]
    assert [each["id"] for each in item_dicts(pystac.ItemCollection([pystac.Item.from_dict(one)]))] == [one["id"]]
    assert to_item_collection(iter([one]))["features"] == [one]
    for wrong in ([5], [{"type": "Catalog"}]):
        with pytest.raises(QueryError, match="is not an Item"):
            item_dicts(wrong)


def test_nothing_makes_an_empty_table_and_no_file():
    assert len(to_geodataframe([])) == 0
    assert from_geodataframe(to_geodataframe([])) == []
    with pytest.raises(QueryError, match="no Items to write"):
        to_geoparquet([], "items.parquet")


def test_what_cannot_be_written_whole_is_not_there_in_part(real_items, tmp_path, monkeypatch):
    def full(table, path):
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stac_geoparquet.arrow, "to_parquet", full)
    with pytest.raises(DiskFullError, match="no room"):
        to_geoparquet(real_items, tmp_path / "items.parquet")
    assert not list(tmp_path.glob("items*"))


def test_a_table_of_something_else_is_refused():
    with pytest.raises(QueryError, match="not one of Items"):
        from_geodataframe(gpd.GeoDataFrame({"a": [1]}))
