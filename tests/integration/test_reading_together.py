"""What is wanted at once is one plan: phistac.load, load_async, and explain, which shows it before it runs."""

from __future__ import annotations

import asyncio
import json
import pickle

import numpy as np
import pytest
import xarray as xr

import phistac
from phistac.errors import ChangedObjectError, NotFoundError
from phistac.reading.pending import held, pending, variables
from phistac.remote.files.filesystem import filesystem
from phistac.sandbox import Fault

pytest.importorskip("nanio")


@pytest.fixture(scope="module")
def server(seeded_root):
    with phistac.Sandbox(root=seeded_root, latency_s=0.01, rate=0) as running:
        yield running


def place(cdse, part: str) -> str:
    lines = (cdse.root / "catalogue" / "products.jsonl").read_text().splitlines()
    return next(row["S3Path"] for row in map(json.loads, lines) if part in row["Name"] and "_COG" not in row["Name"])


def lazy(holder) -> int:
    return sum(pending(held(variable)) is not None for variable in variables(holder))


@pytest.mark.parametrize("part", ["_IW_SLC__1SDV_", "_IW_GRDH_", "_OL_1_EFR_"])
def test_a_tree_is_read_by_one_plan_that_is_the_one_explained(cdse, part):
    tree = xr.open_datatree(place(cdse, part), engine="safe")
    waiting = lazy(tree)
    assert waiting
    explained = phistac.explain(tree)
    cdse.reset_counters()
    loaded = phistac.load(tree)
    seen = cdse.counters()
    assert len(explained.plans) == 1
    assert (seen.requests, seen.bytes_sent) == (explained.requests, explained.bytes_moved)
    assert seen.peak_sockets <= 4
    assert (lazy(loaded), lazy(tree)) == (0, waiting)
    assert repr(phistac.explain(loaded)) == "<ReadPlan: nothing to read>"
    cdse.reset_counters()
    xr.testing.assert_identical(loaded, tree.compute())
    assert cdse.counters().requests >= explained.requests  # what belongs together is asked for together
    again = xr.open_datatree(place(cdse, part), engine="safe")
    assert phistac.explain(again) == explained


def test_variables_awaited_at_once_are_planned_at_once(cdse):
    opened = xr.open_dataset(place(cdse, "_OL_1_EFR_"), engine="safe", group="measurement")
    explained = phistac.explain(opened)

    async def twice():
        other = xr.open_dataset(place(cdse, "_IW_SLC__1SDV_"), engine="safe", group="IW1/VV")
        cdse.reset_counters()
        await asyncio.gather(opened.load_async(), other.load_async())
        return other

    other = asyncio.run(twice())
    assert cdse.counters().requests == explained.requests + 1
    assert lazy(opened) == lazy(other) == 0
    fresh = xr.open_dataset(place(cdse, "_OL_1_EFR_"), engine="safe", group="measurement")
    xr.testing.assert_identical(opened, phistac.load(fresh))
    loops = [asyncio.new_event_loop() for _ in range(2)]
    for loop in loops:  # any loop will do, one after another too
        slc = xr.open_dataset(place(cdse, "_IW_SLC__1SDV_"), engine="safe", group="IW1/VV")
        xr.testing.assert_identical(loop.run_until_complete(slc.load_async()), other)
        loop.close()


def test_two_versions_of_an_object_are_never_one(cdse):
    """A product replaced while a notebook is open: what was read before, and what is opened now, wanted at once."""
    path = place(cdse, "_IW_SLC__1SDV_")
    old = xr.open_dataset(path, engine="safe", group="IW1/VV").measurement
    assert old[:1].values.size
    item = next(each for each in sorted(cdse.root.glob(f"s3{path}/measurement/*iw1*vv*")))
    cdse.inject(Fault("changed", path=f"{path}/measurement/{item.name}"))
    filesystem().cat_file(f"{path}/measurement/{item.name}", start=0, end=10)
    new = xr.open_dataset(path, engine="safe", group="IW1/VV").measurement
    assert new[:1].values.size
    for both in ({"old": old, "new": new}, {"new": new, "old": old}):
        cut = xr.Dataset({name: array[30:40] for name, array in both.items()})
        with pytest.raises(ChangedObjectError):
            phistac.load(cut)
        with pytest.raises(ChangedObjectError):
            asyncio.run(cut.copy().load_async())
    with pytest.raises(ChangedObjectError):
        assert old[30:40].values.size
    assert new[30:40].values.shape[0] == 10


