"""Pieces of requests reach the ranges that asked for them, whole, wherever plan and network cut."""

from __future__ import annotations

import fsspec
import numpy as np
import pytest
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.errors import FormatError, ServiceError
from phistac.remote.ranges.delivery import Delivery
from phistac.remote.ranges.rangeplan import plan
from phistac.remote.ranges.ranges import drive, fetch
from phistac.safe.byteranges import POURED, ByteRange
from phistac.safe.raster import Raster, Run

_OBJECT = {name: bytes((i * 37 + len(name)) % 251 for i in range(4000)) for name in ("a", "bb", "ccc")}

ranges = st.lists(
    st.builds(
        lambda path, start, size: ByteRange(path, start, min(4000, start + size)),
        st.sampled_from(sorted(_OBJECT)),
        st.integers(0, 3999),
        st.integers(0, 1500),
    ),
    max_size=40,
)
wires = st.tuples(st.integers(1, 6), st.sampled_from([10.0, 100.0, 5000.0]), st.sampled_from([0.0, 0.5, 3.0]))


class Recorder:
    """A sink that keeps what it is given, and how often."""

    def __init__(self, size):
        self.data, self.times = bytearray(size), [0] * size

    def __call__(self, offset, data):
        self.data[offset : offset + len(data)] = data
        for at in range(offset, offset + len(data)):
            self.times[at] += 1


def cuts(data, size):
    """Cut a request at random; sometimes it breaks off before, and begins again."""
    edges = sorted(data.draw(st.lists(st.integers(0, size), max_size=4)))
    pieces = list(zip([0, *edges], [*edges, size], strict=True))
    return pieces[: data.draw(st.integers(0, len(pieces)))], pieces


@given(ranges, wires, st.data())
@settings(deadline=None)
def test_every_byte_arrives_where_it_was_asked_for(asked, wire, data):
    connections, rate, latency = wire
    sinks = [Recorder(r.size) if data.draw(st.booleans()) else None for r in asked]
    wanted = [ByteRange(r.path, r.start, r.stop, sink) for r, sink in zip(asked, sinks, strict=True)]
    made = plan(wanted, connections=connections, rate=rate, latency_s=latency)
    assert all(r.sink is None for r in made.asked)
    delivery, broken = Delivery(wanted), False
    for request in data.draw(st.permutations(made.requests)):
        lost, whole = cuts(data, request.size)
        broken |= bool(lost)
        for start, stop in [*lost, *whole]:
            delivery.piece(request, start, _OBJECT[request.path][request.start + start : request.start + stop])
        delivery.done(request)
    for r, sink, part in zip(asked, sinks, delivery.parts(), strict=True):
        expected = _OBJECT[r.path][r.start : r.stop]
        assert (part if sink is None else bytes(sink.data)) == expected
        assert (part is POURED) is (sink is not None)
        if sink is not None and not broken:
            assert sink.times == [1] * r.size


def test_what_did_not_come_whole_is_not_handed_out():
    wanted = [ByteRange("a", 0, 10), ByteRange("a", 20, 30, lambda offset, data: None)]
    delivery = Delivery(wanted)
    delivery.piece(ByteRange("a", 0, 10), 0, bytes(10))
    delivery.done(ByteRange("a", 0, 10))
    delivery.piece(ByteRange("a", 20, 29), 0, bytes(9))
    delivery.done(ByteRange("a", 20, 29))
    with pytest.raises(ServiceError, match="a: bytes 20 to 30 did not come whole"):
        delivery.parts()


@pytest.mark.parametrize("protocol", ["memory", "file", "asynchronous"])
def test_pixels_of_other_filesystems(protocol, tmp_path):
    data = bytes(9) + np.arange(4_000_000, dtype="<i2").tobytes()
    served, root = fsspec.filesystem(protocol.replace("asynchronous", "memory")), str(tmp_path)
    fs = AsyncFileSystemWrapper(served) if protocol == "asynchronous" else served
    served.makedirs(root, exist_ok=True)
    served.pipe_file(f"{root}/a.tiff", data)
    raster = Raster("a.tiff", (1000, 2000), "cint16", (Run(0, 1000, 9),), len(data))
    pairs = np.arange(4_000_000, dtype="i2").reshape(1000, 2000, 2)
    pixels = (pairs[..., 0] + 1j * pairs[..., 1]).astype("c8")
    np.testing.assert_array_equal(drive(raster.read((slice(None), slice(None))), fs, root), pixels)
    np.testing.assert_array_equal(drive(raster.read((slice(7, 900, 3), slice(5, 9))), fs, root), pixels[7:900:3, 5:9])
    with pytest.raises(FormatError, match="has 8000009 bytes, the manifest says 5"):
        fetch(fs, [ByteRange("a.tiff", 0, 5)], root=root, sizes={"a.tiff": 5})
    served.pipe_file(f"{root}/a.tiff", data[:-1])
    with pytest.raises(FormatError, match="truncated"):
        drive(raster.read((slice(None), slice(None))), fs, root)
    served.rm(root, recursive=True)
