"""GDAL's configuration and s3fs' options: right for the endpoint, and silent about the keys."""

from __future__ import annotations

import json
import logging
import os
import pickle
import pprint
import traceback

import pytest

from phistac.errors import ConfigurationError, CredentialsMissingError, QueryError
from phistac.remote.account.secrets import Masked
from phistac.remote.interop import gdal_env, storage_options
from phistac.settings import Settings
from phistac.stac.stackstac import for_stackstac

_SECRET, _ACCESS = "wJalrXUtnFEMIhidden", "AKIDHIDDEN"
_ITEM = {
    "type": "Feature",
    "id": "x",
    "properties": {"datetime": None, "start_datetime": "2024-01-01T00:00:00Z"},
    "links": [],
    "assets": {
        "B04": {"href": "s3://eodata/a/B04.jp2", "proj:code": "EPSG:32633", "raster:scale": 0.0001},
        "SCL": {"href": "s3://eodata/a/SCL.jp2", "proj:code": None},
        "old": {"href": "s3://eodata/a/o.tif", "raster:offset": 1, "raster:bands": [{"scale": 2}]},
    },
}


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    monkeypatch.setenv("PHISTAC_S3_ACCESS_KEY", _ACCESS)
    monkeypatch.setenv("PHISTAC_S3_SECRET_KEY", _SECRET)


def test_the_real_service():
    env = gdal_env()
    assert {name: env[name] for name in env if name.startswith("AWS_")} == {
        "AWS_S3_ENDPOINT": "eodata.dataspace.copernicus.eu",
        "AWS_HTTPS": "YES",
        "AWS_VIRTUAL_HOSTING": "FALSE",
        "AWS_REGION": "default",
        "AWS_ACCESS_KEY_ID": _ACCESS,
        "AWS_SECRET_ACCESS_KEY": _SECRET,
        "AWS_SESSION_TOKEN": "",
        "AWS_NO_SIGN_REQUEST": "NO",
    }
    assert env["GDAL_DISABLE_READDIR_ON_OPEN"] == "EMPTY_DIR"
    assert all(type(value) is str for value in env.values())


def test_a_service_on_this_machine():
    env = gdal_env(Settings(s3_url="http://127.0.0.1:9000", timeout_s=7))
    assert (env["AWS_S3_ENDPOINT"], env["AWS_HTTPS"]) == ("127.0.0.1:9000", "NO")
    assert env["GDAL_HTTP_LOW_SPEED_TIME"] == "7"


def test_the_environment_is_put_back(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    before = dict(os.environ)
    with gdal_env() as env:
        assert os.environ["AWS_REGION"] == "default"
        with env:
            assert os.environ["AWS_SECRET_ACCESS_KEY"] == _SECRET
        assert os.environ["AWS_SECRET_ACCESS_KEY"] == _SECRET
    assert dict(os.environ) == before


def test_an_item_is_read_at_the_endpoint_of_the_settings():
    named = {**_ITEM, "properties": {"storage:schemes": {"cdse-s3": {"platform": "https://evil.example.org"}}}}
    for options in (storage_options(), storage_options(named), storage_options(Settings())):
        assert dict(options) == {
            "endpoint_url": "https://eodata.dataspace.copernicus.eu",
            "key": _ACCESS,
            "secret": _SECRET,
            "client_kwargs": {"region_name": "default"},
            "config_kwargs": {"s3": {"addressing_style": "path"}, "max_pool_connections": 4},
        }
    with pytest.raises(ConfigurationError, match="no asset in s3://eodata"):
        storage_options({**_ITEM, "assets": {"a": {"href": "s3://elsewhere/x"}}})
    with pytest.raises(QueryError, match="not an Item"):
        storage_options({"type": "Catalog"})


@pytest.mark.parametrize("make", [gdal_env, storage_options])
def test_keys_do_not_show_and_do_not_travel(make, caplog):
    held = make()
    shown = [repr(held), str(held), f"{held}", pprint.pformat(held), pprint.pformat([held])]
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").info("options %s %r", held, {"options": held})
    with pytest.raises(KeyError) as caught:
        held["nothing"]
    shown += traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    shown.append(caplog.text)
    assert not any(secret in text for secret in (_SECRET, _ACCESS) for text in shown)
    with pytest.raises(TypeError, match="does not travel"):
        pickle.dumps(held)
    with pytest.raises(TypeError):
        json.dumps(held)
    assert isinstance(held, Masked)


def test_no_keys_no_environment(monkeypatch):
    monkeypatch.delenv("PHISTAC_S3_ACCESS_KEY")
    monkeypatch.delenv("PHISTAC_S3_SECRET_KEY")
    with pytest.raises(CredentialsMissingError, match="PHISTAC_S3_ACCESS_KEY"):
        gdal_env()


def test_copies_for_stackstac():
    before = json.dumps(_ITEM)
    (made,) = for_stackstac([_ITEM])
    assert json.dumps(_ITEM) == before
    assert made["properties"]["datetime"] == "2024-01-01T00:00:00Z"
    band, mask, old = made["assets"].values()
    assert band == {**_ITEM["assets"]["B04"], "proj:epsg": 32633, "raster:bands": [{"scale": 0.0001}]}
    assert mask == _ITEM["assets"]["SCL"]
    assert old["raster:bands"] == [{"scale": 2}]
    made["assets"]["old"]["raster:bands"].append(1)
    assert json.dumps(_ITEM) == before
