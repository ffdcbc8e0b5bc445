"""Where a product is: URLs, folders and Items, hostile ones too."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pystac
import pytest

from phistac.errors import ConfigurationError, NotFoundError
from phistac.reading.backend import SafeBackendEntrypoint
from phistac.reading.items import BurstRef, is_item, locate_item
from phistac.reading.source import Source, locate_product
from phistac.settings import Settings, use

KEY = "Sentinel-1/SAR/X.SAFE"


@pytest.mark.parametrize(
    "place",
    [
        f"cdse://eodata/{KEY}", f"cdse://eodata/{KEY}/", f"s3://eodata/{KEY}", f"s3://eodata/{KEY}/manifest.safe",
        f"/eodata/{KEY}", f"/eodata/{KEY}/manifest.safe",
    ],
)  # fmt: skip
def test_one_place_at_cdse_in_every_spelling(place):
    assert locate_product(place).url == f"cdse://eodata/{KEY}"


def test_other_places(tmp_path, monkeypatch):
    assert locate_product(tmp_path / "X.SAFE" / "manifest.safe").url == str(tmp_path / "X.SAFE")
    monkeypatch.chdir(tmp_path)
    assert locate_product("X.SAFE").url == str(tmp_path / "X.SAFE")
    assert locate_product("memory://a/X.SAFE/").url == "memory://a/X.SAFE"
    assert locate_product("s3://mine/X.SAFE").url == "s3://mine/X.SAFE"
    elsewhere = {"client_kwargs": {"endpoint_url": "https://example.org"}}
    assert locate_product(f"s3://eodata/{KEY}", storage_options=elsewhere).url == f"s3://eodata/{KEY}"


def test_chains_lead_to_the_archive_too():
    chained = locate_product(f"simplecache::s3://eodata/{KEY}/manifest.safe", storage_options={"s3": {"account": "me"}})
    assert chained.url == f"simplecache::cdse://eodata/{KEY}"
    assert (chained.settings.account, chained.options) == ("me", {})
    cached = {"simplecache": {"cache_storage": "/tmp/none"}, "s3": {"endpoint_url": "https://example.org"}}
    elsewhere = locate_product(f"simplecache::s3://eodata/{KEY}", storage_options=cached)
    assert (elsewhere.url, elsewhere.options) == (f"simplecache::s3://eodata/{KEY}", cached)


def test_storage_options_are_settings_or_keys_at_cdse():
    options = {"account": "you", "connections": 2, "s3_url": "http://127.0.0.1:1"}
    found = locate_product(f"cdse://eodata/{KEY}", storage_options=options)
    assert (found.settings.account, found.settings.connections, found.settings.s3_url) == (
        "you",
        2,
        "http://127.0.0.1:1",
    )
    assert locate_product(f"s3://eodata/{KEY}", storage_options={"s3": {"account": "me"}}).settings.account == "me"
    keys = locate_product(f"s3://eodata/{KEY}", storage_options={"key": "canary-key", "secret": "canary-secret"})
    assert keys.url == f"cdse://eodata/{KEY}"
    for text in (repr(keys), str(keys.settings), pickle.dumps(keys).decode("latin-1"), str(keys.__dask_tokenize__())):
        assert "canary" not in text
    with pytest.raises(ConfigurationError, match="anon"):
        locate_product(f"s3://eodata/{KEY}", storage_options={"anon": True})


def test_the_settings_of_the_moment_travel_along():
    with use(Settings(account="me", s3_url="http://127.0.0.1:1")):
        source = locate_product(f"cdse://eodata/{KEY}")
    again = pickle.loads(pickle.dumps(source))
    assert again == source
    assert (again.settings.account, again.settings.s3_url) == ("me", "http://127.0.0.1:1")
    assert locate_product(f"cdse://eodata/{KEY}", storage_options={"account": "you"}).settings.account == "you"
    with pytest.raises(ConfigurationError, match="pair of S3 keys"):
        locate_product(f"cdse://eodata/{KEY}", storage_options={"secret": "x"})


@pytest.mark.parametrize(
    "options", [{"secret": "canary"}, {"client_kwargs": {"aws_secret_access_key": "canary"}}, {"token": "canary"}]
)
def test_secrets_are_not_shown_and_do_not_travel(options):
    source = locate_product("s3://mine/X.SAFE", storage_options=options)
    assert "canary" not in repr(source)
    assert "canary" not in str(source.__dask_tokenize__())
    assert copy.deepcopy(source) is copy.copy(source) is source  # xarray copies what it computes with
    with pytest.raises(ConfigurationError) as caught:
        pickle.dumps(source)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "place", ["https://me:canary@example.org/X.SAFE", "https://example.org/X.SAFE?X-Amz-Signature=canary"]
)
def test_addresses_with_secrets_do_not_travel(place):
    with pytest.raises(ConfigurationError, match="do not leave this process") as caught:
        pickle.dumps(locate_product(place))
    assert "canary" not in str(caught.value)
    assert pickle.loads(pickle.dumps(locate_product("https://example.org/X.SAFE?version=3"))).url.endswith("?version=3")


def item(**assets) -> dict:
    return {
        "type": "Feature",
        "id": "x",
        "properties": {},
        "assets": {k: {"href": v} for k, v in assets.items()},
        "links": [],
    }


def test_items_lead_to_their_product():
    made = item(thumbnail="https://x/y.png", safe_manifest=f"s3://eodata/{KEY}/manifest.safe")
    source, burst = locate_item(made)
    assert (source.url, burst) == (f"cdse://eodata/{KEY}", None)
    native = item(product_metadata=f"s3://eodata/{KEY}/manifest.safe")
    assert locate_item(native)[0].url == f"cdse://eodata/{KEY}"
    linked = item() | {"links": [{"rel": "enclosure", "href": f"s3://eodata/{KEY}"}]}
    assert locate_item(linked)[0].url == f"cdse://eodata/{KEY}"
    real = pystac.Item("x", None, None, __import__("datetime").datetime(2024, 1, 1), {})
    real.add_asset("safe_manifest", pystac.Asset(f"s3://eodata/{KEY}/manifest.safe"))
    assert is_item(real)
    assert locate_item(real)[0].url == f"cdse://eodata/{KEY}"


def test_only_the_user_names_an_endpoint():
    made = item(safe_manifest=f"s3://eodata/{KEY}/manifest.safe")
    assert locate_item(made, storage_options={"account": "me"})[0].settings.account == "me"
    mirror = {"client_kwargs": {"endpoint_url": "https://example.org"}}
    assert locate_item(made, storage_options=mirror)[0].url == f"s3://eodata/{KEY}"


def test_items_of_bursts_name_the_burst():
    made = item(safe_manifest=f"s3://eodata/{KEY}/manifest.safe")
    made["properties"] = {"burst:swath": "IW2", "sar:polarizations": ["VV"], "burst:relative_id": 15804}
    made["assets"]["data"] = {"href": "s3://eodata/x.tiff", "burst:byte_offset": 109035}
    assert locate_item(made)[1] == BurstRef("IW2", "VV", 15804, 109035)
    for href, path in (
        (f"s3://eodata/{KEY}/annotation/x.xml", "annotation/x.xml"),
        (f"s3://eodata/{KEY}/../Y.SAFE/annotation/x.xml", ""),
        ("s3://eodata/Y.SAFE/annotation/x.xml", ""),
    ):
        made["assets"]["annotation"] = {"href": href}
        assert locate_item(made)[1].annotation == path


@pytest.mark.parametrize(
    "href",
    [
        "file:///etc/manifest.safe",
        "/etc/manifest.safe",
        "https://evil.example/manifest.safe",
        "https://evil.example/odata/v1/Products(83c95a1e-e04f-49d2-9b23-f41a4e4b1a39)/Nodes(X)/Nodes(manifest.safe)/$value",
        "zip://X.SAFE::https://evil.example/X.zip",
        "simplecache::s3://eodata/X.SAFE/manifest.safe",
        "s3://evil/manifest.safe",
    ],
)
def test_items_lead_nowhere_but_to_the_archive(href):
    with pytest.raises(ConfigurationError, match="not in the archive"):
        locate_item(item(safe_manifest=href))


def test_items_that_lead_nowhere():
    with pytest.raises(NotFoundError, match="no product"):
        locate_item(item(thumbnail="https://x/y.png"))


@pytest.mark.parametrize(
    ("thing", "answer"),
    [
        ("X.SAFE", True), ("X.SAFE/", True), ("s3://eodata/X.SEN3", True), ("X.SAFE/manifest.safe", True), (Path("X.safe"), True),
        ("X.zip", False), ("X.SAFE.zip", False), ("x.nc", False), ("X.SAFE/measurement/x.tiff", False), (b"bytes", False),
        (object(), False), (3, False), (item(safe_manifest="s3://x"), True), (item(thumbnail="x"), False), ({}, False),
    ],
)  # fmt: skip
def test_guesses(thing, answer):
    assert SafeBackendEntrypoint().guess_can_open(thing) is answer


def test_a_source_has_a_name():
    assert Source("cdse://eodata/a/X.SAFE", Settings()).name == "X.SAFE"
