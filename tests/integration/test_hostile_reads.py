"""Broken answers, replaced objects, lying annotations: an error of ours or the right pixels, never others."""

from __future__ import annotations

import json
import random
import re
import shutil
import tracemalloc
import warnings
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from phistac.errors import ChangedObjectError, FormatError, NotFoundError, ServiceError
from phistac.reading.arrays import RangedArray
from phistac.reading.source import Source
from phistac.safe.raster import Raster, Run
from phistac.sandbox import Fault, Sandbox, SandboxConfig
from phistac.sandbox.content import prepare
from phistac.sandbox.environment import environment

pytest.importorskip("nanio")

LINES, SAMPLES, HEADER = 1500, 1000, 8 * 1500 + 315
SIZE = HEADER + LINES * SAMPLES * 4 + 100
OBJECT = "/eodata/X.SAFE/measurement/a.tiff"


@pytest.fixture(scope="module")
def pairs():
    return np.random.default_rng(4).integers(-3000, 3000, (LINES, SAMPLES, 2)).astype("<i2")


@pytest.fixture(scope="module")
def server(tmp_path_factory, pairs):
    data = bytes(HEADER) + pairs.tobytes() + bytes(100)

    def make(root):
        (root / f"s3{OBJECT}").parent.mkdir(parents=True)
        (root / "catalogue").mkdir()
        (root / f"s3{OBJECT}").write_bytes(data)

    root = tmp_path_factory.mktemp("hostile") / "archive"
    prepare(root, SandboxConfig(), make=make)
    with Sandbox(root=root, latency_s=0, rate=0) as running:
        yield running


@pytest.fixture
def cdse(server, pairs, monkeypatch, _no_accident):
    """The sandbox, in the clean environment of one test; with a whole object before and after it."""
    for name, value in environment(server.config, server.settings).items():
        monkeypatch.setenv(name, value)
    (server.root / f"s3{OBJECT}").write_bytes(bytes(HEADER) + pairs.tobytes() + bytes(100))
    server.reset_counters()
    yield server
    server.clear_faults()


@pytest.fixture
def pixels(pairs):
    return pairs.astype("f4").view("c8")[..., 0]


@pytest.fixture
def array(cdse):
    return lazy(cdse)


def lazy(cdse, size=SIZE, **settings):
    raster = Raster("measurement/a.tiff", (LINES, SAMPLES), "cint16", (Run(0, LINES, HEADER),), size)
    made = RangedArray(Source("cdse://eodata/X.SAFE", replace(cdse.settings, **settings)), raster)
    return xr.Variable(("line", "pixel"), xr.core.indexing.LazilyIndexedArray(made))


def test_a_whole_read_is_parallel_and_asks_for_nothing_else(cdse, array, pixels):
    np.testing.assert_array_equal(array.values, pixels)
    seen = cdse.counters()
    assert (seen.by_method, seen.bytes_sent) == ({"GET": 4}, LINES * SAMPLES * 4)
    tracemalloc.start()
    try:
        again = lazy(cdse).values
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= again.nbytes + 4_000_000  # the pixels, and what is just being handed on: never the bytes as well


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("short", path=OBJECT, after_bytes=9), r"asked for, the server sends .* \(9\)"),
        (Fault("short", path=OBJECT, after_bytes=0), "the server"),
        (Fault("whole", path=OBJECT), "answered 200 to a byte range"),
        (Fault("elsewhere", path=OBJECT, by_bytes=2), "asked for, the server sends"),
        (Fault("elsewhere", path=OBJECT, by_bytes=4, skip=3), "asked for, the server sends"),
    ],
)
def test_an_answer_that_is_not_the_range_is_refused(cdse, array, pixels, fault, said):
    cdse.inject(fault)
    with pytest.raises(ServiceError, match=said):
        array.load()
    assert cdse.pending_faults() == ()
    np.testing.assert_array_equal(array.values, pixels)  # nothing of it stays


@pytest.mark.parametrize("kind", ["truncate", "reset"])
def test_bodies_that_break_off_are_read_again_from_their_start(cdse, array, pixels, kind):
    chance = random.Random(4)
    cdse.inject(*(Fault(kind, path=OBJECT, after_bytes=chance.randrange(1_500_000)) for _ in range(3)))
    np.testing.assert_array_equal(array[3:-3, 1:].values, pixels[3:-3, 1:])
    assert cdse.pending_faults() == ()


