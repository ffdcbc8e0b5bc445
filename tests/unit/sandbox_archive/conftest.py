"""One small seeded archive for all tests of its making; nobody may change it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from phistac.sandbox.archive import build

if TYPE_CHECKING:
    from pathlib import Path


class Archive:
    """A made archive: its folder and its rows."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.products = self._rows("products")
        self.bursts = self._rows("bursts")
        self.deleted = self._rows("deleted")
        self.quicklooks = self._rows("quicklooks")

    def _rows(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.root / "catalogue" / f"{name}.jsonl").read_text().splitlines()]

    def of(self, part: str) -> list[dict[str, Any]]:
        return [row for row in self.products if part in row["Name"]]

    def folder(self, row: dict[str, Any]) -> Path:
        return self.root / "s3" / row["S3Path"].lstrip("/")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    root = tmp_path_factory.mktemp("archive")
    build(root)
    return Archive(root)
