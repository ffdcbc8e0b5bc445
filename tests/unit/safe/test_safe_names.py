"""Names of products, of platforms that fly and that will."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest

from phistac.errors import FormatError
from phistac.safe.names import ProductName


def test_sentinel_1_of_a_platform_that_nobody_listed():
    name = ProductName.parse("S1D_IW_GRDH_1SDV_20250406T022008_20250406T022035_058630_07421F_93A7_COG.SAFE.zip")
    assert (name.platform, name.constellation, name.product_type) == ("sentinel-1d", "sentinel-1", "IW_GRDH_1S")
    assert name.extension == ".SAFE.zip"
    assert (name.start, name.stop) == (
        datetime(2025, 4, 6, 2, 20, 8, tzinfo=UTC),
        datetime(2025, 4, 6, 2, 20, 35, tzinfo=UTC),
    )
    assert dict(name.fields) == {
        "mode": "IW", "polarization": "DV", "absolute_orbit": "058630", "datatake": "07421F", "unique": "93A7",
        "variant": "_COG",
    }  # fmt: skip
    assert pickle.loads(pickle.dumps(name)) == name


@pytest.mark.parametrize(
    ("text", "platform", "kind"),
    [
        ("S1B_WV_SLC__1SSV_20210403T083025_20210403T084452_026300_032390_D542.SAFE", "sentinel-1b", "WV_SLC__1S"),
        ("S1A_IW_RAW__0SDV_20250406T022008_20250406T022035_058630_07421F_93A7", "sentinel-1a", "IW_RAW__0S"),
        ("S2C_MSIL2A_20250101T105441_N0511_R051_T31TDH_20250101T124911.SAFE", "sentinel-2c", "MSIL2A"),
        ("S2A_MSIL1C_20230216T044851_R076_T46UEU_20230216T00000", "sentinel-2a", "MSIL1C"),
        (
            "S3B_OL_1_EFR____20230311T214926_20230311T214926_20230312T085631_0000_077_100_4320_PS2_O_NT_003.SEN3",
            "sentinel-3b",
            "OL_1_EFR___",
        ),
        (
            "S5P_OFFL_L2__NO2____20200303T013547_20200303T031717_12367_01_010302_20200306T053815.nc",
            "sentinel-5p",
            "L2__NO2___",
        ),
    ],
)
def test_one_name_of_each_kind(text, platform, kind):
    name = ProductName.parse(text)
    assert (name.platform, name.product_type) == (platform, kind)
    assert name.name + name.extension == text


@pytest.mark.parametrize(
    "text", ["", "S1A", "manifest.safe", "S1A_IW_SLC__1SDV_20251306T022008_20250406T022035_058630_07421F_93A7"]
)
def test_other_names_are_refused(text):
    with pytest.raises(FormatError):
        ProductName.parse(text)


def test_every_real_folder(real_data):
    folders = [path for path in real_data.glob("safe/sentinel-*/S*") if path.is_dir()]
    assert len(folders) >= 15
    for folder in folders:
        assert ProductName.parse(folder.name).constellation == folder.parent.name
