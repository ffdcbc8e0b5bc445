"""Reads of any number of products as one: planned together, fetched in one batch for each filesystem."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from phistac.errors import ChangedObjectError, NotFoundError
from phistac.remote.ranges.gets import joined
from phistac.remote.ranges.ranges import drive, drive_async, plan_for
from phistac.safe.byteranges import rooted, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence

    from phistac.reading.source import Source
    from phistac.remote.ranges.rangeplan import RangePlan
    from phistac.safe.byteranges import Indexer

__all__ = ["Read", "Watcher", "plans", "run_all", "run_all_async"]

T = TypeVar("T")
V = TypeVar("V", int, str)


class Watcher(Protocol):
    """Keeps something of what is read beyond the process that reads it: a sidecar."""

    def seen(self, etags: Mapping[str, str]) -> None:
        """Take note of the versions of the objects that were read, by path."""

    def changed(self) -> None:
        """Forget what is kept: an object of this read, or of one run with it, is another or gone."""


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """What is to be read of one product, not begun yet.

    Attributes
    ----------
    source : Source
        The product.
    start : callable
        Makes a fresh indexer.
    sizes : mapping of str to int
        By path: the bytes that an object must have.
    etags : mutable mapping of str to str
        By path: the ETag that an object must still have; those of other objects are added as they are seen.
    watcher : Watcher, optional
        Is told how it went.
    """

    source: Source
    start: Callable[[], Indexer[T]]
    sizes: Mapping[str, int] = field(default_factory=dict)
    etags: MutableMapping[str, str] = field(default_factory=dict)
    watcher: Watcher | None = None


class _Batch:
    """The reads that share a filesystem, as one indexer over whole paths."""

    def __init__(self, fs: Any, first: Source) -> None:
        self.fs, self.settings = fs, first.settings
        self.numbers: list[int] = []
        self._reads: list[tuple[Read[Any], str]] = []
        self._seen: list[dict[str, str]] = []

    def add(self, number: int, read: Read[Any], root: str) -> None:
        self.numbers.append(number)
        self._reads.append((read, root))
        self._seen.append({})

    def indexer(self) -> Indexer[list[Any]]:
        """Return all of them as one; a single one too, so that there is one way."""
        made = []
        for (read, root), seen in zip(self._reads, self._seen, strict=True):
            made.append(rooted(read.start(), partial(_place, root, seen)))
        return together(made)

    @contextmanager
    def begun(self) -> Iterator[dict[str, Any]]:
        """Give what the objects must be, by whole path; afterwards tell each read what they were."""
        placed = [(read, partial(joined, root)) for read, root in self._reads]
        try:
            sizes = _agreed((place(path), size) for read, place in placed for path, size in read.sizes.items())
            etags = _agreed((place(path), etag) for read, place in placed for path, etag in list(read.etags.items()))
            yield {"settings": self.settings, "sizes": sizes, "etags": etags}
        except ChangedObjectError:
            self._tell_changed()
            raise
        except NotFoundError as error:
            self._tell_changed()
            urls = {read.source.url for read, _ in self._reads}
            raise NotFoundError(
                f"an object of {urls.pop() if len(urls) == 1 else 'a product'} is missing: {error.message}",
                remedy="To open what there is of an incomplete product, pass check_files_exist=True.",
            ) from error
        for (read, _), seen in zip(self._reads, self._seen, strict=True):
            versions = {path: etags[place] for path, place in seen.items() if place in etags}
            noted = [(path, read.etags.setdefault(path, etag)) for path, etag in versions.items()]
            _agreed([*versions.items(), *noted])
            if read.watcher is not None:
                read.watcher.seen(versions)

    def _tell_changed(self) -> None:
        for read, _ in self._reads:
            if read.watcher is not None:
                read.watcher.changed()


def _agreed(facts: Iterable[tuple[str, V]]) -> dict[str, V]:
    """Return what objects must be, by path; raises ChangedObjectError where two reads are not of the same version."""
    agreed: dict[str, V] = {}
    for path, fact in facts:
        if agreed.setdefault(path, fact) != fact:
            raise ChangedObjectError(
                f"{path} was read in two versions: it was replaced in between",
                remedy="Open the product anew, and what was read of it before.",
            )
    return agreed


def _place(root: str, seen: dict[str, str], path: str) -> str:
    seen[path] = place = joined(root, path)
    return place


def run_all(reads: Sequence[Read[T]]) -> list[T]:
    """Run reads together and return what each one found, in order.

    Raises
    ------
    ChangedObjectError
        If an object has another ETag than it must have.
    NotFoundError
        If an object is not there.
    FormatError
        If the bytes are not what they should be.
    ServiceError
        If they could not be had.
    """
    found: dict[int, T] = {}
    for batch in _batches(reads):
        with batch.begun() as facts:
            results = drive(batch.indexer(), batch.fs, **facts)
        found |= dict(zip(batch.numbers, results, strict=True))
    return [found[number] for number in range(len(reads))]


async def run_all_async(reads: Sequence[Read[T]]) -> list[T]:
    """Run reads as :func:`run_all` does, from a coroutine on any event loop."""
    found: dict[int, T] = {}
    for batch in _batches(reads):
        with batch.begun() as facts:
            results = await drive_async(batch.indexer(), batch.fs, **facts)
        found |= dict(zip(batch.numbers, results, strict=True))
    return [found[number] for number in range(len(reads))]


def plans(reads: Sequence[Read[Any]]) -> list[RangePlan]:
    """Return the plans by which :func:`run_all` would begin now, one for each filesystem; paths are whole.

    A plan ends where something must be known that is not: an array whose layout was not looked up yet plans to do that.
    """
    made = []
    for batch in _batches(reads):
        indexer = batch.indexer()
        wanted = next(indexer, ())
        indexer.close()
        if wanted:
            made.append(plan_for(batch.fs, wanted, settings=batch.settings))
    return made


def _batches(reads: Sequence[Read[Any]]) -> Iterator[_Batch]:
    made: dict[Any, _Batch] = {}
    for number, read in enumerate(reads):
        fs, root = read.source.filesystem()
        made.setdefault(fs, _Batch(fs, read.source)).add(number, read, root)
    yield from made.values()
