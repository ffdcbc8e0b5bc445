"""fsspec's own tests of getting and opening, on ``cdse://``: the files are written by a plain s3fs.

Reading, the server is the sandbox's S3. So that there is something to read, this one takes writes too.
"""

from __future__ import annotations

import asyncio
import inspect
import pickle
import socket
import threading
import time

import fsspec
import nanio.app as nanio
import pytest
import s3fs
import uvicorn
from fsspec.asyn import AsyncFileSystem
from fsspec.spec import AbstractFileSystem
from fsspec.tests.abstract import AbstractFixtures, AbstractGetTests, AbstractOpenTests

from phistac.errors import ChangedObjectError, ReadOnlyError
from phistac.remote.files.filesystem import CdseFileSystem
from phistac.sandbox.s3.app import s3_app
from phistac.settings import Settings

ACCESS, SECRET = "ABSTRACTTESTKEY00001", "abstract-test-secret"


class _Keys:
    def secret_of(self, access_key):
        return SECRET if access_key == ACCESS else None


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    """The sandbox's S3 for reading; what writes goes to nanio as it is installed, on the same folder."""
    from nanio.auth.credentials import StaticCredentialResolver
    from nanio.config import Settings as Nanio

    root = tmp_path_factory.mktemp("archive")
    (root / "s3" / "eodata").mkdir(parents=True)
    reading = s3_app(root, _Keys())
    writing = nanio.build_app(Nanio(data_dir=root / "s3", credentials=StaticCredentialResolver({ACCESS: SECRET})))

    async def app(scope, receive, send):
        await (reading if scope["method"] in {"GET", "HEAD"} else writing)(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture(scope="module")
def writer(endpoint):
    """A plain s3fs."""
    plain = s3fs.S3FileSystem(
        key=ACCESS, secret=SECRET, endpoint_url=endpoint, skip_instance_cache=True, use_listings_cache=False
    )
    yield plain
    plain.close_session(plain.loop, plain._s3)


@pytest.fixture
def cdse(endpoint, monkeypatch):
    monkeypatch.setenv("PHISTAC_S3_ACCESS_KEY__ABSTRACT", ACCESS)
    monkeypatch.setenv("PHISTAC_S3_SECRET_KEY__ABSTRACT", SECRET)
    return CdseFileSystem(Settings(s3_url=endpoint, account="abstract", requests_per_minute=10**6))


def _tidy(writer, path):
    for name in writer.find(path):  # one by one: nanio knows folders, and will not delete them as keys
        writer.rm_file(name)


class ReadOnlyFixtures(AbstractFixtures):
    """fsspec's fixtures write and tidy up with the filesystem under test; here a plain s3fs does it for it."""

    @pytest.fixture
    def fs(self, cdse):
        return cdse

    @pytest.fixture
    def fs_path(self):
        return "eodata/contract"

    @pytest.fixture
    def fs_join(self):
        return lambda *parts: "/".join(parts)

    @pytest.fixture
    def supports_empty_directories(self):
        return False

    @pytest.fixture(autouse=True)
    def _written_by_another(self, writer, monkeypatch):
        for name in ("mkdir", "makedirs", "touch", "pipe"):
            monkeypatch.setattr(CdseFileSystem, name, _of(writer, name))
        monkeypatch.setattr(CdseFileSystem, "rm", lambda _, path, recursive=False: _tidy(writer, path))


def _of(writer, name):
    return lambda _, *args, **kwargs: None if name in {"mkdir", "makedirs"} else getattr(writer, name)(*args, **kwargs)


class TestGet(ReadOnlyFixtures, AbstractGetTests):
    """All of fsspec's."""


class TestOpen(ReadOnlyFixtures, AbstractOpenTests):
    """All of fsspec's; what it opens to write, the plain s3fs opens."""

    @pytest.fixture
    def fs(self, cdse, writer, monkeypatch):
        ours = CdseFileSystem.open

        def opened(self, path, mode="rb", **options):
            return writer.open(path, mode, **options) if mode == "wb" else ours(self, path, mode, **options)

        monkeypatch.setattr(CdseFileSystem, "open", opened)
        return cdse


READS = frozenset({
    "cat", "cat_file", "cat_ranges", "checksum", "created", "current", "disk_usage", "download", "du", "exists", "expand_path",
    "find", "from_dict", "from_json", "fsid", "get", "get_file", "get_mapper", "glob", "head", "info", "isdir", "isfile",
    "lexists", "listdir", "ls", "modified", "read_block", "read_bytes", "read_text", "sign", "size", "sizes", "stat", "tail",
    "to_dict", "to_json", "tree", "ukey", "unstrip_protocol", "walk", "clear_instance_cache", "invalidate_cache",
    "end_transaction", "set_session", "process_limits", "open", "open_async", "loop", "transaction", "isfilestore",
    "strip_protocol", "transaction_type", "get_kwargs_from_urls", "ls_from_cache", "get_pyarrow_filesystem", "parent", "fs_token",
})  # fmt: skip
"""What changes nothing. Whatever else fsspec has, or will have, must be refused."""


def _writing() -> list[str]:
    names = {
        name for cls in (AbstractFileSystem, AsyncFileSystem) for name, value in vars(cls).items() if callable(value)
    }
    return sorted(name for name in names if not name.startswith("__") and name.removeprefix("_") not in READS)


def test_the_writing_methods_are_found():
    assert {"touch", "rm", "put", "pipe_file", "cp_file", "mv", "_rm", "_put_file", "_makedirs", "write_text"} <= set(
        _writing()
    )
    assert len(_writing()) > 30


@pytest.mark.parametrize("name", _writing())
def test_every_writing_method_is_refused(name, tmp_path):
    fs = CdseFileSystem(account="nobody")  # without keys or a server: nothing is asked
    method = getattr(fs, name)
    least = [p for p in inspect.signature(getattr(AsyncFileSystem, name)).parameters.values() if p.default is p.empty]
    arguments = [str(tmp_path)] * len([p for p in least if p.name != "self" and p.kind is not p.VAR_KEYWORD])
    with pytest.raises(PermissionError, match="read only") as caught:
        asyncio.run(_called(method, arguments))
    assert isinstance(caught.value, ReadOnlyError)


async def _called(method, arguments):
    found = method(*arguments)
    return await found if inspect.isawaitable(found) else found


@pytest.mark.parametrize("mode", ["wb", "ab", "r+b", "w", "a", "w+b", "rb+"])
def test_nothing_opens_for_writing(mode):
    fs = CdseFileSystem(account="nobody")
    with pytest.raises(ReadOnlyError):
        fs.open("eodata/a", mode)
    with pytest.raises(ReadOnlyError):
        asyncio.run(_called(fs.open_async, ["eodata/a", mode]))
    with pytest.raises(ReadOnlyError):
        fs.get_mapper("eodata/a")["key"] = b"value"


def test_exclusive_creation_is_refused_either_way(cdse, writer):
    writer.pipe("eodata/there", b"x")
    for path in ("eodata/there", "eodata/not-there"):
        with pytest.raises(PermissionError):
            cdse.open(path, "xb")
    writer.rm("eodata/there")


def test_files_travel_by_address_and_version(cdse, writer):
    writer.pipe("eodata/file.bin", b"0123456789")
    with cdse.open("eodata/file.bin") as file:
        file.seek(4)
        sent = pickle.dumps(file)
    assert ACCESS.encode() not in sent
    assert SECRET.encode() not in sent
    with pickle.loads(sent) as again:
        assert again.read() == b"456789"
    writer.pipe("eodata/file.bin", b"abcdefghij")
    with pickle.loads(sent) as again, pytest.raises(ChangedObjectError):
        again.read()
    writer.rm("eodata/file.bin")


@pytest.mark.parametrize("chain", ["simplecache::cdse://", "filecache::cdse://"])
def test_caches_of_fsspec_chain_to_the_archive(cdse, writer, chain, tmp_path):
    writer.pipe("eodata/chain/file.bin", b"0123456789")
    cache = {chain.partition("::")[0]: {"cache_storage": str(tmp_path)}, "cdse": cdse.storage_options}
    with fsspec.open(f"{chain}eodata/chain/file.bin", **cache) as file:
        assert file.read(4) == b"0123"
    files = fsspec.open_files("cdse://eodata/chain/*.bin", **cdse.storage_options)
    assert [pickle.loads(pickle.dumps(one)).open().read() for one in files] == [b"0123456789"]
    _tidy(writer, "eodata/chain")


def test_ranges_at_once_from_a_loop_of_ones_own(cdse, writer):
    writer.pipe("eodata/ranges.bin", bytes(range(100)))
    fs = CdseFileSystem(cdse.settings, asynchronous=True)

    async def read():
        path = "eodata/ranges.bin"
        return await fs._cat_ranges([path] * 4, [0, 90, None, 5], [3, None, 2, 5]), await fs._cat_file(path, start=-2)

    assert asyncio.run(read()) == ([b"\0\1\2", bytes(range(90, 100)), b"\0\1", b""], b"bc")
    failed = cdse.cat_ranges(["eodata/ranges.bin", "eodata/none.bin"], 0, 2)
    assert failed[0] == b"\0\1"
    assert isinstance(failed[1], FileNotFoundError)
    writer.rm("eodata/ranges.bin")
