"""Which properties are counts, which are measures, which are times: one type for each, in every table."""

from __future__ import annotations

from phistac.odata.attributes import ATTRIBUTES
from phistac.odata.converters import converters_of

__all__ = ["COUNTS", "MEASURES", "TIMES"]

_SAME = tuple(converters_of[name] for name in ("identity", "percent", "counted"))
_PLAIN = [row for row in ATTRIBUTES if row.written and row.converter in _SAME]

COUNTS = frozenset(row.stac for row in _PLAIN if row.type == "Integer") | {
    "burst:relative_id", "burst:absolute_id", "burst:index", "burst:lines", "burst:samples",
}  # fmt: skip
"""Whole numbers: ``int64`` in tables, ``Int64`` in a GeoDataFrame, where one may be missing."""

MEASURES = frozenset(row.stac for row in _PLAIN if row.type == "Double") | {
    "gsd", "eo:snow_cover", "view:azimuth", "view:incidence_angle", "view:off_nadir", "view:sun_azimuth",
    "view:sun_elevation", "sar:center_frequency", "sar:pixel_spacing_range", "sar:pixel_spacing_azimuth",
    "sar:resolution_range", "sar:resolution_azimuth", "burst:azimuth_anx_time",
}  # fmt: skip
"""Numbers that may have a fraction: ``double``, also where all of them happen to be whole."""

TIMES = frozenset({
    "datetime", "start_datetime", "end_datetime", "created", "updated", "published", "expires", "unpublished",
    "eopf:origin_datetime", "processing:datetime", "burst:azimuth_time", "sat:anx_datetime",
})  # fmt: skip
"""Times: ``datetime64[us, UTC]`` in a GeoDataFrame."""
