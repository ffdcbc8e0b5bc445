"""A burst over dates, on the sandbox's S3: the pixels of its single bursts, shifted; each byte asked for once."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xarray as xr

from phistac import burst_series
from phistac.errors import ChangedObjectError, FormatError, NotFoundError
from phistac.odata import records
from phistac.reading.explain import explain
from phistac.reading.loading import load
from phistac.reading.pending import pending
from phistac.sandbox import Fault
from phistac.stac.bursts import burst_item

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("nanio")

BURST = "t044_092602_iw2"


@pytest.fixture(scope="module")
def everything(server) -> list[dict]:
    lines = (server.root / "catalogue" / "bursts.jsonl").read_text().splitlines()
    return [burst_item(records.burst(json.loads(line))) for line in lines]


@pytest.fixture
def items(everything) -> list[dict]:
    """Eight dates in two polarizations."""
    found = [item for item in everything if item["properties"]["burst:id"] == BURST]
    found.sort(key=lambda item: item["properties"]["datetime"])
    return copy.deepcopy(found[:16][::-1])


def of(items: list[dict], polarization: str) -> list[dict]:
    chosen = [item for item in items if item["properties"]["sar:polarizations"] == [polarization]]
    return sorted(chosen, key=lambda item: item["properties"]["datetime"])


def key(item: dict, asset: str) -> str:
    return item["assets"][asset]["href"].removeprefix("s3:/")


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "XDG_CACHE_HOME" / "phistac" / "sidecar").iterdir())


@pytest.fixture
def singles(cdse, items):
    """The single bursts of a polarization, or a table of their images, read from the files below the server."""

    def opened(polarization: str, table: str = "") -> list[xr.Dataset]:
        found = []
        for item in of(items, polarization):
            place = cdse.root / "s3" / key(item, "safe_manifest")[1:]
            burst = {} if table else {"burst": item["properties"]["burst:index"]}
            found.append(xr.open_dataset(place, engine="safe", group=f"IW2/{polarization}{table}", **burst))
        return found

    return opened


def windows(series: xr.Dataset, bursts: list[xr.Dataset]) -> list[tuple[slice, slice]]:
    """Where on the grid the bursts belong. In the sandbox, and only there, orbits repeat exactly: time since the node
    tells the ground."""
    lines = np.array([each.attrs["azimuth_anx_time"] for each in bursts]) / series.attrs["azimuth_time_interval"]
    lines -= lines[0]
    rate = series.attrs["range_sampling_rate"]
    pixels = np.array([each.slant_range_time.values[0] for each in bursts]) * rate
    pixels -= pixels[0]
    np.testing.assert_allclose(series.line_shift, lines - lines.round(), atol=1e-3)
    np.testing.assert_allclose(series.pixel_shift, 0, atol=1e-6)
    tops, nears = (np.round(values - values.min()).astype(int).tolist() for values in (lines.round(), pixels))
    assert len(set(tops)) > 2
    assert len(set(nears)) > 2
    shapes = [each.measurement.shape for each in bursts]
    return [np.s_[top : top + n, near : near + m] for top, near, (n, m) in zip(tops, nears, shapes, strict=True)]


def test_pixels_are_those_of_the_single_bursts_shifted(cdse, items, singles):
    series = burst_series(items)
    seen = cdse.counters(path="/eodata/")
    assert seen.requests == series.sizes["time"] == len(of(items, "VV")) == 8
    assert seen.bytes_sent == sum(
        (cdse.root / "s3" / key(item, "annotation")[1:]).stat().st_size for item in of(items, "VH")
    )
    loaded = load(series)
    for name in ("VV", "VH"):
        bursts = singles(name)
        for at, (burst, window) in enumerate(zip(bursts, windows(series, bursts), strict=True)):
            expected = np.zeros(series[name].shape[1:], "c8")
            expected[window] = burst.measurement.values
            np.testing.assert_array_equal(loaded[name][at], expected)
            np.testing.assert_array_equal(series[name][at], expected)
        assert loaded[name].dtype == np.complex64
    assert "ot coregistered" in series.attrs["comment"]
    assert cdse.counters().refused == 0
    assert cdse.counters().peak_sockets <= 4


def test_every_date_says_when_from_where_and_what_is_valid(cdse, items, singles):
    series, bursts = burst_series(items), singles("VV")
    for at, (item, burst, window) in enumerate(zip(of(items, "VV"), bursts, windows(series, bursts), strict=True)):
        times = series.azimuth_time.values[at][window[0]]
        assert np.abs(times - burst.azimuth_time.values).max() < np.timedelta64(1, "us")
        np.testing.assert_allclose(series.slant_range_time.values[window[1]], burst.slant_range_time.values, atol=1e-15)
        assert str(series.platform.values[at]) == item["properties"]["platform"]
        assert str(series.burst_mid_time.values[at]) == burst.attrs["burst_mid_time"]
        assert series.doppler_centroid_polynomial.values[at].tolist() == burst.attrs["doppler_centroid_polynomial"]
        assert float(series.azimuth_fm_rate_t0[at]) == burst.attrs["azimuth_fm_rate_t0"]
    tables = zip(of(items, "VV"), singles("VV", "/bursts"), singles("VV", "/orbit"), strict=True)
    for at, (item, timings, orbit) in enumerate(tables):
        timing = timings.isel(burst=item["properties"]["burst:index"])
        top, near = (part.start for part in windows(series, bursts)[at])
        mask = np.zeros(series.valid.shape[1:], bool)
        for line, (begin, end) in enumerate(zip(timing.first_valid_sample, timing.last_valid_sample, strict=True)):
            if begin >= 0:
                mask[top + line, near + int(begin) : near + int(end) + 1] = True
        assert 0.5 < mask.mean() < 1
        np.testing.assert_array_equal(series.valid[at], mask)
        np.testing.assert_array_equal(series.valid[at, 5:30:7, [3, 200]], mask[5:30:7, [3, 200]])
        np.testing.assert_array_equal(series.orbit_position[at], orbit.position.values.T)
        np.testing.assert_array_equal(series.orbit_time[at], orbit.azimuth_time)


def test_dates_lie_over_one_another_on_the_ground(cdse, items):
    """The sandbox's ground has a coherence of 0.49 from date to date; a line or a sample off, it has none."""
    first, *others = (
        load(burst_series(of(items, "VV"))[["VV", "valid"]].isel(time=slice(0, 6))).transpose("time", ...).VV
    )

    def coherence(one, other) -> float:
        product = (one * np.conj(other)).sum() / np.sqrt((abs(one) ** 2).sum() * (abs(other) ** 2).sum())
        return float(abs(product))

    for other in others:
        assert coherence(first.values, other.values) > 0.4
        assert coherence(first.values[1:], other.values[:-1]) < 0.1
        assert coherence(first.values[:, :-1], other.values[:, 1:]) < 0.1


