"""One image of a Sentinel-1 product: a sub-swath (SLC) or the merged swath (GRD) in one polarization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phistac.sandbox.archive.s1_grid import GroundRange, grd_grid, ground_range, slc_grid
from phistac.sandbox.archive.tiff import Layout
from phistac.sandbox.archive.times import dashed

if TYPE_CHECKING:
    from datetime import datetime

    from phistac.sandbox.archive.s1_grid import Grid
    from phistac.sandbox.archive.s1_scene import Scene, Swath

__all__ = ["Image", "grd_images", "slc_images"]

_GRD_SPACING = 700.0


@dataclass(frozen=True, slots=True)
class Image:
    """What the annotation writers need to know of one measurement file."""

    scene: Scene
    swath: Swath | None
    """The sub-swath; None where all three are merged (GRD)."""
    polarization: str
    number: int
    grid: Grid
    layout: Layout
    interval: float
    """Seconds from line to line."""
    sampling_rate: float
    relation: GroundRange | None = None
    cog: bool = False

    @property
    def product_type(self) -> str:
        """``SLC`` or ``GRD``."""
        return "GRD" if self.swath is None else "SLC"

    @property
    def swath_name(self) -> str:
        """``IW1`` to ``IW3``, or ``IW``; ``S3`` of a stripmap."""
        return self.scene.mode.beam if self.swath is None else self.swath.beam.name

    @property
    def swaths(self) -> tuple[Swath, ...]:
        """The sub-swaths that went into the image."""
        return self.scene.swaths if self.swath is None else (self.swath,)

    @property
    def start(self) -> datetime:
        """Zero-Doppler time of the first line."""
        return self.scene.start if self.swath is None else self.swath.start

    @property
    def stop(self) -> datetime:
        """Zero-Doppler time of the last line."""
        return self.scene.stop if self.swath is None else self.swath.stop

    @property
    def spacing(self) -> float:
        """Range pixel spacing in meters."""
        if self.relation is None:
            return 299_792_458.0 / 2 / self.sampling_rate
        return self.relation.extent / (self.layout.samples - 1)

    @property
    def stem(self) -> str:
        """The name that the image's files share."""
        passed = self.scene.passed
        return (
            f"{passed.mission}-{self.swath_name}-{self.product_type}-{self.polarization}-{dashed(self.start)}-"
            f"{dashed(self.stop)}-{passed.orbit:06d}-{passed.datatake:06x}-{self.number:03d}{'-cog' * self.cog}"
        ).lower()


def slc_images(scene: Scene) -> list[Image]:
    """Return the images of an SLC: of IW the VH of IW1 to IW3, then VV."""
    grids = [slc_grid(scene.passed, swath) for swath in scene.swaths]
    return [
        Image(
            scene,
            swath,
            polarization,
            len(scene.swaths) * p + s + 1,
            grids[s],
            swath.layout,
            swath.interval,
            swath.sampling_rate,
        )
        for p, polarization in enumerate(scene.mode.polarizations)
        for s, swath in enumerate(scene.swaths)
    ]


def grd_images(scene: Scene, *, cog: bool = False) -> list[Image]:
    """Return the two images of a GRD, VV then VH, or of its cloud-optimized twin."""
    relation = ground_range(scene)
    duration = (scene.stop - scene.start).total_seconds()
    samples, lines = round(relation.extent / _GRD_SPACING), round(duration * 6_800 / _GRD_SPACING)
    grid = grd_grid(scene, relation, lines=lines, samples=samples)
    layout = Layout(lines, samples, grid.longitude.size, complex_pixels=False, old=scene.passed.old)
    rate = scene.swaths[0].sampling_rate
    return [
        Image(
            scene,
            None,
            polarization,
            number,
            grid,
            layout,
            duration / (lines - 1),
            rate,
            relation,
            cog=cog,
        )
        for number, polarization in enumerate(scene.mode.detected_polarizations, 1)
    ]
