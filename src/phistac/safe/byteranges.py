"""Byte ranges, and the generators that ask for them.

An *indexer* finds out where something lies in a product without doing any I/O. It yields the ranges it needs next, is
sent their bytes in the same order, and returns what it found. So the same parser runs over S3, a folder or a test's
dict, and whoever drives it may fetch each batch concurrently, within the budget of its account.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from phistac.errors import FormatError

__all__ = ["ByteRange", "Indexer", "answer", "together"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class ByteRange:
    """Half-open range of bytes of one object of a product.

    Attributes
    ----------
    path : str
        Path relative to the product's root, with forward slashes.
    start, stop : int
        First byte, and the byte after the last one.

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
        Gives the bytes of each range, in order.

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
    try:
        wanted = next(indexer)
        while True:
            parts = read(wanted)
            _check(wanted, parts)
            wanted = indexer.send(parts)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # a generator's return value travels untyped in StopIteration


def _check(wanted: Sequence[ByteRange], parts: Sequence[bytes]) -> None:
    if len(wanted) != len(parts):
        raise FormatError(f"{len(wanted)} byte ranges were asked for, {len(parts)} came")
    for asked, part in zip(wanted, parts, strict=True):
        if len(part) != asked.size:
            raise FormatError(
                f"{asked.path}: bytes {asked.start} to {asked.stop} were asked for, {len(part)} bytes came"
            )


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
