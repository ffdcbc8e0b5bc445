"""The store: orders, shuffles, edge records, a moving catalogue, and a database that follows its lines."""

from __future__ import annotations

import json

import pytest

from phistac.errors import FormatError, ServiceError
from phistac.sandbox.odata.fields import BURSTS, DELETED, PRODUCTS, Order
from phistac.sandbox.odata.missions import collection_of
from phistac.sandbox.odata.store import Store
from phistac.sandbox.odata.validator import parse_filter


def page(store, text=None, *, entity=PRODUCTS, path=None, descending=False, top=1000, skip=0, salt="salt"):
    where = None if text is None else parse_filter(text, entity, store.registry)
    order = None if path is None else Order(entity.field(path), descending=descending)
    rows = store.search(entity, where, order=order, top=top, skip=skip, salt=salt)
    return [json.loads(row["row"] + "}") for row in rows]


def names(found):
    return [row["Name"] for row in found]


def test_id_is_the_second_key(open_store, rows):
    made = [rows(n) for n in (5, 3, 9, 1)]  # all at one time
    store = open_store(products=made)
    ordered = sorted(row["Id"] for row in made)
    assert [r["Id"] for r in page(store, path="ContentDate/Start")] == ordered
    assert [r["Id"] for r in page(store, path="ContentDate/Start", descending=True)] == ordered[::-1]
    assert [r["Id"] for r in page(store, path="ContentDate/Start", top=2, skip=1)] == ordered[1:3]


def test_without_an_order_pages_do_not_fit_together(open_store, rows):
    store = open_store(products=[rows(n) for n in range(300)])
    first = names(page(store, top=100, salt="$skip=0"))
    assert first == names(page(store, top=100, salt="$skip=0"))
    assert first != sorted(first)
    assert first != sorted(first, reverse=True)
    second = names(page(store, top=100, skip=100, salt="$skip=100"))
    third = names(page(store, top=100, skip=200, salt="$skip=200"))
    assert len({*first, *second, *third}) < 300


