"""Burst numbers, checksums in names, sizes of measurement files: against real products and independent arithmetic."""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from phistac.sandbox.archive.bursts import IW, T_ORBIT, burst_number
from phistac.sandbox.archive.naming import crc16, identifier, s1_folder, s3_path
from phistac.sandbox.archive.tiff import Layout
from phistac.sandbox.archive.times import parse

if TYPE_CHECKING:
    from pathlib import Path

SLC = "S1A_IW_SLC__1SDV_20250406T022008_20250406T022035_058630_07421F_93A7.SAFE"


def test_crc16_of_the_check_string_is_the_published_one():
    assert crc16(b"123456789") == "29B1"


@given(st.binary(max_size=300))
def test_crc16_agrees_with_the_standard_library(data):
    assert int(crc16(data), 16) == binascii.crc_hqx(data, 0xFFFF)


def test_crc16_of_real_manifests_is_in_the_names_of_their_products(real_data):
    products = [p for p in (real_data / "safe" / "sentinel-1").glob("*.SAFE") if not p.stem.endswith("_0000")]
    assert len(products) >= 6
    for product in products:
        assert product.stem[-4:] == crc16((product / "manifest.safe").read_bytes())


def _annotations(real_data: Path, product: str) -> list[etree._Element]:
    files = sorted((real_data / "safe" / "sentinel-1" / product / "annotation").glob("*.xml"))
    return [etree.parse(file).getroot() for file in files]


def test_burst_numbers_are_those_of_a_real_annotation(real_data):
    seen = 0
    for root in _annotations(real_data, SLC):
        half = int(root.findtext(".//linesPerBurst")) * float(root.findtext(".//azimuthTimeInterval")) / 2
        for burst in root.iter("burst"):
            middle = float(burst.findtext("azimuthAnxTime")) + half
            assert burst_number(middle, 108) == int(burst.findtext("burstId"))
            assert burst_number(middle, 58630) == int(burst.find("burstId").get("absolute"))
            seen += 1
    assert seen == 54


@given(st.floats(10, 5900), st.integers(1, 175))
def test_a_cycle_later_is_the_next_burst(middle, orbit):
    assert burst_number(middle + IW.cycle, orbit) - burst_number(middle, orbit) in {0, 1, 2}
    phase = ((middle + (orbit - 1) * T_ORBIT - IW.preamble) / IW.cycle) % 1
    if 0.01 < phase < 0.99:
        assert burst_number(middle + IW.cycle, orbit) == burst_number(middle, orbit) + 1


@given(st.floats(10, 5000), st.integers(1, 174))
def test_an_orbit_later_is_what_the_next_orbit_says(middle, orbit):
    phase = ((middle + orbit * T_ORBIT - IW.preamble) / IW.cycle) % 1
    if 0.01 < phase < 0.99:
        assert burst_number(middle + T_ORBIT, orbit) == burst_number(middle, orbit + 1)


def test_measurement_files_have_the_size_that_real_manifests_state(real_data):
    checked = 0
    for product in (real_data / "safe" / "sentinel-1").glob("*.SAFE"):
        manifest = (product / "manifest.safe").read_text()
        for file in product.glob("annotation/*.xml"):
            found = re.search(rf'size="(\d+)">\s*<fileLocation[^>]*{file.stem}\.tiff"', manifest)
            root = etree.parse(file).getroot()
            layout = Layout(
                int(root.findtext(".//numberOfLines")),
                int(root.findtext(".//numberOfSamples")),
                len(root.findall(".//geolocationGridPoint")),
                complex_pixels=root.findtext(".//pixelValue") == "Complex",
            )
            assert layout.size == int(found[1]), file.name
            offsets = [int(burst.findtext("byteOffset")) for burst in root.iter("burst")]
            lines = int(root.findtext(".//linesPerBurst"))
            assert offsets == [layout.first_pixel + i * lines * layout.row_bytes for i in range(len(offsets))]
            checked += 1
    assert checked >= 14


@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 300), st.booleans(), st.booleans())
def test_the_parts_of_a_file_leave_room_for_each_other(lines, samples, points, complex_pixels, old):
    layout = Layout(lines, samples, points, complex_pixels=complex_pixels, old=old)
    assert 0 < layout.first_pixel < layout.pixels_end < layout.size
    # What lies behind the pixels: two strip arrays of four bytes a line, six doubles a point, and some 460 bytes more.
    assert layout.size - layout.pixels_end - 8 * lines - 48 * points in {461, 465, 467, 463}


def test_paths_are_those_of_todays_layout():
    when = parse("2025-08-28T05:59:00.661693Z")
    assert s3_path("Sentinel-1", s1_folder("IW_SLC__1S"), when, "X.SAFE") == (
        "/eodata/Sentinel-1/SAR/IW_SLC__1S/2025/08/28/X.SAFE"
    )
    assert s1_folder("AUX_POEORB") == "AUX/AUX_POEORB"
    assert identifier("product", "a") == identifier("product", "a") != identifier("product", "b")


def test_a_time_without_zone_is_utc_and_nonsense_raises():
    assert parse("2025-01-01T00:00:00") == parse("2025-01-01T01:00:00+01:00")
    with pytest.raises(ValueError, match="Invalid isoformat"):
        parse("yesterday")
