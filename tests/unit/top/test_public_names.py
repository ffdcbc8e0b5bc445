"""The public names: all there, none hidden by a submodule, nothing heavy loaded for their sake."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import phistac

_HEAVY = ("numpy", "pandas", "xarray", "dask", "shapely", "pystac", "requests", "lxml", "h5py", "pyarrow")


@pytest.mark.parametrize("name", phistac.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(phistac, name) is not None


def test_no_public_name_is_also_a_submodule() -> None:
    # importing `phistac.search` would overwrite a function `phistac.search`
    submodules = {module.name for module in pkgutil.iter_modules(phistac.__path__)}
    assert submodules.isdisjoint(phistac.__all__)


def test_importing_phistac_loads_nothing_heavy() -> None:
    code = f"import sys, phistac; print([m for m in {_HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_object_has_a_docstring() -> None:
    assert [name for name in phistac.__all__ if not getattr(phistac, name).__doc__] == []
