"""Progress bars for the making of an archive, in terminals and notebooks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self

from tqdm.auto import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Bars"]

_COUNTED = re.compile(r"(?P<what>.+) (?P<done>\d+)/(?P<total>\d+)")


class Bars:
    """What ``Sandbox(progress=...)`` takes: "Sentinel-1 3/31" moves a bar, anything else is a line of text.

    Parameters
    ----------
    say : callable
        Takes what is no count.

    Examples
    --------
    >>> with Bars(print) as bars:
    ...     bars("17 products")
    17 products
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._bar: Any = None
        self._what = ""  # a hidden bar does not know its own

    def __call__(self, line: str) -> None:
        """Take note of one line."""
        counted = _COUNTED.fullmatch(line)
        if counted is None:
            self.close()
            self._say(line)
            return
        if self._bar is None or self._what != counted["what"]:
            self.close()
            self._what, total = counted["what"], int(counted["total"])
            self._bar = tqdm(total=total, desc=self._what, unit="product", leave=True, disable=None)
        self._bar.update(int(counted["done"]) - self._bar.n)

    def close(self) -> None:
        """End the bar that is open, if any."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
