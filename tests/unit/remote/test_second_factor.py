"""One-time codes, against the test vectors of RFC 6238."""

from __future__ import annotations

import base64

import pytest

from phistac.errors import ConfigurationError
from phistac.remote.account.totp import codes, is_code

SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_6238 = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("at", "code"), RFC_6238)
def test_the_vectors_of_the_rfc(at, code):
    this, following = (str(one) for one in codes(SECRET, at))
    assert this == code
    assert following == str(codes(SECRET, at + 30)[0])
    assert repr(codes(SECRET, at)) == "('…', '…')"


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET.lower(),
        " ".join(SECRET[i : i + 4] for i in range(0, len(SECRET), 4)),
        f"otpauth://totp/CDSE:me@example.org?secret={SECRET}&issuer=CDSE",
    ],
)
def test_secrets_as_they_are_shown(spelling):
    assert codes(spelling, 59) == codes(SECRET, 59)


def test_padding_may_be_left_out():
    assert codes("GEZDGNBVGY", 59) == codes("GEZDGNBVGY======", 59)


def test_a_code_is_sent_as_it_is_and_nothing_is_nothing():
    assert codes("123 456", 0) == ("123456",)
    assert codes(None, 0) == codes("", 0) == (None,)
    assert is_code("123456")
    assert not is_code(SECRET)


@pytest.mark.parametrize("wrong", ["canary!", "12345", "otpauth://totp/canary", "189canary"])
def test_nonsense_is_not_quoted(wrong):
    with pytest.raises(ConfigurationError, match="second factor") as caught:
        codes(wrong, 0)
    assert "canary" not in str(caught.value)
    assert wrong not in str(caught.value)
