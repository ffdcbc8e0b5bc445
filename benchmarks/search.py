"""A search with 50,000 results: how long it takes, and how many of them arrive."""

from __future__ import annotations

from datetime import timedelta

from benchmarks.bench import Sample
from benchmarks.rows import START, STEP, append, templates
from benchmarks.tables import Goal, Table

__all__ = ["run"]

_ROWS = 50_000
_TOOLS = ("phistac", "phidown", "cdsetool", "eodag")


def run(bench):
    """Let every tool search for the same records in one catalogue, one after another."""
    bench.say(f"  a catalogue with {_ROWS:,} more rows; made once")
    archive = bench.archive("small")
    with archive as cdse:
        root, row = cdse.root, templates(cdse.root)["Sentinel-2 L2A"]
    append(root, row, _ROWS)
    with bench.archive("small") as cdse:
        catalogue = cdse.settings.catalogue_url
        _warm_up(cdse)
        request = {"catalogue": catalogue, "start": _text(START), "stop": _text(START + _ROWS * STEP)}
        samples = {}
        for tool in _TOOLS:
            samples[tool] = bench.ask(
                cdse, f"{tool}_search", request, ours=tool == "phistac", path="/odata/", timeout_s=1200
            )
    return [_table(samples)]


def _text(moment):
    return (moment - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _warm_up(cdse):
    """Have the catalogue read its rows before anybody is timed."""
    import phistac  # noqa: PLC0415 - only here

    client = phistac.connect(cdse.settings)
    search = client.search(collections=["sentinel-2-l2a"], datetime=f"{_text(START)}/..", limit=1)
    matched = search.matched()
    if matched is None or matched < _ROWS:
        raise RuntimeError(f"the catalogue has {matched} rows, not {_ROWS}")


def _table(samples):
    ours = samples["phistac"]
    wanted = {name.removesuffix(".SAFE") for name in ours.answer["names"]} if isinstance(ours, Sample) else set()
    rows = tuple(_row(tool, sample, wanted) for tool, sample in samples.items())
    goals = (Goal("records that phistac returned, of those that there are", len(wanted) / _ROWS, 1.0, False),)
    return Table(
        f"A search with {_ROWS:,} results",
        f"One catalogue, {_ROWS:,} records at different times, asked by every tool in turn through its own interface."
        " The server is on the same machine and takes part of the time. What comes back differs: phistac and eodag make"
        " Items or products of the rows, phidown and CDSETool hand on the rows.",
        ("tool", "s", "records", "of them distinct", "of all", "ms for each record", "requests", "what it said"),
        rows,
        f"Names are compared: the others' are among ours, and ours are {len(wanted):,} distinct ones.",
        goals,
    )


def _row(tool, sample, wanted):
    if not isinstance(sample, Sample):
        return (tool, "-", "-", "-", "-", "-", "-", str(sample))
    names = [name.removesuffix(".SAFE") for name in sample.answer["names"]]
    distinct = set(names)
    strange = len(distinct - wanted)
    seconds = sample.answer["seconds"]
    return (
        tool,
        f"{seconds:.1f}",
        f"{len(names):,}",
        f"{len(distinct):,}" + (f" (**{strange} others**)" if strange else ""),
        f"{100 * len(distinct & wanted) / _ROWS:.1f} %",
        f"{1000 * seconds / max(1, len(names)):.2f}",
        f"{sample.requests}",
        sample.answer["said"] or "nothing",
    )
