"""Signed tokens and one-time passwords, with the standard library: what a JSON Web Token and RFC 6238 need here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import struct
import uuid
from typing import Any

__all__ = ["TokenMint", "totp_code"]

_HEADER = {"alg": "HS256", "typ": "JWT"}


class TokenMint:
    """Makes tokens that only it can have made; its key lives as long as the sandbox."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def make(self, claims: dict[str, Any]) -> str:
        """Return claims as a signed token; a ``jti`` makes each one different."""
        parts = (_HEADER, {**claims, "jti": str(uuid.uuid4())})
        signed = b".".join(_encode(json.dumps(part).encode()) for part in parts)
        return (signed + b"." + _encode(self._sign(signed))).decode()

    def read(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a token of this mint, however old, else None."""
        signed, _, signature = token.encode().rpartition(b".")
        if signed.count(b".") != 1 or not hmac.compare_digest(signature, _encode(self._sign(signed))):
            return None
        payload = signed.split(b".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        return claims

    def _sign(self, data: bytes) -> bytes:
        return hmac.new(self._key, data, hashlib.sha256).digest()


def _encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def totp_code(secret: str, at: float) -> str:
    """Return the six digits of a time-based one-time password (RFC 6238: SHA-1, 30 s).

    Parameters
    ----------
    secret : str
        The shared secret, base32.
    at : float
        Seconds since 1970.

    Examples
    --------
    The first test vector of RFC 6238, appendix B, cut to six digits:

    >>> totp_code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 59)
    '287082'
    """
    plain = secret.upper().replace(" ", "").rstrip("=")
    key = base64.b32decode(plain + "=" * (-len(plain) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at // 30)), hashlib.sha1).digest()
    start = digest[-1] & 0xF
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
