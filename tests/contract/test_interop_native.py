"""CDSE's own STAC API: a server on loopback gives the pages that were recorded of it, with its defects and its moods."""

from __future__ import annotations

import copy
import http.server
import json
import threading
import warnings
from contextlib import contextmanager
from dataclasses import replace

import pandas as pd
import pystac
import pytest

import phistac
from phistac.errors import CatalogueError, ConfigurationError, NotFoundError, RateLimitError
from phistac.odata.records import product
from phistac.reading.items import locate_item
from phistac.remote.stacapi.stac_io import StacIO, connect
from phistac.remote.web.http import Http
from phistac.remote.web.patience import Clock, Patience
from phistac.settings import Settings, use
from phistac.stac.items import item
from phistac.stac.parquet import to_geoparquet
from phistac.stac.tables import from_geodataframe, to_geodataframe

_REAL = "https://stac.dataspace.copernicus.eu/v1"
_MARKER = "\U0001235f※"
_WAF = json.dumps({"error": "WAF", "message": "Rate limit exceeded", "status": 429}).encode()


class Native:
    """What the server has, and what it was asked."""

    def __init__(self, items, landing=None):
        self.items = items
        self.landing = landing or _landing()
        self.asked = []
        self.moods = []
        """Answers to give first: (status, headers, body)."""

    def answer(self, method, path, body, root):
        parts = [part for part in path.partition("?")[0].split("/") if part][1:]
        match parts:
            case []:
                return self.landing
            case ["search"]:
                return self._page(body, root)
            case ["collections"]:
                return {"collections": [_collection(name, root) for name in self._names()], "links": []}
            case ["collections", name] if name in self._names():
                return _collection(name, root)
            case ["collections", name, "items", identifier]:
                return next((i for i in self.items if (i["collection"], i["id"]) == (name, identifier)), None)
        return None

    def _names(self):
        return dict.fromkeys(each["collection"] for each in self.items)

    def _page(self, body, root):
        wanted = [each for each in self.items if each["collection"] in body.get("collections", self._names())]
        start, count = int(body.get("token", 0)), body.get("limit", 10)
        page = {"type": "FeatureCollection", "features": wanted[start : start + count], "links": []}
        if start + count < len(wanted):
            following = {"rel": "next", "method": "POST", "href": f"{root}/search"}
            page["links"].append({**following, "body": {**body, "token": str(start + count)}})
        return {**page, "numberReturned": len(page["features"])}


def _landing():
    stac = "https://api.stacspec.org/v1.0.0"
    return {
        "type": "Catalog",
        "id": "cdse-stac",
        "description": "Shaped as the real one",
        "stac_version": "1.0.0",
        "conformsTo": [f"{stac}/{name}" for name in ("core", "collections", "item-search", "ogcapi-features")],
        "links": [
            {"rel": rel, "href": _REAL + path, "type": "application/json", **more}
            for rel, path, more in (
                ("self", "/", {}),
                ("root", "/", {}),
                ("data", "/collections", {}),
                ("search", "/search", {"type": "application/geo+json", "method": "POST"}),
            )
        ],
    }


def _collection(name, root):
    extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}}
    here = f"{root}/collections/{name}"
    links = [{"rel": "self", "href": here}, {"rel": "items", "href": f"{here}/items", "type": "application/geo+json"}]
    head = {"type": "Collection", "id": name, "stac_version": "1.1.0", "description": name, "license": "other"}
    return {**head, "extent": extent, "links": links}


@contextmanager
def serving(native):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            root = f"http://127.0.0.1:{self.server.server_port}/v1"
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            native.asked.append((self.command, self.path, dict(self.headers), body))
            if native.moods:
                status, headers, text = native.moods.pop(0)
            else:
                found = native.answer(self.command, self.path, body, root)
                status, headers = (200, {}) if found is not None else (404, {})
                text = json.dumps(found or {"code": "NotFoundError"}, ensure_ascii=False).replace(_REAL, root).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = answer  # noqa: N815 - http.server's names

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _made(number=0, collection="sentinel-2-l2a"):
    name = f"S2A_MSIL2A_2020030{number % 9 + 1}T090901_N0500_R050_T35UPU_2023063{number:05d}"
    root = f"s3://eodata/Sentinel-2/MSI/L2A_N0500/{name}.SAFE"
    refs = {"auth:refs": ["s3"], "storage:refs": ["cdse-s3"]}
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [],
        "id": name,
        "collection": collection,
        "geometry": {"type": "Polygon", "coordinates": [[[28, 52], [29, 52], [29, 53], [28, 52]]]},
        "bbox": [28, 52, 29, 53],
        "properties": {"datetime": f"2020-03-0{number % 9 + 1}T09:09:01.024Z", "eo:cloud_cover": 10 + number},
        "links": [
            {"rel": "self", "href": f"{_REAL}/collections/{collection}/items/{name}"},
            {"rel": "version-history", "href": "https://trace.example/('a', 'b')"},
        ],
        "assets": {
            "safe_manifest": {"href": f"{root}/manifest.safe", **refs},
            "B04_10m": {"href": f"{root}/B04.jp2", "type": "image/jp2", **refs},
            "Product": {"href": "https://zipper.example/$value", "storage:refs": _MARKER},
        },
    }


