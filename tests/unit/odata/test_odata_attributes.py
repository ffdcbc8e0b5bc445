"""The crosswalk: the catalogue's own tables are its oracle, and filter(write(read(x))) finds x."""

from __future__ import annotations

import json

import pytest

from phistac.odata.attributes import ATTRIBUTES, COLLECTIONS, by_property, readers
from phistac.odata.converters import converters_of
from phistac.odata.times import instant


def test_the_table_is_that_of_the_catalogue(real_data):
    folder = real_data / "cdse" / "odata_attributes"
    recorded = json.loads((folder / "attributes_by_collection_derived.json").read_text())
    for collection, name in (("1", "1"), ("2", "2"), ("3", "3"), ("5P", "5P"), ("1-RTC", "1RTC")):
        table = json.loads((folder / f"attributes_SENTINEL{name}_terradue.json").read_text())
        recorded.setdefault(f"SENTINEL-{collection}", {}).update(table)
    ours = {(row.odata, each): row.type for row in ATTRIBUTES for each in row.collections}
    wrong = [
        (collection, name, kind, ours.get((name, collection)))
        for collection, table in recorded.items()
        for name, kind in table.items()
        if ours.get((name, collection)) != kind
    ]
    assert not wrong
    # Spelled so in recorded rows of 2023, no longer in the tables of today.
    old = {("orbitDirection", "SENTINEL-2"), ("datastripidentifier", "SENTINEL-2")}
    assert {key for key in ours if key[0] not in recorded.get(key[1], {})} <= old
    assert all(not row.operators for row in ATTRIBUTES if {(row.odata, each) for each in row.collections} & old)


def test_collections_are_named_once():
    assert len(set(COLLECTIONS)) == len(COLLECTIONS)
    assert {each for row in ATTRIBUTES for each in row.collections} <= set(COLLECTIONS)


def test_one_property_has_one_meaning_in_a_collection():
    for collection in COLLECTIONS:
        found = [row for row in readers(collection).values() if row.stac != "eopf:datastrip_id"]
        assert len({row.stac for row in found}) == len(found), collection


def test_every_recorded_value_is_found_again(record_values):
    """What an Item says of a record, asked of the catalogue, has that record's own value among its alternatives."""
    checked = 0
    for collection, name, value in record_values:
        row = readers(collection).get(name)
        if row is None:
            continue
        read = row.converter.read(value)
        if read is None:
            continue
        written = row.converter.write(read)
        native = instant(value) if row.odata == "processingDate" else value
        assert native in written, (name, value, read, written)
        for each in written:
            again = row.converter.read(each if row.odata != "processingDate" else each.isoformat())
            assert again == read or (row.odata == "polarisationChannels" and set(again) == set(read))
        checked += 1
    assert checked > 300


@pytest.fixture
def record_values(real_data):
    from phistac.stac.families import mission_of

    found = []
    for path in (real_data / "cdse" / "odata_products").glob("*.json"):
        if "headers" in path.name:
            continue
        content = json.loads(path.read_text())
        for row in content.get("value", [content]):
            mission = mission_of(row["Name"], "", row.get("S3Path", ""))
            found += [(mission, each["Name"], each["Value"]) for each in row.get("Attributes") or ()]
    return found


@pytest.mark.parametrize(
    ("converter", "native", "stac"),
    [
        ("level", "LEVEL1", "L1"),
        ("level", "S2MSI1C", "L1"),
        ("level", "S2MSI2A", "L2"),
        ("level", "1", "L1"),
        ("level", "L1B", "L1"),
        ("level", "LEVEL1TP", "L1"),
        ("level", "L2", "L2"),
        ("level", "LEVEL0", "L0"),
        ("polarizations", "VV&VH", ["VV", "VH"]),
        ("polarizations", "HH", ["HH"]),
        ("beams", "IW1,IW2,IW3", ["iw1", "iw2", "iw3"]),
        ("beams", "IW1 IW2 IW3", ["iw1", "iw2", "iw3"]),
        ("beams", "IW", None),
        ("version", "003.92", "03.92"),
        ("version", "05.10", "05.10"),
        ("grid", "54PXA", "MGRS-54PXA"),
        ("grid", "not a tile", None),
        ("instruments", "SYNERGY", ["olci", "slstr"]),
        ("instruments", "AUX", None),
        ("product_type", "IW_GRDH_1S-COG", "IW_GRDH_1S"),
        ("percent", 101.0, None),
        ("lower", "DESCENDING", "descending"),
        ("text", 495349, "495349"),
    ],
)
def test_converters(converter, native, stac):
    made = converters_of[converter]
    assert made.read(native) == stac
    if stac is not None:
        assert native in made.write(stac)


def test_a_property_of_many_collections_is_narrowed_by_one():
    assert {row.odata for row in by_property("eopf:datatake_id")} == {"datatakeID", "productGroupId"}
    assert [row.odata for row in by_property("eopf:datatake_id", "SENTINEL-1")] == ["datatakeID"]
    assert by_property("no:such") == ()
