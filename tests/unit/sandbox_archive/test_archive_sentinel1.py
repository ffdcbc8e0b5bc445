"""Sentinel-1 products of the seeded archive: other people's readers open them, and their numbers agree with each other."""

from __future__ import annotations

import hashlib
import json
import warnings

import numpy as np
import pytest
import rasterio
import shapely
import xarray as xr
import xmlschema
from lxml import etree

from phistac.sandbox.archive import build, seeded
from phistac.sandbox.archive.naming import crc16
from phistac.sandbox.archive.orbit import SENTINEL_1
from phistac.sandbox.archive.s1_acquire import acquire
from phistac.sandbox.archive.s1_image import slc_images
from phistac.sandbox.archive.s1_pass import pass_of
from phistac.sandbox.archive.s1_pixels import slc_blocks
from phistac.sandbox.archive.s1_scene import Timing
from phistac.sandbox.archive.times import parse

GROUPS = ("gcp", "orbit", "attitude", "calibration", "noise_range", "noise_azimuth", "dc_estimate", "azimuth_fm_rate")


def _open(folder, group):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of xarray-sentinel and of other entry points
        return xr.open_dataset(folder, engine="sentinel-1", group=group)


@pytest.fixture(scope="module")
def slc(small):
    return small.of("_SLC__1SDV")[0]


def test_xarray_sentinel_opens_the_slc(small, slc):
    folder = small.folder(slc)
    with _open(folder, "IW1/VV") as image:
        assert image.measurement.dtype == np.complex64
        assert image.sizes == {"line": 3 * 75, "pixel": 226}
        values = image.measurement.values
    assert 50 < np.abs(values[10:60, 30:200]).mean() < 120
    for group in GROUPS:
        with _open(folder, f"IW2/VH/{group}") as dataset:
            assert dataset.data_vars


def test_xarray_sentinel_opens_a_burst_by_its_number(small, slc):
    rows = {(b["SwathIdentifier"], b["BurstId"]) for b in small.bursts if b["ParentProductId"] == slc["Id"]}
    with _open(small.folder(slc), "IW3/VV/1") as burst:
        assert ("IW3", int(burst.attrs["burst_id"])) in rows
        assert burst.sizes["azimuth_time"] == 75


def test_xarray_sentinel_opens_the_grd(small):
    folder = small.folder(next(row for row in small.of("_GRDH_1SDV") if "_COG" not in row["Name"]))
    with _open(folder, "IW/VV") as image:
        assert image.measurement.dtype.kind in "fu"
        assert set(image.measurement.dims) == {"azimuth_time", "ground_range"}
    with _open(folder, "IW/VH/coordinate_conversion") as conversion:
        assert conversion.sizes["degree"] == 9


def test_every_measurement_is_what_its_annotation_says(small):
    for row in small.of("_SLC__1SDV")[:2]:
        for path in sorted(small.folder(row).glob("annotation/*.xml")):
            root = etree.parse(path).getroot()
            with rasterio.open(small.folder(row) / "measurement" / f"{path.stem}.tiff") as image:
                shape = int(root.findtext(".//numberOfLines")), int(root.findtext(".//numberOfSamples"))
                assert image.shape == shape
                assert image.dtypes == ("complex_int16",)
                assert len(image.gcps[0]) == len(root.findall(".//geolocationGridPoint"))
                pixels = image.read(1)
            lines = int(root.findtext(".//linesPerBurst"))
            for index, burst in enumerate(root.iter("burst")):
                valid = np.array(burst.findtext("firstValidSample").split(), int)
                assert valid.size == lines
                filled = pixels[index * lines : (index + 1) * lines].any(axis=1)
                np.testing.assert_array_equal(filled, valid >= 0)


def test_byte_offsets_of_burst_rows_lead_to_the_pixels_of_the_burst(small):
    for row in small.bursts[::37]:
        path = small.root / "s3" / row["S3Path"].lstrip("/")
        shape = (row["LinesPerBurst"], row["SamplesPerBurst"])
        raw = np.fromfile(path, "<i2", 2 * shape[0] * shape[1], offset=row["ByteOffset"]).reshape(*shape, 2)
        with rasterio.open(path) as image:
            pixels = image.read(1, window=((row["Lines"], row["Lines"] + shape[0]), (0, shape[1])))
        np.testing.assert_array_equal(raw[..., 0] + 1j * raw[..., 1], pixels)


def test_annotations_are_valid_against_the_schemas_of_esa(small, slc, real_data):
    support = next((real_data / "safe" / "sentinel-1").glob("*93A7.SAFE")) / "support"
    grd = small.of("_GRDH_1SDV")[0]
    for row, stem in ((slc, "iw2-slc-vv"), (grd, "iw-grd-vh")):
        for kind, pattern in (
            ("product", f"annotation/s1?-{stem}*"),
            ("calibration", f"annotation/calibration/calibration-s1?-{stem}*"),
            ("noise", f"annotation/calibration/noise-s1?-{stem}*"),
            ("rfi", f"annotation/rfi/rfi-s1?-{stem}*"),
        ):
            schema = xmlschema.XMLSchema(str(support / f"s1-level-1-{kind}.xsd"))
            assert not list(schema.iter_errors(str(next(small.folder(row).glob(pattern)))))


