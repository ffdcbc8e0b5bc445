"""Rows as values: nothing lost, nothing invented, stand-ins seen for what they are."""

from __future__ import annotations

import json

import pytest

from phistac.errors import CatalogueError
from phistac.odata.footprints import bounds
from phistac.odata.records import burst, product

_ROW = {
    "Id": "1",
    "Name": "S1A_IW_SLC__1SSV_20160107T110059_20160107T110126_009387_00D96C_5CE9.SAFE",
    "S3Path": "/eodata/Sentinel-1/SAR/SLC/2016/01/07/S1A.SAFE",
    "ContentLength": 0,
    "ContentDate": {"Start": "2016-01-07T11:00:59.171Z", "End": "2016-01-07T11:01:26.112Z"},
}


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({}, "size", None),
        ({"ContentLength": 5}, "size", 5),
        ({"Checksum": []}, "checksums", ()),
        ({"Checksum": [{}]}, "checksums", ()),
        ({"EvictionDate": ""}, "evicted", None),
        ({"EvictionDate": "9999-12-31T23:59:59.999Z"}, "evicted", "9999-12-31T23:59:59.999000Z"),
        ({"Footprint": None, "GeoFootprint": None}, "footprint", None),
        ({}, "start", "2016-01-07T11:00:59.171000Z"),
        ({}, "online", None),
        ({}, "published", None),
        ({"Attributes": None}, "attributes", {}),
        ({"Assets": [{"Type": "QUICKLOOK", "Id": "q", "DownloadLink": ""}]}, "quicklooks", ()),
        ({"S3Path": "/eodata/x.SAFE/"}, "s3_path", "/eodata/x.SAFE"),
    ],
)
def test_stand_ins(change, field, expected):
    assert getattr(product({**_ROW, **change}), field) == expected


def test_the_footprint_of_old_rows_is_only_text():
    text = "geography'SRID=4326;MULTIPOLYGON (((179 0, 180 0, 180 1, 179 0)), ((-180 0, -179 0, -180 1, -180 0)))'"
    made = product({**_ROW, "Footprint": text})
    assert made.footprint == json.loads(json.dumps(made.footprint))  # lists, not tuples
    assert made.footprint["type"] == "MultiPolygon"
    assert bounds(made.footprint) == [-180.0, 0.0, 180.0, 1.0]


@pytest.mark.parametrize(
    "row", [{}, {"Id": "1"}, {**_ROW, "ContentDate": {"Start": "noon"}}, {**_ROW, "Attributes": [1]}]
)
def test_what_is_no_product_is_refused(row):
    with pytest.raises(CatalogueError, match="is not a product"):
        product(row)


def test_a_footprint_that_cannot_be_read_is_refused():
    with pytest.raises(CatalogueError, match="not WKT"):
        product({**_ROW, "Footprint": "geography'SRID=4326;POLYGON ((1 2'"})


def test_a_burst_of_the_documentation(real_data):
    row = json.loads((real_data / "cdse" / "odata_bursts" / "docs_burst_15805_IW1_VH_entity.json").read_text())
    made = burst(row)
    assert (made.burst_id, made.swath, made.polarization, made.lines, made.samples) == (15805, "IW1", "VH", 1508, 22998)
    assert (made.first_line, made.byte_offset) == (1508, 138832827)
    assert made.azimuth_time == "2024-08-02T06:07:22.288930Z"
    assert made.orbit_state == "descending"


@pytest.mark.parametrize("missing", ["Id", "BurstId", "SwathIdentifier", "PolarisationChannels"])
def test_what_is_no_burst_is_refused(missing):
    row = {"Id": "1", "Name": "b", "BurstId": 1, "SwathIdentifier": "IW1", "PolarisationChannels": "VV"}
    assert burst(row).mode == "IW"
    del row[missing]
    with pytest.raises(CatalogueError, match="is not a burst"):
        burst(row)