@pytest.fixture(autouse=True)
def _strictly():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_pages_are_followed_and_markers_dropped():
    native = Native([_made(number) for number in range(250)])
    with serving(native) as url, connect(Settings(stac_url=url), native=True) as catalog:
        assert catalog.id == "cdse-stac"
        items = list(catalog.search(collections=["sentinel-2-l2a"], intersects="POINT (28.7 52.2)").items())
    assert [each.id for each in items] == [each["id"] for each in native.items]
    assert items[0].assets["Product"].extra_fields == {}
    assert items[0].assets["B04_10m"].extra_fields["storage:refs"] == ["cdse-s3"]
    searches = [body for method, path, _, body in native.asked if path == "/v1/search"]
    assert [body.get("token") for body in searches] == [None, "100", "200"]
    assert {body["limit"] for body in searches} == {100}
    assert searches[0]["intersects"] == {"type": "Point", "coordinates": [28.7, 52.2]}


def test_single_items_and_collections_and_their_absence():
    native = Native([_made()])
    with serving(native) as url, connect(Settings(stac_url=url), native=True) as catalog:
        collection = catalog.get_collection("sentinel-2-l2a")
        assert collection.get_item(native.items[0]["id"]).assets["Product"].extra_fields == {}
        assert collection.get_item("absent") is None
        assert catalog.get_collection("absent") is None
        assert [each.id for each in catalog.get_collections()] == ["sentinel-2-l2a"]
        assert list(catalog.search(collections=["other"]).items()) == []


def test_the_firewall_is_waited_for_and_then_named():
    rests = []
    clock = Clock(sleep=rests.append, chance=lambda: 0.0)
    native = Native([_made()])
    native.moods = [(429, {"Retry-After": "2"}, _WAF), (503, {}, b"")]
    with serving(native) as url:
        settings = Settings(stac_url=url)
        io = StacIO(settings, http=Http(settings, patience=Patience(attempts=3), clock=clock))
        pages = io.get_pages(f"{url}/search", "POST", {"limit": 10})
        assert len(next(pages)["features"]) == 1
        assert rests == [2.0, 0.0]
        native.moods = [(429, {"Retry-After": "2"}, _WAF)] * 3
        with pytest.raises(RateLimitError, match="Rate limit exceeded") as caught:
            io.read_json(url)
        assert caught.value.retry_after_s == 2.0
        io.close()


def test_cut_and_senseless_answers_are_errors_of_ours():
    native = Native([_made()])
    with serving(native) as url:
        native.moods = [(200, {}, b"<html>maintenance</html>")]
        with pytest.raises(CatalogueError, match="not JSON"):
            connect(Settings(stac_url=url), native=True)
        with connect(Settings(stac_url=url), native=True) as catalog:
            native.moods = [(400, {}, b'{"code": "InvalidQuery", "description": "no such thing"}')]
            with pytest.raises(CatalogueError, match="no such thing"):
                list(catalog.search(collections=["sentinel-2-l2a"]).items())
            native.moods = [(404, {}, b"{}")]
            with pytest.raises(NotFoundError, match="/search"):
                list(catalog.search(collections=["sentinel-2-l2a"]).items())


def test_a_token_goes_to_the_service_and_not_on_to_others():
    other, native = Native([_made()]), Native([_made()])
    with serving(other) as elsewhere, serving(native) as url:
        io = StacIO(Settings(stac_url=url))
        io.update(headers={"Authorization": "Bearer hidden-word", "X-Client": "test"})
        io.read_json(url)
        io.read_json(elsewhere)
        native.moods = [(302, {"Location": f"{elsewhere}/"}, b"")]
        io.read_json(url)
        io.close()
    assert native.asked[0][2]["Authorization"] == "Bearer hidden-word"
    assert len(other.asked) == 2
    assert all("Authorization" not in headers for _, _, headers, _ in other.asked)
    assert all(headers["X-Client"] == "test" for _, _, headers, _ in (*other.asked, *native.asked))