def test_names_end_in_the_crc_of_the_manifest(small):
    for row in small.of("S1"):
        manifest = small.folder(row) / "manifest.safe"
        if manifest.is_file():
            stem = row["Name"].removesuffix(".SAFE").removesuffix("_COG")
            assert stem[-4:] == crc16(manifest.read_bytes())


def test_the_same_burst_comes_back_every_twelve_days(small):
    seen = [b for b in small.bursts if (b["BurstId"], b["SwathIdentifier"]) == (92601, "IW1")]
    mine = sorted(
        (parse(b["AzimuthTime"]), b["PlatformSerialIdentifier"]) for b in seen if b["PolarisationChannels"] == "VV"
    )
    assert {unit for _, unit in mine} == {"A", "C"}
    for unit in "AC":
        times = [time for time, u in mine if u == unit]
        gaps = np.diff([time.timestamp() for time in times])
        np.testing.assert_allclose(gaps, 12 * 86400, atol=0.2)  # they begin a line or so apart
        assert len(times) >= 10
    steps = np.diff([time.timestamp() for time, _ in mine]) / 86400
    np.testing.assert_allclose(steps, 6, atol=1e-4)


def test_bursts_cover_campi_flegrei_from_both_directions(small):
    place = shapely.Point(14.14, 40.83)
    over = [b for b in small.bursts if shapely.geometry.shape(b["GeoFootprint"]).contains(place)]
    assert {b["OrbitDirection"] for b in over} == {"ASCENDING", "DESCENDING"}


def test_footprints_of_bursts_are_hexagons_inside_their_product(small):
    products = {row["Id"]: shapely.geometry.shape(row["GeoFootprint"]).buffer(0.03) for row in small.of("_SLC__1SDV")}
    for burst in small.bursts:
        ring = burst["GeoFootprint"]["coordinates"][0]
        polygon = shapely.Polygon(ring)
        assert len(ring) == 7
        assert polygon.is_valid
        assert polygon.exterior.is_ccw
        assert products[burst["ParentProductId"]].covers(polygon)
        assert burst["Footprint"] == f"geography'SRID=4326;{polygon.wkt}'" or burst["Footprint"].startswith("geography")


def test_the_orbit_passes_where_a_real_satellite_was(real_data):
    file = next((real_data / "safe" / "sentinel-1").glob("*93A7.SAFE/annotation/*iw1-slc-vv*.xml"))
    root = etree.parse(file).getroot()
    anx = parse(root.findtext(".//ascendingNodeTime"))
    assert anx == SENTINEL_1.anx_time(58630)
    for vector in root.findall(".//orbit"):
        real = np.array([float(vector.findtext(f"position/{axis}")) for axis in "xyz"])
        seconds = np.array([(parse(vector.findtext("time")) - anx).total_seconds()])
        ours, velocity = (v[0] for v in SENTINEL_1.state(58630, seconds))
        assert np.linalg.norm(ours - real) < 15e3
        speed = np.array([float(vector.findtext(f"velocity/{axis}")) for axis in "xyz"])
        assert np.linalg.norm(velocity - speed) < 25


def test_velocity_is_the_derivative_of_position():
    seconds = np.arange(0.0, 5900, 300)
    (before, _), (after, _) = (SENTINEL_1.state(58630, seconds + step) for step in (-0.5, 0.5))
    np.testing.assert_allclose(after - before, SENTINEL_1.state(58630, seconds)[1], atol=1e-2)


def test_grid_points_lie_at_zero_doppler_and_at_their_slant_range(small, slc):
    root = etree.parse(next(small.folder(slc).glob("annotation/*iw2-slc-vv*.xml"))).getroot()
    passed = pass_of("A", 44, parse("2025-05-01"), ascending=True)
    for point in root.findall(".//geolocationGridPoint")[::10]:
        longitude, latitude = (np.radians(float(point.findtext(n))) for n in ("longitude", "latitude"))
        n = 6378137.0 / np.sqrt(1 - 6.69437999014e-3 * np.sin(latitude) ** 2)
        ground = np.array(
            [
                n * np.cos(latitude) * np.cos(longitude),
                n * np.cos(latitude) * np.sin(longitude),
                n * (1 - 6.69437999014e-3) * np.sin(latitude),
            ]
        )
        seconds = np.array([(parse(point.findtext("azimuthTime")) - passed.anx).total_seconds()])
        position, velocity = (v[0] for v in passed.track.state(passed.orbit, seconds))
        sight = ground - position
        assert np.linalg.norm(sight) == pytest.approx(float(point.findtext("slantRangeTime")) * 299792458 / 2, abs=1)
        assert abs(sight @ velocity) / np.linalg.norm(sight) < 0.5  # m/s along the line of sight


