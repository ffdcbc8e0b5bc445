"""One product by every address it has: the same groups, the same pixels, by ranges, within the budget."""

from __future__ import annotations

import doctest
import functools
import http.server
import json
import pickle
import re
import shutil
import threading
import warnings
import zipfile
from pathlib import Path

import fsspec
import numpy as np
import pandas as pd
import pystac
import pytest
import xarray as xr

import phistac
from phistac.errors import ConfigurationError, NotFoundError, PhistacWarning, ServiceError
from phistac.odata import records
from phistac.reading import door
from phistac.remote.files.webfiles import WebFileSystem
from phistac.sandbox.environment import environment
from phistac.settings import use
from phistac.stac.items import item as product_item

pytest.importorskip("nanio")

GROUP = "IW1/VV"


@pytest.fixture(scope="module")
def server(seeded_root):
    with phistac.Sandbox(root=seeded_root, rate=0, requests_per_minute=0) as running:
        yield running


@pytest.fixture(autouse=True)
def cdse(server, monkeypatch, _no_accident):
    for name, value in environment(server.config, server.settings).items():
        monkeypatch.setenv(name, value)
    with use(server.settings):
        yield server
    assert server.counters().refused == 0


@pytest.fixture(scope="module")
def row(server) -> dict:
    lines = (server.root / "catalogue" / "products.jsonl").read_text().splitlines()
    return next(row for row in map(json.loads, lines) if "_IW_SLC__1SDV_" in row["Name"])


@pytest.fixture(scope="module")
def folder(server, row):
    return server.root / "s3" / row["S3Path"].lstrip("/")


@pytest.fixture
def expected(folder):
    return xr.open_datatree(folder, engine="safe")


@pytest.fixture(scope="module", params=[zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def zipped(request, folder, tmp_path_factory):
    """The product as a zip whose folder has another name than the zip."""
    path = tmp_path_factory.mktemp("zips") / f"{folder.name}.zip"
    with zipfile.ZipFile(path, "w", request.param) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, f"safe/S1A_folder.SAFE/{file.relative_to(folder)}")
    return path


def same(found: xr.DataTree, expected: xr.DataTree) -> None:
    assert set(found.groups) == set(expected.groups)
    for path in (f"/{GROUP}/orbit", "/IW3/VH/calibration"):
        xr.testing.assert_equal(found[path].to_dataset(), expected[path].to_dataset())
    for path in (f"/{GROUP}/measurement", "/IW2/VH/measurement"):
        pixels, right = found[path].dataset.measurement, expected[path].dataset.measurement
        np.testing.assert_array_equal(pixels[40:60, 3:99], right[40:60, 3:99])
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(pixels))[-3:, ::50], right[-3:, ::50])


def test_items_and_addresses_of_the_archive(cdse, row, folder, expected):
    item = product_item(records.product(row))
    key = row["S3Path"].removeprefix("/eodata/")
    nodes = f"{cdse.settings.download_url}/Products({row['Id']})/Nodes({row['Name']})"
    places = [
        item, pystac.Item.from_dict(item), row["S3Path"], f"s3://eodata/{key}", f"cdse://eodata/{key}/manifest.safe",
        f"{cdse.settings.s3_url}/eodata/{key}", f"{cdse.settings.catalogue_url}/Products({row['Id']})/$value",
        f"{cdse.settings.download_url}/Products({row['Id']})/$zip", f"{nodes}/$value", f"{nodes}/Nodes(manifest.safe)/$value",
        str(folder), folder / "manifest.safe", f"file://{folder}", f"simplecache::cdse://eodata/{key}",
    ]  # fmt: skip
    for place in (places[0], places[9], places[-1]):
        same(phistac.open(place), expected)
    for place in places:
        lazy = phistac.open(place, group=GROUP).measurement
        np.testing.assert_array_equal(
            lazy[40:42, 3:9], expected[f"{GROUP}/measurement"].dataset.measurement[40:42, 3:9]
        )
        xr.testing.assert_identical(
            phistac.open(place, group=f"{GROUP}/orbit").load(),
            xr.open_dataset(place, engine="safe", group=f"{GROUP}/orbit").load(),
        )


def test_the_filesystem_takes_download_addresses(cdse, row, folder):
    fs = fsspec.filesystem("cdse")
    product = f"{cdse.settings.download_url}/Products({row['Id']})"
    manifest = f"{product}/Nodes({row['Name']})/Nodes(manifest.safe)/$value"
    cdse.reset_counters()
    assert fs.cat_file(manifest, start=0, end=100) == (folder / "manifest.safe").read_bytes()[:100]
    with fs.open(manifest) as file:
        assert file.read() == (folder / "manifest.safe").read_bytes()
    assert fs.ls(f"{product}/$value", detail=False) == fs.ls(row["S3Path"], detail=False)
    assert cdse.counters(path="/odata/v1/Products").requests == 2  # one for each address
    assert fs.modified(manifest) == fs.info(manifest)["LastModified"]


def test_a_zip_here_and_in_memory(zipped, expected):
    fsspec.filesystem("memory").pipe("/address.zip", zipped.read_bytes())
    for place in (zipped, f"zip://safe/S1A_folder.SAFE::file://{zipped}", "zip::memory://address.zip"):
        same(xr.open_datatree(place, engine="safe"), expected)
    whole = xr.open_dataset(zipped, engine="safe", group=GROUP, chunks={}).measurement.compute(scheduler="threads")
    np.testing.assert_array_equal(whole, expected[f"{GROUP}/measurement"].dataset.measurement)
    fsspec.filesystem("memory").rm("/address.zip")


