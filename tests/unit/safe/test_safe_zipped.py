"""Ranges of zipped files by ranges of the zip: what zipfile wrote comes back, and no lie of a zip gets through."""

from __future__ import annotations

import dataclasses
import io
import random
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.errors import FormatError, NotFoundError
from phistac.safe import zipped
from phistac.safe.byteranges import POURED, ByteRange, answer
from phistac.safe.zipped import Member, data_start, product_roots, read_members


def members_of(data: bytes, *, started=()) -> dict[str, Member]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        listed = archive.infolist()
        edges = [*sorted(one.header_offset for one in listed)[1:], archive.start_dir]
    limits = dict(zip(sorted(one.header_offset for one in listed), edges, strict=True))
    members = {}
    for one in listed:
        deflated = one.compress_type == zipfile.ZIP_DEFLATED
        limit = limits[one.header_offset]
        member = Member(one.file_size, one.compress_size, deflated, one.header_offset, limit, one.CRC)
        start = data_start("zip", member, data[one.header_offset :][:30]) if one.filename in started else None
        members[one.filename] = dataclasses.replace(member, start=start)
    return members


def reader(data: bytes, log: list[ByteRange] | None = None):
    def read(wanted):
        if log is not None:
            log.extend(wanted)
        return [data[one.start : one.stop] for one in wanted]

    return read


def zip_of(files: dict[str, bytes], method=zipfile.ZIP_STORED, **how) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.extra = how.get("extra", b"")
            info.compress_type = method
            archive.writestr(info, data)
    return buffer.getvalue()


CONTENTS = st.one_of(
    st.binary(max_size=300), st.builds(lambda n, b: bytes([b]) * n, st.integers(0, 9000), st.integers(0, 255))
)


@settings(max_examples=60)
@given(
    files=st.dictionaries(st.sampled_from(["a.xml", "m/b.tiff", "c"]), CONTENTS, min_size=1),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    extra=st.sampled_from([b"", b"\x99\x99\x04\x00abcd"]),
    step=st.integers(1, 200),
    draw=st.data(),
)
def test_any_ranges_of_any_members(files, method, extra, step, draw):
    data = zip_of(files, method, extra=extra)
    started = draw.draw(st.sets(st.sampled_from(sorted(files)))) if method == zipfile.ZIP_STORED else ()
    members = members_of(data, started=started)
    wanted = []
    for _ in range(draw.draw(st.integers(1, 5))):
        name = draw.draw(st.sampled_from(sorted(files)))
        start, stop = sorted(draw.draw(st.tuples(*[st.integers(0, len(files[name]))] * 2)))
        wanted.append(ByteRange(name, start, stop))
    kept = zipped._STEP, zipped._CHUNK
    zipped._STEP, zipped._CHUNK = step + 30, step
    try:
        found = answer(read_members("zip", members, wanted), reader(data))
    finally:
        zipped._STEP, zipped._CHUNK = kept
    assert found == [files[one.path][one.start : one.stop] for one in wanted]


def test_a_stored_member_is_read_by_its_own_ranges_and_sinks_go_along():
    body = random.Random(1).randbytes(100_000)
    data = zip_of({"a": b"first", "m/b.tiff": body})
    members = members_of(data, started={"m/b.tiff"})
    log: list[ByteRange] = []
    assert answer(read_members("zip", members, [ByteRange("m/b.tiff", 500, 600)]), reader(data, log)) == [body[500:600]]
    assert [one.size for one in log] == [100]
    poured: list[bytes] = []
    ranges = [ByteRange("m/b.tiff", 7, 9, lambda at, piece: poured.append((at, bytes(piece)))), ByteRange("a", 0, 5)]
    (one, other) = answer(read_members("zip", members, ranges), reader(data))
    assert other == b"first"
    assert one is POURED or one == body[7:9]
    assert poured == [(0, body[7:9])]


