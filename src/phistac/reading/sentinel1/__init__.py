"""Sentinel-1 level-1 products as Datasets."""

from __future__ import annotations

from phistac.reading.sentinel1.groups import open_group
from phistac.reading.sentinel1.tree import open_groups

__all__ = ["open_group", "open_groups"]