def test_a_zip_in_the_archive_is_read_by_ranges(cdse, zipped, row, folder, expected):
    there = folder.parent / f"{folder.name}.zip"
    there.write_bytes(zipped.read_bytes())
    try:
        same(phistac.open(f"{row['S3Path']}.zip"), expected)
        lazy = phistac.open(f"s3:/{row['S3Path']}.zip", group=GROUP).measurement
        cdse.reset_counters()
        np.testing.assert_array_equal(
            lazy[40:42, 3:9], expected[f"{GROUP}/measurement"].dataset.measurement[40:42, 3:9]
        )
        with zipfile.ZipFile(zipped) as archive:
            (tiff,) = [one for one in archive.infolist() if re.search(r"measurement/.*-iw1-.*-vv-", one.filename)]
        wanted = 2 * lazy.shape[1] * 4 if tiff.compress_type == zipfile.ZIP_STORED else tiff.compress_size + 200
        assert 0 < cdse.counters().bytes_sent <= wanted
        assert cdse.counters().peak_sockets <= 4
    finally:
        there.unlink()


@pytest.mark.parametrize("kind", ["_COG.SAFE", "_OL_1_EFR_"])
def test_other_products_zipped(cdse, kind, tmp_path):
    """Directories of TIFF and HDF5 files are followed inside the zip too."""
    lines = (cdse.root / "catalogue" / "products.jsonl").read_text().splitlines()
    row = next(row for row in map(json.loads, lines) if kind in row["Name"])
    folder = cdse.root / "s3" / row["S3Path"].lstrip("/")
    shutil.make_archive(tmp_path / "other", "zip", folder.parent, folder.name)
    found, right = phistac.load(phistac.open(tmp_path / "other.zip")), phistac.load(phistac.open(folder))
    xr.testing.assert_equal(found, right)
    assert any(dataset.data_vars for dataset in (node.dataset for node in found.subtree))


class Ranged(http.server.SimpleHTTPRequestHandler):
    """Python's own server, taught ranges; ``served`` is how much went out."""

    ranges = True
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = self.translate_path(self.path)
        asked = self.headers.get("Range", "")
        if not (asked and self.ranges):
            super().do_GET()
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        data = Path(path).read_bytes()
        part = data[int(first) : int(last) + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Say nothing: who is refused unread is hung up on."""


@pytest.fixture(params=[True, False], ids=["ranges", "no ranges"])
def web(request, tmp_path, folder, zipped):
    (tmp_path / folder.name).symlink_to(folder)
    (tmp_path / "X.SAFE.zip").symlink_to(zipped)
    handler = type("Handler", (Ranged,), {"ranges": request.param})
    with Quiet(("127.0.0.1", 0), functools.partial(handler, directory=tmp_path)) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield request.param, f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()
    for fs in WebFileSystem._cache.values():
        fs.close_session(fs.loop, fs._session)
    WebFileSystem.clear_instance_cache()


def test_web_servers_answer_ranges_or_are_refused(web, folder, expected):
    ranges, url = web
    for place in (f"{url}/{folder.name}", f"zip::{url}/X.SAFE.zip"):
        if ranges:
            same(phistac.open(place), expected)
            continue
        with pytest.raises(ServiceError, match=r"answered 200 to a byte range.*Download the file first"):
            phistac.open(place)


def test_fsspec_style_options(cdse, row):
    """What takes ``storage_options`` takes them for the archive."""
    outside = {"s3_url": cdse.settings.s3_url, "account": cdse.settings.account}
    keys = {"s3_url": cdse.settings.s3_url, "key": cdse.config.access_key, "secret": cdse.config.secret_key}
    place = f"cdse:/{row['S3Path']}"
    for options in (outside, keys):
        with fsspec.open(f"{place}/manifest.safe", **options) as file:
            assert b"xfdu" in file.read()
        assert len(pd.read_csv(f"{place}/manifest.safe", sep="\0", header=None, nrows=2, storage_options=options)) == 2
        found = phistac.open(place, group=f"{GROUP}/orbit", storage_options=options)
        assert cdse.config.secret_key.encode() not in pickle.dumps(found)
    with pytest.raises(ConfigurationError, match="anon"):
        phistac.open(place, group=GROUP, storage_options={"anon": True})


def test_an_endpoint_of_ones_own_is_plain_s3fs(cdse, row, expected):
    options = {
        "endpoint_url": cdse.settings.s3_url, "key": cdse.config.access_key, "secret": cdse.config.secret_key,
        "client_kwargs": {"region_name": "default"},
    }  # fmt: skip
    lazy = phistac.open(f"s3:/{row['S3Path']}", group=GROUP, storage_options=options).measurement
    right = expected[f"{GROUP}/measurement"].dataset.measurement
    np.testing.assert_array_equal(lazy[40:42, 3:9], right[40:42, 3:9])
    with pytest.raises(ConfigurationError, match="do not leave this process"):
        pickle.dumps(lazy)


def test_what_leads_nowhere_is_said(cdse, row):
    with pytest.raises(NotFoundError):
        phistac.open(f"{cdse.settings.download_url}/Products(00000000-0000-4000-8000-000000000000)/$value")
    with pytest.raises(NotFoundError, match="no zip at"):
        phistac.open(f"{row['S3Path']}.zip")
    with warnings.catch_warnings():
        warnings.simplefilter("error", PhistacWarning)
        with pytest.raises(NotFoundError, match="no product at"):
            phistac.open(f"{row['S3Path']}/measurement")


def test_the_example_of_the_door_runs(seeded_root, monkeypatch):
    monkeypatch.setattr(phistac, "Sandbox", functools.partial(phistac.Sandbox, root=seeded_root))
    example = doctest.DocTestParser().get_doctest(
        door.open.__doc__.replace("# doctest: +SKIP", ""), {}, "door", None, 0
    )
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(example)
    assert runner.summarize(verbose=False) == (0, 2)
