"""Ids and names: whatever a product is called, its Item is found by the id that it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.stac.ids import EXTENSIONS, item_id, names_of

_STEMS = (
    "S1A_IW_SLC__1SDV_20240101T000000_20240101T000027_052000_064000_ABCD", "S2A_MSIL1C_20200808T010311_N0500_R045_T54PXA",
    "S1A_OPER_AUX_POEORB_OPOD_20210307T053325_V20160617T225943", "S1__AUX_WND_V20140801T000000_G20240612T132402",
    "S2A_OPER_AUX_TILE_R02_20240101T000000", "S3B_OL_1_EFR____20240415T074029", "S5P_OFFL_L2__NO2____20240101T000000",
    "S6A_P4_2__LR_____20240101T000000", "LE07_L1TP_191031_20000101_20200113_01_T1", "LC08_L1TP_190031", "Sentinel-2_mosaic_2024",
    "ENV_ASA_IMS_1P", "complete",
)  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        f"{_STEMS[0]}.SAFE", f"{_STEMS[1]}.SAFE", f"{_STEMS[2]}.EOF", f"{_STEMS[3]}.SAFE", f"{_STEMS[4]}.EOF", _STEMS[4],
        f"{_STEMS[5]}.SEN3", f"{_STEMS[6]}.nc", f"{_STEMS[7]}.SEN6", f"{_STEMS[8]}.tgz", _STEMS[9], f"{_STEMS[9]}.SAFE",
        f"{_STEMS[0]}.SAFE.zip", f"{_STEMS[5]}.SEN3.zip", f"{_STEMS[11]}.zip",
    ],
)  # fmt: skip
def test_a_product_is_found_by_the_id_of_its_item(name):
    assert name in names_of(item_id(name))
    assert names_of(name) == (name,) or name in names_of(name)


@given(stem=st.text("ABCabc019._-", min_size=1, max_size=20), extension=st.sampled_from(["", *EXTENSIONS]))
def test_so_are_those_of_missions_that_nobody_knows(stem, extension):
    name = f"X{stem}{extension}"
    assert name in names_of(item_id(name))
