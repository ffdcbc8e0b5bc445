"""From Items to a plan: what each product consists of, and what of that is in the folder already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phistac.errors import ConfigurationError, NotFoundError, PhistacError, UnsafePathError
from phistac.retrieval import receipts
from phistac.retrieval.model import Failure
from phistac.retrieval.outage import Outage
from phistac.retrieval.places import label, product_name, require_folder, target
from phistac.retrieval.planned import Plan, PlannedProduct
from phistac.retrieval.sources import Source, sources
from phistac.retrieval.threads import Threads
from phistac.retrieval.work import FATAL
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phistac.remote.files.objects import ProductObject

__all__ = ["Plan", "plan", "renewed"]

_GRACE_S = 0.5
"""For threads that plan, when an error ends it: there is nothing that they would have to put away."""


def plan(items: Any, out: str | Path, *, assets: Iterable[str] | None = None, settings: Settings | None = None) -> Plan:
    """Find out what a download would do: objects, bytes, share of the quota, time.

    Asks the bucket for the manifest and the listing of each product, unless a receipt in the folder answers.

    Parameters
    ----------
    items : Item, dict, str, table, or an iterable of these
        What to download; see :func:`phistac.retrieval.sources.sources`.
    out : path
        The output folder; each product becomes ``out/<NAME>.SAFE/``. Nothing is written yet.
    assets : iterable of str, optional
        Keys of the assets that are wanted; whole products by default.
    settings : Settings, optional
        Service and account; those in force by default.

    Returns
    -------
    Plan
        Products that could not be planned are in it, with the reason.

    Raises
    ------
    NotFoundError
        If an Item leads to no product, or has no such asset.
    ConfigurationError
        If two products would be in one folder, or these are no Items.
    AuthenticationError
        If the account cannot sign in.
    TransferError
        If the service fails, product after product.

    Examples
    --------
    >>> wanted = phistac.plan(items, "data/")  # doctest: +SKIP
    >>> wanted.objects, wanted.size  # doctest: +SKIP
    (44, 2072482)
    >>> report = phistac.download(wanted)  # doctest: +SKIP
    """
    settings, folder = resolve(settings), Path(out)
    wanted = sources(items, bucket=settings.bucket, assets=assets)
    _refuse_shared_folders(wanted)
    return Plan(str(out), tuple(_planned(wanted, folder, settings)), settings)


def renewed(old: Plan, names: Iterable[str]) -> Plan:
    """Plan some products of a plan again, because their objects have changed meanwhile."""
    chosen = set(names)
    wanted = [product.source for product in old.products if product.name in chosen]
    return replace(old, products=tuple(_planned(wanted, Path(old.out), old.settings)))


def _planned(wanted: list[Source], folder: Path, settings: Settings) -> list[PlannedProduct]:
    require_folder(folder)
    known = {source.root: product for source in wanted if (product := _from_nothing(source, folder)) is not None}
    unknown = [source for source in wanted if source.root not in known]
    if unknown:
        from phistac.remote.files.filesystem import filesystem  # noqa: PLC0415 - s3fs is loaded only if it is needed

        fs = filesystem(settings)
        outage = Outage()
        with Threads(settings.connections, "phistac-plan", grace_s=_GRACE_S) as pool:
            for product in pool.map(lambda source: _from_bucket(fs, source, folder), unknown):
                outage.note(product.failure)
                known[product.source.root] = product
    return [known[source.root] for source in wanted]


def _from_nothing(source: Source, folder: Path) -> PlannedProduct | None:
    """Plan what needs no request: a receipt answers, or there can be no folder for it."""
    try:
        product_name(source.root)
    except UnsafePathError as error:
        failure = Failure(label(source.root), "", error.kind, str(error))
        return PlannedProduct(source, (), frozenset(), failure=failure)
    return _from_receipt(source, folder)


def _from_receipt(source: Source, folder: Path) -> PlannedProduct | None:
    from phistac.remote.files.objects import ProductObject  # noqa: PLC0415 - as above

    receipt = receipts.read(folder, product_name(source.root))
    if (
        receipt is None
        or not receipts.covers(receipt, source.root, source.paths)
        or not receipts.is_true(folder, receipt)
    ):
        return None
    objects = tuple(
        ProductObject(record.path, record.size, record.digest, record.algorithm, record.etag)
        for record in receipt.objects
        if source.paths is None or record.path in source.paths
    )
    return PlannedProduct(source, objects, frozenset(item.path for item in objects), receipted=True)


def _from_bucket(fs: Any, source: Source, folder: Path) -> PlannedProduct:
    from phistac.remote.files.objects import product_objects  # noqa: PLC0415 - as above

    name = product_name(source.root)
    try:
        objects = _selected(product_objects(fs, source.root), source)
        present = frozenset(item.path for item in objects if _has_size(target(folder, name, item.path), item.size))
    except FATAL:
        raise
    except PhistacError as error:
        return PlannedProduct(source, (), frozenset(), failure=Failure(name, "", error.kind, str(error)))
    return PlannedProduct(source, objects, present)


def _selected(objects: tuple[ProductObject, ...], source: Source) -> tuple[ProductObject, ...]:
    if not objects:
        raise NotFoundError(f"there are no objects at {source.root}")
    if source.paths is None:
        return objects
    missing = source.paths - {item.path for item in objects}
    if missing:
        raise NotFoundError(f"{source.root} has no object {min(missing)!r}")
    return tuple(item for item in objects if item.path in source.paths)


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:  # whoever writes there will hear of it
        return False


def _refuse_shared_folders(wanted: list[Source]) -> None:
    roots: dict[str, str] = {}
    for source in wanted:
        other = roots.setdefault(label(source.root), source.root)
        if other != source.root:
            raise ConfigurationError(
                f"{other} and {source.root} would be in one folder", remedy="Download them to different folders."
            )