def test_edge_records(open_store, rows):
    made = [
        rows(1, start="2016-01-07T11:00:59.171Z", ContentLength=0, EvictionDate=""),
        rows(2, Footprint="geography'SRID=4326;POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))'"),
        rows(3, area={"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}),
    ]
    del made[1]["GeoFootprint"]  # as records of early 2023
    store = open_store(products=made)
    touching = page(store, "OData.CSC.Intersects(area=geography'SRID=4326;POINT (0.9 0.5)')", path="ContentDate/Start")
    assert touching == made[1:] or [r["Id"] for r in touching] == [r["Id"] for r in made[1:]]
    assert names(page(store, "ContentDate/Start eq 2016-01-07T11:00:59.171000Z")) == [made[0]["Name"]]


def test_rows_come_back_as_they_were(open_store, rows):
    made = rows(1, Name="Ü 'quoted' \"twice\" \\ .SAFE", ContentLength=0)
    store = open_store(products=[made])
    expected = {k: v for k, v in made.items() if k not in {"Attributes", "Assets", "Locations"}}
    assert page(store) == [expected]
    assert list(page(store)[0]) == list(expected)


def test_bursts_may_be_incomplete(open_store):
    burst = {"Id": "1865E8DA-878a-4358-84da-d853ea1b52f4", "BurstId": 249432, "SwathIdentifier": "IW1"}
    store = open_store(bursts=[burst])
    assert page(store, "BurstId eq 249432 and SwathIdentifier eq 'IW1'", entity=BURSTS) == [burst]
    assert page(store, "RelativeOrbitNumber eq 5", entity=BURSTS) == []
    assert page(store, "not (RelativeOrbitNumber eq 5)", entity=BURSTS) == []  # unknown is neither
    assert store.get(BURSTS, burst["Id"]) is not None


def test_publish_and_delete(open_store, rows, rectangle):
    store = open_store(products=[rows(n, area=rectangle(0, 0, 1, 1)) for n in range(3)])
    here = "OData.CSC.Intersects(area=geography'SRID=4326;POINT (0.5 0.5)')"
    assert len(page(store, here)) == 3
    newer = rows(7, area=rectangle(0, 0, 2, 2), attributes=[("orbitNumber", "Integer", 5)])
    assert store.publish([newer, rows(1, area=rectangle(5, 5, 6, 6))]) == 2
    assert sorted(names(page(store, here))) == sorted([rows(0)["Name"], rows(2)["Name"], newer["Name"]])
    assert store.delete([newer["Id"], "no-such-id"], at="2024-06-01T00:00:00.000000Z", cause="Duplicated product") == 1
    assert len(page(store, here)) == 2
    gone = page(store, f"DeletionDate ge 2024-06-01T00:00:00Z and {here}", entity=DELETED, path="DeletionDate")
    assert [row["Id"] for row in gone] == [newer["Id"]]
    assert gone[0]["DeletionCause"] == "Duplicated product"
    text = "Attributes/OData.CSC.IntegerAttribute/any(a:a/Name eq 'orbitNumber' and a/OData.CSC.IntegerAttribute/Value eq 5)"
    assert page(store, text) == []
    assert len(page(store, text, entity=DELETED)) == 1


def test_the_database_follows_the_lines(tmp_path, rows, lines):
    folder = lines(tmp_path / "catalogue", products=[rows(1)])
    store = Store(folder)
    built = store.path.stat().st_ino
    store.close()
    again = Store(folder)
    assert again.path.stat().st_ino == built  # not built twice
    again.publish([rows(8)])
    again.close()
    fresh = Store(folder)
    assert len(page(fresh)) == 1  # what was published lived as long as the sandbox
    fresh.close()
    lines(folder, products=[rows(1), rows(2)])
    changed = Store(folder)
    assert len(page(changed)) == 2
    changed.close()


def test_an_archive_without_records_is_empty(tmp_path):
    (tmp_path / "catalogue").mkdir()
    store = Store(tmp_path / "catalogue")
    assert page(store, "OData.CSC.Intersects(area=geography'SRID=4326;POINT (0 0)')") == []
    store.close()


@pytest.mark.parametrize(
    ("line", "names_it"),
    [
        ("{", "line 1"),
        ("[]", "line 1"),
        ('{"Name": "x"}', "line 1"),
        ('{"Id": "x", "ContentDate": {"Start": "soon"}}', "x"),
    ],
)
def test_bad_lines_are_named_and_leave_no_database(tmp_path, line, names_it):
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "products.jsonl").write_text(line + "\n")
    with pytest.raises(FormatError, match=names_it):
        Store(folder)
    assert [path.name for path in folder.iterdir()] == ["products.jsonl"]


def test_two_rows_of_one_id_are_noticed(tmp_path, rows, lines):
    folder = lines(tmp_path / "catalogue", products=[rows(1), rows(1)])
    with pytest.raises(ServiceError, match="could not be made"):
        Store(folder)
    assert [path.name for path in folder.iterdir()] == ["products.jsonl"]


@pytest.mark.parametrize(
    ("row", "collection"),
    [
        ({"S3Path": "/eodata/Sentinel-1/SAR/IW_GRDH_1S-COG/2025/08/28/S1A_X_COG.SAFE"}, "SENTINEL-1"),
        ({"S3Path": "/eodata/Sentinel-1-RTC/x"}, "SENTINEL-1-RTC"),
        ({"S3Path": "/eodata/Landsat-8/x"}, "LANDSAT-8"),
        ({"S3Path": "/eodata/Global-Mosaics/x"}, "GLOBAL-MOSAICS"),
        ({"S3Path": "/eodata/auxdata/x", "Name": "Copernicus_DSM_10_N00"}, "COP-DEM"),
        ({"Name": "S3B_OL_1_EFR____2023"}, "SENTINEL-3"),
        ({"Name": "LC08_L1TP_190025"}, "LANDSAT-8"),
        ({"Name": "x"}, ""),
    ],
)
def test_collections(row, collection):
    assert collection_of(row) == collection


def test_learned_attributes_of_other_collections(open_store, rows):
    made = rows(1, S3Path="/eodata/SMOS/x", attributes=[("grid", "Integer", 4)])
    store = open_store(products=[made])
    assert store.registry.listed("SMOS") == {"grid": "Integer"}
    assert store.registry.listed("MARS") is None
