"""Every example in a docstring of a pure or local module runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import phistac

_MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(phistac.__path__, "phistac.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", _MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_the_walk_finds_modules() -> None:
    assert "phistac.settings" in _MODULES
