"""What has come before a body breaks off is handed on; and an interrupt ends whatever a thread waits for."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from fsspec.asyn import get_loop, sync

from phistac.errors import ServiceError
from phistac.remote.files.streams import Interrupt, Stream, open_stream
from phistac.remote.ranges.s3errors import BrokenBodyError


class Body:
    """Gives its pieces, one for each read; raises what is an error among them, waits for what is a number."""

    path, size, length, etag = "eodata/x", 100, 100, "e"

    def __init__(self, *pieces):
        self.pieces, self.closed = list(pieces), False

    async def read(self, most):
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        if isinstance(piece, float):
            await asyncio.sleep(piece)
            return b""
        assert len(piece) <= most
        return piece

    def close(self):
        self.closed = True


class Store:
    """Answers with a body after a while."""

    def __init__(self, body, after_s=0.0):
        self.body, self.after_s = body, after_s

    async def get(self, path, start, stop, if_match, use):
        await asyncio.sleep(self.after_s)
        return await use(self.body)


def gather(stream):
    """Read until the end or the error; return what came."""
    came = []
    try:
        came.extend(stream)  # list.extend keeps what came before an error
    except Exception as error:  # noqa: BLE001 - whatever it is
        return came, error
    return came, None


def test_what_came_before_a_body_broke_off_is_handed_on_and_then_the_error():
    stream = Stream(Body(b"one", b"two", BrokenBodyError("6 of 100 bytes came")), chunk_size=50)
    pieces = iter(stream)
    assert next(pieces) == b"onetwo"
    with pytest.raises(ServiceError, match="6 of 100 bytes came") as caught:
        next(pieces)
    assert isinstance(caught.value.__cause__, BrokenBodyError)


def test_an_error_before_anything_came_is_raised_at_once():
    stream = Stream(Body(BrokenBodyError("0 of 100 bytes came")), chunk_size=50)
    with pytest.raises(ServiceError, match="0 of 100"):
        next(iter(stream))


def test_an_error_that_nobody_knows_is_raised_as_it_is_after_what_came():
    problem = RuntimeError("no idea")
    assert gather(Stream(Body(b"one", problem), chunk_size=50)) == ([b"one"], problem)


def ended_by(interrupt, wait):
    """Run this in a thread under an interrupt, set it, and return what became of it, and after how long."""
    answers, begun = [], threading.Event()

    def run():
        with interrupt.heard():
            begun.set()
            answers.append(wait())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert begun.wait(10)
    time.sleep(0.2)
    start = time.monotonic()
    interrupt.set()
    thread.join(10)
    assert not thread.is_alive()
    return answers[0], time.monotonic() - start


def test_an_interrupt_ends_a_body_that_stalls_and_keeps_what_came():
    body = Body(b"one", 60.0)
    (came, error), seconds = ended_by(Interrupt(), lambda: gather(Stream(body, chunk_size=50)))
    assert came == [b"one"]
    assert isinstance(error, ServiceError)
    assert "eodata/x was interrupted" in str(error)
    assert seconds < 2


def test_an_interrupt_ends_an_answer_that_does_not_come_and_a_rest():
    def opened():
        with pytest.raises(ServiceError, match="interrupted"):
            sync(get_loop(), open_stream, Store(Body(), 60.0), "eodata/x", 0, None, None, 50)

    assert ended_by(Interrupt(), opened)[1] < 2
    interrupt = Interrupt()
    assert ended_by(interrupt, lambda: interrupt.wait(60))[1] < 2


def test_under_an_interrupt_that_was_set_nothing_is_begun():
    interrupt = Interrupt()
    interrupt.set()
    with interrupt.heard(), pytest.raises(ServiceError, match="interrupted"):
        sync(get_loop(), open_stream, Store(Body(b"one")), "eodata/x", 0, None, None, 50)


def test_an_interrupt_ends_nothing_of_other_threads():
    interrupt = Interrupt()
    stream = sync(get_loop(), open_stream, Store(Body(b"one")), "eodata/x", 0, None, None, 50)
    ended_by(interrupt, lambda: None)
    assert gather(stream) == ([b"one"], None)
