"""The burst that is read, how each tool is told of it, and what it holds."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from benchmarks.clients._protocol import digest

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

    def truth(self, root, region):
        """Return the digest of a region of the file itself, read without any of the tools."""
        line, lines, pixel, width = region
        before = self.row["ByteOffset"] + 4 * (line - self.row["Lines"]) * self.shape[1]
        rows = np.fromfile(root / "s3" / self.path, "<i2", 2 * lines * self.shape[1], offset=before)
        pairs = rows.reshape(lines, self.shape[1], 2)[:, pixel : pixel + width].astype("float32")
        return digest(np.ascontiguousarray(pairs).view("complex64")[..., 0])["digest"]


def find(cdse):
    """Return the middle burst of IW1 in VV of the product of real size: it has pixels, and 126 MB."""
    with (cdse.root / "catalogue" / "bursts.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    longest = max(rows, key=lambda row: row["LinesPerBurst"])["ParentProductId"]
    mine = {"ParentProductId": longest, "SwathIdentifier": "IW1", "PolarisationChannels": "VV"}
    same = [row for row in rows if mine.items() <= row.items()]
    same.sort(key=lambda row: row["ByteOffset"])
    middle = len(same) // 2
    return Burst(same[middle], same[middle]["S3Path"].partition("/measurement/")[0].lstrip("/"), middle)
