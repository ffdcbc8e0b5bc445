"""Every real record becomes a valid Item; and Items look like those of CDSE's own catalogue."""

from __future__ import annotations

import json

import pystac
import pytest
from shapely.geometry import shape

from phistac.odata.records import burst, product
from phistac.stac.bursts import burst_item
from phistac.stac.items import item
from phistac.stac.manifest_assets import asset_key

# Properties of CDSE's own Items that no row of the OData catalogue says, and why.
NOT_DERIVABLE = {
    "sat:anx_datetime": "the row has the time since the node in whole milliseconds only",
    "sar:resolution_range": "stands in the annotation",
    "sar:resolution_azimuth": "stands in the annotation",
    "sar:pixel_spacing_range": "stands in the annotation",
    "sar:pixel_spacing_azimuth": "stands in the annotation",
    "view:incidence_angle": "stands in the annotation or the tile's metadata",
    "view:azimuth": "stands in the annotation or the tile's metadata",
    "view:sun_azimuth": "stands in the tile's metadata",
    "view:sun_elevation": "stands in the tile's metadata",
    "eo:snow_cover": "stands in the product's metadata",
    "statistics": "stands in the product's metadata",
    "proj:code": "null: says nothing",
    "processing:facility": "that of CDSE's COG converter; of Sentinel-3 it is in the manifest",
    "processing:version": "that of CDSE's COG converter",
}


def test_every_real_record_is_a_valid_item(record_rows, validate):
    for name, row in record_rows:
        made = item(product(row))
        try:
            validate(made)
        except pystac.STACValidationError as error:
            pytest.fail(f"{name}: {made['id']}: {error} {error.source}")


def test_bulk_records_are_valid_items(real_data, validate):
    import csv

    path = real_data / "cdse" / "odata_products_bulk" / "sentinel2a_night_imaging_products.csv"
    kinds = {str: "String", int: "Integer", float: "Double"}
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows[:20]:
        attributes = json.loads(row["attributes_json"])
        made = item(
            product(
                {
                    "Id": row["id"],
                    "Name": row["name"],
                    "S3Path": row["s3_path"],
                    "ContentLength": int(row["content_length"]),
                    "ContentDate": {"Start": row["content_start"], "End": row["content_end"]},
                    "PublicationDate": row["publication_date"],
                    "Attributes": [
                        {"Name": name, "Value": value, "ValueType": kinds[type(value)]}
                        for name, value in attributes.items()
                    ],
                }
            )
        )
        validate(made)
        assert made["properties"]["grid:code"] == f"MGRS-{row['tile_id']}"
        assert made["collection"] == "sentinel-2-l1c"


def _native(real_data, *patterns):
    found = {}
    for pattern in patterns:
        for path in (real_data / "cdse" / "stac_items").glob(pattern):
            content = json.loads(path.read_text())
            found.setdefault(content["collection"], []).append(content)
    return found


# Collections that CDSE's own catalogue lacks, and whose Items its own would look like most.
_LIKE = {
    "sentinel-1-grd-safe": "sentinel-1-grd",
    "sentinel-3-olci-1-efr-nrt": "sentinel-3-olci-1-efr-ntc",
}


