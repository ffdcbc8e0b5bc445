"""Every real record becomes a valid Item, without loss and without invention."""

from __future__ import annotations

import csv
import json

import pytest

from phistac.odata.attributes import ATTRIBUTES
from phistac.odata.records import burst, product
from phistac.stac.bursts import burst_item
from phistac.stac.items import item


def test_every_real_record_is_a_valid_item(record_rows, validate, unpublished):
    for _, row in record_rows:
        made = item(product(row))
        validate(made)
        assert not set(made["stac_extensions"]) & set(unpublished)
        assert json.loads(json.dumps(made)) == made
        _says_what_the_record_says(row, made)


def _says_what_the_record_says(row, made):
    """Nothing of the record that an Item has a place for is lost; nothing is there that has no source."""
    properties, attributes = made["properties"], {each["Name"]: each["Value"] for each in row.get("Attributes", ())}
    assert row["Name"].startswith(made["id"])
    assert made["geometry"] == row.get("GeoFootprint") or row.get("GeoFootprint") is None
    assert (made["geometry"] is None) == (not row.get("Footprint") and not row.get("GeoFootprint"))
    assert properties["datetime"][:23] == row["ContentDate"]["Start"].replace("Z", "000")[:23]
    sizes = {asset["file:size"] for asset in made["assets"].values() if "file:size" in asset}
    assert sizes == ({row["ContentLength"]} if row.get("ContentLength") else set())
    sums = [each["Value"] for each in row.get("Checksum", ()) if each.get("Value")]
    hashes = {asset["file:checksum"] for asset in made["assets"].values() if "file:checksum" in asset}
    assert {each[6:] for each in hashes} <= set(sums)
    assert bool(hashes) == bool(sums)
    for name, wanted in (("orbitNumber", "sat:absolute_orbit"), ("relativeOrbitNumber", "sat:relative_orbit")):
        assert properties.get(wanted) == (attributes.get(name) or None)
    assert properties.get("eo:cloud_cover") == attributes.get("cloudCover")
    stated = {row.stac for row in ATTRIBUTES if row.odata in attributes}
    sourced = {name for name in properties if name.partition(":")[0] in {"sat", "eo", "grid", "view", "eopf"}}
    assert sourced - stated <= {"sat:platform_international_designator", "eopf:origin_datetime"}


def test_bulk_records_are_valid_items(real_data, validate):
    path = real_data / "cdse" / "odata_products_bulk" / "sentinel2a_night_imaging_products.csv"
    kinds = {str: "String", int: "Integer", float: "Double"}
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 129
    for row in rows:
        attributes = [
            {"Name": name, "Value": value, "ValueType": kinds[type(value)]}
            for name, value in json.loads(row["attributes_json"]).items()
        ]
        record = {
            "Id": row["id"],
            "Name": row["name"],
            "S3Path": row["s3_path"],
            "ContentLength": int(row["content_length"]),
            "ContentDate": {"Start": row["content_start"], "End": row["content_end"]},
            "OriginDate": row["origin_date"],
            "PublicationDate": row["publication_date"],
            "ModificationDate": row["modification_date"],
            "Attributes": attributes,
        }
        made = item(product(record))
        validate(made)
        _says_what_the_record_says(record, made)
        assert made["properties"]["grid:code"] == f"MGRS-{row['tile_id']}"
        assert made["collection"] == "sentinel-2-l1c"


def test_the_night_tiles_in_the_geopackage_are_the_same(real_data):
    """The same products with their footprints, in another file format: footprints come through as they are."""
    import geopandas as gpd
    import shapely

    table = gpd.read_file(real_data / "cdse" / "odata_products_bulk" / "sentinel2a_night_imaging_products.gpkg")
    assert len(table) == 129
    for name, start, shape in zip(table["name"], table["content_start"], table.geometry, strict=True):
        record = {
            "Id": "x",
            "Name": name,
            "ContentDate": {"Start": str(start), "End": str(start)},
            "Footprint": f"geography'SRID=4326;{shape.wkt}'",
        }
        made = item(product(record))
        assert shapely.geometry.shape(made["geometry"]).equals(shape)
        assert made["bbox"] == list(shape.bounds)


def test_edge_records(record_rows, burst_rows):
    """The odd ones are among the real ones: without footprint, checksum, size; three digits of a second; three swaths."""
    rows = [row for _, row in record_rows]
    assert any(row.get("GeoFootprint") is None and row.get("Footprint") is None for row in rows)
    assert any(row.get("Checksum") in ([], [{}]) for row in rows)
    assert any(row.get("ContentLength") == 0 for row in rows)
    assert any(row["ContentDate"]["Start"][19:] == ".000Z" or len(row["ContentDate"]["Start"]) == 24 for row in rows)
    swaths = {each["Value"] for row in rows for each in row.get("Attributes", ()) if each["Name"] == "swathIdentifier"}
    assert {"IW", "IW1 IW2 IW3"} <= swaths
    kinds = {(row.get("GeoFootprint") or {}).get("type") for row in rows}
    assert {"Polygon", "MultiPolygon", None} <= kinds
    assert len(burst_rows) == 39


@pytest.mark.parametrize(
    ("swath", "beams"), [("IW1 IW2 IW3", ["iw1", "iw2", "iw3"]), ("IW1,IW2,IW3", ["iw1", "iw2", "iw3"]), ("IW", None)]
)
def test_three_spellings_of_swath(record_rows, swath, beams):
    row = next(row for _, row in record_rows if "_SLC_" in row["Name"] and row.get("Attributes"))
    attributes = [{**each, "Value": swath} if each["Name"] == "swathIdentifier" else each for each in row["Attributes"]]
    assert item(product({**row, "Attributes": attributes}))["properties"].get("sar:beam_ids") == beams


def test_real_bursts_are_valid_items(burst_rows, validate):
    for row in burst_rows:
        made = burst_item(burst(row))
        validate(made)
        properties = made["properties"]
        assert properties["burst:relative_id"] == int(row["BurstId"])
        assert properties["burst:swath"] == row["SwathIdentifier"]
        assert properties["sar:polarizations"] == [row["PolarisationChannels"]]
        assert made["geometry"] == row.get("GeoFootprint")
        assert made["links"][1]["title"] == row["ParentProductName"].removesuffix(".SAFE")
        if "Lines" in row:
            assert properties["burst:index"] == int(row["Lines"]) // int(row["LinesPerBurst"])
            # The track computed from the number is the product's relative orbit, on every real row.
            assert properties["burst:id"].startswith(f"t{int(row['RelativeOrbitNumber']):03d}_")
    whole = burst_item(burst(burst_rows[0]))
    assert whole["properties"]["burst:id"] == "t008_015805_iw1"
    # 1508 lines of 22998 samples of 4 bytes; the offset is what the row says.
    assert whole["assets"]["data"]["burst:byte_offset"] == 138832827
    assert whole["assets"]["data"]["burst:byte_length"] == 1508 * 22998 * 4
    assert whole["properties"]["burst:index"] == 1


def test_tracks_follow_from_burst_numbers_on_all_recorded_rows(burst_rows):
    from phistac.safe.names import ProductName
    from phistac.safe.sentinel1.bursts import track_of

    for row in burst_rows:
        orbit = int(ProductName.parse(row["ParentProductName"]).fields["absolute_orbit"])
        assert track_of(int(row["BurstId"]), "IW") == (orbit - 73) % 175 + 1  # Sentinel-1A
