"""Changes of a catalogue that moves, followed by somebody who dies at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from phistac.odata.times import text
from phistac.remote.catalogue import statefile
from phistac.remote.catalogue.answers import Answers
from phistac.remote.catalogue.changes import changes
from phistac.remote.catalogue.statefile import StateFile

_ROUNDS = 50
_SEARCH = {"collections": ["sentinel-2-l2a"], "query": {"eo:cloud_cover": {"lt": 90}}}


class _DeathError(Exception):
    """The process is gone."""


class _World:
    """What the catalogue holds, and who moves it: stamps lie up to half an hour behind the clock."""

    def __init__(self, cdse, rows_of, rows, rng):
        self.cdse, self.rows_of, self.rng = cdse, rows_of, rng
        self.rows = {row["Id"]: row for row in rows}
        self.number = len(rows)
        self.clock = datetime(2024, 6, 1, tzinfo=UTC)

    def move(self):
        self.clock += timedelta(minutes=7)
        for _ in range(self.rng.randint(0, 3)):
            self.clock += timedelta(seconds=1)
            late = self.clock - timedelta(minutes=self.rng.choice([0, 0, 0, 10, 30]))
            start = late - timedelta(hours=3)
            self._put(self.rows_of(self.number, start=start, published=late))
            self.number += 1
        for row in self.rng.sample(sorted(self.rows.values(), key=lambda row: row["Id"]), self.rng.randint(0, 3)):
            self.clock += timedelta(seconds=1)
            self._put({**row, "ModificationDate": text(self.clock)})
        for _ in range(self.rng.randint(0, 2)):
            self.clock += timedelta(seconds=1)
            gone = self.rng.choice(sorted(self.rows))
            self.cdse.delete(gone, at=text(self.clock))
            del self.rows[gone]

    def _put(self, row):
        self.cdse.publish(row)
        self.rows[row["Id"]] = row

    def now(self):
        cloud = {Id: row["Attributes"][1]["Value"] for Id, row in self.rows.items()}
        return {_name(row["Name"]): row["ModificationDate"] for Id, row in self.rows.items() if cloud[Id] < 90}


class _Follower:
    """What somebody knows from the changes alone."""

    def __init__(self):
        self.known = {}
        self.reports = Counter()
        self.kinds = {}
        self.repeatable = Counter()

    def take(self, kind, name, at, updated):
        self.reports[kind, name, at] += 1
        self.kinds.setdefault(name, []).append(kind)
        if kind == "deleted":
            self.known.pop(name, None)
        else:
            self.known[name] = updated

    def check_nothing_came_twice(self):
        twice = {report: count - 1 for report, count in self.reports.items() if count > 1}
        assert all(count <= self.repeatable[report] for report, count in twice.items()), twice


def _name(name):
    return name.removesuffix(".SAFE")


@pytest.fixture
def world(tmp_path, archive_of, rows_of):
    from phistac.sandbox import Sandbox

    rng = random.Random(7)
    epoch = datetime(2024, 5, 1, tzinfo=UTC)
    rows = [
        rows_of(n, start=epoch + timedelta(minutes=n), published=epoch + timedelta(hours=3, minutes=n // 4))
        for n in range(400)
    ]
    root = archive_of(tmp_path / "archive", rows)
    with Sandbox(root=root, seed=60_000, latency_s=0) as cdse:
        yield _World(cdse, rows_of, rows, rng)


def _mortal(monkeypatch, rng):
    """Let each step of the machinery be the last one, now and then; return the switch."""
    danger = {"share": 0.0}

    def perilous(owner, name, *, after=False):
        whole = getattr(owner, name)

        def wrapped(*args, **kwargs):
            if not after and rng.random() < danger["share"]:
                raise _DeathError(name)
            result = whole(*args, **kwargs)
            if after and rng.random() < danger["share"]:
                raise _DeathError(name)
            return result

        monkeypatch.setattr(owner, name, wrapped)

    perilous(Answers, "get")
    perilous(StateFile, "note")
    perilous(StateFile, "note", after=True)
    perilous(StateFile, "save")
    perilous(statefile.os, "ftruncate")
    perilous(statefile.os, "fsync")
    return danger


def _follow(world, follower, state, rng, *, dies, moves):
    """Run once in this process; return whether it came to its end."""
    last_breath = rng.randint(1, 12) if dies and rng.random() < 0.5 else None
    stream, last = changes(_SEARCH, state=state, settings=world.cdse.settings), None
    try:
        for number, change in enumerate(stream):
            last = (change.kind, change.id, change.at)
            follower.take(*last, change.item["properties"]["updated"])
            if number == last_breath:
                raise _DeathError  # noqa: TRY301 - the consumer's own death
            if moves and rng.random() < 0.2:
                world.move()
    except _DeathError:
        follower.repeatable[last] += 1
        stream.close()
        if rng.random() < 0.5 and state.exists():
            with state.with_name(state.name + ".journal").open("ab") as journal:
                journal.write(b'[0,"added","tor')  # a line that was being written
        return False
    return True


_CHILD = """
import json, sys
import phistac
from phistac.remote.catalogue.changes import changes
for change in changes(json.loads(sys.argv[1]), state=sys.argv[2]):
    print(json.dumps([change.kind, change.id, change.at, change.item["properties"]["updated"]]), flush=True)
print("end", flush=True)
"""


def _follow_and_be_killed(world, follower, state, rng):
    """Run in a process of its own, killed by the system after a few lines; return whether it came to its end."""
    environ = {**os.environ, "PHISTAC_CATALOGUE_URL": world.cdse.settings.catalogue_url}
    command = [sys.executable, "-c", _CHILD, json.dumps(_SEARCH), str(state)]
    lives, last = rng.randint(1, 4), None
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as child:
        for number, line in enumerate(child.stdout, start=1):
            if line == "end\n":
                return True
            last = json.loads(line)
            follower.take(*last)
            if number == lives:
                os.kill(child.pid, signal.SIGKILL)
    follower.repeatable[tuple(last[:3])] += 1
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_nothing_missed_nothing_twice(world, tmp_path, monkeypatch):
    rng = random.Random(11)
    danger = _mortal(monkeypatch, rng)
    follower, state = _Follower(), tmp_path / "state.json"
    whole = deaths = 0
    for number in range(_ROUNDS):
        world.move()
        if number % 10 == 4:
            danger["share"] = 0.0
            ended = _follow_and_be_killed(world, follower, state, rng)
            moves = False
        else:
            dies, moves = number % 3 != 2, number % 4 == 1
            danger["share"] = 0.02 if dies else 0.0
            ended = _follow(world, follower, state, rng, dies=dies, moves=moves)
        deaths += not ended
        follower.check_nothing_came_twice()
        if ended and not moves:
            whole += 1
            assert follower.known == world.now()
    danger["share"] = 0.0
    assert _follow(world, follower, state, rng, dies=False, moves=False)
    assert follower.known == world.now()
    follower.check_nothing_came_twice()
    assert list(changes(_SEARCH, state=state, settings=world.cdse.settings)) == []
    assert whole >= 10
    assert deaths >= 15
    never_added = [name for name, kinds in follower.kinds.items() if "added" not in kinds and kinds != ["deleted"]]
    assert not never_added
    assert all(kinds.index("added") == 0 for kinds in follower.kinds.values() if "added" in kinds)
    assert {path.name for path in tmp_path.glob("state*")} == {"state.json"}
