"""What goes wrong on the way to the archive: what passes is tried again, what stays is raised, nothing is mixed."""

from __future__ import annotations

import pytest

from phistac.errors import ChangedObjectError, RateLimitError, ServiceError
from phistac.remote.files.filesystem import CdseFileSystem, filesystem
from phistac.remote.ranges.ranges import fetch
from phistac.safe.byteranges import ByteRange
from phistac.sandbox import Fault


@pytest.mark.parametrize(
    "fault",
    [
        Fault("truncate", after_bytes=1000, times=3, path="/eodata/big"),
        Fault("truncate", after_bytes=0, times=2, path="/eodata/big"),
        Fault("close", times=3, path="/eodata/big"),
        Fault("status", status=503, times=3, path="/eodata/big"),
        Fault("status", status=500, code="InternalError", times=3, path="/eodata/big"),
        Fault("status", status=429, times=1, retry_after_s=1, path="/eodata/big"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.after_bytes}-{fault.status}",
)
def test_what_passes_is_tried_again(start, impatient, big, fault):
    cdse = start()
    fs = impatient(filesystem(), 8)
    cdse.inject(fault)
    assert fs.cat_file("eodata/big") == big
    cdse.inject(fault)
    assert fetch(fs, [ByteRange("big", 9, 999_999)], root="eodata") == [big[9:999_999]]
    assert fs.budget.counters.peak_sockets <= 4


def test_what_stays_is_raised(start, impatient, big, tmp_path):
    cdse = start()
    fs = impatient(filesystem(), 3)
    for fault, error in (
        (Fault("truncate", after_bytes=10, times=100), ServiceError),
        (Fault("close", times=100), ServiceError),
        (Fault("status", status=429, times=100, retry_after_s=1), RateLimitError),
    ):
        cdse.inject(fault)
        with pytest.raises(error, match="reading eodata/big"):
            fs.cat_file("eodata/big")
        with pytest.raises(error):
            fs.get_file("eodata/big", str(tmp_path / "copy"))
        assert not list(tmp_path.glob("*copy*"))
        cdse.clear_faults()
    assert fs.cat_file("eodata/big", start=0, end=3) == big[:3]


def test_a_stream_that_breaks_off_says_how_far_it_came(start, big):
    cdse = start()
    fs = filesystem()
    cdse.inject(Fault("truncate", after_bytes=3_000_000, path="/eodata/big"))
    sizes = []
    with pytest.raises(ServiceError, match="reading eodata/big failed"), fs.stream("eodata/big") as stream:
        sizes.extend(map(len, stream))
    came = sum(sizes)
    assert 0 < came <= 3_000_000
    with fs.stream("eodata/big", start=came, if_match=stream.etag) as rest:
        assert b"".join(rest) == big[came:]


def test_silence_is_ended(start, impatient, big):
    cdse = start()
    fs = impatient(CdseFileSystem(timeout_s=0.5), 4)
    cdse.inject(Fault("stall", after_bytes=100, seconds=30, times=2, path="/eodata/big"))
    assert fs.cat_file("eodata/big") == big


def test_another_version_is_not_mixed_in(start, big):
    cdse = start()
    fs = filesystem()
    etag = fs.info("eodata/big")["ETag"]
    file = fs.open("eodata/big")
    assert file.read(10) == big[:10]
    cdse.inject(Fault("changed", path="/eodata/big"))
    fs.cat_file("eodata/big", start=0, end=1)  # the fault strikes: from now on it is another object
    with pytest.raises(ChangedObjectError, match="412"):
        fs.cat_file("eodata/big", start=0, end=10, if_match=etag)
    with pytest.raises(ChangedObjectError), fs.stream("eodata/big", start=5, if_match=etag.strip('"')):
        pass
    with pytest.raises(ChangedObjectError):
        fetch(fs, [ByteRange("big", 0, 9)], root="eodata", etags={"big": etag})
    file.seek(5_000_000)
    with pytest.raises(ChangedObjectError):
        file.read(10)
    cdse.clear_faults()
