"""Grids of Sentinel-2 tiles: against real granules, CDSE's own Items, and where pyproj says they lie on the globe."""

from __future__ import annotations

import json

import pyproj
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from phistac.errors import QueryError
from phistac.stac.mgrs import tile_of, tile_projection

_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")


@pytest.mark.parametrize(
    ("tile", "code", "left", "top"),
    [
        ("31TFJ", "EPSG:32631", 600_000, 4_900_020),
        ("30SWJ", "EPSG:32630", 499_980, 4_400_040),
        ("36NYH", "EPSG:32636", 699_960, 300_000),
        ("51CVP", "EPSG:32751", 399_960, 1_400_020),
        ("01KAB", "EPSG:32701", 99_960, 8_200_000),
        ("37MBV", "EPSG:32737", 199_980, 10_000_000),
    ],
)
def test_known_tiles(tile, code, left, top):
    assert tile_projection(tile, 20) == {
        "proj:code": code,
        "proj:shape": [5490, 5490],
        "proj:transform": [20, 0, left, 0, -20, top],
        "proj:bbox": [left, top - 109_800, left + 109_800, top],
    }


def test_real_granules(real_data):
    found = sorted((real_data / "safe" / "sentinel-2").glob("*/GRANULE/*/MTD_TL.xml"))
    assert len(found) >= 3
    for path in found:
        granule = etree.parse(path)
        for place in granule.iter("Geoposition"):
            pixel = int(place.get("resolution"))
            made = tile_projection(tile_of(path.parts[-4]), pixel)
            left, top = (int(place.findtext(name)) for name in ("ULX", "ULY"))
            assert made["proj:transform"] == [pixel, 0, left, 0, -pixel, top]
            assert made["proj:code"] == granule.findtext(".//HORIZONTAL_CS_CODE")


def test_the_catalogues_own_items(real_data):
    tiles = set()
    for path in sorted((real_data / "cdse" / "stac_items").glob("*/sentinel-2-l*/*.json")):
        item = json.loads(path.read_text())
        tile = item["properties"]["grid:code"].removeprefix("MGRS-")
        tiles.add(tile)
        for asset in item["assets"].values():
            # Some served Items state 20 m and its transform for images of 60 m: the shape says which is right.
            if "proj:transform" in asset and asset["proj:transform"][0] * asset["proj:shape"][0] == 109_800:
                made = tile_projection(tile, int(asset["proj:transform"][0]))
                assert made == {key: asset[key] for key in made}
    assert len(tiles) >= 5


@settings(deadline=None)
@given(st.integers(1, 60), st.floats(-79.0, 83.0), st.floats(-2.9, 2.9))
def test_a_tile_is_where_its_name_says(zone, latitude, offset):
    """Name the 100 km square of a place by arithmetic on its coordinates; the grid must begin in that square."""
    assume(abs(latitude) > 1e-6)
    south = latitude < 0
    to_utm = pyproj.Transformer.from_crs(4326, (32700 if south else 32600) + zone, always_xy=True)
    easting, northing = to_utm.transform(zone * 6 - 183 + offset, latitude)
    band = "CDEFGHJKLMNPQRSTUVWX"[min(int((latitude + 80) // 8), 19)]
    column = _COLUMNS[(zone - 1) % 3][int(easting // 100_000) - 1]
    row = "ABCDEFGHJKLMNPQRSTUV"[int(northing // 100_000 + (5 if zone % 2 == 0 else 0)) % 20]
    made = tile_projection(f"{zone:02d}{band}{column}{row}", 10)
    left, top = made["proj:transform"][2], made["proj:transform"][5]
    assert made["proj:code"] == f"EPSG:{327 if south else 326}{zone:02d}"
    assert 0 <= easting // 100_000 * 100_000 - left < 60
    assert 0 <= top - (northing // 100_000 + 1) * 100_000 < 60
    assert left % 60 == 0
    assert (top - (10_000_000 if south else 0)) % 60 == 0


@pytest.mark.parametrize("tile", ["", "61TNT", "00TNT", "32TAT", "32INT", "32TNW", "32TN", "32tnt"])
def test_what_is_no_tile(tile):
    with pytest.raises(QueryError, match="is not a tile"):
        tile_projection(tile, 10)


def test_names_without_a_tile():
    assert tile_of("S1A_IW_SLC__1SDV_20250406T022008_20250406T022035_058630_07421F_93A7.SAFE") is None
