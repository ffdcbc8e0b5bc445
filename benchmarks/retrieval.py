"""Downloads: a product of half a gigabyte, within the quota of an account."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass

import numpy as np

from benchmarks.bench import Sample
from benchmarks.tables import Goal, Table

__all__ = ["run"]

_LATENCY_S, _RATE, _CONNECTIONS, _TIMEOUT_S = 0.05, 20e6, 4, 120
_SMALLEST, _STEP = 14_000_000, 1_000_000  # sizes of the bands, one larger than the other, as real ones are unequal
_STREAM = re.compile(
    r'(<byteStream [^>]*size=")\d+("[^>]*>\s*<fileLocation [^>]*href="(?:\./)?([^"]+)".*?<checksum[^>]*>)[0-9a-fA-F]+',
    re.DOTALL,
)
_TOOLS = {
    "phistac": ("phistac_get", {}),
    "s5cmd, 4 workers of 1 part": ("s5cmd_get", {"at_once": 4}),
    "s5cmd, defaults": ("s5cmd_get", {"at_once": 0}),
    "s3fs.get, 4 at once": ("s3fs_get", {"at_once": 4}),
    "s3fs.get, defaults": ("s3fs_get", {"at_once": 0}),
}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a download ended."""

    sample: Sample | Exception
    right: int
    """Files that are there with the right MD5."""
    refused: int
    sockets: int
    seconds: float


def run(bench):
    """Download one product with every tool in turns."""
    product, sums = _product(bench)
    size = sum((bench.work / "small" / "s3" / product / name).stat().st_size for name in sums)
    taken = {}
    with bench.archive("small") as cdse:
        for number in range(bench.rounds):
            bench.say(f"  {size / 1e6:.0f} MB in {len(sums)} files, round {number + 1} of {bench.rounds}")
            for name in _TOOLS:
                taken.setdefault(name, []).append(_get(bench, cdse, name, product, sums))
    return [_table(size, sums, {name: min(tries, key=lambda one: one.seconds) for name, tries in taken.items()})]


def _product(bench):
    """Make one Sentinel-3 product of the archive large, as real ones are, its manifest right; return path and sums."""
    with bench.archive("small") as cdse:
        files = cdse.root / "s3"
    folder = min((files / "eodata" / "Sentinel-3" / "OLCI" / "OL_1_EFR___").glob("*/*/*/*.SEN3"))
    random = np.random.default_rng(1)
    for number, path in enumerate(sorted(folder.glob("*_radiance.nc"))):
        short = _SMALLEST + number * _STEP - path.stat().st_size
        if short > 0:
            with path.open("ab") as file:
                file.write(random.bytes(short))
    sums = {path.name: _md5(path) for path in sorted(folder.iterdir()) if path.name != "xfdumanifest.xml"}

    def right(match):
        name = match[3]
        return f"{match[1]}{(folder / name).stat().st_size}{match[2]}{sums[name]}"

    manifest = folder / "xfdumanifest.xml"
    manifest.write_text(_STREAM.sub(right, manifest.read_text(encoding="utf-8")), encoding="utf-8")
    sums[manifest.name] = _md5(manifest)
    return folder.relative_to(files).as_posix(), sums


def _md5(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _get(bench, cdse, name, product, sums):
    out = bench.work / "out"
    shutil.rmtree(out, ignore_errors=True)
    target = out / product.rpartition("/")[2]
    target.parent.mkdir(parents=True)
    client, options = _TOOLS[name]
    s3 = {"endpoint": cdse.settings.s3_url, "key": cdse.config.access_key, "secret": cdse.config.secret_key}
    request = {"product": product, "out": str(target), "s3": s3, **options}
    if client == "phistac_get":
        request = {"place": f"cdse://{product}", "out": str(out)}
    sample = bench.ask(cdse, client, request, ours=client == "phistac_get", timeout_s=_TIMEOUT_S)
    seen = cdse.counters()
    right = sum((target / one).is_file() and _md5(target / one) == md5 for one, md5 in sums.items())
    shutil.rmtree(out, ignore_errors=True)
    seconds = sample.answer["seconds"] if isinstance(sample, Sample) else float("inf")
    return _Outcome(sample, right, seen.refused, seen.peak_sockets, seconds)


def _table(size, sums, best):
    ceiling = _CONNECTIONS * _RATE
    least = size / ceiling + len(sums) * _LATENCY_S / _CONNECTIONS
    rows = []
    for name, one in best.items():
        finished = isinstance(one.sample, Sample)
        rows.append(
            (
                name,
                f"{one.seconds:.1f}" if finished else "-",
                f"{size / one.seconds / 1e6:.0f}" if finished else "-",
                f"{100 * size / one.seconds / ceiling:.0f} %" if finished else "-",
                f"{one.right} of {len(sums)}",
                f"{one.refused}",
                f"{one.sockets}",
                "verified against the manifest, receipt" if name == "phistac" else "",
            )
        )
        if not finished:
            rows[-1] = (*rows[-1][:-1], str(one.sample))
    ours = best["phistac"]
    goals = (
        Goal("share of what bytes and latencies allow", 100 * least / ours.seconds, 90, False, " %"),
        Goal("requests refused", ours.refused, 0, True),
    )
    return Table(
        "A download within the quota",
        f"One Sentinel-3 product, {size / 1e6:.0f} MB in {len(sums)} files, from the strict sandbox: four connections"
        f" of 20 MB/s ({ceiling / 1e6:.0f} MB/s at most), 50 ms, a fifth is answered with 429. The bytes, and 50 ms for"
        f" each file, take four connections {least:.2f} s. Not finished after"
        f" {_TIMEOUT_S} s counts as failed.",
        ("tool", "s", "MB/s", "of the ceiling", "files right", "429s", "most sockets", "remarks"),
        tuple(rows),
        "The MD5 of every file afterwards.",
        goals,
    )
