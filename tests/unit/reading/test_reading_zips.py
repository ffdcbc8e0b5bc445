"""Zipped products: found in the zip whatever their folder is called, read by ranges, and hostile zips refused."""

from __future__ import annotations

import io
import os
import pickle
import random
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest

from phistac.errors import (
    ChangedObjectError,
    ConfigurationError,
    FormatError,
    NotFoundError,
    PhistacError,
    PhistacWarning,
    ReadOnlyError,
    UnsafePathError,
)
from phistac.reading.source import locate_product
from phistac.remote.ranges.ranges import fetch, plan_for
from phistac.safe.byteranges import ByteRange

PIXELS = random.Random(1).randbytes(300_000)
FILES = {"manifest.safe": b"<xfdu/>", "measurement/a.tiff": PIXELS, "annotation/a.xml": b"<a/>" * 100}


def zip_at(path, files=FILES, root="X.SAFE/", method=zipfile.ZIP_STORED, **changes):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(f"{root}{name}", data, **changes)
    return path


@pytest.fixture(params=[zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def zipped(request, tmp_path):
    return zip_at(tmp_path / "X.SAFE.zip", method=request.param)


@pytest.mark.parametrize("root", ["X.SAFE/", "S1A_other_name.SAFE/", "safe/X.SAFE/", ""])
def test_the_product_is_found_whatever_its_folder_is_called(tmp_path, root):
    source = locate_product(zip_at(tmp_path / "zipped.ZIP", root=root))
    assert source.url == f"zip://{root.rstrip('/')}::{tmp_path}/zipped.ZIP"
    assert source.name == (root.rstrip("/").rpartition("/")[2] or "zipped.ZIP")
    fs, inside = source.filesystem()
    assert fs.cat_file(f"{inside}/manifest.safe") == b"<xfdu/>"
    assert fs.find(inside) == sorted(FILES)
    assert locate_product(source.url).url == source.url


def test_every_way_to_name_a_zip(zipped):
    names = [
        zipped, str(zipped), f"file://{zipped}", f"zip::{zipped}", f"zip://X.SAFE::{zipped}", f"zip::file://{zipped}",
        f"zip://X.SAFE/manifest.safe::{zipped}", f"zip://X.SAFE/::file://{zipped}",
    ]  # fmt: skip
    fsspec.filesystem("memory").pipe("/zips/X.SAFE.zip", zipped.read_bytes())
    names += ["memory://zips/X.SAFE.zip", "zip::memory://zips/X.SAFE.zip", "zip://X.SAFE::memory://zips/X.SAFE.zip"]
    for name in names:
        fs, root = locate_product(name).filesystem()
        wanted = [ByteRange("measurement/a.tiff", 1000, 1100), ByteRange("annotation/a.xml", 4, 8)]
        assert fetch(fs, wanted, root=root) == [PIXELS[1000:1100], b"<a/>"], name


def test_fsspecs_ways_to_read(zipped):
    source = locate_product(zipped)
    fs, _ = source.filesystem()
    assert fs.cat_ranges(["measurement/a.tiff"] * 2, [0, -3], [2, None]) == [PIXELS[:2], PIXELS[-3:]]
    assert fs.info("measurement") == {"name": "measurement", "size": 0, "type": "directory"}
    assert fs.info("measurement/a.tiff")["size"] == len(PIXELS)
    assert [one["name"] for one in fs.ls("")] == ["annotation", "manifest.safe", "measurement"]
    with pickle.loads(pickle.dumps(fs)).open("measurement/a.tiff") as file:
        file.seek(-5, os.SEEK_END)
        assert file.read() == PIXELS[-5:]
    for missing in (fs.info, fs.cat_file):
        with pytest.raises(NotFoundError, match="nothing"):
            missing("nothing")
    with pytest.raises(NotFoundError):
        fetch(fs, [ByteRange("nothing", 0, 1)])
    with pytest.raises(FormatError, match="the manifest says 5"):
        fetch(fs, [ByteRange("manifest.safe", 0, 5)], sizes={"manifest.safe": 5})
    for write in (lambda: fs.pipe_file("a", b""), lambda: fs.open("a", "wb"), lambda: fs.rm("manifest.safe")):
        with pytest.raises(ReadOnlyError):
            write()


def test_a_source_travels_with_the_directory_and_keeps_nothing_open(zipped):
    before = _open_files()
    source = pickle.loads(pickle.dumps(locate_product(zipped)))

    def read(at):
        fs, root = source.filesystem()
        return fetch(fs, [ByteRange("measurement/a.tiff", at, at + 50)], root=root)

    with ThreadPoolExecutor(8) as pool:
        starts = range(0, 299_000, 1500)
        assert list(pool.map(read, starts)) == [[PIXELS[at : at + 50]] for at in starts]
    assert _open_files() <= before


def _open_files():
    return set(Path("/proc/self/fd").iterdir())


def test_the_plan_is_that_of_the_zip(tmp_path):
    source = locate_product(zip_at(tmp_path / "X.zip"))
    planned = plan_for(source.filesystem()[0], [ByteRange("measurement/a.tiff", 1000, 1100)])
    at = (tmp_path / "X.zip").read_bytes().index(PIXELS) + 1000
    assert [(one.path, one.start, one.stop) for one in planned.requests] == [(str(tmp_path / "X.zip"), at, at + 100)]


def test_a_zip_that_was_replaced_is_noticed(zipped):
    source = locate_product(zipped)
    zip_at(zipped, {**FILES, "measurement/a.tiff": bytes(300_000)})
    fs, root = source.filesystem()
    with pytest.raises(ChangedObjectError, match="open it anew"):
        fetch(fs, [ByteRange("measurement/a.tiff", 0, 10)], root=root)


def test_large_files_that_are_compressed_are_said(tmp_path):
    path = zip_at(tmp_path / "X.zip", {**FILES, "measurement/b.tiff": bytes(20_000_000)}, method=zipfile.ZIP_DEFLATED)
    with pytest.warns(PhistacWarning, match="1 large files are compressed in .*Unpack"):
        source = locate_product(path)
    fs, root = source.filesystem()
    assert fetch(fs, [ByteRange("measurement/b.tiff", 19_999_999, 20_000_000)], root=root) == [b"\0"]


def test_several_products_or_none(tmp_path):
    two = zip_at(
        tmp_path / "two.zip", {f"{name}/manifest.safe": name.encode() for name in ("A.SAFE", "B.SAFE")}, root=""
    )
    with pytest.raises(ConfigurationError, match=r"2 products: A\.SAFE, B\.SAFE\. Name one: zip://A"):
        locate_product(two)
    fs, root = locate_product(f"zip://B.SAFE::{two}").filesystem()
    assert fs.cat_file(f"{root}/manifest.safe") == b"B.SAFE"
    with pytest.raises(NotFoundError, match="no product in the zip"):
        locate_product(zip_at(tmp_path / "none.zip", {"a.txt": b""}))
    with pytest.raises(NotFoundError, match="no zip at"):
        locate_product(tmp_path / "missing.zip")


@pytest.mark.parametrize(
    "name", ["../evil", "X.SAFE/../../evil", "/etc/passwd", "X.SAFE/a\\..\\b", "C:/evil", "X.SAFE/\x07"]
)
def test_names_that_lead_out_are_refused(tmp_path, name):
    path = zip_at(tmp_path / "X.zip", {"X.SAFE/manifest.safe": b"", name: b"evil"}, root="")
    with pytest.raises(UnsafePathError):
        locate_product(path)


def test_what_cannot_be_read_is_said(tmp_path):
    with pytest.raises(FormatError, match="rare way"):
        locate_product(zip_at(tmp_path / "lzma.zip", method=zipfile.ZIP_LZMA))
    data = zip_at(tmp_path / "locked.zip").read_bytes()
    at = data.index(b"PK\x01\x02")
    (tmp_path / "locked.zip").write_bytes(data[: at + 8] + struct.pack("<H", 1) + data[at + 10 :])
    with pytest.raises(FormatError, match="encrypted"):
        locate_product(tmp_path / "locked.zip")
    (tmp_path / "text.zip").write_bytes(b"not a zip at all")
    with pytest.raises(FormatError, match="no zip that can be read"):
        locate_product(tmp_path / "text.zip")
    with zipfile.ZipFile(zip_at(tmp_path / "twice.zip"), "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("X.SAFE/manifest.safe", b"other")
    with pytest.raises(FormatError, match="two files"):
        locate_product(tmp_path / "twice.zip")


@pytest.mark.filterwarnings("ignore::phistac.errors.PhistacWarning")
def test_damaged_directories_never_give_wrong_bytes(tmp_path):
    """Every byte of the directory and the headers, changed: an error of ours, or the right bytes."""
    small = {"manifest.safe": b"<xfdu/>", "measurement/a.tiff": b"0123456789" * 5}
    whole = zip_at(tmp_path / "X.zip", small, method=zipfile.ZIP_DEFLATED).read_bytes()
    path = tmp_path / "Y.zip"
    for at in range(len(whole)):
        data = bytearray(whole)
        data[at] ^= 0x41
        path.write_bytes(data)
        try:
            fs, root = locate_product(path).filesystem()
            found = {name: fs.cat_file(f"{root}/{name}") for name in fs.find(root)}
        except PhistacError:
            continue
        assert all(found[name] == small[name] for name in found if name in small), at


def test_a_zip_inside_other_bytes_is_no_matter(tmp_path):
    buffer = io.BytesIO()
    buffer.write(b"#!/bin/sh\n" * 10)
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, data in FILES.items():
            archive.writestr(f"X.SAFE/{name}", data)
        archive.comment = b"some comment"
    (tmp_path / "X.zip").write_bytes(buffer.getvalue())
    fs, root = locate_product(tmp_path / "X.zip").filesystem()
    assert fetch(fs, [ByteRange("measurement/a.tiff", 5, 9)], root=root) == [PIXELS[5:9]]
