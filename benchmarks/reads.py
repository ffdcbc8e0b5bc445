"""Pixels of a full-size Sentinel-1 SLC: one burst, and a window of 200 x 200 samples."""

from __future__ import annotations

from functools import partial

from benchmarks.bench import Sample
from benchmarks.bursts import find
from benchmarks.clock import best_of
from benchmarks.readtables import both, table
from phistac.odata import records
from phistac.stac.bursts import burst_item

__all__ = ["run"]

_DIRECT = {"GTIFF_DIRECT_IO": "YES"}
_GDAL = {
    "GDAL /vsis3, defaults": ({}, 1),
    "GDAL /vsis3, direct I/O": (_DIRECT, 1),
    "GDAL /vsis3, 4 threads": ({"GDAL_NUM_THREADS": "4"}, 1),
    "GDAL /vsis3, by hand: 4 handles in 4 threads": ({}, 4),
    "GDAL /vsis3, by hand: 4 handles in 4 threads, direct I/O": (_DIRECT, 4),
}
_ITEM = "phistac, the burst from its Item"
_S3FS = "s3fs by hand, 4 ranges, offset known"


def run(bench):
    """Read with every tool; returns the table of the burst and that of the window."""
    with bench.unlimited("full") as free, bench.archive("full") as strict:
        burst = find(strict)
        bench.say(f"  burst {burst.row['Name']}: {burst.shape[0]} x {burst.shape[1]}, {burst.size / 1e6:.1f} MB")
        return [
            table(burst, region, _samples(bench, free, strict, burst, region), burst.truth(strict.root, region))
            for region in (burst.whole, burst.window)
        ]


def _samples(bench, free, strict, burst, region):
    """Ask every tool in turns, the slow ones once; return the best sample of each by name.

    Everybody has the strict sandbox, whoever is refused there one without a limit on connections besides.
    """
    ways = _ways(bench, burst, region)
    taken = {}
    for number in range(bench.rounds):
        bench.say(f"  {'burst' if region == burst.whole else 'window'}, round {number + 1} of {bench.rounds}")
        for name, way in ways.items():
            refused = f"{name}, **against the quota**"
            if refused not in taken:
                taken.setdefault(name, []).append(way(strict))
            if _was_refused(taken[name][0]):
                taken.setdefault(refused, []).append(way(free))
    bench.say("  the slow ones, once")
    for name, way in _slow_ways(bench, burst, region).items():
        taken[name] = [way(strict)]
        if _was_refused(taken[name][0]):
            taken[f"{name}, **against the quota**"] = [way(free)]
    return {name: best_of(samples, both) for name, samples in taken.items()}


def _was_refused(sample):
    return not isinstance(sample, Sample) or sample.refused > 0


def _ways(bench, burst, region):
    """Return how to have every fast tool read a region from a sandbox, by name."""
    ours = {"place": f"cdse://{burst.product}", "group": burst.image, "region": list(region)}
    if region == burst.whole:
        ours |= {"group": f"{burst.image}/{burst.index}", "region": None}
    ways = {"phistac": partial(bench.ask, client="phistac_read", request=ours, ours=True)}
    line, lines, pixel, width = region
    inside = [line - burst.row["Lines"], lines, pixel, width]
    alone = {"place": burst_item(records.burst(burst.row)), "group": "", "region": inside}
    ways[_ITEM] = partial(bench.ask, client="phistac_read", request=alone, ours=True)
    for name, (options, handles) in _GDAL.items():
        request = {"path": burst.path, "region": list(region), "options": options, "handles": handles}
        ways[name] = partial(_ask, bench, "gdal_read", request)
    if region == burst.whole:
        request = {"path": burst.path, "start": burst.row["ByteOffset"], "shape": list(burst.shape), "parts": 4}
        ways[_S3FS] = partial(_ask, bench, "s3fs_read", request)
    return ways


def _slow_ways(bench, burst, region):
    on_tiff = {"path": burst.path, "region": list(region)}
    whole = region == burst.whole
    theirs = {
        "product": burst.product,
        "group": f"{burst.image}/{burst.index}" if whole else burst.image,
        "region": None if whole else list(region),
    }
    return {
        "rioxarray, s3://, chunks of 256 lines": partial(_ask, bench, "rioxarray_read", on_tiff),
        "tifffile as Zarr over s3fs": partial(_ask, bench, "tifffile_read", on_tiff),
        "xarray-sentinel": partial(_ask, bench, "xarray_sentinel_read", theirs),
    }


def _ask(bench, client, request, cdse):
    """Have a tool that knows nothing of sandboxes ask one: the keys go with the request."""
    keys = {"endpoint": cdse.settings.s3_url, "key": cdse.config.access_key, "secret": cdse.config.secret_key}
    return bench.ask(cdse, client, {**request, "s3": keys})
