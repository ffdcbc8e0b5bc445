"""Executes a plan: jobs through the dispatcher to lanes or cluster, receipts for what has become whole."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phistac.errors import ConfigurationError, TransferError
from phistac.remote.web.patience import SYSTEM_CLOCK
from phistac.retrieval import cluster, lanes, receipts
from phistac.retrieval.batches import batches
from phistac.retrieval.dispatch import Dispatcher, Outcome
from phistac.retrieval.model import Failure, Record
from phistac.retrieval.outage import Outage
from phistac.retrieval.parts import clear
from phistac.retrieval.places import make_folder, require_folder, target
from phistac.retrieval.transfer import Link
from phistac.retrieval.work import bring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phistac.retrieval.batches import Batch
    from phistac.retrieval.planned import Plan, PlannedProduct
    from phistac.retrieval.progress import Progress

__all__ = ["execute"]


def execute(plan: Plan, client: Any, bar: Progress) -> dict[str, Outcome]:
    """Bring everything that a plan names and that is not there.

    Parameters
    ----------
    plan : Plan
        What.
    client : distributed.Client or None
        Where: on its workers, or in threads of this process.
    bar : Progress
        Hears of bytes and objects.

    Returns
    -------
    dict
        From the name of each product to what has become of it.
    """
    out = Path(plan.out)
    require_folder(out)
    outcomes: dict[str, Outcome] = {}
    todo: dict[str, PlannedProduct] = {}
    for product in plan.products:
        known = _known(out, product)
        if known is None:
            todo[product.name] = product
        else:
            outcomes[product.name] = known
            bar.bytes(sum(record.size for record in known.records))
            bar.objects(len(known.records))
    if todo:
        outcomes |= _transfer(plan, todo, client, bar)
    return outcomes


def _transfer(plan: Plan, todo: dict[str, PlannedProduct], client: Any, bar: Progress) -> dict[str, Outcome]:
    out, s = Path(plan.out), plan.settings
    make_folder(out)
    cut = partial(batches, lanes=s.connections, rate=s.connection_rate, latency_s=s.latency_s)
    dispatcher = Dispatcher([job for product in todo.values() for job in product.jobs], cut)

    def settle(batch: Batch, results: Sequence[Record | Failure]) -> None:
        bar.objects(sum(isinstance(result, Record) for result in results))
        for name in dispatcher.done(batch, results):
            _sign(out, todo[name], dispatcher.outcomes[name], remote=client is not None)

    if client is None:
        _in_threads(dispatcher, settle, plan, bar)
    else:
        outage = Outage()

        def settle_remote(batch: Batch, results: Sequence[Record | Failure]) -> None:
            bar.bytes(sum(result.size for result in results if isinstance(result, Record)))
            settle(batch, results)
            for result in results:  # each task counts for itself as well; here those of all of them
                outage.note(result if isinstance(result, Failure) else None)

        cluster.run(client, dispatcher, settle_remote, out=out, settings=s)
    return dispatcher.outcomes


def _in_threads(dispatcher: Dispatcher, settle: lanes.Settle, plan: Plan, bar: Progress) -> None:
    from phistac.remote.files.filesystem import filesystem  # noqa: PLC0415 - s3fs is loaded where bytes move
    from phistac.remote.files.streams import Interrupt  # noqa: PLC0415 - as above

    interrupt = Interrupt()
    dispatcher.at_stop(interrupt.set)
    clock = replace(SYSTEM_CLOCK, sleep=interrupt.wait)
    link = Link(filesystem(plan.settings), bar.bytes, interrupt.is_set, clock=clock)

    def work(batch: Batch) -> Sequence[Record | Failure]:
        with interrupt.heard():
            return bring(batch, Path(plan.out), link)

    lanes.run(dispatcher, work, settle, lanes=plan.settings.connections)


def _known(out: Path, product: PlannedProduct) -> Outcome | None:
    """Return what is known of a product before anything moves: it cannot be had, or it is whole already."""
    if product.failure is not None:
        return Outcome([], 0, failures=[product.failure])
    receipt = receipts.read(out, product.name)
    if receipt is None or not receipts.covers(receipt, product.source.root, product.source.paths):
        return None
    if not receipts.is_true(out, receipt):
        return None
    _tidy(out, receipt)
    wanted = {item.path for item in product.objects}
    return Outcome([], 0, records=[record for record in receipt.objects if record.path in wanted])


def _sign(out: Path, product: PlannedProduct, outcome: Outcome, *, remote: bool) -> None:
    """Write the receipt of what has become whole, beside what an earlier selection has brought."""
    before = receipts.read(out, product.name)
    kept: dict[str, Record] = {}
    whole = product.source.paths is None
    if before is not None and before.root == product.source.root and receipts.is_true(out, before):
        kept, whole = {record.path: record for record in before.objects}, whole or before.whole
    kept |= {record.path: record for record in outcome.records}
    receipt = receipts.Receipt(product.name, product.source.root, whole, tuple(kept.values()))
    if not receipts.is_true(out, receipt):
        if remote:
            raise ConfigurationError(
                f"workers say that {product.name} is whole, but it is not in {out}",
                remedy="Give an output folder that the workers and this process share.",
            )
        message = f"{out / product.name} was changed by someone else while it was downloaded"
        outcome.failures.append(Failure(product.name, "", TransferError.kind, message))
        return
    receipts.write(out, receipt)
    _tidy(out, receipt)


def _tidy(out: Path, receipt: receipts.Receipt) -> None:
    """Clear away what a killed process has left of objects that another one has brought."""
    clear(target(out, receipt.product, record.path) for record in receipt.objects)
