"""The 50 netCDF files of an OLCI full-resolution product: names, dimensions and variables as in a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.netcdf import Variable
from phistac.sandbox.archive.s3_bands import BANDS, PRESSURE_LEVELS
from phistac.sandbox.archive.s3_scene import AC_FACTOR
from phistac.sandbox.archive.s3_variables import (
    ON_GRID,
    Content,
    brightness,
    content,
    flags,
    geo,
    micro,
    radiance,
    time_stamps,
    uncertainty,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from phistac.sandbox.archive.s3_scene import Frame, Ground

__all__ = ["files"]

_DETECTORS, _REMOVED = 3700, 12


def files(frame: Frame, ground: Ground, seed: int) -> Iterator[Content]:
    """Yield the 50 files of a product in the manifest's order."""
    scene = brightness(frame, seed)
    grid = {"columns": frame.columns, "rows": frame.rows}
    for band in BANDS:
        text = f"TOA radiance for OLCI acquisition band {band.name}"
        name = f"{band.name}_radiance"
        title = f"Radiance {band.name}"
        yield content(frame, f"{name}.nc", f"{name}Data", text, title, grid, {name: radiance(band, scene, text)})
        text = f"log10 scaled Radiometric Uncertainty Estimate for OLCI acquisition band {band.name}"
        title = f"Radiometric Uncertainty Estimate {band.name}"
        doubt = {f"{name}_unc": uncertainty(band, scene, text)}
        yield content(frame, f"{name}_unc.nc", f"{name}_uncData", text, title, grid, doubt)
    yield content(
        frame, "geo_coordinates.nc", "geoCoordinatesData", "Geo Coordinates Annotations", "Geo Coordinates", grid,
        geo(ground, "DEM corrected "),
    )  # fmt: skip
    yield _instrument(frame)
    classes = {"quality_flags": flags(scene, "Classification and quality flags")}
    yield content(
        frame, "qualityFlags.nc", "qualityFlagsData", "Quality flags", "Classification and Quality Flags", grid, classes
    )
    yield _removed(frame, scene, ground)
    yield from _ties(frame, ground)
    stamps = {"time_stamp": time_stamps(frame)}
    rows = {"rows": frame.rows}
    yield content(
        frame, "time_coordinates.nc", "timeCoordinatesData", "Time Coordinates Annotations", "Time Stamps", rows, stamps
    )


def _instrument(frame: Frame) -> Content:
    detectors = np.arange(_DETECTORS, dtype=np.float32)
    smile = (detectors % 740 - 370) / 370

    def per_band(base: list[float], unit: str, name: str, low: float, high: float, spread: float) -> Variable:
        data = np.round(np.array(base)[:, None] + spread * smile[None, :], 3).astype(np.float32)
        attributes = {
            "_FillValue": np.float32(-1),
            "ancillary_variables": "detector_index lambda0",
            "long_name": name,
            "units": unit,
            "valid_max": np.float32(high),
            "valid_min": np.float32(low),
        }
        return Variable(("bands", "detectors"), data, attributes)

    index = np.tile(np.linspace(0, _DETECTORS - 1, frame.columns).astype(np.int16), (frame.rows, 1))
    limits = {"valid_max": np.int16(3699), "valid_min": np.int16(0)}
    variables = {
        "FWHM": per_band([b.width for b in BANDS], "nm", "OLCI bandwidth (Full Widths at Half Maximum)", 0, 650, 0.02),
        "detector_index": Variable(
            ("rows", "columns"),
            index,
            {"_FillValue": np.int16(-1), "coordinates": ON_GRID, "long_name": "Detector index", **limits},
        ),
        "frame_offset": Variable(
            ("detectors",),
            np.round(4 * smile).astype(np.int16),
            {"_FillValue": np.int16(-32768), "long_name": "Re-sampling along-track frame offset"},
        ),
        "lambda0": per_band(
            [b.center for b in BANDS], "nm", "OLCI characterised central wavelength", 390, 1040, 0.7
        ),
        "relative_spectral_covariance": Variable(
            ("bands", "bands"),
            np.eye(len(BANDS), dtype=np.float32),
            {"_FillValue": np.float32(np.nan), "long_name": "Relative spectral covariance matrix"},
        ),
        "solar_flux": per_band(
            [b.flux for b in BANDS], "mW.m-2.nm-1", "In-band solar irradiance, seasonally corrected", 500, 2500, 1.5
        ),
    }  # fmt: skip
    sizes = {"bands": len(BANDS), "columns": frame.columns, "detectors": _DETECTORS, "rows": frame.rows}
    return content(
        frame, "instrument_data.nc", "instrumentDataData", "Instrument Annotation", "Instrument Data", sizes, variables
    )


