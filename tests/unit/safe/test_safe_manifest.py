"""Manifests: checked against hand-written ones, and against what lies beside every real one."""

from __future__ import annotations

import hashlib
import pickle

import pytest

from phistac.errors import FormatError, UnsafePathError
from phistac.safe.manifest import MANIFEST_NAMES, parse_manifest

HEAD = """<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1" xmlns:safe="http://www.esa.int/safe/sentinel-1.0"
 xmlns:gml="http://www.opengis.net/gml" version="v"><metadataSection><a><safe:acquisitionPeriod>
<safe:startTime>2021-04-03T12:25:36.505937</safe:startTime><safe:stopTime>2021-04-03T12:26:30</safe:stopTime>
</safe:acquisitionPeriod><safe:platform><safe:familyName>SENTINEL-1</safe:familyName><safe:number>D</safe:number>
</safe:platform><safe:footPrint><gml:coordinates>1,10 1,12 3,12 3,10</gml:coordinates></safe:footPrint></a>
</metadataSection><dataObjectSection>"""
TAIL = "</dataObjectSection></xfdu:XFDU>"
MD5 = hashlib.md5(b"x").hexdigest()


def listed(href: str = "./a/b.tiff", size: str = "1", name: str = "MD5", digits: str = MD5) -> str:
    return (
        f'<dataObject ID="i" repID="r"><byteStream mimeType="m" size="{size}"><fileLocation href="{href}"/>'
        f'<checksum checksumName="{name}">{digits}</checksum></byteStream></dataObject>'
    )


def manifest(*objects: str) -> bytes:
    return (HEAD + "".join(objects) + TAIL).encode()


def test_everything_a_manifest_says():
    parsed = parse_manifest(
        manifest(listed(), listed("c.xml", "20", "SHA3-256", hashlib.sha3_256(b"y").hexdigest().upper()))
    )
    first, second = parsed.objects
    assert (first.path, first.size, first.checksum, first.algorithm, first.mime_type, first.id, first.kind) == (
        "a/b.tiff", 1, MD5, "md5", "m", "i", "r",
    )  # fmt: skip
    assert hashlib.new(second.algorithm or "", b"y").hexdigest() == second.checksum
    assert (parsed.platform, parsed.constellation, parsed.size) == ("sentinel-1d", "sentinel-1", 21)
    assert parsed.start.isoformat() == "2021-04-03T12:25:36.505937+00:00"
    assert parsed.footprint == ((10, 1), (12, 1), (12, 3), (10, 3), (10, 1))
    assert (parsed.absolute_orbit, parsed.relative_orbit, parsed.orbit_state) == (None, None, None)
    assert parsed.object("c.xml") is second
    with pytest.raises(FormatError, match=r"no 'd\.xml'"):
        parsed.object("d.xml")
    assert pickle.loads(pickle.dumps(parsed)) == parsed


@pytest.mark.parametrize(
    "href",
    [
        "../x",
        "./a/../../x",
        "/etc/passwd",
        "a//b",
        "",
        ".",
        "a\\b",
        "C:/x",
        "http://h/x",
        "a/\tb",
        "..",
        "./",
        "a/\u202eb",
    ],
)
def test_paths_that_leave_the_product_are_refused(href):
    with pytest.raises(UnsafePathError):
        parse_manifest(manifest(listed(href.replace("\t", "&#9;"))))


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ([], "no objects"),
        ([listed(size="-1")], "bytes"),
        ([listed(size="")], "bytes"),
        ([listed(size="²")], "bytes"),
        ([listed(name="CRC32")], "unknown kind"),
        ([listed(digits="abc")], "checksum"),
        ([listed(digits=MD5[:-1] + "g")], "checksum"),
        ([listed(), listed(size="2")], "twice"),
    ],
)
def test_malformed_objects_are_refused(objects, message):
    with pytest.raises(FormatError, match=message):
        parse_manifest(manifest(*objects))


@pytest.mark.parametrize("data", [b"", b"<html/>", b"not xml", b"<a>"])
def test_other_documents_are_refused(data):
    with pytest.raises(FormatError):
        parse_manifest(data)


def test_truncated_manifests_are_refused_wherever_they_end():
    whole = manifest(listed(), listed("c.xml"))
    for stop in range(0, len(whole) - 1, 7):
        with pytest.raises(FormatError):
            parse_manifest(whole[:stop])


def test_every_real_manifest_and_the_objects_beside_it(real_data):
    found = sorted(path for name in MANIFEST_NAMES for path in real_data.glob(f"safe/*/*/{name}"))
    assert len(found) >= 15
    exact = {}
    for path in found:
        parsed = parse_manifest(path.read_bytes())
        folder = path.parent.name
        assert parsed.platform == f"sentinel-{folder[1:3].lower()}"
        assert parsed.constellation == f"sentinel-{folder[1]}"
        assert parsed.footprint[0] == parsed.footprint[-1]
        assert all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in parsed.footprint)
        present = [(item, path.parent / item.path) for item in parsed.objects if (path.parent / item.path).exists()]
        exact[folder[:3] + folder[-9:-5]] = sum(
            hashlib.new(item.algorithm or "", file.read_bytes()).hexdigest() == item.checksum for item, file in present
        )
    # counted independently when the samples were taken: see PROVENANCE.md beside them
    assert exact["S1A93A7"] == 24
    assert exact["S1A0000"] == 11
    assert exact["S1A8152"] == 2
    assert exact["S2B0500"] == 46


def test_the_complete_olci_product_is_whole(real_data):
    (path,) = real_data.glob("safe/sentinel-3/S3B_OL_1_EFR____20230311T214926*/xfdumanifest.xml")
    parsed = parse_manifest(path.read_bytes())
    assert (len(parsed.objects), parsed.size) == (50, 1887287)  # productSize, as the same manifest states elsewhere
    assert (parsed.absolute_orbit, parsed.relative_orbit, parsed.orbit_state) == (25397, 100, "descending")
    for item in parsed.objects:
        data = (path.parent / item.path).read_bytes()
        assert (len(data), hashlib.md5(data).hexdigest()) == (item.size, item.checksum)
