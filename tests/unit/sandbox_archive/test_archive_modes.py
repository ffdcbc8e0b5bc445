"""The archive of modes: every kind of Sentinel-1 product and layout, opened by readers that had no part in making them."""

from __future__ import annotations

import hashlib
import json
import re
import warnings

import numpy as np
import pytest
import rasterio
import xarray as xr
from lxml import etree

from phistac.errors import FormatError
from phistac.sandbox.archive import build
from phistac.sandbox.archive.naming import crc16
from phistac.sandbox.archive.s1_acquire import acquire
from phistac.sandbox.archive.s1_modes import SM
from phistac.sandbox.archive.s1_pass import pass_of
from phistac.sandbox.archive.times import parse
from phistac.sandbox.s3.storage import ArchiveStorage

_STREAM = re.compile(
    r'<byteStream [^>]*size="(\d+)"[^>]*>\s*<fileLocation [^>]*href="\./([^"]+)"[^>]*/>\s*<checksum[^>]*>(\w+)<'
)


@pytest.fixture(scope="module")
def modes(tmp_path_factory):
    root = tmp_path_factory.mktemp("modes")
    build(root, size="modes")
    return root


def _rows(root, name):
    return [json.loads(line) for line in (root / "catalogue" / f"{name}.jsonl").read_text().splitlines()]


def _products(root):
    return {row["Name"]: root / "s3" / row["S3Path"].lstrip("/") for row in _rows(root, "products")}


def _kinds(root):
    return {name[:14] + "_COG" * ("_COG" in name): folder for name, folder in _products(root).items()}


def test_every_mode_and_kind_is_there(modes):
    names = [name[:16] + "_COG" * ("_COG" in name) for name in _products(modes)]
    assert sorted(set(names)) == [
        "S1A_EW_GRDM_1SDH", "S1A_EW_GRDM_1SDH_COG", "S1A_EW_SLC__1SDH", "S1A_IW_GRDH_1SDV", "S1A_IW_GRDH_1SDV_COG",
        "S1A_IW_SLC__1SDV", "S1A_S3_GRDH_1SDV", "S1A_S3_GRDH_1SDV_COG", "S1A_S3_SLC__1SDV", "S1A_WV_SLC__1SSV",
        "S1D_IW_GRDH_1SDV", "S1D_IW_GRDH_1SDV_COG", "S1D_IW_SLC__1SDV",
    ]  # fmt: skip
    assert len(names) == len(set(names)) + 1  # S1A IW SLC of 2014 and of 2021


def test_manifests_state_every_size_and_checksum(modes):
    for name, folder in _products(modes).items():
        text = (folder / "manifest.safe").read_text()
        streams = _STREAM.findall(text)
        assert len(streams) > 6
        for size, path, checksum in streams:
            data = (folder / path).read_bytes()
            assert (len(data), hashlib.md5(data).hexdigest()) == (int(size), checksum), path
        assert name.removesuffix(".SAFE").removesuffix("_COG")[-4:] == crc16((folder / "manifest.safe").read_bytes())


def test_gdal_reads_the_bytes_that_lie_where_the_annotation_says(modes):
    seen = set()
    for folder in _products(modes).values():
        if "_COG" in folder.name:
            continue
        for path in sorted(folder.glob("annotation/*.xml")):
            root = etree.parse(path).getroot()
            lines, samples = int(root.findtext(".//numberOfLines")), int(root.findtext(".//numberOfSamples"))
            measurement = folder / "measurement" / f"{path.stem}.tiff"
            with rasterio.open(measurement) as image:
                pixels = image.read(1)
                assert image.block_shapes == [(1, samples)]
            assert pixels.shape == (lines, samples)
            assert np.count_nonzero(pixels) > 0.5 * pixels.size
            old = "2014" in folder.name
            start = 8 if old else 8 * lines + 315
            if pixels.dtype.kind == "c":
                raw = np.fromfile(measurement, "<i2", 2 * pixels.size, offset=start).astype(float).reshape(-1, 2)
                np.testing.assert_array_equal(raw[:, 0] + 1j * raw[:, 1], pixels.ravel())
            else:
                np.testing.assert_array_equal(
                    np.fromfile(measurement, "<u2", pixels.size, offset=start), pixels.ravel()
                )
            offsets = [int(burst.findtext("byteOffset")) for burst in root.iter("burst")]
            step = 4 * samples * int(root.findtext(".//linesPerBurst"))
            assert offsets == [start + step * number for number in range(len(offsets))]
            seen.add((old, pixels.dtype.kind, bool(offsets)))
    assert seen == {(False, "c", True), (False, "c", False), (False, "u", False), (True, "c", True), (True, "u", False)}