def test_the_failure_of_one_is_not_that_of_the_others(cdse):
    good = xr.open_dataset(place(cdse, "_IW_SLC__1SDV_"), engine="safe", group="IW1/VV")
    bad = good.copy()
    array = pending(held(pickle.loads(pickle.dumps(bad["measurement"].variable)))).array
    array.layout = type(array.layout)(**{**_fields(array.layout), "path": "measurement/gone.tiff"})
    bad["measurement"] = (("line", "pixel"), xr.core.indexing.LazilyIndexedArray(array))

    async def both():
        return await asyncio.gather(good.load_async(), bad.load_async(), return_exceptions=True)

    whole, error = asyncio.run(both())
    assert isinstance(error, NotFoundError)
    assert lazy(whole) == 0
    with pytest.raises(NotFoundError):
        phistac.load(bad)

    async def given_up():
        task = asyncio.ensure_future(fresh.load_async())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    fresh = xr.open_dataset(place(cdse, "_IW_SLC__1SDV_"), engine="safe", group="IW1/VV")
    asyncio.run(given_up())
    xr.testing.assert_identical(phistac.load(fresh), whole)


def _fields(layout):
    return {name: getattr(layout, name) for name in layout.__dataclass_fields__}


SELECTIONS = {
    "window": lambda image: image[100:200, 5:90],
    "steps": lambda image: image[::-7, ::50],
    "points": lambda image: image.isel(
        line=xr.DataArray([1, 50, 3], dims="p"), pixel=xr.DataArray([4, 5, 9], dims="p")
    ),
    "turned": lambda image: image[4].T,
    "one": lambda image: image[4, 5],
    "nothing": lambda image: image[:0],
}


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("chunks", [None, {}], ids=["lazy", "dask"])
def test_any_selection_is_explained_as_it_is_read(cdse, selection, chunks):
    opened = xr.open_dataset(place(cdse, "_IW_SLC__1SDV_"), engine="safe", group="IW1/VV", chunks=chunks)
    cdse.reset_counters()
    chosen = SELECTIONS[selection](opened["measurement"])
    explained = phistac.explain(chosen)
    assert cdse.counters().requests == 0
    values = chosen.values if chunks is None else chosen.compute(scheduler="synchronous").values
    seen = cdse.counters()
    assert (seen.requests, seen.bytes_sent) == (explained.requests, explained.bytes_moved)
    assert explained.tasks == (0 if chunks is None else len(explained.plans))
    fresh = xr.open_dataset(place(cdse, "_IW_SLC__1SDV_"), engine="safe", group="IW1/VV")
    np.testing.assert_array_equal(phistac.load(SELECTIONS[selection](fresh["measurement"])), values)


def test_what_dask_makes_of_it_is_explained_by_task(cdse):
    image = xr.open_dataset(place(cdse, "_IW_SLC__1SDV_"), engine="safe", group="IW1/VV", chunks={})["measurement"]
    cdse.reset_counters()
    power = (abs(image[100:200]) ** 2 + abs(image[100:200] * 2)).mean()
    explained = phistac.explain(power)
    power.compute(scheduler="synchronous")
    assert cdse.counters().bytes_sent == explained.bytes_moved
    assert explained.tasks == 2
    assert str(explained).startswith("2 tasks of Dask, each with a plan of its own: 2 requests")
    loaded = phistac.load(image)
    assert loaded.chunks is None
    assert image.chunks is not None


@pytest.mark.parametrize("chunks", [None, {}], ids=["lazy", "dask"])
def test_calibrated_pixels_are_planned_as_their_numbers(cdse, chunks):
    tree = xr.open_datatree(place(cdse, "_IW_GRDH_"), engine="safe", chunks=chunks)
    window = phistac.calibrate(tree["IW/VV"], "sigma0")[10:60, 5:90]
    explained = phistac.explain(window)
    cdse.reset_counters()
    loaded = phistac.load(window)
    assert cdse.counters().bytes_sent == explained.bytes_moved > 0
    xr.testing.assert_identical(loaded, window.compute())


def test_explanations_print(cdse):
    image = xr.open_dataset(place(cdse, "_IW_SLC__1SDV_"), engine="safe", group="IW1/VV")["measurement"]
    explained = phistac.explain(image[100:200, 5:90])
    (plan,) = explained.plans
    lines = str(explained).splitlines()
    assert lines[0].startswith("100 ranges in 1 object: 34.0 kB asked, 89.8 kB moved (2.64x)")
    assert lines[2].startswith("in eodata/Sentinel-1/SAR/IW_SLC__1S/")
    assert lines[3].strip().endswith(f"bytes {plan.requests[0].start:,} and {plan.requests[0].stop:,}")
    assert repr(explained) == "<ReadPlan: 1 object, 1 request, 89.8 kB>"
    assert repr(plan).startswith("<RangePlan of 100 ranges in 1 object")
    assert "\n" not in repr(plan)
    assert "<script" not in phistac.explain(image)._repr_html_()
    assert phistac.explain({"collections": ["sentinel-2-l2a"]}).steps
