"""Four connections of one account, shared by everyone on this machine: threads, leases, loops, forks, processes."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import replace

import pytest

from phistac.remote.budget.budgets import budget_for
from phistac.remote.files.filesystem import filesystem
from phistac.remote.ranges.ranges import fetch
from phistac.retrieval.download import download
from phistac.safe.byteranges import ByteRange
from phistac.settings import use

READ = """
import sys
from concurrent.futures import ThreadPoolExecutor
from phistac.remote.files.filesystem import filesystem
fs = filesystem()
names = fs.find("eodata/many")
with ThreadPoolExecutor(8) as pool:
    print(sum(map(len, pool.map(fs.cat_file, names * int(sys.argv[1])))), fs.budget.counters.refused)
"""
CHUNKS = """
import hashlib, sys
from concurrent.futures import ThreadPoolExecutor
from phistac.remote.files.filesystem import filesystem
from phistac.remote.ranges.ranges import fetch
from phistac.safe.byteranges import ByteRange
fs = filesystem()
def md5(start):
    return hashlib.md5(fetch(fs, [ByteRange("pixels", start, start + 4_000_000)], root="eodata")[0]).hexdigest()
with ThreadPoolExecutor(4) as pool:
    print(*pool.map(md5, map(int, sys.argv[1:])))
"""
HOG = """
from concurrent.futures import ThreadPoolExecutor
from phistac.remote.files.filesystem import filesystem
fs = filesystem()
print(len(fs.cat_file("eodata/many/f00")), flush=True)
with ThreadPoolExecutor(8) as pool:
    while True:
        list(pool.map(fs.cat_file, ["eodata/big"] * 8))
"""


def test_sixteen_threads_share_four_connections(start, within, big, small, eventually):
    cdse = start()
    fs = filesystem()
    wrong = []

    def work(n):
        wrong.extend(path for path in sorted(small)[n % 4 :: 4] if fs.cat_file(path) != small[path])
        with fs.stream("eodata/big", start=n) as stream:
            if b"".join(stream) != big[n:]:
                wrong.append("big")
        if fetch(fs, [ByteRange("big", 5, 4_000_005)], root="eodata") != [big[5:4_000_005]]:
            wrong.append("range")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = within(cdse)
    assert not wrong
    assert max(seen.peak_listening_sockets, seen.peak_in_flight) == 4
    assert fs.budget.counters.peak_sockets == fs.budget.counters.peak_requests == 4
    assert fs.budget.counters.bytes == seen.bytes_sent
    eventually(lambda: not fs.budget.pool.slots)  # idle connections were closed and their slots given back
    eventually(lambda: not cdse.counters().open_sockets)


def test_two_sessions_of_one_process_make_room_for_each_other(start, within, big):
    cdse = start(latency_s=0)
    ours = [filesystem(replace(cdse.settings, timeout_s=timeout)) for timeout in (20.0, 21.0, 22.0)]
    for n in range(12):
        assert fetch(ours[n % 3], [ByteRange("big", 0, len(big))], root="eodata") == [big]
    within(cdse)


def test_any_number_of_event_loops(start, within, big, small):
    cdse = start()
    fs = filesystem()

    async def work(n):
        path = sorted(small)[n]
        nested = fs.cat_file(path)  # as in a notebook, where a loop is running already
        return nested == await fs._cat_file(path) == small[path]

    async def several(n):
        return await asyncio.gather(*(work(n + m) for m in range(4)))

    results = []

    def run(n):
        with use(cdse.settings):
            results.extend(asyncio.run(several(n)))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(0, 32, 4)]
    for thread in threads:
        thread.start()
    assert fs.cat_file("eodata/big") == big
    for thread in threads:
        thread.join()
    assert results == [True] * 32
    within(cdse)


def test_leases_count_as_connections(start, small):
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
        fetch(fs, [ByteRange(path.removeprefix("eodata/"), 0, 9) for path in small], root="eodata")
    assert cdse.counters().peak_listening_sockets == 3
    release.set()
    thread.join()


def test_a_lease_gets_its_turn(start, within, small):
    cdse = start(latency_s=0)
    fs = filesystem()
    done = threading.Event()

    def read():
        while not done.is_set():
            fetch(fs, [ByteRange(path.removeprefix("eodata/"), 0, 9) for path in small], root="eodata")

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            before = fs.budget.counters.requests
            with budget_for(cdse.settings).lease():
                assert fs.budget.counters.requests - before < 2000  # never waiting for the end
    finally:
        done.set()
        for thread in threads:
            thread.join()
    within(cdse)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 dislikes any fork with threads
def test_a_forked_child_shares_them(start, within, big, small):
    cdse = start()
    fs = filesystem()
    paths = sorted(small)
    assert fs.cat_file(paths[0]) == small[paths[0]]  # a connection is open when the child is made
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def child():
        theirs.send([hashlib.md5(fs.cat_file(path)).hexdigest() for path in paths])

    process = context.Process(target=child)
    process.start()
    assert fs.cat_file("eodata/big") == big
    assert ours.poll(30)
    assert ours.recv() == [hashlib.md5(small[path]).hexdigest() for path in paths]
    process.join()
    within(cdse)


def test_two_processes_read_two_hundred_chunks_beside_a_download(start, within, script, chunks, product, tmp_path):
    cdse = start(rate=60e6)
    others = [script(CHUNKS, *(at for at, _ in chunks[n::2])) for n in range(2)]
    with others[0], others[1]:
        report = download(f"/{product}", tmp_path / "out", progress=False)
        assert [other.stdout.read().split() for other in others] == [[md5 for _, md5 in chunks[n::2]] for n in range(2)]
    report.raise_for_failures()
    seen = within(cdse)
    assert seen.bytes_sent > 840_000_000
    assert max(seen.peak_sockets, seen.peak_in_flight) == 4


def test_who_has_none_gets_one_soon(start, within, script, small):
    """A process that reads without end has all four; another one does not wait for its end."""
    cdse = start()
    with script(HOG) as hog:
        hog.stdout.readline()
        fs = filesystem()
        for path in sorted(small):
            assert fs.cat_file(path) == small[path]
        assert fs.budget.counters.requests == len(small)
        hog.kill()
    within(cdse)


def test_what_a_killed_process_had_comes_back(start, within, script, big, eventually):
    cdse = start()
    fs = filesystem()
    for delay_s in (0.0, 0.05, 0.1, 0.2):
        with script(HOG) as hog:
            hog.stdout.readline()
            time.sleep(delay_s)
            os.kill(hog.pid, signal.SIGKILL)
            assert fetch(fs, [ByteRange("big", 0, len(big))], root="eodata") == [big]
    within(cdse)
    eventually(lambda: fs.budget.free == 4)


def test_requests_per_minute_are_those_of_all_processes(start, script, small, monkeypatch):
    """The one number that they share says when the next request is due: later by a slice for each request sent."""
    cdse = start()
    monkeypatch.setenv("PHISTAC_REQUESTS_PER_MINUTE", "3000")  # of which 300 may be sent at once: nobody waits here
    began = time.monotonic()
    others = [script(READ, 1) for _ in range(2)]
    with others[0], others[1]:
        texts = [other.stdout.read().split() for other in others]
    assert texts == [[str(sum(map(len, small.values()))), "0"]] * 2
    budget = budget_for(replace(cdse.settings, requests_per_minute=3000))
    (due,) = budget._pace._machine._earned.read()
    assert cdse.counters().requests == 2 * (len(small) + 1)
    assert due >= began + cdse.counters().requests * 60 / 2700