def test_a_service_that_is_busy_is_waited_for(cdse, array, pixels):
    cdse.inject(Fault("status", path=OBJECT, status=503, retry_after_s=1.0))
    np.testing.assert_array_equal(array.values, pixels)


def test_an_object_replaced_between_two_parts_of_a_read(cdse):
    array = lazy(cdse, connection_rate=1000.0)  # gaps cost more than requests: there is one for each line
    cdse.inject(Fault("changed", path=OBJECT, skip=20))
    with pytest.raises(ChangedObjectError, match=r"a\.tiff"):
        array[:900:20, :5].load()
    assert cdse.pending_faults() == ()


def test_an_object_replaced_between_two_reads_of_a_dataset(cdse, array, pairs, pixels):
    np.testing.assert_array_equal(array[:5].values, pixels[:5])
    (cdse.root / f"s3{OBJECT}").write_bytes(bytes(HEADER) + (pairs + 1).astype("<i2").tobytes() + bytes(100))
    with pytest.raises(ChangedObjectError):
        array[5:9].load()
    np.testing.assert_array_equal(lazy(cdse)[5:9].values, (pairs[5:9] + 1).astype("f4").view("c8")[..., 0])


@pytest.mark.parametrize("size", [SIZE - 1, SIZE + 4])
def test_an_object_of_another_size_than_the_manifest_says(cdse, size):
    with pytest.raises(FormatError, match=f"has {SIZE} bytes, the manifest says {size}"):
        lazy(cdse, size)[:2].load()


def test_truncated_and_missing_objects(cdse, array, pairs):
    (cdse.root / f"s3{OBJECT}").write_bytes((bytes(HEADER) + pairs.tobytes())[:4_000_000])
    with pytest.raises(FormatError, match="4000000 bytes"):
        array[:3].load()
    with pytest.raises(FormatError, match="4000000 bytes"):
        array[-3:].load()
    (cdse.root / f"s3{OBJECT}").unlink()
    with pytest.raises(NotFoundError, match=r"an object of cdse://eodata/X\.SAFE is missing"):
        array.load()


@pytest.fixture(scope="module")
def product(seeded_root, tmp_path_factory):
    """A local copy of a small product, with GDAL's pixels of one image."""
    rasterio = pytest.importorskip("rasterio")
    with Sandbox(root=seeded_root) as cdse:
        rows = [json.loads(line) for line in (cdse.root / "catalogue" / "products.jsonl").read_text().splitlines()]
        row = next(row for row in rows if "_IW_SLC__1SDV_" in row["Name"])
        place = tmp_path_factory.mktemp("liar") / row["Name"]
        shutil.copytree(cdse.root / "s3" / row["S3Path"].lstrip("/"), place)
    (tiff,) = place.glob("measurement/*-iw1-*-vv-*.tiff")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(tiff) as file:
            return place, file.read(1)


@pytest.mark.parametrize("lie", [-8, -4, -1, 1, 4, 8, 904, 100_000, 10**9, "as IPF 2.36"])
@pytest.mark.parametrize("which", ["all", "last"])
def test_an_annotation_whose_offsets_are_wrong(product, tmp_path, lie, which):
    place, pixels = product
    copy = tmp_path / place.name
    shutil.copytree(place, copy)
    (annotation,) = copy.glob("annotation/*-iw1-*-vv-*.xml")
    text = annotation.read_text()
    offsets = list(re.finditer(r"<byteOffset>(\d+)</byteOffset>", text))
    for found in offsets[::-1] if which == "all" else offsets[-1:]:
        shift = 8 - int(offsets[0][1]) if isinstance(lie, str) else lie
        wrong = max(0, int(found[1]) + shift)
        text = f"{text[: found.start(1)]}{wrong}{text[found.end(1) :]}"
    annotation.write_text(text)
    try:
        read = xr.open_dataset(copy, engine="safe", group="IW1/VV")["measurement"].values
    except FormatError:
        read = pixels  # said, not guessed
    np.testing.assert_array_equal(read, pixels)