def test_a_window_of_a_date_costs_its_bytes(cdse, items, singles):
    series = burst_series(items)
    cdse.reset_counters()
    lazy = series.VV.isel(time=3, line=slice(20, 24))
    assert "in 2 objects" in str(explain(lazy))
    assert cdse.counters(path="/eodata/").requests == 0
    found = lazy.values
    seen = cdse.counters(path="/eodata/")
    burst = singles("VV")[3]
    assert 4 * 4 * burst.sizes["slant_range_time"] == seen.bytes_sent - 1  # one byte shows that the annotation stands
    assert found.any()
    cdse.reset_counters()
    assert series.VV.isel(time=3, line=slice(24, 28)).values.any()
    assert cdse.counters(path="/eodata/").bytes_sent == 4 * 4 * burst.sizes["slant_range_time"]
    assert not series.VV.isel(time=slice(0, 2), pixel=slice(0, 0)).values.size


def test_files_must_have_the_size_that_their_annotation_implies(cdse, items):
    """A file that was repacked lies otherwise than its annotation says; its size gives it away."""
    series = burst_series(items)
    expected = {key(item, "data").removeprefix("/eodata/") for item in of(items, "VH")}
    sizes = pending(series.VH.variable._data).request().sizes
    assert sizes == {path: (cdse.root / "s3" / "eodata" / path).stat().st_size for path in expected}


def test_the_second_series_reads_no_annotation(cdse, items, singles, tmp_path):
    first = load(burst_series(items))
    assert len(kept(tmp_path)) == 3 * first.sizes["time"]  # an annotation, and two measurements that were seen
    cdse.reset_counters()
    second = burst_series(items)
    assert cdse.counters(path="/eodata/").requests == 0
    xr.testing.assert_identical(load(second), first)
    pixels = 2 * sum(4 * burst.measurement.size for burst in singles("VV"))
    assert cdse.counters(path="/eodata/").bytes_sent == pixels  # their versions are known: not even a witness is asked


