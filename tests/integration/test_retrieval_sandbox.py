"""Downloads from a strict service on this machine: verified, within four connections, through every fault."""

from __future__ import annotations

import hashlib
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import Client, LocalCluster
from distributed.diagnostics.plugin import SchedulerPlugin

from phistac.errors import ChangedObjectError, CredentialsRejectedError, DiskFullError, TransferError
from phistac.retrieval.download import download
from phistac.sandbox import Fault, Sandbox, SandboxConfig
from phistac.sandbox.content import prepare

pytest.importorskip("nanio", reason="the sandbox needs the extra `sandbox`")

A, B = "Sentinel-1/SAR/IW_SLC__1S/A.SAFE", "Sentinel-1/SAR/IW_SLC__1S/B.SAFE"
PLACES = [f"/eodata/{A}", f"/eodata/{B}"]
SIZES = {"measurement/big.tiff": 9_000_000} | {f"measurement/m{n}.tiff": 700_000 for n in range(6)}
SIZES |= {f"annotation/a{n}.xml": 20_000 + n for n in range(30)}

MANIFEST = """<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1" xmlns:safe="http://www.esa.int/safe/sentinel-1.0">
<metadataSection><safe:platform><safe:familyName>SENTINEL-1</safe:familyName><safe:number>A</safe:number></safe:platform>
<safe:startTime>2024-08-01T05:00:00.000000</safe:startTime></metadataSection><dataObjectSection>{}</dataObjectSection>
</xfdu:XFDU>"""
OBJECT = """<dataObject ID="x{number}"><byteStream mimeType="x" size="{size}"><fileLocation locatorType="URL" href="./{path}"/>
<checksum checksumName="{name}">{digest}</checksum></byteStream></dataObject>"""


def lay_down(root):
    """Two products of 14 MB; one with MD5 in its manifest, one with SHA3-256."""
    for number, (product, name, algorithm) in enumerate(((A, "MD5", "md5"), (B, "SHA3-256", "sha3_256"))):
        chance, entries = random.Random(number), []
        folder = root / "s3" / "eodata" / product
        for n, (path, size) in enumerate(SIZES.items()):
            data = chance.randbytes(size)
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
            digest = hashlib.new(algorithm, data).hexdigest()
            entries.append(OBJECT.format(number=n, size=size, path=path, name=name, digest=digest))
        (folder / "support").mkdir()
        (folder / "support" / "s1.xsd").write_bytes(b"<xsd/>")
        (folder / "manifest.safe").write_text(MANIFEST.format("".join(entries)))
    (root / "catalogue").mkdir()


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    root = tmp_path_factory.mktemp("retrieval") / "archive"
    prepare(root, SandboxConfig(), make=lay_down)
    return root


@pytest.fixture(scope="module")
def _service(archive, tmp_path_factory):
    with Sandbox(root=archive, strict=True, count="both", rate=0, latency_s=0.002, requests_per_minute=0) as cdse:
        environment = {name: value for name, value in os.environ.items() if name.startswith("PHISTAC_")}
        # Processes share the account's connections through this folder: one for all tests, as for all of a user's.
        runtime = tmp_path_factory.mktemp("runtime")
        runtime.chmod(0o700)
        yield cdse, environment | {"XDG_RUNTIME_DIR": str(runtime)}


@pytest.fixture
def cdse(_service, monkeypatch):
    """The running service, and the environment that leads to it (which conftest takes away from each test)."""
    service, environment = _service
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    service.clear_faults()
    service.reset_counters()
    return service


@pytest.fixture
def out(tmp_path):
    """The output folder; it is not there yet."""
    return tmp_path / "out"


def tree(folder):
    return {
        str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest()
        for path in Path(folder).rglob("*")
        if path.is_file() and ".phistac" not in path.parts
    }


def expected(cdse, *products):
    folder = cdse.root / "s3" / "eodata" / Path(A).parent
    return {path: md5 for path, md5 in tree(folder).items() if path.startswith(tuple(Path(p).name for p in products))}


def get(out, places=PLACES, **options):
    return download(places, out, progress=False, **options)


def polite(counters):
    return (counters.peak_sockets <= 4, counters.peak_in_flight <= 4, counters.refused)


def test_everything_is_verified_within_four_connections_and_once_is_enough(cdse, out):
    report = get(out)
    report.raise_for_failures()
    assert tree(out) == expected(cdse, A, B)
    assert report.objects == 2 * (len(SIZES) + 2)
    assert polite(cdse.counters()) == (True, True, 0)
    cdse.reset_counters()
    again = get(out)
    assert (again.moved, {p.status for p in again.products}) == (0, {"reused"})
    assert cdse.counters().requests == 0


