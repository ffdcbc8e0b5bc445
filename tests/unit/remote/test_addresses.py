"""Download addresses, from their documented spellings to the place of the same bytes in the archive."""

from __future__ import annotations

import pytest

from phistac.errors import CatalogueError, ConfigurationError, UnsafePathError
from phistac.remote.files.addresses import archive_path, is_download
from phistac.settings import Settings

ID = "83c95a1e-e04f-49d2-9b23-f41a4e4b1a39"
ROOT = "eodata/Sentinel-1/SAR/IW_SLC__1S/2024/08/02/X.SAFE"


def path_of(url: str, place: str = f"/{ROOT}") -> str:
    asked = []
    found = archive_path(url, find=lambda identifier: asked.append(identifier) or place)
    assert asked in ([], [ID])
    return found


@pytest.mark.parametrize("host", ["download", "zipper", "catalogue"])
@pytest.mark.parametrize(
    ("rest", "below"),
    [
        ("", ""), ("/$value", ""), ("/$zip", ""), ("/Nodes", ""), ("/$value/", ""), ("/", ""), ("/Nodes(X.SAFE)/$value", ""), ("/Nodes(X.SAFE)/Nodes", ""),
        ("/Nodes(X.SAFE)/Nodes(manifest.safe)/$value", "/manifest.safe"),
        ("/Nodes(X.SAFE)/Nodes(measurement)/Nodes(a-001.tiff)/$value", "/measurement/a-001.tiff"),
        ("/Nodes(X.SAFE)/Nodes(a%20(b).xml)/$value", "/a (b).xml"),
    ],
)  # fmt: skip
def test_addresses_of_products_and_of_their_files(host, rest, below):
    url = f"https://{host}.dataspace.copernicus.eu/odata/v1/Products({ID}){rest}"
    assert is_download(url)
    assert path_of(url) == ROOT + below


def test_an_object_at_the_s3_endpoint_needs_no_catalogue():
    assert path_of(f"https://eodata.dataspace.copernicus.eu/{ROOT}/manifest.safe") == f"{ROOT}/manifest.safe"


def test_the_service_of_the_settings_and_no_other():
    here = Settings(download_url="http://127.0.0.1:9/odata/v1", catalogue_url="http://127.0.0.1:9/odata/v1")
    assert (
        archive_path(f"http://127.0.0.1:9/odata/v1/Products({ID})/$value", settings=here, find=lambda _: ROOT) == ROOT
    )
    assert not is_download(f"https://zipper.dataspace.copernicus.eu/odata/v1/Products({ID})/$value", settings=here)


@pytest.mark.parametrize(
    "url",
    [
        f"https://evil.example/odata/v1/Products({ID})/$value",
        f"https://download.dataspace.copernicus.eu.evil.example/odata/v1/Products({ID})/$value",
        f"https://download.dataspace.copernicus.eu@evil.example/odata/v1/Products({ID})/$value",
        f"ftp://download.dataspace.copernicus.eu/odata/v1/Products({ID})/$value",
        f"https://download.dataspace.copernicus.eu/odata/v1/Products({ID})/Attributes",
        "https://download.dataspace.copernicus.eu/odata/v1/Products(1 or 1 eq 1)/$value",
        f"https://download.dataspace.copernicus.eu/odata/v1/Bursts({ID})/$value",
    ],
)
def test_what_is_no_such_address(url):
    assert not is_download(url)
    with pytest.raises(ConfigurationError, match="no address of a product"):
        path_of(url)


def test_hostile_names_and_places_are_refused():
    url = f"https://download.dataspace.copernicus.eu/odata/v1/Products({ID})"
    with pytest.raises(UnsafePathError):
        path_of(f"{url}/Nodes(X.SAFE)/Nodes(..)/Nodes(Y.SAFE)/$value")
    with pytest.raises(UnsafePathError):
        path_of(f"{url}/Nodes(X.SAFE)/Nodes(%2e%2e%2fY.SAFE)/$value")
    with pytest.raises(CatalogueError, match="not in eodata"):
        path_of(url, "/other/X.SAFE")
    with pytest.raises(UnsafePathError):
        path_of(url, "/eodata/../etc/passwd")
