"""Byte ranges, and the generators that ask for them.

An *indexer* finds out where something lies in a product without doing any I/O. It yields the ranges it needs next, is
sent their bytes in the same order, and returns what it found. So the same parser runs over S3, a folder or a test's
dict, and whoever drives it may fetch each batch concurrently, within the budget of its account.

Where there is much to fetch, a range may bring a *sink*: then its bytes go there piece by piece, as they come, and
nobody holds all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeAlias, TypeVar

from phistac.errors import FormatError

__all__ = ["POURED", "ByteRange", "Indexer", "Sink", "Steps", "answer", "rooted", "together"]

T = TypeVar("T")

Sink: TypeAlias = Callable[[int, memoryview], None]
"""Takes a piece of a range: how far from the range's start it lies, and its bytes, which are good for this call only.

Pieces come in any order and cut anywhere, one at a time. Every byte comes; after a connection broke off, some come
again.
"""


class _Poured(bytes):
    """Stands for the bytes of a range that its sink has had."""

    __slots__ = ()


POURED: Final = _Poured()
"""What is sent to an indexer, and what a reader returns, for a range whose sink has had every byte."""


@dataclass(frozen=True, slots=True, order=True)
class ByteRange:
    """Half-open range of bytes of one object of a product.

    Attributes
    ----------
    path : str
        Path relative to the product's root, with forward slashes.
    start, stop : int
        First byte, and the byte after the last one.
    sink : Sink or None
        Where its bytes go; without one they are sent to the indexer. Takes no part in comparisons.

    Raises
    ------
    FormatError
        If the range ends before it starts, or starts before the object does: a broken index must not reach the network.

    Examples
    --------
    >>> ByteRange("measurement/iw1-vv.tiff", 8, 108).size
    100
    """

    path: str
    start: int
    stop: int
    sink: Sink | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.stop:
            raise FormatError(f"{self.path}: bytes {self.start} to {self.stop} are no range")

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self.stop - self.start


Indexer: TypeAlias = Generator[Sequence[ByteRange], Sequence[bytes], T]
"""Yields the ranges it needs, is sent their bytes in order, returns its finding."""


def answer(indexer: Indexer[T], read: Callable[[Sequence[ByteRange]], Sequence[bytes]]) -> T:
    """Run an indexer to its end over a function that reads ranges.

    Parameters
    ----------
    indexer : Indexer
        A fresh generator.
    read : callable
        Gives the bytes of each range, in order; :data:`POURED` where it has given them to the range's sink itself.

    Returns
    -------
    T
        What the indexer found.

    Raises
    ------
    FormatError
        If the answer has another number of parts, or a part another length, than was asked for.

    Examples
    --------
    >>> def magic():
    ...     (head,) = yield [ByteRange("a.tiff", 0, 2)]
    ...     return head
    >>> answer(magic(), lambda ranges: [b"II"])
    b'II'
    """
    steps = Steps(indexer)
    while steps.wanted is not None:
        steps.send(read(steps.wanted))
    return steps.found


class Steps(Generic[T]):
    """An indexer at work: what it wants next; once that is None, what it found.

    Parameters
    ----------
    indexer : Indexer
        A fresh generator.
    """

    found: T

    def __init__(self, indexer: Indexer[T]) -> None:
        self._indexer = indexer
        self.wanted: Sequence[ByteRange] | None = None
        """The ranges whose bytes are to be sent now."""
        self._advance(None)

    def send(self, parts: Sequence[bytes]) -> None:
        """Answer what it wants.

        Raises
        ------
        FormatError
            If there is another number of parts, or a part has another length, than it wants.
        """
        _deliver(self.wanted or (), parts)
        self._advance(parts)

    def _advance(self, parts: Sequence[bytes] | None) -> None:
        try:
            self.wanted = next(self._indexer) if parts is None else self._indexer.send(parts)
        except StopIteration as end:
            self.wanted, self.found = None, end.value


def _deliver(wanted: Sequence[ByteRange], parts: Sequence[bytes]) -> None:
    """Check that everything came, and give the sinks what they have not had."""
    if len(wanted) != len(parts):
        raise FormatError(f"{len(wanted)} byte ranges were asked for, {len(parts)} came")
    for asked, part in zip(wanted, parts, strict=True):
        if asked.sink is not None and part is POURED:
            continue
        if len(part) != asked.size:
            raise FormatError(
                f"{asked.path}: bytes {asked.start} to {asked.stop} were asked for, {len(part)} bytes came"
            )
        if asked.sink is not None:
            asked.sink(0, memoryview(part))


def rooted(indexer: Indexer[T], place: Callable[[str], str]) -> Indexer[T]:
    """Run an indexer with other paths, so that indexers of several products can be asked together.

    Parameters
    ----------
    indexer : Indexer
        A fresh generator.
    place : callable
        From the path that it asks for to the path that is read.

    Examples
    --------
    >>> def first_byte():
    ...     (head,) = yield [ByteRange("a", 0, 1)]
    ...     return head
    >>> answer(rooted(first_byte(), "X.SAFE/{}".format), lambda ranges: [r.path[:1].encode() for r in ranges])
    b'X'
    """
    steps = Steps(indexer)
    while steps.wanted is not None:
        wanted = steps.wanted
        steps.send((yield [ByteRange(place(r.path), r.start, r.stop, r.sink) for r in wanted]))
    return steps.found


def together(indexers: Sequence[Indexer[T]]) -> Indexer[list[T]]:
    """Run indexers side by side: what they ask for at the same step becomes one batch.

    Parameters
    ----------
    indexers : sequence of Indexer
        Fresh generators.

    Yields
    ------
    list of ByteRange
        What all of them need next; those that are done take no part.

    Returns
    -------
    list
        What each of them found, in order.

    Examples
    --------
    >>> def first_byte(path):
    ...     (head,) = yield [ByteRange(path, 0, 1)]
    ...     return head
    >>> answer(together([first_byte("a"), first_byte("b")]), lambda ranges: [r.path.encode() for r in ranges])
    [b'a', b'b']
    """
    found: dict[int, T] = {}
    waiting: dict[int, Sequence[ByteRange]] = {}
    sent: dict[int, Sequence[bytes] | None] = dict.fromkeys(range(len(indexers)))
    while sent:
        waiting = {}
        for number, parts in sent.items():
            try:
                waiting[number] = next(indexers[number]) if parts is None else indexers[number].send(parts)
            except StopIteration as end:
                found[number] = end.value
        if not waiting:
            break
        answers = iter((yield [asked for wanted in waiting.values() for asked in wanted]))
        sent = {number: [next(answers) for _ in wanted] for number, wanted in waiting.items()}
    return [found[number] for number in range(len(indexers))]
