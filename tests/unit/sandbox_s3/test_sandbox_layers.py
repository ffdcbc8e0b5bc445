"""The ASGI layers without a network: order of counting and release, pacing in virtual time, faults."""

from __future__ import annotations

import asyncio

import pytest

from phistac.sandbox.faults import Fault, FaultBook
from phistac.sandbox.middleware import Counted, Gated
from phistac.sandbox.pace import Pace
from phistac.sandbox.protocol import _KEY
from phistac.sandbox.quotas import Gate
from phistac.sandbox.striking import Faulty
from phistac.sandbox.tally import Tally


class VirtualLoop(asyncio.SelectorEventLoop):
    """Sleeping takes no time: the clock jumps to the next timer."""

    def __init__(self):
        super().__init__()
        self._virtual = 0.0
        select = self._selector.select

        def jump(timeout=None):
            self._virtual += timeout or 0
            return select(0)

        self._selector.select = jump

    def time(self):
        return self._virtual


class FakeConnection:
    def __init__(self, pace=None):
        self.pace, self.gone, self.log = pace, False, []

    async def drained(self):
        self.log.append("drained")

    async def abort(self):
        self.log.append("abort")

    async def close(self):
        self.log.append("close")

    async def reset(self):
        self.log.append("reset")


def run(coroutine):
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


def scope(connection, *, method="GET", path="/eodata/x"):
    return {"type": "http", "method": method, "path": path, "headers": [], "state": {_KEY: connection}}


def body_app(chunks, *, status=200, length=True):
    async def app(_scope, _receive, send):
        headers = [(b"content-length", str(sum(map(len, chunks))).encode())] if length else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


class Errors:
    """Records refusals as the service would send them."""

    def __init__(self):
        self.sent = []

    async def __call__(self, send, status, code, message, headers):
        self.sent.append((status, code, message, headers))


def gated(app, *, gate=None, errors=None, over_limit="429", latency=0.0):
    gate = gate or Gate(connections=4, count="both", requests_per_minute=0, clock=lambda: 0.0)
    return gate, Gated(app, gate, lambda _: "me", errors or Errors(), over_limit, latency, per_minute=True)


def serve(layer, asked, on_message=None):
    async def go():
        loop, seen = asyncio.get_running_loop(), []

        async def send(message):
            seen.append((loop.time(), message))
            if on_message:
                on_message(message)

        await layer(asked, None, send)
        return seen

    return run(go())


@pytest.mark.parametrize("length", [True, False])
def test_the_lease_ends_with_the_last_byte_and_not_before(length):
    gate, layer = gated(body_app([b"ab", b"cd"], length=length))
    held = []
    serve(layer, scope(FakeConnection()), lambda m: held.append((m.get("body"), gate.total().in_flight)))
    # While the last byte is handed over the request still counts; the empty message after it, with a known length, does not.
    assert held == [(None, 1), (b"ab", 1), (b"cd", 1), (b"", 0 if length else 1)]
    assert gate.total().in_flight == 0


def test_a_head_ends_with_its_headers():
    gate, layer = gated(body_app([b"never sent"]))
    held = []
    serve(
        layer, scope(FakeConnection(), method="HEAD"), lambda m: held.append((m["type"][14:], gate.total().in_flight))
    )
    assert held[0] == ("start", 1)
    assert all(number == 0 for _, number in held[1:])


def test_a_lease_ends_when_the_application_fails():
    async def broken(*_):
        raise RuntimeError

    gate, layer = gated(broken)
    with pytest.raises(RuntimeError):
        serve(layer, scope(FakeConnection()))
    assert gate.total().in_flight == 0


def test_a_socket_that_is_gone_is_never_admitted():
    gate, layer = gated(body_app([b"x"]))
    connection = FakeConnection()
    connection.gone = True
    assert serve(layer, scope(connection)) == []
    assert gate.total().open_sockets == 0


@pytest.mark.parametrize(
    ("over_limit", "status", "code"),
    [("429", 429, "TooManyRequests"), ("503", 503, "SlowDown"), ("403", 403, "AccessDenied")],
)
def test_beyond_the_quota(over_limit, status, code):
    errors = Errors()
    gate, layer = gated(body_app([b"x"]), errors=errors, over_limit=over_limit)
    for socket in "abcd":
        gate.admit("me", socket)
    serve(layer, scope(FakeConnection()))
    ((got, word, message, headers),) = errors.sent
    assert (got, word, message) == (status, code, "Max session number 4 exceeded.")
    assert headers == ({} if over_limit == "403" else {"retry-after": "1"})