def test_pixels_follow_the_seed_and_a_burst_keeps_its_speckle_from_pass_to_pass():
    scenes = [acquire(pass_of("A", 44, parse(day), ascending=True), 92600, 2) for day in ("2025-05-01", "2025-05-13")]
    images = [slc_images(scene)[3] for scene in scenes]
    one, again, other = (np.concatenate([b for _, b in slc_blocks(images[0], s)])[..., 0] for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    first, second = (
        np.concatenate([b for _, b in slc_blocks(image, 1)]).astype(float) @ np.array([1, 1j]) for image in images
    )
    power = np.sqrt((np.abs(first[:75]) ** 2).sum() * (np.abs(second[:75]) ** 2).sum())
    assert np.abs((first[:75] * second[:75].conj()).sum()) / power == pytest.approx(0.49, abs=0.03)


def test_a_pass_that_begins_elsewhere_sees_the_ground_shifted():
    days = [pass_of("A", 44, parse(day), ascending=True) for day in ("2025-05-01", "2025-05-13")]
    timings = (Timing(), Timing(0.003, late_lines=-1, far_samples=3))
    swaths = [acquire(day, 92600, 1, timing=timing).swaths[0] for day, timing in zip(days, timings, strict=True)]
    images = [slc_images(acquire(day, 92600, 1, timing=timing))[3] for day, timing in zip(days, timings, strict=True)]
    first, second = (np.concatenate([b for _, b in slc_blocks(i, 1)]).astype(float) @ np.array([1, 1j]) for i in images)
    assert first.shape == (75, 226)
    assert second.shape == (75, 223)
    assert swaths[1].slant_range_time - swaths[0].slant_range_time == pytest.approx(3 / swaths[0].sampling_rate)
    earlier = swaths[0].bursts[0].anx_s - swaths[1].bursts[0].anx_s
    assert earlier == pytest.approx(swaths[0].interval - 0.003, abs=1e-6)

    def coherence(one, other):
        return np.abs((one * other.conj()).sum()) / np.sqrt((np.abs(one) ** 2).sum() * (np.abs(other) ** 2).sum())

    # Line 0, sample 0 of the second is line -1, sample 3 of the first.
    assert coherence(first[10:60, 33:203], second[11:61, 30:200]) == pytest.approx(0.49, abs=0.03)
    assert coherence(first[10:60, 30:200], second[10:60, 30:200]) < 0.1


def test_passes_of_the_archive_begin_at_different_lines_and_samples(small):
    mine = [b for b in small.bursts if b["RelativeOrbitNumber"] == 44 and b["SwathIdentifier"] == "IW1"]
    assert {b["SamplesPerBurst"] for b in mine} == {226, 225, 224, 223}
    late = {round((b["AzimuthAnxTime"] - mine[0]["AzimuthAnxTime"]) / 0.0412) for b in mine if b["BurstId"] == 92601}
    assert len(late) >= 2


def test_a_full_scene_has_the_numbers_of_a_real_product():
    passed = pass_of("A", 108, parse("2025-04-06"), ascending=True)
    assert (passed.orbit, passed.cycle, passed.datatake) == (58630, 349, 475679)
    scene = acquire(passed, 230132, 9, full=True)
    first = scene.swaths[0].bursts[0]
    assert (first.number, first.absolute, first.byte_offset) == (230132, 125931166, 108459)
    assert first.anx_s == pytest.approx(836.1233655546, abs=1e-3)
    assert scene.swaths[0].bursts[1].byte_offset == 135961355
    assert [swath.bursts[0].number for swath in scene.swaths] == [230132, 230132, 230131]
    assert scene.swaths[0].layout.size == 1222903208


def test_a_full_archive_has_one_slc_of_the_real_size_in_sparse_files(tmp_path, monkeypatch):
    monkeypatch.setattr(seeded, "_FULL_BURSTS", 1)  # of nine: the rest is more of the same
    monkeypatch.setattr(seeded, "_FULL_CHOSEN", frozenset())
    build(tmp_path, size="full")
    lines = (tmp_path / "catalogue" / "bursts.jsonl").read_text().splitlines()
    bursts = [burst for burst in map(json.loads, lines) if burst["LinesPerBurst"] > 1000]
    assert {(b["SwathIdentifier"], b["LinesPerBurst"], b["SamplesPerBurst"]) for b in bursts} == {
        ("IW1", 1500, 21000),
        ("IW2", 1513, 26395),
        ("IW3", 1518, 25384),
    }
    for burst in bursts:
        path = tmp_path / "s3" / burst["S3Path"].lstrip("/")
        assert path.stat().st_size > 1e8
        assert path.stat().st_blocks * 512 < 1e6
        manifest = (path.parent.parent / "manifest.safe").read_text()
        with path.open("rb") as file:
            assert hashlib.file_digest(file, "md5").hexdigest() in manifest
