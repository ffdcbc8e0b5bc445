"""One burst of real size on thirty dates: all of it, by one plan."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from benchmarks.bench import Sample
from benchmarks.bursts import find
from benchmarks.clock import best_of
from benchmarks.readtables import both, wire_limit
from benchmarks.tables import Goal, Table
from phistac.odata import records
from phistac.stac.bursts import burst_item

__all__ = ["run"]

_DATES = 30
_CYCLE = timedelta(days=12)
_FOLDER = "Series"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")


@dataclass(frozen=True, slots=True)
class _Date:
    """One date, and how far its first line and sample are from those of the first."""

    item: dict
    lines: int
    samples: int


def run(bench):
    """Read the series, the first time and again; returns one table."""
    with bench.archive("full") as cdse:
        burst = find(cdse)
        dates = [_date(cdse.root, burst, number) for number in range(_DATES)]
        truth = list(_truth(cdse.root, burst, dates))
        sidecar = bench.work / "sidecar"
        taken = {}
        for number in range(bench.rounds):
            bench.say(f"  series, round {number + 1} of {bench.rounds}")
            shutil.rmtree(sidecar, ignore_errors=True)
            request = {"items": [date.item for date in dates], "sidecar": str(sidecar)}
            for name in ("phistac, nothing known yet", "phistac, annotations in the sidecar"):
                sample = bench.ask(cdse, "phistac_series", request, ours=True, timeout_s=600)
                taken.setdefault(name, []).append(sample)
    return [_table(burst, {name: best_of(samples, both) for name, samples in taken.items()}, truth)]


def _date(root, burst, number):
    """Lay one more date of the burst beside the archive: the same pixels, an annotation of another date."""
    later, lines, samples = number * _CYCLE, (number * 7) % 5, 4 * (number % 3)
    name = f"{_FOLDER}/{number:02d}.SAFE"
    source, target = root / "s3" / burst.product, root / "s3" / "eodata" / name
    stem = burst.path.rpartition("/")[2].rpartition(".")[0]
    shutil.rmtree(target, ignore_errors=True)
    for folder in ("measurement", "annotation"):
        (target / folder).mkdir(parents=True)
    os.link(root / "s3" / burst.path, target / "measurement" / f"{stem}.tiff")
    text = (source / "annotation" / f"{stem}.xml").read_text(encoding="utf-8")
    moved = _moved(text, burst.index, later, lines, samples)
    (target / "annotation" / f"{stem}.xml").write_text(moved, encoding="utf-8")
    row = json.loads(_TIME.sub(lambda found: _shifted(found[0], later), json.dumps(burst.row)))
    row |= {"S3Path": f"/eodata/{name}/measurement/{stem}.tiff", "Name": f"{burst.row['Name']}-{number:02d}"}
    return _Date(burst_item(records.burst(row)), lines, samples)


def _moved(text, index, later, lines, samples):
    """Return an annotation of another date, on which the burst begins some lines and samples later."""
    text = _TIME.sub(lambda found: _shifted(found[0], later), text)
    interval = float(re.search(r"<azimuthTimeInterval>(.+?)<", text)[1])
    rate = float(re.search(r"<rangeSamplingRate>(.+?)<", text)[1])
    near = re.search(r"<imageInformation>.*?<slantRangeTime>(.+?)<", text, re.DOTALL)
    text = text[: near.start(1)] + f"{float(near[1]) + samples / rate:.15e}" + text[near.end(1) :]
    begins = text.index("<burstList")
    found = list(re.finditer(r"<azimuthTime>(.+?)<", text[begins:]))[index]
    late = _shifted(found[1], timedelta(seconds=lines * interval))
    return text[: begins + found.start(1)] + late + text[begins + found.end(1) :]


def _shifted(time, later):
    return (datetime.fromisoformat(time) + later).isoformat(timespec="microseconds")


def _truth(root, burst, dates):
    """Yield the digest of each date on the common grid, from the file itself."""
    lines, samples = burst.shape
    raw = np.fromfile(root / "s3" / burst.path, "<i2", 2 * lines * samples, offset=burst.row["ByteOffset"])
    pixels = raw.reshape(lines, samples, 2).astype("float32").view("complex64")[..., 0]
    shape = (lines + max(date.lines for date in dates), samples + max(date.samples for date in dates))
    for date in dates:
        whole = np.zeros(shape, "complex64")
        whole[date.lines : date.lines + lines, date.samples : date.samples + samples] = pixels
        yield hashlib.sha256(whole).hexdigest()


def _table(burst, samples, truth):
    size = _DATES * burst.size
    limit = wire_limit(size)
    goals = [
        Goal(f"share of the wire, {name}", 100 * limit / sample.answer["read"], 90, at_most=False, unit=" %")
        for name, sample in samples.items()
        if isinstance(sample, Sample)
    ]
    return Table(
        f"A series of {_DATES} dates",
        f"One burst of {burst.shape[0]} x {burst.shape[1]} samples on {_DATES} dates that begin at different lines and"
        f" samples, {size / 1e6:,.0f} MB, all of it read into one array, on the strict sandbox: 50 ms to the first"
        f" byte, four connections of 20 MB/s. Wire limit: one latency and those bytes over four connections:"
        f" {limit:.1f} s.",
        ("way", "open s", "read s", "share of the wire", "MB moved", "requests", "429s", "most sockets", "GB at most"),
        tuple(_row(name, sample, limit, truth) for name, sample in samples.items()),
        "Every date, hashed as complex64 on the common grid, is compared with the file's pixels, shifted.",
        tuple(goals),
    )


def _row(name, sample, limit, truth):
    if not isinstance(sample, Sample):
        return name, str(sample), *("-",) * 7
    answer = sample.answer
    return (
        name if answer["digests"] == truth else f"{name} (**other pixels**)",
        f"{answer['open']:.2f}",
        f"{answer['read']:.1f}",
        f"{100 * limit / answer['read']:.0f} %",
        f"{sample.sent / 1e6:,.1f}",
        f"{sample.requests}",
        f"{sample.refused}",
        f"{sample.sockets}",
        f"{answer['peak_gb']:.1f}",
    )
