"""The burst that is read, and how each tool is told of it."""

from __future__ import annotations

import json
from dataclasses import dataclass

__all__ = ["Burst", "find"]


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst of a product of real size."""

    row: dict
    product: str
    index: int

    @property
    def path(self):
        return self.row["S3Path"].lstrip("/")

    @property
    def shape(self):
        return self.row["LinesPerBurst"], self.row["SamplesPerBurst"]

    @property
    def size(self):
        return 4 * self.shape[0] * self.shape[1]

    @property
    def image(self):
        return f"{self.row['SwathIdentifier']}/{self.row['PolarisationChannels']}"

    @property
    def whole(self):
        return self.row["Lines"], self.shape[0], 0, self.shape[1]

    @property
    def window(self):
        return self.row["Lines"] + self.shape[0] // 2, 200, self.shape[1] // 2, 200


def find(cdse):
    """Return the middle burst of the largest image: the one that has pixels."""
    with (cdse.root / "catalogue" / "bursts.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    longest = max(rows, key=lambda row: row["LinesPerBurst"] * row["SamplesPerBurst"])
    same = sorted((row for row in rows if row["S3Path"] == longest["S3Path"]), key=lambda row: row["ByteOffset"])
    middle = len(same) // 2
    return Burst(same[middle], longest["S3Path"].partition("/measurement/")[0].lstrip("/"), middle)
