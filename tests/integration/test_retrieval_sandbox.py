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


def _start(out, places=PLACES, **options):
    program = KILLED.format(places=places, out=str(out))
    return subprocess.Popen([sys.executable, "-c", program], env=dict(os.environ), **options)


def _arrived(out):
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file() and ".phistac" not in path.parts)


def _wait_for(process, true):
    end = time.monotonic() + 60
    while process.poll() is None and not true() and time.monotonic() < end:
        time.sleep(0.01)


def test_killed_at_any_point_the_next_run_finishes_and_repeats_nothing(archive, out):
    chance, kills, lost = random.Random(7), 3, 0
    with Sandbox(root=archive, strict=True, count="both", rate=1.5e6, latency_s=0.01, requests_per_minute=0) as cdse:
        for _ in range(kills):
            before = _arrived(out)
            process = _start(out)
            # Late enough for a run that would start over to be caught: several MB later than the kill before.
            _wait_for(process, lambda before=before: _arrived(out) > before + 5_000_000)
            time.sleep(chance.random() * 0.2)
            process.send_signal(signal.SIGKILL)
            process.wait()
            lost += _arrived(out) > before + 5_000_000
            finals = {path: md5 for path, md5 in tree(out).items() if not path.endswith(".part")}
            assert finals.items() <= expected(cdse, A, B).items()
        assert lost == kills  # each had something to lose
        get(out).raise_for_failures()
        assert tree(out) == expected(cdse, A, B)
        moved = cdse.counters(method="GET").bytes_sent
    manifests = sum((out / name / "manifest.safe").stat().st_size for name in ("A.SAFE", "B.SAFE"))
    # Each kill may lose a piece of 1 MiB for each connection, and what the sockets hold; nothing that was on disk.
    # Every run reads the manifests and the listings anew.
    assert moved <= _arrived(out) + (kills + 1) * (2 * manifests + 200_000) + kills * 4 * (1 << 20)


def test_two_processes_that_download_the_same_do_not_make_each_other_fail(cdse, out):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    both = [_start(out, **options) for _ in range(2)]
    said = [process.communicate(timeout=100)[0] for process in both]
    assert [(process.returncode, text) for process, text in zip(both, said, strict=True)] == [(0, "")] * 2
    assert tree(out) == expected(cdse, A, B)
    assert polite(cdse.counters()) == (True, True, 0)


def test_a_part_that_a_killed_process_leaves_goes_when_another_one_is_done(archive, out):
    with Sandbox(root=archive, strict=True, count="both", rate=3e6, latency_s=0.01, requests_per_minute=0) as cdse:
        both = [_start(out, PLACES[:1]) for _ in range(2)]
        _wait_for(both[0], lambda: len([size for size in _sizes(out) if size > 1_000_000]) == 2)
        both[0].kill()
        both[0].wait()
        assert both[1].wait(60) == 0
        assert tree(out) == expected(cdse, A)


BIG = f"/eodata/{A}/measurement/big.tiff"


@pytest.mark.parametrize("after", [900_000, 1_100_000])
def test_a_link_that_cuts_every_answer_short_is_progress_and_nothing_comes_twice(cdse, out, after):
    cdse.inject(Fault("truncate", after_bytes=after, path=BIG, method="GET", times=99))
    report = get(out, PLACES[:1])
    report.raise_for_failures()
    sent = cdse.counters(method="GET", path=BIG).bytes_sent
    assert sent < SIZES["measurement/big.tiff"] * 1.1
    assert report.moved == _arrived(out)


@pytest.mark.parametrize(("status", "requests"), [(400, 1), (500, 6)])
def test_patience_is_not_multiplied(cdse, out, status, requests):
    path = f"/eodata/{A}/measurement/m1.tiff"
    cdse.inject(Fault("status", status=status, code="Wrong", path=path, times=99))
    assert [failure.path for failure in get(out, PLACES[:1]).failed[0].failures] == ["measurement/m1.tiff"]
    assert cdse.counters(path=path).requests == requests


WAITING = {
    "resting": [Fault("status", status=503, retry_after_s=60, path=BIG, method="GET", times=50)],
    "stalled": [Fault("stall", after_bytes=100_000, seconds=30, path=BIG, method="GET", times=9)],
    "planning": [Fault("status", status=503, retry_after_s=60, service="s3", times=50)],
}


@pytest.mark.parametrize("faults", WAITING.values(), ids=WAITING)
def test_an_interrupt_ends_a_download_that_waits(archive, out, faults):
    # A service of its own: what it holds for the process that was interrupted is nothing to other tests.
    with Sandbox(root=archive, strict=True, count="both", rate=0, latency_s=0.002, requests_per_minute=0) as cdse:
        cdse.inject(*faults)
        process = _start(out, stderr=subprocess.PIPE)
        _wait_for(process, lambda: cdse.pending_faults()[0].times < faults[0].times)
        time.sleep(0.5)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=25)[1].decode()
        assert time.monotonic() - start < 8
        assert "KeyboardInterrupt" in said
        assert process.returncode != 0


def _sizes(out):
    return [path.stat().st_size for path in out.rglob(".big.tiff.*.part")]


def test_an_interrupted_download_ends_at_once_and_keeps_what_has_arrived(archive, out):
    with Sandbox(root=archive, strict=True, count="both", rate=2e6, latency_s=0.01, requests_per_minute=0) as cdse:
        process = _start(out, stderr=subprocess.PIPE)
        _wait_for(process, lambda: any(_sizes(out)))
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
