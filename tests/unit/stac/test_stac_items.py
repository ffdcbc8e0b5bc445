"""Items of odd records: nothing lost that the record says, nothing said that it does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.odata.attributes import readers
from phistac.odata.records import product
from phistac.settings import Settings
from phistac.stac.collections import all_collections
from phistac.stac.fields import select_fields
from phistac.stac.ids import item_id
from phistac.stac.items import item
from phistac.stac.service import Service


def _row(name, path="", attributes=(), **fields):
    return {
        "Id": "11111111-2222-3333-4444-555555555555",
        "Name": name,
        "S3Path": path or f"/eodata/X/{name}",
        "ContentDate": {"Start": "2024-01-01T00:00:00.000Z", "End": "2024-01-01T00:00:10.000Z"},
        "Attributes": [{"Name": key, "Value": value} for key, value in dict(attributes).items()],
        **fields,
    }


def _item(*args, **kwargs):
    return item(product(_row(*args, **kwargs)))


_SLC = "S1A_IW_SLC__1SSV_20160107T110059_20160107T110126_009387_00D96C_5CE9.SAFE"


def test_a_record_without_attributes_says_only_what_its_name_does(validate):
    made = _item(_SLC)
    validate(made)
    assert made["collection"] == "sentinel-1-slc"
    assert made["properties"]["platform"] == "sentinel-1a"
    assert "product:type" not in made["properties"]
    assert made["geometry"] is None
    assert "bbox" not in made


@pytest.mark.parametrize(
    ("attributes", "present", "absent"),
    [
        ({"timeliness": "Fast-24h"}, {"product:timeliness": "PT24H", "product:timeliness_category": "Fast-24h"}, ()),
        ({"timeliness": "Reprocessing"}, {}, ("product:timeliness", "product:timeliness_category")),
        ({"relativeOrbitNumber": 0}, {}, ("sat:relative_orbit",)),
        ({"swathIdentifier": "IW"}, {}, ("sar:beam_ids",)),
        ({"swathIdentifier": "IW1 IW2"}, {"sar:beam_ids": ["iw1", "iw2"]}, ()),
        ({"processorName": "Sentinel-1 IPF"}, {}, ("processing:software",)),
        ({"processingLevel": "SOMETHING"}, {"processing:level": "SOMETHING"}, ()),
        ({"platformSerialIdentifier": "_"}, {"constellation": "sentinel-1"}, ("platform",)),
        ({"platformSerialIdentifier": "D"}, {"platform": "sentinel-1d"}, ("sat:platform_international_designator",)),
    ],
)
def test_attributes(attributes, present, absent, validate):
    made = _item(_SLC, attributes=attributes)
    validate(made)
    assert {key: made["properties"].get(key) for key in present} == present
    assert not set(absent) & set(made["properties"])


@pytest.mark.parametrize(
    ("name", "path", "keys", "folder"),
    [
        (_SLC, "", {"safe_manifest", "product"}, True),
        ("S5P_OFFL_L2__NO2____X.nc", "", {"netcdf"}, False),
        ("S1A_OPER_AUX_POEORB_X.EOF", "", {"data"}, False),
        ("S1A_AUX_INS_X.SAFE", "/eodata/A/S1A_AUX_INS_X.SAFE.zip", {"data"}, False),
        ("LC08_L1TP_X", "", {"product"}, True),
    ],
)
def test_an_item_leads_to_its_product(name, path, keys, folder, validate):
    made = _item(name, path)
    validate(made)
    assert set(made["assets"]) == keys
    assert any(link["rel"] == "enclosure" for link in made["links"]) is folder
    for link in made["links"]:
        if link["rel"] == "enclosure":
            assert link["href"] == f"s3://eodata/X/{name}/"


def test_sentinel_5p_says_its_timeliness_in_its_name():
    made = _item("S5P_NRTI_L2__NO2____20210827T012135_20210827T012635_20056_02_020200_20210827T021525.nc")
    assert made["collection"] == "sentinel-5p-l2-no2-nrti"
    assert made["properties"]["product:timeliness"] == "PT3H"
    again = _item("S5P_RPRO_L2__NO2____20210827T012135_20210827T012635_20056_02_020200_20210827T021525.nc")
    assert "product:timeliness" not in again["properties"]
    assert made["properties"]["platform"] == made["properties"]["constellation"] == "sentinel-5p"


def test_a_product_of_no_known_mission_has_no_collection(validate):
    made = _item("SOMETHING")
    validate(made)
    assert "collection" not in made
    assert made["properties"]["datetime"] == "2024-01-01T00:00:00.000000Z"


def test_eviction():
    never = _item(_SLC, EvictionDate="9999-12-31T23:59:59.999999Z")["properties"]["expires"]
    soon = _item(_SLC, EvictionDate="2026-01-31T01:13:16.370176Z")["properties"]["expires"]
    assert (never, soon) == ("9999-01-01T00:00:00.000000Z", "2026-01-31T01:13:16.370176Z")
    assert "expires" not in _item(_SLC, EvictionDate="")["properties"]


def test_addresses_are_those_of_the_service():
    settings = Settings(
        catalogue_url="http://127.0.0.1:8000/odata/v1",
        download_url="http://127.0.0.1:8000/odata/v1",
        s3_url="http://127.0.0.1:9000",
        token_url="http://127.0.0.1:8000/auth/realms/CDSE/protocol/openid-connect/token",
    )
    made = item(product(_row(_SLC)), Service(settings, "http://127.0.0.1:7000"))
    schemes = made["properties"]["auth:schemes"]
    assert schemes["oidc"]["openIdConnectUrl"].startswith("http://127.0.0.1:8000/auth/realms/CDSE/.well-known/")
    assert made["properties"]["storage:schemes"]["cdse-s3"]["platform"] == "http://127.0.0.1:9000"
    assert made["assets"]["product"]["href"].startswith("http://127.0.0.1:8000/odata/v1/Products(")
    nodes = made["assets"]["safe_manifest"]["alternate"]["https"]["href"]
    assert nodes == (
        "http://127.0.0.1:8000/odata/v1/Products(11111111-2222-3333-4444-555555555555)"
        f"/Nodes({_SLC})/Nodes(manifest.safe)/$value"
    )
    assert made["links"][0]["href"] == "http://127.0.0.1:7000/collections/sentinel-1-slc"


def test_ids():
    assert item_id("X.SAFE") == item_id("X.SEN3") == item_id("X.nc") == item_id("X") == "X"


@pytest.mark.parametrize(
    ("fields", "top", "properties"),
    [
        (None, {"id", "bbox", "properties", "assets"}, {"a", "b", "datetime"}),
        ({}, {"id", "bbox", "properties", "assets"}, {"a", "b", "datetime"}),
        ({"include": [], "exclude": None}, {"id", "bbox", "properties", "assets"}, {"a", "b", "datetime"}),
        ({"include": ["properties.a"]}, {"id", "properties"}, {"a"}),
        ({"include": ["bbox"]}, {"id", "bbox"}, None),
        ({"exclude": ["assets", "properties.b"]}, {"id", "bbox", "properties"}, {"a", "datetime"}),
        ({"include": None, "exclude": ["assets"]}, {"id", "bbox", "properties"}, {"datetime"}),
        ({"include": [], "exclude": ["properties.datetime"]}, {"id", "bbox", "properties", "assets"}, set()),
        ({"include": ["properties"], "exclude": ["properties.a"]}, {"id", "properties"}, {"b", "datetime"}),
        ({"include": ["properties.a"], "exclude": ["properties"]}, {"id", "properties"}, {"a"}),
        ({"include": ["bbox"], "exclude": ["bbox"]}, {"id", "bbox"}, None),
    ],
)
def test_fields(fields, top, properties):
    whole = {"id": "X", "bbox": [0], "properties": {"a": 1, "b": 2, "datetime": "t"}, "assets": {"B01": {"href": "h"}}}
    made = select_fields(whole, fields)
    assert set(made) == top
    assert properties is None or set(made["properties"]) == properties


def test_fields_of_any_depth():
    whole = {"id": "X", "assets": {"B01": {"href": "h", "alternate": {"https": 1}}, "B02": {"href": "i"}}}
    assert select_fields(whole, {"include": ["assets.B01.href"]})["assets"] == {"B01": {"href": "h"}}
    assert select_fields(whole, {"exclude": ["assets.B01.alternate"]})["assets"] == {
        "B01": {"href": "h"},
        "B02": {"href": "i"},
    }


@pytest.mark.parametrize(
    ("name", "folder", "collection", "properties"),
    [
        ("S1A_IW_RAW__0SDV_20240802T060712_20240802T060744_055030_06B44E_1D7F.SAFE", "Sentinel-1/SAR", "sentinel-1-raw", {"platform": "sentinel-1a"}),
        ("S1A_WV_OCN__2SSV_20240802T060712_20240802T060744_055030_06B44E_1D7F.SAFE", "Sentinel-1/SAR", "sentinel-1-ocn", {}),
        ("S1C_WV_SLC__1SSV_20250802T060712_20250802T060744_055030_06B44E_1D7F.SAFE", "Sentinel-1/SAR", "sentinel-1-slc-wv", {"platform": "sentinel-1c"}),
        ("S1A_OPER_AUX_POEORB_OPOD_20210315T155112_V20191230T225942_20200101T005942.EOF", "Sentinel-1/AUX", "sentinel-1-aux", {}),
        ("S6A_P4_2__LR______20250220T090208_20250220T095821_20250312T230313_3373_157_228_114_EUM__OPE_ST_F09.SEN6", "Sentinel-6", "sentinel-6-p4-2-stc", {"instruments": ["p4"], "sat:orbit_cycle": 157}),
        ("S6A_P4_2__HR______20250220T090208_20250220T095821_20250312T230313_3373_157_228_114_EUM__OPE_ST_F09.SEN6", "Sentinel-6", "sentinel-6", {}),
        ("Sentinel-2_mosaic_2024_Q1_17RLM_0_0", "Global-Mosaics/Sentinel-2/S2MSI_L3__MCQ/2024", "sentinel-2-global-mosaics", {"proj:code": "EPSG:32617", "gsd": 10}),
        ("LC08_L1TP_191027_20230815_20230819_02_T1", "Landsat-8", "landsat-8", {"constellation": "landsat"}),
        ("DEM1_SAR_DGE_30_20101212T230244_20140325T230302_ADS_000000_1jTd.DEM", "COP-DEM", "cop-dem", {}),
    ],
)  # fmt: skip
def test_whatever_the_catalogue_holds(name, folder, collection, properties, validate):
    made = _item(name, f"/eodata/{folder}/{name}")
    validate(made)
    assert made["collection"] == collection
    assert {key: made["properties"].get(key) for key in properties} == properties
    assert collection in all_collections()


_ATTRIBUTES = {
    "productType": "IW_SLC__1S", "platformShortName": "SENTINEL-1", "platformSerialIdentifier": "A",
    "instrumentShortName": "SAR", "processingLevel": "LEVEL1", "timeliness": "Fast-24h", "orbitNumber": 9387,
    "relativeOrbitNumber": 40, "cycleNumber": 66, "orbitDirection": "ASCENDING", "operationalMode": "IW",
    "polarisationChannels": "VV&VH", "swathIdentifier": "IW1,IW2,IW3", "datatakeID": 55660, "processorVersion": "003.92",
    "processorName": "Sentinel-1 IPF", "processingDate": "2025-08-28T06:33:09.5377+00:00", "cloudCover": -1.0,
}  # fmt: skip
_FIELDS = {
    "S3Path": [None, "", f"/eodata/Sentinel-1/{_SLC}", f"/eodata/Sentinel-1/{_SLC}/", f"/eodata/Sentinel-1/{_SLC}.zip"],
    "ContentLength": [0, None, 7_000_000_000],
    "Checksum": [None, [], [{}], [{"Value": "", "Algorithm": "MD5"}], [{"Value": "C0" * 16, "Algorithm": "MD5"}, {"Value": "c0" * 32, "Algorithm": "BLAKE3"}]],
    "OriginDate": [None, "2016-01-07T12:00:00.123Z"],
    "PublicationDate": [None, "2016-01-07T12:00:00.123456Z"],
    "EvictionDate": [None, "", "9999-12-31T23:59:59.999999Z"],
    "GeoFootprint": [None, {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, {"type": "MultiPolygon", "coordinates": [[[[179, 0], [180, 0], [180, 1], [179, 0]]], [[[-180, 0], [-179, 0], [-180, 1], [-180, 0]]]]}],
    "Assets": [None, [], [{"Type": "QUICKLOOK", "Id": "q", "DownloadLink": "https://x/Assets(q)/$value"}]],
}  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in _FIELDS.items()}),
    st.sets(st.sampled_from(sorted(_ATTRIBUTES))),
)
def test_rows_with_anything_missing_are_valid_items(validate, fields, names):
    made = item(product(_row(_SLC, attributes={name: _ATTRIBUTES[name] for name in sorted(names)}) | fields))
    validate(made)
    sizes = [asset["file:size"] for asset in made["assets"].values() if "file:size" in asset]
    assert all(size > 0 for size in sizes)
    assert ("expires" in made["properties"]) == bool(fields.get("EvictionDate"))
    assert ("published" in made["properties"]) == bool(fields.get("PublicationDate"))
    assert ("bbox" in made) == bool(fields.get("GeoFootprint"))
    written = {row.stac for name, row in readers("SENTINEL-1").items() if name in names}
    assert {key for key in made["properties"] if key.startswith(("sat:", "eo:"))} <= written | {
        "sat:platform_international_designator"
    }
