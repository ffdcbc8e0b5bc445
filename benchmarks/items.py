"""Rows of the catalogue as Items, and Items as a table."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from unittest.mock import patch

import geopandas as gpd
import stac_geoparquet.arrow

import phistac
from benchmarks.clock import in_turns
from benchmarks.process import ClientError, call
from benchmarks.rows import compact, templates, varied
from benchmarks.tables import Goal, Table
from phistac.odata.records import product
from phistac.safe.manifest import MANIFEST_NAMES, parse_manifest
from phistac.stac.exact_assets import exact_assets, extended
from phistac.stac.items import item
from phistac.stac.product_place import place_of
from phistac.stac.service import Service

__all__ = ["run"]

_ROWS, _THEIR_ROWS, _TABLE_ROWS, _TURNS = 1000, 200, 10_000, 10
_SERVICE = Service()
_EODAG = "Sentinel-2 L2A"  # the kind that eodag is given too


def run(bench):
    """Translate rows of four kinds, and make a table of ten thousand Items."""
    with bench.archive("small") as cdse:
        kinds = templates(cdse.root)
        files = {kind: _files(cdse.root, row) for kind, row in kinds.items()}
    rows = {kind: [json.loads(text) for text in varied(row, _ROWS)] for kind, row in kinds.items()}
    listed = {kind: [_renamed(files[kind], kinds[kind], row) for row in some] for kind, some in rows.items()}
    return [_translation(bench, rows, listed), _table(bench, kinds)]


def _files(root, row):
    """Return the files of a product, as its manifest lists them."""
    folder = root / "s3" / row["S3Path"].lstrip("/")
    manifest = next(folder / name for name in MANIFEST_NAMES if (folder / name).exists())
    return parse_manifest(manifest.read_bytes()).objects


def _renamed(files, template, row):
    """Return the files of a product as those of another one: they are named after its time, in either case."""
    old, new = compact(template["ContentDate"]["Start"]), compact(row["ContentDate"]["Start"])
    return [replace(file, path=file.path.replace(old, new).replace(old.lower(), new.lower())) for file in files]


def _items(rows):
    return [item(product(row)) for row in rows]


def _complete(rows, files):
    """Do what ``phistac.with_assets`` does once the manifest has come."""
    found = []
    for made, own in zip(_items(rows), files, strict=True):
        assets = exact_assets(made, place_of(made, _SERVICE.settings.bucket), own, _SERVICE)
        found.append({**made, "assets": assets, "stac_extensions": extended(made, assets)})
    return found


def _without_assets(rows):
    with patch.multiple("phistac.stac.items", product_assets=_no_assets, named_assets=_no_assets):
        return _items(rows)


def _no_assets(*_):
    return {}


def _loads(texts):
    return [json.loads(text) for text in texts]


def _texts(items):
    return [json.dumps(made, ensure_ascii=False) for made in items]


def _translation(bench, rows, files):
    lines, goals = [], []
    for kind, some in rows.items():
        bench.say(f"  {kind}: {len(some)} rows")
        record, complete = _texts(_items(some)), _texts(_complete(some, files[kind]))
        best, results = in_turns(
            _TURNS,
            bare=partial(_without_assets, some),
            record=partial(_items, some),
            record_text=partial(_loads, record),
            complete=partial(_complete, some, files[kind]),
            complete_text=partial(_loads, complete),
        )
        each = {name: 1e6 * seconds / len(some) for name, seconds in best.items()}
        same = results["record_text"] == results["record"] and results["complete_text"] == results["complete"]
        lines.append(
            (
                kind if same else f"{kind} (**Items change on their way through JSON**)",
                f"{each['bare']:.0f}",
                *_beside_json(results["record"][0], record, each["record"], each["record_text"]),
                *_beside_json(results["complete"][0], complete, each["complete"], each["complete_text"]),
                _beside_eodag(bench, some, each["record"], goals) if kind == _EODAG else "-",
            )
        )
        goals.append(Goal(f"{kind}: without assets", each["bare"], 100, True, " µs"))
        ratio = each["complete"] / each["complete_text"]
        goals.append(Goal(f"{kind}: complete, x json.loads of its own text", ratio, 1.5, True, "x"))
    return Table(
        "Rows of the catalogue as Items",
        f"{_ROWS} rows of each kind as the service sends them ($expand=Attributes,Assets), already parsed. The best of"
        f" {_TURNS} turns. Of the record alone: as searches return it. Complete: with every file of the manifest, as"
        " `with_assets` returns it. Beside both json.loads of the Item's own text. eodag: normalize_results and as_dict"
        f" of {_THEIR_ROWS} of the same rows, beside ours of the record.",
        (
            "kind", "without assets, µs",
            "of the record: assets, kB", "µs", "x json.loads",
            "complete: assets, kB", "µs", "x json.loads",
            "eodag, µs (x ours)",
        ),
        tuple(lines),
        "json.loads gives the same Items back; eodag's have the same ids in the same order.",
        tuple(goals),
    )  # fmt: skip


def _beside_json(first, texts, ours_us, theirs_us):
    size = sum(map(len, texts)) / len(texts) / 1e3
    return f"{len(first['assets'])}, {size:.1f}", f"{ours_us:.0f}", f"{ours_us / theirs_us:.2f}"


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
