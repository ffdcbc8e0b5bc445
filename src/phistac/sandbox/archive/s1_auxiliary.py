"""Auxiliary Sentinel-1 products: orbits (bare ``.EOF`` objects) and a calibration file (a zipped SAFE).

None has a footprint: the catalogue says null, and readers must live with it. The state vectors are those of the
archive's own passes, so an orbit file fits the products that it covers.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.catalogue import local_path
from phistac.sandbox.archive.naming import s1_folder, s3_path
from phistac.sandbox.archive.rows import Record
from phistac.sandbox.archive.times import anno, compact, odata, shift
from phistac.sandbox.archive.xmltext import Node, counted, el, render

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from phistac.sandbox.archive.catalogue import Catalogue
    from phistac.sandbox.archive.s1_pass import Pass

__all__ = ["add_calibration", "add_orbit_file"]

_TAI, _UT1 = timedelta(seconds=37), timedelta(microseconds=42_000)


def add_orbit_file(root: Path, catalogue: Catalogue, passed: Pass, *, precise: bool = False) -> Record:
    """Make the precise (26 hours) or restituted (3.3 hours) orbit file that covers a pass."""
    kind = "AUX_POEORB" if precise else "AUX_RESORB"
    if precise:
        start = passed.anx.replace(hour=22, minute=59, second=42, microsecond=0) - timedelta(days=1)
        stop, made = start + timedelta(hours=26), start + timedelta(days=21, hours=9)
    else:
        start = passed.anx.replace(microsecond=0) - timedelta(seconds=5_900)
        stop, made = start + timedelta(seconds=11_850), start + timedelta(seconds=14_400)
    stem = f"{passed.mission}_OPER_{kind}_OPOD_{compact(made)}_V{compact(start)}_{compact(stop)}"
    return _add(
        root, catalogue, passed, kind, f"{stem}.EOF", (start, stop, made), _orbit_file(passed, stem, start, stop)
    )


def add_calibration(root: Path, catalogue: Catalogue, passed: Pass) -> Record:
    """Make a calibration auxiliary product; the object is a zip although the product's name says ``.SAFE``."""
    start, made = passed.anx.replace(microsecond=0) - timedelta(days=400), passed.anx.replace(microsecond=0)
    name = f"{passed.mission}_AUX_CAL_V{compact(start)}_G{compact(made)}.SAFE"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        document = render(el("auxiliaryCalibration", counted("calibrationParamsList", [])))
        archive.writestr(zipfile.ZipInfo(f"{name}/data/{passed.mission.lower()}-aux-cal.xml"), document)
    return _add(root, catalogue, passed, "AUX_CAL", name, (start, start, made), packed.getvalue(), ".zip")


def _add(
    root: Path,
    catalogue: Catalogue,
    passed: Pass,
    kind: str,
    name: str,
    times: tuple[datetime, datetime, datetime],
    data: bytes,
    suffix: str = "",
) -> Record:
    start, stop, made = times
    path = s3_path("Sentinel-1", s1_folder(kind), start, name + suffix)
    target = local_path(root, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    record = Record(
        name=name,
        s3_path=path,
        start=start,
        stop=stop,
        outline=None,
        attributes=[
            ("origin", "String", "ESA"),
            ("processingDate", "DateTimeOffset", odata(made)),
            ("processingCenter", "String", "OPOD" if name.endswith(".EOF") else "Richmond"),
            ("platformShortName", "String", "SENTINEL-1"),
            ("productGeneration", "DateTimeOffset", odata(made)),
            ("instrumentShortName", "String", "AUX"),
            ("platformSerialIdentifier", "String", passed.unit),
            ("productType", "String", kind),
            ("beginningDateTime", "DateTimeOffset", odata(start)),
            ("endingDateTime", "DateTimeOffset", odata(stop)),
        ],
        size=len(data),
        published=shift(made, 100),
        origin=shift(made, 60),
        md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
    )
    catalogue.add(record, root)
    return record


def _orbit_file(passed: Pass, stem: str, start: datetime, stop: datetime) -> bytes:
    seconds = np.arange((start - passed.anx).total_seconds(), (stop - passed.anx).total_seconds() + 1, 10.0)
    positions, velocities = passed.track.state(passed.orbit, seconds)
    vectors = []
    for second, position, velocity in zip(seconds.tolist(), positions.tolist(), velocities.tolist(), strict=True):
        moment = shift(passed.anx, second)
        orbit = passed.orbit + int(second // passed.track.period)
        vectors.append(_vector(moment, orbit, position, velocity))
    validity = el(
        "Validity_Period",
        *(el(f"Validity_{side}", f"UTC={anno(when)[:19]}") for side, when in (("Start", start), ("Stop", stop))),
    )
    fixed = el(
        "Fixed_Header",
        el("File_Name", stem),
        el("Mission", f"Sentinel-1{passed.unit}"),
        el("File_Class", "OPER"),
        el("File_Type", stem[9:19]),
        validity,
        el("File_Version", "0001"),
    )
    variable = el("Variable_Header", el("Ref_Frame", "EARTH_FIXED"), el("Time_Reference", "UTC"))
    block = el("Data_Block", counted("List_of_OSVs", vectors), attributes={"type": "xml"})
    return render(el("Earth_Explorer_File", el("Earth_Explorer_Header", fixed, variable), block))


def _vector(moment: datetime, orbit: int, position: list[float], velocity: list[float]) -> Node:
    clocks = [
        el(name, f"{name}={anno(moment + offset)}")
        for name, offset in (("TAI", _TAI), ("UTC", timedelta(0)), ("UT1", _UT1))
    ]
    places = [el(axis, f"{value:.6f}", attributes={"unit": "m"}) for axis, value in zip("XYZ", position, strict=True)]
    speeds = [
        el(f"V{axis}", f"{value:.6f}", attributes={"unit": "m/s"}) for axis, value in zip("XYZ", velocity, strict=True)
    ]
    return el("OSV", *clocks, el("Absolute_Orbit", f"{orbit:+06d}"), *places, *speeds, el("Quality", "NOMINAL"))
