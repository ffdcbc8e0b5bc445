"""Annotations of real products: published numbers, and what the products say about themselves."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from phistac.errors import FormatError
from phistac.safe import sentinel1
from phistac.safe.manifest import ManifestObject
from phistac.safe.sentinel1 import values
from phistac.safe.sentinel1.pixels import burst_raster
from phistac.safe.sentinel1.product import file_facts
from phistac.safe.xml import parse


@pytest.fixture(scope="module")
def folder(real_data):
    def find(name: str):
        (found,) = real_data.glob(f"safe/sentinel-1/*_{name}.SAFE")
        return found

    return find


def product(folder):
    return sentinel1.parse_product((folder / "manifest.safe").read_bytes())


# asserted by xarray-sentinel's tests/test_10_esa_safe.py, for the same files
FACTS = {
    "EFA4": ("2021-04-01T04:49:55.637823", 26269, 168, 205463, ["VV", "VH"]),
    "6001": ("2021-04-01T13:53:42.874198", 37258, 86, 287630, ["VV", "VH"]),
    "8152": ("2021-04-03T11:58:30.792178", 37286, 114, 287876, ["HH", "HV"]),
    "D542": ("2021-04-03T07:50:57.437371", 26300, 24, 205712, ["VV"]),
    "ECC8": ("2021-04-01T04:49:55.637823", 26269, 168, 205463, ["VV", "VH"]),
}


@pytest.mark.parametrize("name", FACTS)
def test_published_facts_of_manifests(folder, name):
    node, absolute, relative, datatake, polarizations = FACTS[name]
    attrs = product(folder(name)).attrs
    assert attrs["ascending_node_time"] == node
    assert (attrs["orbit_number"], attrs["relative_orbit_number"], attrs["mission_data_take_id"]) == (
        absolute,
        relative,
        datatake,
    )
    assert attrs["transmitter_receiver_polarisations"] == polarizations


def test_wave_mode_has_an_image_per_vignette(folder):
    images = product(folder("D542")).images
    assert len(images) == 60
    assert {files.group for files in images} >= {"WV1/VV/001", "WV2/VV/060"}
    assert all(f"-{files.group[-3:]}." in files.measurement.path for files in images)


def test_every_file_of_an_image_is_found(folder):
    images = product(folder("93A7")).images
    assert [files.group for files in images] == ["IW1/VH", "IW1/VV", "IW2/VH", "IW2/VV", "IW3/VH", "IW3/VV"]
    for files in images:
        assert all((files.annotation, files.measurement, files.calibration, files.noise, files.rfi))
        assert files.annotation.path.split("/")[-1][:-4] == files.measurement.path.split("/")[-1][:-5]


def test_names_of_platforms_that_nobody_listed():
    facts = file_facts(
        "annotation/calibration/noise-s1d-iw2-slc-hv-20270406t022010-20270406t022035-058630-07421f-005.xml"
    )
    assert (facts["role"], facts["swath"], facts["polarization"], facts["number"]) == ("noise", "IW2", "HV", "005")
    assert file_facts("preview/quick-look.png") is None


def annotations(folder):
    return sorted((folder / "annotation").glob("*.xml"))


@pytest.mark.parametrize("name", ["93A7", "EFA4", "8152", "6001", "ECC8", "0000"])
def test_every_real_annotation_is_consistent(folder, name):
    for path in annotations(folder(name)):
        root = parse(path.read_bytes())
        image, timing = sentinel1.image_info(root), sentinel1.swath_timing(root)
        if timing.bursts:
            # sizes that were worked out from the manifests of real products of IPF 3.20 to 3.91
            assert (len(timing.bursts) * timing.lines_per_burst, timing.samples_per_burst) == (
                image.lines,
                image.samples,
            )
            assert timing.bursts[0].byte_offset == 8 * image.lines + 315
            size = timing.lines_per_burst * timing.samples_per_burst * 4
            assert {b.byte_offset - a.byte_offset for a, b in zip(timing.bursts, timing.bursts[1:], strict=False)} == {
                size
            }
        orbit, grid = sentinel1.orbit(root), sentinel1.geolocation(root)
        radius, speed = np.linalg.norm(orbit.position, axis=0), np.linalg.norm(orbit.velocity, axis=0)
        assert (np.abs(radius - 7.07e6) < 3e4).all()
        assert (np.abs(speed - 7590) < 100).all()
        assert (np.diff(orbit.time) == np.timedelta64(10, "s")).all()
        assert (np.diff(grid.slant_range_time) > 0).all()
        assert (np.diff(grid.azimuth_time) > np.timedelta64(0)).all()
        assert (grid.line[-1], grid.pixel[-1]) >= (image.lines - 1, image.samples - 1)
        assert sentinel1.dc_estimate(root).data.shape[0] == sentinel1.dc_estimate(root).t0.size
        assert (sentinel1.fm_rate(root).polynomial[:, 0] < -1000).all()
        assert sentinel1.attitude(root).values["q0"].size == sentinel1.attitude(root).time.size


def test_computed_burst_ids_are_those_that_the_product_states(folder):
    count = 0
    for path in annotations(folder("93A7")):
        data = path.read_bytes()
        stated = [burst.relative_id for burst in sentinel1.swath_timing(parse(data)).bursts]
        without = parse(data)
        for element in list(without.iter("burstId")):
            element.getparent().remove(element)
        computed = sentinel1.burst_ids(without, relative_orbit=108)
        assert [found.relative for found in computed] == stated
        assert {found.track for found in computed} == {108}
        count += len(stated)
    assert count == 54


def test_burst_ids_around_the_ascending_node():
    # 175 orbits of 12 days: the last burst of a track is followed by the first of the next
    orbit = 12 * 86400 / 175
    before = sentinel1.burst_id(swath="IW2", sensing_anx_time=100.0, relative_orbit=45)
    same = sentinel1.burst_id(swath="IW2", sensing_anx_time=orbit + 100.0, relative_orbit=44, crosses_node=True)
    assert same == before
    assert same.track == 45
    late = sentinel1.burst_id(swath="IW2", sensing_anx_time=orbit + 100.0, relative_orbit=45)
    assert late == before  # the annotation's node is the last but one
    around = sentinel1.burst_id(swath="IW1", sensing_anx_time=orbit + 50.0, relative_orbit=175, crosses_node=True)
    assert around.track == 1
    assert around.relative < 20
    with pytest.raises(FormatError, match="no bursts"):
        sentinel1.burst_id(swath="S3", sensing_anx_time=1.0, relative_orbit=1)


# asserted by ASFHyP3/burst2safe's tests/test_burst_id.py: swath, ascending node, sensing, orbit, number
PUBLISHED = [
    ("IW2", "2023-04-22T17:03:10.235250", "2023-04-22T18:46:39.515927", 16, "t016_032322_iw2"),
    ("EW5", "2022-10-10T14:02:11.848637", "2022-10-10T14:32:29.345783", 159, "t159_308684_ew5"),
]


@pytest.mark.parametrize(("swath", "node", "sensed", "orbit", "expected"), PUBLISHED)
def test_published_burst_ids(swath, node, sensed, orbit, expected):
    elapsed = float((np.datetime64(sensed) - np.datetime64(node)) / np.timedelta64(1, "s"))
    found = sentinel1.burst_id(swath=swath, sensing_anx_time=elapsed, relative_orbit=orbit)
    assert found.text(swath) == expected


def test_burst_ids_of_a_product_that_states_none_count_on(folder):
    for name, swaths in (("EFA4", {"IW1": 9, "IW2": 10}), ("8152", {"EW1": 17})):
        known = product(folder(name))
        for path in annotations(folder(name)):
            root = parse(path.read_bytes())
            found = sentinel1.burst_ids(root, relative_orbit=known.attrs["relative_orbit_number"])
            assert {burst.relative_id for burst in sentinel1.swath_timing(root).bursts} == {None}
            assert len(found) == swaths[sentinel1.image_info(root).swath]
            assert {b.relative - a.relative for a, b in pairwise(found)} == {1}
            assert {ids.track for ids in found} == {known.attrs["relative_orbit_number"]}


def test_pixels_of_the_first_processors_begin_behind_the_header(folder):
    (path,) = [p for p in annotations(folder("93A7")) if "iw1-slc-vv" in p.name]
    root, size = parse(path.read_bytes()), 1502 * 22612 * 4
    for index, offset in enumerate(root.iter("byteOffset")):
        offset.text = str(8 + index * size)  # IPF 2.36
    image, timing = sentinel1.image_info(root), sentinel1.swath_timing(root)
    raster = burst_raster(image, timing, ManifestObject("m.tiff", 8 + 9 * size, None, None, "", "", ""))
    assert [(run.line, run.lines, run.offset) for run in raster.runs] == [(0, 13518, 8)]
    root.find(".//byteOffset").text = "7"
    with pytest.raises(FormatError, match="header"):
        burst_raster(
            image, sentinel1.swath_timing(root), ManifestObject("m.tiff", 9 * size + 8, None, None, "", "", "")
        )


def test_the_signal_of_a_real_burst(folder):
    (path,) = [p for p in annotations(folder("93A7")) if "iw1-slc-vv" in p.name]
    document = sentinel1.Document(path.read_bytes(), path.name)
    parts = (sentinel1.image_info, sentinel1.swath_timing, sentinel1.fm_rate, sentinel1.dc_estimate)
    found = sentinel1.burst_signal(*map(document.get, parts), index=0)
    first = np.datetime64(document.get(sentinel1.swath_timing).bursts[0].azimuth_time, "ns")
    step = document.get(sentinel1.image_info).azimuth_time_interval
    assert abs((found.mid_time - first) / np.timedelta64(1, "s") - 1501 / 2 * step) < 2e-9
    assert found.azimuth_steering_rate == 1.590368784
    assert -2500 < found.fm_rate.coefficients[0] < -2000
    assert abs(found.doppler.coefficients[0]) < 100
    assert found.valid_lines[0] == 21
    assert found.valid_samples[0] >= 971


def test_a_document_is_parsed_once_and_again_after_a_rest():
    calls = []

    def part(root):
        calls.append(root.tag)
        return root.findtext("b")

    document = sentinel1.Document(b"<a><b>1</b></a>", "annotation/a.xml")
    assert [document.get(part), document.get(part)] == ["1", "1"]
    document.rest()
    assert document.get(part) == "1"
    assert calls == ["a"]
    assert document.get(lambda root: root.tag) == "a"
    with pytest.raises(FormatError, match=r"annotation/a\.xml: .*orbit"):
        document.get(sentinel1.orbit)
    with pytest.raises(FormatError, match=r"annotation/b\.xml"):
        sentinel1.Document(b"<a><b>1</b>", "annotation/b.xml").get(part)


LISTS = "<a><list count='2'><r><n>1</n><v count='2'>1 {}</v></r><r><n>2</n>{}</r></list></a>"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("x", "<v count='2'>3 4</v>"),
        ("2.5", "<v count='2'>3 4</v>"),
        ("99999999999999999999", "<v count='2'>3 4</v>"),
        ("2 3", "<v count='2'>3 4</v>"),
        ("2", "<v count='2'>3</v>"),
        ("2", "<v count='3'>3 4 5</v>"),
        ("2", "<v count='2'>3 4</v><v count='2'>3 4</v>"),
        ("2", ""),
    ],
)
def test_lists_of_numbers_are_whole_or_refused(first, second):
    good = values.records(parse(LISTS.format("2", "<v count='2'>3 4</v>").encode()), "list/r")
    assert values.table(good, "v", np.int64, width=2).tolist() == [[1, 2], [3, 4]]
    assert values.integers(good, "n").tolist() == [1, 2]
    found = values.records(parse(LISTS.format(first, second).encode()), "list/r")
    with pytest.raises(FormatError, match=r"<[vr]>"):
        values.table(found, "v", np.int64, width=2)


def test_valid_lines_of_a_real_burst(folder):
    (path,) = [p for p in annotations(folder("93A7")) if "iw1-slc-vv" in p.name]
    first = sentinel1.swath_timing(parse(path.read_bytes())).bursts[0]
    assert first.valid_lines[0] == 21
    assert first.first_valid_sample[21:23].tolist() == [971, 971]
    assert first.last_valid_sample[first.valid_lines[0]] == 21357


OLD_NOISE = """<noise><noiseVectorList count="2">{}</noiseVectorList></noise>""".format(
    "".join(
        f"<noiseVector><azimuthTime>2015-01-01T00:00:0{i}</azimuthTime><line>{i * 100}</line>"
        f'<pixel count="3">0 40 80</pixel><noiseLut count="3">{i} 2.5 3</noiseLut></noiseVector>'
        for i in range(2)
    )
)


def test_noise_of_old_processors():
    found = sentinel1.noise(parse(OLD_NOISE.encode()))
    assert found.azimuth == ()
    assert found.range_lut.tolist() == [[0, 2.5, 3], [1, 2.5, 3]]
    assert (found.line.tolist(), found.pixel.tolist()) == ([0, 100], [0, 40, 80])


def test_fm_rates_of_old_processors():
    text = "".join(
        f"<azimuthFmRate><azimuthTime>2014-10-0{i + 1}T00:00:00</azimuthTime><t0>5e-3</t0><c0>-2300</c0><c1>4e5</c1><c2>-7e7</c2></azimuthFmRate>"
        for i in range(2)
    )
    root = parse(
        f"<p><generalAnnotation><azimuthFmRateList count='2'>{text}</azimuthFmRateList></generalAnnotation></p>".encode()
    )
    assert sentinel1.fm_rate(root).polynomial.tolist() == [[-2300, 4e5, -7e7]] * 2


def test_noise_of_a_real_grd_has_a_table_per_block(folder):
    (path,) = (folder("0000") / "annotation" / "calibration").glob("noise-*-vv-*.xml")
    found = sentinel1.noise(parse(path.read_bytes()))
    assert [block.swath for block in found.azimuth] == ["IW1", "IW2", "IW3"]
    assert found.azimuth[1].window == (0, 16830, 8561, 17364)
    assert [block.line.size for block in found.azimuth] == [1701, 1700, 1701]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<byteOffset>108459<", b"<byteOffset>-8<"),
        (b"<numberOfLines>13518<", b"<numberOfLines>many<"),
        (b"<numberOfLines>13518<", b"<numberOfLines>0<"),
        (b"16 bit Signed Integer", b"32 bit float"),
        (b"<projection>Slant Range<", b"<projection>None<"),
        (b'<burstList count="9">', b'<burstList count="8">'),
        (b'<firstValidSample count="1502">-1', b'<firstValidSample count="1502">'),
        (b'<firstValidSample count="1502">-1', b'<firstValidSample count="1502">x'),
        (b"<productFirstLineUtcTime>2025", b"<productFirstLineUtcTime>never"),
        (b"<line>0</line>", b"<line>1</line>"),
        (b'<orbitList count="17">', b'<orbitList count="71">'),
        (b"<frame>Earth Fixed<", b"<frame>Moon Fixed<"),
    ],
)
def test_broken_annotations_are_refused(folder, old, new):
    (path,) = [p for p in annotations(folder("93A7")) if "iw1-slc-vv" in p.name]
    data = path.read_bytes()
    assert old in data
    root = parse(data.replace(old, new, 1))
    parts = (sentinel1.image_info, sentinel1.swath_timing, sentinel1.orbit, sentinel1.geolocation)
    with pytest.raises(FormatError):
        [part(root) for part in parts]


def test_truncated_annotations_are_refused(folder):
    (path,) = [p for p in annotations(folder("93A7")) if "iw1-slc-vv" in p.name]
    data = path.read_bytes()
    for size in range(0, len(data) - 1, 40_001):
        with pytest.raises(FormatError):
            parse(data[:size])
