"""One burst over many dates as one Dataset."""

from __future__ import annotations

from phistac.reading.series.door import burst_series

__all__ = ["burst_series"]
