"""Slots between processes, the pace of requests, the throttle."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import ConfigurationError
from phistac.remote.budget.bell import Bell
from phistac.remote.budget.pace import Pace
from phistac.remote.budget.runtimefolder import runtime_folder
from phistac.remote.budget.slots import FileSlots
from phistac.remote.budget.throttle import Throttle
from phistac.remote.web.patience import Clock

HOLD = """
import sys, pathlib
from phistac.remote.budget.slots import FileSlots
slot = FileSlots(pathlib.Path(sys.argv[1]), 1).try_take()
print(slot is not None, flush=True)
sys.stdin.read()
"""


def test_no_more_slots_than_there_are(tmp_path):
    slots, same = FileSlots(tmp_path, 3), FileSlots(tmp_path, 3)
    taken = [slots.try_take(), same.try_take(), slots.try_take()]
    assert all(taken)
    assert slots.try_take() is None
    taken[1].release()
    taken[1].release()
    taken[1] = same.try_take()
    assert taken[1] is not None
    assert slots.try_take() is None


def test_a_slot_comes_back_from_a_process_that_is_killed(tmp_path):
    slots = FileSlots(tmp_path, 1)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"True\n"
        assert slots.try_take() is None
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert slots.try_take() is not None


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 dislikes any fork with threads
def test_a_forked_child_keeps_no_slot(tmp_path):
    slots = FileSlots(tmp_path, 1)
    slot = slots.try_take()
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        os.write(ready[1], b"1" if FileSlots(tmp_path, 1).try_take() is None else b"0")
        os.read(done[0], 1)
        os._exit(0)
    try:
        assert os.read(ready[0], 1) == b"1"  # the parent has it still
        slot.release()
        again = slots.try_take()
        assert again is not None  # though the child lives
    finally:
        os.write(done[1], b"1")
        os.waitpid(child, 0)
        for end in (*ready, *done):
            os.close(end)


def test_waiting_shows(tmp_path):
    slots, others = FileSlots(tmp_path, 1), FileSlots(tmp_path, 1)
    assert not slots.contended()
    with others.waiting(), slots.waiting():
        assert slots.contended()
        assert not slots.starved()
    assert not slots.contended()
    with others.waiting(starved=True):
        assert slots.contended()
        assert slots.starved()
    assert not slots.starved()


def test_a_slot_that_comes_back_wakes_one_who_has_none(tmp_path):
    slots = FileSlots(tmp_path, 2)
    first, second = slots.try_take(), slots.try_take()
    with slots.waiting(starved=True) as ear, slots.waiting(starved=True) as other:
        first.release()
        first.release()  # harmless
        assert [ear.heard(), other.heard()] == [True, False]
        second.release()
        assert [other.heard(), ear.heard()] == [True, False]
    with slots.waiting(starved=True) as ear:
        assert not ear.heard()  # what rang before is forgotten when nobody listens


def test_slots_are_counted_and_bounded(tmp_path):
    slots = FileSlots(tmp_path, 4)
    assert slots.free() == 4
    taken = [slots.try_take(2), slots.try_take(2), slots.try_take(2)]
    assert [slot and slot.number for slot in taken] == [0, 1, None]
    assert (slots.free(), slots.free(3)) == (2, 1)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 dislikes any fork with threads
def test_a_forked_child_does_not_wait_for_its_parent(tmp_path):
    slots, ready, done = FileSlots(tmp_path, 1), os.pipe(), os.pipe()
    with slots.waiting(starved=True):
        child = os.fork()
        if not child:
            os.write(ready[1], b"1")
            os.read(done[0], 1)
            os._exit(0)
        os.read(ready[0], 1)
    try:
        assert not slots.starved()
        assert not slots.contended()
    finally:
        os.write(done[1], b"1")
        os.waitpid(child, 0)
        for end in (*ready, *done):
            os.close(end)


def test_the_runtime_folder_is_private(monkeypatch, tmp_path):
    folder = runtime_folder("host-me")
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "slot-0").touch()
    folder.chmod(0o755)
    with pytest.raises(ConfigurationError, match="not this user's alone"):
        runtime_folder("host-me")


@given(st.integers(1, 300), st.lists(st.floats(0, 5), min_size=1, max_size=400))
def test_no_minute_holds_too_many_requests(per_minute, gaps):
    now = [0.0]
    pace = Pace(per_minute, clock=Clock(monotonic=lambda: now[0]))
    sent = []
    for gap in gaps:
        now[0] += gap
        now[0] += pace.reserve()  # as a caller does: reserve, wait, send
        sent.append(now[0])
    for i, moment in enumerate(sent):
        assert sum(1 for t in sent[i:] if t < moment + 60 - 1e-6) <= per_minute


def test_the_pace_is_shared_through_a_file(tmp_path):
    clock = Clock(monotonic=lambda: 50.0)
    one, two = (Pace(20, path=tmp_path / "pace", clock=clock) for _ in range(2))
    assert [round(p.reserve(), 2) for p in (one, two, one, two)] == [0.0, 0.0, 3.33, 6.67]
    late = Pace(20, path=tmp_path / "pace", clock=Clock(monotonic=lambda: 1e6))  # the machine has restarted
    assert late.reserve() == 0.0
    early = Pace(20, path=tmp_path / "pace", clock=clock)
    assert early.reserve() == 0.0


class Now:
    def __init__(self):
        self.s = 100.0
        self.clock = Clock(monotonic=lambda: self.s)


def test_the_throttle_goes_down_by_one_an_incident_and_up_by_one_a_quiet_minute():
    now = Now()
    throttle = Throttle(4, clock=now.clock)
    for _ in range(4):
        throttle.refused()
    assert throttle.allowed == 3
    for _ in range(9):
        now.s += 2
        throttle.refused()
    assert throttle.allowed == 1
    now.s += 59
    assert throttle.allowed == 1
    now.s += 1
    assert throttle.allowed == 2
    now.s += 600
    assert throttle.allowed == 4


def test_after_a_refusal_nobody_sends_for_a_moment_and_at_the_last_as_long_as_the_service_asks():
    now = Now()
    throttle = Throttle(3, clock=now.clock)
    rests = []
    for _ in range(4):
        throttle.refused(7.0)
        rests.append(throttle.rest_s)
        now.s += 1
    assert rests == [0.25, 0.25, 7.0, 7.0]
    now.s += 6
    assert throttle.rest_s == 0
    throttle.refused()
    assert throttle.rest_s == 1.0


def test_the_throttle_is_shared_through_a_file_that_is_not_believed_blindly(tmp_path):
    now = Now()
    one, two = (Throttle(4, path=tmp_path / "throttle", clock=now.clock) for _ in range(2))
    assert two.allowed == 4
    assert not (tmp_path / "throttle").exists()
    one.refused()
    assert (two.allowed, two.rest_s) == (3, 0.25)
    restarted = Throttle(4, path=tmp_path / "throttle", clock=Clock(monotonic=lambda: 1.0))
    assert (restarted.allowed, restarted.rest_s) == (4, 0)
    fewer = Throttle(2, path=tmp_path / "throttle", clock=now.clock)
    assert fewer.allowed == 2
    (tmp_path / "throttle").write_bytes(b"torn")
    assert one.allowed == 4


def test_a_listener_that_leaves_as_the_bell_rings_is_no_failure(tmp_path, monkeypatch):
    bell = Bell(tmp_path / "bell")
    real = os.write

    def write(fd, data):
        ear.close()  # after the pipe was opened for writing
        return real(fd, data)

    with bell.listen() as ear:
        monkeypatch.setattr(os, "write", write)
        bell.ring()


@pytest.mark.parametrize("gone", ["folder", "base"])
def test_a_runtime_folder_that_vanishes_is_made_again(tmp_path, monkeypatch, gone):
    """After logout with the work going on in tmux, or by a cleaner of temporary folders."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = runtime_folder("service-me")
    slots, pace = FileSlots(folder, 4), Pace(100, path=folder / "pace")
    slots.try_take(4).release()
    shutil.rmtree(folder if gone == "folder" else folder.parent)
    assert pace.reserve() == 0
    assert slots.try_take(4) is not None
    with slots.waiting(starved=True) as ear:
        assert ear is not None


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_runtime_folder_that_cannot_be_made_is_not_an_object_that_is_not_there(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(ConfigurationError, match="XDG_RUNTIME_DIR"):
        runtime_folder("service-me")


def test_a_file_where_the_runtime_folder_should_be(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "phistac").write_text("")
    with pytest.raises(ConfigurationError, match="XDG_RUNTIME_DIR"):
        runtime_folder("service-me")
