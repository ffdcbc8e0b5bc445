"""Items equal CDSE's own, field by field, in everything that a row of the OData catalogue says.

The rows of these very products are not at hand; they are made from what the native Items quote of them. What no row says is
listed here, with the reason: that, and nothing else, may differ.
"""

from __future__ import annotations

import json
import re

import pytest
from shapely.geometry import shape

from phistac.odata.records import product
from phistac.odata.times import normalized
from phistac.stac.items import item
from phistac.stac.manifest_assets import asset_key
from phistac.stac.service import Service
from phistac.stac.table_types import TIMES

# Which collections, which property, and why no row says it.
NOT_DERIVABLE = (
    (r".*", r"proj:code", "null says nothing; of Sentinel-5P it is in the file"),
    (r".*", r"processing:software/eometadatatool", "the program that wrote the native Item"),
    (r"sentinel-1-slc.*", r"sat:anx_datetime", "the row has the time since the node in whole milliseconds only"),
    (r"sentinel-1-grd", r"view:.*", "in the annotation"),
    (r"sentinel-1-grd", r"processing:(facility|version)", "of CDSE's converter; the row repeats those of the original"),
    (
        r"sentinel-1-global-mosaics|sentinel-2-global-mosaics",
        r"processing:facility",
        "not in the name, and no row is at hand",
    ),
    (r"sentinel-1-global-mosaics", r"sar:polarizations", "the native ones are in no particular order"),
    (r"sentinel-2-l.*", r"view:.*", "in the metadata of the tile"),
    (r"sentinel-2-l2a", r"eo:snow_cover|statistics.*", "in the metadata of the product"),
    (r"sentinel-3-.*", r"processing:facility", "in the manifest; real rows have no processingCenter"),
    (r"sentinel-3-.*", r"statistics/(invalid|cosmetic|duplicated|saturated|dubious_samples)", "in the manifest"),
    (r"sentinel-3-sr-.*", r"altm:instrument_mode", "in the manifest"),
    (r"sentinel-5p-.*", r"cube:.*|proj:shape", "in the file"),
    (r"sentinel-6-.*", r"sat:orbit_state", "in the manifest; rows of Sentinel-6 have no orbitDirection"),
)
# Of assets; what the file alone says: size and checksum come with `with_assets`, the rest when it is opened.
NOT_IN_THE_ROW = {
    "file:size", "file:checksum", "file:local_path", "alternate", "data_type", "nodata", "bands", "description",
    "proj:code", "proj:shape", "proj:bbox", "proj:transform", "view:incidence_angle", "view:azimuth",
    "sar:looks_range", "sar:looks_azimuth", "sar:pixel_spacing_range", "sar:pixel_spacing_azimuth",
    "classification:classes",
}  # fmt: skip
# Items that contradict themselves: their id is not the name of their own file.
_ANOTHER_NAME = {
    "S5P_OFFL_L2__O3_TCL_20220717T045007_20220717T123429_24657_01_020401_20220728T121640",
    "S5P_OFFL_L2__O3_TCL_20190205T111300_20190211T115915_06854_01_020401_20230329T133236",
}
# Of these the catalogue's rows are unknown altogether: no record is at hand, names and types say nothing for certain.
_UNKNOWN = {"ccm-optical", "ccm-sar", "cop-dem-glo-30-dged-cog", "opengeohub-landsat-bimonthly-mosaic-v1.0.1"}


def _native(real_data, pattern):
    found = [json.loads(path.read_text()) for path in sorted((real_data / "cdse" / "stac_items").glob(pattern))]
    return [each for each in found if each["collection"] not in _UNKNOWN]


def _flat(properties):
    """Properties by name; those of ``statistics`` and ``processing:software`` each on its own; times in one spelling."""
    flat = {}
    for name, value in properties.items():
        if name in {"statistics", "processing:software"}:
            flat |= {f"{name}/{key}": each for key, each in value.items()}
        else:
            flat[name] = normalized(value) if name in TIMES and value else value
    return flat


def _differing(made, twin):
    ours, theirs = _flat(made["properties"]), _flat(twin["properties"])
    return {
        name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name) or (name in ours) != (name in theirs)
    }


def _explained(collection, name):
    return any(re.fullmatch(where, collection) and re.fullmatch(what, name) for where, what, _ in NOT_DERIVABLE)


def test_items_are_equal_to_the_native_ones_where_the_row_says_it(real_data, row_of, validate):
    native = _native(real_data, "generated_eometadatatool/*/*.json")
    used = set()
    for twin in native:
        if twin["id"] in _ANOTHER_NAME:
            continue
        made = item(product(row_of(twin)))
        validate(made)
        differing = _differing(made, twin)
        collection = twin["collection"]
        assert {name for name in differing if not _explained(collection, name)} == set(), twin["id"]
        used |= {
            rule
            for rule in NOT_DERIVABLE
            for name in differing
            if re.fullmatch(rule[0], collection) and re.fullmatch(rule[1], name)
        }
        for key in ("id", "collection", "geometry", "stac_version", "type"):
            assert made[key] == twin[key]
        # The box of some native Items is that of the footprint before it was simplified.
        assert made["bbox"] == list(shape(made["geometry"]).bounds) == pytest.approx(twin["bbox"], abs=0.01)
        for link in twin["links"]:
            assert link in made["links"]
        added = {uri.split("/")[3] for uri in set(made["stac_extensions"]) - set(twin["stac_extensions"])}
        assert added <= ({"grid", "projection"} if "mosaics" in collection else set())  # they forget to name them
        _assets_are_equal(made, twin)
    assert used == set(NOT_DERIVABLE)  # no reason without a case
    assert len(native) - len(_ANOTHER_NAME) > 85


