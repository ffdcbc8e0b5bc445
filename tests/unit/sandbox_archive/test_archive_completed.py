"""Measurement files made from real annotations: size as the manifest says, offsets as the annotation says, pixels known."""

from __future__ import annotations

import re

import numpy as np
import pytest
import rasterio
from lxml import etree

from phistac.sandbox.archive import adopt, pattern, tiff
from phistac.sandbox.archive.adopt_s1_measurements import layout_of, valid_of

_STREAM = re.compile(r'<byteStream [^>]*size="(\d+)"[^>]*>\s*<fileLocation [^>]*href="\./(measurement/[^"]+)"')


@pytest.fixture(scope="module")
def completed(real_data, tmp_path_factory):
    root = tmp_path_factory.mktemp("completed")
    told = []
    adopt(root, real_data / "safe" / "sentinel-1", complete_measurements=True, progress=told.append)
    files = {path.stem: path for path in root.rglob("*.tiff") if not path.is_symlink()}
    annotations = {path.stem: path for path in root.rglob("annotation/*.xml") if path.stem in files}
    return root, files, annotations, told


def _expected(root, line):
    """Return what a line holds: the pattern, or zero where the annotation says invalid."""
    samples, per_burst = np.arange(int(root.findtext(".//numberOfSamples"))), int(root.findtext(".//linesPerBurst"))
    if root.findtext(".//pixelValue") == "Complex":
        pairs = pattern.complex_pixels(np.array([line]), samples)[0].astype(float)
        values = pairs[:, 0] + 1j * pairs[:, 1]
    else:
        values = pattern.detected_pixels(np.array([line]), samples)[0]
    if per_burst:
        burst = root.findall(".//burstList/burst")[line // per_burst]
        first, last = (
            int(burst.findtext(name).split()[line % per_burst]) for name in ("firstValidSample", "lastValidSample")
        )
        values[(samples < first) | (samples > last)] = 0
    return values


def test_every_annotated_file_is_there_in_its_real_size(completed, real_data):
    root, files, _, told = completed
    wanted = {}
    for manifest in (real_data / "safe" / "sentinel-1").glob("*/manifest.safe"):
        sizes = {path.rpartition("/")[2][:-5]: int(size) for size, path in _STREAM.findall(manifest.read_text())}
        annotated = {path.stem for path in (manifest.parent / "annotation").glob("*.xml")}
        wanted |= {stem: size for stem, size in sizes.items() if stem in annotated}
    assert {stem: path.stat().st_size for stem, path in files.items()} == wanted
    assert len(wanted) == 16
    assert sum(path.stat().st_blocks for path in files.values()) * 512 < 300e6
    assert any("S1B_WV_SLC" in words and "cannot be made" in words for words in told)
    assert root.exists()


def test_bursts_begin_where_the_annotation_says_and_pixels_are_gdals(completed):
    _, files, annotations, _ = completed
    for stem, path in files.items():
        root = etree.parse(annotations[stem]).getroot()
        samples, per_burst = int(root.findtext(".//numberOfSamples")), int(root.findtext(".//linesPerBurst") or 0)
        with rasterio.open(path) as image:
            assert image.shape == (int(root.findtext(".//numberOfLines")), samples)
            assert image.dtypes == ("complex_int16" if root.findtext(".//pixelValue") == "Complex" else "uint16",)
            assert image.block_shapes == [(1, samples)]
            assert len(image.gcps[0]) == len(root.findall(".//geolocationGridPoint"))
            lines = pattern.written(valid_of(root))
            for line in (lines[0], lines[len(lines) // 2], lines[-1]):
                pixels = image.read(1, window=((line, line + 1), (0, samples)))[0]
                assert np.count_nonzero(pixels) > samples / 2
                np.testing.assert_array_equal(pixels, _expected(root, line))
            assert not image.read(1, window=((lines[-1] - 9, lines[-1] - 8), (0, samples))).any()
        for number, burst in enumerate(root.findall(".//burstList/burst")):
            valid = np.array(burst.findtext("firstValidSample").split(), int)
            line = int(np.flatnonzero(valid >= 0)[1])
            with path.open("rb") as file:
                file.seek(int(burst.findtext("byteOffset")) + 4 * (line * samples + samples // 2))
                raw = np.frombuffer(file.read(40), "<i2").reshape(1, 10, 2)
            here = np.array([number * per_burst + line]), np.arange(samples // 2, samples // 2 + 10)
            np.testing.assert_array_equal(raw, pattern.complex_pixels(*here))


def test_sizes_of_real_wave_mode_files_follow_the_same_layout(real_data):
    """D542 has a manifest only; its 60 images have 5681 or 4500 samples and 88 grid points, whatever their lines."""
    (manifest,) = (real_data / "safe" / "sentinel-1").glob("*_WV_SLC_*_D542.SAFE/manifest.safe")
    sizes = _STREAM.findall(manifest.read_text())
    assert len(sizes) == 60
    for size, path in sizes:
        samples = 5681 if "-wv1-" in path else 4500
        lines, rest = divmod(int(size) - 48 * 88 - 776, 4 * samples + 16)
        assert rest == 0
        assert tiff.Layout(lines, samples, 88, complex_pixels=True).size == int(size)


@pytest.mark.parametrize(
    ("size", "offset", "old"),
    [(11_803, 8, True), (12_584, 795, False), (11_803, 795, None), (12_584, 8, None), (12_585, 795, None)],
)
def test_the_layout_is_the_one_that_fits_size_and_offset(size, offset, old):
    """60 x 40 samples, 26 points: 4 L S + 8 L + 48 G + 475 of IPF 2.36, 4 L S + 16 L + 48 G + 776 of later ones."""
    text = "<a><pixelValue>Complex</pixelValue><numberOfLines>60</numberOfLines><numberOfSamples>40</numberOfSamples>"
    root = etree.fromstring(f"{text}<burstList><burst><byteOffset>{offset}</byteOffset></burst></burstList></a>")
    found = layout_of(root, 26, size)
    assert (None if found is None else found.old) is old
