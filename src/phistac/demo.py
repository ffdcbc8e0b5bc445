"""The main job, once through: search, read lazily, download, count. On a Copernicus Data Space on this machine.

Every step is what a user would type; the sandbox's counters say what it cost on the wire.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import xarray as xr

import phistac
from phistac.errors import NotFoundError
from phistac.sandbox.handle import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import geopandas as gpd
    import pystac
    import pystac_client

    from phistac.sandbox.counters import Counters

__all__ = ["run"]

_SLC, _BURSTS = "sentinel-1-slc", "sentinel-1-slc-burst"
_OLCI = ("sentinel-3-olci-1-efr-ntc", "sentinel-3-olci-1-efr-nrt")
_COLLECTIONS = (_SLC, _BURSTS, "sentinel-1-grd-safe", "sentinel-2-l1c", "sentinel-2-l2a", *_OLCI)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every step needs."""

    cdse: Sandbox
    catalog: pystac_client.Client
    out: Path
    say: Callable[[str], None]


def run(out: Path, *, data: Path | None = None, say: Callable[[str], None]) -> None:
    """Run the main job and leave its results in a folder.

    Parameters
    ----------
    out : pathlib.Path
        Where the Items, the plot, the downloaded product and the report go; made if it is not there.
    data : pathlib.Path, optional
        A folder of real records and products to serve; a seeded archive by default.
    say : callable
        Takes one line of text at a time.

    Raises
    ------
    NotFoundError
        If the archive holds no Sentinel-1 SLC or no Sentinel-3 OLCI product whose files are there.
    """
    out.mkdir(parents=True, exist_ok=True)
    say("A Copernicus Data Space on this machine, with the quotas of the real one:")
    with Sandbox(data=data, size="full", strict=True, count="both", progress=lambda line: say(f"  {line}")) as cdse:
        scene = _Scene(cdse, phistac.connect(), out, say)
        items = _search(scene)
        table = _save(scene, items)
        _read_sentinel1(scene, items)
        _read_sentinel3(scene, items)
        _download(scene, items)
        _count_passes(scene, table)
        _account_for_it(scene)


def _search(scene: _Scene) -> list[pystac.Item]:
    scene.say("\nSearch: the OData catalogue, answered as a STAC API in process")
    items: list[pystac.Item] = []
    for collection in _COLLECTIONS:
        found = scene.catalog.search(collections=[collection]).item_collection()
        scene.say(f"  {collection:<28}{len(found):>7,} Items")
        items += found
    return items


def _save(scene: _Scene, items: list[pystac.Item]) -> gpd.GeoDataFrame:
    table = phistac.to_geodataframe(items)
    phistac.to_geoparquet(items, scene.out / "items.parquet")
    collection = {"type": "FeatureCollection", "features": [item.to_dict(transform_hrefs=False) for item in items]}
    (scene.out / "items.json").write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
    scene.say(f"  {len(table):,} rows: items.json, items.parquet")
    return table


def _read_sentinel1(scene: _Scene, items: list[pystac.Item]) -> None:
    slc = _with_files(scene, [item for item in items if item.collection_id == _SLC])
    scene.say(f"\nRead: {slc.id}")
    tree = xr.open_datatree(slc, engine="safe")
    swaths = [node for node in tree.subtree if "measurement" in node.children]
    metadata = scene.cdse.counters(path="/eodata/")
    scene.say(f"  {len(list(tree.subtree))} groups from {metadata.requests} requests; no pixel has moved")
    for node in swaths:
        pixels = node["measurement"].ds["measurement"]
        bursts = node["measurement"].attrs.get("number_of_bursts", "?")
        scene.say(f"  {node.path:<8} {bursts} bursts, {pixels.sizes} {pixels.dtype}")
    _read_burst(scene, slc, swaths[0].path.strip("/"))


def _read_burst(scene: _Scene, slc: pystac.Item, group: str) -> None:
    burst = xr.open_dataset(slc, engine="safe", group=f"{group}/3")["measurement"]
    scene.cdse.reset_counters()
    try:
        pixels = burst.load()
    except phistac.PhistacError as error:
        scene.say(f"  burst 3 of {group}: its pixels are not in this archive ({error})")
        return
    asked = pixels.size * 4  # complex int16 on disk
    cost = scene.cdse.counters(path="/eodata/")
    ratio = cost.bytes_sent / asked
    scene.say(f"  burst 3 of {group}: {asked / 1e6:.1f} MB asked, {ratio:.3f} times that moved, in {cost.requests} ranges")


def _read_sentinel3(scene: _Scene, items: list[pystac.Item]) -> None:
    olci = _with_files(scene, [item for item in items if item.collection_id in _OLCI])
    scene.say(f"\nRead: {olci.id}")
    scene.cdse.reset_counters()
    tree = xr.open_datatree(olci, engine="safe")
    radiance = next(node["Oa08_radiance"] for node in tree.subtree if "Oa08_radiance" in node.data_vars)
    scene.say(f"  Oa08_radiance {dict(radiance.sizes)}, still lazy; mean {float(radiance.mean()):.3f} {radiance.attrs['units']}")
    cost = scene.cdse.counters(path="/eodata/")
    scene.say(f"  {cost.bytes_sent / 1e6:.2f} MB in {cost.requests} requests")


def _download(scene: _Scene, items: list[pystac.Item]) -> None:
    olci = _with_files(scene, [item for item in items if item.collection_id in _OLCI])
    scene.say("\nDownload: every object verified against the product's own manifest")
    report = phistac.download([olci], scene.out)
    scene.say(f"  {report}")
    report.raise_for_failures()
    (scene.out / "report.txt").write_text(str(report) + "\n", encoding="utf-8")
    scene.cdse.reset_counters()
    again = phistac.download([olci], scene.out, progress=False)
    scene.say(f"  again: {again}; {scene.cdse.counters(path='/eodata/').requests} requests")


def _count_passes(scene: _Scene, table: gpd.GeoDataFrame) -> None:
    products = table[table["collection"] != _BURSTS]
    scene.say("\nCount: when this place was seen")
    for name, group in products.groupby("collection"):
        scene.say(f"  {name:<28}{phistac.temporal_statistics(group)}")
    axes = phistac.plot_timeline(products, by="collection")
    axes.figure.savefig(scene.out / "timeline.png", dpi=150, bbox_inches="tight")
    scene.say("  timeline.png")


def _account_for_it(scene: _Scene) -> None:
    seen = scene.cdse.counters()
    scene.say("\nWhat the service saw")
    scene.say(f"  {seen.peak_sockets} sockets and {seen.peak_in_flight} requests at once, of {scene.cdse.config.connections} allowed")
    scene.say(f"  {seen.refused} requests refused for being too many")
    scene.say(f"\nEverything is in {scene.out}")


def _with_files(scene: _Scene, items: list[pystac.Item]) -> pystac.Item:
    """Return the first of these whose files are in the archive; a folder may hold records without products."""
    raise NotImplementedError