@pytest.mark.parametrize(
    "fault",
    [
        Fault("truncate", after_bytes=1_000_000, path=f"/eodata/{A}/measurement/big.tiff", method="GET"),
        Fault("truncate", after_bytes=100, path=f"/eodata/{A}/", method="GET", skip=5, times=10),
        Fault("flip", after_bytes=5000, path=f"/eodata/{A}/annotation/a7.xml", method="GET"),
        Fault("status", status=503, path=f"/eodata/{A}/", times=4, retry_after_s=0.1),
        Fault("status", status=429, code="TooManyRequests", path=f"/eodata/{B}/", times=3, skip=10),
        Fault("close", path=f"/eodata/{B}/measurement/", times=3, method="GET"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.times}",
)
def test_faults_that_pass_leave_no_trace(cdse, out, fault):
    cdse.inject(fault)
    get(out).raise_for_failures()
    assert tree(out) == expected(cdse, A, B)
    counters = cdse.counters()
    assert (counters.peak_sockets <= 4, counters.peak_in_flight <= 4) == (True, True)


def test_bytes_that_stay_flipped_are_refused_and_the_rest_arrives(cdse, out):
    cdse.inject(Fault("flip", after_bytes=5000, path=f"/eodata/{A}/annotation/a7.xml", method="GET", times=9))
    report = get(out)
    assert [p.status for p in report.products] == ["failed", "done"]
    assert "annotation/a7.xml" in report.failed[0].reason
    assert set(expected(cdse, A, B)) - set(tree(out)) == {"A.SAFE/annotation/a7.xml", "A.SAFE/manifest.safe"}
    with pytest.raises(TransferError):
        report.raise_for_failures()
    cdse.clear_faults()
    again = get(out)
    again.raise_for_failures()
    assert again.moved == SIZES["annotation/a7.xml"] + (out / "A.SAFE" / "manifest.safe").stat().st_size


def test_an_object_that_changes_midway_is_never_mixed(cdse, out):
    path = f"/eodata/{A}/measurement/big.tiff"
    cdse.inject(
        Fault("truncate", after_bytes=1_000_000, path=path, method="GET"),
        Fault("changed", path=path, method="GET"),
    )
    report = get(out)  # the manifest still promises the old bytes: this product cannot become whole
    assert [p.status for p in report.products] == ["failed", "done"]
    assert {failure.kind for failure in report.failed[0].failures} <= {ChangedObjectError.kind, "checksum"}
    assert not (out / "A.SAFE" / "measurement" / "big.tiff").exists()
    assert not (out / "A.SAFE" / "manifest.safe").exists()


def test_a_wrong_key_is_said_at_once(cdse, out, monkeypatch):
    label = cdse.settings.account.upper().replace("-", "_")
    monkeypatch.setenv(f"PHISTAC_S3_SECRET_KEY__{label}", "wrong-canary-secret")
    settings = replace(cdse.settings, timeout_s=29.0)  # another filesystem than the one that has signed in
    with pytest.raises(CredentialsRejectedError) as caught:
        get(out, settings=settings)
    assert "canary" not in f"{caught.value}{caught.value.__cause__}"
    assert not (out).exists()
    assert cdse.counters().requests <= 8


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 8 MB, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True, check=False
    ).returncode:
        pytest.skip("cannot mount a small disk here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_is_too_small_is_said_before_anything_moves(cdse, small_disk):
    with pytest.raises(DiskFullError, match="Nothing was started"):
        get(small_disk)
    assert list(small_disk.iterdir()) == []
    assert cdse.counters(method="GET").bytes_sent < 100_000


def test_a_disk_that_fills_up_leaves_nothing_half_written(cdse, small_disk, monkeypatch):
    monkeypatch.setattr("phistac.retrieval.download.require_room", lambda plan: None)
    with pytest.raises(DiskFullError, match="no room left"):
        get(small_disk)
    # A part that another lane was writing when the disk was full stays: the next run continues it.
    finals = {path: md5 for path, md5 in tree(small_disk).items() if not path.endswith(".part")}
    assert finals.items() <= expected(cdse, A, B).items()
    assert not [path for path in finals if path.endswith(("manifest.safe", "big.tiff"))]


KILLED = """
import sys
from phistac.retrieval.download import download
download({places!r}, {out!r}, progress=False)
"""


def test_killed_at_any_point_the_next_run_finishes_and_repeats_nothing(archive, out):
    chance = random.Random(7)
    with Sandbox(root=archive, strict=True, count="both", rate=3e6, latency_s=0.01, requests_per_minute=0) as cdse:
        for _ in range(4):
            program = KILLED.format(places=PLACES, out=str(out))
            process = subprocess.Popen([sys.executable, "-c", program], env=dict(os.environ))
            end = time.monotonic() + 60
            while process.poll() is None and not list(out.rglob(".*.part")) and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(chance.random() * 0.4)
            process.send_signal(signal.SIGKILL)
            process.wait()
            finals = {path: md5 for path, md5 in tree(out).items() if not path.endswith(".part")}
            assert finals.items() <= expected(cdse, A, B).items()
        get(out).raise_for_failures()
        assert tree(out) == expected(cdse, A, B)
        moved = cdse.counters(method="GET").bytes_sent
    total = sum(path.stat().st_size for path in out.rglob("*") if path.is_file() and ".phistac" not in path.parts)
    manifests = sum((out / name / "manifest.safe").stat().st_size for name in ("A.SAFE", "B.SAFE"))
    # Each kill may lose what was on the wire or in the receiver's buffers, per connection; nothing that was on disk.
    assert moved <= total + 5 * (2 * manifests + 200_000) + 4 * 4 * 3_000_000


def _sizes(out):
    return [path.stat().st_size for path in out.rglob(".big.tiff.*.part")]


def test_an_interrupted_download_ends_at_once_and_keeps_what_has_arrived(archive, out):
    with Sandbox(root=archive, strict=True, count="both", rate=2e6, latency_s=0.01, requests_per_minute=0) as cdse:
        program = KILLED.format(places=PLACES, out=str(out))
        process = subprocess.Popen([sys.executable, "-c", program], env=dict(os.environ), stderr=subprocess.PIPE)
        end = time.monotonic() + 60
        while process.poll() is None and not any(_sizes(out)) and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1].decode()
        assert "KeyboardInterrupt" in said
        assert cdse.config.secret_key not in said
    assert any(_sizes(out))
    assert not list(out.rglob("manifest.safe"))


