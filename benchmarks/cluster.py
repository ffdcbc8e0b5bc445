"""Many readers, one account: a Dask cluster of eight workers, and two processes, each beside a download.

The wire is *busy* as far as its four connections have a request in flight. The sandbox adds up the seconds of every
request, from its arrival to its last byte; busy is that sum over four times the time from the first request to the
end of the last chunk. A connection that waits for the first byte of an answer is busy: that is the archive's time. One
that nobody has asked for anything, or that is being opened, is not: that is ours.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
import zlib
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.bursts import find
from benchmarks.process import ClientError, beside, call
from benchmarks.tables import Goal, Table

__all__ = ["run"]

_LATENCY_S, _RATE, _CONNECTIONS = 0.05, 20e6, 4
_CHUNKS, _SMALLEST = 200, 4_000_000
_UNDER_WAY = 30_000_000  # bytes after which a download is beyond its beginnings
_BEGIN_S, _TIMEOUT_S = 120, 300
_WAYS = {
    "Dask, 8 workers": ({"cluster": (0, _CHUNKS, 8)}, False),
    "Dask, 8 workers, beside a download": ({"cluster": (0, _CHUNKS, 8)}, True),
    "2 processes of 4 threads, beside a download": (
        {"one": (0, _CHUNKS // 2, 0), "other": (_CHUNKS // 2, _CHUNKS // 2, 0)},
        True,
    ),
}


@dataclass(frozen=True, slots=True)
class _Work:
    """What is read: chunks of whole lines of one image."""

    burst: object
    lines: int
    sums: tuple[int, ...]

    @property
    def chunk(self):
        return 4 * self.lines * self.burst.shape[1]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How one reading went."""

    seconds: float
    right: int
    """Chunks that hold what the file holds."""
    seen: object
    """The sandbox's counters over these seconds."""
    complaint: str

    @property
    def busy(self):
        return self.seen.busy_s / _CONNECTIONS / self.seconds

    @property
    def bound_s(self):
        """What bytes and latencies alone take four connections."""
        return (self.seen.bytes_sent / _RATE + self.seen.requests * _LATENCY_S) / _CONNECTIONS


def run(bench):
    """Read the same chunks in every way, and say how busy the wire was."""
    with bench.archive("full") as cdse:
        work = _work(cdse)
        best = {}
        for number in range(bench.rounds):
            for name, (readers, download) in _WAYS.items():
                outcome = _read(bench, cdse, work, readers, download=download)
                bench.say(
                    f"  round {number + 1} of {bench.rounds}, {name}: {outcome.seconds:.1f} s,"
                    f" {100 * outcome.busy:.1f} % busy, {outcome.seen.refused} refused {outcome.complaint}"
                )
                best[name] = min(best.get(name, outcome), outcome, key=lambda one: (-one.right, -one.busy))
    return [_table(work, best)]


