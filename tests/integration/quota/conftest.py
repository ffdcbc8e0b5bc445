"""An archive of plain files, and strict sandboxes over it."""

from __future__ import annotations

import gc
import hashlib
import os
import random
import subprocess
import sys
import time

import pytest

from phistac.remote.files.filesystem import CdseFileSystem
from phistac.remote.web.patience import Patience
from phistac.sandbox import Sandbox, SandboxConfig
from phistac.sandbox.content import prepare

BIG = bytes(range(256)) * 25_000
SMALL = {f"eodata/many/f{n:02d}": hashlib.sha256(str(n).encode()).digest() * 700 for n in range(40)}
PIXELS = 40_000_000
PRODUCT = "eodata/Sentinel-1/SAR/IW_SLC__1S/D.SAFE"
MANIFEST = """<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1" xmlns:safe="http://www.esa.int/safe/sentinel-1.0">
<metadataSection><safe:platform><safe:familyName>SENTINEL-1</safe:familyName><safe:number>A</safe:number></safe:platform>
<safe:startTime>2024-08-01T05:00:00.000000</safe:startTime></metadataSection><dataObjectSection>{}</dataObjectSection>
</xfdu:XFDU>"""
OBJECT = """<dataObject ID="x{0}"><byteStream mimeType="x" size="{1}"><fileLocation locatorType="URL" href="./m{0}.tiff"/>
<checksum checksumName="MD5">{2}</checksum></byteStream></dataObject>"""


def lay_down(root):
    chance = random.Random(4)
    files = {"eodata/big": BIG, "eodata/pixels": chance.randbytes(PIXELS), **SMALL}
    measurements = [chance.randbytes(5_000_000) for _ in range(8)]
    entries = [OBJECT.format(n, len(d), hashlib.md5(d).hexdigest()) for n, d in enumerate(measurements)]
    files |= {f"{PRODUCT}/m{n}.tiff": data for n, data in enumerate(measurements)}
    files[f"{PRODUCT}/manifest.safe"] = MANIFEST.format("".join(entries)).encode()
    for path, data in files.items():
        (root / "s3" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "s3" / path).write_bytes(data)
    (root / "catalogue").mkdir()


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    root = tmp_path_factory.mktemp("quota") / "archive"
    prepare(root, SandboxConfig(), make=lay_down)
    return root


@pytest.fixture
def start(archive, tmp_path, monkeypatch):
    """Start a sandbox, as strict as told; its processes meet in a runtime folder of the test's own."""
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    running = []

    def start(**options):
        options = {"latency_s": 0.01, "requests_per_minute": 0} | options
        cdse = Sandbox(root=archive, **options)
        cdse.__enter__()
        running.append(cdse)
        return cdse

    yield start
    CdseFileSystem.clear_instance_cache()
    gc.collect()
    for cdse in running:
        cdse.__exit__(None, None, None)


@pytest.fixture
def big():
    return BIG


@pytest.fixture
def small():
    return SMALL


@pytest.fixture
def product():
    return PRODUCT


@pytest.fixture
def chunks(archive):
    """Two hundred ranges of 4 MB and the MD5 of each."""
    data = (archive / "s3" / "eodata" / "pixels").read_bytes()
    starts = [181_000 * n for n in range(198)] + [PIXELS - 4_000_000, 1]
    return [(at, hashlib.md5(data[at : at + 4_000_000]).hexdigest()) for at in starts]


@pytest.fixture
def within():
    """Check that nothing was refused and that never more than four sockets and requests were there, then or now."""

    def within(cdse):
        seen = cdse.counters()
        assert seen.refused == 0
        assert max(seen.peak_sockets, seen.peak_listening_sockets, seen.peak_in_flight) <= 4
        return seen

    return within


@pytest.fixture
def impatient():
    def impatient(fs, attempts):
        fs.store._patience = Patience(attempts=attempts, base_s=0.01, longest_s=0.02)
        return fs

    return impatient


@pytest.fixture
def script():
    """Start another process that runs some lines of Python in this environment."""

    def script(lines, *arguments):
        return subprocess.Popen(
            [sys.executable, "-c", lines, *map(str, arguments)], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
        )

    return script


@pytest.fixture
def eventually():
    def eventually(holds, seconds=20):
        end = time.monotonic() + seconds
        while not holds() and time.monotonic() < end:
            time.sleep(0.02)
        assert holds()

    return eventually
