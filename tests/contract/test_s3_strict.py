"""The sandbox is at least as strict as CDSE: every quota, counted on real sockets, with its switch on and off."""

from __future__ import annotations

import contextlib
import http.client
import json
import urllib.request
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from phistac.sandbox import Fault, Sandbox, SandboxConfig
from phistac.sandbox.content import prepare

SMALL, LARGE = "/eodata/small", "/eodata/large"
CONTENT = {SMALL: b"0123456789" * 10, LARGE: bytes(range(256)) * 20_000}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    def make(root):
        (root / "s3" / "eodata").mkdir(parents=True)
        (root / "catalogue").mkdir()
        for path, data in CONTENT.items():
            (root / "s3" / path[1:]).write_bytes(data)

    root = tmp_path_factory.mktemp("strict") / "archive"
    prepare(root, SandboxConfig(), make=make)
    return root


@pytest.fixture
def sandbox(archive):
    with contextlib.ExitStack() as stack:

        def start(**options):
            options = {"rate": 0, "latency_s": 0} | options
            return stack.enter_context(Sandbox(root=archive, **options))

        yield start


class Client:
    """One account's sockets, each in plain sight."""

    def __init__(self, cdse):
        self._cdse = cdse
        self._host = urlsplit(cdse.settings.s3_url).netloc
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    def open(self):
        connection = http.client.HTTPConnection(self._host, timeout=20)
        connection.connect()
        self.keep(connection)
        return connection

    def keep(self, connection):
        self._stack.callback(connection.close)

    def ask(self, connection, path=SMALL, method="GET", **headers):
        """Send a request and leave the answer unread."""
        request = AWSRequest(method, self._cdse.settings.s3_url + path, headers=headers)
        keys = Credentials(self._cdse.config.access_key, self._cdse.config.secret_key)
        S3SigV4Auth(keys, "s3", "default").add_auth(request)
        connection.request(method, path, headers=dict(request.headers.items()))

    def read(self, connection):
        answer = connection.getresponse()
        return answer.status, answer.read()

    def get(self, connection, path=SMALL, method="GET", **headers):
        self.ask(connection, path, method, **headers)
        return self.read(connection)


@pytest.mark.parametrize(("count", "status"), [("sockets", 429), ("both", 429), ("requests", 200)])
def test_fifth_socket(sandbox, count, status):
    cdse = sandbox(count=count)
    with Client(cdse) as client:
        sockets = [client.open() for _ in range(5)]
        assert [client.get(socket)[0] for socket in sockets] == [200] * 4 + [status]
        assert client.get(sockets[0])[0] == 200
        counters = cdse.counters()
        assert counters.peak_sockets == (4 if status == 429 else 5)
        assert (counters.refused, counters.listening_sockets) == (1 if status == 429 else 0, 5)


@pytest.mark.parametrize(("count", "status"), [("requests", 429), ("both", 429), ("sockets", 200)])
def test_fifth_request(sandbox, count, status):
    # A rate so low that no answer ends before the fifth request comes; the first holds no socket against it.
    cdse = sandbox(count=count, connections=4, rate=100_000)
    with Client(cdse) as client:
        sockets = [client.open() for _ in range(4)]
        for socket in sockets:
            client.get(socket)
        for socket in sockets:
            client.ask(socket, LARGE)
        for socket in sockets:
            assert socket.sock.recv(12) == b"HTTP/1.1 200"  # under way
        if count == "sockets":
            assert cdse.counters().in_flight == 4
            return
        assert client.get(client.open())[0] == status
        assert cdse.counters(path=SMALL).refused == 1


@pytest.mark.parametrize(
    ("over_limit", "code"), [("429", b"TooManyRequests"), ("503", b"SlowDown"), ("403", b"AccessDenied")]
)
def test_the_answer_beyond(sandbox, over_limit, code):
    cdse = sandbox(connections=1, over_limit=over_limit)
    with Client(cdse) as client:
        client.get(client.open())
        status, body = client.get(client.open())
        assert (status, code in body, b"Max session number 1 exceeded." in body) == (int(over_limit), True, True)


def test_no_answer_beyond(sandbox):
    with Client(sandbox(connections=1, over_limit="refuse")) as client:
        client.get(client.open())
        with pytest.raises(ConnectionError):
            client.get(client.open())