def test_items_have_the_fields_and_versions_of_the_native_ones(real_data, record_rows):
    native = _native(real_data, "generated_eometadatatool/*/*.json")
    compared = set()
    for _, row in record_rows:
        made = item(product(row))
        twin = native.get(_LIKE.get(made["collection"], made["collection"]))
        if twin is None or not row.get("Attributes"):
            continue
        compared.add(made["collection"])
        keys = set().union(*(each["properties"] for each in twin))
        # The 2016 record names its beams, those of IW are simply not among the native samples.
        assert set(made["properties"]) <= keys, made["id"]
        missing = set.intersection(*(set(each["properties"]) for each in twin)) - set(made["properties"])
        old = {"eopf:datatake_id", "eopf:instrument_configuration_id", "sat:orbit_cycle", "product:timeliness"}
        explained = set(NOT_DERIVABLE) | {"processing:software", "sat:orbit_state"}
        if "authority" in row["Attributes"][0].values() or "ContentLength" not in row or row["ContentLength"] == 0:
            explained |= old | {"product:timeliness_category", "processing:datetime"}
        if row.get("EvictionDate") == "":
            explained |= {"expires"}
        if made["collection"] == "sentinel-2-l2a":  # the record of 2023
            explained |= {"grid:code", "eopf:instrument_mode"}
        if made["collection"] == "sentinel-1-grd":
            explained |= {"eopf:instrument_configuration_id"}
        if made["collection"] == "sentinel-1-grd-safe":
            explained -= {"processing:facility", "processing:version"}
        assert missing <= explained, (made["id"], missing - explained)
        assert set(made["stac_extensions"]) <= set().union(*(each["stac_extensions"] for each in twin))
        certain = {"safe_manifest", "xfdumanifest", "product", "Product", "thumbnail"}
        assert set(made["assets"]) - certain == set()
        assert set(made["assets"]) <= set().union(*(each["assets"] for each in twin))
    assert compared == {
        "sentinel-1-slc",
        "sentinel-1-grd",
        "sentinel-1-grd-safe",
        "sentinel-2-l1c",
        "sentinel-2-l2a",
        "sentinel-3-olci-1-efr-nrt",
    }


def _row_of(native):
    """Make the row that the catalogue would have for a native Item, from what the Item itself quotes of it."""
    p, assets = native["properties"], native["assets"]
    whole = assets.get("product") or assets["Product"]
    manifest = assets.get("safe_manifest") or assets["xfdumanifest"]
    folder = manifest["href"].removeprefix("s3:/").rpartition("/")[0]
    level = {"sentinel-1": "LEVEL1", "sentinel-2": p["product:type"], "sentinel-3": p["processing:level"][1:]}
    twin = "-COG" if native["collection"] == "sentinel-1-grd" else ""
    instruments = p["instruments"]
    attributes = {
        "productType": p["product:type"] + twin,
        "platformShortName": p["constellation"].upper(),
        "platformSerialIdentifier": p["platform"][-1].upper(),
        "instrumentShortName": "SYNERGY" if len(instruments) > 1 else instruments[0].upper(),
        "processingLevel": level[p["constellation"]],
        "processingDate": p.get("processing:datetime"),
        "processingCenter": p.get("processing:facility"),
        "processorVersion": p.get("processing:version"),
        "orbitNumber": p.get("sat:absolute_orbit"),
        "relativeOrbitNumber": p.get("sat:relative_orbit"),
        "orbitDirection": p.get("sat:orbit_state", "").upper() or None,
        "cycleNumber": p.get("sat:orbit_cycle"),
        "cloudCover": p.get("eo:cloud_cover"),
        "timeliness": p.get("product:timeliness_category"),
        "tileId": p.get("grid:code", "").removeprefix("MGRS-") or None,
        "datastripId": p.get("eopf:datastrip_id"),
        "instrumentConfigurationID": p.get("eopf:instrument_configuration_id"),
        "operationalMode": p.get("sar:instrument_mode") or p.get("eopf:instrument_mode"),
        "polarisationChannels": "&".join(p.get("sar:polarizations", [])) or None,
        "swathIdentifier": ",".join(p.get("sar:beam_ids", [])).upper() or None,
    }
    take = p.get("eopf:datatake_id")
    attributes["productGroupId" if p["constellation"] == "sentinel-2" else "datatakeID"] = (
        take if take is None or not take.isdigit() else int(take)
    )
    return {
        "Id": whole["href"].partition("Products(")[2].partition(")")[0],
        "Name": folder.rpartition("/")[2],
        "S3Path": folder,
        "ContentLength": whole.get("file:size", 0),
        "Checksum": [{"Algorithm": "MD5", "Value": whole["file:checksum"][6:]}] if "file:checksum" in whole else [{}],
        "ContentDate": {"Start": p["start_datetime"], "End": p["end_datetime"]},
        "OriginDate": p["created"],
        "PublicationDate": p["published"],
        "ModificationDate": p["updated"],
        "EvictionDate": "9999-12-31T23:59:59.999999Z",
        "GeoFootprint": native["geometry"],
        "Attributes": [{"Name": name, "Value": value} for name, value in attributes.items() if value is not None],
    }


