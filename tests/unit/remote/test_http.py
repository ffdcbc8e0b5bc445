"""HTTP against a server on loopback: what is retried, what is raised, who sees the token."""

from __future__ import annotations

import http.server
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from phistac.errors import CatalogueError, CredentialsRejectedError, NotFoundError, RateLimitError, ServiceError
from phistac.remote.web.http import Http
from phistac.remote.web.outgoing import Outgoing
from phistac.remote.web.patience import Clock, Patience, retry_after_s
from phistac.remote.web.refusals import service_message
from phistac.settings import Settings


class Rests(list):
    """A clock that does not wait but remembers how long it should have."""

    def clock(self):
        return Clock(monotonic=lambda: 0.0, sleep=self.append, chance=lambda: 0.5)


@contextmanager
def serving(*answers):
    """Give each answer once, the last one for ever: (status, headers, body) or a callable of the handler."""
    seen = []
    left = list(answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            seen.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
            status, headers, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            if self.close_connection:
                self.send_header("Connection", "close")  # as servers do; else the client takes it for alive
            self.end_headers()
            self.wfile.write(body)
            if headers.get("Content-Length"):
                self.close_connection = True

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - http.server's names

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply(status=200, body=b'{"value": []}', **headers):
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, body


def client(url, rests=None):
    settings = Settings(catalogue_url=url, account="me")
    return Http(settings, patience=Patience(attempts=4), clock=(rests if rests is not None else Rests()).clock())


def test_json_comes_back_and_the_query_is_encoded():
    with serving(reply(body=b'{"value": [1]}')) as (url, seen), client(url) as http:
        assert http.get_json(f"{url}/Products", {"$filter": "Name eq 'VV&VH'"}) == {"value": [1]}
    assert seen[0][1] == "/Products?%24filter=Name+eq+%27VV%26VH%27"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(status):
    rests = Rests()
    with serving(reply(status), reply(status), reply()) as (url, seen), client(url, rests) as http:
        assert http.get_json(url) == {"value": []}
    assert len(seen) == 3
    assert rests == [0.25, 0.5]  # half of 0.5 and of 1.0


def test_retry_after_is_obeyed_and_clamped():
    rests = Rests()
    answers = reply(429, Retry_After="7"), reply(503, Retry_After="0"), reply(429, Retry_After="60000"), reply()
    with serving(*answers) as (url, _), client(url, rests) as http:
        http.get_json(url)
    assert rests == [7.25, 1.5, 121.0]


def test_retry_after_may_be_a_date():
    now = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
    assert retry_after_s("Sun, 22 Nov 2026 12:00:30 GMT", now=now) == 30.0
    assert retry_after_s("Sun, 22 Nov 2026 11:00:00 GMT", now=now) == 1.0
    assert retry_after_s("nan", now=now) is None


def test_patience_ends_with_the_services_own_words():
    body = b'{"error":"WAF","message":"Rate limit exceeded","status":429}'
    with (
        serving(reply(429, body, Retry_After="2")) as (url, seen),
        client(url) as http,
        pytest.raises(RateLimitError, match="Rate limit exceeded") as caught,
    ):
        http.get_json(url)
    assert len(seen) == 4
    assert caught.value.retry_after_s == 2.0


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, CatalogueError),
        (401, CredentialsRejectedError),
        (403, CredentialsRejectedError),
        (404, NotFoundError),
        (422, CatalogueError),
    ],
)
def test_what_will_not_pass_is_asked_once(status, error):
    with (
        serving(reply(status, b'{"detail": "Invalid odata path"}')) as (url, seen),
        client(url) as http,
        pytest.raises(error, match=f"{status}: Invalid odata path"),
    ):
        http.get_json(url)
    assert len(seen) == 1


def test_a_body_that_breaks_off_is_asked_for_again():
    with serving(reply(body=b'{"val', Content_Length="400"), reply()) as (url, seen), client(url) as http:
        assert http.get_json(url) == {"value": []}
    assert len(seen) == 2


