"""The sidecar: what was kept comes back as it was, or not at all."""

from __future__ import annotations

import os
import threading
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phistac.reading.sidecar import Entry, Sidecar

ADDRESS = "https://eodata.example/eodata/Sentinel-1/X.SAFE/annotation/a.xml"
ENTRY = Entry(ADDRESS, "0123456789abcdef", 7, b"<a>42</a>" * 100)


@pytest.fixture
def sidecar(tmp_path) -> Sidecar:
    return Sidecar(tmp_path / "kept")


def files(sidecar) -> list[Path]:
    return sorted(sidecar.folder.iterdir())


def test_what_is_kept_comes_back(sidecar):
    assert sidecar.find(ADDRESS) is None
    sidecar.keep([ENTRY, replace(ENTRY, address="other", etag="e2")])
    assert sidecar.find(ADDRESS) == ENTRY
    assert sidecar.find("other").etag == "e2"
    sidecar.keep([replace(ENTRY, etag="newer", data=b"")])
    assert sidecar.find(ADDRESS) == replace(ENTRY, etag="newer", data=b"")
    sidecar.forget([ADDRESS, "never kept"])
    assert sidecar.find(ADDRESS) is None
    assert sidecar.find("other") is not None


def test_it_is_where_the_user_says(tmp_path, monkeypatch):
    assert Sidecar.of_user({"PHISTAC_SIDECAR": str(tmp_path)}).folder == tmp_path
    assert Sidecar.of_user({"PHISTAC_SIDECAR": "~/kept"}).folder == Path("~/kept").expanduser()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert Sidecar.of_user({}).folder == tmp_path / "cache" / "phistac" / "sidecar"
    off = Sidecar.of_user({"PHISTAC_SIDECAR": "OFF"})
    off.keep([ENTRY])
    off.forget([ADDRESS])
    assert off.find(ADDRESS) is None


def test_only_the_user_sees_it(sidecar):
    sidecar.keep([ENTRY])
    assert sidecar.folder.stat().st_mode & 0o077 == 0
    assert files(sidecar)[0].stat().st_mode & 0o077 == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_anywhere_is_noticed(sidecar, data):
    sidecar.keep([ENTRY])
    (path,) = files(sidecar)
    good = path.read_bytes()
    at = data.draw(st.integers(0, len(good) - 1))
    if data.draw(st.booleans()):
        bad = good[:at]
    else:
        bad = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    path.write_bytes(bad)
    assert sidecar.find(ADDRESS) is None
    sidecar.keep([ENTRY])
    assert sidecar.find(ADDRESS) == ENTRY


@pytest.mark.parametrize("head", [b"[]", b"1", b"{}", b'{"sha256": 1}', b"\xff", b'"sha256"'])
def test_what_is_not_ours_is_no_entry(sidecar, head):
    sidecar.keep([ENTRY])
    files(sidecar)[0].write_bytes(head + b"\n")
    assert sidecar.find(ADDRESS) is None


def test_a_bomb_is_not_unpacked(sidecar, monkeypatch):
    monkeypatch.setattr("phistac.reading.sidecar._MOST_UNPACKED", 1000)
    sidecar.keep([replace(ENTRY, data=bytes(1001))])
    assert sidecar.find(ADDRESS) is None
    monkeypatch.setattr("phistac.reading.sidecar._MOST_UNPACKED", 10**6)
    sidecar.keep([replace(ENTRY, data=bytes(10**6))])
    assert sidecar.find(ADDRESS) is not None
    monkeypatch.setattr("phistac.reading.sidecar._MOST_UNPACKED", 1000)
    assert sidecar.find(ADDRESS) is None


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    sidecar = Sidecar(tmp_path / "file" / "kept")
    sidecar.keep([ENTRY])
    assert sidecar.find(ADDRESS) is None


def test_the_oldest_go_first(sidecar):
    small = replace(sidecar, most_bytes=20_000)
    noise = os.urandom(4000)  # does not compress
    for number in range(4):
        small.keep([replace(ENTRY, address=f"a{number}", data=noise)])
        os.utime(small._path(f"a{number}"), (number, number))
    assert small.find("a0") is not None  # now the youngest
    small.keep([replace(ENTRY, address="a4", data=noise)])
    assert [small.find(f"a{number}") is not None for number in range(5)] == [True, False, True, True, True]
    assert sum(path.stat().st_size for path in files(small)) <= 0.9 * small.most_bytes


def test_writers_and_readers_at_once_see_whole_entries(sidecar):
    versions = [
        replace(ENTRY, etag=str(n), data=zlib.crc32(str(n).encode()).to_bytes(4, "big") * 5000) for n in range(8)
    ]
    seen = []

    def write(entry):
        for _ in range(10):
            sidecar.keep([entry])
            seen.append(sidecar.find(ADDRESS))

    threads = [threading.Thread(target=write, args=(entry,)) for entry in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 80
    assert set(seen) <= set(versions)
    assert len(files(sidecar)) == 1  # nothing unfinished is left
