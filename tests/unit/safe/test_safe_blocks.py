"""Tiles and compressed strips: every window is GDAL's, bit for bit, and asks for the blocks that it touches."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.errors import FormatError
from phistac.safe.blocks import Blocks
from phistac.safe.byteranges import answer
from phistac.safe.codecs import Coding
from phistac.safe.tiff import index_tiff

rasterio = pytest.importorskip("rasterio")
from rasterio.io import MemoryFile  # noqa: E402 - behind the skip

SHAPE = (70, 83)
LAYOUTS = {
    "strips": {"blockysize": 1},
    "tall strips": {"blockysize": 9},
    "tiles": {"tiled": True, "blockxsize": 32, "blockysize": 16},
}
CODECS = [{"compress": "NONE"}] + [
    {"compress": name, "predictor": predictor} for name in ("LZW", "DEFLATE", "ZSTD") for predictor in (1, 2)
]


def pixels(kind: str, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Numbers that compress a little, so that each codec has something to do."""
    made = np.random.default_rng(7)
    parts = made.integers(-300, 300, (2, *shape)).cumsum(axis=2)
    return (parts[0] + 1j * parts[1]).astype("c8") if kind != "uint16" else np.abs(parts[0]).astype("u2")


def written(image: np.ndarray, dtype: str, **options) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no georeference
        with MemoryFile() as memory:
            height, width = image.shape
            with memory.open(driver="GTiff", width=width, height=height, count=1, dtype=dtype, **options) as file:
                if not options.get("SPARSE_OK"):
                    file.write(image, 1)
            return bytes(memory.getbuffer())


def gdal(data: bytes) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with MemoryFile(data) as memory, memory.open() as file:
            return file.read(1)


class Read:
    """A reader over bytes that remembers what was asked for."""

    def __init__(self, data: bytes) -> None:
        self.data, self.steps = data, []

    def __call__(self, ranges):
        self.steps.append(list(ranges))
        return [self.data[r.start : r.stop] for r in ranges]


def raster(data: bytes, kind: str, shape: tuple[int, int] = SHAPE, path: str = "x.tiff"):
    return answer(index_tiff(path, size=len(data), shape=shape, pixel=kind), Read(data))


