"""Is there room for what a plan needs? Asked once, before anything moves."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from phistac.analysis.rendering import quantity
from phistac.errors import DiskFullError

if TYPE_CHECKING:
    from phistac.retrieval.planned import Plan

__all__ = ["require_room"]

_MARGIN = 1.05  # blocks, directories, and whatever else writes to the same disk


def require_room(plan: Plan) -> None:
    """Raise DiskFullError if the disk of the output folder has less room than the plan needs and 5 % more."""
    folder = Path(plan.out).resolve()
    while not folder.exists():
        folder = folder.parent
    free, need = shutil.disk_usage(folder).free, plan.missing * _MARGIN
    if plan.missing and free < need:
        raise DiskFullError(
            f"{plan.out} needs {quantity(need, 'B')}, its disk has {quantity(free, 'B')} left",
            remedy="Make room, or download to another disk. Nothing was started.",
        )
