"""What every benchmark is given: where to work, where the peers are, and sandboxes to measure on."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.process import ClientError, call
from phistac.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Bench", "Sample"]


@dataclass(frozen=True, slots=True)
class Sample:
    """What a client answered, and what its sandbox saw meanwhile."""

    answer: dict
    sent: int
    """Bytes of bodies that the S3 port sent."""
    requests: int
    refused: int
    sockets: int
    """The most open at once."""


def _say(words):
    print(words, flush=True)  # whoever reads a file wants to know how far it is


@dataclass(frozen=True, slots=True)
class Bench:
    """A run."""

    work: Path
    peers: Path
    rounds: int = 3
    say: Callable[[str], None] = _say

    @property
    def home(self):
        return self.work / "home"

    def archive(self, size, **options):
        """Return a sandbox over the archive of this size; it is made at the first use and kept."""
        return Sandbox(root=self.work / size, size=size, **options)

    def unlimited(self, size):
        """Return a sandbox with the latency and the rate of a connection, but with any number of them."""
        return self.archive(size, strict=False, rate=20e6, latency_s=0.05)

    def ask(self, cdse, client, request, *, ours=False, path="/eodata/", timeout_s=240.0):
        """Run a client once against a sandbox; a failure is returned, not raised, so that the table can show it."""
        cdse.reset_counters()
        python = sys.executable if ours else self.peers
        try:
            answer = call(python, client, request, home=self.home, timeout_s=timeout_s)
        except ClientError as error:
            self.say(f"    {client}: {error}")
            return error
        seen = cdse.counters(path=path)
        took = answer.get("seconds", answer.get("open", 0) + answer.get("read", 0))
        self.say(f"    {client}: {took:.3f} s, {seen.bytes_sent / 1e6:.2f} MB, {seen.requests} requests")
        return Sample(answer, seen.bytes_sent, seen.requests, seen.refused, seen.peak_sockets)
