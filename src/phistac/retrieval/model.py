"""The values that travel between plan, workers and report: frozen, small, picklable, no secret among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from phistac.remote.files.objects import ProductObject

__all__ = ["Failure", "Job", "Record"]


@dataclass(frozen=True, slots=True)
class Job:
    """One object to bring."""

    product: str
    """The product's folder, such as ``S3B_….SEN3``."""

    root: str
    """Where the product lies: ``bucket/key``."""

    object: ProductObject
    """What the manifest and the listing say about it."""

    @property
    def source(self) -> str:
        """Where the object lies: ``bucket/key``."""
        return f"{self.root}/{self.object.path}" if self.object.path else self.root


@dataclass(frozen=True, slots=True)
class Record:
    """One object that is whole, under its final name."""

    product: str
    path: str
    size: int
    """Bytes."""

    moved: int
    """Bytes that came over the network for it, those of failed attempts included; 0 where it was there already."""

    algorithm: str
    """As :func:`hashlib.new` calls it."""

    digest: str
    """Lower-case hexadecimal."""

    etag: str | None
    """Of the object at the source."""

    verified: Literal["manifest", "etag", "size"]
    """What the bytes were compared with."""

    reused: bool = False
    """Whether it was there already."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One object that could not be brought. Nothing of it is under its final name."""

    product: str
    path: str
    kind: str
    """The ``kind`` of the error."""

    message: str
