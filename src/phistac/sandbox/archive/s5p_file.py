"""What is inside a Sentinel-5P NO2 file: PRODUCT with its support data, and METADATA."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.netcdf import Group, Variable
from phistac.sandbox.archive.times import anno, parse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phistac.sandbox.archive.rows import Footprint
    from phistac.sandbox.archive.s3_scene import Ground
    from phistac.sandbox.archive.s5p_products import Swath

__all__ = ["root_group"]

_FILL = np.float32(9.96921e36)
_GRID = ("time", "scanline", "ground_pixel")
_LAYERS = 34


def root_group(swath: Swath, ground: Ground, outline: Footprint, seed: int) -> Group:
    """Return the whole content of the file."""
    start, stop = f"{anno(swath.start)[:19]}Z", f"{anno(swath.stop)[:19]}Z"
    attributes = {
        "Conventions": "CF-1.7",
        "institution": "KNMI",
        "source": "Sentinel 5 precursor, TROPOMI, space-borne remote sensing, L2",
        "summary": "TROPOMI/S5P NO2 1-Orbit L2 Swath 5.5x3.5km",
        "id": swath.name.removesuffix(".nc"),
        "time_reference": f"{swath.start:%Y-%m-%d}T00:00:00Z",
        "time_coverage_start": start,
        "time_coverage_end": stop,
        "orbit": np.int32(swath.orbit),
        "processor_version": "2.8.0",
        "date_created": f"{anno(swath.created)[:19]}Z",
        "geospatial_lat_min": np.float32(ground.latitude.min()),
        "geospatial_lat_max": np.float32(ground.latitude.max()),
        "geospatial_lon_min": np.float32(ground.longitude.min()),
        "geospatial_lon_max": np.float32(ground.longitude.max()),
        "platform": "S5P",
        "sensor": "TROPOMI",
        "spatial_resolution": "5.5x3.5km2",
        "title": "TROPOMI/S5P NO2 1-Orbit L2 Swath 5.5x3.5km",
        "product_version": "2.8.0",
        "processing_status": "OFFL-processing nominal product",
    }
    return Group(
        attributes=attributes,
        groups={"PRODUCT": _product(swath, ground, seed), "METADATA": _metadata(swath, ground, outline)},
    )


def _float(data: NDArray[np.float64], units: str, long_name: str, **more: str) -> Variable:
    packed = data[None].astype(np.float32)
    attributes = {"_FillValue": _FILL, "units": units, "long_name": long_name, **more}
    dimensions = _GRID if packed.ndim == 3 else (*_GRID, "layer" if packed.shape[-1] == _LAYERS else "corner")
    return Variable(dimensions, packed, attributes, (1, *(-(-n // 2) for n in packed.shape[1:3]), *packed.shape[3:]))


def _product(swath: Swath, ground: Ground, seed: int) -> Group:
    lines, pixels = ground.latitude.shape
    random = np.random.default_rng(zlib.crc32(f"{seed} no2 {swath.orbit}".encode()))
    plume = np.exp(-((ground.longitude - 14) ** 2 + (ground.latitude - 41) ** 2) / 30)
    column = 1e-5 + 8e-5 * plume + 4e-6 * random.standard_normal((lines, pixels))
    place = {"coordinates": "longitude latitude"}
    seconds = swath.seconds()
    day = parse(f"{swath.start:%Y-%m-%d}")
    offset = (swath.anx - day).total_seconds()
    delta = np.round((offset + seconds) * 1e3).astype(np.int32)[None]
    variables = {
        "scanline": Variable(("scanline",), np.arange(lines, dtype=np.int32), {"units": "1", "axis": "Y"}),
        "ground_pixel": Variable(("ground_pixel",), np.arange(pixels, dtype=np.int32), {"units": "1", "axis": "X"}),
        "time": Variable(
            ("time",),
            np.array([round((day - parse("2010-01-01")).total_seconds())], np.int32),
            {"units": "seconds since 2010-01-01 00:00:00", "standard_name": "time"},
        ),
        "corner": Variable(("corner",), np.arange(4, dtype=np.int32), {"units": "1"}),
        "layer": Variable(("layer",), np.arange(_LAYERS, dtype=np.int32), {"units": "1"}),
        "latitude": _float(
            ground.latitude, "degrees_north", "pixel center latitude", standard_name="latitude",
            bounds="/PRODUCT/SUPPORT_DATA/GEOLOCATIONS/latitude_bounds",
        ),
        "longitude": _float(
            ground.longitude, "degrees_east", "pixel center longitude", standard_name="longitude",
            bounds="/PRODUCT/SUPPORT_DATA/GEOLOCATIONS/longitude_bounds",
        ),
        "delta_time": Variable(
            ("time", "scanline"), delta, {"units": f"milliseconds since {day:%Y-%m-%d} 00:00:00"}
        ),
        "qa_value": Variable(
            _GRID,
            random.integers(60, 101, (1, lines, pixels)).astype(np.uint8),
            {"_FillValue": np.uint8(255), "scale_factor": np.float32(0.01), "add_offset": np.float32(0), "units": "1"},
        ),
        "nitrogendioxide_tropospheric_column": _float(
            column, "mol m-2", "Tropospheric vertical column of nitrogen dioxide", **place
        ),
        "nitrogendioxide_tropospheric_column_precision": _float(
            np.abs(column) * 0.3, "mol m-2", "Precision of the tropospheric vertical column", **place
        ),
        "averaging_kernel": _float(
            np.broadcast_to(np.linspace(0.4, 2, _LAYERS), (lines, pixels, _LAYERS)), "1", "Averaging kernel", **place
        ),
        "air_mass_factor_troposphere": _float(1.2 + 0 * column, "1", "Tropospheric air mass factor", **place),
        "air_mass_factor_total": _float(2.1 + 0 * column, "1", "Total air mass factor", **place),
        "tm5_constant_a": Variable(("layer",), np.linspace(0, 2e4, _LAYERS, dtype=np.float32), {"units": "Pa"}),
        "tm5_constant_b": Variable(("layer",), np.linspace(1, 0, _LAYERS, dtype=np.float32), {"units": "1"}),
    }  # fmt: skip
    sizes = {"scanline": lines, "ground_pixel": pixels, "corner": 4, "time": 1, "layer": _LAYERS}
    return Group(sizes, variables, groups={"SUPPORT_DATA": _support(ground, column)})


def _support(ground: Ground, column: NDArray[np.float64]) -> Group:
    def corners(values: NDArray[np.float64], along: float, across: float) -> NDArray[np.float64]:
        return np.stack(
            [values - along - across, values - along + across, values + along + across, values + along - across], -1
        )

    geolocations = {
        "latitude_bounds": _float(corners(ground.latitude, 0.27, 0.0), "degrees_north", "latitude_bounds"),
        "longitude_bounds": _float(corners(ground.longitude, 0.0, 0.3), "degrees_east", "longitude_bounds"),
        "viewing_zenith_angle": _float(ground.zenith, "degree", "viewing zenith angle"),
        "solar_zenith_angle": _float(np.abs(ground.latitude - 15), "degree", "solar zenith angle"),
    }
    detailed = {
        "nitrogendioxide_total_column": _float(column + 6e-5, "mol m-2", "Total vertical column of nitrogen dioxide"),
        "cloud_fraction_crb_nitrogendioxide_window": _float(0 * column + 0.2, "1", "Cloud fraction"),
    }
    surface = {"surface_altitude": _float(0 * column + 50, "m", "Surface altitude")}
    return Group(
        groups={
            "GEOLOCATIONS": Group(variables=geolocations),
            "DETAILED_RESULTS": Group(variables=detailed),
            "INPUT_DATA": Group(variables=surface),
        }
    )


def _metadata(swath: Swath, ground: Ground, outline: Footprint) -> Group:
    statistics = {
        "number_of_groundpixels": np.int32(ground.latitude.size),
        "number_of_processed_pixels": np.int32(ground.latitude.size),
        "number_of_successfully_processed_pixels": np.int32(ground.latitude.size),
        "global_processing_warnings": "None",
    }
    granule = {
        "ProductShortName": "L2__NO2___",
        "MissionShortName": "S5P",
        "MissionName": "Sentinel-5 precursor",
        "InstrumentName": "TROPOMI",
        "ProcessingMode": "Offline",
        "ProcessingCenter": "PDGS-OP",
        "ProcessorVersion": "2.8.0",
        "ProcessLevel": "2",
        "CollectionIdentifier": "03",
        "GranuleStart": f"{anno(swath.start)[:19]}Z",
        "GranuleEnd": f"{anno(swath.stop)[:19]}Z",
        "ProductFormatVersion": np.int32(20800),
    }
    posts = " ".join(f"{latitude:g} {longitude:g}" for longitude, latitude in outline)
    extent = Group(attributes={"gml:posList": posts})
    for name in ("gml:exterior", "gml:surfaceMembers", "eop:multiExtentOf", "om:featureOfInterest"):
        extent = Group(groups={name: extent})
    return Group(
        groups={
            "QA_STATISTICS": Group(attributes=statistics),
            "GRANULE_DESCRIPTION": Group(attributes=granule),
            "ALGORITHM_SETTINGS": Group(attributes={"processing.algorithm": "NO2"}),
            "EOP_METADATA": Group(attributes={"objectType": "eop:EarthObservation"}, groups=extent.groups),
        }
    )
