"""Rows of the ``Bursts`` entity set: flat, one per burst and polarization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phistac.sandbox.archive.naming import identifier
from phistac.sandbox.archive.rows import Footprint, footprint
from phistac.sandbox.archive.times import compact, odata, shift

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["SENSING_S", "BurstRecord", "burst_row"]

SENSING_S = {"IW1": 0.874132, "IW2": 1.041589, "IW3": 0.899860}
"""Seconds of sensing: ``EndingDateTime`` less ``BeginningDateTime`` of recorded rows; annotations do not tell."""


@dataclass(frozen=True, slots=True)
class BurstRecord:
    """What is known of one burst in one polarization."""

    parent_id: str
    parent_name: str
    parent_type: str
    s3_path: str
    """Of the measurement TIFF."""
    unit: str
    datatake: int
    relative_orbit: int
    direction: str
    mode: str
    swath: str
    polarization: str
    number: int
    absolute: int
    anx_s: float
    azimuth_time: datetime
    sensing_time: datetime
    byte_offset: int
    index: int
    lines_per_burst: int
    samples_per_burst: int
    duration_s: float
    """Seconds of sensing."""
    outlines: tuple[Footprint, ...]


def burst_row(burst: BurstRecord) -> dict[str, Any]:
    """Return the row. ``Lines`` is the burst's first line in the TIFF, whatever its name suggests."""
    stop = shift(burst.sensing_time, burst.duration_s)
    name = (
        f"S1{burst.unit}-SLC-{compact(burst.sensing_time)}-{burst.number}-{burst.swath}-{burst.polarization}-"
        f"{burst.datatake}"
    )
    text, shape = footprint(burst.outlines)
    return {
        "@odata.mediaContentType": "application/octet-stream",
        "Id": identifier("burst", burst.parent_name, name),
        "Name": name,
        "ContentType": "application/octet-stream",
        "S3Path": burst.s3_path,
        "ContentDate": {"Start": odata(burst.sensing_time), "End": odata(stop)},
        "Footprint": text,
        "GeoFootprint": shape,
        "ParentProductId": burst.parent_id,
        "ParentProductName": burst.parent_name,
        "ByteOffset": burst.byte_offset,
        "BurstId": burst.number,
        "AbsoluteBurstId": burst.absolute,
        "AzimuthTime": odata(burst.azimuth_time),
        "AzimuthAnxTime": burst.anx_s,
        "ParentProductType": burst.parent_type,
        "SwathIdentifier": burst.swath,
        "RelativeOrbitNumber": burst.relative_orbit,
        "OrbitDirection": burst.direction,
        "PlatformSerialIdentifier": burst.unit,
        "PolarisationChannels": burst.polarization,
        "OperationalMode": burst.mode,
        "DatatakeID": burst.datatake,
        "Lines": burst.index * burst.lines_per_burst,
        "LinesPerBurst": burst.lines_per_burst,
        "SamplesPerBurst": burst.samples_per_burst,
        "BeginningDateTime": odata(burst.sensing_time),
        "EndingDateTime": odata(stop),
    }
