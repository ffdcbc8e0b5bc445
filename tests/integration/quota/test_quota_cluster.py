"""Four connections of one account, shared by the workers of a Dask cluster, on one machine or maybe on several."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import signal
import socket
import threading

import pytest

from phistac.remote.files.filesystem import filesystem
from phistac.retrieval.download import download

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")


@contextlib.contextmanager
def cluster(workers, **options):
    options = {"n_workers": workers, "processes": True, "dashboard_address": None} | options
    with distributed.LocalCluster(**options) as local, distributed.Client(local) as client:
        yield client


def checksum():
    """Return what a worker does with a chunk; made here, so that it travels by value."""

    def md5(start):
        from phistac.remote.files.filesystem import filesystem
        from phistac.remote.ranges.ranges import fetch
        from phistac.safe.byteranges import ByteRange

        (data,) = fetch(filesystem(), [ByteRange("pixels", start, start + 4_000_000)], root="eodata")
        return hashlib.md5(data).hexdigest(), os.getpid()

    return md5


@pytest.mark.slow
def test_eight_workers_read_two_hundred_chunks_beside_a_download(start, within, chunks, product, tmp_path):
    cdse = start(rate=60e6)
    reports = []
    with cluster(8, threads_per_worker=1) as client:
        beside = threading.Thread(
            target=lambda: reports.append(download(f"/{product}", tmp_path / "out", progress=False))
        )
        beside.start()
        got = client.gather(client.map(checksum(), [at for at, _ in chunks], pure=False))
        beside.join()
    seen = within(cdse)
    assert [md5 for md5, _ in got] == [md5 for _, md5 in chunks]
    assert len({pid for _, pid in got}) == 8
    reports[0].raise_for_failures()
    assert seen.bytes_sent > 840_000_000
    assert max(seen.peak_sockets, seen.peak_in_flight) == 4


def own_address():
    """Return an address of this machine that is not loopback, or skip."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no address but loopback")
        if probe.getsockname()[0].startswith("127."):
            pytest.skip("this machine has no address but loopback")
        return probe.getsockname()[0]


@pytest.fixture
def leases_of_two_seconds():
    with dask.config.set(
        {
            "distributed.scheduler.locks.lease-timeout": "2s",
            "distributed.scheduler.locks.lease-validation-interval": "200ms",
        }
    ):
        yield


@pytest.mark.usefixtures("leases_of_two_seconds")
def test_a_cluster_that_may_span_machines_leases_from_its_scheduler(start, within, small, eventually):
    cdse = start()
    with cluster(2, threads_per_worker=2, host=own_address()) as client:
        fs = filesystem()
        assert cdse.config.secret_key.encode() not in pickle.dumps(fs)
        futures = client.map(fs.cat_file, sorted(small), pure=False)
        assert client.gather(futures) == [small[path] for path in sorted(small)]
        assert fs.cat_file("eodata/many/f00") == small["eodata/many/f00"]  # the client leases too
        extension = client.cluster.scheduler.extensions["semaphores"]
        (slots, requests) = sorted(extension.max_leases, key=extension.max_leases.get)
        assert [extension.max_leases[name] for name in (slots, requests)] == [
            4,
            cdse.settings.requests_per_minute // 10,
        ]
        assert extension.metrics["acquire_total"][slots] >= 2
        assert extension.metrics["acquire_total"][requests] > len(small)  # one for each request, and they go back
        eventually(lambda: not any(extension.leases.values()))  # idle connections give their leases back
        _kill_a_worker_that_reads(client, fs, extension, eventually)
        futures = client.map(fs.cat_file, sorted(small), pure=False)
        assert client.gather(futures) == [small[path] for path in sorted(small)]
    within(cdse)
    assert (
        fs.cat_file("eodata/many/f01") == small["eodata/many/f01"]
    )  # the cluster has gone, the machine's slots remain


def _kill_a_worker_that_reads(client, fs, extension, eventually):
    def hold(path):
        with fs.stream(path) as stream:
            next(iter(stream))
            os.kill(os.getpid(), signal.SIGKILL)

    client.submit(hold, "eodata/big", pure=False, retries=0).release()
    eventually(lambda: any(extension.leases.values()))
    eventually(lambda: not any(extension.leases.values()))  # nobody gave them back: they ran out
