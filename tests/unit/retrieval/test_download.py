"""Plan, download, and download again: over an archive in memory."""

from __future__ import annotations

import json
import shutil

import pystac
import pytest

from phistac.errors import (
    ConfigurationError,
    CredentialsRejectedError,
    DiskFullError,
    NotFoundError,
    PhistacWarning,
    TransferError,
)
from phistac.retrieval import receipts
from phistac.retrieval.download import download
from phistac.retrieval.plan import plan
from phistac.retrieval.sources import sources
from phistac.stac.tables import to_geodataframe

A, B = "eodata/S1/A.SAFE", "eodata/S1/B.SAFE"


@pytest.fixture
def products(bucket):
    bucket.add(A, measurement__a=b"alpha" * 50, annotation__a=b"beta" * 9)
    bucket.add(B, measurement__b=b"gamma" * 70)
    return [f"/{A}", f"s3://{B}/"]


def get(items, out, **options):
    return download(items, out, progress=False, **options)


def tree(out):
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and ".phistac" not in path.parts
    }


def expected(bucket, *roots):
    return {path.removeprefix("eodata/S1/"): data for path, data in bucket.objects.items() if path.startswith(roots)}


def test_everything_arrives_and_a_second_call_asks_for_nothing(bucket, products, tmp_path):
    report = get(products, tmp_path)
    assert tree(tmp_path) == expected(bucket, A, B)
    assert [(p.product, p.status, p.objects) for p in report.products] == [("A.SAFE", "done", 4), ("B.SAFE", "done", 3)]
    assert report.moved == sum(map(len, tree(tmp_path).values()))
    report.raise_for_failures()
    bucket.requests.clear()
    again = get(products, tmp_path)
    assert bucket.requests == []
    assert [p.status for p in again.products] == ["reused", "reused"]
    assert (again.moved, again.objects) == (0, 7)


def test_the_manifest_comes_last(bucket, products, tmp_path):
    get(products, tmp_path)
    fetched = [path for path, start, _ in bucket.requests[4:]]
    for root in (A, B):
        mine = [path for path in fetched if path.startswith(root)]
        assert mine[-1] == f"{root}/manifest.safe"


def test_a_failed_object_holds_the_manifest_back_and_the_next_call_fetches_only_it(bucket, products, tmp_path):
    kept = bucket.objects.pop(f"{A}/annotation/a")
    report = get(products, tmp_path)
    assert [p.status for p in report.products] == ["failed", "done"]
    assert "annotation/a" in report.failed[0].reason
    assert "A.SAFE/manifest.safe" not in tree(tmp_path)
    with pytest.raises(TransferError, match=r"1 of 2 products not whole: A\.SAFE"):
        report.raise_for_failures()
    bucket.objects[f"{A}/annotation/a"] = kept
    bucket.requests.clear()
    get(products, tmp_path).raise_for_failures()
    assert tree(tmp_path) == expected(bucket, A, B)
    assert sorted(path for path, start, _ in bucket.requests[2:]) == [f"{A}/annotation/a", f"{A}/manifest.safe"]


def test_a_lost_or_torn_receipt_costs_no_transfer(bucket, products, tmp_path):
    get(products, tmp_path)
    shutil.rmtree(tmp_path / ".phistac")
    (tmp_path / ".phistac").mkdir()
    (tmp_path / ".phistac" / "A.SAFE.json").write_text('{"phistac_receipt": 1, "prod')
    with pytest.warns(PhistacWarning, match="cannot be read"):
        again = get(products, tmp_path)
    assert again.moved == 0
    assert [p.status for p in again.products] == ["reused", "reused"]


def test_a_file_that_was_deleted_or_cut_is_fetched_again(bucket, products, tmp_path):
    get(products, tmp_path)
    (tmp_path / "A.SAFE" / "annotation" / "a").unlink()
    (tmp_path / "B.SAFE" / "measurement" / "b").write_bytes(b"gam")
    assert get(products, tmp_path).moved == 36 + 350
    assert tree(tmp_path) == expected(bucket, A, B)


