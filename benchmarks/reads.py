"""Pixels of a full-size Sentinel-1 SLC: one burst, and a window of 200 x 200 samples."""

from __future__ import annotations

from benchmarks.bench import Sample
from benchmarks.bursts import find
from benchmarks.clock import best_of
from benchmarks.tables import Goal, Table

__all__ = ["run"]

_LATENCY_S, _RATE, _CONNECTIONS = 0.05, 20e6, 4
_CHUNKS = {"CPL_VSIL_CURL_CHUNK_SIZE": "2097152", "CPL_VSIL_CURL_CACHE_SIZE": "268435456"}
_GDAL = {
    "GDAL /vsis3, defaults": ({}, 1),
    "GDAL /vsis3, 2 MB chunks": (_CHUNKS, 1),
    "GDAL /vsis3, direct I/O": ({"GTIFF_DIRECT_IO": "YES"}, 1),
    "GDAL /vsis3, direct I/O, 4 threads with a handle each": ({"GTIFF_DIRECT_IO": "YES"}, 4),
}
_PATIENT = {"GTIFF_DIRECT_IO": "YES", "GDAL_HTTP_MAX_RETRY": "10", "GDAL_HTTP_RETRY_DELAY": "1"}
_WITHIN = "GDAL /vsis3, direct I/O, ten retries, within the quota"
_COLUMNS = (
    "tool",
    "open s",
    "read s",
    "both, x ours",
    "share of the wire",
    "MB moved",
    "requests",
    "429s",
    "most sockets",
)


def run(bench):
    """Read with every tool; returns the table of the burst and that of the window."""
    with bench.unlimited("full") as free, bench.archive("full") as strict:
        burst = find(strict)
        bench.say(f"  burst {burst.row['Name']}: {burst.shape[0]} x {burst.shape[1]}, {burst.size / 1e6:.1f} MB")
        whole = _samples(bench, free, strict, burst, burst.whole)
        window = _samples(bench, free, strict, burst, burst.window)
    return [_burst_table(burst, whole), _window_table(burst, window)]


def _samples(bench, free, strict, burst, region):
    """Ask every tool in turns, the slow ones once; return the best sample of each by name."""
    s3, s3_strict = _keys(free), _keys(strict)
    whole = region == burst.whole
    ours = {"place": f"cdse://{burst.product}", "group": burst.image, "region": list(region)}
    if whole:
        ours |= {"group": f"{burst.image}/{burst.index}", "region": None}
    on_tiff = {"path": burst.path, "region": list(region), "s3": s3}
    taken = {}
    for number in range(bench.rounds):
        bench.say(f"  {'burst' if whole else 'window'}, round {number + 1} of {bench.rounds}")
        taken.setdefault("phistac", []).append(bench.ask(strict, "phistac_read", ours, ours=True))
        for name, (options, handles) in _GDAL.items():
            request = {**on_tiff, "options": options, "handles": handles}
            taken.setdefault(name, []).append(bench.ask(free, "gdal_read", request))
        if whole:
            request = {"path": burst.path, "start": burst.row["ByteOffset"], "shape": list(burst.shape), "s3": s3}
            taken.setdefault("s3fs by hand, 4 ranges, offset known", []).append(
                bench.ask(free, "s3fs_read", {**request, "parts": 4})
            )
    request = {"path": burst.path, "region": list(region), "s3": s3_strict, "options": _PATIENT, "handles": 1}
    taken[_WITHIN] = [bench.ask(strict, "gdal_read", request) for _ in range(bench.rounds)]
    bench.say("  the slow ones, once")
    group = f"{burst.image}/{burst.index}" if whole else burst.image
    theirs = {"product": burst.product, "group": group, "region": None if whole else list(region), "s3": s3}
    taken["rioxarray, s3://, chunks of 256 lines"] = [bench.ask(free, "rioxarray_read", on_tiff)]
    taken["tifffile as Zarr over s3fs"] = [bench.ask(free, "tifffile_read", on_tiff)]
    taken["xarray-sentinel"] = [bench.ask(free, "xarray_sentinel_read", theirs)]
    return {name: best_of(samples, _both) for name, samples in taken.items()}


