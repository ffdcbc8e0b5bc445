"""Keys, listings, links and ETags over a folder."""

from __future__ import annotations

import hashlib
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phistac.sandbox.s3.etags import PART, ETags, etag
from phistac.sandbox.s3.storage import ArchiveStorage
from phistac.sandbox.s3.tree import MARKER, locate, walk


def put(root, key, data=b"x"):
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def pages(storage, size, **asked):
    """Every key and prefix, page after page."""
    token, out = None, []
    while True:
        page = storage.list_objects("eodata", max_keys=size, continuation_token=token, **asked)
        names = [one.key for one in page.contents] + page.common_prefixes
        assert len(names) <= size
        assert names or not page.is_truncated
        out += sorted(names)
        if not page.is_truncated:
            return out
        token = page.next_continuation_token


def s3_listing(keys, prefix, delimiter):
    """What S3 lists, said in three lines: the oracle."""
    found = sorted(key for key in keys if key.startswith(prefix))
    if not delimiter:
        return found
    cut = [prefix + key[len(prefix) :].split("/")[0] + "/" if "/" in key[len(prefix) :] else key for key in found]
    return sorted(set(cut))


names = st.text("ab-.~é", min_size=1, max_size=3).filter(lambda name: name not in {".", ".."})
some_keys = st.lists(st.lists(names, min_size=1, max_size=3).map("/".join), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    some_keys,
    st.sets(st.sampled_from(["a/", "b/", "ab/", "b/a/"])),
    st.sampled_from(["", "a", "a/", "a-", "b/a", "ab/"]),
    st.sampled_from([None, "/"]),
    st.integers(1, 4),
)
def test_pages_are_the_listing_of_s3(tmp_path_factory, keys, markers, prefix, delimiter, size):
    root = tmp_path_factory.mktemp("bucket")
    made = set()
    for key in keys:
        if not any(key.startswith(other + "/") or other.startswith(key + "/") for other in made):
            put(root, key)
            made.add(key)
    for key in markers:
        if not any((key + "x").startswith(other + "/") for other in made):
            put(root, key + MARKER, b"")
            made.add(key)
    assert pages(ArchiveStorage(root, "eodata"), size, prefix=prefix, delimiter=delimiter) == s3_listing(
        made, prefix, delimiter
    )


def test_start_after_and_no_keys_at_all(tmp_path):
    for key in ("a/1", "a/2", "b"):
        put(tmp_path, key)
    storage = ArchiveStorage(tmp_path, "eodata")
    assert pages(storage, 10, start_after="a/1") == ["a/2", "b"]
    assert pages(storage, 10, start_after="a/1", delimiter="/") == ["a/", "b"]
    page = storage.list_objects("eodata", max_keys=0)
    assert (page.contents, page.is_truncated) == ([], False)
    (tmp_path / "empty" / "folder").mkdir(parents=True)
    assert pages(storage, 10, delimiter="/") == ["a/", "b"]


@pytest.mark.parametrize("key", ["", "/", "a/", "../x", "a/../../x", "./a", "a//b", "/etc/passwd", "a\0b", "folder"])
def test_keys_that_are_no_objects(tmp_path, key):
    root = tmp_path / "root"
    put(root, "folder/b")
    put(root, "a")
    put(tmp_path, "x")
    assert locate(root, key) is None


def test_links_made_by_the_archive_lead_out_but_no_further(tmp_path):
    user, secret, root = tmp_path / "user", put(tmp_path, "secret", b"s"), tmp_path / "root"
    put(user, "product/inside", b"i")
    (user / "product" / "escape").symlink_to(secret)
    (user / "product" / "friend").symlink_to(user / "product" / "inside")
    (user / "product" / "loop").symlink_to(user / "product")
    (user / "product" / "nowhere").symlink_to(user / "gone")
    os.mkfifo(user / "product" / "pipe")
    root.mkdir()
    (root / "P.SAFE").symlink_to(user / "product")
    (root / "single").symlink_to(put(tmp_path, "file", b"f"))
    assert [entry.key for entry in walk(root)] == ["P.SAFE/friend", "P.SAFE/inside", "single"]
    assert locate(root, "P.SAFE/inside") == user / "product" / "inside"
    assert locate(root, "P.SAFE/friend") == user / "product" / "inside"
    assert locate(root, "single") == tmp_path / "file"
    for key in ("P.SAFE/escape", "P.SAFE/nowhere", "P.SAFE/pipe", "P.SAFE"):
        assert locate(root, key) is None


def test_small_etags_are_md5(tmp_path):
    for data in (b"", b"abc", os.urandom(100_000)):
        path = put(tmp_path, "f", data)
        assert etag(path, path.stat()) == hashlib.md5(data).hexdigest()  # the oracle is the definition


def test_large_etags_are_cheap_and_change_with_the_object(tmp_path):
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(50 * PART + 1)  # 400 MB that nobody reads
    seen = {etag(path, path.stat())}
    assert next(iter(seen)).endswith("-51")
    with path.open("r+b") as file:
        file.seek(7 * PART)
        file.write(b"!")
    os.utime(path, ns=(1, 1))
    seen.add(etag(path, path.stat()))
    with path.open("r+b") as file:
        file.truncate(50 * PART + 2)
    os.utime(path, ns=(1, 1))
    seen.add(etag(path, path.stat()))
    os.utime(path, ns=(1, 2))
    seen.add(etag(path, path.stat()))
    seen.add(etag(path, path.stat(), mask=1))
    assert len(seen) == 5


def test_hashed_once_and_again_when_changed(tmp_path):
    path, etags = put(tmp_path, "f", b"one"), ETags()
    first = etags.of(path, path.stat())
    status = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert etags.of(path, path.stat()) == first  # same size, time and inode: from memory
    path.write_bytes(b"two!")
    assert etags.of(path, path.stat()) == hashlib.md5(b"two!").hexdigest()


def test_a_marker_is_an_object_of_no_bytes_and_its_file_is_none(tmp_path):
    put(tmp_path, "a/b")
    put(tmp_path, f"a/{MARKER}", b"")
    storage = ArchiveStorage(tmp_path, "eodata")
    assert storage.head_object("eodata", "a/").size == 0
    assert locate(tmp_path, f"a/{MARKER}") is None
    for key in ("", "/", "a", "a/b/", "c/"):
        assert locate(tmp_path, key) is None
    page = storage.list_objects("eodata", prefix="a/", delimiter="/")
    assert [one.key for one in page.contents] == ["a/", "a/b"]
    assert storage.list_objects("eodata", delimiter="/").common_prefixes == ["a/"]
