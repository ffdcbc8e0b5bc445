"""What a download has done, product by product: a value to print, to tabulate and to check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from phistac.analysis.rendering import counted, html_table, quantity, text_table
from phistac.errors import TransferError

if TYPE_CHECKING:
    import pandas as pd

    from phistac.retrieval.model import Failure

__all__ = ["ProductReport", "Report"]

_HEADER = ("product", "status", "objects", "moved", "reused", "reason")
_REASONS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ProductReport:
    """What has become of one product."""

    product: str
    """The folder's name."""

    status: Literal["done", "reused", "failed"]
    """``reused``: everything was there already."""

    objects: int
    """How many objects are whole and verified."""

    moved: int
    """Bytes that came over the network."""

    reused: int
    """Bytes that were there already."""

    failures: tuple[Failure, ...] = ()
    """Which objects could not be brought, and why."""

    @property
    def reason(self) -> str:
        """Why it failed, in one line; empty if it did not."""
        named = [f"{each.path}: {each.message}" if each.path else each.message for each in self.failures]
        shown = "; ".join(named[:_REASONS_SHOWN])
        rest = len(self.failures) - _REASONS_SHOWN
        return f"{shown}; and {rest} more" if rest > 0 else shown


@dataclass(frozen=True, slots=True)
class Report:
    """What a download has done. ``print`` it, ``.to_frame()`` it, or ``.raise_for_failures()``."""

    out: str
    """The output folder."""

    products: tuple[ProductReport, ...]
    """One for each product, in the order of the plan."""

    seconds: float
    """From start to end."""

    @property
    def failed(self) -> tuple[ProductReport, ...]:
        """The products of which something is missing."""
        return tuple(product for product in self.products if product.status == "failed")

    @property
    def objects(self) -> int:
        """Objects that are whole and verified."""
        return sum(product.objects for product in self.products)

    @property
    def moved(self) -> int:
        """Bytes that came over the network."""
        return sum(product.moved for product in self.products)

    @property
    def rate(self) -> float:
        """Bytes per second, over the whole time."""
        return self.moved / self.seconds if self.seconds > 0 else 0.0

    def raise_for_failures(self) -> None:
        """Raise if anything is missing.

        Raises
        ------
        TransferError
            Naming the products and the first reasons.
        """
        if self.failed:
            raise TransferError(
                f"{len(self.failed)} of {counted(len(self.products), 'product')} not whole: "
                + "; ".join(f"{product.product} ({product.reason})" for product in self.failed[:_REASONS_SHOWN]),
                remedy="Run it again: what has arrived stays, only the rest is fetched.",
            )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per product: ``product, status, objects, moved_bytes, reused_bytes, reason``."""
        import pandas as pd  # noqa: PLC0415 - only for who asks for a table

        columns = ["product", "status", "objects", "moved_bytes", "reused_bytes", "reason"]
        rows = [(p.product, p.status, p.objects, p.moved, p.reused, p.reason) for p in self.products]
        return pd.DataFrame(rows, columns=columns)

    def table(self) -> str:
        """Return the report as a table in text."""
        return f"{self._line()}\n{text_table(_HEADER, self._rows())}"

    def __str__(self) -> str:
        return "\n".join([self._line(), *(f"  {p.product}: {p.reason}" for p in self.failed)])

    def __repr__(self) -> str:
        return f"<Report: {self._line()}>"

    def _repr_html_(self) -> str:
        return html_table(self._line(), _HEADER, self._rows())

    def _line(self) -> str:
        count = {status: sum(p.status == status for p in self.products) for status in ("done", "reused", "failed")}
        shown = ", ".join(f"{number} {status}" for status, number in count.items() if number) or "nothing to do"
        rate = f" ({quantity(self.rate, 'B/s')})" if self.moved else ""
        moved = f"{quantity(self.moved, 'B')} moved in {self.seconds:.1f} s{rate}"
        return f"{counted(len(self.products), 'product')}: {shown}; {counted(self.objects, 'object')} verified, {moved}"

    def _rows(self) -> list[tuple[object, ...]]:
        return [
            (p.product, p.status, p.objects, quantity(p.moved, "B"), quantity(p.reused, "B"), p.reason)
            for p in self.products
        ]
