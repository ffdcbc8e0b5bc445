"""The main job, once through: search, read lazily, download, count. On a Copernicus Data Space on this machine.

Every step is what a user would type; the sandbox's counters say what it cost on the wire.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt

import phistac
from phistac.errors import ConfigurationError, FormatError, NotFoundError
from phistac.sandbox.bars import Bars
from phistac.sandbox.handle import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd
    import pystac
    import pystac_client

__all__ = ["run"]

_SLC, _BURSTS = "sentinel-1-slc", "sentinel-1-slc-burst"
_OLCI = ("sentinel-3-olci-1-efr-ntc", "sentinel-3-olci-1-efr-nrt")
_MANIFESTS = ("safe_manifest", "xfdumanifest")
_BYTES_PER_SAMPLE = 4  # complex of two 16 bit integers
_COLLECTIONS = (_SLC, _BURSTS, "sentinel-1-grd-safe", "sentinel-2-l1c", "sentinel-2-l2a", *_OLCI)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every step needs."""

    cdse: Sandbox
    catalog: pystac_client.Client
    out: Path
    say: Callable[[str], None]


def run(out: Path, *, data: Path | None = None, root: Path | None = None, say: Callable[[str], None]) -> None:
    """Run the main job and leave its results in a folder.

    Parameters
    ----------
    out : pathlib.Path
        Where the Items, the plot, the downloaded product and the report go; made if it is not there.
    data : pathlib.Path, optional
        A folder of real records and products to serve; a seeded archive by default.
    root : pathlib.Path, optional
        Where the archive is kept, to be used again; it is thrown away by default.
    say : callable
        Takes one line of text at a time.

    Raises
    ------
    ConfigurationError
        If ``out`` is a file.
    NotFoundError
        If the archive holds no Sentinel-1 SLC or no Sentinel-3 OLCI product whose files are there.
    """
    if out.exists() and not out.is_dir():
        raise ConfigurationError(f"{out} is a file", remedy="Name a folder, which need not exist yet.")
    out.mkdir(parents=True, exist_ok=True)
    say("A Copernicus Data Space on this machine, with the quotas of the real one:")
    with (
        Bars(say) as bars,
        Sandbox(data=data, root=root, size="full", strict=True, count="both", progress=bars) as cdse,
    ):
        bars.close()
        scene = _Scene(cdse, phistac.connect(), out, say)
        items = _search(scene)
        table = _save(scene, items)
        _read_sentinel1(scene, _with_files(scene, items, _SLC))
        olci = _with_files(scene, items, *_OLCI)
        _read_sentinel3(scene, olci)
        _download(scene, olci)
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
    collection = json.dumps(phistac.to_item_collection(items), ensure_ascii=False)
    (scene.out / "items.json").write_text(collection, encoding="utf-8")
    scene.say(f"  {len(table):,} rows: items.json, items.parquet")
    return table


def _with_files(scene: _Scene, items: list[pystac.Item], *collections: str) -> pystac.Item:
    """Return the newest Item of these collections whose files are there: a folder may hold records without products."""
    archive = phistac.CdseFileSystem(settings=scene.cdse.settings)
    candidates = [item for item in items if item.collection_id in collections]
    for item in sorted(candidates, key=lambda item: item.properties["datetime"], reverse=True):
        manifests = [item.assets[name].href for name in _MANIFESTS if name in item.assets]
        if any(archive.exists(manifest) for manifest in manifests):
            return item
    raise NotFoundError(f"the archive has no product of {' or '.join(collections)} with its files")


def _read_sentinel1(scene: _Scene, slc: pystac.Item) -> None:
    scene.say(f"\nRead lazily: {slc.id}")
    meter = _Meter(scene.cdse)
    tree = phistac.open(slc)
    scene.say(f"  {len(tree.groups)} groups, {meter}; no pixel among them")
    images = [tree[f"{path}/measurement"] for path in tree.groups if "measurement" in tree[path].children]
    for image in images:
        pixels = image["measurement"]
        scene.say(
            f"  {image.path:<22}{image.attrs['number_of_bursts']:>3} bursts  {pixels.sizes['line']:>6} x"
            f" {pixels.sizes['pixel']:<6} {pixels.dtype}"
        )
    group = images[0].path.strip("/").removesuffix("/measurement")
    _read_burst(scene, slc, f"{group}/{images[0].attrs['number_of_bursts'] // 2}")


def _read_burst(scene: _Scene, slc: pystac.Item, group: str) -> None:
    burst = phistac.open(slc, group=group)["measurement"]
    meter = _Meter(scene.cdse)
    try:
        burst.load()
    except FormatError as error:
        scene.say(f"  burst {group}: not to be had here, {error.message}")
        return
    asked = burst.size * _BYTES_PER_SAMPLE
    moved, _ = meter.read()
    scene.say(f"  burst {group}: {asked / 1e6:.1f} MB asked, {moved / asked:.4f} times that moved, {meter}")


def _read_sentinel3(scene: _Scene, olci: pystac.Item) -> None:
    scene.say(f"\nRead lazily: {olci.id}")
    meter = _Meter(scene.cdse)
    tree = phistac.open(olci)
    scene.say(f"  {len(tree.groups)} groups, {meter}")
    radiance = tree["measurement/Oa08_radiance"]
    meter = _Meter(scene.cdse)
    mean = f"{float(radiance.mean()):.2f} {radiance.attrs['units']}"
    scene.say(f"  Oa08_radiance {dict(radiance.sizes)}: mean {mean}, {meter}")


def _download(scene: _Scene, olci: pystac.Item) -> None:
    scene.say("\nDownload: every object against the product's own manifest")
    report = phistac.download([olci], scene.out)
    report.raise_for_failures()
    scene.say(f"  {report}")
    (scene.out / "report.txt").write_text(report.table() + "\n", encoding="utf-8")
    meter = _Meter(scene.cdse)
    again = phistac.download([olci], scene.out, progress=False)
    scene.say(f"  again: {again}; {meter}")


def _count_passes(scene: _Scene, table: gpd.GeoDataFrame) -> None:
    scene.say("\nCount: when the place was seen")
    products = table[table["collection"] != _BURSTS]
    for name, group in products.groupby("collection"):
        statistics = phistac.temporal_statistics(group)
        scene.say(f"  {name:<28}{repr(statistics)[1:-1].removeprefix('TemporalStatistics: ')}")
    phistac.plot_timeline(products, by="collection")
    plt.savefig(scene.out / "timeline.png", dpi=150)
    plt.close()


def _account_for_it(scene: _Scene) -> None:
    seen = scene.cdse.counters()
    allowed = scene.cdse.config.connections
    scene.say("\nWhat the service saw in all")
    scene.say(f"  at most {seen.peak_sockets} sockets and {seen.peak_in_flight} requests at once, of {allowed} allowed")
    scene.say(f"  {seen.refused} requests refused as too many")
    scene.say(f"\nItems, timeline, report and product are in {scene.out}")


class _Meter:
    """What S3 has sent since the meter was made: the sandbox counts, we only subtract."""

    def __init__(self, cdse: Sandbox) -> None:
        self._cdse = cdse
        self._before = (0, 0)
        self._before = self.read()

    def read(self) -> tuple[int, int]:
        """Return bytes and requests."""
        seen = self._cdse.counters(path="/eodata/")
        return seen.bytes_sent - self._before[0], seen.requests - self._before[1]

    def __str__(self) -> str:
        moved, requests = self.read()
        return f"{moved / 1e6:.2f} MB in {requests} request{'s' * (requests != 1)}"