def test_items_are_equal_to_the_native_ones_where_the_row_says_it(real_data):
    families = ("1-slc*", "1-grd-cog", "2-l1c", "2-l2a", "3-o*", "3-s*")
    native = _native(real_data, *(f"generated_eometadatatool/sentinel-{each}/*.json" for each in families))
    count = 0
    for twin in (each for items in native.values() for each in items):
        made = item(product(_row_of(twin)))
        skipped = {*NOT_DERIVABLE, "processing:software", "altm:instrument_mode", "altm:instrument_type"}
        if twin["collection"] != "sentinel-1-grd":
            skipped -= {"processing:facility", "processing:version"}
        expected = {key: value for key, value in twin["properties"].items() if key not in skipped}
        got = {key: value for key, value in made["properties"].items() if key not in skipped}
        assert got == expected, twin["id"]
        assert (made["id"], made["collection"], made["geometry"]) == (twin["id"], twin["collection"], twin["geometry"])
        # The box of some native Items is that of the footprint before it was simplified.
        assert made["bbox"] == list(shape(made["geometry"]).bounds) == pytest.approx(twin["bbox"], abs=0.01)
        for link in twin["links"]:
            assert link in made["links"]
        for key in ("product", "Product"):
            assert made["assets"].get(key) == twin["assets"].get(key)
        for key in {"safe_manifest", "xfdumanifest"} & set(made["assets"]):
            ours, theirs = made["assets"][key], twin["assets"][key]
            from_file = {"file:size", "file:checksum", "description"}
            assert ours == {name: value for name, value in theirs.items() if name not in from_file}
        count += 1
    assert count >= 50


def test_asset_keys_are_the_native_ones(real_data):
    native = _native(real_data, "*/sentinel-[123]-*/*.json")
    count = 0
    for twin in (each for items in native.values() for each in items):
        if not twin["id"].startswith(("S1", "S2", "S3")):
            continue
        for key, asset in twin["assets"].items():
            _, inside, path = asset.get("file:local_path", "").partition("/")
            if inside and key not in {"safe_manifest", "xfdumanifest", "thumbnail"}:
                assert asset_key(twin["id"], path) == key
                count += 1
    assert count > 1300


def test_real_bursts_are_valid_items(real_data, validate):
    folder = real_data / "cdse" / "odata_bursts"
    whole = json.loads((folder / "docs_burst_15805_IW1_VH_entity.json").read_text())
    made = burst_item(burst(whole))
    validate(made)
    assert made["properties"]["burst:id"] == "t008_015805_iw1"
    # 1508 lines of 22998 samples of 4 bytes; the offset is what the row says.
    assert made["assets"]["data"]["burst:byte_offset"] == 138832827
    assert made["assets"]["data"]["burst:byte_length"] == 1508 * 22998 * 4
    assert made["properties"]["burst:index"] == 1
    content = json.loads((folder / "truncated_bursts_nb8_8rows.json").read_text())
    rows = content.get("value", content) if isinstance(content, dict) else content
    for row in rows:
        full = {**row, "ContentDate": {"Start": row["BeginningDateTime"], "End": row["EndingDateTime"]}}
        full["GeoFootprint"], full["Footprint"], full["S3Path"] = None, None, whole["S3Path"]
        made = burst_item(burst(full))
        validate(made)
        # The track computed from the number is the product's relative orbit, on every real row.
        assert made["properties"]["burst:id"].startswith(f"t{int(row['RelativeOrbitNumber']):03d}_")
        assert made["properties"]["burst:index"] == int(row["Lines"]) // int(row["LinesPerBurst"])


def test_tracks_follow_from_burst_numbers_on_all_recorded_rows(real_data):
    from phistac.safe.names import ProductName
    from phistac.stac.burst_ids import track_of

    count = 0
    for path in (real_data / "cdse" / "odata_bursts").glob("partial_bursts_*.json"):
        for row in json.loads(path.read_text())["value"]:
            orbit = int(ProductName.parse(row["ParentProductName"]).fields["absolute_orbit"])
            assert track_of(row["BurstId"], "IW") == (orbit - 73) % 175 + 1  # Sentinel-1A
            count += 1
    assert count == 30
