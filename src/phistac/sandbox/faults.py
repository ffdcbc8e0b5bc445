"""Faults that can be ordered: what goes wrong, for which requests, and how often.

A small declarative language for tests of clients: ``Fault("status", status=503, path="/eodata/Sentinel-2", times=3)``.
Pure: which fault strikes a request is decided here, what it does to the answer in :mod:`phistac.sandbox.striking`.

=============  =====================================================================================================
``status``     the answer is ``status``, with ``code`` and ``retry_after_s``
``close``      the connection ends without a word
``late``       the answer begins ``seconds`` later
``stall``      after ``after_bytes`` of the body there is silence for ``seconds``
``truncate``   the whole length is announced, ``after_bytes`` are sent, the connection closes
``reset``      the same, but the connection is reset (RST)
``short``      a range is answered with its own ``Content-Range``, but length and body end after ``after_bytes``
``whole``      a range is answered with 200 and the whole object
``elsewhere``  a range is answered with another one, ``by_bytes`` further on, which is what ``Content-Range`` says
``flip``       the byte at ``after_bytes`` of the body is inverted
``changed``    from now on the object is another one, with other bytes and another ETag (S3)
``gone``       from now on there is no such object: 404, and listings lack it (S3)
=============  =====================================================================================================
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from phistac.errors import ConfigurationError

__all__ = ["Fault", "FaultBook", "FaultKind"]

FaultKind = Literal[
    "status",
    "close",
    "late",
    "stall",
    "truncate",
    "reset",
    "short",
    "whole",
    "elsewhere",
    "flip",
    "changed",
    "gone",
]

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Examples
    --------
    >>> Fault("truncate", after_bytes=1000, path="/eodata/", times=2).strikes("s3", "GET", "/eodata/a")
    True
    """

    kind: FaultKind
    """What goes wrong; the module's table has every one."""

    times: int = 1
    """How many matching requests are struck."""

    skip: int = 0
    """How many matching requests pass unharmed before."""

    service: Literal["s3", "catalogue", ""] = ""
    """Which port; empty for both."""

    method: str = ""
    """Which HTTP method; empty for any."""

    path: str = ""
    """How the path begins (``/eodata/...`` or ``/odata/v1/...``); empty for any."""

    query: str = ""
    """What the decoded query string contains, such as ``$skip=1998``; empty for any."""

    span: tuple[int, int] | None = None
    """Which bytes of the object, from the first up to but without the last, a request must ask for some of; None for
    any. A request without a range asks for all of them, and one for the end of the object counts as if it did."""

    every: int = 1
    """Every how many matching requests one is struck, ``times`` times over."""

    status: int = 503
    """The HTTP status of ``status``."""

    code: str = "SlowDown"
    """The S3 error code that goes with ``status`` on the S3 port."""

    retry_after_s: float | None = None
    """A ``Retry-After`` header for ``status``."""

    after_bytes: int = 0
    """Where in the body ``truncate``, ``reset``, ``short``, ``flip`` and ``stall`` strike."""

    by_bytes: int = 1
    """How far from what was asked for ``elsewhere`` is."""

    seconds: float = 60.0
    """How long ``late`` and ``stall`` are silent."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ConfigurationError(
                f"there is no fault {self.kind!r}", remedy=f"Use one of {', '.join(get_args(FaultKind))}."
            )
        if self.times < 1 or self.every < 1 or self.skip < 0 or self.after_bytes < 0 or self.seconds < 0:
            raise ConfigurationError(f"the fault {self} has a number out of range")
        if self.span is not None:
            object.__setattr__(self, "span", (int(self.span[0]), int(self.span[1])))  # JSON makes a list of it

    def strikes(self, service: str, method: str, path: str, query: str = "", byte_range: str = "") -> bool:
        """Whether a request is one of those this fault is meant for; ``byte_range`` is its ``Range`` header."""
        asked = self.service in {"", service} and self.method in {"", method} and path.startswith(self.path)
        return asked and self.query in query and (self.span is None or _meets(self.span, byte_range))

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Fault:
        """Read what :meth:`as_dict` wrote.

        Raises
        ------
        ConfigurationError
            If there is a field that no fault has.
        """
        unknown = set(values) - {f.name for f in dataclasses.fields(cls)}
        if unknown or "kind" not in values:
            raise ConfigurationError(
                f"this is no fault: {values!r}", remedy="See phistac.sandbox.Fault for its fields."
            )
        return cls(**values)


class FaultBook:
    """The faults still to come, in the order they were ordered."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Order a fault."""
        self._pending.append(fault)

    def clear(self) -> None:
        """Forget all of them."""
        self._pending.clear()

    def pending(self) -> tuple[Fault, ...]:
        """Return what is still to come."""
        return tuple(self._pending)

    def take(self, service: str, method: str, path: str, query: str = "", byte_range: str = "") -> Fault | None:
        """Return the first fault that strikes this request, and count it."""
        for at, fault in enumerate(self._pending):
            if not fault.strikes(service, method, path, query, byte_range):
                continue
            if fault.skip:
                self._pending[at] = dataclasses.replace(fault, skip=fault.skip - 1)
                continue
            if fault.times > 1:
                self._pending[at] = dataclasses.replace(fault, times=fault.times - 1, skip=fault.every - 1)
            else:
                del self._pending[at]
            return fault
        return None


def _meets(span: tuple[int, int], byte_range: str) -> bool:
    match = _RANGE.fullmatch(byte_range)
    if match is None:
        return True
    return int(match[1]) < span[1] and (not match[2] or int(match[2]) >= span[0])