def test_a_real_product_is_verified_against_its_own_manifest(archive, out, real_data):
    source = next((real_data / "safe" / "sentinel-3").glob("S3B_OL_1_EFR____20230311*"))
    place = archive / "s3" / "eodata" / "Sentinel-3" / source.name
    shutil.copytree(source, place, dirs_exist_ok=True)
    with Sandbox(root=archive, strict=True, count="both") as cdse:
        report = download(f"/eodata/Sentinel-3/{source.name}", out, progress=False)
        report.raise_for_failures()
        assert polite(cdse.counters()) == (True, True, 0)
    assert tree(out / source.name) == tree(source)
    assert report.objects == len(tree(source))


@pytest.fixture
def cluster(cdse):
    """Two worker processes, started inside the service's environment."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=4, processes=True, dashboard_address=None) as workers,
        Client(workers) as client,
    ):
        yield client


class Spy(SchedulerPlugin):
    """Keeps every task that the scheduler sees, as it is pickled."""

    def start(self, scheduler):
        self.scheduler, self.seen = scheduler, b""

    def transition(self, key, *_, **__):
        self.seen += pickle.dumps(self.scheduler.tasks[key].run_spec)


@pytest.mark.slow
def test_a_cluster_of_two_processes_keeps_to_four_connections_and_learns_no_secret(cdse, cluster, out):
    cluster.register_plugin(Spy(), name="spy")
    report = download(PLACES, out, client=cluster, progress=False)
    report.raise_for_failures()
    assert tree(out) == expected(cdse, A, B)
    assert polite(cdse.counters()) == (True, True, 0)
    graph = cluster.run_on_scheduler(lambda dask_scheduler: dask_scheduler.plugins["spy"].seen)
    assert b"transfer_batch" in graph
    everything = graph.decode("latin1") + str(cluster.get_worker_logs()) + str(cluster.get_events()) + report.table()
    assert cdse.config.secret_key not in everything
    assert cdse.config.password not in everything
    cdse.reset_counters()
    assert download(PLACES, out, client=cluster, progress=False).moved == 0
    assert cdse.counters().requests == 0


@pytest.mark.slow
def test_a_killed_worker_costs_only_what_it_held(cdse, cluster, out):
    pids = list(cluster.run(os.getpid).values())

    def kill():
        end = time.monotonic() + 30
        while not list(out.rglob(".*.part")) and time.monotonic() < end:
            time.sleep(0.005)
        os.kill(pids[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    report = download(PLACES, out, client=cluster, progress=False)
    killer.join()
    report.raise_for_failures()
    assert tree(out) == expected(cdse, A, B)
    counters = cdse.counters()
    assert (counters.peak_sockets <= 4, counters.peak_in_flight <= 4) == (True, True)
