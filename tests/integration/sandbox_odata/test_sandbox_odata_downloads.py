"""Tokens, keys, zips, nodes and bursts on demand over HTTP."""

from __future__ import annotations

import io
import uuid
import zipfile

from phistac.sandbox.accounts import MAX_S3_KEYS


def test_tokens(served):
    answer = served.token().json()
    again = served.token(grant_type="refresh_token", refresh_token=answer["refresh_token"])
    assert again.json()["session_state"] == answer["session_state"]
    wrong = served.token(password="wrong")
    assert (wrong.status_code, wrong.json()) == (
        401,
        {"error": "invalid_grant", "error_description": "Invalid user credentials"},
    )
    assert served.token(client_id="other").status_code == 401
    assert served.token(grant_type="magic").json()["error"] == "unsupported_grant_type"
    assert served.token(grant_type="refresh_token", refresh_token="x").status_code == 400


def test_s3_keys(served):
    url, headers = f"{served.url}/api/user/credentials", served.bearer()
    assert served.http.post(url).status_code == 401
    keys = [served.http.post(url, headers=headers).json() for _ in range(MAX_S3_KEYS)]
    assert all(set(key) == {"access_id", "secret"} for key in keys)
    full = served.http.post(url, headers=headers)
    assert (full.status_code, full.json()) == (403, {"detail": "Max number of credentials reached"})
    for key in keys:
        assert served.http.delete(f"{url}/access_id/{key['access_id']}", headers=headers).status_code == 204
    assert served.http.delete(f"{url}/access_id/{keys[0]['access_id']}", headers=headers).status_code == 404


def test_products_as_zip(served, real_data):
    url = f"{served.url}/odata/v1/Products({served.olci_id})/$value"
    first = served.http.get(url, allow_redirects=False)
    assert first.status_code == 301
    target = first.headers["location"]
    assert target == f"{served.url}/download/odata/v1/Products({served.olci_id})/$value"
    anonymous = served.http.get(target)
    assert (anonymous.status_code, anonymous.json()) == (401, {"detail": "Unauthorized"})
    answer = served.http.get(target, headers=served.bearer())
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        tree = real_data / "safe/sentinel-3" / served.olci
        assert {n: archive.read(n) for n in archive.namelist()} == {
            f"{served.olci}/{p.relative_to(tree).as_posix()}": p.read_bytes() for p in tree.rglob("*") if p.is_file()
        }
    assert served.http.head(target, headers=served.bearer()).headers["content-length"] == str(len(answer.content))
    missing = next(i for i in served.products if i != served.olci_id)
    assert served.http.get(url.replace(served.olci_id, missing), headers=served.bearer()).status_code == 404
    assert served.http.get(url.replace("$value", "$zip"), headers=served.bearer()).status_code == 404


def test_expired_tokens(served):
    headers = served.bearer()
    served.clock.now += 601
    answer = served.http.get(f"{served.url}/download/odata/v1/Products({served.olci_id})/$value", headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Expired signature!"})


def test_nodes(served, real_data):
    url = f"{served.url}/download/odata/v1/Products({served.olci_id})/Nodes"
    tree = real_data / "safe/sentinel-3" / served.olci
    [top] = served.http.get(url).json()["result"]
    names = sorted(p.name for p in tree.iterdir())
    assert top == {
        "Id": served.olci,
        "Name": served.olci,
        "ContentLength": 0,
        "ChildrenNumber": len(names),
        "Nodes": {"uri": f"{url}({served.olci})/Nodes"},
    }
    inside = served.http.get(top["Nodes"]["uri"]).json()["result"]
    assert [node["Name"] for node in inside] == names
    manifest = next(node for node in inside if node["Name"] == "xfdumanifest.xml")
    assert manifest["ContentLength"] == (tree / "xfdumanifest.xml").stat().st_size
    assert served.http.get(manifest["Nodes"]["uri"]).json() == {"result": []}
    value = manifest["Nodes"]["uri"].removesuffix("/Nodes") + "/$value"
    assert served.http.get(value).status_code == 401
    assert served.http.get(value, headers=served.bearer()).content == (tree / "xfdumanifest.xml").read_bytes()
    part = served.http.get(value, headers={**served.bearer(), "Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (200, manifest["ContentLength"])
    for bad in ("Nodes(..)/Nodes", f"Nodes({served.olci})/Nodes(..)/Nodes", "Nodes(x)/$value", "Nodes(x)"):
        assert served.http.get(f"{url.removesuffix('Nodes')}{bad}", headers=served.bearer()).status_code == 404
    redirected = served.http.get(url.replace("/download", ""), allow_redirects=False)
    assert (redirected.status_code, redirected.headers["location"]) == (301, url)


def test_bursts_on_demand(served):
    url, headers = f"{served.url}/odata/v1/Bursts({served.burst_id})/$value", served.bearer()
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
    unknown = url.replace(served.burst_id, str(uuid.uuid4()))
    assert served.http.post(unknown, headers=headers, allow_redirects=False).status_code == 404
