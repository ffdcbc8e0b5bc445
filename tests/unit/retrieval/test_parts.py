"""Parts: one writer each, whatever other processes do, and none that stays for ever."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from phistac.errors import DiskFullError
from phistac.remote.files.objects import ProductObject
from phistac.retrieval import parts
from phistac.retrieval.download import download
from phistac.retrieval.parts import Stopped, part
from phistac.retrieval.plan import plan

DATA = bytes(range(200))


def thing(data=DATA, path="x"):
    digest = hashlib.md5(data).hexdigest()
    return ProductObject(path, len(data), digest, "md5", digest)


def leave(target, data=DATA, arrived=60):
    """Leave a part behind, as a job does that is stopped."""

    def stopped():
        with part(target, thing(data)) as file:
            file.write(data[:arrived])
            raise Stopped

    with pytest.raises(Stopped):
        stopped()
    return next(path for path in target.parent.iterdir() if path.name.startswith(f".{target.name}."))


@pytest.fixture
def folder(tmp_path):
    """A folder with nothing else in it."""
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_part_that_another_takes_before_it_is_locked_is_left_to_that_one(folder, monkeypatch):
    target, created, go = folder / "x", threading.Event(), threading.Event()
    real, seen = fcntl.flock, {}

    def slow(file, how):
        if threading.current_thread().name == "creator" and not created.is_set():
            created.set()
            assert go.wait(20)
        return real(file, how)

    monkeypatch.setattr("fcntl.flock", slow)

    def create():
        with part(target, thing()) as mine:
            seen["path"] = mine.path
            mine.write(DATA)

    creator = threading.Thread(target=create, name="creator")
    creator.start()
    assert created.wait(20)
    with part(target, thing()) as ours:  # adopts the file that is not locked yet
        go.set()
        creator.join(20)
        assert seen["path"] != ours.path
        ours.write(DATA)
        ours.publish(target)
    assert target.read_bytes() == DATA
    assert names(folder) == ["x"]


def test_a_part_that_another_clears_away_before_it_is_locked_is_made_anew(folder, monkeypatch):
    real, victims = fcntl.flock, []

    def hasty(file, how):
        if not victims:
            victims.append(file.name)
            Path(file.name).unlink()
        return real(file, how)

    monkeypatch.setattr("fcntl.flock", hasty)
    with part(folder / "x", thing()) as file:
        file.write(DATA)
        file.publish(folder / "x")
    assert (folder / "x").read_bytes() == DATA


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_filesystem_without_locks_is_written_but_nothing_is_adopted(folder, monkeypatch, code):
    def none(file, how):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("fcntl.flock", none)
    left = leave(folder / "x")
    with part(folder / "x", thing()) as file:
        assert (file.check.seen, left.exists()) == (0, True)
        file.write(DATA)
        file.publish(folder / "x")
    assert names(folder) == sorted([left.name, "x"])


def _race(folder, barrier, rounds, answers):
    problems = []
    for number in range(rounds):
        barrier.wait(60)
        target = folder / str(number) / "x"
        try:
            with part(target, thing()) as file:
                file.write(DATA[file.check.seen :])
                file.publish(target)
        except Exception as error:  # noqa: BLE001 - whatever it is
            problems.append(repr(error))
    answers.put(problems)


def test_two_processes_never_make_each_other_fail(folder):
    context, rounds = multiprocessing.get_context("fork"), 300
    barrier, answers = context.Barrier(2), context.Queue()
    racers = [context.Process(target=_race, args=(folder, barrier, rounds, answers)) for _ in range(2)]
    for racer in racers:
        racer.start()
    assert [answers.get(timeout=60) for _ in racers] == [[], []]
    for racer in racers:
        racer.join(20)
    assert {(folder / str(number) / "x").read_bytes() for number in range(rounds)} == {DATA}
    assert not list(folder.rglob("*.part"))


def test_parts_of_a_sibling_are_not_touched(folder):
    left = leave(folder / "band.nc.aux", DATA[::-1])
    with part(folder / "band.nc", thing()) as file:
        file.write(DATA)
        file.publish(folder / "band.nc")
    assert names(folder) == sorted([left.name, "band.nc"])


def test_files_that_only_look_like_parts_are_not_touched(folder):
    for name in (
        ".x.part",
        ".x.0123.part",
        ".x.0123456789abcdef.01234567.part.txt",
        ".x.0123456789abcdeF.01234567.part",
    ):
        (folder / name).write_bytes(b"mine")
    (folder / ".x.0123456789abcdef.01234567.part").mkdir()
    before = names(folder)
    with part(folder / "x", thing()) as file:
        file.write(DATA)
        file.publish(folder / "x")
    assert names(folder) == sorted([*before, "x"])


A = "eodata/S1/A.SAFE"


@pytest.fixture
def product(bucket, tmp_path):
    bucket.add(A, measurement__big=DATA * 50, annotation__a=DATA)
    return tmp_path / "out"


def get(folder, **options):
    return download(f"/{A}", folder, progress=False, **options)


def test_parts_of_a_product_that_is_whole_are_cleared_away(bucket, product):
    assert get(product).moved
    target = product / "A.SAFE" / "measurement" / "big"
    leave(target, DATA * 50, 5000)
    with part(target, thing(DATA * 50)) as flying:
        flying.write(DATA)
        leave(target, b"of another version" * 9, 50)
        assert get(product).moved == 0
        assert [path.name for path in product.rglob("*.part")] == [flying.path.name]
    assert not list(product.rglob("*.part"))


def test_parts_are_cleared_away_when_a_product_becomes_whole(bucket, product, monkeypatch):
    """As two processes leave them: one is killed while the other one is at the last object."""
    target, publish = product / "A.SAFE" / "measurement" / "big", parts.Part.publish

    def late(self, place):
        publish(self, place)
        if place == target:
            leave(target, DATA * 50, 5000)

    monkeypatch.setattr(parts.Part, "publish", late)
    get(product).raise_for_failures()
    assert not list(product.rglob("*.part"))


def disk(monkeypatch, free):
    import shutil

    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - free, free))


def test_what_has_arrived_needs_no_room_again(bucket, product, monkeypatch):
    missing = plan(f"/{A}", product).missing
    disk(monkeypatch, missing - 1000)
    with pytest.raises(DiskFullError):
        get(product)
    target = product / "A.SAFE" / "measurement" / "big"
    leave(target, DATA * 50, 5000)
    get(product).raise_for_failures()


def test_a_part_that_another_writes_is_no_room_of_ours(bucket, product, monkeypatch):
    missing = plan(f"/{A}", product).missing
    target = product / "A.SAFE" / "measurement" / "big"
    disk(monkeypatch, missing - 1000)
    with part(target, thing(DATA * 50)) as flying:
        flying.write(DATA * 40)
        flying._file.flush()
        with pytest.raises(DiskFullError):
            get(product)
