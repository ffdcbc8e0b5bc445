"""netCDF-4 objects by chunks: h5py's values, from ranges; broken files are errors."""

from __future__ import annotations

import io
import pickle

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.errors import FormatError
from phistac.safe.byteranges import answer, together
from phistac.safe.netcdf import index_netcdf
from phistac.safe.netcdf.filters import decode_chunk


def reader(data: bytes, steps: list | None = None):
    def read(ranges):
        if steps is not None:
            steps.append([(r.start, r.stop) for r in ranges])
        return [data[r.start : r.stop] for r in ranges]

    return read


def index(data: bytes, **options):
    return answer(index_netcdf("x.nc", size=len(data), **options), reader(data))


def values(data: bytes, variable, key=None):
    return answer(variable.read(key or (slice(None),) * len(variable.shape)), reader(data))


@pytest.fixture(scope="module")
def sample() -> tuple[bytes, dict[str, np.ndarray]]:
    """Every storage that products use, and some that they do not."""
    made = np.random.default_rng(2)
    expected = {
        "packed": made.integers(0, 60000, (23, 17)).astype("u2"),
        "plain": made.normal(size=(23, 17)),
        "cube": made.normal(size=(4, 9, 5)).astype("f4"),
        "line": np.arange(23, dtype=">i8"),
        "scalar": np.float32(2.5),
        "unwritten": np.full((6, 6), -1, "i2"),
        "text": np.array(["a", "Größe"], dtype=object),
        "letters": np.array([b"ab", b"c"]),
        "checked": made.integers(0, 9, (8, 8)).astype("i4"),
    }
    file = io.BytesIO()
    with h5py.File(file, "w") as f:
        f.create_dataset("packed", data=expected["packed"], chunks=(5, 8), compression="gzip", shuffle=True)
        f.create_dataset("plain", data=expected["plain"])
        f.create_dataset("cube", data=expected["cube"], chunks=(2, 4, 5), compression="gzip")
        f.create_dataset("line", data=expected["line"], chunks=(10,), shuffle=True, compression="gzip")
        f["scalar"] = expected["scalar"]
        f.create_dataset("unwritten", (6, 6), "i2", chunks=(4, 4), fillvalue=-1)
        f["text"] = ["a", "Größe"]
        f["letters"] = expected["letters"]
        f.create_dataset("checked", data=expected["checked"], chunks=(4, 4), fletcher32=True)
        f.create_dataset("pairs", data=np.zeros(3, [("a", "i4"), ("b", "f4")]))
        f["packed"].attrs.update({"scale_factor": np.array([0.5]), "units": np.bytes_(b"m"), "valid": np.array([1, 2])})
        f["packed"].dims[0].attach_scale(_scale(f, "rows", 23))
        f["packed"].dims[1].attach_scale(_scale(f, "columns", 17))
        f.create_group("inner")["deep"] = expected["line"]
        f.attrs["title"] = "sample"
    return file.getvalue(), expected


def _scale(file, name, length):
    file.create_dataset(name, (length,), ">f4")
    file[name].make_scale(f"This is a netCDF dimension but not a netCDF variable. {length:10d}")
    return file[name]


def test_everything_is_found_and_equal(sample):
    data, expected = sample
    root = index(data)
    found = {variable.name: variable for variable in root.variables}
    assert set(found) == set(expected)
    assert root.skipped == ("pairs",)
    assert dict(root.attrs) == {"title": "sample"}
    for name, wanted in expected.items():
        got = values(data, found[name])
        np.testing.assert_array_equal(got, wanted, err_msg=name)
        assert got.dtype == np.asarray(wanted).dtype
    packed = found["packed"]
    assert packed.dims == ("rows", "columns")
    assert packed.attrs["scale_factor"] == 0.5
    assert np.ndim(packed.attrs["scale_factor"]) == 0
    assert (packed.attrs["units"], packed.attrs["valid"].tolist()) == ("m", [1, 2])
    (inner,) = root.groups
    np.testing.assert_array_equal(values(data, inner.variables[0]), expected["line"])
    again = pickle.loads(pickle.dumps(packed))
    np.testing.assert_array_equal(values(data, again), expected["packed"])


def axis(size: int) -> st.SearchStrategy:
    ends = st.none() | st.integers(-size - 1, size + 1)
    slices = st.builds(slice, ends, ends, st.sampled_from([None, 1, 2, 5, -1, -3]))
    return (
        st.integers(-size, size - 1)
        | slices
        | st.lists(st.integers(-size, size - 1), min_size=1, max_size=9).map(np.array)
    )


