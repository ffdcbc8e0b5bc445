"""What a running sandbox does to the program around it, each undone at its end."""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from phistac.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["environ", "require_extra", "temporary_folder"]

_EXTRA = ("nanio", "odata_query", "starlette", "uvicorn")


def require_extra() -> None:
    """Raise :class:`~phistac.errors.MissingExtraError` unless the packages of the extra ``sandbox`` are there."""
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"the sandbox needs {', '.join(missing)}", remedy="Install with: pip install 'phistac[sandbox]'."
        )


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder that is gone after the block, or at the interpreter's end."""
    folder = tempfile.mkdtemp(prefix="phistac-sandbox-")
    remove = functools.partial(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(remove)  # for a sandbox that nobody stopped
    try:
        yield Path(folder)
    finally:
        remove()
        atexit.unregister(remove)


@contextlib.contextmanager
def environ(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, for this process and those it starts; put them back after the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
