"""Figures of what was found: matplotlib Axes to keep, change and save; nothing is ever shown by itself."""

from __future__ import annotations
