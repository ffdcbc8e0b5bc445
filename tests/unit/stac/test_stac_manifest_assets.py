"""Assets from real manifests: every object under its key, with the size and the checksum that the manifest states."""

from __future__ import annotations

import pytest

from phistac.odata.records import product
from phistac.safe.manifest import parse_manifest
from phistac.stac.assets import checksum_of
from phistac.stac.items import item
from phistac.stac.manifest_assets import asset_key, assets_from_manifest

_S1 = "sentinel-1/S1A_IW_SLC__1SDV_20250406T022008_20250406T022035_058630_07421F_93A7.SAFE"
_S2 = "sentinel-2/S2A_MSIL2A_20230821T221941_N0509_R029_T01KAB_20230822T021825.SAFE"
_S3 = "sentinel-3/S3B_OL_1_EFR____20230311T214926_20230311T214926_20230312T085631_0000_077_100_4320_PS2_O_NT_003.SEN3"


def _made(real_data, path, manifest_name):
    name = path.rpartition("/")[2]
    record = product(
        {
            "Id": "00000000-0000-0000-0000-000000000000",
            "Name": name,
            "S3Path": f"/eodata/{name}",
            "ContentDate": {"Start": "2023-01-01T00:00:00Z", "End": "2023-01-01T00:00:00Z"},
        }
    )
    manifest = parse_manifest((real_data / "safe" / path / manifest_name).read_bytes())
    made = item(record)
    return manifest, {**made, "assets": assets_from_manifest(record, manifest, made["collection"])}


@pytest.mark.parametrize(
    ("path", "manifest_name", "keys", "count"),
    [
        (_S1, "manifest.safe", {"iw1-vv", "iw3-vh", "schema-noise-iw2-vh", "schema-product-iw1-vv", "product"}, 26),
        (_S2, "manifest.safe", {"B04_10m", "SCL_20m", "granule_metadata", "Product"}, 42),
        (_S3, "xfdumanifest.xml", {"Oa01_radianceData", "geo-coordinates", "quality-flags", "product"}, 52),
    ],
)
def test_real_products(real_data, path, manifest_name, keys, count, validate):
    manifest, made = _made(real_data, path, manifest_name)
    assets = made["assets"]
    assert keys <= set(assets)
    assert len(assets) >= count
    sizes = {found.path: found for found in manifest.objects}
    for key, asset in assets.items():
        inside = asset["file:local_path"].partition("/")[2]
        if key in {"product", "Product", "safe_manifest", "xfdumanifest"}:
            continue
        assert asset["file:size"] == sizes[inside].size
        assert asset["file:checksum"].endswith(sizes[inside].checksum)
        assert asset["href"] == f"s3://eodata/{asset['file:local_path']}"
    from phistac.stac.extensions import extensions_of

    made["stac_extensions"] = extensions_of(made["properties"], assets)
    validate(made)


@pytest.mark.parametrize(
    ("algorithm", "value", "expected"),
    [
        ("MD5", "A" * 32, "d50110" + "a" * 32),
        ("SHA3-256", "b" * 64, "1620" + "b" * 64),
        ("BLAKE3", "c" * 64, "1e20" + "c" * 64),
        ("MD5", "a" * 64, None),  # not the length of an MD5: CDSE's own Items have this, ours never
        ("CRC32", "a" * 8, None),
    ],
)
def test_checksums_are_multihashes(algorithm, value, expected):
    assert checksum_of(algorithm, value) == expected


def test_what_has_no_key_has_no_asset():
    assert asset_key("S1A_IW_SLC__1SDV.SAFE", "support/s1-level-1-product.xsd") is None
    assert asset_key("S2A_MSIL1C.SAFE", "HTML/star_bg.jpg") is None
    assert asset_key("XYZ", "a.nc") is None