def _removed(frame: Frame, scene: NDArray[np.float64], ground: Ground) -> Content:
    """Return the pixels that resampling removed: a dozen per row, copies of the first ones."""
    cut = slice(0, _REMOVED)
    dims = ("rows", "removed_pixels")
    variables: dict[str, Variable] = {}
    for band in BANDS:
        tail = f"for removed pixels for OLCI acquisition band {band.name}"
        for suffix, made in (
            ("", radiance(band, scene[:, cut], f"Radiance {tail}")),
            ("_unc", uncertainty(band, scene[:, cut], f"log10 scaled Radiometric Uncertainty Estimate {tail}")),
        ):
            variables[f"{band.name}_radiance{suffix}"] = Variable(dims, made.data, made.attributes)
    part = type(ground)(ground.longitude[:, cut], ground.latitude[:, cut], ground.zenith[:, cut])
    variables |= geo(part, "DEM corrected ", " for removed pixels", dims)
    variables["quality_flags"] = flags(scene[:, cut], "Classification and quality flags for removed pixels", dims)
    number = np.full(frame.rows, _REMOVED, np.uint16)
    variables["nb_removed_pixels"] = Variable(("rows",), number, {"long_name": "Number removed pixels per frame"})
    sizes = {"removed_pixels": _REMOVED, "rows": frame.rows}
    text = "Removed Pixels information used for SYN L1c reconstruction"
    return content(frame, "removed_pixels.nc", "removedPixelsData", text, "Removed Pixels", sizes, variables)


def _ties(frame: Frame, ground: Ground) -> Iterator[Content]:
    columns = slice(0, None, AC_FACTOR)
    dims = ("tie_rows", "tie_columns")
    latitude, longitude = ground.latitude[:, columns], ground.longitude[:, columns]
    sizes = {"tie_columns": latitude.shape[1], "tie_rows": frame.rows}
    place = {
        "latitude": micro(dims, latitude, "Latitude", 90, standard_name="latitude", units="degrees_north"),
        "longitude": micro(dims, longitude, "Longitude", 180, standard_name="longitude", units="degrees_east"),
    }
    text = "Tie-Point Geo Coordinate Annotations"
    yield content(
        frame, "tie_geo_coordinates.nc", "tieGeoCoordinatesData", text, "Tie-Point Geo Coordinates", sizes, place
    )
    angles = {
        "OAA": (np.full(latitude.shape, 101.0), "Observation (Viewing) Azimuth Angle"),
        "OZA": (ground.zenith[:, columns], "Observation (Viewing) Zenith Angle"),
        "SAA": (np.full(latitude.shape, 145.0), "Sun Azimuth Angle"),
        "SZA": (np.abs(latitude - 15.0), "Sun Zenith Angle"),
    }
    geometry = {
        name: micro(dims, values, long_name, 180, coordinates="latitude longitude", units="degrees")
        for name, (values, long_name) in angles.items()
    }
    text = "Tie-Point Geometries Annotations"
    yield content(frame, "tie_geometries.nc", "tieGeometriesData", text, "Tie-Point Geometries", sizes, geometry)
    meteo = {"tie_pressure_levels": len(PRESSURE_LEVELS), "wind_vectors": 2}
    text = "Tie-Point Meteo Annotations"
    yield content(frame, "tie_meteo.nc", "tieMeteoData", text, "Tie-Point Meteo", sizes | meteo, _meteo(latitude))


def _meteo(latitude: NDArray[np.float64]) -> dict[str, Variable]:
    dims = ("tie_rows", "tie_columns")

    def flat(value: float, long_name: str, units: str) -> Variable:
        data = np.round(value + 0.01 * latitude, 2).astype(np.float32)
        attributes = {"_FillValue": np.float32(-1), "coordinates": "latitude longitude", "long_name": long_name}
        return Variable(dims, data, attributes | {"units": units})

    levels = np.array(PRESSURE_LEVELS, np.float32)
    profile = np.broadcast_to(200 + levels / 12, (*latitude.shape, levels.size)).astype(np.float32)
    wind = np.broadcast_to(np.array([3.5, -1.5], np.float32), (*latitude.shape, 2)).copy()
    return {
        "atmospheric_temperature_profile": Variable(
            (*dims, "tie_pressure_levels"),
            profile,
            {"_FillValue": np.float32(-1), "long_name": "Air temperature profile", "units": "K"},
        ),
        "horizontal_wind": Variable(
            (*dims, "wind_vectors"),
            wind,
            {
                "_FillValue": np.float32(9.96921e36),
                "long_name": "Horizontal wind vector at 10m altitude",
                "units": "m.s-1",
            },
        ),
        "humidity": flat(60, "Relative humidity", "%"),
        "reference_pressure_level": Variable(
            ("tie_pressure_levels",), levels, {"_FillValue": np.float32(-1), "units": "hPa"}
        ),
        "sea_level_pressure": flat(1013, "Mean sea level pressure", "hPa"),
        "total_columnar_water_vapour": flat(20, "Total column water vapour", "kg.m-2"),
        "total_ozone": flat(0.007, "Total columnar ozone", "kg.m-2"),
    }