@settings(max_examples=60)
@given(st.data())
def test_any_selection_moves_the_chunks_it_touches_and_no_other(sample, data):
    whole, expected = sample
    (packed,) = [variable for variable in index(whole).variables if variable.name == "packed"]
    key = (data.draw(axis(23)), data.draw(axis(17)))
    steps: list = []
    got = answer(packed.read(key), reader(whole, steps))
    np.testing.assert_array_equal(got, expected["packed"][key[0]][..., key[1]])
    rows, columns = np.arange(23)[key[0]], np.arange(17)[key[1]]
    touched = {(int(i), int(j)) for i in np.unique(rows // 5) for j in np.unique(columns // 8)}
    assert len([span for step in steps for span in step]) == len(touched)
    assert {span[0] for step in steps for span in step} == {int(packed.chunks.offsets[cell]) for cell in touched}


def test_metadata_comes_in_few_blocks_and_without_the_data():
    file = io.BytesIO()
    with h5py.File(file, "w") as f:
        f.create_dataset(
            "band",
            data=np.random.default_rng(0).integers(0, 255, 4_000_000).astype("u1").reshape(2000, 2000),
            chunks=(500, 500),
        )
    data = file.getvalue()
    steps: list = []
    root = answer(index_netcdf("x.nc", size=len(data)), reader(data, steps))
    assert len(steps) <= 2
    assert sum(stop - start for step in steps for start, stop in step) < 400_000 < len(data) / 9
    assert values(data, root.variables[0], (slice(0, 1), slice(0, 1))).shape == (1, 1)


def test_short_coordinates_come_with_the_metadata(sample):
    data, expected = sample
    found = {variable.name: variable for variable in index(data).variables}
    np.testing.assert_array_equal(found["line"].values, expected["line"])
    assert found["packed"].values is None


def test_many_objects_are_indexed_in_one_batch(sample):
    data, _ = sample
    batches = []

    def read(ranges):
        batches.append(len(ranges))
        return [data[r.start : r.stop] for r in ranges]

    roots = answer(together([index_netcdf(f"{n}.nc", size=len(data)) for n in range(5)]), read)
    assert (len(roots), batches) == (5, [5])
    assert roots[3].variables[0].path == "3.nc"


def test_truncated_files_are_refused(sample):
    data, _ = sample
    for size in [*range(64), *range(64, len(data), 211)]:
        with pytest.raises(FormatError):
            index(data[:size])


@pytest.mark.parametrize("data", [b"", b"CDF\x01" + bytes(500), b"\x89HDF\r\n\x1a\n", bytes(4000), b"<html>" * 100])
def test_other_files_are_refused(data):
    with pytest.raises(FormatError):
        index(data)


def test_corrupt_chunks_are_errors(sample):
    data, _ = sample
    (packed,) = [variable for variable in index(data).variables if variable.name == "packed"]
    start, size = int(packed.chunks.offsets[0, 0]), int(packed.chunks.sizes[0, 0])
    for at in (start, start + 2, start + size // 2, start + size - 1):
        broken = bytearray(data)
        broken[at] ^= 0x55
        with pytest.raises(FormatError, match="packed"):
            values(bytes(broken), packed)


def test_a_chunk_is_never_more_than_it_says():
    import zlib

    options = {"mask": 0, "shape": (4,), "dtype": np.dtype("u2"), "name": "x"}
    assert decode_chunk(zlib.compress(bytes(8)), filters=[1], **options).tolist() == [0, 0, 0, 0]
    for data in (zlib.compress(bytes(10_000_000)), zlib.compress(bytes(7)), zlib.compress(bytes(8))[:-1], b""):
        with pytest.raises(FormatError):
            decode_chunk(data, filters=[1], **options)
    with pytest.raises(FormatError, match="SZIP"):
        decode_chunk(bytes(8), filters=[4], **options)
    assert decode_chunk(bytes(8), filters=[4], mask=1, shape=(4,), dtype=np.dtype("u2"), name="x").size == 4
    with pytest.raises(FormatError):
        decode_chunk(b"", filters=[], mask=0, shape=(1 << 20, 1 << 20), dtype=np.dtype("u2"), name="x")


def test_the_real_olci_product_reads_as_h5py_reads_it(real_data):
    (folder,) = real_data.glob("safe/sentinel-3/S3B_OL_1_EFR____20230311T214926*")
    count = 0
    for path in sorted(folder.glob("*.nc")):
        data = path.read_bytes()
        with h5py.File(path) as file:
            for variable in index(data, head=4096).variables:
                np.testing.assert_array_equal(values(data, variable), file[variable.name][()])
                count += 1
    assert count == 42 + 73


def test_a_heap_over_which_hdf5_would_walk_forever_is_refused(real_data):
    (folder,) = real_data.glob("safe/sentinel-3/S3B_OL_1_EFR____20230311T214926*")
    data = bytearray((folder / "tie_meteo.nc").read_bytes())
    heap, at = data.index(b"GCOL"), 16
    while int.from_bytes(data[heap + at : heap + at + 2], "little"):  # to the free space behind the objects
        at += 16 + -(-int.from_bytes(data[heap + at + 8 : heap + at + 16], "little") // 8) * 8
    data[heap + at + 8 : heap + at + 16] = bytes(8)
    with pytest.raises(FormatError, match="heap"):
        index(bytes(data))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_flipped_bytes_of_metadata_end_in_an_error_or_in_values(sample, data):
    whole = bytearray(sample[0])
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        for variable in index(bytes(whole)).variables:
            if sum(variable.shape) < 1000:
                values(bytes(whole), variable)
    except FormatError:
        pass
