"""Products in folders and in memory: lazily, loudly."""

from __future__ import annotations

import hashlib
import pickle
import shutil
import struct

import dask
import fsspec
import numpy as np
import pytest
import xarray as xr
from fsspec.implementations.local import LocalFileSystem

from phistac.errors import FormatError, NotFoundError, UnsafePathError

BAND = np.arange(6 * 8, dtype="u2").reshape(6, 8)


@pytest.fixture
def slc(real_data, tmp_path):
    """A product with the annotation of a real one, cut to three samples: its TIFF in ESA's layout, its sizes true."""
    (real,) = real_data.glob("safe/sentinel-1/*_93A7.SAFE")
    folder = tmp_path / real.name
    name = "s1a-iw1-slc-vv-20250406t022009-20250406t022034-058630-07421f-004"
    for part in (f"annotation/{name}.xml", f"annotation/calibration/calibration-{name}.xml", "manifest.safe"):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(real / part, folder / part)
    lines, samples, first = 13518, 3, 108459
    text = (folder / f"annotation/{name}.xml").read_text()
    for old, new in (
        ("<numberOfSamples>22612<", "<numberOfSamples>3<"),
        ("<samplesPerBurst>22612<", "<samplesPerBurst>3<"),
    ):
        assert old in text
        text = text.replace(old, new)
    for burst in range(9):
        text = text.replace(
            f">{first + burst * 1502 * 22612 * 4}</byteOffset>", f">{first + burst * 1502 * samples * 4}</byteOffset>"
        )
    (folder / f"annotation/{name}.xml").write_text(text)
    numbers = np.random.default_rng(5).integers(-999, 999, (lines, samples, 2)).astype("<i2")
    (folder / "measurement").mkdir()
    behind = bytes(8 * lines + 48 * 210 + 461)  # the directory, and a tie point for each of the grid
    (folder / f"measurement/{name}.tiff").write_bytes(
        b"II" + struct.pack("<HI", 42, 8) + bytes(first - 8) + numbers.tobytes() + behind
    )
    rewrite_manifest(folder)
    return folder, (numbers[..., 0] + 1j * numbers[..., 1]).astype("c8")


def rewrite_manifest(folder) -> None:
    """Give the objects that are there their true sizes and checksums."""
    from lxml import etree

    tree = etree.parse(folder / "manifest.safe")
    for stream in tree.iter("byteStream"):
        path = folder / stream.find("fileLocation").get("href")
        if path.exists():
            stream.set("size", str(path.stat().st_size))
            stream.find("checksum").text = hashlib.md5(path.read_bytes()).hexdigest()
    tree.write(folder / "manifest.safe")


def test_pixels_bursts_and_dask(slc):
    folder, pixels = slc
    image = xr.open_dataset(folder, engine="safe", group="IW1/VV").measurement
    np.testing.assert_array_equal(image, pixels)
    burst = xr.open_dataset(folder, engine="safe", group="IW1/VV/3").measurement
    np.testing.assert_array_equal(burst, pixels[3 * 1502 : 4 * 1502])
    chunked = xr.open_dataset(folder, engine="safe", group="IW1/VV", chunks={}).measurement
    assert chunked.chunks == ((1502,) * 9, (3,))
    with dask.config.set(scheduler="processes", num_workers=1):
        np.testing.assert_array_equal(chunked[1500:1510].compute(), pixels[1500:1510])
    again = pickle.loads(pickle.dumps(xr.open_dataset(folder, engine="safe", group="IW1/VV").measurement))
    np.testing.assert_array_equal(again[7], pixels[7])


class Counting(LocalFileSystem):
    """Notes which files are read, and how much of them."""

    protocol = ("counting",)
    log: list = []  # noqa: RUF012 - one list for all instances is the point

    def cat_file(self, path, start=None, end=None, **kwargs):
        data = super().cat_file(path, start, end, **kwargs)
        self.log.append((path, len(data)))
        return data


def test_opening_reads_no_pixel_and_reading_reads_only_those_asked_for(slc):
    folder, pixels = slc
    fsspec.register_implementation("counting", Counting, clobber=True)
    Counting.log.clear()
    lazy = xr.open_dataset(f"counting://{folder}", engine="safe", group="IW1/VV/2")
    assert [path.rpartition("/")[2].rpartition(".")[2] for path, _ in Counting.log] == ["safe", "xml"]
    Counting.log.clear()
    np.testing.assert_array_equal(lazy.measurement, pixels[2 * 1502 : 3 * 1502])
    assert [size for _, size in Counting.log] == [1502 * 3 * 4]
    Counting.log.clear()
    xr.open_datatree(f"counting://{folder}", engine="safe", check_files_exist=True)
    assert not [path for path, _ in Counting.log if path.endswith(".tiff")]


def test_incomplete_products(slc):
    folder, _ = slc
    with pytest.raises(NotFoundError, match="check_files_exist"):
        xr.open_datatree(folder, engine="safe")
    tree = xr.open_datatree(folder, engine="safe", check_files_exist=True)
    assert set(tree["IW1/VV"].children) >= {"measurement", "calibration", "orbit", "bursts"}
    assert "IW2" not in tree.children
    with pytest.raises(NotFoundError):
        xr.open_dataset(folder, engine="safe", group="IW1/VH/orbit")
    (tiff,) = folder.glob("measurement/*")
    tiff.unlink()
    lazy = xr.open_dataset(folder, engine="safe", group="IW1/VV").measurement
    with pytest.raises(NotFoundError, match="measurement"):
        lazy[0].load()


