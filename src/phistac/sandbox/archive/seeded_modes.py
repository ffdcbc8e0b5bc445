"""One small Sentinel-1 product of every mode, kind and layout: an archive that is made in seconds.

=====  ==========================================================================================================
IW     SLC and GRDH of 2014 (IPF 2.36: pixels right behind the header, no burst ids, the noise of then), SLC of 2021
       (IPF 3.31: no burst ids, no RFI), SLC, GRDH and COG of S1D (IPF 4.03)
EW     SLC of five beams in HH and HV, GRDM and COG
SM     SLC and GRDH of beam S3, COG
WV     SLC of four images, WV1 and WV2 in turn; its folders have markers, zero-byte objects of their own
=====  ==========================================================================================================
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phistac.sandbox.archive.bursts import EW as EW_PATTERN
from phistac.sandbox.archive.bursts import burst_number
from phistac.sandbox.archive.catalogue import local_path
from phistac.sandbox.archive.s1_acquire import acquire, acquire_still
from phistac.sandbox.archive.s1_modes import EW, SM, WV
from phistac.sandbox.archive.s1_pass import pass_of
from phistac.sandbox.archive.s1_products import add_grd, add_slc
from phistac.sandbox.archive.times import parse
from phistac.sandbox.s3.tree import MARKER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from phistac.sandbox.archive.catalogue import Catalogue
    from phistac.sandbox.archive.s1_pass import Pass
    from phistac.sandbox.archive.s1_scene import Scene

__all__ = ["fill_modes"]

_NORTH_S, _SOUTH_S = 1_150.0, 700.0
"""Seconds after the node: over the European Arctic, over the Mediterranean."""


def fill_modes(root: Path, catalogue: Catalogue, *, seed: int, progress: Callable[[str], None]) -> None:
    """Make every product of the archive below ``root`` and list it in ``catalogue``."""
    old = replace(_pass("2014-11-03"), ipf="002.36", datatake=0x2F3B)
    middle = replace(_pass("2021-04-01"), ipf="003.31", datatake=0x46484)
    newest = replace(_pass("2026-03-01"), ipf="004.03", unit="D")
    for passed in (old, middle, newest):
        _add(root, catalogue, acquire(passed, 92600, 3), seed, detected=passed is not middle)
        progress(f"Sentinel-1 IW, IPF {passed.ipf}")
    now = _pass("2025-06-01")
    first = burst_number(_NORTH_S, now.relative_orbit, EW_PATTERN)
    _add(root, catalogue, acquire(now, first, 3, mode=EW), seed)
    later = _pass("2025-07-01")
    _add(root, catalogue, acquire_still(later, SM, _SOUTH_S), seed)
    _add(root, catalogue, acquire_still(_pass("2025-08-01"), WV, _SOUTH_S, images=4), seed, detected=False)
    product = local_path(root, catalogue.products[-1]["S3Path"])
    for folder in (product, product / "annotation", product / "measurement"):
        (folder / MARKER).touch()
    progress("Sentinel-1 EW, SM, WV")


def _pass(day: str) -> Pass:
    return pass_of("A", 44, parse(day), ascending=True)


def _add(root: Path, catalogue: Catalogue, scene: Scene, seed: int, *, detected: bool = True) -> None:
    add_slc(root, catalogue, scene, seed=seed)
    if detected:
        add_grd(root, catalogue, scene, seed=seed)
