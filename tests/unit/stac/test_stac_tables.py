"""Tables of Items: there and back to the microsecond."""

from __future__ import annotations

import errno
import json
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pystac
import pytest
import stac_geoparquet.arrow
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phistac.errors import DiskFullError, FormatError, NotFoundError, QueryError, TransferError
from phistac.odata.records import burst, product
from phistac.odata.times import normalized, text
from phistac.stac.bursts import burst_item
from phistac.stac.items import item
from phistac.stac.parquet import from_geoparquet, to_geoparquet
from phistac.stac.table_types import TIMES
from phistac.stac.tables import from_geodataframe, item_dicts, to_geodataframe, to_item_collection

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


# In Arrow a name ends at a NUL.
_KEY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=3)


def _for_arrow(properties):
    """Without what has no type of its own in Arrow: values of different kinds in one field, structures without members."""
    return {name: value for name, value in properties.items() if name not in {"mixed", "nested"}}


@st.composite
def _items(draw, *, arrow=False):
    geometry = draw(st.one_of(st.none(), _POSITION.map(lambda p: {"type": "Point", "coordinates": p})))
    made = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [],
        "id": draw(st.text(min_size=1, max_size=6)),
        "geometry": geometry,
        "properties": draw(_PROPERTIES.map(_for_arrow) if arrow else _PROPERTIES),
        "links": [],
        "assets": draw(st.dictionaries(_KEY, st.just({"href": "s3://x"}), max_size=2)),
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


def _native(real_data):
    return [json.loads(path.read_text()) for path in (real_data / "cdse" / "stac_items").rglob("*.json")]


@pytest.fixture
def real_bursts(burst_rows):
    return [burst_item(burst(row)) for row in burst_rows]


def _plain(value, name=""):
    """An Item as a table gives it back: times in one spelling, without the nulls that say nothing."""
    if isinstance(value, dict):
        return {
            key: _plain(each, key) for key, each in value.items() if each is not None or key in {"datetime", "geometry"}
        }
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return normalized(value) if name in TIMES and isinstance(value, str) else value


def test_native_items_share_a_table_with_ours(real_data, real_items, real_bursts):
    native = _native(real_data)
    assert len(native) > 100
    mixed = [*real_items, *native, *real_bursts]
    table = to_geodataframe(mixed)
    assert len(table) == len(mixed)
    assert str(table["expires"].dtype) == "datetime64[us, UTC]"
    assert [_plain(each) for each in from_geodataframe(table)] == [_plain(each) for each in mixed]


def test_ours_and_native_ones_in_one_file_and_back(real_data, real_items, real_bursts, tmp_path):
    mixed = [*real_items, *_native(real_data), *real_bursts]
    to_geoparquet(mixed, tmp_path / "items.parquet")
    back = from_geoparquet(tmp_path / "items.parquet")
    assert [_plain(each) for each in mixed] == back
    # And once more: what comes out of a file goes in again, unchanged.
    some = back[::6]
    to_geoparquet(to_geodataframe(some), tmp_path / "again.parquet")
    assert from_geoparquet(tmp_path / "again.parquet") == some


def test_one_schema_whatever_the_collection(real_data, real_items, real_bursts, tmp_path):
    groups: dict[str, list] = {}
    for each in [*real_items, *_native(real_data), *real_bursts]:
        groups.setdefault(each["collection"], []).append(each)
    assert len(groups) > 40
    types: dict[str, set] = {}
    dtypes: dict[str, set] = {}
    for items in groups.values():
        to_geoparquet(items, tmp_path / "items.parquet")
        for field in pq.read_schema(tmp_path / "items.parquet"):
            if not pa.types.is_nested(field.type) and not pa.types.is_null(field.type):
                types.setdefault(field.name, set()).add(field.type)
        table = to_geodataframe(items)
        for name in table.columns:
            if table[name].notna().any():
                dtypes.setdefault(name, set()).add(str(table[name].dtype))
    assert {name: found for name, found in types.items() if len(found) > 1} == {}
    assert {name: found for name, found in dtypes.items() if len(found) > 1} == {}
    assert types["sat:relative_orbit"] == {pa.int64()}
    assert types["eo:cloud_cover"] == types["gsd"] == {pa.float64()}


def test_geoparquet_keeps_microseconds_and_missing_footprints(real_items, tmp_path):
    to_geoparquet(real_items, tmp_path / "items.parquet")
    assert [path.name for path in tmp_path.glob("*.parquet*")] == ["items.parquet"]
    table = gpd.read_parquet(tmp_path / "items.parquet")
    assert list(table["id"]) == [each["id"] for each in real_items]
    assert [text(each.to_pydatetime()) for each in table["datetime"]] == [
        each["properties"]["datetime"] for each in real_items
    ]
    assert list(table.geometry.isna()) == [each["geometry"] is None for each in real_items]
    back = from_geoparquet(tmp_path / "items.parquet")
    assert back == real_items
    assert any(each["geometry"] is None and "bbox" not in each for each in back)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_items(arrow=True), min_size=1, max_size=4))
