"""Tables in, answers out: areas of interest and temporal statistics. Pure: no network, no file, no clock."""

from __future__ import annotations
