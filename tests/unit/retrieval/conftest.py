"""An archive in memory that misbehaves on request: stands in for the filesystem's ``stream``."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from phistac.errors import NotFoundError, ServiceError
from phistac.remote.files.objects import ProductObject
from phistac.remote.web.patience import Clock, Patience
from phistac.retrieval.model import Job
from phistac.retrieval.transfer import Link

ROOT = "eodata/S1/P.SAFE"


@dataclass
class Body:
    chunks: object
    size: int
    etag: str

    def __iter__(self):
        return iter(self.chunks)


@dataclass
class Archive:
    """Objects by ``bucket/key``; faults by the number of the request, counted from 0."""

    objects: dict[str, bytes] = field(default_factory=dict)
    faults: dict[int, object] = field(default_factory=dict)
    requests: list[tuple[str, int, str | None]] = field(default_factory=list)

    @contextmanager
    def stream(self, path, *, start=0, stop=None, if_match=None, chunk_size=4):
        fault = self.faults.get(len(self.requests))
        self.requests.append((path, start, if_match))
        if isinstance(fault, BaseException):
            raise fault
        if path not in self.objects:
            raise NotFoundError(f"there is no {path}")
        data = self.objects[path]
        sent = fault(data) if fault else data
        yield Body(self._chunks(sent[start:stop], chunk_size, broken=len(sent) < len(data)), len(data), etag(data))

    def _chunks(self, data, size, *, broken):
        yield from (data[i : i + size] for i in range(0, len(data), size))
        if broken:
            raise ServiceError("the body broke off")

    def job(self, path, *, root=ROOT, product="P.SAFE", algorithm="md5", **changes):
        data = self.objects[f"{root}/{path}"]
        values = {
            "size": len(data),
            "checksum": hashlib.new(algorithm, data).hexdigest() if algorithm else None,
            "algorithm": algorithm,
            "etag": etag(data),
        } | changes
        return Job(product, root, ProductObject(path=path, **values))


def etag(data):
    return f'"{hashlib.md5(data).hexdigest()}"'


@pytest.fixture
def archive():
    return Archive({f"{ROOT}/measurement/a.tiff": bytes(range(100)), f"{ROOT}/manifest.safe": b"<manifest/>"})


@pytest.fixture
def link(archive):
    """Over that archive; nobody sleeps."""
    rests = []
    clock = Clock(sleep=rests.append, chance=lambda: 1.0)
    link = Link(archive, patience=Patience(attempts=4), clock=clock)
    object.__setattr__(link, "tell", Told())
    return link


class Told(list):
    def __call__(self, count):
        self.append(count)


MANIFEST = """<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1" xmlns:safe="http://www.esa.int/safe/sentinel-1.0">
<metadataSection><safe:platform><safe:familyName>SENTINEL-1</safe:familyName><safe:number>A</safe:number></safe:platform>
<safe:startTime>2024-08-01T05:00:00.000000</safe:startTime></metadataSection><dataObjectSection>{objects}</dataObjectSection>
</xfdu:XFDU>"""
OBJECT = """<dataObject ID="{path}"><byteStream mimeType="x" size="{size}"><fileLocation locatorType="URL" href="./{path}"/>
<checksum checksumName="MD5">{md5}</checksum></byteStream></dataObject>"""


@pytest.fixture
def bucket(monkeypatch):
    """An archive that ``plan`` and ``download`` see as the account's filesystem."""
    archive = Bucket()
    monkeypatch.setattr("phistac.remote.files.filesystem.filesystem", lambda settings=None: archive)
    return archive


class Bucket(Archive):
    def add(self, root, **files):
        """Lay down a product with a manifest that covers its files, and one that it does not."""
        listed = {path.replace("__", "/"): data for path, data in files.items()}
        objects = "".join(
            OBJECT.format(path=path, size=len(data), md5=hashlib.md5(data).hexdigest()) for path, data in listed.items()
        )
        everything = listed | {"support/a.xsd": b"<xsd/>", "manifest.safe": MANIFEST.format(objects=objects).encode()}
        self.objects |= {f"{root}/{path}": data for path, data in everything.items()}

    def _strip_protocol(self, path):
        return path.removeprefix("cdse://").strip("/")

    def find(self, base, *, detail):
        self.requests.append((base, -1, None))
        return {
            path: {"size": len(data), "ETag": etag(data)}
            for path, data in self.objects.items()
            if path == base or path.startswith(f"{base}/")
        }

    def cat_file(self, path):
        self.requests.append((path, 0, None))
        return self.objects[path]
