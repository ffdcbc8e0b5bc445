"""Counts requests and bytes by service, account, method, path and status, as they happen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phistac.sandbox.counters import AccountCounters, Counters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.sandbox.quotas import Usage

__all__ = ["ANONYMOUS", "Row", "Tally"]

ANONYMOUS = "anonymous"


@dataclass(slots=True)
class Row:
    """Requests that are alike in all that is counted by."""

    account: str
    method: str
    path: str
    status: int
    requests: int = 0
    bytes_sent: int = 0
    refused: int = 0


class Tally:
    """Rows of counts, and the TCP connections of a listening port."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str, int], Row] = {}
        self.listening = 0
        self.peak_listening = 0

    def opened(self) -> None:
        """Count a TCP connection that was accepted."""
        self.listening += 1
        self.peak_listening = max(self.peak_listening, self.listening)

    def closed(self) -> None:
        """Count it off."""
        self.listening -= 1

    def request(self, *, account: str, method: str, path: str, status: int, refused: bool) -> Row:
        """Count a request, whose answer begins now; bytes are added to the row as they go."""
        row = self._rows.setdefault((account, method, path, status), Row(account, method, path, status))
        row.requests += 1
        row.refused += refused
        return row

    def reset(self) -> None:
        """Start anew. Answers under way go on adding to rows that nobody reads any more."""
        self._rows.clear()
        self.peak_listening = self.listening

    def counters(self, usage: Mapping[str, Usage], total: Usage, *, path: str = "", method: str = "") -> Counters:
        """Add up what begins with ``path`` and has this ``method``."""
        rows = [row for row in self._rows.values() if row.path.startswith(path) and method in {"", row.method}]
        by_status: Counter[int] = Counter()
        by_method: Counter[str] = Counter()
        for row in rows:
            by_status[row.status] += row.requests
            by_method[row.method] += row.requests
        accounts = sorted({*usage, *(row.account for row in rows)})
        return Counters(
            **_sums(rows),
            **_held(total),
            by_account={
                name: AccountCounters(
                    **_sums([row for row in rows if row.account == name]),
                    **(_held(usage[name]) if name in usage else {}),
                )
                for name in accounts
            },
            by_status=dict(by_status),
            by_method=dict(by_method),
            listening_sockets=self.listening,
            peak_listening_sockets=self.peak_listening,
        )


def _sums(rows: list[Row]) -> dict[str, int]:
    return {name: sum(getattr(row, name) for row in rows) for name in ("requests", "bytes_sent", "refused")}


def _held(usage: Usage) -> dict[str, Any]:
    names = ("open_sockets", "peak_sockets", "in_flight", "peak_in_flight", "busy_s")
    return {name: getattr(usage, name) for name in names}
