"""Hostile XML, and ranges that are none."""

from __future__ import annotations

import pytest

from phistac.errors import FormatError
from phistac.safe.byteranges import ByteRange, answer
from phistac.safe.xml import parse

BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>"""
FILE = b"""<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>"""


@pytest.mark.parametrize("data", [BOMB, FILE, BOMB.decode().encode("utf-16"), b"<!DOCTYPE html><html/>"])
def test_documents_that_declare_entities_are_refused(data):
    with pytest.raises(FormatError, match="document type"):
        parse(data.replace(b'version="1.0"', b'version="1.0" encoding="UTF-16"') if data[:2] == b"\xff\xfe" else data)


def test_undeclared_entities_and_depth_are_refused():
    with pytest.raises(FormatError):
        parse(b"<x>&e;</x>")
    with pytest.raises(FormatError):
        parse(b"<a>" * 100_000)


def test_ranges_that_are_none():
    assert ByteRange("a", 3, 3).size == 0
    for start, stop in ((-1, 4), (5, 4)):
        with pytest.raises(FormatError, match="no range"):
            ByteRange("a", start, stop)


def test_an_indexer_is_never_sent_a_short_or_missing_part():
    def indexer():
        (first, second) = yield [ByteRange("a", 0, 2), ByteRange("b", 1, 2)]
        (third,) = yield [ByteRange("a", 0, len(first) + len(second))]
        return third

    objects = {"a": b"abcdef", "b": b"xyz"}
    assert answer(indexer(), lambda ranges: [objects[r.path][r.start : r.stop] for r in ranges]) == b"abc"
    with pytest.raises(FormatError, match="1 came"):
        answer(indexer(), lambda ranges: [b"ab"])
    with pytest.raises(FormatError, match="1 bytes came"):
        answer(indexer(), lambda ranges: [b"a", b"x"])
