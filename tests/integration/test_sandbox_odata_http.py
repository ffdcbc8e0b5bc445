"""The catalogue over HTTP, on real records: what was recorded from the service comes out again."""

from __future__ import annotations

import io
import json
import threading
import time
import uuid
import zipfile
from types import SimpleNamespace

import pytest
import requests
import uvicorn
from starlette.applications import Starlette

from phistac.sandbox.accounts import MAX_S3_KEYS, Accounts
from phistac.sandbox.config import SandboxConfig
from phistac.sandbox.odata import Store, routes

OLCI = "S3B_OL_1_EFR____20230311T214926_20230311T214926_20230312T085631_0000_077_100_4320_PS2_O_NT_003.SEN3"
OLCI_ID = "00000000-0000-4000-8000-000000000001"
BURST_ID = "46577370-83b3-4410-89de-09b4bb23e5dd"
QUICKLOOK_ID = "d30d5104-2d31-4522-a7e8-581f4a264b1a"


def real_products(folder):
    """Return the real rows, the most complete of each Id."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        answer = json.loads(path.read_text())
        for row in answer.get("value", [answer]):
            row.pop("@odata.context", None)
            if "Id" in row and len(row) >= len(found.get(row["Id"], {})):
                found[row["Id"]] = row
    return found


def olci_row():
    path = f"/eodata/Sentinel-3/OLCI/OL_1_EFR___/2023/03/11/{OLCI}"
    moment = "2023-03-11T21:49:26.000000Z"
    dates = dict.fromkeys(("OriginDate", "PublicationDate", "ModificationDate"), moment)
    return {
        "@odata.mediaContentType": "application/octet-stream",
        "Id": OLCI_ID,
        "Name": OLCI,
        "ContentType": "application/octet-stream",
        "ContentLength": 0,
        **dates,
        "Online": True,
        "EvictionDate": "",
        "S3Path": path,
        "Checksum": [],
        "ContentDate": {"Start": moment, "End": moment},
        "Footprint": None,
        "GeoFootprint": None,
        "Locations": [{"FormatType": "Extracted", "S3Path": path}],
    }


def fill(root, real_data):
    """Lay the real records, one real tree, one made-up burst measurement and one quicklook under a root."""
    products = real_products(real_data / "cdse/odata_products")
    products[OLCI_ID] = olci_row()
    burst = json.loads((real_data / "cdse/odata_bursts/docs_burst_15805_IW1_VH_entity.json").read_text())
    burst.pop("@odata.context")
    small = {**burst, "ByteOffset": 8, "SamplesPerBurst": 4, "LinesPerBurst": 2, "Lines": 0}
    catalogue = root / "catalogue"
    catalogue.mkdir()
    deleted = {**products[OLCI_ID], "Id": str(uuid.uuid4()), "DeletionDate": "2024-01-01T00:00:00Z"}
    for table, rows in (
        ("products", products.values()),
        ("bursts", [small]),
        ("deleted", [{**deleted, "DeletionCause": "Corrupted product"}]),
        ("quicklooks", [{"Id": QUICKLOOK_ID, "Path": "quicklook.jpg"}]),
    ):
        (catalogue / f"{table}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (root / "quicklook.jpg").write_bytes(b"\xff\xd8 not much of a picture")
    tree = root / "s3" / products[OLCI_ID]["S3Path"].lstrip("/")
    tree.parent.mkdir(parents=True)
    tree.symlink_to(real_data / "safe/sentinel-3" / OLCI)
    measurement = root / "s3" / burst["S3Path"].lstrip("/")
    measurement.parent.mkdir(parents=True)
    measurement.write_bytes(b"II*\0\0\0\0\0" + bytes(range(32)))
    return products


@pytest.fixture(scope="module")
def served(tmp_path_factory, real_data):
    root = tmp_path_factory.mktemp("archive")
    products = fill(root, real_data)
    config = SandboxConfig(username="me", password="secret word & more", token_lifetime_s=600)
    clock = SimpleNamespace(now=time.time())
    accounts, store = Accounts(config, clock=lambda: clock.now), Store(root / "catalogue")
    app = Starlette(routes=routes(root, accounts, config, store=store))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with requests.Session() as session:
        yield SimpleNamespace(url=f"http://127.0.0.1:{port}", http=session, products=products, clock=clock, root=root)
    server.should_exit = True
    thread.join()
    store.close()


def get(served, path, status=200, **options):
    answer = served.http.get(f"{served.url}/odata/v1/{path}", params={f"${k}": v for k, v in options.items()})
    assert answer.status_code == status, answer.text
    return answer.json()


def token(served, **more):
    form = {"client_id": "cdse-public", "grant_type": "password", "username": "me", "password": "secret word & more"}
    return served.http.post(f"{served.url}/auth/realms/CDSE/protocol/openid-connect/token", data={**form, **more})


def bearer(served):
    return {"Authorization": f"Bearer {token(served).json()['access_token']}"}


def test_every_real_row_comes_back(served):
    page = get(
        served,
        "Products",
        expand="Attributes,Assets,Locations",
        top=1000,
        orderby="ContentDate/Start asc",
        count="true",
    )
    assert page["@odata.count"] == len(served.products) == len(page["value"])
    assert page["@odata.context"] == "$metadata#Products(Attributes(),Assets(),Locations())"
    for row in page["value"]:
        real = served.products[row["Id"]]
        text = json.dumps(row).replace(f"{served.url}/odata/v1", "https://catalogue.dataspace.copernicus.eu/odata/v1")
        expanded = {"Attributes": [], "Assets": [], "Locations": []}
        assert json.loads(text) == {**expanded, **real}


def test_pages_walk_to_the_end_in_order(served):
    url = f"{served.url}/odata/v1/Products?$filter=Collection/Name eq 'SENTINEL-1'&$orderby=ContentDate/Start desc&$top=7&$count=True"
    seen, count = [], 0
    while url:
        page = served.http.get(url).json()
        seen += [(row["ContentDate"]["Start"], row["Id"]) for row in page["value"]]
        count, url = page["@odata.count"], page.get("@odata.nextLink")
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == len(seen) == count
    assert {i for _, i in seen} == {i for i, row in served.products.items() if "/Sentinel-1/" in row["S3Path"]}


def test_raw_and_encoded_queries_mean_the_same(served):
    text = "Attributes/OData.CSC.StringAttribute/any(att:att/Name eq 'polarisationChannels' and att/OData.CSC.StringAttribute/Value eq 'VV&VH')"
    encoded = get(served, "Products", filter=text, count="1", top=0)["@odata.count"]
    raw = served.http.get(f"{served.url}/odata/v1/Products?$filter={text.replace('&', '%26')}&$count=1&$top=0").json()
    assert encoded == raw["@odata.count"] > 0


def test_families_and_twins(served):
    text = "Attributes/OData.CSC.StringAttribute/any(a:a/Name eq 'productType' and a/OData.CSC.StringAttribute/Value eq '{}')"
    counts = {
        t: get(served, "Products", filter=text.format(t), count="1")["@odata.count"]
        for t in ("SLC", "GRD", "GRD-COG", "IW_GRDH_1S")
    }
    expected = dict.fromkeys(counts, 0)
    for row in served.products.values():
        for attribute in row.get("Attributes", ()):
            if attribute["Name"] == "productType":
                family = {"IW_SLC__1S": "SLC", "IW_GRDH_1S": "GRD", "IW_GRDH_1S-COG": "GRD-COG"}.get(attribute["Value"])
                for name in {family, attribute["Value"]} & expected.keys():
                    expected[name] += 1
    assert counts == expected
    assert all(counts.values())


def test_single_rows_and_headers(served):
    row = next(row for row in served.products.values() if row.get("Assets"))
    answer = served.http.get(f"{served.url}/odata/v1/Products({row['Id']})?$expand=Assets")
    assert answer.json()["@odata.context"] == "$metadata#Products(Assets())/$entity"
    assert answer.json()["Name"] == row["Name"]
    assert uuid.UUID(answer.headers["request-id"])
    assert int(answer.headers["x-envoy-upstream-service-time"]) >= 0
    assert answer.headers["access-control-allow-origin"] == "*"
    assert get(served, f"Products({uuid.uuid4()})", 404) == {"detail": "Product not found in catalogue"}
    assert get(served, "Products(x)", 404) == {"detail": "Invalid odata path"}
    assert get(served, "Nothing", 404) == {"detail": "Invalid odata path"}
    assert get(served, f"Bursts({uuid.uuid4()})", 404) == {"detail": "Not Found"}


def test_bursts(served, real_data):
    page = get(
        served, "Bursts", filter="BurstId eq 15805 and SwathIdentifier eq 'IW1' and PolarisationChannels eq 'VH'"
    )
    assert page["@odata.context"] == "$metadata#Bursts"
    assert [row["Id"] for row in page["value"]] == [BURST_ID]
    recorded = json.loads((real_data / "cdse/odata_bursts/docs_burst_15805_IW1_VH_entity.json").read_text())
    assert list(get(served, f"Bursts({BURST_ID})")) == list(recorded)


def test_deleted_products(served):
    page = get(served, "DeletedProducts", filter="DeletionCause eq 'Corrupted product'", orderby="DeletionDate desc")
    assert [row["Name"] for row in page["value"]] == [OLCI]
    assert get(served, f"DeletedProducts({page['value'][0]['Id']})")["DeletionCause"] == "Corrupted product"


def test_attribute_tables(served, real_data):
    recorded = json.loads((real_data / "cdse/odata_attributes/attributes_SENTINEL-1.json").read_text())
    assert get(served, "Attributes(SENTINEL-1)") == recorded
    assert get(served, "Attributes(SENTINEL1)", 404) == {"detail": "Not Found"}


def test_filter_list(served):
    names = sorted({row["Name"] for row in served.products.values()})[:5]
    body = {"FilterProducts": [{"Name": name} for name in [*names, "xxxxxxxx.06.tar"]]}
    url = f"{served.url}/odata/v1/Products/OData.CSC.FilterList"
    page = served.http.post(url, json=body).json()
    assert sorted(row["Name"] for row in page["value"]) == names
    assert served.http.post(url, json={"Products": []}).status_code == 422
    assert served.http.post(url, data=b"no json").status_code == 422


def test_quicklooks(served):
    answer = served.http.get(f"{served.url}/odata/v1/Assets({QUICKLOOK_ID})/$value")
    assert (answer.headers["content-type"], answer.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert get(served, f"Assets({uuid.uuid4()})/$value", 404) == {"detail": "Not Found"}


def test_tokens(served):
    answer = token(served).json()
    again = token(served, grant_type="refresh_token", refresh_token=answer["refresh_token"])
    assert again.json()["session_state"] == answer["session_state"]
    wrong = token(served, password="wrong")
    assert (wrong.status_code, wrong.json()) == (
        401,
        {"error": "invalid_grant", "error_description": "Invalid user credentials"},
    )
    assert token(served, client_id="other").status_code == 401
    assert token(served, grant_type="magic").json()["error"] == "unsupported_grant_type"
    assert token(served, grant_type="refresh_token", refresh_token="x").status_code == 400


def test_s3_keys(served):
    url, headers = f"{served.url}/api/user/credentials", bearer(served)
    assert served.http.post(url).status_code == 401
    keys = [served.http.post(url, headers=headers).json() for _ in range(MAX_S3_KEYS)]
    assert all(set(key) == {"access_id", "secret"} for key in keys)
    full = served.http.post(url, headers=headers)
    assert (full.status_code, full.json()) == (403, {"detail": "Max number of credentials reached"})
    for key in keys:
        assert served.http.delete(f"{url}/access_id/{key['access_id']}", headers=headers).status_code == 204
    assert served.http.delete(f"{url}/access_id/{keys[0]['access_id']}", headers=headers).status_code == 404


def test_products_as_zip(served, real_data):
    url = f"{served.url}/odata/v1/Products({OLCI_ID})/$value"
    first = served.http.get(url, allow_redirects=False)
    assert first.status_code == 301
    target = first.headers["location"]
    assert target == f"{served.url}/download/odata/v1/Products({OLCI_ID})/$value"
    anonymous = served.http.get(target)
    assert (anonymous.status_code, anonymous.json()) == (401, {"detail": "Unauthorized"})
    answer = served.http.get(target, headers=bearer(served))
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        tree = real_data / "safe/sentinel-3" / OLCI
        assert {n: archive.read(n) for n in archive.namelist()} == {
            f"{OLCI}/{p.relative_to(tree).as_posix()}": p.read_bytes() for p in tree.rglob("*") if p.is_file()
        }
    assert served.http.head(target, headers=bearer(served)).headers["content-length"] == str(len(answer.content))
    missing = next(i for i in served.products if i != OLCI_ID)
    assert served.http.get(url.replace(OLCI_ID, missing), headers=bearer(served)).status_code == 404
    assert served.http.get(url.replace("$value", "$zip"), headers=bearer(served)).status_code == 404


def test_expired_tokens(served):
    headers = bearer(served)
    served.clock.now += 601
    answer = served.http.get(f"{served.url}/download/odata/v1/Products({OLCI_ID})/$value", headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Expired signature!"})


def test_nodes(served, real_data):
    url = f"{served.url}/download/odata/v1/Products({OLCI_ID})/Nodes"
    tree = real_data / "safe/sentinel-3" / OLCI
    [top] = served.http.get(url).json()["result"]
    names = sorted(p.name for p in tree.iterdir())
    assert top == {
        "Id": OLCI,
        "Name": OLCI,
        "ContentLength": 0,
        "ChildrenNumber": len(names),
        "Nodes": {"uri": f"{url}({OLCI})/Nodes"},
    }
    inside = served.http.get(top["Nodes"]["uri"]).json()["result"]
    assert [node["Name"] for node in inside] == names
    manifest = next(node for node in inside if node["Name"] == "xfdumanifest.xml")
    assert manifest["ContentLength"] == (tree / "xfdumanifest.xml").stat().st_size
    assert served.http.get(manifest["Nodes"]["uri"]).json() == {"result": []}
    value = manifest["Nodes"]["uri"].removesuffix("/Nodes") + "/$value"
    assert served.http.get(value).status_code == 401
    assert served.http.get(value, headers=bearer(served)).content == (tree / "xfdumanifest.xml").read_bytes()
    for bad in ("Nodes(..)/Nodes", f"Nodes({OLCI})/Nodes(..)/Nodes", "Nodes(x)/$value", "Nodes(x)"):
        assert served.http.get(f"{url.removesuffix('Nodes')}{bad}", headers=bearer(served)).status_code == 404
    redirected = served.http.get(url.replace("/download", ""), allow_redirects=False)
    assert (redirected.status_code, redirected.headers["location"]) == (301, url)


def test_bursts_on_demand(served):
    url, headers = f"{served.url}/odata/v1/Bursts({BURST_ID})/$value", bearer(served)
    assert served.http.post(url, allow_redirects=False).status_code == 401
    assert served.http.get(url, headers=headers).status_code == 405
    first = served.http.post(url, headers=headers, allow_redirects=False)
    assert first.status_code == 302
    assert served.http.post(first.headers["location"]).status_code == 401
    assert served.http.post(url, headers=headers).status_code == 405  # followed by itself, it became a GET
    answer = served.http.post(first.headers["location"], headers=headers)
    name = "S1A-SLC-20240802T060723-15805-IW1-VH-040352"
    assert answer.headers["content-disposition"] == f"attachment; filename={name}.zip"
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        [image] = archive.namelist()
        assert image.startswith(f"{name}.SAFE/measurement/s1a-iw1-slc-vh-")
        assert archive.read(image)[-32:] == bytes(range(32))
    unknown = url.replace(BURST_ID, str(uuid.uuid4()))
    assert served.http.post(unknown, headers=headers, allow_redirects=False).status_code == 404


def test_odd_bytes_are_answers_not_accidents(served):
    url = f"{served.url}/odata/v1/Products"
    for query in ("$filter=Name%20eq%20'%ff%00'", "$filter=%E2%82", "$top=" + "9" * 5000, "$filter=" + "(" * 3000):
        assert served.http.get(f"{url}?{query}").status_code in {200, 400, 422}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = served.http.post(
        served.url + "/auth/realms/cdse/protocol/openid-connect/token", data=b"\xff=1", headers=form
    )
    assert answer.status_code == 401
    assert served.http.get(url, params={"$top": "1"}, headers={"Authorization": "Bearer nonsense"}).status_code == 200


def test_a_moving_catalogue(served):
    row = {**olci_row(), "Id": str(uuid.uuid4()), "Name": "S3B_NEW.SEN3"}
    control = f"{served.url}/_sandbox/catalogue"
    assert served.http.post(f"{control}/publish", json=[row]).json() == {"published": 1}
    assert get(served, "Products", filter="Name eq 'S3B_NEW.SEN3'")["value"][0]["Id"] == row["Id"]
    gone = {"ids": [row["Id"]], "at": "2025-01-01T00:00:00Z", "cause": "Duplicated product"}
    assert served.http.post(f"{control}/delete", json=gone).json() == {"deleted": 1}
    assert get(served, "Products", filter="Name eq 'S3B_NEW.SEN3'")["value"] == []
    assert get(served, f"DeletedProducts({row['Id']})")["DeletionCause"] == "Duplicated product"
    for bad in ({"Id": 1}, [{"Name": "x"}], [{"Id": "x", "ContentDate": {"Start": "soon"}}]):
        assert served.http.post(f"{control}/publish", json=bad).status_code == 422
