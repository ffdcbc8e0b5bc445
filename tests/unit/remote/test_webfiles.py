"""Web servers: ranges are had as ranges, or the server is refused before it sends the rest."""

from __future__ import annotations

import http.server
import socketserver
import threading
import zlib

import fsspec
import pytest

from phistac.errors import CredentialsRejectedError, FormatError, NotFoundError, ReadOnlyError, ServiceError
from phistac.remote.files.webfiles import WebFileSystem, careful
from phistac.remote.ranges.ranges import fetch
from phistac.safe.byteranges import ByteRange

BODY = bytes(range(256)) * 131072  # 32 MiB: much more than sockets buffer


class Handler(http.server.BaseHTTPRequestHandler):
    """What a server does is in its path: /ranges, /whole, /short, ..."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(200, BODY, {"Accept-Ranges": "bytes"}, body=False)

    def do_GET(self):
        how = self.path.split("/")[1]
        asked = self.headers.get("Range", "")
        if how in {"404", "403", "500", "429"}:
            self.answer(int(how), b"no")
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        if not asked or how == "whole":
            self.answer(200, BODY)
            return
        start = int(first) if first else len(BODY) - int(last)
        stop = min(int(last) + 1, len(BODY)) if first and last else len(BODY)
        if start >= len(BODY):
            self.answer(416, b"")
            return
        said = {"Content-Range": f"bytes {start}-{stop - 1}/{len(BODY)}"}
        answers = {
            "ranges": (BODY[start:stop], said),
            "elsewhere": (BODY[: stop - start], {"Content-Range": f"bytes 0-{stop - start - 1}/{len(BODY)}"}),
            "silent": (BODY[start:stop], {}),
            "short": (BODY[start : stop - 1], {"Content-Range": f"bytes {start}-{stop - 2}/{len(BODY)}"}),
            "packed": (zlib.compress(BODY[start:stop]), said | {"Content-Encoding": "deflate"}),
        }
        data, headers = answers[how]
        self.answer(206, data, headers)

    def answer(self, status, data, headers=None, *, body=True):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        try:
            for at in range(0, len(data) if body else 0, 65536):
                self.wfile.write(data[at : at + 65536])
                self.server.sent += len(data[at : at + 65536])
        except OSError:  # they hung up, as they should
            self.close_connection = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    sent = 0


@pytest.fixture(scope="module")
def server():
    with Server(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        running.url = f"http://127.0.0.1:{running.server_address[1]}"
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def fs():
    made = WebFileSystem(skip_instance_cache=True)
    yield made
    made.close_session(made.loop, made._session)


def test_ranges_are_read_as_ranges(server, fs):
    server.sent = 0
    url = f"{server.url}/ranges/a.tiff"
    assert fs.cat_file(url, start=10, end=20) == BODY[10:20]
    assert fs.cat_file(url, start=-5) == BODY[-5:]
    assert fs.cat_file(url, start=len(BODY) - 3, end=len(BODY) + 9) == BODY[-3:]
    assert fetch(fs, [ByteRange("a.tiff", 0, 5), ByteRange("a.tiff", 7, 9)], root=f"{server.url}/ranges") == [
        BODY[:5],
        BODY[7:9],
    ]
    with fs.open(url, block_size=1000) as file:
        file.seek(100)
        assert file.read(10) == BODY[100:110]
    assert server.sent < 3000


@pytest.mark.parametrize("how", ["whole", "elsewhere", "silent", "short", "packed"])
def test_anything_else_is_refused_unread(server, fs, how):
    server.sent = 0
    with pytest.raises(ServiceError, match=r"(?s)byte range|was asked for.*Download the file first") as caught:
        fs.cat_file(f"{server.url}/{how}/a.tiff?signature=canary", start=1000, end=1100)
    assert "canary" not in str(caught.value)
    assert server.sent < len(BODY) // 2


def test_fsspecs_own_filesystem_is_exchanged(server):
    plain = fsspec.filesystem("http")
    checked = careful(plain)
    try:
        with pytest.raises(ServiceError, match="answered 200"):
            fetch(plain, [ByteRange("a.tiff", 0, 5)], root=f"{server.url}/whole")
        assert plain._session is None
    finally:
        checked.close_session(checked.loop, checked._session)
        type(checked).clear_instance_cache()


@pytest.mark.parametrize(
    ("how", "error"),
    [("404", NotFoundError), ("403", CredentialsRejectedError), ("500", ServiceError), ("429", ServiceError)],
)
def test_refusals_are_ours(server, fs, how, error):
    with pytest.raises(error, match=how):
        fs.cat_file(f"{server.url}/{how}/a.tiff", start=0, end=5)


def test_beyond_the_end(server, fs):
    with pytest.raises(FormatError, match="fewer bytes"):
        fs.cat_file(f"{server.url}/ranges/a.tiff", start=len(BODY) + 5, end=len(BODY) + 9)
    with pytest.raises(FormatError, match="gave 3 bytes"):
        fetch(fs, [ByteRange("a.tiff", len(BODY) - 3, len(BODY) + 9)], root=f"{server.url}/ranges")


def test_nothing_is_written(server, fs):
    with pytest.raises(ReadOnlyError):
        fs.pipe_file(f"{server.url}/ranges/a.tiff", b"")
    with pytest.raises(ReadOnlyError):
        fs.open(f"{server.url}/ranges/a.tiff", "wb")
    with pytest.raises(ServiceError, match="failed"):
        fs.cat_file("http://127.0.0.1:9/nobody", start=0, end=1)