def _assets_are_equal(made, twin):
    assert set(made["assets"]) <= set(twin["assets"])
    for key, ours in made["assets"].items():
        theirs = twin["assets"][key]
        inside = NOT_IN_THE_ROW if key not in {"product", "Product"} else set()
        # Theirs give the offset of reflectances to AOT and WVP as well, and call HV received horizontally.
        inside = inside | ({"raster:scale", "raster:offset"} if key[:3] in {"AOT", "WVP"} else set())
        if key == "thumbnail" and theirs["href"].startswith("s3://"):
            continue  # one native Item has its quicklook in S3 alone
        assert {k: v for k, v in ours.items() if k not in inside} == {
            k: v for k, v in theirs.items() if k not in inside
        }
        for name in set(ours) & inside:
            assert ours[name] == theirs[name], (key, name)


# What was served differs from what is generated today: older versions of extensions, markers of the database (U+1334F).
_SERVED = {"expires", "storage:schemes"}


def test_items_are_equal_to_the_served_ones(real_data, row_of):
    native = _native(real_data, "served/*/*.json")
    assert len(native) == 8
    for twin in native:
        made = item(product(row_of(twin)), Service(root="https://stac.dataspace.copernicus.eu/v1"))
        differing = _differing(made, twin) - _SERVED
        assert {name for name in differing if not _explained(twin["collection"], name)} == set(), twin["id"]
        for key in ("id", "collection", "geometry"):
            assert made[key] == twin[key]
        for name, ours in made["properties"]["storage:schemes"].items():
            theirs = twin["properties"]["storage:schemes"][name]
            assert [ours[key] for key in ("platform", "requester_pays")] == [
                theirs[key] for key in ("platform", "requester_pays")
            ]
        for link in twin["links"]:
            assert link in made["links"] or link["rel"] in {"parent", "root", "self"}  # those of the API that serves it


# Collections that CDSE's own catalogue lacks, and whose Items its own would look like most.
_LIKE = {
    "sentinel-1-grd-safe": "sentinel-1-grd",
    "sentinel-3-olci-1-efr-nrt": "sentinel-3-olci-1-efr-ntc",
}


def test_items_of_real_records_have_the_fields_of_the_native_ones(real_data, record_rows):
    """The other way round: real rows, compared with native Items of the same collection, field for field by name."""
    native = {}
    for each in _native(real_data, "generated_eometadatatool/*/*.json"):
        native.setdefault(each["collection"], []).append(each)
    compared = set()
    for _, row in record_rows:
        made = item(product(row))
        twin = native.get(_LIKE.get(made["collection"], made["collection"]))
        if twin is None or not row.get("Attributes"):
            continue
        compared.add(made["collection"])
        keys = set().union(*(_flat(each["properties"]) for each in twin))
        assert set(made["properties"]) - {"statistics", "processing:software"} <= keys, made["id"]
        missing = set.intersection(*(set(_flat(each["properties"])) for each in twin)) - set(_flat(made["properties"]))
        collection = _LIKE.get(made["collection"], made["collection"])
        missing = {
            name for name in missing if not _explained(collection, name) and not name.startswith("processing:software")
        }
        old = row.get("ContentLength", 0) == 0 or row.get("EvictionDate") == "" or row["PublicationDate"] < "2024"
        # Records of before 2024 have fewer attributes; of the COG twin, CDSE's own Item names what the original's row has.
        assert not missing or old or missing == {"eopf:instrument_configuration_id"}, (made["id"], missing)
        assert set(made["stac_extensions"]) <= set().union(*(each["stac_extensions"] for each in twin))
        assert _unpolarized(made["assets"]) <= set().union(*(_unpolarized(each["assets"]) for each in twin))
    assert compared == {
        "sentinel-1-slc",
        "sentinel-1-grd",
        "sentinel-1-grd-safe",
        "sentinel-2-l1c",
        "sentinel-2-l2a",
        "sentinel-3-olci-1-efr-nrt",
    }


def _unpolarized(keys):
    return {re.sub(r"(^|-)[hv]{2}$", r"\1pol", key) for key in keys}


def test_asset_keys_are_the_native_ones(real_data):
    count = 0
    for twin in _native(real_data, "*/*/*.json"):
        for key, asset in twin["assets"].items():
            name, inside, path = asset.get("file:local_path", "").partition("/")
            if inside:
                assert asset_key(name, path) == key
                count += 1
    assert count > 1500


def test_no_extension_is_named_without_a_field(real_data, row_of, unpublished):
    """Of the extensions of native Items whose schemas are not at hand, ours name one, where they have its field."""
    for twin in _native(real_data, "generated_eometadatatool/*/*.json"):
        made = item(product(row_of(twin)))
        named = set(made["stac_extensions"]) & set(unpublished)
        assert bool(named) == ("altm:instrument_type" in made["properties"])
