"""Every method of fsspec that would change the archive, refused: nobody can, so nobody should find out half-way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.errors import ReadOnlyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

__all__ = ["REMEDY", "ReadOnly", "refuse"]

REMEDY = "Write to a folder or a bucket of your own."

# fmt: off
_SYNC = (
    "cp", "cp_file", "copy", "mv", "mv_file", "move", "rename", "rm", "rm_file", "rmdir", "delete", "put",
    "put_file", "upload", "pipe", "pipe_file", "touch", "mkdir", "makedirs", "mkdirs", "makedir", "write_text",
    "write_bytes", "start_transaction",
)
_ASYNC = (
    "_cp_file", "_copy", "_mv", "_mv_file", "_rm", "_rm_file", "_rmdir", "_put", "_put_file", "_pipe",
    "_pipe_file", "_touch", "_mkdir", "_makedirs",
)
# fmt: on


def refuse(fs: object, what: str) -> NoReturn:
    """Say that this archive cannot be changed.

    Raises
    ------
    ReadOnlyError
        Always; a PermissionError.
    """
    raise ReadOnlyError(f"{fs!r} is read only: cannot {what}", remedy=REMEDY)


def _refusing(name: str) -> Callable[..., Any]:
    def refused(self: object, path: Any = "", *_: Any, **__: Any) -> NoReturn:
        refuse(self, f"{name} {path}".strip())

    refused.__name__ = refused.__qualname__ = name
    refused.__doc__ = "Raise ReadOnlyError."
    return refused


def _refusing_async(name: str) -> Callable[..., Any]:
    async def refused(self: object, path: Any = "", *_: Any, **__: Any) -> NoReturn:
        refuse(self, f"{name.lstrip('_')} {path}".strip())

    refused.__name__ = refused.__qualname__ = name
    refused.__doc__ = "Raise ReadOnlyError."
    return refused


ReadOnly = type(
    "ReadOnly",
    (),
    {
        "__doc__": "Refuses every writing method of fsspec, sync and async.",
        **{name: _refusing(name) for name in _SYNC},
        **{name: _refusing_async(name) for name in _ASYNC},
    },
)
