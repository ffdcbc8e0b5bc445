"""The account's quota against the strict sandbox: threads, processes, a Dask cluster, and everything that goes wrong."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import http.client
import io
import json
import logging
import pickle
import socket
import subprocess
import sys
import threading
import time
import traceback
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from phistac.errors import ChangedObjectError, CredentialsRejectedError, RateLimitError, ServiceError
from phistac.remote.budgets import budget_for
from phistac.remote.credentials import s3_keys
from phistac.remote.filesystem import CdseFileSystem, filesystem
from phistac.remote.http import Http
from phistac.remote.keycheck import key_works
from phistac.remote.patience import Patience
from phistac.remote.ranges import fetch
from phistac.remote.tempkeys import _purse
from phistac.remote.tokens import token_source
from phistac.safe.byteranges import ByteRange
from phistac.sandbox import Fault, Sandbox, SandboxConfig
from phistac.sandbox.content import prepare

BIG = bytes(range(256)) * 25_000
SMALL = {f"eodata/many/f{n:02d}": hashlib.sha256(str(n).encode()).digest() * 700 for n in range(40)}
FILES = {"eodata/big": BIG, **SMALL}
READ = """
import sys
from concurrent.futures import ThreadPoolExecutor
from phistac.remote.credentials import s3_keys
from phistac.remote.filesystem import filesystem
fs = filesystem()
names = fs.find("eodata/many")
with ThreadPoolExecutor(8) as pool:
    print(sum(map(len, pool.map(fs.cat_file, names * 3))), fs.budget.counters.refused)
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    def make(root):
        for path, data in FILES.items():
            (root / "s3" / path).parent.mkdir(parents=True, exist_ok=True)
            (root / "s3" / path).write_bytes(data)
        (root / "catalogue").mkdir()

    root = tmp_path_factory.mktemp("quota") / "archive"
    prepare(root, SandboxConfig(), make=make)
    return root


@pytest.fixture
def start(archive, monkeypatch):
    running = []

    def start(**options):
        options = {"latency_s": 0.01, "requests_per_minute": 0} | options
        cdse = Sandbox(root=archive, **options)
        running.append(cdse)
        cdse.__enter__()
        return cdse

    yield start
    CdseFileSystem.clear_instance_cache()
    gc.collect()
    for cdse in running:
        cdse.__exit__(None, None, None)


def impatient(fs, attempts):
    fs.store._patience = Patience(attempts=attempts, base_s=0.01, longest_s=0.02)
    return fs


@pytest.mark.parametrize("count", ["both", "sockets", "requests"])
def test_sixteen_threads_share_four_connections(start, count):
    cdse = start(count=count)
    fs = filesystem()
    wrong = []

    def work(n):
        wrong.extend(path for path in sorted(SMALL)[n % 4 :: 4] if fs.cat_file(path) != SMALL[path])
        with fs.stream("eodata/big", start=n) as stream:
            if b"".join(stream) != BIG[n:]:
                wrong.append("big")
        if fetch(fs, [ByteRange("big", 5, 4_000_005)], root="eodata") != [BIG[5:4_000_005]]:
            wrong.append("range")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = cdse.counters()
    assert not wrong
    assert seen.refused == 0
    assert max(seen.peak_listening_sockets, seen.peak_in_flight) == 4
    assert fs.budget.counters.peak_sockets == fs.budget.counters.peak_requests == 4
    assert fs.budget.counters.bytes == seen.bytes_sent
    end = time.monotonic() + 10
    while fs.budget.pool.slots and time.monotonic() < end:
        time.sleep(0.05)
    assert fs.budget.pool.slots == 0  # idle connections were closed and their slots given back
    assert cdse.counters().open_sockets == 0


