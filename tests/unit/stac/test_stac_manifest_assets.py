"""Assets of real products: every file under its key, with the size and the checksum that the manifest states."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from phistac.odata.records import product
from phistac.safe.manifest import ManifestObject, parse_manifest
from phistac.stac.asset_fields import fields_of, kind_of
from phistac.stac.asset_shapes import shape_reader
from phistac.stac.assets import checksum_of
from phistac.stac.exact_assets import exact_assets, extended
from phistac.stac.items import item
from phistac.stac.manifest_assets import asset_key, plain_key
from phistac.stac.named_assets import named_assets
from phistac.stac.product_place import place_of
from phistac.stac.service import Service

_S1 = "sentinel-1/S1A_IW_SLC__1SDV_20250406T022008_20250406T022035_058630_07421F_93A7.SAFE"
_WV = "sentinel-1/S1B_WV_SLC__1SSV_20210403T083025_20210403T084452_026300_032390_D542.SAFE"
_GRD = "sentinel-1/S1A_IW_GRDH_1SDV_20220621T075323_20220621T075348_043758_053961_0000.SAFE"
_S2 = "sentinel-2/S2A_MSIL2A_20230821T221941_N0509_R029_T01KAB_20230822T021825.SAFE"
_S3 = "sentinel-3/S3B_OL_1_EFR____20230311T214926_20230311T214926_20230312T085631_0000_077_100_4320_PS2_O_NT_003.SEN3"
_SYN = "sentinel-3/S3A_SY_2_SYN____20210325T005418_20210325T005718_20210325T142858_0180_070_031_1620_LN2_O_ST_002.SEN3"
_ID = "0b1e7f57-7c75-4dc6-99a2-4569162265fb"


def _made(real_data, path, manifest_name):
    name = path.rpartition("/")[2]
    row = {
        "Id": _ID,
        "Name": name,
        "S3Path": f"/eodata/{name}",
        "ContentDate": {"Start": "2023-01-01T00:00:00Z", "End": "2023-01-01T00:00:00Z"},
        "Assets": [{"Type": "QUICKLOOK", "Id": "q", "DownloadLink": "https://x/Assets(q)/$value"}],
    }
    manifest = parse_manifest((real_data / "safe" / path / manifest_name).read_bytes())
    made = item(product(row))
    assets = exact_assets(made, place_of(made, "eodata"), manifest.objects, Service())
    return manifest, {**made, "assets": assets, "stac_extensions": extended(made, assets)}


@pytest.mark.parametrize(
    ("path", "manifest_name", "keys"),
    [
        (_S1, "manifest.safe", {"iw1-vv", "iw3-vh", "schema-noise-iw2-vh", "schema-product-iw1-vv", "product"}),
        (_WV, "manifest.safe", {"wv1-vv-001", "schema-calibration-wv2-vv-002", "product"}),
        (_GRD, "manifest.safe", {"vv", "vh", "schema-noise-vv", "Product", "thumbnail"}),
        (_S2, "manifest.safe", {"B04_10m", "SCL_20m", "granule_metadata", "GRANULE/QI_DATA/MSK_DETFOO_B01.jp2"}),
        (_S3, "xfdumanifest.xml", {"Oa01_radianceData", "geo-coordinates", "quality-flags", "product"}),
        (_SYN, "xfdumanifest.xml", {"syn_amin", "flags", "xfdumanifest", "product"}),
    ],
)
def test_every_file_of_a_real_product_has_one_asset(real_data, path, manifest_name, keys, validate):
    manifest, made = _made(real_data, path, manifest_name)
    assets = made["assets"]
    assert keys <= set(assets)
    by_path = {
        asset["file:local_path"].partition("/")[2]: (key, asset) for key, asset in assets.items() if "S3" in str(asset)
    }
    assert len(manifest.objects) > 10
    for found in manifest.objects:
        key, asset = by_path[found.path]
        assert asset["file:size"] == found.size
        assert asset["file:checksum"].endswith(found.checksum)
        assert not re.search(r"\d{8}[tT]\d{6}", key)  # what is different in every product would be a column of its own
        if key == "thumbnail":
            assert asset["href"] == "https://x/Assets(q)/$value"
            assert asset["alternate"]["s3"]["href"] == f"s3://eodata/{asset['file:local_path']}"
        else:
            assert asset["href"] == f"s3://eodata/{asset['file:local_path']}"
            assert asset["alternate"]["https"]["href"].startswith(
                f"https://zipper.dataspace.copernicus.eu/odata/v1/Products({_ID})/Nodes({path.rpartition('/')[2]})/Nodes("
            )
    assert len({id(asset) for asset in assets.values()}) == len(assets)
    validate(made)


def _native(real_data, pattern):
    import json

    return [
        json.loads(path.read_text())
        for path in (real_data / "cdse" / "stac_items" / "generated_eometadatatool").glob(pattern)
    ]


def test_exact_assets_are_those_of_the_native_items(real_data):
    """From the files alone, the assets say what CDSE's own say of them; what needs the file's content is left out."""
    inside = {  # read from the metadata or the pixels
        "description", "bands", "proj:code", "proj:shape", "proj:bbox", "proj:transform", "view:incidence_angle", "view:azimuth",
        "sar:looks_range", "sar:looks_azimuth", "sar:pixel_spacing_range", "sar:pixel_spacing_azimuth", "classification:classes",
        "file:checksum",  # of Sentinel-2 under the code of MD5, of the COG twins cut to half: see test_checksums
    }  # fmt: skip
    count = 0
    for twin in (
        each
        for family in ("1-slc*", "1-grd-cog", "2-l1c", "2-l2a")
        for each in _native(real_data, f"sentinel-{family}/*.json")
    ):
        place = place_of(twin, "eodata")
        files = [
            ManifestObject(asset["file:local_path"].partition("/")[2], asset["file:size"], None, None, "", "")
            for key, asset in twin["assets"].items()
            if key not in {"product", "Product"}
        ]
        bare = {
            **twin,
            "assets": {
                key: twin["assets"][key] for key in ("safe_manifest", "product", "Product") if key in twin["assets"]
            },
        }
        made = exact_assets(bare, place, files, Service())
        assert set(made) == set(twin["assets"])
        for key, theirs in twin["assets"].items():
            if key in {"safe_manifest", "thumbnail", "product", "Product"}:
                continue
            # Theirs give the offset of reflectances to AOT and WVP as well, and call HV received horizontally.
            skipped = inside | ({"raster:scale", "raster:offset"} if key[:3] in {"AOT", "WVP"} else set())
            skipped |= {"title"} if key.endswith("-hv") else set()
            assert {k: v for k, v in made[key].items() if k not in skipped} == {
                k: v for k, v in theirs.items() if k not in skipped
            }
            for name in {"proj:bbox", "proj:transform"} & set(theirs) if place.name.startswith("S2") else ():
                assert made[key][name] == theirs[name]
            count += 1
    assert count > 150


def test_native_items_keep_their_own_keys(real_data):
    (twin,) = _native(real_data, "sentinel-2-l2a/*.json")
    place = place_of(twin, "eodata")
    files = [
        ManifestObject(asset["file:local_path"].partition("/")[2], asset["file:size"] + 1, "a" * 64, "sha3_256", "", "")
        for key, asset in twin["assets"].items()
        if key != "Product"
    ]
    made = exact_assets(twin, place, files, Service())
    assert list(made) == list(twin["assets"])
    for key, asset in twin["assets"].items():
        if key != "Product":
            exact = {"file:size": asset["file:size"] + 1, "file:checksum": "1620" + "a" * 64}
            assert made[key] == {**asset, **exact}


@pytest.mark.parametrize(
    ("algorithm", "value", "expected"),
    [
        ("MD5", "A" * 32, "d50110" + "a" * 32),
        ("md5", "a" * 32, "d50110" + "a" * 32),
        ("SHA3-256", "b" * 64, "1620" + "b" * 64),
        ("sha3_256", "b" * 64, "1620" + "b" * 64),
        ("BLAKE3", "c" * 64, "1e20" + "c" * 64),
        ("MD5", "a" * 64, None),  # not the length of an MD5: CDSE's own Items have this, ours never
        ("CRC32", "a" * 8, None),
    ],
)
def test_checksums_are_multihashes(algorithm, value, expected):
    assert checksum_of(algorithm, value) == expected


def test_what_the_native_items_have_no_asset_for():
    assert asset_key("S1A_IW_SLC__1SDV.SAFE", "support/s1-level-1-product.xsd") is None
    assert asset_key("S2A_MSIL1C.SAFE", "HTML/star_bg.jpg") is None
    assert asset_key("XYZ", "a.nc") is None
    assert plain_key("S1A_IW_SLC__1SDV_X.SAFE-report-20250406T044443.pdf") == "report.pdf"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("s1a-iw-raw-s-vh-20240802t060712-20240802t060744-055030-06b44e.dat", "iw-vh"),
        ("s1a-iw-raw-s-vh-20240802t060712-20240802t060744-055030-06b44e-annot.dat", "iw-vh-annot"),
        ("s1a-iw-raw-s-vv-20240802t060712-20240802t060744-055030-06b44e-index.dat", "iw-vv-index"),
        ("measurement/s1a-iw-ocn-vv-20240802t060712-20240802t060744-055030-06B44E-001.nc", "iw-vv"),
    ],
)
def test_what_the_native_catalogue_lacks_is_called_in_its_style(path, key):
    assert asset_key("S1A_IW_X.SAFE", path) == key


def test_what_follows_from_a_shape_is_what_follows_from_the_path(real_data):
    """Shapes stand for paths: each says of its path what the rules say of the path itself."""
    count = 0
    for manifest in sorted((real_data / "safe").glob("*/*/*manifest.*")):
        name = manifest.parent.name
        read = shape_reader(name)
        for found in parse_manifest(manifest.read_bytes()).objects:
            shape = read(found.path)
            key = asset_key(name, found.path)
            assert shape.key == key
            assert key or shape.plain == plain_key(found.path)
            assert shape.fields == fields_of(kind_of(name), key or shape.plain, found.path)
            count += 1
    assert count > 500


def test_two_files_of_one_short_key_both_stay(real_data):
    _, made = _made(real_data, _S2, "manifest.safe")
    files = [ManifestObject(f"GRANULE/{each}/QI_DATA/x.xml", 1, None, None, "", "") for each in "AB"]
    assets = exact_assets({**made, "assets": {}}, place_of(made, "eodata"), files, Service())
    assert set(assets) == {"GRANULE/QI_DATA/x.xml", "GRANULE/B/QI_DATA/x.xml"}


def test_without_the_id_of_the_record_there_is_no_address_to_invent(real_data):
    manifest, made = _made(real_data, _S1, "manifest.safe")
    place = replace(place_of(made, "eodata"), product_id=None)
    assets = exact_assets({**made, "assets": {}}, place, manifest.objects, Service())
    assert all("alternate" not in asset for asset in assets.values())


def test_an_item_from_elsewhere_leads_nowhere():
    from phistac.errors import NotFoundError

    for href in (
        "s3://other/X.SAFE/manifest.safe",
        "https://eodata/X.SAFE/manifest.safe",
        "s3://eodata/../X/manifest.safe",
    ):
        with pytest.raises(NotFoundError, match="leads to no product"):
            place_of({"id": "X", "assets": {"safe_manifest": {"href": href}}}, "eodata")


_ECC8 = "sentinel-1/S1B_IW_GRDH_1SDV_20210401T052623_20210401T052648_026269_032297_ECC8.SAFE"
_N0400 = "sentinel-2/S2B_MSIL2A_20221127T075159_N0400_R135_T36NXF_20221127T100500.SAFE"


@pytest.mark.parametrize(("path", "count"), [(_GRD, 8), (_ECC8, 8), (_S2, 40), (_N0400, 40)])
def test_names_that_follow_from_the_record_are_those_of_the_real_files(real_data, path, count):
    manifest = parse_manifest((real_data / "safe" / path / "manifest.safe").read_bytes())
    paths = {found.path for found in manifest.objects}
    strips = {part.split("/")[1] for part in paths if part.startswith("DATASTRIP/")}
    attributes = {"orbitNumber": manifest.absolute_orbit}
    for strip in strips:
        attributes["datastripId"] = f"S2X_OPER_MSI_L2A_{strip}_N05.00"
    name = path.rpartition("/")[2]
    record = product(_bare(name) | {"Attributes": [{"Name": k, "Value": v} for k, v in attributes.items()]})
    named = named_assets(record, Service())
    assert len(named) == count
    for key, asset in named.items():
        inside = asset["file:local_path"].partition("/")[2]
        assert inside in paths
        assert asset_key(name, inside) == key
    images = {
        each for each in paths if asset_key(name, each) in named or "/IMG_DATA/" in each or "measurement/" in each
    }
    assert {asset["file:local_path"].partition("/")[2] for asset in named.values()} == images


def _bare(name):
    dates = {"Start": "2023-01-01T00:00:00Z", "End": "2023-01-01T00:00:00Z"}
    return {"Id": _ID, "Name": name, "S3Path": f"/eodata/{name}", "ContentDate": dates}


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("S2A_MSIL2A_20230821T221941_N0509_R029_T01KAB_20230822T021825.SAFE", {"orbitNumber": 1}),  # no datastrip
        ("S2A_MSIL2A_20180821T221941_N0208_R029_T01KAB_20180822T021825.SAFE", {"orbitNumber": 1, "datastripId": "S2A_OPER_MSI_L2A_DS_MTI__20180822T021825_S20180821T221944_N02.08"}),
        ("S1A_IW_SLC__1SDV_20250406T022008_20250406T022035_058630_07421F_93A7.SAFE", {}),
        ("S3A_OL_2_LFR____X.SEN3", {}),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_not_named(name, attributes):
    record = product(_bare(name) | {"Attributes": [{"Name": k, "Value": v} for k, v in attributes.items()]})
    assert named_assets(record, Service()) == {}