def test_requests_per_minute(sandbox):
    cdse = sandbox(requests_per_minute=5)
    with Client(cdse) as client:
        socket = client.open()
        assert [client.get(socket)[0] for _ in range(5)] == [200] * 5
        client.ask(socket)
        answer = socket.getresponse()
        assert answer.status == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert b"5 requests per minute" in answer.read()


def test_not_strict_means_no_limit(sandbox):
    cdse = sandbox(strict=False)
    with Client(cdse) as client:
        assert {client.get(client.open())[0] for _ in range(12)} == {200}
        assert (cdse.counters().peak_sockets, cdse.counters().refused) == (12, 0)


def test_whoever_closes_one_socket_before_opening_another_is_never_seen_with_both(sandbox):
    cdse = sandbox(connections=1)
    with Client(cdse) as client:
        for turn in range(300):
            socket = client.open()
            path = LARGE if turn % 10 == 0 else SMALL
            client.ask(socket, path)
            if turn % 3:
                client.read(socket)
            else:
                assert socket.sock.recv(5) == b"HTTP/"  # closed with the answer half read
            socket.close()
        counters = cdse.counters()
        assert (counters.refused, counters.peak_sockets, counters.peak_in_flight) == (0, 1, 1)


def test_whoever_has_read_the_whole_answer_has_nothing_in_flight(sandbox):
    cdse = sandbox(connections=1, count="requests")
    with Client(cdse) as client:
        one, other = client.open(), client.open()
        for turn in range(200):
            assert client.get(one)[0] == 200
            assert client.get(other, LARGE if turn % 4 == 0 else SMALL)[0] == 200
            assert client.get(one, method="HEAD")[0] == 200
            assert client.get(other, **{"If-None-Match": "*"})[0] == 304
            assert client.get(one, **{"If-Match": "nothing"})[0] == 412
        assert (cdse.counters().refused, cdse.counters().peak_in_flight) == (0, 1)


def test_strangers_spend_nobodys_quota(sandbox):
    cdse = sandbox(connections=1)
    with Client(cdse) as client:
        for _ in range(3):
            stranger = client.open()
            stranger.request("GET", SMALL)
            assert client.read(stranger)[0] == 403
        assert client.get(client.open())[0] == 200
        counters = cdse.counters()
        assert counters.by_account["anonymous"].requests == 3
        assert counters.by_account[cdse.username].requests == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", SMALL),
        ("DELETE", SMALL),
        ("POST", "/eodata?delete"),
        ("PUT", "/eodata"),
        ("DELETE", "/eodata"),
        ("POST", SMALL + "?uploads"),
        ("GET", SMALL + "?acl"),
        ("GET", "/eodata?uploads"),
    ],
)
def test_read_only(sandbox_not_strict, method, path):
    with Client(sandbox_not_strict) as client:
        status, body = client.get(client.open(), path, method)
        assert status == 403
        assert b"<Code>AccessDenied</Code>" in body
        assert client.get(client.open())[1] == CONTENT[SMALL]


@pytest.fixture(scope="module")
def sandbox_not_strict(archive):
    with Sandbox(root=archive, strict=False) as cdse:
        yield cdse


def test_presigned_addresses_are_refused(sandbox_not_strict):
    from botocore.auth import S3SigV4QueryAuth

    cdse = sandbox_not_strict
    request = AWSRequest("GET", cdse.settings.s3_url + SMALL)
    S3SigV4QueryAuth(Credentials(cdse.config.access_key, cdse.config.secret_key), "s3", "default").add_auth(request)
    with Client(cdse) as client:
        connection = client.open()
        connection.request("GET", request.url.removeprefix(cdse.settings.s3_url))
        assert client.read(connection)[0] == 403