@pytest.mark.parametrize("dtype", ["uint16", "complex_int16", "complex64"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("order", ["LITTLE", "BIG"])
def test_every_codec_layout_and_byte_order_reads_as_gdal_reads_it(dtype, layout, order):
    kind = "uint16" if dtype == "uint16" else "cint16"
    image = pixels(kind)
    for codec, big in itertools.product(CODECS, ("YES", "NO")):
        data = written(image, dtype, **LAYOUTS[layout], **codec, ENDIANNESS=order, BIGTIFF=big)
        whole = answer(raster(data, kind).read((slice(None), slice(None))), Read(data))
        np.testing.assert_array_equal(whole, gdal(data), err_msg=f"{codec} {big}")
        np.testing.assert_array_equal(whole, image)
        assert whole.dtype == image.dtype


def axis(size: int):
    """Keys of one axis: integers, slices with steps and backwards, arrays in any order."""
    at = st.integers(-size, size - 1)
    slices = st.builds(
        slice,
        st.none() | at,
        st.none() | st.integers(-size - 3, size + 3),
        st.none() | st.sampled_from([1, 2, 7, -1, -3]),
    )
    return at | slices | st.lists(at, max_size=9).map(lambda values: np.array(values, dtype=np.int64))


def cut(image: np.ndarray, key) -> np.ndarray:
    """Outer indexing, by numpy."""
    rows = image[key[0]]
    return rows[key[1]] if rows.ndim == 1 else rows[:, key[1]]


@pytest.fixture(scope="module")
def files():
    image = pixels("cint16")
    return image, [
        written(image, "complex_int16", **LAYOUTS["tiles"], compress="DEFLATE", predictor=2),
        written(image, "complex_int16", **LAYOUTS["strips"], compress="ZSTD"),
        written(image, "complex64", **LAYOUTS["tall strips"], compress="LZW"),
        written(image, "complex_int16", **LAYOUTS["strips"]),
        written(image, "complex_int16", **LAYOUTS["tiles"]),
    ]


@settings(deadline=None)
@given(key=st.tuples(axis(SHAPE[0]), axis(SHAPE[1])), number=st.integers(0, 4))
def test_any_window_is_numpys_cut_of_gdals_image(files, key, number):
    image, data = files[0], files[1][number]
    read = Read(data)
    found = answer(raster(data, "cint16").read(key), read)
    np.testing.assert_array_equal(found, cut(image, key))
    assert found.shape == cut(image, key).shape
    asked = [r for step in read.steps for r in step]
    assert len(set(asked)) == len(asked)


@settings(deadline=None)
@given(
    window=st.tuples(st.integers(0, 60), st.integers(1, 9), st.integers(0, 70), st.integers(1, 12)),
)
def test_a_window_asks_for_the_tiles_it_touches_and_no_more(files, window):
    row, height, column, width = window
    made = raster(files[1][0], "cint16")
    read = Read(files[1][0])
    answer(made.read((slice(row, row + height), slice(column, column + width))), read)
    touched = {
        (line // 16) * 3 + sample // 32
        for line in range(row, min(row + height, 70))
        for sample in range(column, min(column + width, 83))
    }
    assert {(r.start, r.stop) for step in read.steps for r in step} == {
        (int(made.offsets[n]), int(made.offsets[n] + made.sizes[n])) for n in touched
    }


@pytest.mark.parametrize("options", [LAYOUTS["tiles"] | {"compress": "LZW"}, LAYOUTS["strips"], LAYOUTS["tiles"]])
def test_blocks_that_were_left_out_are_zeros_and_cost_nothing(options):
    data = written(pixels("cint16"), "complex_int16", SPARSE_OK=True, **options)
    read = Read(data)
    found = answer(raster(data, "cint16").read((slice(3, 40), slice(None))), read)
    assert read.steps == []
    np.testing.assert_array_equal(found, np.zeros((37, 83), "c8"))
    data = written(pixels("uint16"), "uint16", SPARSE_OK=True, nodata=7, **options)
    with pytest.raises(FormatError, match="leaves out blocks of 7"):
        raster(data, "uint16")


def test_a_cog_is_indexed_in_one_read_of_its_front(tmp_path):
    shutil = pytest.importorskip("rasterio.shutil")
    image = pixels("uint16", (1500, 1100))
    (tmp_path / "flat.tiff").write_bytes(written(image, "uint16", **LAYOUTS["tall strips"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shutil.copy(tmp_path / "flat.tiff", tmp_path / "x-cog.tiff", driver="COG", compress="DEFLATE", blocksize=256)
    data = (tmp_path / "x-cog.tiff").read_bytes()
    read = Read(data)
    made = answer(index_tiff("x-cog.tiff", size=len(data), shape=(1500, 1100), pixel="uint16"), read)
    assert len(read.steps) == 1
    assert sum(r.size for r in read.steps[0]) < 20_000
    assert made.block == (256, 256)
    np.testing.assert_array_equal(answer(made.read((slice(None), slice(None))), read), image)
    # under another name its directory is looked for at the end first, and found all the same
    read = Read(data)
    again = answer(index_tiff("x.tiff", size=len(data), shape=(1500, 1100), pixel="uint16"), read)
    np.testing.assert_array_equal(again.offsets, made.offsets)


def test_many_blocks_are_shared_by_threads():
    image = pixels("uint16", (900, 1000))
    data = written(image, "uint16", tiled=True, blockxsize=128, blockysize=128, compress="ZSTD")
    made = raster(data, "uint16", (900, 1000))
    whole = answer(made.read((slice(None, None, -1), slice(None))), Read(data))
    np.testing.assert_array_equal(whole, image[::-1])
    broken = bytearray(data)
    broken[int(made.offsets[9]) + 40] ^= 0xFF
    broken[int(made.offsets[9]) + 50] ^= 0xFF
    with pytest.raises(FormatError, match=r"x.tiff, block 9: corrupt ZSTD data"):
        answer(made.read((slice(None), slice(None))), Read(bytes(broken)))


def test_blocks_must_be_where_blocks_can_be():
    here = np.array([8, 108]), np.array([100, 50])
    options = {"path": "a", "shape": (2, 16), "pixel": "uint8", "block": (1, 16), "tiled": False, "coding": Coding(8)}
    assert Blocks(offsets=here[0], sizes=here[1], size=158, **options).sparse is False
    for offsets, sizes, size, match in (
        ([8, 108], [100, 50], 157, "outside the file"),
        ([8, 107], [100, 50], 400, "overlap"),
        ([4, 108], [100, 50], 400, "outside the file"),
        ([8, 0], [100, 50], 400, "outside the file"),
        ([8, 108], [100, 0], 400, "outside the file"),
        ([8, 108], [100, 1 << 20], 1 << 30, "far too large"),
        ([8], [100], 400, "1 blocks where its shape makes 2"),
        ([8, np.iinfo("i8").max], [100, 50], 400, "outside the file"),
    ):
        with pytest.raises(FormatError, match=match):
            Blocks(offsets=np.array(offsets), sizes=np.array(sizes), size=size, **options)


def test_repacked_samples_read_as_gdal_reads_them(real_data):
    from rasterio.windows import Window

    for name, shape, kind in (
        ("6001", (36895, 18998), "cint16"), ("8152", (19856, 8185), "cint16"), ("ECC8", (16685, 25788), "uint16"),
    ):  # fmt: skip
        (path,) = real_data.glob(f"safe/sentinel-1/*_{name}.SAFE/measurement/*.tiff")
        read = Read(path.read_bytes())
        made = answer(index_tiff(path.name, size=len(read.data), shape=shape, pixel=kind), read)
        assert made.block == (1, shape[1])
        for row, column in ((0, 0), (5000, 3000), (shape[0] - 9, shape[1] - 11)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with rasterio.open(path) as file:
                    expected = file.read(1, window=Window(column, row, 11, 9))
            found = answer(made.read((slice(row, row + 9), slice(column, column + 11))), read)
            np.testing.assert_array_equal(found, expected)
