"""``cdse://`` on the sandbox's S3: spellings, listings, reads, what travels; fsspec's own tests are in a file apart."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import threading

import dask.base
import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from phistac.errors import ConfigurationError, FormatError, NotFoundError
from phistac.remote.files.filesystem import CdseFileSystem, filesystem
from phistac.remote.ranges.ranges import drive, drive_async, fetch, fetch_async, plan_for
from phistac.safe.byteranges import ByteRange, together
from phistac.sandbox import Sandbox, SandboxConfig
from phistac.sandbox.content import prepare
from phistac.settings import Settings, use

BAND = bytes(range(256)) * 8192
PRODUCT = "eodata/Sentinel-2/X.SAFE"
FILES = {
    f"{PRODUCT}/manifest.safe": b"<xfdu/>",
    f"{PRODUCT}/GRANULE/L2A/B04.jp2": BAND,
    f"{PRODUCT}/GRANULE/L2A/MTD_TL.xml": b"<a/>",
    f"{PRODUCT}/HTML/empty.txt": b"",
    "eodata/Sentinel-2/X.SAFE.zip": b"PK",
    "eodata/Sentinel-2/odd name é.txt": b"odd",
}


@pytest.fixture(scope="module")
def cdse(tmp_path_factory):
    def make(root):
        for path, data in FILES.items():
            (root / "s3" / path).parent.mkdir(parents=True, exist_ok=True)
            (root / "s3" / path).write_bytes(data)
        (root / "catalogue").mkdir()

    root = tmp_path_factory.mktemp("fs") / "archive"
    prepare(root, SandboxConfig(), make=make)
    with Sandbox(root=root, latency_s=0, rate=0, requests_per_minute=0) as running:
        yield running


@pytest.fixture(autouse=True)
def _here(cdse, monkeypatch):
    """Put the sandbox's environment back, which the suite's guard takes away, and keep one runtime folder for all tests.

    With a folder for each test the connections that the one before left idle would not be counted.
    """
    (cdse.root.parent / "runtime").mkdir(exist_ok=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(cdse.root.parent / "runtime"))
    label = cdse.settings.account.upper().replace("-", "_")
    monkeypatch.setenv(f"PHISTAC_S3_ACCESS_KEY__{label}", cdse.config.access_key)
    monkeypatch.setenv(f"PHISTAC_S3_SECRET_KEY__{label}", cdse.config.secret_key)
    with use(cdse.settings):
        yield
    assert cdse.counters().refused == 0


@pytest.fixture
def fs():
    return filesystem()


def test_every_spelling_of_a_path(fs, cdse):
    for path in ("cdse://{}", "s3://{}", "/{}", "{}", "cdse://{}/"):
        assert fs.info(path.format(PRODUCT))["type"] == "directory"
    with fsspec.open(f"cdse://{PRODUCT}/manifest.safe") as file:
        assert file.read() == b"<xfdu/>"
    assert fs.unstrip_protocol(PRODUCT) == f"cdse://{PRODUCT}"
    with pytest.raises(ConfigurationError, match="not a place in the archive"):
        fs.info("gs://eodata/x")
    assert fs.info(f"{cdse.settings.s3_url}/{PRODUCT}/manifest.safe")["size"] == 7
    with pytest.raises(ConfigurationError, match="no address of a product"):
        fs.info("https://eodata/x")


def test_listings(fs):
    assert fs.ls("", detail=False) == ["eodata"]
    assert fs.ls("cdse://eodata/Sentinel-2", detail=False) == [
        PRODUCT, "eodata/Sentinel-2/X.SAFE.zip", "eodata/Sentinel-2/odd name é.txt",
    ]  # fmt: skip
    assert fs.ls(f"{PRODUCT}/manifest.safe", detail=False) == [f"{PRODUCT}/manifest.safe"]
    assert fs.find(PRODUCT) == sorted(path for path in FILES if path.startswith(f"{PRODUCT}/"))
    assert fs.find(f"{PRODUCT}/manifest.safe") == [f"{PRODUCT}/manifest.safe"]
    assert fs.find(f"{PRODUCT}/nothing") == []
    assert fs.find(PRODUCT, maxdepth=1) == [f"{PRODUCT}/manifest.safe"]
    assert f"{PRODUCT}/GRANULE/L2A" in fs.find(PRODUCT, withdirs=True)
    assert fs.glob(f"{PRODUCT}/**/*.jp2") == [f"{PRODUCT}/GRANULE/L2A/B04.jp2"]
    assert [step[0] for step in fs.walk(PRODUCT)] == [
        PRODUCT, f"{PRODUCT}/GRANULE", f"{PRODUCT}/GRANULE/L2A", f"{PRODUCT}/HTML",
    ]  # fmt: skip
    assert fs.du(PRODUCT) == sum(len(data) for path, data in FILES.items() if path.startswith(f"{PRODUCT}/"))
    with pytest.raises(NotFoundError):
        fs.ls("eodata/Sentinel-2/X.SAF")


def test_info(fs):
    found = fs.info(f"{PRODUCT}/GRANULE/L2A/B04.jp2")
    assert (found["size"], found["type"]) == (len(BAND), "file")
    assert found["ETag"].strip('"')
    assert fs.info(f"{PRODUCT}/HTML/empty.txt")["size"] == 0
    assert fs.isdir(PRODUCT)
    assert not fs.isfile(PRODUCT)
    assert fs.isfile("eodata/Sentinel-2/X.SAFE.zip")
    assert not fs.exists("eodata/Sentinel-2/X.SAF")
    assert not fs.isdir("eodata/Sentinel-2/X.SAF")
    with pytest.raises(FileNotFoundError):
        fs.info("eodata/Sentinel-2/X.SAF")


def test_directory_markers_are_no_objects(fs, cdse):
    """A zero-byte object beside the prefix of its name is a directory."""
    found = fs.info(f"{PRODUCT}/HTML")
    assert found["type"] == "directory"
    assert all(not name.endswith("/") for name in fs.find("eodata"))


def test_reading(fs):
    path = f"{PRODUCT}/GRANULE/L2A/B04.jp2"
    assert fs.cat_file(path) == BAND
    assert fs.cat_file(path, start=10, end=20) == BAND[10:20]
    assert fs.cat_file(path, 10, 20) == BAND[10:20]
    assert fs.cat_file(path, start=-5) == BAND[-5:]
    assert fs.cat_file(path, start=len(BAND) - 3, end=len(BAND) + 100) == BAND[-3:]
    assert fs.cat_file(path, start=5, end=5) == b""
    assert fs.cat_file(f"{PRODUCT}/HTML/empty.txt") == b""
    assert fs.cat_file("eodata/Sentinel-2/odd name é.txt") == b"odd"
    assert fs.cat_ranges([path, path], [0, 7], [5, 9]) == [BAND[:5], BAND[7:9]]
    assert fs.cat([path, f"{PRODUCT}/manifest.safe"])[path] == BAND
    with fs.open(path) as file:
        file.seek(300_000)
        assert file.read(10) == BAND[300_000:300_010]
        assert file.seek(-4, 2) == len(BAND) - 4
        assert file.read() == BAND[-4:]
    assert fs.cat_file(path, start=len(BAND)) == fs.cat_file(path, start=len(BAND) + 5, end=len(BAND) + 9) == b""
    with fs.open(path, cache_type="all") as file:
        assert file.read() == BAND
    with fs.stream(path, start=7, chunk_size=1000) as stream:
        pieces = list(stream)
    assert b"".join(pieces) == BAND[7:]
    assert max(map(len, pieces)) == 1000
    assert (stream.size, stream.length) == (len(BAND), len(BAND) - 7)
    with fs.stream(f"{PRODUCT}/HTML/empty.txt") as stream:
        assert list(stream) == []


def test_a_directory_is_no_empty_object(fs):
    for attempt in (fs.cat_file, fs.open, fs.modified):
        with pytest.raises(NotFoundError):
            attempt(f"{PRODUCT}/GRANULE")
    assert fs.modified(f"{PRODUCT}/manifest.safe").tzinfo is not None


def test_get_leaves_nothing_half_written(fs, tmp_path):
    with pytest.raises(NotFoundError):
        fs.get_file(f"{PRODUCT}/nothing", str(tmp_path / "x"))
    assert not [path for path in tmp_path.iterdir() if "x" in path.name]
    fs.get(PRODUCT, str(tmp_path / "out"), recursive=True)
    assert (tmp_path / "out" / "GRANULE" / "L2A" / "B04.jp2").read_bytes() == BAND
    assert not list(tmp_path.rglob("*.part"))


def test_it_travels_as_settings_and_no_secret(fs, cdse):
    secret = cdse.config.secret_key
    fs.cat_file(f"{PRODUCT}/manifest.safe")  # it has looked its keys up
    texts = [repr(fs), str(vars(fs)), fs.to_json(), json.dumps(fs.to_dict()), str(fs.storage_options)]
    texts += [pickle.dumps(fs).decode("latin-1"), str(dask.base.tokenize(fs)), repr(fs.store), repr(fs.budget)]
    assert all(secret not in text for text in texts)
    assert all(cdse.config.access_key not in text for text in texts)
    again = pickle.loads(pickle.dumps(fs))
    assert again is fs
    assert fsspec.AbstractFileSystem.from_json(fs.to_json()) is fs
    assert fsspec.filesystem("cdse", **fs.storage_options) is fs
    assert dask.base.tokenize(fs) == dask.base.tokenize(again)


def test_instances_follow_the_settings_in_force(fs, cdse):
    assert fsspec.filesystem("cdse") is fs
    with use(Settings(account="other")):
        assert fsspec.filesystem("cdse").settings.account == "other"
    assert fsspec.filesystem("cdse") is fs
    assert CdseFileSystem(account="x").settings.s3_url == cdse.settings.s3_url
    for name in ("key", "secret", "token", "password"):
        with pytest.raises(ConfigurationError, match=name) as caught:
            fsspec.filesystem("cdse", **{name: "canary"})
        assert "canary" not in str(caught.value)


def test_from_any_loop_and_thread(fs):
    path = f"{PRODUCT}/GRANULE/L2A/B04.jp2"
    asynchronous = CdseFileSystem(asynchronous=True)

    async def read(n):
        return await asyncio.gather(*(asynchronous._cat_file(path, start=i, end=i + n) for i in range(5)))

    async def plan():
        return await fetch_async(fs, [ByteRange("B04.jp2", 0, 5)], root=f"{PRODUCT}/GRANULE/L2A")

    found = []
    threads = [threading.Thread(target=lambda n=n: found.append(asyncio.run(read(n)))) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(parts[0]) for parts in found) == [1, 2, 3, 4]
    assert all(part == BAND[i : i + len(part)] for parts in found for i, part in enumerate(parts))
    assert asyncio.run(plan()) == [BAND[:5]]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 dislikes any fork with threads
def test_a_forked_child_reads_with_sockets_of_its_own(fs):
    path = f"{PRODUCT}/GRANULE/L2A/B04.jp2"
    assert fs.cat_file(path, start=0, end=5) == BAND[:5]
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writer, fs.cat_file(path, start=5, end=9))
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    assert os.read(reader, 100) == BAND[5:9]
    os.close(reader)
    assert fs.cat_file(path, start=0, end=5) == BAND[:5]


def test_ranges_of_a_product(fs, cdse):
    ranges = [
        ByteRange("GRANULE/L2A/B04.jp2", 0, 2_000_000),
        ByteRange("manifest.safe", 1, 5),
        ByteRange("manifest.safe", 3, 3),
    ]
    cdse.reset_counters()
    assert fetch(fs, ranges, root=f"cdse://{PRODUCT}") == [BAND[:2_000_000], b"xfdu", b""]
    counters = cdse.counters()
    assert counters.bytes_sent == plan_for(fs, ranges).bytes_moved == 2_000_004
    assert counters.by_method == {"GET": len(plan_for(fs, ranges).requests)}
    with pytest.raises(FormatError, match="has 7 bytes"):
        fetch(fs, [ByteRange("manifest.safe", 3, 9)], root=PRODUCT)
    with pytest.raises(FormatError):
        fetch(fs, [ByteRange("manifest.safe", 30, 90)], root=PRODUCT)
    with pytest.raises(NotFoundError, match=r"nothing\.xml"):
        fetch(fs, [ByteRange("nothing.xml", 0, 9), ByteRange("manifest.safe", 1, 5)], root=PRODUCT)


def test_indexers_are_driven_together(fs, cdse, tmp_path):
    def head(path):
        (first,) = yield [ByteRange(path, 0, 1)]
        (rest,) = yield [ByteRange(path, 1, 1 + min(first[0], 3))]
        return first + rest

    def nothing():
        return b"none"
        yield

    cdse.reset_counters()
    paths = ["manifest.safe", "GRANULE/L2A/MTD_TL.xml", "GRANULE/L2A/B04.jp2"]
    expected = [FILES[f"{PRODUCT}/{path}"] for path in paths]
    expected = [data[: 1 + min(data[0], 3)] for data in expected]

    def all_of_them():
        return together([*(head(path) for path in paths), nothing()])

    assert drive(all_of_them(), fs, PRODUCT) == [*expected, b"none"]
    assert cdse.counters().requests == 5  # the third one asks for no second range
    assert asyncio.run(drive_async(all_of_them(), fs, PRODUCT)) == [*expected, b"none"]
    assert drive(head("manifest.safe"), fs, PRODUCT) == expected[0]
    (tmp_path / "manifest.safe").write_bytes(b"<xfdu/>")
    assert drive(head("manifest.safe"), LocalFileSystem(), str(tmp_path)) == expected[0]
