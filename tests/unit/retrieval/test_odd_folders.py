"""One odd thing in the output folder costs the product that it belongs to, and no other."""

from __future__ import annotations

import json
import os

import pytest

from phistac.errors import ConfigurationError, PhistacWarning, TransferError
from phistac.retrieval import engine
from phistac.retrieval.download import download
from phistac.retrieval.plan import plan

A, B = "eodata/S1/A.SAFE", "eodata/S1/B.SAFE"


@pytest.fixture
def out(bucket, tmp_path):
    bucket.add(A, measurement__a=b"alpha" * 50)
    bucket.add(B, measurement__b=b"gamma" * 70)
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def get(out, *more):
    return download([f"/{A}", f"/{B}", *more], out, progress=False)


def status(report):
    return {product.product: product.status for product in report.products}


ONE_FAILED = {"A.SAFE": "failed", "B.SAFE": "done"}


def test_a_product_moved_away_and_linked_is_not_believed(out, tmp_path):
    download(f"/{A}", out, progress=False)
    (out / "A.SAFE").rename(tmp_path / "moved")
    (out / "A.SAFE").symlink_to(tmp_path / "moved")
    before = sorted((tmp_path / "moved").rglob("*"))
    report = get(out)
    assert status(report) == ONE_FAILED
    assert "link" in report.failed[0].reason
    assert sorted((tmp_path / "moved").rglob("*")) == before


def test_links_in_a_circle_fail_their_product(out):
    (out / "A.SAFE").symlink_to(out / "A.SAFE")
    report = get(out)
    assert status(report) == ONE_FAILED
    assert "circle" in report.failed[0].reason


def test_a_product_of_one_object_behind_a_circle_fails(bucket, out):
    bucket.objects["eodata/S5P/X.nc"] = b"netcdf"
    (out / "X.nc").symlink_to(out / "X.nc")
    assert status(get(out, "/eodata/S5P/X.nc")) == {"A.SAFE": "done", "B.SAFE": "done", "X.nc": "failed"}


@pytest.mark.parametrize("name", [".hidden", "a:b", "~x", "x\x07"])
def test_a_place_that_gives_no_name_for_a_folder_fails_alone(bucket, out, name):
    place = f"eodata/S1/{name}"
    report = get(out, f"/{place}")
    assert status(report) == {"A.SAFE": "done", "B.SAFE": "done", place: "failed"}
    assert "does not end in a name for a folder" in report.failed[0].reason
    assert not [path for path, *_ in bucket.requests if path.startswith(place)]
    assert "1 cannot be had" in str(plan([f"/{A}", f"/{place}"], out))


def edit(out, **changes):
    path = out / ".phistac" / "A.SAFE.json"
    receipt = json.loads(path.read_text())
    receipt["objects"][0] |= changes
    path.write_text(json.dumps(receipt))


@pytest.mark.parametrize(
    "changes", [{"path": 5}, {"path": None}, {"size": "many"}, {"size": None}, {"digest": 7}, {"etag": []}, {"more": 1}]
)
def test_a_receipt_with_other_types_in_it_is_none(out, changes):
    get(out)
    edit(out, **changes)
    with pytest.warns(PhistacWarning, match="cannot be read"):
        report = get(out)
    assert (status(report), report.moved) == ({"A.SAFE": "reused", "B.SAFE": "reused"}, 0)


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a\\b", "x" * 300, "", "measurement"])
def test_a_receipt_that_lists_what_cannot_be_is_none(out, path):
    get(out)
    edit(out, path=path)
    report = get(out)
    assert (status(report), report.moved) == ({"A.SAFE": "reused", "B.SAFE": "reused"}, 0)
    assert json.loads((out / ".phistac" / "A.SAFE.json").read_text())["objects"][0]["path"] != path


@pytest.mark.parametrize(
    "text", ["[]", "7", "null", '{"phistac_receipt": 1, "product": "A.SAFE", "objects": 5}', "[" * 10**5]
)
def test_a_receipt_that_is_something_else_is_none(out, text):
    get(out)
    (out / ".phistac" / "A.SAFE.json").write_text(text)
    with pytest.warns(PhistacWarning, match="cannot be read"):
        assert get(out).moved == 0


@pytest.mark.parametrize("name", [".phistac", ""])
def test_a_file_where_a_folder_of_ours_must_be_is_said_once(bucket, out, name):
    made = plan([f"/{A}", f"/{B}"], out / "x")
    bucket.requests.clear()
    odd = out / "x" / name
    odd.parent.mkdir(exist_ok=True)
    odd.write_text("mine")
    with pytest.raises(ConfigurationError, match="is a file"):
        get(out / "x")
    with pytest.raises(ConfigurationError, match="is a file"):
        download(made, progress=False)
    assert (odd.read_text(), bucket.requests) == ("mine", [])


def test_an_output_folder_that_is_a_link_in_a_circle_is_said_once(out):
    (out / "x").symlink_to(out / "x")
    for folder in (out / "x", out / "x" / "y"):
        with pytest.raises(ConfigurationError, match="circle"):
            get(folder)


def test_an_output_folder_that_cannot_be_written_is_said_once(bucket, out, monkeypatch):
    get(out / "whole")
    made = len(bucket.requests)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(TransferError, match=r"cannot be written. Name a folder"):
        get(out)
    assert len(bucket.requests) == made + 4  # the two plans
    assert get(out / "whole").moved == 0


def test_a_product_that_someone_changes_meanwhile_fails_alone(out, monkeypatch):
    bring = engine.bring

    def meddle(batch, folder, link):
        results = bring(batch, folder, link)
        if any(job.product == "A.SAFE" and job.object.path == "manifest.safe" for job in batch.jobs):
            (folder / "A.SAFE" / "measurement" / "a").write_bytes(b"")
        return results

    monkeypatch.setattr(engine, "bring", meddle)
    report = get(out)
    assert status(report) == ONE_FAILED
    assert "changed by someone else" in report.failed[0].reason
