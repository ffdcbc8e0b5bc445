"""The tables of a burst and of a window, and the goals that they were meant to reach."""

from __future__ import annotations

from benchmarks.bench import Sample
from benchmarks.tables import Goal, Table

__all__ = ["both", "table", "wire_limit"]

_LATENCY_S, _RATE, _CONNECTIONS = 0.05, 20e6, 4
_COLUMNS = (
    "tool", "open s", "read s", "both, x ours", "share of the wire", "MB moved", "requests", "429s", "most sockets",
)  # fmt: skip
_SETTING = (
    "Every tool runs in a process of its own, from a cold start (imports not counted), on one throttled sandbox: 50 ms"
    " to the first byte, four connections of 20 MB/s, a fifth is refused with 429. Whoever is refused is measured"
    " without that limit, too, in a row marked *against the quota*."
)
_JUDGED = (
    " *The* comparison with GDAL is the one at the best of its settings within the quota, the fastest of its rows that"
    " make one call on one handle; it fetches over one connection at a time, so whoever keeps four of them full can be"
    " four times as fast for the same bytes, and faster still only by bytes, latency and handling saved. The rows by"
    " hand are programs that share the work among four handles themselves."
)
_BY_HAND, _AGAINST, _DEFAULTS = "by hand", "against the quota", "GDAL /vsis3, defaults"


def both(sample):
    """Return the seconds of opening and reading."""
    return sample.answer["open"] + sample.answer["read"]


def wire_limit(size):
    """Return the seconds that one latency and so many bytes take four connections."""
    return _LATENCY_S + size / (_CONNECTIONS * _RATE)


def table(burst, region, samples, truth):
    """Return the table of one region: the whole burst, or a window of it."""
    whole = region == burst.whole
    # The lines of a window are contiguous: their span is what one round trip can fetch.
    size = burst.size if whole else 4 * region[1] * burst.shape[1]
    title = "One Sentinel-1 burst" if whole else f"A window of {region[1]} x {region[3]} samples"
    what = (
        f"{burst.shape[0]} x {burst.shape[1]} samples, {size / 1e6:.1f} MB of a TIFF of real size."
        if whole
        else f"In the middle of the same burst; the span of its {region[1]} lines is {size / 1e6:.1f} MB."
    )
    limit = f" Wire limit: one latency and {size / 1e6:.1f} MB over four connections: {wire_limit(size):.2f} s."
    return Table(
        title,
        f"{what} {_SETTING}{limit}{_JUDGED}",
        _COLUMNS,
        tuple(_row(name, sample, samples["phistac"], size, truth) for name, sample in samples.items()),
        "The samples of every tool, hashed as complex64, are compared with those of the file; a tool with others is"
        " marked.",
        tuple(_goals(samples, size, truth, whole=whole)),
    )


def _row(name, sample, ours, size, truth):
    if not isinstance(sample, Sample):
        return (f"{name} (**failed**: {sample})", *("-",) * 8)
    ratio = f"{both(sample) / both(ours):.1f}" if isinstance(ours, Sample) else "-"
    return (
        name if sample.answer["digest"] == truth else f"{name} (**other pixels**)",
        f"{sample.answer['open']:.2f}",
        f"{sample.answer['read']:.2f}",
        ratio,
        f"{100 * wire_limit(size) / sample.answer['read']:.0f} %",
        f"{sample.sent / 1e6:.1f}",
        f"{sample.requests}",
        f"{sample.refused}",
        f"{sample.sockets}",
    )


def _goals(samples, size, truth, *, whole):
    ours = samples["phistac"]
    if not isinstance(ours, Sample) or ours.answer["digest"] != truth:
        return
    if whole:
        share = 100 * wire_limit(size) / ours.answer["read"]
        yield Goal("share of the wire limit", share, 90, False, " %")
        yield Goal("bytes moved by metadata and burst, x the burst's own", ours.sent / size, 1.01, True, "x")
    gdal = {
        name: sample
        for name, sample in samples.items()
        if name.startswith("GDAL") and not (_BY_HAND in name or _AGAINST in name) and _right(sample, truth)
    }
    if gdal:
        best = min(gdal, key=lambda name: both(gdal[name]))
        yield from _beside("GDAL at its best settings within the quota", gdal[best], ours, best.split(", ")[-1])
    if _DEFAULTS in gdal:
        yield from _beside("GDAL", gdal[_DEFAULTS], ours, "defaults")


def _right(sample, truth):
    return isinstance(sample, Sample) and not sample.refused and sample.answer["digest"] == truth


def _beside(whom, theirs, ours, settings):
    alone = theirs.answer["read"] / ours.answer["read"]
    yield Goal(f"times as fast as {whom} ({settings}), reading", alone, 5, False, "x")
    yield Goal(f"times as fast as {whom} ({settings}), opening and reading", both(theirs) / both(ours), 5, False, "x")
