"""Rows of the catalogue as Items, and Items as a table."""

from __future__ import annotations

import json
from functools import partial
from unittest.mock import patch

import geopandas as gpd
import stac_geoparquet.arrow

import phistac
from benchmarks.clock import in_turns
from benchmarks.process import ClientError, call
from benchmarks.rows import templates, varied
from benchmarks.tables import Goal, Table
from phistac.odata.records import product
from phistac.stac.items import item

__all__ = ["run"]

_ROWS, _THEIR_ROWS, _TABLE_ROWS, _TURNS = 1000, 200, 10_000, 10
_EODAG = "Sentinel-2 L2A"  # the kind that eodag is given too


def run(bench):
    """Translate rows of four kinds, and make a table of ten thousand Items."""
    with bench.archive("small") as cdse:
        kinds = templates(cdse.root)
    rows = {kind: [json.loads(text) for text in varied(row, _ROWS)] for kind, row in kinds.items()}
    return [_translation(bench, rows), _table(bench, kinds)]


def _items(rows):
    return [item(product(row)) for row in rows]


def _without_assets(rows):
    with patch.multiple("phistac.stac.items", product_assets=_no_assets, named_assets=_no_assets):
        return _items(rows)


def _no_assets(*_):
    return {}


def _loads(texts):
    return [json.loads(text) for text in texts]


def _translation(bench, rows):
    lines, goals = [], []
    for kind, some in rows.items():
        bench.say(f"  {kind}: {len(some)} rows")
        texts = [json.dumps(made, ensure_ascii=False) for made in _items(some)]
        ways = {"bare": partial(_without_assets, some), "whole": partial(_items, some), "loads": partial(_loads, texts)}
        best, results = in_turns(_TURNS, **ways)
        each = {name: 1e6 * seconds / len(some) for name, seconds in best.items()}
        same = results["loads"] == results["whole"]
        lines.append(
            (
                kind if same else f"{kind} (**Items change on their way through JSON**)",
                f"{each['bare']:.0f}",
                f"{each['whole']:.0f}",
                f"{each['loads']:.0f}",
                f"{each['whole'] / each['loads']:.2f}",
                f"{sum(map(len, texts)) / len(texts) / 1e3:.1f}",
                _beside_eodag(bench, some, each["whole"], goals) if kind == _EODAG else "-",
            )
        )
        goals.append(Goal(f"{kind}: without assets", each["bare"], 100, True, " µs"))
        goals.append(Goal(f"{kind}: whole, x json.loads", each["whole"] / each["loads"], 1.5, True, "x"))
    return Table(
        "Rows of the catalogue as Items",
        f"{_ROWS} rows of each kind as the service sends them ($expand=Attributes,Assets), already parsed. The best of"
        f" {_TURNS} turns. eodag: normalize_results and as_dict of {_THEIR_ROWS} of the same rows.",
        (
            "kind", "without assets, µs", "whole, µs", "json.loads of its own text, µs", "whole / json.loads",
            "kB of text", "eodag, µs (x ours)",
        ),
        tuple(lines),
        "json.loads gives the same Items back; eodag's have the same ids in the same order.",
        tuple(goals),
    )  # fmt: skip


def _beside_eodag(bench, rows, ours_us, goals):
    some = rows[:_THEIR_ROWS]
    path = bench.work / "rows.json"
    path.write_text(json.dumps(some), encoding="utf-8")
    try:
        turns = [call(bench.peers, "eodag_items", {"rows": str(path)}, home=bench.home) for _ in range(2)]
    except ClientError as error:
        return str(error)
    best = min(turns, key=lambda turn: turn["seconds"])
    if best["names"] != [made["id"] for made in _items(some)]:
        return "**other Items**"
    theirs_us = 1e6 * best["seconds"] / len(some)
    goals.append(Goal("times as fast as eodag's as_dict", theirs_us / ours_us, 40, False, "x"))
    normalizing_us = 1e6 * best["normalized"] / len(some)
    return f"{theirs_us:,.0f} ({theirs_us / ours_us:.0f}x), of these normalize_results {normalizing_us:,.0f}"


def _table(bench, kinds):
    share = _TABLE_ROWS // len(kinds)
    items = _items(json.loads(text) for row in kinds.values() for text in varied(row, share))
    bench.say(f"  {len(items)} Items as tables")
    best, results = in_turns(
        bench.rounds,
        phistac=partial(phistac.to_geodataframe, items),
        geopandas=partial(gpd.GeoDataFrame.from_features, items),
        stac_geoparquet=partial(_arrow, items),
    )
    ours = results["phistac"]
    back = phistac.from_geodataframe(ours.iloc[::97]) == items[::97]
    names = {
        "phistac": "phistac.to_geodataframe",
        "geopandas": "GeoDataFrame.from_features (no ids, no times, no assets)",
        "stac_geoparquet": "stac-geoparquet: Arrow, then geopandas",
    }
    lines = tuple(
        (names[way], f"{seconds:.2f}", f"{seconds / best['phistac']:.2f}", f"{len(results[way])}")
        for way, seconds in best.items()
    )
    return Table(
        f"{len(items):,} Items as a GeoDataFrame",
        f"Whole Items as dicts, {share} of each of the four kinds. The best of {bench.rounds} turns.",
        ("way", "s", "x ours", "rows"),
        lines,
        f"Every 97th row comes back as the very Item it was: {'yes' if back else '**no**'}.",
        (Goal(f"{len(items):,} Items as a GeoDataFrame", best["phistac"], 1, True, " s"),),
    )


def _arrow(items):
    table = stac_geoparquet.arrow.parse_stac_items_to_arrow(items).read_all()
    return gpd.GeoDataFrame.from_arrow(table)
