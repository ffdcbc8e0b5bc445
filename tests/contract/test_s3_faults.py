"""Every fault that can be ordered for an object, as a client on a real socket sees it."""

from __future__ import annotations

import contextlib

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, ResponseStreamingError

from phistac.sandbox import Fault, Sandbox, SandboxConfig
from phistac.sandbox.content import prepare

KEY, CONTENT = "folder/object", bytes(range(256)) * 40_000  # 10 MB
PATH = f"/eodata/{KEY}"


@pytest.fixture(scope="module")
def cdse(tmp_path_factory):
    def make(root):
        (root / "s3" / "eodata" / "folder").mkdir(parents=True)
        (root / "catalogue").mkdir()
        (root / "s3" / "eodata" / KEY).write_bytes(CONTENT)

    root = tmp_path_factory.mktemp("faults") / "archive"
    prepare(root, SandboxConfig(), make=make)
    with Sandbox(root=root, strict=False) as running:
        yield running


@pytest.fixture
def s3(cdse):
    session = botocore.session.Session()
    client = session.create_client(
        "s3",
        region_name="default",
        endpoint_url=cdse.settings.s3_url,
        aws_access_key_id=cdse.config.access_key,
        aws_secret_access_key=cdse.config.secret_key,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )
    yield client
    assert cdse.pending_faults() == ()
    cdse.clear_faults()
    client.close()


def _get(s3, start=1000, stop=3000, **conditions):
    answer = s3.get_object(Bucket="eodata", Key=KEY, Range=f"bytes={start}-{stop - 1}", **conditions)
    with contextlib.closing(answer["Body"]) as body:
        return answer["ResponseMetadata"]["HTTPStatusCode"], answer.get("ContentRange"), body.read()


def test_a_range_is_answered_whole(cdse, s3):
    cdse.inject(Fault("whole", path=PATH))
    assert _get(s3) == (200, None, CONTENT)
    assert _get(s3) == (206, f"bytes 1000-2999/{len(CONTENT)}", CONTENT[1000:3000])


def test_a_range_is_answered_short(cdse, s3):
    cdse.inject(Fault("short", path=PATH, after_bytes=500))
    assert _get(s3) == (206, f"bytes 1000-2999/{len(CONTENT)}", CONTENT[1000:1500])


def test_another_range_is_answered(cdse, s3):
    cdse.inject(Fault("elsewhere", path=PATH, by_bytes=77))
    assert _get(s3) == (206, f"bytes 1077-3076/{len(CONTENT)}", CONTENT[1077:3077])


def test_only_some_bytes_are_struck(cdse, s3):
    cdse.inject(Fault("flip", path=PATH, span=(5000, 6000)))
    assert _get(s3)[2] == CONTENT[1000:3000]
    assert _get(s3, 5999, 6001)[2] == bytes([CONTENT[5999] ^ 255, CONTENT[6000]])


def test_a_body_breaks_off(cdse, s3):
    cdse.inject(Fault("truncate", path=PATH, after_bytes=3_000_000))
    answer = s3.get_object(Bucket="eodata", Key=KEY)
    with contextlib.closing(answer["Body"]) as body:
        assert body.read(2_000_000) == CONTENT[:2_000_000]
        with pytest.raises((HTTPClientError, ResponseStreamingError)) as caught:
            body.read()
    assert "reset" not in str(caught.value)


def test_a_connection_is_reset(cdse, s3):
    cdse.inject(Fault("reset", path=PATH, after_bytes=3_000_000))
    answer = s3.get_object(Bucket="eodata", Key=KEY)
    # What had come and was not read yet is lost as well: how much that is, nobody can say.
    with contextlib.closing(answer["Body"]) as body, pytest.raises(ResponseStreamingError, match="reset"):
        body.read()


def test_an_object_changes_between_two_requests(cdse, s3):
    cdse.inject(Fault("changed", path=PATH, skip=1))
    first = s3.head_object(Bucket="eodata", Key=KEY)
    with pytest.raises(ClientError, match="Precondition"):
        _get(s3, IfMatch=first["ETag"])
    assert _get(s3)[2] != CONTENT[1000:3000]


def test_an_object_is_gone_and_comes_back(cdse, s3):
    cdse.inject(Fault("gone", path=PATH))
    with pytest.raises(ClientError, match="NoSuchKey"):
        _get(s3)
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="eodata", Key=KEY)
    assert "Contents" not in s3.list_objects_v2(Bucket="eodata", Prefix="folder/")
    cdse.clear_faults()
    assert _get(s3)[0] == 206


def test_a_refusal_says_when_to_come_back(cdse, s3):
    cdse.inject(Fault("status", path=PATH, status=429, code="TooManyRequests", retry_after_s=2))
    with pytest.raises(ClientError) as caught:
        _get(s3)
    assert caught.value.response["Error"]["Code"] == "TooManyRequests"
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "2"
