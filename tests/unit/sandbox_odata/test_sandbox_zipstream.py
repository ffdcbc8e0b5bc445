"""Zip archives made while they are sent, read back by Python's own zipfile."""

from __future__ import annotations

import io
import zipfile
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import FormatError
from phistac.sandbox.odata import zipstream
from phistac.sandbox.odata.trees import files_of, inside, object_path
from phistac.sandbox.odata.zipstream import Entry, zip_chunks, zip_size


def entry(name, data):
    return Entry(name, len(data), lambda: iter([data[:3], data[3:]]))


names = st.text(st.characters(codec="utf-8", exclude_characters="\0\\/:", exclude_categories=("Cs", "Cc")), min_size=1)


@given(files=st.dictionaries(names, st.binary(max_size=50), max_size=5))
def test_read_back(files):
    entries = [entry(f"X.SAFE/{name}", data) for name, data in files.items()]
    archive = b"".join(zip_chunks(entries))
    assert len(archive) == zip_size(entries)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        assert {n: opened.read(n) for n in opened.namelist()} == {f"X.SAFE/{n}": d for n, d in files.items()}
        assert all(info.compress_type == zipfile.ZIP_STORED for info in opened.infolist())


def test_zip64(monkeypatch):
    # Everything counts as large: sizes, offsets and the directory itself go into the zip64 records.
    monkeypatch.setattr(zipstream, "_LIMIT", 0)
    head = zipstream._local(entry("a", b"hello"))
    assert head.endswith(b"\x01\x00\x10\x00" + (5).to_bytes(8, "little") * 2)
    monkeypatch.undo()
    big = Entry("big", 5 << 30, lambda: iter(()))
    small = Entry("small", 5, lambda: iter([b"hello"]))
    assert len(zipstream._central(small, 0, 5 << 30)) == 46 + 5 + 4 + 8
    assert len(zipstream._central(big, 0, 0)) == 46 + 3 + 4 + 16
    assert len(zipstream._end(2, 100, 5 << 30)) == 22 + 56 + 20
    assert zip_size([big, small]) > 5 << 30


def test_more_than_four_gigabytes():
    # The same zeros again and again; only the end is kept, and zipfile must find its way in it.
    zeros, size = bytes(1 << 26), (4 << 30) + 10
    parts = [zeros] * (size >> 26) + [bytes(size % len(zeros))]
    entries = [Entry("S/large.tiff", size, lambda: iter(parts)), Entry("S/after", 5, lambda: iter([b"hello"]))]
    tail, total = b"", 0
    crc = SimpleNamespace(crc32=lambda _data, value=0: value)  # hashing 4 GiB of zeros is not what is tested
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipstream, "zlib", crc)
        for chunk in zip_chunks(entries):
            total += len(chunk)
            tail = (tail + chunk[-4096:])[-4096:]
    assert total == zip_size(entries)

    class Tail(io.RawIOBase):
        position = 0

        def seekable(self):
            return True

        def seek(self, offset, whence=0):
            self.position = offset + (total if whence == 2 else self.position if whence == 1 else 0)
            return self.position

        def tell(self):
            return self.position

        def read(self, count=-1):
            start = self.position - (total - len(tail))
            assert start >= 0
            data = tail[start:] if count < 0 else tail[start : start + count]
            self.position += len(data)
            return data

    with zipfile.ZipFile(Tail()) as opened:
        assert {i.filename: i.file_size for i in opened.infolist()} == {"S/large.tiff": size, "S/after": 5}
        assert opened.getinfo("S/after").header_offset > 4 << 30


def test_a_file_that_changes_breaks_off():
    with pytest.raises(FormatError, match="has 2 bytes, not 5"):
        list(zip_chunks([Entry("a", 5, lambda: iter([b"ab"]))]))


def test_names_do_not_leave_the_archive(tmp_path):
    (tmp_path / "s3" / "eodata").mkdir(parents=True)
    (tmp_path / "outside").write_text("x")
    assert inside(tmp_path / "s3", "../outside") is None
    assert object_path(tmp_path, "/eodata/../../outside") is None
    assert object_path(tmp_path, "/eodata") is not None
    assert object_path(tmp_path, "/eodata/nothing") is None


def test_files_of_a_tree_and_of_a_single_object(tmp_path):
    product = tmp_path / "X.SAFE"
    (product / "b").mkdir(parents=True)
    (product / "b" / "2").write_text("2")
    (product / "1").write_text("1")
    assert [name for name, _ in files_of(product)] == ["X.SAFE/1", "X.SAFE/b/2"]
    assert [name for name, _ in files_of(product / "1")] == ["1"]