def _keys(cdse):
    return {"endpoint": cdse.settings.s3_url, "key": cdse.config.access_key, "secret": cdse.config.secret_key}


def _both(sample):
    return sample.answer["open"] + sample.answer["read"]


def _wire_limit(size):
    return _LATENCY_S + size / (_CONNECTIONS * _RATE)


def _rows(samples, size):
    ours = samples["phistac"]
    rows = []
    for name, sample in samples.items():
        if not isinstance(sample, Sample):
            rows.append((name, str(sample), *("-",) * 7))
            continue
        ratio = _both(sample) / _both(ours) if isinstance(ours, Sample) else float("nan")
        share = _wire_limit(size) / sample.answer["read"]
        same = isinstance(ours, Sample) and sample.answer["digest"] == ours.answer["digest"]
        rows.append(
            (
                name if same else f"{name} (**other pixels**)",
                f"{sample.answer['open']:.2f}",
                f"{sample.answer['read']:.2f}",
                f"{ratio:.1f}",
                f"{100 * share:.0f} %",
                f"{sample.sent / 1e6:.1f}",
                f"{sample.requests}",
                f"{sample.refused}",
                f"{sample.sockets}",
            )
        )
    return tuple(rows)


_CHECKED = "The samples of every tool, hashed as complex64, are compared with ours; a tool with others is marked."
_SETTING = (
    "Every tool runs in a process of its own, from a cold start (imports not counted). 50 ms to the first byte, 20 MB/s"
    " for each connection. phistac is measured on the strict sandbox, which refuses a fifth connection; the others on"
    " one with any number of connections, since some open more than four, unless the row says otherwise."
)


def _burst_table(burst, samples):
    ours = samples["phistac"]
    goals = []
    if isinstance(ours, Sample):
        goals += [
            Goal("share of the wire limit", 100 * _wire_limit(burst.size) / ours.answer["read"], 90, False, " %"),
            Goal("bytes moved by metadata and burst, x the burst's own", ours.sent / burst.size, 1.01, True, "x"),
        ]
        goals += _against_gdal(samples)
    return Table(
        "One Sentinel-1 burst",
        f"{burst.shape[0]} x {burst.shape[1]} samples, {burst.size / 1e6:.1f} MB of a TIFF of real size. {_SETTING}"
        f" Wire limit: one latency and {burst.size / 1e6:.1f} MB over four connections:"
        f" {_wire_limit(burst.size):.2f} s.",
        _COLUMNS,
        _rows(samples, burst.size),
        _CHECKED,
        tuple(goals),
    )


def _window_table(burst, samples):
    size = 200 * 4 * burst.shape[1]  # the lines are contiguous: their span is what one round trip can fetch
    return Table(
        "A window of 200 x 200 samples",
        f"In the middle of the same burst. {_SETTING} Wire limit: one latency and the span of 200 lines,"
        f" {size / 1e6:.1f} MB, over four connections, {_wire_limit(size):.2f} s.",
        _COLUMNS,
        _rows(samples, size),
        _CHECKED,
        tuple(_against_gdal(samples)),
    )


def _against_gdal(samples):
    ours = samples["phistac"]
    goals = []
    for name, sample in samples.items():
        if name in {*_GDAL, _WITHIN} and isinstance(sample, Sample) and isinstance(ours, Sample):
            alone = sample.answer["read"] / ours.answer["read"]
            goals.append(Goal(f"times as fast as {name}, opening included", _both(sample) / _both(ours), 5, False, "x"))
            goals.append(Goal(f"times as fast as {name}, reading alone", alone, 5, False, "x"))
    return goals