def test_tasks_of_dask_are_dates(cdse, items):
    expected = load(burst_series(of(items, "VV")))
    lazy = burst_series(of(items, "VV"), chunks={})
    assert lazy.VV.chunks == ((1,) * lazy.sizes["time"], (lazy.sizes["line"],), (lazy.sizes["pixel"],))
    assert lazy.azimuth_time.chunks is None
    xr.testing.assert_identical(lazy.compute(scheduler="threads"), expected)
    assert cdse.counters().refused == 0
    assert burst_series(of(items, "VV"), chunks={}).VV.data.name == lazy.VV.data.name
    assert burst_series(of(items, "VH"), chunks={}).VH.data.name != lazy.VV.data.name
    assert burst_series(of(items, "VV")[1:], chunks={}).VV.data.name != lazy.VV.data.name


def test_series_travel_and_load_in_coroutines_without_secrets(cdse, items, tmp_path, capfd):
    series = burst_series(items)
    expected = load(series)
    graph = pickle.dumps(burst_series(items, chunks={}).VV.__dask_graph__())
    sent = pickle.dumps(series)
    texts = [
        repr(series),
        series._repr_html_(),
        repr(series.VV.variable._data),
        *(path.read_bytes() for path in kept(tmp_path)),
    ]
    for secret in (cdse.password, cdse.config.secret_key, cdse.config.access_key):
        for text in (sent, graph, *texts):
            assert (secret if isinstance(text, str) else secret.encode()) not in text
    xr.testing.assert_identical(load(pickle.loads(sent)), expected)
    xr.testing.assert_identical(asyncio.run(burst_series(items).load_async()), expected)


def test_an_item_that_contradicts_its_annotation_is_not_believed(cdse, items):
    of(items, "VH")[4]["assets"]["data"]["burst:byte_offset"] += 4
    with pytest.raises(FormatError, match="no burst 92602 at byte"):
        burst_series(items)
    of(items, "VH")[4]["assets"]["data"]["burst:byte_offset"] -= 4
    of(items, "VV")[4]["assets"]["data"]["burst:byte_offset"] += 4
    with pytest.raises(FormatError, match="in the other polarizations"):
        burst_series(items)


def test_pixels_replaced_behind_the_sidecar_are_noticed(cdse, items):
    expected = load(burst_series(of(items, "VV")))
    cdse.inject(Fault("changed", path=key(of(items, "VV")[3], "data")))
    stale = burst_series(of(items, "VV"))
    with pytest.raises(ChangedObjectError):
        load(stale)
    np.testing.assert_array_equal(stale.VV[:3], expected.VV[:3])
    with pytest.raises(ChangedObjectError):
        stale.VV[3].load()
    again = load(burst_series(of(items, "VV")))  # what was known of the replaced product is forgotten
    np.testing.assert_array_equal(again.VV[4:], expected.VV[4:])
    assert not np.array_equal(again.VV[3], expected.VV[3])


def test_an_annotation_replaced_behind_the_sidecar_is_noticed(cdse, items, tmp_path):
    """No pixel was read while it was kept: one byte of it, asked for with the pixels, tells."""
    burst_series(items)
    expected = len(kept(tmp_path))
    cdse.inject(Fault("changed", path=key(of(items, "VH")[3], "annotation")))
    stale = burst_series(items)
    with pytest.raises(ChangedObjectError, match=r"-slc-vh-.*xml"):
        asyncio.run(stale.VV.isel(time=3).load_async())
    assert len(kept(tmp_path)) == expected - 1


def test_a_product_that_is_gone_is_forgotten(cdse, items, tmp_path):
    burst_series(items)
    cdse.inject(Fault("gone", path=key(of(items, "VV")[0], "data")))
    with pytest.raises(NotFoundError, match="missing"):
        load(burst_series(items))
    assert not kept(tmp_path)


def test_a_damaged_sidecar_is_read_past(cdse, items, tmp_path, monkeypatch):
    expected = load(burst_series(items))
    for path in kept(tmp_path):
        path.write_bytes(path.read_bytes()[:-7])
    xr.testing.assert_identical(load(burst_series(items)), expected)
    monkeypatch.setenv("PHISTAC_SIDECAR", "off")
    cdse.reset_counters()
    burst_series(items)
    assert cdse.counters(path="/eodata/").requests == 8


def test_a_burst_by_its_item_knows_its_valid_samples(cdse, items, singles):
    """Two round trips: manifest and annotation."""
    item = of(items, "VV")[0]
    cdse.reset_counters()
    burst = xr.open_dataset(item, engine="safe")
    assert cdse.counters(path="/eodata/").requests == 2
    timing = singles("VV", "/bursts")[0].isel(burst=item["properties"]["burst:index"])
    valid = timing.first_valid_sample.values >= 0
    assert burst.attrs["first_valid_sample"] == timing.first_valid_sample.values[valid].max()
    assert burst.attrs["last_valid_sample"] == timing.last_valid_sample.values[valid].min()
