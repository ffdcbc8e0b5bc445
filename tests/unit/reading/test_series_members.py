"""Which Items make a series, and what is said of those that do not."""

from __future__ import annotations

import itertools
import random

import pytest

import phistac
from phistac.errors import ConfigurationError, NotFoundError, QueryError
from phistac.odata.records import burst as record
from phistac.reading.series.members import series_dates
from phistac.stac.bursts import burst_item

FOLDER = "/eodata/Sentinel-1/SAR/IW_SLC__1S/2025/05/{day:02d}"
NAME = "S1{unit}_IW_SLC__1SDV_202505{day:02d}T165737_202505{day:02d}T165748_00{day:04d}_002B30_{crc}.SAFE"


def make(day: int, polarization: str = "VV", *, unit: str = "A", crc: str = "DF8F", **fields) -> dict:
    """The Item of the burst t044_092602_iw2 on a day of May."""
    product = NAME.format(unit=unit, day=day, crc=crc)
    stem = f"s1{unit.lower()}-iw2-slc-{polarization.lower()}-{day:02d}-005"
    row = {
        "Id": f"{day}-{polarization}", "Name": f"S1{unit}-SLC-202505{day:02d}T165746-92602-IW2-{polarization}-{day}",
        "S3Path": f"{FOLDER.format(day=day)}/{product}/measurement/{stem}.tiff",
        "ContentDate": {"Start": f"2025-05-{day:02d}T16:57:46.131608Z", "End": f"2025-05-{day:02d}T16:57:47.2Z"},
        "ParentProductName": product, "BurstId": 92602, "SwathIdentifier": "IW2", "PolarisationChannels": polarization,
        "OperationalMode": "IW", "OrbitDirection": "ASCENDING", "PlatformSerialIdentifier": unit, "DatatakeID": day,
        "ByteOffset": 121275, "Lines": 0, "LinesPerBurst": 1500, "SamplesPerBurst": 25000, "RelativeOrbitNumber": 44,
    }  # fmt: skip
    return burst_item(record(row)._replace(**fields))


@pytest.fixture
def items() -> list[dict]:
    found = [
        make(day, name, unit=unit)
        for (day, unit), name in itertools.product(((1, "A"), (7, "C"), (13, "A")), ("VV", "VH"))
    ]
    random.Random(3).shuffle(found)
    return found


def test_dates_are_in_order_and_have_their_objects(items):
    bucket, dates, common = series_dates(items)
    assert bucket.url == "cdse://eodata"
    assert [str(date.time)[:19] for date in dates] == [f"2025-05-{day}T16:57:46" for day in ("01", "07", "13")]
    assert [date.platform for date in dates] == ["sentinel-1a", "sentinel-1c", "sentinel-1a"]
    for date in dates:
        assert [member.polarization for member in date.members] == ["VH", "VV"]
    last = dates[-1].members[1]
    below = "Sentinel-1/SAR/IW_SLC__1S/2025/05/13/" + NAME.format(unit="A", day=13, crc="DF8F")
    assert last.measurement == f"{below}/measurement/s1a-iw2-slc-vv-13-005.tiff"
    assert last.annotation == f"{below}/annotation/s1a-iw2-slc-vv-13-005.xml"
    assert (last.offset, dates[-1].relative_id) == (121275, 92602)
    assert common["burst:id"] == items[0]["properties"]["burst:id"]
    assert dates[-1].product == f"cdse://eodata/{below}"


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"burst_id": 92603}, "burst:id"),
        ({"swath": "IW1"}, "burst:id"),
        ({"mode": "EW"}, "sar:instrument_mode"),
        ({"orbit_state": "descending"}, "sat:orbit_state"),
    ],
)
def test_what_differs_is_named_with_both_items(items, fields, key):
    stranger = make(19, **fields)
    with pytest.raises(QueryError, match=f"{key}.* {items[0]['id']}, .* in {stranger['id']}"):
        series_dates([*items, stranger])


def test_every_date_has_every_polarization(items):
    items = [item for item in items if not item["id"].startswith("S1C-SLC-20250507T165746-92602-IW2-VH")]
    with pytest.raises(QueryError, match="there is no VH beside S1C-SLC-20250507T165746-92602-IW2-VV"):
        series_dates(items)


def test_versions_of_one_acquisition_are_left_to_latest(items):
    again = [make(13, name, crc="0000") for name in ("VV", "VH")]
    for twice in ([*items, *again], [*items, items[0]]):
        with pytest.raises(QueryError, match=r"there twice: .*phistac\.latest"):
            series_dates(twice)
        assert len(series_dates(phistac.latest(twice))[1]) == 3


def test_two_satellites_at_one_time_are_two_dates():
    assert len(series_dates([make(1), make(1, unit="C")])[1]) == 2


def test_items_of_no_burst_and_no_items():
    with pytest.raises(QueryError, match="there is none"):
        series_dates([])
    with pytest.raises(QueryError, match="X is not of a burst"):
        series_dates([{"type": "Feature", "id": "X", "assets": {}, "properties": {"datetime": "2025-05-01T00:00:00Z"}}])
    with pytest.raises(QueryError, match="not say where its burst begins"):
        series_dates([make(1, byte_offset=None)])
    without = make(1)
    del without["assets"]["annotation"]
    with pytest.raises(NotFoundError, match="no asset 'annotation'"):
        series_dates([without])


@pytest.mark.parametrize("elsewhere", ["s3://elsewhere/x.tiff", "/etc/passwd", "https://example.org/x.tiff"])
def test_items_lead_nowhere_else(items, elsewhere):
    for asset in ("data", "annotation"):
        hostile = make(19)
        hostile["assets"][asset]["href"] = elsewhere
        with pytest.raises(ConfigurationError, match="is not in"):
            series_dates([hostile])
    hostile = make(19)
    hostile["assets"]["data"]["href"] = items[0]["assets"]["data"]["href"]
    with pytest.raises(ConfigurationError, match="is not in its product"):
        series_dates([hostile])
    hostile["assets"]["data"]["href"] = make(19)["assets"]["annotation"]["href"] + "/../../../../x.tiff"
    with pytest.raises(phistac.PhistacError):
        series_dates([hostile])