def test_annotations_say_what_their_processor_said(modes):
    rows = {row["Name"]: row for row in _rows(modes, "products")}
    for name, folder in _products(modes).items():
        ipf = next(a["Value"] for a in rows[name]["Attributes"] if a["Name"] == "processorVersion")
        roots = [etree.parse(path).getroot() for path in folder.glob("annotation/*.xml")]
        noises = [etree.parse(path).getroot() for path in folder.glob("annotation/calibration/noise-*.xml")]
        assert f'version="{ipf}"' in (folder / "manifest.safe").read_text()
        assert (folder / "annotation" / "rfi").exists() is (ipf >= "003.40")
        for root in roots:
            assert all((burst.find("burstId") is not None) is (ipf >= "003.40") for burst in root.iter("burst"))
            assert (root.find(".//azimuthFmRate/c0") is not None) is (ipf < "002.43")
            assert (root.find(".//azimuthFmRatePolynomial") is None) is (ipf < "002.43")
        for root in noises:
            assert (root.find("noiseVectorList") is not None) is (ipf < "002.90")
            assert (root.find("noiseRangeVectorList") is None) is (ipf < "002.90")


def test_names_of_swaths_polarizations_and_images_follow_the_mode(modes):
    kinds = _kinds(modes)
    stems = {kind: sorted(path.stem for path in folder.glob("measurement/*.tiff")) for kind, folder in kinds.items()}
    assert [(s[4:14], s[-3:]) for s in stems["S1A_EW_SLC__1S"]] == [
        (f"ew{swath}-slc-{p}", f"{number + swath:03d}") for swath in range(1, 6) for p, number in (("hh", 0), ("hv", 5))
    ]
    assert [(s[4:13], s[-3:]) for s in stems["S1A_WV_SLC__1S"]] == [
        ("wv1-slc-v", "001"), ("wv1-slc-v", "003"), ("wv2-slc-v", "002"), ("wv2-slc-v", "004"),
    ]  # fmt: skip
    assert [s[4:13] for s in stems["S1A_S3_SLC__1S"]] == ["s3-slc-vh", "s3-slc-vv"]
    assert [(s[4:13], s[-3:]) for s in stems["S1A_EW_GRDM_1S"]] == [("ew-grd-hh", "001"), ("ew-grd-hv", "002")]
    header = etree.parse(next(kinds["S1A_S3_SLC__1S"].glob("annotation/*.xml"))).getroot().find("adsHeader")
    assert [header.findtext(name) for name in ("mode", "swath", "productType")] == ["S3", "S3", "SLC"]  # as real ones
    rows = {row["Name"]: {a["Name"]: a["Value"] for a in row["Attributes"]} for row in _rows(modes, "products")}
    wave = next(attributes for name, attributes in rows.items() if "_WV_" in name)
    assert [wave[n] for n in ("operationalMode", "swathIdentifier", "polarisationChannels", "productType")] == [
        "WV", "WV1,WV2", "VV", "WV_SLC__1S",
    ]  # fmt: skip


def test_some_folders_have_markers(modes):
    storage = ArchiveStorage(modes / "s3" / "eodata", "eodata")
    keys = [one.key for one in storage.list_objects("eodata", prefix="Sentinel-1/SAR/WV_SLC__1S/").contents]
    assert [key.split(".SAFE/")[1] for key in keys if key.endswith("/")] == ["", "annotation/", "measurement/"]


def test_bursts_are_those_of_modes_that_have_some(modes):
    bursts = _rows(modes, "bursts")
    assert {burst["OperationalMode"] for burst in bursts} == {"IW", "EW"}
    wide = [burst for burst in bursts if burst["OperationalMode"] == "EW"]
    assert len(wide) == 5 * 2 * 3
    for swath in {burst["SwathIdentifier"] for burst in wide}:
        numbers = sorted({burst["BurstId"] for burst in wide if burst["SwathIdentifier"] == swath})
        assert numbers == list(range(numbers[0], numbers[0] + 3))
    with pytest.raises(FormatError, match="SM has no bursts"):
        acquire(pass_of("A", 44, parse("2025-05-01"), ascending=True), 1, 1, mode=SM)


def test_xarray_sentinel_opens_what_it_knows(modes):
    opened = 0
    for name, folder in _products(modes).items():
        if "2014" in name or "_WV_" in name:
            continue  # it knows no c0, c1, c2, and not several images of one beam
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of xarray-sentinel and of other entry points
            with xr.open_dataset(folder, engine="sentinel-1") as root:
                last = [group for group in root.attrs["subgroups"] if group.count("/") == 1][-1]
            with xr.open_dataset(folder, engine="sentinel-1", group=last) as image:
                assert image.measurement.size > 1000
            opened += 1
    assert opened == 10
