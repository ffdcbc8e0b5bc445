"""Is there room for what a plan needs? Asked once, before anything moves."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from phistac.analysis.rendering import quantity
from phistac.errors import DiskFullError, UnsafePathError
from phistac.retrieval.parts import adoptable
from phistac.retrieval.places import target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phistac.remote.files.objects import ProductObject
    from phistac.retrieval.planned import Plan

__all__ = ["require_room"]

_MARGIN = 1.05  # blocks, directories, and whatever else writes to the same disk


def require_room(plan: Plan) -> None:
    """Raise DiskFullError if the disk of the output folder has less room than the plan needs and 5 % more."""
    folder = Path(plan.out).resolve()
    while not folder.exists():
        folder = folder.parent
    free, missing = shutil.disk_usage(folder).free, plan.missing
    if free < missing * _MARGIN:
        missing -= adoptable(_missing(plan))  # looked for only where it decides: these are many listings
    need = missing * _MARGIN
    if missing and free < need:
        raise DiskFullError(
            f"{plan.out} needs {quantity(need, 'B')}, its disk has {quantity(free, 'B')} left",
            remedy="Make room, or download to another disk. Nothing was started.",
        )


def _missing(plan: Plan) -> Iterator[tuple[Path, ProductObject]]:
    for product in plan.products:
        for item in product.objects:
            if item.path not in product.present:
                with suppress(UnsafePathError):  # it fails by itself, when its turn comes
                    yield target(Path(plan.out), product.name, item.path), item
