"""A plan as a value: what a download would do, in objects, bytes, quota and seconds. It prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phistac.analysis.rendering import counted, html_table, quantity, text_table
from phistac.retrieval.batches import seconds
from phistac.retrieval.model import Failure, Job
from phistac.retrieval.places import label

if TYPE_CHECKING:
    from phistac.remote.files.objects import ProductObject
    from phistac.retrieval.sources import Source
    from phistac.settings import Settings

__all__ = ["QUOTA_BYTES", "Plan", "PlannedProduct"]

QUOTA_BYTES = 12e12
"""What a general user may transfer in 30 days (CDSE quotas)."""

_HEADER = ("product", "objects", "size", "to move", "status")


@dataclass(frozen=True, slots=True)
class PlannedProduct:
    """One product, and what of it is to be in the folder."""

    source: Source
    objects: tuple[ProductObject, ...]
    """Everything that was asked for, also what is there already."""

    present: frozenset[str]
    """Paths of the objects that are there with the right size; they are verified, not fetched, if they are right."""

    receipted: bool = False
    """Whether a receipt says that everything asked for is whole."""

    failure: Failure | None = None
    """Why nothing could be planned."""

    @property
    def name(self) -> str:
        """The product's folder; its place if there can be no folder of that name, which is its failure then."""
        return label(self.source.root)

    @property
    def size(self) -> int:
        """Bytes of all objects."""
        return sum(item.size for item in self.objects)

    @property
    def missing(self) -> int:
        """Bytes that are to move."""
        return sum(item.size for item in self.objects if item.path not in self.present)

    @property
    def jobs(self) -> list[Job]:
        """One for each object."""
        return [Job(self.name, self.source.root, item) for item in self.objects]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a download would do. Print it; give it to :func:`phistac.download`."""

    out: str
    """The output folder."""

    products: tuple[PlannedProduct, ...]
    settings: Settings

    @property
    def objects(self) -> int:
        """How many objects were asked for."""
        return sum(len(product.objects) for product in self.products)

    @property
    def size(self) -> int:
        """Bytes of everything asked for."""
        return sum(product.size for product in self.products)

    @property
    def missing(self) -> int:
        """Bytes that are to move, and that need room in the folder."""
        return sum(product.missing for product in self.products)

    @property
    def quota_share(self) -> float:
        """Part of the account's transfer of 30 days, 12 TB, that this takes."""
        return self.missing / QUOTA_BYTES

    @property
    def seconds(self) -> float:
        """How long it takes at least, with all connections of the account at their ceiling."""
        s = self.settings
        jobs = [job for product in self.products for job in product.jobs if job.object.path not in product.present]
        return seconds(jobs, rate=s.connection_rate, latency_s=s.latency_s) / s.connections

    def table(self) -> str:
        """Return the plan as a table in text."""
        return f"{self._line()}\n{text_table(_HEADER, self._rows())}"

    def __str__(self) -> str:
        return self._line()

    def __repr__(self) -> str:
        return f"<Plan: {self._line()}>"

    def _repr_html_(self) -> str:
        return html_table(self._line(), _HEADER, self._rows())

    def _line(self) -> str:
        move = "nothing to move"
        if self.missing:
            move = (
                f"{quantity(self.missing, 'B')} to move ({self.quota_share:.2%} of 12 TB in 30 days, "
                f"at least {self.seconds:,.0f} s over {self.settings.connections} connections)"
            )
        failed = sum(product.failure is not None for product in self.products)
        problems = f", {failed} cannot be had" if failed else ""
        what = f"{counted(len(self.products), 'product')}{problems}, {counted(self.objects, 'object')}"
        return f"{what}, {move}, to {self.out}"

    def _rows(self) -> list[tuple[object, ...]]:
        return [
            (p.name, len(p.objects), quantity(p.size, "B"), quantity(p.missing, "B"), _status(p)) for p in self.products
        ]


def _status(product: PlannedProduct) -> str:
    if product.failure is not None:
        return product.failure.message
    return "whole" if product.receipted else ("to verify" if not product.missing else "to fetch")
