"""A burst as a product of its own."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import zipfile
from datetime import datetime, timedelta

import numpy as np
import pytest
import tifffile
from lxml import etree

from phistac.errors import FormatError
from phistac.sandbox.odata.bursttiff import HEADER_SIZE, header
from phistac.sandbox.odata.burstxml import cut_annotation, shift_lines
from phistac.sandbox.odata.errors import RefusalError
from phistac.sandbox.odata.minisafe import entries
from phistac.sandbox.odata.zipstream import zip_chunks, zip_size

SLC = "S1A_IW_SLC__1SDV_20250406T022008_20250406T022035_058630_07421F_93A7.SAFE"
STEM = "s1a-iw1-slc-vv-20250406t022009-20250406t022034-058630-07421f-004"


@pytest.mark.parametrize(("order", "end"), [(b"II", "<"), (b"MM", ">")])
def test_header(order, end):
    pixels = np.arange(2 * 3 * 5, dtype=f"{end}i2")
    data = header(samples=5, lines=3, order=order) + pixels.tobytes()
    assert len(data) == HEADER_SIZE + pixels.nbytes
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        assert (page.imagewidth, page.imagelength, page.sampleformat, page.bitspersample) == (5, 3, 5, 32)
        assert (page.dataoffsets, page.databytecounts) == ((HEADER_SIZE,), (pixels.nbytes,))


@pytest.fixture
def annotation(real_data):
    return (real_data / "safe/sentinel-1" / SLC / f"annotation/{STEM}.xml").read_bytes()


def test_annotation_of_one_burst(annotation):
    whole = etree.fromstring(annotation)
    burst = whole.findall("swathTiming/burstList/burst")[3]
    lines = int(whole.findtext("swathTiming/linesPerBurst"))
    cut = etree.fromstring(cut_annotation(annotation, first=3 * lines, lines=lines))
    kept = cut.findall("swathTiming/burstList/burst")
    assert len(kept) == 1
    assert cut.find("swathTiming/burstList").get("count") == "1"
    assert kept[0].findtext("burstId") == burst.findtext("burstId")
    assert kept[0].findtext("byteOffset") == str(HEADER_SIZE)
    assert cut.findtext("imageAnnotation/imageInformation/numberOfLines") == str(lines)
    start = burst.findtext("azimuthTime")
    assert cut.findtext("adsHeader/startTime") == start
    interval = float(whole.findtext("imageAnnotation/imageInformation/azimuthTimeInterval"))
    stop = datetime.fromisoformat(start) + timedelta(seconds=(lines - 1) * interval)
    assert cut.findtext("imageAnnotation/imageInformation/productLastLineUtcTime") == stop.isoformat()
    points = cut.findall("geolocationGrid/geolocationGridPointList/geolocationGridPoint")
    assert {int(p.findtext("line")) for p in points} == {0, lines}
    first = whole.xpath(f"geolocationGrid/*/geolocationGridPoint[line={3 * lines}]")
    assert [p.findtext("latitude") for p in points if p.findtext("line") == "0"] == [
        p.findtext("latitude") for p in first
    ]


def test_no_such_burst(annotation):
    with pytest.raises(FormatError, match="no burst"):
        cut_annotation(annotation, first=20 * 1502, lines=1502)
    with pytest.raises(FormatError, match="not XML"):
        cut_annotation(b"<product", first=0, lines=1502)


def test_entities_are_not_resolved(tmp_path):
    (tmp_path / "secret").write_text("canary")
    text = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]><a><b>&x;</b><line>5 6</line></a>'
    cut = shift_lines(text.encode(), 5)
    assert b"canary" not in cut
    assert b"<line>0 1</line>" in cut


@pytest.fixture
def archive(tmp_path, real_data):
    """The real product, with a measurement of its true offset but narrow lines, and a burst record for it."""
    folder = tmp_path / "s3/eodata/Sentinel-1" / SLC
    shutil.copytree(real_data / "safe/sentinel-1" / SLC, folder, copy_function=shutil.copyfile)
    samples, lines, offset = 10, 1502, 109_000
    measurement = folder / f"measurement/{STEM}.tiff"
    measurement.unlink()
    pixels = np.random.default_rng(1).integers(-99, 99, (9 * lines, samples, 2)).astype("<i2")
    measurement.write_bytes(b"II".ljust(offset, b"\0") + pixels.tobytes())
    burst = {
        "Name": "S1A-SLC-20250406T022018-230135-IW1-VV-475679",
        "S3Path": f"/eodata/Sentinel-1/{SLC}/measurement/{STEM}.tiff",
        "ByteOffset": offset + 3 * lines * samples * 4,
        "Lines": 3 * lines,
        "LinesPerBurst": lines,
        "SamplesPerBurst": samples,
    }
    return tmp_path, burst, pixels[3 * lines : 4 * lines]


def test_the_whole_safe(archive):
    root, burst, pixels = archive
    files = entries(root, burst)
    data = b"".join(zip_chunks(files))
    assert len(data) == zip_size(files)
    safe = burst["Name"] + ".SAFE"
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        found = {n.removeprefix(f"{safe}/"): opened.read(n) for n in opened.namelist()}
    assert sorted(found) == sorted(
        [
            f"annotation/{STEM}.xml",
            f"annotation/calibration/calibration-{STEM}.xml",
            f"annotation/calibration/noise-{STEM}.xml",
            "manifest.safe",
            f"measurement/{STEM}.tiff",
        ]
    )
    with tifffile.TiffFile(io.BytesIO(found[f"measurement/{STEM}.tiff"])) as file:
        start = file.pages[0].dataoffsets[0]
    assert found[f"measurement/{STEM}.tiff"][start:] == pixels.tobytes()
    promised = re.findall(
        rb'size="(\d+)">\s*<fileLocation[^>]*href="\./([^"]+)"/>\s*<checksum checksumName="MD5">(\w+)<',
        found["manifest.safe"],
    )
    assert {path.decode(): (int(size), md5.decode()) for size, path, md5 in promised} == {
        path: (len(text), hashlib.md5(text).hexdigest()) for path, text in found.items() if path != "manifest.safe"
    }


def test_a_record_without_samples_is_refused(archive):
    root, burst, _ = archive
    for broken in ({**burst, "ByteOffset": 10**9}, {**burst, "S3Path": "/eodata/nothing.tiff"}):
        with pytest.raises(RefusalError) as refusal:
            entries(root, broken)
        assert refusal.value.status == 404