def _work(cdse):
    """Choose chunks of at least four megabytes, and compute what they hold from the file itself."""
    burst = find(cdse)
    width = burst.shape[1]
    lines = -(-_SMALLEST // (4 * width))
    begin = burst.row["ByteOffset"] - 4 * width * burst.row["Lines"]
    sums = []
    with (cdse.root / "s3" / burst.path).open("rb") as file:
        file.seek(begin)
        for _ in range(_CHUNKS):
            pairs = np.frombuffer(file.read(4 * width * lines), "<i2").astype("float32")
            sums.append(zlib.adler32(pairs.view("complex64")))
    return _Work(burst, lines, tuple(sums))


def _read(bench, cdse, work, readers, *, download):
    signals = bench.work / "signals"
    shutil.rmtree(signals, ignore_errors=True)
    signals.mkdir(parents=True)
    answers = {}
    ask = partial(_ask, bench, work, signals, answers)
    threads = [threading.Thread(target=ask, args=reader) for reader in readers.items()]
    for thread in threads:
        thread.start()
    _await(signals, "ready", readers, answers)
    with _download(bench, cdse, work) if download else nullcontext():
        cdse.reset_counters()
        began = time.perf_counter()
        (signals / "go").touch()
        _await(signals, "done", readers, answers)
        seconds = time.perf_counter() - began
        seen = cdse.counters()
    for thread in threads:
        thread.join()
    complaints = [str(answer) for answer in answers.values() if isinstance(answer, ClientError)]
    found = [] if complaints else [one for name in readers for one in answers[name]["sums"]]
    right = sum(one == other for one, other in zip(found, work.sums, strict=False))
    return _Outcome(seconds, right, seen, " ".join(complaints))


@contextmanager
def _download(bench, cdse, work):
    """Download the whole product meanwhile, and give up when the chunks are there."""
    out = bench.work / "out"
    shutil.rmtree(out, ignore_errors=True)
    request = {"place": f"cdse://{work.burst.product}", "out": str(out)}
    with beside(sys.executable, "phistac_get", request, home=bench.home):
        end = time.monotonic() + _BEGIN_S
        while cdse.counters().bytes_sent < _UNDER_WAY and time.monotonic() < end:
            time.sleep(0.1)
        yield
    shutil.rmtree(out, ignore_errors=True)


def _ask(bench, work, signals, answers, name, share):
    first, count, workers = share
    request = {
        "place": f"cdse://{work.burst.product}", "group": work.burst.image, "lines": work.lines,
        "first": first, "count": count, "workers": workers, "signals": str(signals), "name": name,
    }  # fmt: skip
    try:
        answers[name] = call(sys.executable, "phistac_chunks", request, home=bench.home, timeout_s=_TIMEOUT_S)
    except ClientError as error:
        answers[name] = error


def _await(signals, what, readers, answers):
    """Wait until every reader has said so, or has failed."""
    end = time.monotonic() + (_BEGIN_S if what == "ready" else _TIMEOUT_S)
    while time.monotonic() < end:
        if all((signals / f"{what}-{name}").exists() or name in answers for name in readers):
            return
        time.sleep(0.005)


def _table(work, best):
    rows = tuple(
        (
            name,
            f"{one.seconds:.1f}",
            f"{one.seen.bytes_sent / 1e6:,.0f} of which {work.chunk * _CHUNKS / 1e6:,.0f}",
            f"{one.seen.bytes_sent / one.seconds / 1e6:.0f}",
            f"{100 * one.busy:.1f} %",
            f"{100 * one.bound_s / one.seconds:.0f} %",
            f"{one.right} of {_CHUNKS}",
            f"{one.seen.requests}",
            f"{one.seen.refused}",
            f"{one.seen.peak_sockets} and {one.seen.peak_in_flight}",
            one.complaint,
        )
        for name, one in best.items()
    )
    promised = [name for name, (_, download) in _WAYS.items() if download]
    goals = [Goal(f"{name}: busy", 100 * best[name].busy, 90, False, " %") for name in promised]
    goals.append(Goal("most sockets or requests", max(_most(one) for one in best.values()), _CONNECTIONS, True))
    goals.append(Goal("requests refused", max(one.seen.refused for one in best.values()), 0, True))
    goals.append(Goal("chunks right, in the worst case", min(one.right for one in best.values()), _CHUNKS, False))
    return Table(
        "Many readers within the quota of one account",
        f"{_CHUNKS} chunks of {work.chunk / 1e6:.1f} MB of a lazy array (Sentinel-1 SLC, {work.lines} whole lines each)"
        " from the strict sandbox: four connections of 20 MB/s, 50 ms, a fifth socket or request is answered with 429."
        " Beside them a download of the whole product, which goes on longer than they do. Busy: the seconds that"
        " requests were in flight, added up, over four times the time from the signal to begin to the last chunk;"
        " clusters and processes were up and had imported everything before; what a worker does at its first request"
        " counts, and shows where no download fills the gap. Bytes and latencies: how much of the time"
        " these alone take. The readers, the cluster, the download and the server share two cores.",
        (
            "readers", "s", "MB, all and chunks", "MB/s", "busy", "bytes and latencies", "chunks right", "requests",
            "429s", "most sockets and requests", "remarks",
        ),
        rows,
        "The checksum of every chunk, with that of the file itself.",
        tuple(goals),
    )  # fmt: skip


def _most(one):
    return max(one.seen.peak_sockets, one.seen.peak_listening_sockets, one.seen.peak_in_flight)
