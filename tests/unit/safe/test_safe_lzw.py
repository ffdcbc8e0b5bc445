"""LZW data that would end the process is refused; what encoders write is not."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.errors import FormatError
from phistac.safe.codecs import Coding, decode
from phistac.safe.lzw import is_sound


def encoded(size: int, values: int, seed: int) -> tuple[bytes, bytes]:
    plain = np.random.default_rng(seed).integers(0, values, size).astype("u1").tobytes()
    return plain, bytes(imagecodecs.lzw_encode(plain))


@settings(deadline=None)
@given(size=st.integers(1, 60_000), values=st.integers(1, 256), seed=st.integers(0, 99))
def test_what_an_encoder_writes_is_sound(size, values, seed):
    plain, data = encoded(size, values, seed)
    assert is_sound(data)
    found = decode(data, Coding(5), shape=(1, size), code="u1", numbers=1, name="block 0")
    assert found.tobytes() == plain


def codes(*values: int) -> bytes:
    """Pack codes of 9 bits."""
    bits = "".join(f"{value:09b}" for value in values)
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")


@pytest.mark.parametrize(
    ("values", "sound"),
    [
        ((256, 65, 258, 257), True),  # an entry may be used in the moment in which it is made
        ((256, 65, 259, 257), False),
        ((256, 258, 257), False),
        ((65, 66, 257), False),  # the table is cleared first
        ((256, 65, 66, 259, 256, 258, 257), False),  # ... and is empty afterwards
        ((256, 256, 65, 257), True),
        ((256, 65, 257, 511), True),  # behind the end nothing matters
    ],
)
def test_codes_must_be_in_the_table_by_then(values, sound):
    assert is_sound(codes(*values)) is sound


def test_a_table_without_end_and_no_data_are_not_sound():
    assert not is_sound(codes(256) + bytes(9000))
    assert not is_sound(b"")
    with pytest.raises(FormatError, match="block 3: corrupt LZW"):
        decode(b"", Coding(5), shape=(1, 1), code="u1", numbers=1, name="block 3")


def test_data_that_can_end_the_process_never_reaches_the_decoder():
    data = bytes.fromhex("807f885010")  # the first code of all is an entry; imagecodecs 2026.3.6 may follow it anywhere
    with pytest.raises(FormatError, match=r"^block 0: corrupt LZW data$"):
        decode(data, Coding(5), shape=(1, 10), code="u1", numbers=1, name="block 0")
