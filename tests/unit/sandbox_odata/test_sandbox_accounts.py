"""Logins, tokens and keys of the sandbox, with a clock of our own."""

from __future__ import annotations

import base64

import pytest

from phistac.errors import CredentialsRejectedError, RateLimitError
from phistac.sandbox.accounts import MAX_S3_KEYS, Accounts, totp_code
from phistac.sandbox.config import SandboxConfig


class Clock:
    now = 1_700_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def made(clock, **options):
    config = SandboxConfig(username="me", password="canary-password", secret_key="canary-secret", **options)
    return Accounts(config, clock=clock)


# RFC 6238, appendix B: the SHA-1 column, of which the last six of eight digits are ours.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


@pytest.mark.parametrize(("at", "digits"), RFC_VECTORS.items())
def test_rfc_6238(at, digits):
    assert totp_code(RFC_SECRET, at) == digits[-6:]
    assert totp_code(RFC_SECRET.lower().rstrip("="), at) == digits[-6:]


def test_the_recorded_answer_has_the_same_members(real_data, clock):
    import json

    recorded = json.loads((real_data / "cdse/token/token_response_200_2025-04.json").read_text())
    answer = made(clock).password_grant("me", "canary-password")
    assert list(answer) == list(recorded)
    for name in ("expires_in", "refresh_expires_in", "token_type", "not-before-policy", "scope"):
        assert answer[name] == recorded[name]


def test_a_token_is_good_for_ten_minutes(clock):
    accounts = made(clock)
    header = "Bearer " + accounts.password_grant("me", "canary-password")["access_token"]
    clock.now += 599
    assert accounts.account_of_bearer(header) == "me"
    assert accounts.account_of_bearer(header.replace("Bearer", "bearer")) == "me"
    clock.now += 1
    with pytest.raises(CredentialsRejectedError, match="Expired signature!"):
        accounts.account_of_bearer(header)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Bearer a.b.c", "Basic bWU6eA=="])
def test_no_token(clock, header):
    with pytest.raises(CredentialsRejectedError, match="Unauthorized"):
        made(clock).account_of_bearer(header)


def test_tokens_of_others_and_altered_tokens(clock):
    accounts, other = made(clock), made(clock)
    answer = accounts.password_grant("me", "canary-password")
    head, payload, signature = answer["access_token"].split(".")
    longer = base64.urlsafe_b64decode(payload + "==").replace(b'"me"', b'"we"')
    forged = ".".join([head, base64.urlsafe_b64encode(longer).decode().rstrip("="), signature])
    for token in (forged, answer["refresh_token"], other.password_grant("me", "canary-password")["access_token"]):
        with pytest.raises(CredentialsRejectedError, match="Unauthorized"):
            accounts.account_of_bearer(f"Bearer {token}")


def test_refresh_works_often_but_not_forever(clock):
    accounts = made(clock)
    first = accounts.password_grant("me", "canary-password")
    clock.now += 1800
    second = accounts.refresh(first["refresh_token"])
    assert accounts.account_of_bearer(f"Bearer {second['access_token']}") == "me"
    assert second["refresh_expires_in"] == 1800  # the session ends when it would have ended
    assert accounts.refresh(first["refresh_token"])["session_state"] == first["session_state"]
    clock.now += 1800
    for token in (first["refresh_token"], second["refresh_token"]):
        with pytest.raises(CredentialsRejectedError, match="Token is not active"):
            accounts.refresh(token)
    with pytest.raises(CredentialsRejectedError, match="Invalid refresh token"):
        accounts.refresh(first["access_token"])


@pytest.mark.parametrize("login", [("me", "wrong"), ("you", "canary-password"), ("", "")])
def test_wrong_logins(clock, login):
    with pytest.raises(CredentialsRejectedError, match="Invalid user credentials"):
        made(clock).password_grant(*login)


def test_second_factor(clock):
    accounts = made(clock, totp=RFC_SECRET)
    for code in (None, "", "000000", "12345"):
        with pytest.raises(CredentialsRejectedError):
            accounts.password_grant("me", "canary-password", code)
    for step in (-30, 0, 30):
        accounts.password_grant("me", "canary-password", totp_code(RFC_SECRET, clock.now + step))
    with pytest.raises(CredentialsRejectedError):
        accounts.password_grant("me", "canary-password", totp_code(RFC_SECRET, clock.now - 90))


def test_a_code_is_good_once(clock):
    accounts = made(clock, totp=RFC_SECRET)
    code = totp_code(RFC_SECRET, clock.now)
    accounts.password_grant("me", "canary-password", code)
    with pytest.raises(CredentialsRejectedError, match="Invalid user credentials"):
        accounts.password_grant("me", "canary-password", code)
    clock.now += 30
    with pytest.raises(CredentialsRejectedError):
        accounts.password_grant("me", "canary-password", code)
    accounts.password_grant("me", "canary-password", totp_code(RFC_SECRET, clock.now))


def test_sessions_are_capped_and_end(clock):
    accounts = made(clock, sessions=3)
    for _ in range(3):
        answer = accounts.password_grant("me", "canary-password")
    accounts.refresh(answer["refresh_token"])  # opens none
    with pytest.raises(CredentialsRejectedError):
        accounts.password_grant("me", "canary-password")
    clock.now += 3600
    accounts.password_grant("me", "canary-password")


def test_s3_keys(clock):
    accounts = made(clock, access_key="PERMANENT")
    assert accounts.secret_of("PERMANENT") == "canary-secret"
    pairs = [accounts.create_s3_key("me") for _ in range(MAX_S3_KEYS)]
    assert len(dict(pairs)) == MAX_S3_KEYS
    with pytest.raises(RateLimitError, match="Max number of credentials reached"):
        accounts.create_s3_key("me")
    access, secret = pairs[0]
    assert (accounts.secret_of(access), accounts.account_of_key(access)) == (secret, "me")
    assert not accounts.delete_s3_key(access, "you")
    assert not accounts.delete_s3_key("PERMANENT", "me")
    assert accounts.delete_s3_key(access, "me")
    assert not accounts.delete_s3_key(access, "me")
    assert accounts.secret_of(access) is None
    assert accounts.account_of_key(access) is None
    accounts.create_s3_key("me")


def test_new_keys_may_take_a_moment(clock):
    config = SandboxConfig(password="p", key_delay_s=5, key_lifetime_s=60)
    accounts = Accounts(config, clock=clock)
    access, secret = accounts.create_s3_key(config.username)
    assert accounts.secret_of(access) is None
    clock.now += 5
    assert accounts.secret_of(access) == secret
    clock.now += 60
    assert accounts.secret_of(access) is None


def test_no_secret_in_a_repr(clock):
    accounts = made(clock)
    accounts.create_s3_key("me")
    shown = repr(accounts) + repr(accounts._keys) + str(vars(accounts))
    assert "canary" not in shown
    assert all(key.secret not in shown for key in accounts._keys.values())