def test_a_streamed_body_that_breaks_off_raises():
    with (
        serving(reply(body=b"PK..", Content_Length="400")) as (url, _),
        client(url) as http,
        pytest.raises(ServiceError, match="broke off"),
        http.request("GET", url) as answer,
    ):
        list(answer.iter_content(100))


def test_no_server_is_a_service_error_with_the_address_and_without_the_query():
    with (
        client("http://127.0.0.1:1") as http,
        pytest.raises(ServiceError, match=r"http://127\.0\.0\.1:1/a failed") as caught,
    ):
        http.get_json("http://127.0.0.1:1/a", {"secret": "canary"})
    assert "canary" not in str(caught.value)


def test_what_is_not_json_is_no_answer():
    with (
        serving(reply(body=b"<html>hello</html>")) as (url, _),
        client(url) as http,
        pytest.raises(CatalogueError, match="not JSON"),
    ):
        http.get_json(url)


def test_the_token_goes_to_the_service_and_nowhere_else():
    with (
        serving(reply()) as (elsewhere, others),
        serving(reply(302, Location=f"{elsewhere}/x?y=1")) as (url, seen),
        client(url) as http,
    ):
        assert http.get_json(url, {"a": "1"}, bearer="canary") == {"value": []}
        http.get_json(elsewhere, bearer="canary")
    assert seen[0][2]["Authorization"] == "Bearer canary"
    assert seen[0][2]["Connection"] == "close"
    assert [request[1] for request in others] == ["/x?y=1", "/"]
    assert not any("Authorization" in request[2] for request in others)


def test_a_netrc_file_is_not_consulted(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("default login me password canary\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(reply()) as (url, seen), client(url) as http:
        http.get_json(url)
    assert "Authorization" not in seen[0][2]


def test_a_redirected_post_stays_a_post_only_if_asked():
    moved = reply(302, Location="/other")
    with serving(moved, reply(), moved, reply()) as (url, seen), client(url) as http:
        with http.request("POST", url, bearer="t", keep_method=True) as answer:
            assert answer.content
        http.post_json(url, {"a": 1})
    assert [(request[0], request[1]) for request in seen] == [
        ("POST", "/"), ("POST", "/other"), ("POST", "/"), ("GET", "/other"),
    ]  # fmt: skip
    assert [json.loads(request[3] or b"null") for request in seen] == [None, None, {"a": 1}, None]
    assert seen[1][2]["Authorization"] == "Bearer t"


def test_redirects_end_somewhere():
    with (
        serving(reply(302, Location="/")) as (url, seen),
        client(url) as http,
        pytest.raises(ServiceError, match="redirects"),
    ):
        http.get_json(url)
    assert len(seen) == 6


def test_no_redirect_leads_out_of_https():
    with pytest.raises(ServiceError, match="not https"):
        Outgoing("GET", "https://a/b").redirected(302, "http://a/b")


def test_a_token_is_not_sent_in_the_clear():
    hosts = frozenset({"a", urlsplit("http://127.0.0.1:5").netloc})
    assert Outgoing("GET", "https://A/b", "t").token_for(hosts) == "t"
    assert Outgoing("GET", "http://a/b", "t").token_for(hosts) is None
    assert Outgoing("GET", "https://a.evil/b", "t").token_for(hosts) is None
    assert Outgoing("GET", "http://127.0.0.1:5/", "t").token_for(hosts) == "t"
    assert "canary" not in repr(Outgoing("GET", "https://a/b", "canary"))


def test_cookies_are_not_kept():
    with serving(reply(Set_Cookie="a=b")) as (url, seen), client(url) as http:
        http.get_json(url)
        http.get_json(url)
    assert "Cookie" not in seen[1][2]


def test_every_shape_of_complaint_is_understood():
    assert service_message(b'{"detail":{"ErrorMessage":"Bad","ErrorDetail":"x","RequestID":"1"}}') == "Bad (x)"
    assert service_message(b'{"code":"400","description":"no","request_id":"1"}') == "no"
    assert service_message(b"plain\n words") == "plain words"
    assert service_message(b"<html>long page</html>") == ""
    assert service_message(b"[1, 2]") == ""
    assert len(service_message(b"x" * 9999)) == 500
