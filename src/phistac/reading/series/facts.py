"""What the annotation of one date says of its burst, as far as a series needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phistac.errors import FormatError
from phistac.safe import sentinel1
from phistac.safe.alignment import BurstShape, Sampling
from phistac.safe.raster import Raster, Run
from phistac.safe.sentinel1.pixels import esas_size
from phistac.safe.times import nanoseconds

if TYPE_CHECKING:
    from phistac.reading.series.members import Date, Member
    from phistac.safe.sentinel1 import Burst, BurstSignal, Document, GeolocationGrid, ImageInfo, Orbit

__all__ = ["Facts", "read_facts"]

_ALONE = "Open it by its own Item, which looks into the file: phistac.open(item, group='')."


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """One date.

    Attributes
    ----------
    burst : Burst
        With valid samples and byte offset.
    image : ImageInfo
        Of the sub-swath.
    shape : BurstShape
        Extent and start.
    sampling : Sampling
        What must not differ between dates.
    orbit : Orbit
        State vectors.
    ground : GeolocationGrid
        Tie points.
    signal : BurstSignal
        Mid-time, FM rate and Doppler centroid.
    """

    burst: Burst
    image: ImageInfo
    shape: BurstShape
    sampling: Sampling
    orbit: Orbit
    ground: GeolocationGrid
    signal: BurstSignal

    def raster(self, member: Member) -> Raster:
        """Return where the pixels of a polarization lie: one contiguous range.

        The images of one sub-swath have one shape, and so one layout: the annotation of one polarization speaks for
        all, and the size of the file follows from it: one that was repacked gives itself away. An Item that says
        otherwise is not trusted.
        """
        if member.offset != self.burst.byte_offset:
            raise FormatError(
                f"the burst of {member.item} begins at byte {member.offset}, but at {self.burst.byte_offset} in the"
                " other polarizations",
                remedy=_ALONE,
            )
        lines, samples = self.shape.lines, self.shape.samples
        first = self.burst.byte_offset - self.burst.index * lines * 4 * samples
        size = esas_size(self.image.lines, 4 * samples, first, self.ground.line.size * self.ground.pixel.size)
        if size is None:
            raise FormatError(f"the annotation of {member.item} has offsets that no file of ESA's has", remedy=_ALONE)
        run = Run(0, lines, self.burst.byte_offset)
        return Raster(member.measurement, (lines, samples), self.image.pixel, (run,), size)


def read_facts(date: Date, annotation: Document) -> Facts:
    """Read what a series needs from the annotation of a date's first polarization.

    Raises
    ------
    FormatError
        If it is not the annotation of that burst, or not what it should be.
    """
    image, timing = annotation.get(sentinel1.image_info), annotation.get(sentinel1.swath_timing)
    member = date.members[0]
    burst = next((each for each in timing.bursts if each.byte_offset == member.offset), None)
    if burst is None or burst.relative_id not in (None, date.relative_id):
        raise FormatError(
            f"{annotation.name} has no burst {date.relative_id} at byte {member.offset}",
            remedy=f"The Item {member.item} is not of this product, or it was replaced.",
        )
    if image.pixel != "cint16":
        raise FormatError(f"{annotation.name} is of detected pixels: it is no SLC")
    shape = BurstShape(
        nanoseconds([burst.azimuth_time])[0], image.slant_range_time, timing.lines_per_burst, timing.samples_per_burst
    )
    sampling = Sampling(
        image.mode,
        image.swath,
        image.pixel,
        image.range_sampling_rate,
        image.radar_frequency,
        image.azimuth_time_interval,
    )
    fm_rates, estimates = annotation.get(sentinel1.fm_rate), annotation.get(sentinel1.dc_estimate)
    return Facts(
        burst,
        image,
        shape,
        sampling,
        annotation.get(sentinel1.orbit),
        annotation.get(sentinel1.geolocation),
        sentinel1.burst_signal(image, timing, fm_rates, estimates, index=burst.index),
    )
