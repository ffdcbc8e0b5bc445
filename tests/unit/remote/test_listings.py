"""Listings of keys as if they were files: markers, names that are both, pages; against what the keys alone say."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import NotFoundError
from phistac.remote.files.listings import find, info, ls
from phistac.settings import Settings


class Store:
    """S3's rules of listing, and no more, over a dict of keys and sizes."""

    def __init__(self, keys: dict[str, int], page=1000):
        self.keys, self.size, self.settings, self.pages = keys, page, Settings(), 0

    async def head(self, path):
        key = path.removeprefix("eodata/")
        if key not in self.keys:
            raise NotFoundError(path)
        return {"ContentLength": self.keys[key], "ETag": '"x"'}

    async def page(self, path, *, Delimiter="", MaxKeys=None, ContinuationToken=""):  # noqa: N803 - botocore's
        self.pages += 1
        bucket, _, prefix = path.partition("/")
        if bucket != "eodata":
            raise NotFoundError(bucket)
        names = set()
        for key in self.keys:
            if key.startswith(prefix):
                rest = key[len(prefix) :]
                names.add(prefix + rest[: rest.index("/") + 1] if Delimiter and "/" in rest else key)
        left = [name for name in sorted(names) if name > ContinuationToken]
        here = left[: min(MaxKeys or self.size, self.size)]
        common = [name for name in here if Delimiter and "/" in name[len(prefix) :]]
        return {
            "Contents": [{"Key": name, "Size": self.keys[name]} for name in here if name not in common],
            "CommonPrefixes": [{"Prefix": name} for name in common],
            "IsTruncated": len(left) > len(here),
            "NextContinuationToken": here[-1] if here else "",
        }


def run(work):
    return asyncio.run(work)


PART = st.sampled_from(["a", "b", "a-b", "X.SAFE", "X.SAFE.zip"])
KEYS = st.builds(
    lambda parts, slash: "/".join(parts) + slash, st.lists(PART, min_size=1, max_size=4), st.sampled_from(["", "", "/"])
)


@given(
    keys=st.dictionaries(KEYS, st.integers(0, 2), min_size=1, max_size=12),
    page=st.integers(1, 4),
    depth=st.integers(1, 5),
)
def test_whatever_the_keys(keys, page, depth):
    keys = {key: 0 if key.endswith("/") else size for key, size in keys.items()}
    store = Store(keys, page)
    folders = {"/".join(key.split("/")[:n]) for key in keys for n in range(1, key.count("/") + 1)}
    objects = {key for key, size in keys.items() if not key.endswith("/") and (size or key not in folders)}

    found = run(find(store, "eodata", withdirs=True))
    assert [name for name in found if found[name]["type"] == "file"] == sorted(f"eodata/{key}" for key in objects)
    assert set(found) == {f"eodata/{name}" for name in objects | folders} | {"eodata"}
    assert sum(entry["size"] for entry in found.values()) == sum(keys[key] for key in objects)

    shallow = run(find(store, "eodata", maxdepth=depth, withdirs=True))
    assert shallow == {name: entry for name, entry in found.items() if name.count("/") <= depth}

    for folder in ["", *folders]:
        listed = run(ls(store, f"eodata/{folder}".rstrip("/")))
        below = f"{folder}/" if folder else ""
        direct = {(n, "file") for n in objects} | {(n, "directory") for n in folders}
        expected = {(f"eodata/{n}", kind) for n, kind in direct if n.startswith(below) and "/" not in n[len(below) :]}
        assert [(one["name"], one["type"]) for one in listed] == sorted(
            expected, key=lambda pair: (pair[0], pair[1] == "file")
        )

    for name in objects | folders:
        assert run(info(store, f"eodata/{name}"))["type"] == ("file" if name in objects else "directory")


def test_a_product_is_not_confused_with_its_zip():
    store = Store({"p/X.SAFE/manifest.safe": 3, "p/X.SAFE.zip": 9, "p/X.SAFE_COG/x": 1})
    assert run(info(store, "eodata/p/X.SAFE"))["type"] == "directory"
    assert run(info(store, "eodata/p/X.SAFE.zip"))["type"] == "file"
    assert list(run(find(store, "eodata/p/X.SAFE"))) == ["eodata/p/X.SAFE/manifest.safe"]
    with pytest.raises(NotFoundError):
        run(info(store, "eodata/p/X.SAF"))


def test_a_marker_alone_is_an_empty_directory():
    store = Store({"empty/": 0})
    assert run(info(store, "eodata/empty"))["type"] == "directory"
    assert run(ls(store, "eodata/empty")) == []
    assert run(find(store, "eodata/empty")) == {}
    assert list(run(find(store, "eodata/empty", withdirs=True))) == ["eodata/empty"]


def test_listing_a_level_does_not_list_what_is_below():
    keys = {f"day/{product}.SAFE/measurement/{number}.tiff": 1 for product in range(30) for number in range(50)}
    store = Store(keys, 100)
    assert len(run(find(store, "eodata/day", maxdepth=1, withdirs=True))) == 31
    assert store.pages == 1
    store.pages = 0
    assert list(run(find(store, "eodata/day", maxdepth=1, withdirs=True, prefix="12"))) == [
        "eodata/day",
        "eodata/day/12.SAFE",
    ]
    assert store.pages == 1


def test_other_buckets_exist_or_not():
    with pytest.raises(NotFoundError):
        run(info(Store({}), "nobucket"))
    assert run(info(Store({}), "eodata"))["type"] == "directory"
    assert [one["name"] for one in run(ls(Store({}), ""))] == ["eodata"]
    assert list(run(find(Store({"a/b": 1}), "", withdirs=True))) == ["eodata", "eodata/a", "eodata/a/b"]