def test_the_real_landing_page_and_items(real_data, tmp_path):
    folder = real_data / "cdse"
    landing = json.loads((folder / "stac_api" / "landing_page_2026-02.json").read_text())
    items = [json.loads(path.read_text()) for path in sorted((folder / "stac_items").glob("served/*/*.json"))]
    mosaics = json.loads((folder / "stac_api" / "search_response_s2_global_mosaics.json").read_text())["features"]
    items += mosaics
    assert any(_MARKER in json.dumps(each, ensure_ascii=False) for each in items)
    assert any("('" in link["href"] for each in mosaics for link in each["links"])
    native = Native(items, landing)
    with serving(native) as url, connect(Settings(stac_url=url), native=True) as catalog:
        search = catalog.search(filter="eo:cloud_cover < 100", query={"a": {"eq": 1}}, sortby="-datetime", limit=3)
        found = list(search.items())
        asked = len(native.asked)
    assert asked == 1 + -(-len(items) // 3)
    assert [each.id for each in found] == [each["id"] for each in items]
    for each in found:
        assert _MARKER not in json.dumps(
            each.to_dict(include_self_link=False, transform_hrefs=False), ensure_ascii=False
        )
    _mix_with_ours(found, tmp_path / "mixed.parquet")
    for each in found:
        if each.collection_id != "sentinel-2-global-mosaics":
            assert locate_item(each)[0].name == each.to_dict()["assets"][
                "Product" if "S2" in each.id[:2] else "product"
            ]["file:local_path"].removesuffix(".zip")


def _mix_with_ours(native, path):
    ours = item(
        product(
            {
                "Id": "11111111-1111-1111-1111-111111111111",
                "Name": "S2B_MSIL2A_20250501T095029_N0511_R079_T33TVF_20250501T152629.SAFE",
                "S3Path": "/eodata/Sentinel-2/MSI/L2A/X.SAFE",
                "ContentDate": {"Start": "2025-05-01T09:50:29.024000Z", "End": "2025-05-01T09:50:29.024000Z"},
                "GeoFootprint": {"type": "Point", "coordinates": [14.0, 41.0]},
            }
        )
    )
    table = to_geodataframe([*native, ours])
    assert len(table) == len(native) + 1
    assert table["datetime"].dtype == pd.DatetimeTZDtype("us", "UTC")
    assert [each["id"] for each in from_geodataframe(table)] == [*(each.id for each in native), ours["id"]]
    to_geoparquet([*native, ours], path)
    assert path.stat().st_size > 0


def test_native_items_read_and_download_like_ours(seeded_root, tmp_path):
    from phistac.sandbox import Sandbox

    with Sandbox(root=seeded_root, strict=False) as cdse:
        with connect() as catalog:
            ours = next(catalog.search(collections=["sentinel-1-slc"], max_items=1).items())
        native = Native([_as_served(ours.to_dict(include_self_link=False, transform_hrefs=False))])
        with (
            serving(native) as url,
            use(replace(cdse.settings, stac_url=url)),
            phistac.connect(native=True) as other,
        ):
            theirs = next(other.search(collections=["sentinel-1-slc"]).items())
            burst = phistac.open(theirs, group="IW1/VV/0").load()
            assert burst.identical(phistac.open(ours, group="IW1/VV/0").load())
            phistac.download([theirs], tmp_path, progress=False).raise_for_failures()
        assert (tmp_path / f"{ours.id}.SAFE" / "manifest.safe").is_file()
        assert burst["measurement"].identical(
            phistac.open(tmp_path / f"{ours.id}.SAFE", group="IW1/VV/0")["measurement"].load()
        )
    assert len(to_geodataframe([theirs, ours])) == 2


def _as_served(made):
    """As CDSE's own catalogue writes it: a zip asset with the marker, a link to the folder, no types."""
    served = copy.deepcopy(made)
    served["assets"]["product"]["storage:refs"] = _MARKER
    del served["properties"]["auth:schemes"]
    for scheme in served["properties"]["storage:schemes"].values():
        del scheme["type"]
        scheme["platform"] = "https://eodata.dataspace.copernicus.eu"
    served["links"] = [{"rel": "version-history", "href": "https://trace.example/('a', 'b')"}]
    return served


def test_an_item_cannot_lead_elsewhere():
    served = _made()
    served["assets"]["safe_manifest"]["href"] = "s3://elsewhere/X.SAFE/manifest.safe"
    with serving(Native([served])) as url, connect(Settings(stac_url=url), native=True) as catalog:
        found = next(catalog.search().items())
    assert isinstance(found, pystac.Item)
    with pytest.raises(ConfigurationError, match="not in the archive"):
        phistac.open(found)
