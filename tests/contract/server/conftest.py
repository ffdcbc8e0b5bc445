"""The server, asked in two ways: as an application in this process, and as ``phistac serve`` in one of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, fields
from typing import Any

import pytest

from phistac.remote.catalogue.catalogue import Catalogue
from phistac.sandbox import Sandbox
from phistac.server import app
from phistac.settings import Settings


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def _exchange(application, method, target, headers, body, root_path) -> Answer:
    path, _, query = target.partition("?")
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": root_path + path,
        "raw_path": (root_path + path).encode(),
        "query_string": query.encode(),
        "root_path": root_path,
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
    }
    try:
        await application(scope, receive, send)
    except Exception:
        if not sent:  # what was answered already is raised once more, for the log of the server
            raise
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))


async def exchange(application, method, target, *, headers=None, body=None, root_path="") -> Answer:
    """Ask an ASGI application one thing."""
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = {} if body is None else {"content-type": "application/json"}
    headers = {"host": "there:8080", **kind, **(headers or {})}
    return await _exchange(application, method, target, headers, content, root_path)


class Http:
    """Answers for the catalogue: what ``answer`` returns, or raises."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def dated_json(self, method, url, *, params=None, json=None):
        self.asked.append((url, params))
        return self.answer(params), None

    def close(self):
        pass


_NAME = "S2A_MSIL2A_20240802T060721_N0511_R034_T42SVD_20240802T085602"


@pytest.fixture
def row():
    """The n-th of many records."""
    return _row


def _row(number):
    name = f"{_NAME[:-6]}{number:06d}.SAFE"
    at = f"2024-08-02T06:07:{number:02d}.024000Z"
    return {
        "Id": f"{number:08d}-0000-0000-0000-000000000000",
        "Name": name,
        "S3Path": f"/eodata/Sentinel-2/{name}",
        "ContentDate": {"Start": at, "End": at},
        "PublicationDate": at,
        "ModificationDate": at,
        "GeoFootprint": {"type": "Point", "coordinates": [0.0, 0.0]},
        "Attributes": [],
        "Assets": [],
    }


@pytest.fixture
def make(monkeypatch):
    """An application over a catalogue that answers with ``rows``, or as the callable given says."""

    def build(rows=()):
        answer = rows if callable(rows) else lambda params: {"value": list(rows), "@odata.count": len(rows)}
        http = Http(answer)
        monkeypatch.setattr("phistac.server.asgi.Catalogue", lambda _: Catalogue(Settings(), http=http))
        made = app()
        made.state.http = http
        return made

    return build


@pytest.fixture
def ask():
    """Ask an application in this process: ``ask(app, "GET", "/search?limit=1")``."""

    def call(application, method, target, **options) -> Answer:
        return asyncio.run(exchange(application, method, target, **options))

    call.exchange = exchange
    return call


@pytest.fixture(scope="module")
def sandbox(seeded_root):
    with Sandbox(root=seeded_root, strict=False) as running:
        yield running


@pytest.fixture(scope="module")
def served(sandbox):
    """The address of ``phistac serve`` over the sandbox."""
    variables = {f"PHISTAC_{each.name.upper()}": str(getattr(sandbox.settings, each.name)) for each in fields(Settings)}
    command = [sys.executable, "-m", "phistac", "serve", "--port", "0"]
    with subprocess.Popen(command, env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True) as process:
        try:
            greeting = process.stderr.readline()
            yield next(word for word in greeting.split() if word.startswith("http://"))
        finally:
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
