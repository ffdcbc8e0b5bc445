"""From Items to verified products in a folder: the door of this room."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

from phistac.errors import ChangedObjectError, ConfigurationError
from phistac.retrieval.engine import execute
from phistac.retrieval.plan import plan, renewed
from phistac.retrieval.planned import Plan
from phistac.retrieval.progress import Progress
from phistac.retrieval.report import ProductReport, Report
from phistac.retrieval.room import require_room

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from phistac.retrieval.dispatch import Outcome
    from phistac.settings import Settings

__all__ = ["download"]


def download(
    items: Any,
    out: str | Path | None = None,
    *,
    assets: Iterable[str] | None = None,
    client: Any = None,
    progress: bool = True,
    settings: Settings | None = None,
) -> Report:
    """Bring products into a folder, every object verified against the product's own manifest.

    An object appears under its name only when it is whole; a product's manifest appears last. A second call transfers
    nothing. Killed at any point, the next call finishes and repeats nothing.

    Parameters
    ----------
    items : Plan, Item, dict, str, table, or an iterable of Items
        What to download: a :class:`~phistac.retrieval.planned.Plan`, or whatever :func:`phistac.plan` takes.
    out : path, optional
        The output folder, made if it is not there; each product becomes ``out/<NAME>.SAFE/``. A plan knows its own.
    assets : iterable of str, optional
        Keys of the assets that are wanted; whole products by default.
    client : distributed.Client, optional
        A Dask cluster whose workers see the same folder; threads of this process by default. Either way no more
        batches are under way than the account has connections.
    progress : bool
        Whether to draw a progress bar.
    settings : Settings, optional
        Service and account; those in force by default.

    Returns
    -------
    Report
        What was done; products that are not whole are in it with the reason (``report.raise_for_failures()``).

    Raises
    ------
    DiskFullError
        If there is no room; nothing half-written is left.
    AuthenticationError
        If the account cannot sign in.
    ConfigurationError
        If the options contradict each other, or the workers of the cluster do not see the folder.
    NotFoundError
        If an Item leads to no product.
    TransferError
        If the service fails, object after object: what has arrived stays.

    Examples
    --------
    >>> report = phistac.download(items, "data/")  # doctest: +SKIP
    >>> print(report)  # doctest: +SKIP
    1 product: 1 done; 44 objects verified, 2.07 MB moved in 1.0 s (2.05 MB/s)
    """
    started = time.monotonic()
    wanted = _as_plan(items, out, assets, settings)
    require_room(wanted)
    with Progress(wanted.size, wanted.objects, show=progress) as bar:
        outcomes = execute(wanted, client, bar)
        changed = [name for name, outcome in outcomes.items() if _has_changed(outcome)]
        if changed:  # the plan of these is out of date: once more, from a new one
            again = renewed(wanted, changed)
            _rewind(bar, wanted, again, outcomes)
            outcomes |= execute(again, client, bar)
    products = tuple(_report(product.name, outcomes[product.name]) for product in wanted.products)
    return Report(wanted.out, products, time.monotonic() - started)


def _as_plan(items: Any, out: str | Path | None, assets: Iterable[str] | None, settings: Settings | None) -> Plan:
    if not isinstance(items, Plan):
        if out is None:
            raise ConfigurationError("a download needs an output folder", remedy="download(items, 'data/')")
        return plan(items, out, assets=assets, settings=settings)
    if (out is not None and str(out) != items.out) or assets is not None or settings is not None:
        raise ConfigurationError(
            "a plan knows its folder, assets and settings", remedy="Make another plan, or give Items instead."
        )
    return items


def _has_changed(outcome: Outcome) -> bool:
    return any(failure.kind == ChangedObjectError.kind for failure in outcome.failures)


def _rewind(bar: Progress, old: Plan, new: Plan, outcomes: Mapping[str, Outcome]) -> None:
    """Take back what the bar has counted for products that are planned anew."""
    records = [record for product in new.products for record in outcomes[product.name].records]
    bar.bytes(-sum(record.size for record in records))
    bar.objects(-len(records))
    names = {product.name for product in new.products}
    replaced = [product for product in old.products if product.name in names]
    bar.grow(new.size - sum(p.size for p in replaced), new.objects - sum(len(p.objects) for p in replaced))


def _report(name: str, outcome: Outcome) -> ProductReport:
    records = outcome.records
    status: Literal["done", "reused", "failed"] = "done"
    if not outcome.whole:
        status = "failed"
    elif all(record.reused for record in records):
        status = "reused"
    return ProductReport(
        product=name,
        status=status,
        objects=len(records),
        moved=sum(record.moved for record in records),
        reused=sum(record.size for record in records if record.reused),
        failures=tuple(outcome.failures),
    )
