"""Opening: what it takes before the first pixel."""

from __future__ import annotations

from itertools import cycle, islice

from benchmarks.bench import Sample
from benchmarks.clock import best_of
from benchmarks.tables import Goal, Table

__all__ = ["run"]

_LATENCY_S, _RATE, _CONNECTIONS = 0.05, 20e6, 4
_OPENS, _THEIR_OPENS = 100, 10
_GROUP = "IW1/VV"
_LATENCIES_S, _MANY = (0.05, 0.55), 64


def run(bench):
    """Open one group of a hundred products, and the tree of one."""
    with bench.unlimited("full") as free, bench.archive("full") as strict:
        products = _products(strict)
        return [_groups(bench, free, strict, products), _tree(bench, strict, products)]


def _products(cdse):
    """Return the paths of the SLC products, the one of real size last."""
    folder = cdse.root / "s3" / "eodata" / "Sentinel-1" / "SAR" / "IW_SLC__1S"
    return [str(path.relative_to(cdse.root / "s3")) for path in sorted(folder.glob("*/*/*/*.SAFE"))]


def _groups(bench, free, strict, products):
    s3 = {"endpoint": free.settings.s3_url, "key": free.config.access_key, "secret": free.config.secret_key}
    ours_at = [f"cdse://{path}" for path in islice(cycle(products), _OPENS)]
    theirs_at = [f"s3://{path}" for path in products[:_THEIR_OPENS]]
    ours, theirs = [], []
    for number in range(bench.rounds):
        bench.say(f"  {_GROUP} of many, round {number + 1} of {bench.rounds}")
        ours.append(bench.ask(strict, "phistac_open", {"places": ours_at, "group": _GROUP}, ours=True))
        request = {"places": theirs_at, "group": _GROUP, "s3": s3}
        theirs.append(bench.ask(free, "xarray_sentinel_open", request))
    best = {"phistac": best_of(ours, _seconds), "xarray-sentinel": best_of(theirs, _seconds)}
    counts = {"phistac": _OPENS, "xarray-sentinel": _THEIR_OPENS}
    bound = _bound(best["phistac"], _OPENS)
    rows = tuple(_row(name, sample, counts[name], bound) for name, sample in best.items())
    goals = ()
    if isinstance(best["phistac"], Sample):
        each = best["phistac"].answer["seconds"] / _OPENS
        goals = (Goal(f"{_OPENS} x open_dataset, x the bound", each / bound, 1.3, True, "x"),)
    return Table(
        f'{_OPENS} x open_dataset(group="{_GROUP}")',
        f"One after another, over the {len(products)} SLC products of the archive in turn, imports and a first opening"
        f" not counted. Bound: two round trips and the bytes at the rate of one connection, {1000 * bound:.0f} ms."
        f" xarray-sentinel opens {_THEIR_OPENS} of them.",
        ("tool", "ms each", "x the bound", "of these own CPU, ms", "requests each", "kB each"),
        rows,
        f"Sizes of the images are equal: {_same_sizes(best)}.",
        goals,
    )


def _seconds(sample):
    return sample.answer["seconds"]


def _bound(sample, opens):
    sent = sample.sent / (opens + 1) if isinstance(sample, Sample) else 0
    return 2 * _LATENCY_S + sent / _RATE


def _row(name, sample, opens, bound):
    if not isinstance(sample, Sample):
        return (name, str(sample), *("-",) * 4)
    each = sample.answer["seconds"] / opens
    return (
        name,
        f"{1000 * each:.0f}",
        f"{each / bound:.2f}",
        f"{1000 * sample.answer['cpu'] / opens:.0f}",
        f"{sample.requests / (opens + 1):.1f}",
        f"{sample.sent / (opens + 1) / 1e3:.0f}",
    )


def _same_sizes(best):
    found = [sample.answer["found"][:_THEIR_OPENS] for sample in best.values() if isinstance(sample, Sample)]
    return "yes" if len(found) == len(best) and found[0] == found[1] else "**not compared**"


def _tree(bench, strict, products):
    """Open it on the strict sandbox, then at two latencies with any number of connections: that counts round trips."""
    place = f"cdse://{products[-1]}"
    request = {"places": [place], "group": ""}
    samples = []
    for number in range(bench.rounds):
        bench.say(f"  a full tree, round {number + 1} of {bench.rounds}")
        samples.append(bench.ask(strict, "phistac_open", request, ours=True))
    best = best_of(samples, _seconds)
    waits = {}
    for latency_s in _LATENCIES_S:
        with bench.archive("full", strict=False, connections=_MANY, latency_s=latency_s) as far:
            tries = [bench.ask(far, "phistac_open", request, ours=True) for _ in range(bench.rounds)]
            waits[latency_s] = best_of(tries, _seconds)
    title = "A full tree of one SLC product of real size"
    setting = (
        "All groups of six images. Round trips are counted as what a second more of latency costs, with any number of"
        " connections: those that wait for each other. Four connections need one latency for every four objects of a"
        " round besides, which is the bound given here. Own time is what passes beyond that bound; own CPU is that of"
        " all threads, the handling of sockets included."
    )
    columns = ("tool", "s", "round trips", "requests", "MB", "own CPU, ms", "bound, s", "own time, ms")
    failed = next((one for one in (best, *waits.values()) if not isinstance(one, Sample)), None)
    if failed is not None:
        return Table(title, setting, columns, (("phistac", str(failed), *("-",) * 6),), "Nothing.")
    short, long = _LATENCIES_S
    rounds = (_seconds(waits[long]) - _seconds(waits[short])) / (long - short)
    first = strict.root / "s3" / products[-1] / "manifest.safe"
    sent = best.sent - first.stat().st_size  # the manifest of the first opening, before the clock
    requests = best.requests - 1
    bound = _LATENCY_S * (1 + -(-(requests - 1) // _CONNECTIONS)) + sent / (_CONNECTIONS * _RATE)
    own_ms = 1000 * (_seconds(best) - bound)
    row = ("phistac", f"{_seconds(best):.3f}", f"{rounds:.1f}", f"{requests}", f"{sent / 1e6:.2f}")
    row += (f"{1000 * best.answer['cpu']:.0f}", f"{bound:.3f}", f"{own_ms:.0f}")
    goals = (
        Goal("round trips that wait for each other", round(rounds, 1), 2, True),
        Goal("own time", own_ms, 100, True, " ms"),
    )
    return Table(title, setting, columns, (row,), f"It has {best.answer['found'][0]} groups.", goals)
