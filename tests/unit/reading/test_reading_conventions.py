"""What every dataset says of itself."""

from __future__ import annotations

from importlib.metadata import version

import xarray as xr

from phistac.reading import conventions


def test_the_version_is_looked_up_once_for_all_datasets(monkeypatch):
    asked = []
    monkeypatch.setattr(conventions, "version", lambda name: asked.append(name) or version(name))
    conventions._history.cache_clear()
    made = [conventions.describe(xr.Dataset(), group=f"IW{number}/VV") for number in range(3)]
    assert asked == ["phistac"]
    assert {dataset.attrs["history"] for dataset in made} == {f"created by phistac-{version('phistac')}"}