def test_temporary_keys_work_at_once_and_no_longer_when_deleted(sandbox_not_strict):
    cdse = sandbox_not_strict

    def call(method, url, data=None, **headers):
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return answer.status, answer.read()

    form = f"client_id=cdse-public&grant_type=password&username={cdse.username}&password={cdse.password}".encode()
    token = json.loads(call("POST", cdse.settings.token_url, form)[1])["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    keys = json.loads(call("POST", cdse.settings.s3_keys_url, b"", **bearer)[1])
    with Client(cdse) as client:
        request = AWSRequest("GET", cdse.settings.s3_url + SMALL)
        S3SigV4Auth(Credentials(keys["access_id"], keys["secret"]), "s3", "default").add_auth(request)
        connection = client.open()
        statuses = []
        for _ in range(2):
            connection.request("GET", SMALL, headers=dict(request.headers.items()))
            status, body = client.read(connection)
            statuses.append(status)
            call(
                "DELETE", f"{cdse.settings.s3_keys_url}/access_id/{keys['access_id']}", **bearer
            ) if status == 200 else None
        assert statuses == [200, 403]
        assert b"InvalidAccessKeyId" in body


def test_downloads_spend_the_same_quota_and_searches_do_not(sandbox):
    cdse = sandbox(connections=2)
    form = f"client_id=cdse-public&grant_type=password&username={cdse.username}&password={cdse.password}"
    with Client(cdse) as client:
        catalogue = [_connect(client, urlsplit(cdse.settings.catalogue_url).netloc) for _ in range(3)]
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        catalogue[0].request("POST", urlsplit(cdse.settings.token_url).path, form, kind)
        bearer = {"Authorization": f"Bearer {json.loads(client.read(catalogue[0])[1])['access_token']}"}
        assert client.get(client.open())[0] == 200  # one of two, at S3
        for connection in catalogue:
            connection.request("GET", "/odata/v1/Products?$top=1", headers=bearer)
            assert client.read(connection)[0] == 200
        assert cdse.counters().open_sockets == 1
        download = f"{urlsplit(cdse.settings.download_url).path}/Products(6a466590-9ecc-4861-ab8d-b243c328e906)/$value"
        answers = []
        for connection in catalogue[:2]:
            connection.request("GET", download, headers=bearer)
            answers.append(client.read(connection))
        assert answers[0][0] == 404  # let in, and there is no such product
        assert answers[1] == (429, b'{"detail":"Max session number 2 exceeded."}')
        assert client.get(client.open())[0] == 429


def _connect(client, host):
    connection = http.client.HTTPConnection(host, timeout=20)
    client.keep(connection)
    return connection


def test_faults_strike_real_answers(sandbox_not_strict):
    cdse = sandbox_not_strict
    with Client(cdse) as client:
        etag = client.get(client.open(), method="HEAD")
        cdse.inject(Fault("truncate", path=SMALL, after_bytes=7), Fault("status", path=LARGE, status=429, code="Slow"))
        with pytest.raises(http.client.IncompleteRead) as caught:
            client.get(client.open())
        assert caught.value.partial == CONTENT[SMALL][:7]
        assert client.get(client.open(), LARGE)[0] == 429
        cdse.inject(Fault("close"))
        with pytest.raises(ConnectionError):
            client.get(client.open())
        assert client.get(client.open())[1] == CONTENT[SMALL]
        assert etag[0] == 200


def test_a_changed_object_is_another_one(sandbox_not_strict):
    cdse = sandbox_not_strict
    with Client(cdse) as client:
        connection = client.open()

        def etag():
            client.ask(connection, method="HEAD")
            answer = connection.getresponse()
            answer.read()
            return answer.headers["ETag"]

        before = etag()
        cdse.inject(Fault("changed", path=SMALL))
        assert client.get(connection, **{"If-Match": before})[0] == 412
        assert etag() != before
        assert client.get(connection, **{"If-Range": before, "Range": "bytes=5-6"})[0] == 200
        assert client.get(connection)[1] != CONTENT[SMALL]
        cdse.clear_faults()
        assert (etag(), client.get(connection)[1]) == (before, CONTENT[SMALL])


def test_counters_say_what_one_read_moved(sandbox_not_strict):
    cdse = sandbox_not_strict
    cdse.reset_counters()
    with Client(cdse) as client:
        connection = client.open()
        client.get(connection, LARGE, Range="bytes=1000-1999")
        client.get(connection, SMALL)
        client.get(connection, SMALL, method="HEAD")
        seen = cdse.counters(path=LARGE)
        assert (seen.requests, seen.bytes_sent, seen.by_status) == (1, 1000, {206: 1})
        everything = cdse.counters()
        assert (everything.requests, everything.bytes_sent) == (3, 1100)
        assert cdse.counters(method="HEAD").requests == 1