def test_what_is_asked_for_together_is_fetched_together():
    files = {name: name.encode() * 50 for name in "abcdef"}
    data = zip_of(files, zipfile.ZIP_DEFLATED)
    steps = []

    def read(wanted):
        steps.append(len(wanted))
        return [data[one.start : one.stop] for one in wanted]

    answer(read_members("zip", members_of(data), [ByteRange(name, 0, 50) for name in files]), read)
    assert steps == [6]


def test_memory_stays_bounded_before_a_bomb():
    data = zip_of({"bomb": bytes(300_000_000)}, zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    (end,) = answer(read_members("zip", members_of(data), [ByteRange("bomb", 299_999_990, 300_000_000)]), reader(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert end == bytes(10)
    assert peak < 40_000_000


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(
    "changes",
    [{"crc": 1}, {"header": 1}, {"limit": 40}, {"packed": 10**9}, {"size": 5000, "packed": 5000}, {"packed": 60}],
)
def test_lies_of_the_directory_are_noticed(method, changes):
    data = zip_of({"a": random.Random(1).randbytes(3000), "b": b"next"}, method)
    members = members_of(data)
    member = dataclasses.replace(members["a"], **changes)
    with pytest.raises(FormatError):
        answer(read_members("zip", {**members, "a": member}, [ByteRange("a", 0, member.size)]), reader(data))


def test_a_damaged_header_never_shifts_the_bytes():
    data = zip_of({"m/b.tiff": bytes(range(256)) * 4, "c": b""})
    member = members_of(data)["m/b.tiff"]
    right = data_start("zip", member, data[:30])
    assert data[right : right + 4] == b"\0\1\2\3"
    for bit in range(30 * 8):
        head = bytearray(data[:30])
        head[bit // 8] ^= 1 << bit % 8
        try:
            assert data_start("zip", member, bytes(head)) == right
        except FormatError:
            continue


def test_streamed_zips_have_their_sizes_after_the_bytes():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def tell(self):
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name in ("a", "b"):
            archive.writestr(name, name.encode() * 500)
    data = pipe.getvalue()
    members = members_of(data, started={"a", "b"})
    assert answer(read_members("zip", members, [ByteRange("b", 3, 5), ByteRange("a", 0, 2)]), reader(data)) == [
        b"bb",
        b"aa",
    ]


def test_changed_bytes_are_noticed():
    body = b"some words " * 400
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        whole = zip_of({"a": body}, method)
        members = members_of(whole)
        for at in range(31, 31 + members["a"].packed, 5):
            data = bytearray(whole)
            data[at] ^= 0x10
            with pytest.raises(FormatError):
                answer(read_members("zip", members, [ByteRange("a", 0, len(body))]), reader(bytes(data)))


def test_what_is_not_there():
    data = zip_of({"a": b"12345"})
    with pytest.raises(NotFoundError, match="no 'b'"):
        answer(read_members("x.zip", members_of(data), [ByteRange("b", 0, 1)]), reader(data))
    with pytest.raises(FormatError, match="5 bytes"):
        answer(read_members("x.zip", members_of(data), [ByteRange("a", 0, 6)]), reader(data))


@pytest.mark.parametrize(
    ("names", "roots"),
    [
        (["X.SAFE/manifest.safe", "X.SAFE/a/b"], ["X.SAFE"]),
        (["safe/X.SAFE/manifest.safe"], ["safe/X.SAFE"]),
        (["manifest.safe", "a/manifest.safe"], [""]),
        (["B.SEN3/xfdumanifest.xml", "A.SEN3/xfdumanifest.xml", "A.SEN3/x/manifest.safe"], ["A.SEN3", "B.SEN3"]),
    ],
)
def test_where_the_products_are(names, roots):
    assert product_roots(names) == roots


def test_no_product_in_it():
    with pytest.raises(NotFoundError, match="no product"):
        product_roots(["X.SAFE/measurement/a.tiff"])