def test_two_processes_share_them_too(start):
    cdse = start()
    fs = filesystem()
    others = [subprocess.Popen([sys.executable, "-c", READ], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    with others[0], others[1]:
        while any(other.poll() is None for other in others):
            assert fetch(fs, [ByteRange("big", 0, len(BIG))], root="eodata") == [BIG]
        total = 3 * sum(map(len, SMALL.values()))
        assert [other.stdout.read().split() for other in others] == [[str(total), "0"]] * 2
    seen = cdse.counters()
    assert seen.refused == 0
    assert max(seen.peak_listening_sockets, seen.peak_in_flight) <= 4


def test_leases_count_as_connections(start):
    cdse = start()
    fs = filesystem()
    budget = budget_for(cdse.settings)
    held, release = threading.Event(), threading.Event()

    def hold():
        with budget.lease():
            held.set()
            release.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(20)
    for _ in range(3):
        fetch(fs, [ByteRange(path.removeprefix("eodata/"), 0, 9) for path in SMALL], root="eodata")
    assert cdse.counters().peak_listening_sockets == 3
    release.set()
    thread.join()


def test_a_lease_gets_its_turn_behind_a_batch(start):
    cdse = start(latency_s=0)
    fs = filesystem()
    done = threading.Event()

    def read():
        while not done.is_set():
            fetch(fs, [ByteRange(path.removeprefix("eodata/"), 0, 9) for path in SMALL], root="eodata")

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            before = fs.budget.counters.requests
            with budget_for(cdse.settings).lease():
                assert fs.budget.counters.requests - before < 2000  # a batch is 200; never waiting for the end
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert cdse.counters().refused == 0


def test_a_local_cluster_shares_them(start):
    distributed = pytest.importorskip("distributed")
    cdse = start()
    options = {"n_workers": 2, "threads_per_worker": 2, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        fs = filesystem()
        futures = client.map(fs.cat_file, sorted(SMALL) * 2, pure=False)
        assert client.gather(futures) == [SMALL[path] for path in sorted(SMALL)] * 2
        assert cdse.config.secret_key.encode() not in pickle.dumps(fs)
    seen = cdse.counters()
    assert seen.refused == 0
    assert max(seen.peak_listening_sockets, seen.peak_in_flight) <= 4


def own_address():
    """Return an address of this machine that is not loopback, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        return None if probe.getsockname()[0].startswith("127.") else probe.getsockname()[0]


def test_a_cluster_that_may_span_machines_leases_from_its_scheduler(start):
    distributed = pytest.importorskip("distributed")
    address = own_address()
    if address is None:
        pytest.skip("this machine has no address but loopback")
    cdse = start()
    options = {"host": address, "n_workers": 2, "threads_per_worker": 2, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        fs = filesystem()
        futures = client.map(fs.cat_file, sorted(SMALL), pure=False)
        assert client.gather(futures) == [SMALL[path] for path in sorted(SMALL)]
        assert fs.cat_file("eodata/many/f00") == SMALL["eodata/many/f00"]  # the client leases too
        extension = cluster.scheduler.extensions["semaphores"]
        assert list(extension.max_leases.values()) == [4]
        assert sum(extension.metrics["acquire_total"].values()) >= 2
        end = time.monotonic() + 10
        while any(extension.leases.values()) and time.monotonic() < end:
            time.sleep(0.05)
        assert not any(extension.leases.values())  # idle connections are closed and give their leases back
    seen = cdse.counters()
    assert seen.refused == 0
    assert max(seen.peak_listening_sockets, seen.peak_in_flight) <= 4


@pytest.mark.parametrize(
    "fault",
    [
        Fault("truncate", after_bytes=1000, times=3, path="/eodata/big"),
        Fault("truncate", after_bytes=0, times=2, path="/eodata/big"),
        Fault("close", times=3, path="/eodata/big"),
        Fault("status", status=503, times=3, path="/eodata/big"),
        Fault("status", status=500, code="InternalError", times=3, path="/eodata/big"),
        Fault("status", status=429, times=1, retry_after_s=1, path="/eodata/big"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.after_bytes}-{fault.status}",
)
def test_what_passes_is_tried_again(start, fault):
    cdse = start()
    fs = impatient(filesystem(), 8)
    cdse.inject(fault)
    assert fs.cat_file("eodata/big") == BIG
    cdse.inject(fault)
    assert fetch(fs, [ByteRange("big", 9, 999_999)], root="eodata") == [BIG[9:999_999]]
    assert fs.budget.counters.peak_sockets <= 4


def test_what_stays_is_raised(start, tmp_path):
    cdse = start()
    fs = impatient(filesystem(), 3)
    for fault, error in (
        (Fault("truncate", after_bytes=10, times=100), ServiceError),
        (Fault("close", times=100), ServiceError),
        (Fault("status", status=429, times=100, retry_after_s=1), RateLimitError),
    ):
        cdse.inject(fault)
        with pytest.raises(error, match="reading eodata/big"):
            fs.cat_file("eodata/big")
        with pytest.raises(error):
            fs.get_file("eodata/big", str(tmp_path / "copy"))
        assert not list(tmp_path.glob("*copy*"))
        cdse.clear_faults()
    assert fs.cat_file("eodata/big", start=0, end=3) == BIG[:3]


def test_a_stream_that_breaks_off_says_how_far_it_came(start):
    cdse = start()
    fs = filesystem()
    cdse.inject(Fault("truncate", after_bytes=3_000_000, path="/eodata/big"))
    sizes = []
    with pytest.raises(ServiceError, match="reading eodata/big failed"), fs.stream("eodata/big") as stream:
        sizes.extend(map(len, stream))
    came = sum(sizes)
    assert 0 < came <= 3_000_000
    with fs.stream("eodata/big", start=came, if_match=stream.etag) as rest:
        assert b"".join(rest) == BIG[came:]


def test_silence_is_ended(start):
    cdse = start()
    fs = impatient(CdseFileSystem(timeout_s=0.5), 4)
    cdse.inject(Fault("stall", after_bytes=100, seconds=30, times=2, path="/eodata/big"))
    assert fs.cat_file("eodata/big") == BIG


def test_another_version_is_not_mixed_in(start):
    cdse = start()
    fs = filesystem()
    etag = fs.info("eodata/big")["ETag"]
    file = fs.open("eodata/big")
    assert file.read(10) == BIG[:10]
    cdse.inject(Fault("changed", path="/eodata/big"))
    fs.cat_file("eodata/big", start=0, end=1)  # the fault strikes: from now on it is another object
    with pytest.raises(ChangedObjectError, match="412"):
        fs.cat_file("eodata/big", start=0, end=10, if_match=etag)
    with pytest.raises(ChangedObjectError), fs.stream("eodata/big", start=5, if_match=etag.strip('"')):
        pass
    with pytest.raises(ChangedObjectError):
        fetch(fs, [ByteRange("big", 0, 9)], root="eodata", etags={"big": etag})
    file.seek(5_000_000)
    with pytest.raises(ChangedObjectError):
        file.read(10)
    cdse.clear_faults()


def test_a_canary_shows_nowhere(start, monkeypatch):
    cdse = start()
    label = cdse.settings.account.upper().replace("-", "_")
    monkeypatch.setenv(f"PHISTAC_S3_ACCESS_KEY__{label}", "CANARYACCESS")
    monkeypatch.setenv(f"PHISTAC_S3_SECRET_KEY__{label}", "canary-secret")
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    loggers = [logging.getLogger(name) for name in ("phistac", "s3fs", "fsspec", "aiobotocore")]
    for logger in loggers:
        logger.addHandler(handler)
        monkeypatch.setattr(logger, "level", logging.DEBUG)
    try:
        fs = filesystem()
        with pytest.raises(CredentialsRejectedError, match="InvalidAccessKeyId") as caught:
            fs.cat_file("eodata/big")
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    text = "".join(traceback.format_exception(caught.value)) + log.getvalue()
    text += repr(fs) + fs.to_json() + pickle.dumps(fs).decode("latin-1") + pickle.dumps(caught.value).decode("latin-1")
    text += json.dumps(fs.storage_options)
    assert "canary-secret" not in text
    assert cdse.counters().requests == 1  # a wrong key is not tried again and again


def test_new_keys_are_found_when_the_old_are_refused(start, monkeypatch):
    cdse = start()
    label = cdse.settings.account.upper().replace("-", "_")
    right = cdse.config.secret_key
    monkeypatch.setenv(f"PHISTAC_S3_SECRET_KEY__{label}", "wrong")
    fs = filesystem()
    with pytest.raises(CredentialsRejectedError, match="SignatureDoesNotMatch"):
        fs.cat_file("eodata/big")
    monkeypatch.setenv(f"PHISTAC_S3_SECRET_KEY__{label}", right)
    assert fs.cat_file("eodata/big") == BIG


def test_temporary_keys_are_bought_once_and_deleted(start, monkeypatch):
    cdse = start()
    label = cdse.settings.account.upper().replace("-", "_")
    for name in ("ACCESS", "SECRET"):
        monkeypatch.delenv(f"PHISTAC_S3_{name}_KEY__{label}")
    assert filesystem().cat_file("eodata/big") == BIG
    keys = s3_keys(cdse.settings)
    assert keys.access_key != cdse.config.access_key
    done = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, check=True)
    assert done.stdout.split()[1] == "0"
    assert s3_keys(cdse.settings) == keys  # the other process used them too, and left them to us
    assert cdse.counters(path="/api/user/credentials").by_method == {"POST": 1}
    file = _purse(cdse.settings)._file
    assert file.stat().st_mode & 0o777 == 0o600
    _purse(cdse.settings).leave()
    assert cdse.counters(path="/api/user/credentials").by_method == {"POST": 1, "DELETE": 1}
    assert not file.exists()
    with Http(cdse.settings) as client:
        assert not key_works(client, keys)


def test_the_cap_on_keys_is_explained(start, monkeypatch):
    cdse = start()
    label = cdse.settings.account.upper().replace("-", "_")
    for name in ("ACCESS", "SECRET"):
        monkeypatch.delenv(f"PHISTAC_S3_{name}_KEY__{label}")
    token = token_source(cdse.settings).token()
    bought = 0
    with Http(cdse.settings) as client, contextlib.suppress(CredentialsRejectedError):
        for bought in range(1000):  # noqa: B007 - until the service refuses
            client.post_json(cdse.settings.s3_keys_url, bearer=token)
    assert 0 < bought < 999
    with pytest.raises(CredentialsRejectedError, match="as many S3 keys as it may have"):
        filesystem().cat_file("eodata/big")


@pytest.mark.parametrize("over_limit", ["429", "503", "403", "refuse"])
def test_somebody_else_with_the_same_account_is_survived(start, over_limit):
    """A stranger, who knows nothing of our slots, holds the account's connections for a while."""
    cdse = start(over_limit=over_limit)
    fs = CdseFileSystem()
    with foreign_connections(cdse, 3):
        assert fetch(fs, [ByteRange("big", 0, len(BIG))], root="eodata") == [BIG]
    assert fs.cat_file("eodata/big", start=0, end=9) == BIG[:9]


@contextlib.contextmanager
def foreign_connections(cdse, count):
    """Send a signed request on each of some sockets and keep them open."""
    parts = urlsplit(cdse.settings.s3_url)
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            connection = http.client.HTTPConnection(parts.netloc, timeout=20)
            stack.callback(connection.close)
            signed = AWSRequest("GET", f"{cdse.settings.s3_url}/eodata/many/f00")
            keys = Credentials(cdse.config.access_key, cdse.config.secret_key)
            S3SigV4Auth(keys, "s3", "default").add_auth(signed)
            connection.request("GET", "/eodata/many/f00", headers=dict(signed.headers.items()))
            assert connection.getresponse().read()
        yield
