"""Receipts: what of a product is whole in a folder, written last, read first.

A receipt lies beside the product, in ``out/.phistac/``, not inside it: a product folder holds exactly what ESA
published, so that SNAP, ISCE and a checksum of the tree see nothing foreign. A lost or torn receipt costs reading the
files once more, never fetching them.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from phistac.errors import PhistacWarning, UnsafePathError
from phistac.retrieval.disk import write_whole
from phistac.retrieval.model import Record
from phistac.retrieval.places import RECORDS, product_name, target

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Receipt", "covers", "is_true", "read", "write"]

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """What of a product is whole."""

    product: str
    """The product's folder."""

    root: str
    """Where it came from: ``bucket/key``."""

    whole: bool
    """Whether that is all of the product, or a selection."""

    objects: tuple[Record, ...]
    """Each with size, hash, ETag and what it was verified with."""


def write(out: Path, receipt: Receipt) -> None:
    """Write a receipt, atomically."""
    value = {
        "phistac_receipt": _VERSION,
        "product": receipt.product,
        "source": f"s3://{receipt.root}",
        "whole": receipt.whole,
        "objects": [_plain(record) for record in receipt.objects],
    }
    write_whole(_path(out, receipt.product), json.dumps(value, indent=1).encode() + b"\n")


def read(out: Path, product: str) -> Receipt | None:
    """Read a receipt; None where there is none, and, with a warning, where it cannot be read."""
    path = _path(out, product)
    try:
        value = json.loads(path.read_bytes())
        if value["phistac_receipt"] != _VERSION or value["product"] != product:
            raise ValueError("it is of another version or product")  # noqa: TRY301 - told to the reader below
        objects = tuple(_record(product, entry) for entry in value["objects"])
        return Receipt(product, str(value["source"]).removeprefix("s3://"), bool(value["whole"]), objects)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        warnings.warn(
            f"the receipt {path} cannot be read ({error}); the files are verified again", PhistacWarning, stacklevel=2
        )
        return None


def is_true(out: Path, receipt: Receipt) -> bool:
    """Whether every file that the receipt lists is there with its size, in the product's own folder."""
    for record in receipt.objects:
        try:
            if target(out, receipt.product, record.path).stat().st_size != record.size:
                return False
        except (OSError, UnsafePathError):
            return False
    return True


def covers(receipt: Receipt, root: str, paths: frozenset[str] | None) -> bool:
    """Whether the receipt is about this source, and about these paths of it (None: all of it)."""
    if receipt.root != root:
        return False
    return receipt.whole or (paths is not None and paths <= {record.path for record in receipt.objects})


def _path(out: Path, product: str) -> Path:
    return out / RECORDS / f"{product_name(product)}.json"


def _record(product: str, entry: dict[str, Any]) -> Record:
    record = Record(product=product, moved=0, reused=True, **entry)
    texts = (record.path, record.algorithm, record.digest, record.verified, "" if record.etag is None else record.etag)
    if not all(isinstance(text, str) for text in texts) or type(record.size) is not int:
        raise TypeError(f"its entry {record.path!r} is not one")
    return record


def _plain(record: Record) -> dict[str, Any]:
    return {name: value for name, value in asdict(record).items() if name not in {"product", "moved", "reused"}}
