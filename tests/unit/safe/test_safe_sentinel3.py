"""Sentinel-3 manifests: files by group."""

from __future__ import annotations

import pytest

from phistac.errors import FormatError
from phistac.safe import sentinel1, sentinel3


def manifest(real_data, pattern: str) -> bytes:
    (path,) = real_data.glob(f"safe/sentinel-3/{pattern}/xfdumanifest.xml")
    return path.read_bytes()


def test_olci_level_1_joins_its_bands(real_data):
    product = sentinel3.parse_product(manifest(real_data, "S3B_OL_1_EFR*"))
    names = {group: [item.path for item in files] for group, files in product.groups.items()}
    assert names["measurement"] == [f"Oa{n:02d}_radiance.nc" for n in range(1, 22)] + [
        "geo_coordinates.nc",
        "time_coordinates.nc",
    ]
    assert len(names["uncertainty"]) == 23
    assert names["removed_pixels"] == ["removed_pixels.nc"]
    assert len(names) == 10
    assert {item.path for files in product.groups.values() for item in files} == {
        item.path for item in product.manifest.objects
    }
    assert [item.path for item in product.group("Oa07_radiance")] == ["Oa07_radiance.nc"]
    assert product.group("nothing") == ()
    assert product.attrs["product_type"] == "OL_1_EFR___"
    assert product.attrs["timeliness"] == "NT"


def test_olci_level_2_joins_its_parameters(real_data):
    product = sentinel3.parse_product(manifest(real_data, "S3A_OL_2_LFR*"))
    assert [item.path for item in product.groups["measurement"]][:3] == ["iwv.nc", "ogvi.nc", "otci.nc"]


def test_other_instruments_are_a_group_per_file(real_data):
    product = sentinel3.parse_product(manifest(real_data, "S3A_SL_2_LST*"))
    assert set(product.groups) == set(product.files) == {item.path[:-3] for item in product.manifest.objects}


def test_products_of_other_missions_are_refused(real_data):
    with pytest.raises(FormatError, match="sentinel-3b"):
        sentinel1.parse_product(manifest(real_data, "S3B_OL_1_EFR*"))