def test_files_there_and_back(tmp_path, items):
    to_geoparquet(items, tmp_path / "items.parquet")
    assert from_geoparquet(tmp_path / "items.parquet") == items


def test_items_without_anything(tmp_path):
    bare = {
        "type": "Feature", "stac_version": "1.1.0", "stac_extensions": [], "id": "x", "geometry": None,
        "properties": {"datetime": None, "start_datetime": "2024-01-01T00:00:00.123456Z"}, "links": [], "assets": {},
    }  # fmt: skip
    to_geoparquet([bare], tmp_path / "items.parquet")
    assert from_geoparquet(tmp_path / "items.parquet") == [bare]


def test_files_of_something_else_are_refused(tmp_path):
    with pytest.raises(NotFoundError, match="there is no file"):
        from_geoparquet(tmp_path / "absent.parquet")
    (tmp_path / "text.parquet").write_text("id,geometry")
    with pytest.raises(FormatError, match="not a Parquet file"):
        from_geoparquet(tmp_path / "text.parquet")
    pq.write_table(pa.table({"id": ["x"]}), tmp_path / "other.parquet")
    with pytest.raises(FormatError, match="no column geometry"):
        from_geoparquet(tmp_path / "other.parquet")


def test_values_of_different_kinds_do_not_fit_in_one_column(real_items, tmp_path):
    one, two = ({**real_items[0], "properties": {**real_items[0]["properties"], "x": value}} for value in (1, "one"))
    with pytest.raises(QueryError, match="do not fit in one table"):
        to_geoparquet([one, two], tmp_path / "items.parquet")
    assert not list(tmp_path.glob("items*"))


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


def test_tables_in_another_reference_system_come_back_in_degrees():
    corners = [[[14.0, 40.0], [15.0, 40.0], [15.0, 41.0], [14.0, 40.0]]]
    made = {
        "type": "Feature",
        "id": "a",
        "geometry": {"type": "Polygon", "coordinates": corners},
        "properties": {"datetime": None},
    }
    table = to_geodataframe([made, {**made, "id": "b", "geometry": None}]).to_crs(3857)
    first, second = from_geodataframe(table)
    assert second["geometry"] is None
    (ring,) = first["geometry"]["coordinates"]
    assert ring == [pytest.approx(corner) for corner in corners[0]]


def test_what_is_empty_deep_inside_is_refused_with_a_reason(tmp_path):
    made = {"type": "Feature", "stac_version": "1.1.0", "id": "a", "collection": "x", "geometry": None, "links": [],
            "properties": {"datetime": "2024-01-01T00:00:00Z", "e": {"y": {}}}, "assets": {}, "stac_extensions": []}  # fmt: skip
    with pytest.raises(QueryError, match="empty"):
        to_geoparquet([made], tmp_path / "x.parquet")
    assert not list(tmp_path.glob("*.par*"))


def test_collections_of_geometries_and_times_with_offsets():
    parts = [
        {"type": "Point", "coordinates": [1.0, 2.0]},
        {"type": "LineString", "coordinates": [[1.0, 2.0], [3.0, 4.0]]},
    ]
    times = {
        "datetime": "2024-08-02T08:07:23+02:00",
        "created": "2024-08-02T06:07:23.5+00:00",
        "updated": "2024-08-02T06:07:23Z",
    }
    made = {
        "type": "Feature",
        "id": "a",
        "geometry": {"type": "GeometryCollection", "geometries": parts},
        "properties": times,
    }
    (back,) = from_geodataframe(to_geodataframe([made]))
    assert back["geometry"] == made["geometry"]
    assert back["properties"] == {
        "datetime": "2024-08-02T06:07:23.000000Z", "created": "2024-08-02T06:07:23.500000Z", "updated": "2024-08-02T06:07:23.000000Z",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["nowhere/x.parquet", "."])
def test_a_file_that_cannot_be_written_is_named(tmp_path, path):
    made = {"type": "Feature", "stac_version": "1.1.0", "id": "a", "collection": "x", "geometry": None, "links": [],
            "properties": {"datetime": "2024-01-01T00:00:00Z"}, "assets": {}, "stac_extensions": []}  # fmt: skip
    with pytest.raises(TransferError, match="cannot be written"):
        to_geoparquet([made], tmp_path / path)
