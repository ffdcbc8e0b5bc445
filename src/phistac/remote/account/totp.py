"""The second factor: one-time codes out of a shared secret (RFC 6238), as authenticator apps make them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from urllib.parse import parse_qs, urlsplit

from phistac.errors import ConfigurationError
from phistac.remote.account.secrets import Secret

__all__ = ["codes", "is_code"]

_STEP_S = 30
_CODE = re.compile(r"\d{6,8}")


def is_code(factor: str) -> bool:
    """Tell whether a second factor is a code, good for half a minute, and not the secret that codes are made of.

    Examples
    --------
    >>> is_code("287 082"), is_code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    (True, False)
    """
    return _CODE.fullmatch("".join(factor.split())) is not None


def codes(factor: str | None, at: float) -> tuple[str | None, ...]:
    """Return what to send as ``totp``, in the order in which to try.

    Parameters
    ----------
    factor : str or None
        A code; or the shared secret, in base32 or as the ``otpauth://`` address that a QR code holds; or nothing.
    at : float
        Seconds since 1970.

    Returns
    -------
    tuple
        The code; ``(None,)`` without a factor. Of a secret, the code of this half minute and the next one's: services
        take each code once, so that another login within the half minute needs the next, and they take codes one step
        early or late, which forgives this clock half a minute either way, and with the next one a whole minute late.

    Raises
    ------
    ConfigurationError
        If it is neither; without quoting it.

    Examples
    --------
    The first test vector of RFC 6238, appendix B, cut to six digits, may be shown:

    >>> [str(code) for code in codes("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 29)][1]
    '287082'
    """
    if not factor:
        return (None,)
    if is_code(factor):
        return (Secret("".join(factor.split())),)
    key = _key(factor)
    return tuple(_code(key, int(at // _STEP_S) + step) for step in (0, 1))


def _key(factor: str) -> bytes:
    if factor.startswith("otpauth://"):
        factor = Secret(parse_qs(urlsplit(factor).query).get("secret", [""])[0])
    plain = Secret(re.sub(r"[\s=-]", "", factor).upper())
    try:
        key = base64.b32decode(Secret(f"{plain}{'=' * (-len(plain) % 8)}"))
    except binascii.Error:
        key = b""
    if not key:
        raise ConfigurationError(
            "the second factor (PHISTAC_TOTP) is neither a code of six digits nor a shared secret in base32",
            remedy="The secret is the text beside the QR code that your authenticator app was given.",
        ) from None
    return key


def _code(key: bytes, step: int) -> Secret:
    digest = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return Secret(f"{number % 1_000_000:06d}")
