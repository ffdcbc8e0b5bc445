"""Filesystems whose files are parts of a file on another one, such as those of a zip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phistac.safe.byteranges import ByteRange

__all__ = ["Enclosed"]


class Enclosed:
    """Answers for ranges of its files by ranges of the file that encloses them."""

    outer: Any
    """The filesystem of the file that encloses."""

    def located(self, ranges: Sequence[ByteRange]) -> tuple[ByteRange, ...]:
        """Return the ranges of the enclosing file that are read first for these: what a plan is made of."""
        raise NotImplementedError

    def fetch(
        self, ranges: Sequence[ByteRange], *, root: str = "", sizes: Mapping[str, int] | None = None
    ) -> list[bytes]:
        """Fetch ranges, all of them planned together, as :func:`phistac.remote.ranges.ranges.fetch` does."""
        raise NotImplementedError