def test_beyond_the_quota_the_connection_may_simply_end():
    gate, layer = gated(body_app([b"x"]), over_limit="refuse")
    for socket in "abcd":
        gate.admit("me", socket)
    connection = FakeConnection()
    assert serve(layer, scope(connection)) == []
    assert connection.log == ["abort"]


def test_pace_and_latency_in_virtual_time():
    # 5 MB at 1 MB/s after 0.25 s: whole after 5.25 s, however it was cut, and never ahead of the line.
    _, layer = gated(body_app([b"x" * 1_000_000] * 5), latency=0.25)
    seen = serve(layer, scope(FakeConnection(Pace(1e6))))
    assert seen[0][0] == pytest.approx(0.25)
    assert seen[-1][0] == pytest.approx(5.25, rel=0.01)
    sent = 0
    for when, message in seen:
        sent += len(message.get("body", b""))
        assert sent <= (when - 0.25) * 1e6 + 2000
    assert sent == 5_000_000
    assert max(len(message.get("body", b"")) for _, message in seen) <= 1 << 18


def test_counts_are_there_before_the_client_can_ask():
    tally = Tally()
    gate, layer = gated(body_app([b"abc"], status=206))
    seen = []

    def look(message):
        if message.get("body"):
            counters = tally.counters(gate.usage(), gate.total())
            seen.append((counters.requests, counters.bytes_sent, dict(counters.by_status)))

    serve(Counted(layer, tally), scope(FakeConnection()), look)
    assert seen == [(1, 3, {206: 1})]
    counters = tally.counters(gate.usage(), gate.total(), path="/eodata/", method="GET")
    assert (counters.by_account["me"].bytes_sent, counters.by_account["me"].peak_in_flight) == (3, 1)
    assert tally.counters(gate.usage(), gate.total(), path="/other").requests == 0


def struck(fault, chunks=(b"0123", b"4567", b"89")):
    book, connection, errors, changed = FaultBook(), FakeConnection(), Errors(), []
    book.add(fault)
    layer = Faulty(body_app(list(chunks)), book, "s3", errors, lambda *how: changed.append(how))
    seen = serve(layer, scope(connection))
    body = b"".join(message.get("body", b"") for _, message in seen)
    return body, seen, connection, errors, changed


@pytest.mark.parametrize(("kind", "end"), [("truncate", "close"), ("reset", "reset")])
def test_truncated(kind, end):
    body, seen, connection, *_ = struck(Fault(kind, after_bytes=6))
    assert body == b"012345"
    assert seen[0][1]["headers"] == [(b"content-length", b"10")]
    assert connection.log == [end]


def test_short():
    body, seen, connection, *_ = struck(Fault("short", after_bytes=6))
    assert body == b"012345"
    assert seen[0][1]["headers"] == [(b"content-length", b"6")]
    assert not seen[-1][1]["more_body"]
    assert connection.log == []


def test_late():
    body, seen, *_ = struck(Fault("late", seconds=7))
    assert body == b"0123456789"
    assert seen[0][0] == 7.0


@pytest.mark.parametrize(
    ("fault", "asked"),
    [
        (Fault("whole"), None),
        (Fault("elsewhere", by_bytes=100), b"bytes=108-115"),
        (Fault("elsewhere", span=(15, 20), by_bytes=-8), b"bytes=0-7"),
        (Fault("elsewhere", span=(16, 20)), b"bytes=8-15"),
    ],
)
def test_another_range_than_was_asked_for(fault, asked):
    book, seen = FaultBook(), []
    book.add(fault)

    async def app(scope, *_):
        seen.append(dict(scope["headers"]))

    request = scope(FakeConnection()) | {"headers": [(b"host", b"h"), (b"range", b"bytes=8-15")]}
    serve(Faulty(app, book, "s3", Errors(), None), request)
    assert seen == [{b"host": b"h"} | ({b"range": asked} if asked else {})]


@pytest.mark.parametrize("at", range(10))
def test_flipped(at):
    body, *_ = struck(Fault("flip", after_bytes=at))
    assert [a ^ b for a, b in zip(body, b"0123456789", strict=True)] == [0xFF if n == at else 0 for n in range(10)]


def test_stalled():
    body, seen, *_ = struck(Fault("stall", after_bytes=5, seconds=40))
    assert body == b"0123456789"
    assert [when for when, message in seen if message.get("body") == b"567"] == [40.0]


def test_status_closed_and_changed():
    assert struck(Fault("status", status=429, code="X", retry_after_s=2))[3].sent == [
        (429, "X", "A fault was ordered.", {"retry-after": "2"})
    ]
    assert struck(Fault("close"))[2].log == ["abort"]
    assert struck(Fault("changed"))[4] == [("changed", "/eodata/x")]
    assert struck(Fault("gone"))[4] == [("gone", "/eodata/x")]