def test_a_product_replaced_after_planning_is_planned_again(bucket, products, tmp_path):
    made = plan(products, tmp_path)
    bucket.add(A, measurement__a=b"new" * 80, annotation__a=b"beta" * 9)
    get(made, None).raise_for_failures()
    assert tree(tmp_path) == expected(bucket, A, B)


def test_one_missing_product_does_not_stop_the_others(bucket, products, tmp_path):
    made = plan([*products, "/eodata/S1/NONE.SAFE"], tmp_path)
    assert "1 cannot be had" in repr(made)
    report = get(made, None)
    assert [p.status for p in report.products] == ["done", "done", "failed"]
    assert "NONE.SAFE" in str(report)


def test_a_rejected_key_ends_the_job_at_once(bucket, products, tmp_path):
    bucket.faults = dict.fromkeys(range(4, 100), CredentialsRejectedError("the key was revoked"))
    with pytest.raises(CredentialsRejectedError):
        get(products, tmp_path)
    assert len(bucket.requests) <= 4 + 4  # two plans; no lane asks twice
    assert tree(tmp_path) == {}


def test_too_little_room_is_said_before_anything_moves(bucket, products, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(1000, 900, 100))
    with pytest.raises(DiskFullError, match=r"needs .* has 100 B left"):
        get(products, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def item(root, **assets):
    hrefs = {key: {"href": f"s3://{root}/{path.replace('__', '/')}"} for key, path in assets.items()}
    return {"type": "Feature", "id": root.rpartition("/")[2], "assets": hrefs, "properties": {}, "links": []}


def whole_item(root):
    """An Item that pystac and tables take."""
    more = {"stac_version": "1.1.0", "collection": "sentinel-1-slc", "bbox": [0, 0, 0, 0]}
    return (
        item(root, safe_manifest="manifest.safe")
        | more
        | {
            "geometry": {"type": "Point", "coordinates": [0, 0]},
            "properties": {"datetime": "2024-08-01T05:00:00Z"},
        }
    )


def test_chosen_assets_only(bucket, products, tmp_path):
    chosen = item(A, safe_manifest="manifest.safe", pixels="measurement__a", noise="annotation__a")
    assert get(chosen, tmp_path, assets=["pixels"]).objects == 1
    assert tree(tmp_path) == {"A.SAFE/measurement/a": b"alpha" * 50}
    bucket.requests.clear()
    assert get(chosen, tmp_path, assets=["pixels"]).moved == 0
    assert bucket.requests == []
    assert get(chosen, tmp_path, assets=["noise"]).moved == 36
    receipt = receipts.read(tmp_path, "A.SAFE")
    assert ({record.path for record in receipt.objects}, receipt.whole) == ({"measurement/a", "annotation/a"}, False)
    get(chosen, tmp_path).raise_for_failures()
    assert tree(tmp_path) == expected(bucket, A)
    assert receipts.read(tmp_path, "A.SAFE").whole


def test_a_plan_says_what_it_would_cost(bucket, products, tmp_path):
    made = plan(products, tmp_path)
    assert (made.objects, made.missing) == (7, made.size)
    assert made.quota_share == made.size / 12e12
    assert made.seconds == pytest.approx((7 * 0.05 + made.size / 20e6) / 4)
    assert "2 products, 7 objects" in repr(made)
    assert "A.SAFE" in made.table()
    assert "<table>" in made._repr_html_()
    get(made, None)
    after = plan(products, tmp_path)
    assert (after.missing, after.seconds) == (0, 0)
    assert "nothing to move" in str(after)


def test_receipts_are_plain_and_lie_beside_the_product(bucket, products, tmp_path):
    get(products, tmp_path)
    value = json.loads((tmp_path / ".phistac" / "A.SAFE.json").read_text())
    assert value["source"] == f"s3://{A}"
    assert {entry["path"]: entry["verified"] for entry in value["objects"]} == {
        "measurement/a": "manifest",
        "annotation/a": "manifest",
        "manifest.safe": "etag",
        "support/a.xsd": "etag",
    }


def test_a_product_that_is_one_object(bucket, tmp_path):
    bucket.objects["eodata/S5P/X.nc"] = b"netcdf" * 10
    assert get("/eodata/S5P/X.nc", tmp_path).objects == 1
    assert tree(tmp_path) == {"X.nc": b"netcdf" * 10}
    bucket.requests.clear()
    assert get("/eodata/S5P/X.nc", tmp_path).moved == 0
    assert bucket.requests == []


def test_what_contradicts_itself_is_refused(bucket, products, tmp_path):
    with pytest.raises(ConfigurationError, match="output folder"):
        download(products)
    with pytest.raises(ConfigurationError, match="a plan knows"):
        get(plan(products, tmp_path), tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="one folder"):
        get([f"/{A}", "/eodata/other/A.SAFE"], tmp_path)
    with pytest.raises(ConfigurationError, match="int"):
        get(7, tmp_path)


@pytest.mark.parametrize("place", ["https://evil.example/A.SAFE", "s3://mine/A.SAFE", "/eodata/../x", "A.SAFE"])
def test_other_places_are_never_asked(bucket, tmp_path, place):
    with pytest.raises(NotFoundError):
        get(place, tmp_path)
    with pytest.raises(NotFoundError, match="leads to no product"):
        get({"id": "A", "assets": {"safe_manifest": {"href": f"{place}/manifest.safe"}}}, tmp_path)
    assert bucket.requests == []


def test_items_lead_to_their_product(bucket, products, tmp_path):
    by_link = {"id": "B", "assets": {}, "links": [{"rel": "enclosure", "href": f"s3://{B}"}]}
    collection = {"type": "FeatureCollection", "features": [item(A, safe_manifest="manifest.safe"), by_link, by_link]}
    assert [product.name for product in plan(collection, tmp_path).products] == ["A.SAFE", "B.SAFE"]
    pystac_items = [pystac.Item.from_dict(whole_item(A)), whole_item(B)]
    for form in (pystac_items, iter(pystac_items), pystac.ItemCollection(pystac_items), to_geodataframe(pystac_items)):
        assert [product.name for product in plan(form, tmp_path).products] == ["A.SAFE", "B.SAFE"]
    single = {"id": "C", "assets": {"netcdf": {"href": "s3://eodata/X/C.nc"}, "thumbnail": {"href": "https://x/y.jpg"}}}
    assert [each.root for each in sources([single], bucket="eodata")] == ["eodata/X/C.nc"]
    with pytest.raises(NotFoundError, match=r"no asset 'B04'.*safe_manifest"):
        plan(collection["features"][0], tmp_path, assets=["B04"])
    with pytest.raises(ConfigurationError, match="burst"):
        plan({"id": "b", "properties": {"burst:id": "t044_015804_iw2"}}, tmp_path)


def test_the_bar_is_truthful(bucket, products, tmp_path, monkeypatch):
    seen = []

    class Bar:
        def __init__(self, total, **_):
            self.total, self.n = total, 0

        def update(self, count):
            self.n += count
            seen.append((self.n, self.total))

        def set_postfix_str(self, text, refresh):
            self.text = text

        def refresh(self):
            pass

        def close(self):
            seen.append(self.text)

    monkeypatch.setattr("phistac.retrieval.progress._bar", lambda *, show: Bar)
    bucket.faults = {6: lambda data: b"\0" + data[1:]}
    made = plan(products, tmp_path)
    bucket.add(A, measurement__a=b"new" * 80, annotation__a=b"beta" * 9)
    download(made).raise_for_failures()
    total = sum(map(len, tree(tmp_path).values()))
    assert seen[-2:] == [(total, total), "7/7 objects"]
    assert all(0 <= n <= most for n, most in seen[:-1])
