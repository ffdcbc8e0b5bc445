"""What a product consists of."""

from __future__ import annotations

import hashlib

import fsspec
import pytest

from phistac.errors import FormatError, NotFoundError, ServiceError, UnsafePathError
from phistac.remote.files.objects import ProductObject, product_objects
from phistac.remote.ranges.ranges import fetch, plan_for
from phistac.safe.byteranges import ByteRange

DATA = b"pixels"
MANIFEST = f"""<?xml version="1.0"?>
<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1" version="esa/safe/sentinel-1.0/sentinel-1/sar/level-1/grd/standard/iwdp">
 <metadataSection>
  <metadataObject ID="acquisitionPeriod"><metadataWrap><xmlData>
   <safe:acquisitionPeriod xmlns:safe="http://www.esa.int/safe/sentinel-1.0">
    <safe:startTime>2024-08-02T06:07:00.000000</safe:startTime><safe:stopTime>2024-08-02T06:07:25.000000</safe:stopTime>
   </safe:acquisitionPeriod></xmlData></metadataWrap></metadataObject>
  <metadataObject ID="platform"><metadataWrap><xmlData>
   <safe:platform xmlns:safe="http://www.esa.int/safe/sentinel-1.0">
    <safe:familyName>SENTINEL-1</safe:familyName><safe:number>A</safe:number></safe:platform>
  </xmlData></metadataWrap></metadataObject>
 </metadataSection>
 <dataObjectSection>
  <dataObject ID="a" repID="x"><byteStream mimeType="application/octet-stream" size="{len(DATA)}">
   <fileLocation locatorType="URL" href="./measurement/a.tiff"/>
   <checksum checksumName="MD5">{hashlib.md5(DATA).hexdigest()}</checksum></byteStream></dataObject>
  <dataObject ID="b" repID="x"><byteStream mimeType="application/octet-stream" size="99">
   <fileLocation locatorType="URL" href="./measurement/gone.tiff"/>
   <checksum checksumName="MD5">{"0" * 32}</checksum></byteStream></dataObject>
 </dataObjectSection>
</xfdu:XFDU>""".encode()


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "X.SAFE"
    for path, data in {"manifest.safe": MANIFEST, "measurement/a.tiff": DATA, "support/s.xsd": b"<xsd/>"}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return str(root)


def test_the_manifest_says_and_the_listing_completes(folder):
    assert product_objects(fsspec.filesystem("file"), folder) == (
        ProductObject("manifest.safe", len(MANIFEST)),
        ProductObject("measurement/a.tiff", len(DATA), hashlib.md5(DATA).hexdigest(), "md5"),
        ProductObject("measurement/gone.tiff", 99, "0" * 32, "md5"),  # promised, and not there: it shows when fetched
        ProductObject("support/s.xsd", 6),
    )


def test_a_product_may_be_one_object(folder):
    single = product_objects(fsspec.filesystem("file"), f"{folder}/measurement/a.tiff")
    assert single == (ProductObject("", len(DATA)),)


def test_nothing_there_is_no_product(tmp_path):
    with pytest.raises(NotFoundError, match="no such product"):
        product_objects(fsspec.filesystem("file"), str(tmp_path / "Y.SAFE"))


def test_real_manifests(real_data):
    """Every object that the real Sentinel-3 product has is in its manifest, the manifest apart."""
    roots = sorted({path.parent for path in real_data.rglob("xfdumanifest.xml") if path.parent.suffix == ".SEN3"})
    if not roots:
        pytest.skip("no Sentinel-3 product here")
    for root in roots:
        objects = product_objects(fsspec.filesystem("file"), str(root))
        uncovered = {item.path for item in objects if item.checksum is None}
        assert "xfdumanifest.xml" in uncovered
        assert len(objects) > 1


def test_ranges_of_a_folder(folder):
    local = fsspec.filesystem("file")
    wanted = [
        ByteRange("measurement/a.tiff", 1, 3),
        ByteRange("support/s.xsd", 0, 6),
        ByteRange("measurement/a.tiff", 2, 6),
    ]
    assert fetch(local, wanted, root=folder) == [b"ix", b"<xsd/>", b"xels"]
    assert plan_for(local, wanted).bytes_moved == 11  # no gap is read through where requests cost nothing
    with pytest.raises(FormatError, match=r"gave 3 bytes for the range 3 to 10"):
        fetch(local, [ByteRange("measurement/a.tiff", 3, 10)], root=folder)
    with pytest.raises(NotFoundError):
        fetch(local, [ByteRange("measurement/none", 0, 1)], root=folder)
    with pytest.raises(ServiceError):
        fetch(local, [ByteRange("measurement", 0, 1)], root=folder)
    with pytest.raises(UnsafePathError):
        fetch(local, [ByteRange("../secret", 0, 1)], root=folder)
    assert fetch(local, [], root=folder) == []
