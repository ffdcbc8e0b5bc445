"""One progress bar: bytes, and objects that are whole. It goes back when bytes come again, and never past the end."""

from __future__ import annotations

import importlib
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["Progress"]


class Progress:
    """A bar for several threads.

    Parameters
    ----------
    size : int
        Bytes in all.
    objects : int
        Objects in all.
    show : bool
        Whether to draw.
    """

    def __init__(self, size: int, objects: int, *, show: bool) -> None:
        self._lock = Lock()
        self._whole, self._objects = 0, objects
        # In notebooks, and in terminals: in a file of text a bar is a hundred lines.
        hidden = None if show else True
        self._bar = _bar(show=show)(total=size, unit="B", unit_scale=True, desc="download", disable=hidden)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def bytes(self, count: int) -> None:
        """Bytes have arrived; or, with a negative number, were thrown away."""
        with self._lock:
            self._bar.update(count)

    def objects(self, count: int) -> None:
        """Objects have become whole."""
        with self._lock:
            self._whole += count
            self._bar.set_postfix_str(f"{self._whole:,}/{self._objects:,} objects", refresh=False)

    def grow(self, size: int, objects: int) -> None:
        """More, or less, is to come than was planned."""
        with self._lock:
            self._objects += objects
            self._bar.total = (self._bar.total or 0) + size
            self._bar.refresh()


def _bar(*, show: bool) -> Any:
    # tqdm.auto looks for notebook widgets and warns where there are none: only for a bar that is seen.
    return importlib.import_module("tqdm.auto" if show else "tqdm").tqdm
