"""A client over HTTP and a client in process get the same, and neither is warned; the command that serves."""

from __future__ import annotations

import argparse
import json
import socket

import pystac
import pytest
from pystac_client import Client
from pystac_client.exceptions import APIError

from phistac.errors import ConfigurationError, MissingExtraError, QueryError
from phistac.remote.stacapi.stac_io import connect
from phistac.server import command
from phistac.stac.service import ROOT

_AREA = {"type": "Polygon", "coordinates": [[[13.0, 40.0], [14.9, 40.0], [14.9, 41.0], [13.0, 42.0], [13.0, 40.0]]]}
_SEARCHES = {
    "all products": {},
    "pages": {"collections": ["sentinel-2-l2a", "sentinel-1-slc"], "limit": 7},
    "pages by GET": {"collections": ["sentinel-2-l2a"], "limit": 11, "method": "GET", "bbox": [13, 40, 15, 42]},
    "a whole mission": {"collections": ["sentinel-1"], "limit": 50},
    "bursts": {"collections": ["sentinel-1-slc-burst"], "filter": "burst:id = 't044_092602_iw2'", "limit": 10},
    "area": {"collections": ["sentinel-2-l1c"], "intersects": _AREA},
    "time": {"collections": ["sentinel-1-grd-safe"], "datetime": "2025-05/2025-06"},
    "query": {"collections": ["sentinel-2-l2a"], "query": {"eo:cloud_cover": {"lt": 20}}},
    "CQL2 text": {"collections": ["sentinel-2-l2a"], "filter": "eo:cloud_cover < 20 OR platform = 'sentinel-2c'"},
    "CQL2 JSON": {
        "collections": ["sentinel-1-slc"],
        "filter_lang": "cql2-json",
        "filter": {"op": "like", "args": [{"property": "id"}, "S1C%"]},
    },
    "checked on our side": {"collections": ["sentinel-2-l2a"], "filter": "eo:cloud_cover * 2 > 100"},
    "order": {"collections": ["sentinel-2-l2a"], "sortby": ["+datetime"], "max_items": 9},
    "fields": {"collections": ["sentinel-2-l2a"], "fields": ["properties.eo:cloud_cover"], "max_items": 5},
    "fields excluded": {"collections": ["sentinel-2-l2a"], "fields": {"exclude": ["assets"]}, "max_items": 5},
    "none": {"collections": ["sentinel-2-l2a"], "datetime": "1990"},
}


@pytest.fixture(scope="module")
def over_http(served):
    return Client.open(served.rstrip("/"))


@pytest.fixture(scope="module")
def in_process(sandbox):
    return connect(sandbox.settings)


def _items(client, root, search):
    found = list(client.search(**search).items_as_dicts())
    return json.loads(json.dumps(found).replace(root, ROOT))


@pytest.mark.parametrize("name", _SEARCHES)
def test_searches_find_the_same(over_http, in_process, served, name):
    search = _SEARCHES[name]
    theirs = _items(over_http, served.rstrip("/"), search)
    ours = _items(in_process, ROOT, search)
    assert theirs == ours
    assert bool(ours) == (name != "none")
    if "max_items" not in search and name != "checked on our side":
        assert over_http.search(**search).matched() == in_process.search(**search).matched() == len(ours)


def test_items_are_found_by_id_and_by_address(over_http, in_process):
    wanted = [item.id for item in in_process.search(collections=["sentinel-1-slc"], max_items=30).items()]
    assert {item.id for item in over_http.search(ids=wanted).items()} == set(wanted)
    collection = over_http.get_collection("sentinel-1-slc")
    item = collection.get_item(wanted[0])
    assert item.id == wanted[0]
    assert pystac.Item.from_file(item.self_href).assets.keys() == item.assets.keys()
    assert collection.get_item("nothing") is None
    assert over_http.get_collection("nothing") is None
    assert len(list(collection.get_items())) == len(list(in_process.get_collection("sentinel-1-slc").get_items()))


def test_collections_and_what_can_be_asked_are_the_same(over_http, in_process, served):
    def described(client, root):
        found = [each.to_dict() for each in client.collection_search(q="sentinel-1", datetime="2024").collections()]
        queryables = [client.get_queryables(), client.get_collection("sentinel-1-slc-burst").get_queryables()]
        return json.loads(json.dumps([found, queryables]).replace(root, ROOT))

    assert described(over_http, served.rstrip("/")) == described(in_process, ROOT)
    assert [each.id for each in over_http.get_collections()] == [each.id for each in in_process.get_collections()]


def test_what_is_refused_is_refused_in_the_same_words(over_http, in_process):
    search = {"collections": ["sentinel-2-l2a"], "query": {"eo:cloudcover": {"lt": 10}}}
    with pytest.raises(QueryError) as ours:
        in_process.search(**search).item_collection()
    with pytest.raises(APIError) as theirs:
        over_http.search(**search).item_collection()
    assert theirs.value.status_code == 400
    assert json.loads(str(theirs.value))["description"] == str(ours.value)


def _options(*arguments):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(arguments)


def test_this_machine_alone_is_served_unless_told_otherwise():
    assert _options().host == "127.0.0.1"
    for host in ("127.0.0.1", "::1", "localhost"):
        assert "no password" not in command._greeting(host, 8080)
    for host in ("0.0.0.0", "::", "stac.example"):
        assert "no password" in command._greeting(host, 8080)
    assert "http://[::1]:8080/" in command._greeting("::1", 8080)


def test_a_port_that_is_taken_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{port}"):
            command.run(_options("--port", str(port)))
    with pytest.raises(ConfigurationError, match="cannot listen"):
        command.run(_options("--port", "70000"))


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"phistac\[server\]"):
        command.run(_options())