@pytest.mark.parametrize("change", [-1, 1, -40_000])
def test_a_measurement_of_another_size_gives_no_pixel(slc, change):
    folder, _ = slc
    (tiff,) = folder.glob("measurement/*")
    data = tiff.read_bytes()
    tiff.write_bytes(data + b"x" if change > 0 else data[:change])
    lazy = xr.open_dataset(folder, engine="safe", group="IW1/VV").measurement
    with pytest.raises(FormatError, match="bytes"):
        lazy[0].load()


def test_wrong_offsets_and_hostile_paths(slc):
    folder, _ = slc
    (annotation,) = folder.glob("annotation/*.xml")
    text = annotation.read_text()
    annotation.write_text(text.replace(">108459</byteOffset>", ">99999999999</byteOffset>"))
    rewrite_manifest(folder)
    with pytest.raises(FormatError, match="outside"):
        xr.open_dataset(folder, engine="safe", group="IW1/VV")
    manifest = (folder / "manifest.safe").read_text()
    (folder / "manifest.safe").write_text(manifest.replace('href="./annotation/s1a', 'href="../annotation/s1a', 1))
    with pytest.raises(UnsafePathError):
        xr.open_dataset(folder, engine="safe", group="IW1/VV")


@pytest.mark.parametrize(
    ("group", "options"),
    [
        ("IW4/VV", {}),
        ("IW1/VV/orbits", {}),
        ("IW1/VV/9", {}),
        ("IW1", {"burst": 1}),
        (None, {"burst": 1}),
        ("IW1/VV", {"burst": -1}),
    ],
)
def test_groups_that_are_not_there(slc, group, options):
    with pytest.raises(NotFoundError):
        xr.open_dataset(slc[0], engine="safe", group=group, **options)


def test_files_under_other_names_as_in_xarray_sentinel(slc):
    folder, pixels = slc
    for path in folder.glob("measurement/*"):
        path.rename(folder / "vv.tiff")
    for path in folder.glob("annotation/*.xml"):
        path.rename(folder / "vv.xml")
    found = xr.open_dataset(folder, engine="safe", group="IW1/VV", override_product_files="{polarization}{ext}")
    np.testing.assert_array_equal(found.measurement[:5], pixels[:5])
    for template in ("{nothing}", "../{polarization}{ext}", "{"):
        with pytest.raises((FormatError, UnsafePathError)):
            xr.open_dataset(folder, engine="safe", override_product_files=template)


def test_the_real_olci_product(real_data):
    import h5py

    (folder,) = real_data.glob("safe/sentinel-3/S3B_OL_1_EFR____20230311T214926*")
    found = xr.open_dataset(folder, engine="safe", group="measurement")
    assert (len(found.data_vars), dict(found.sizes)) == (21, {"rows": 3, "columns": 4865})
    assert set(found.coords) == {"latitude", "longitude", "altitude", "time_stamp"}
    assert "title" not in found.attrs  # each band has its own
    with h5py.File(folder / "Oa08_radiance.nc") as file:
        stored = file["Oa08_radiance"][()]
        scale = file["Oa08_radiance"].attrs["scale_factor"][0]
    np.testing.assert_allclose(found.Oa08_radiance, np.where(stored == 65535, np.nan, stored * scale), rtol=1e-6)
    assert found.latitude.max() < -68
    alone = xr.open_dataset(folder, engine="safe", group="Oa08_radiance", drop_variables="Oa09_radiance")
    xr.testing.assert_equal(alone.Oa08_radiance.variable, found.Oa08_radiance.variable)
    tree = xr.open_datatree(folder, engine="safe")
    assert set(tree.children) == {
        "measurement", "uncertainty", "geo_coordinates", "instrument_data", "qualityFlags", "removed_pixels",
        "tie_geo_coordinates", "tie_geometries", "tie_meteo", "time_coordinates",
    }  # fmt: skip
    assert tree["instrument_data/relative_spectral_covariance"].dims == ("bands", "bands_1")
    with pytest.raises(NotFoundError, match="measurement"):
        xr.open_dataset(folder, engine="safe", group="radiance")


def test_broken_sentinel_3_objects_are_refused(real_data, tmp_path):
    (folder,) = real_data.glob("safe/sentinel-3/S3B_OL_1_EFR____20230311T214926*")
    for name in ("xfdumanifest.xml", "tie_meteo.nc"):
        shutil.copyfile(folder / name, tmp_path / name)
    data = (tmp_path / "tie_meteo.nc").read_bytes()
    (tmp_path / "tie_meteo.nc").write_bytes(data[:-1])
    with pytest.raises(FormatError, match=r"tie_meteo\.nc"):
        xr.open_dataset(tmp_path, engine="safe", group="tie_meteo")
    (tmp_path / "tie_meteo.nc").write_bytes(b"x" + data[1:])
    with pytest.raises(FormatError, match=r"tie_meteo\.nc"):
        xr.open_dataset(tmp_path, engine="safe", group="tie_meteo")
