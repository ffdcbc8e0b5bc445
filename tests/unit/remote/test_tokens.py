"""Tokens: one session, renewed in time, asked for once however many ask."""

from __future__ import annotations

import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from phistac.errors import CatalogueError, CredentialsMissingError, CredentialsRejectedError, ServiceError
from phistac.remote.account.secrets import Login, S3Keys
from phistac.remote.account.tokens import TokenSource
from phistac.remote.web.patience import Clock
from phistac.remote.web.refusals import UnauthorizedError
from phistac.settings import Settings


class Service:
    """Stands in for Http: counts grants, hands out numbered tokens."""

    def __init__(self):
        self.forms = []
        self.now = 1000.0
        self.dead_refresh = False
        self.answer = {}
        self.slow_s = 0.0
        self.used = set()
        self.slept = []
        self.refusal = None

    def post_form(self, url, form):
        time.sleep(self.slow_s)
        self.forms.append(dict(form))
        if form.get("password") == "wrong":
            raise CredentialsRejectedError("POST … was answered 401: Invalid user credentials")
        if self.refusal:
            raise self.refusal
        if form.get("totp") in self.used:
            raise CredentialsRejectedError("POST … was answered 401: Invalid user credentials")
        if form["grant_type"] == "refresh_token" and self.dead_refresh:
            raise CredentialsRejectedError("Token is not active")
        n = len(self.forms)
        return {
            "access_token": f"a{n}",
            "expires_in": 600,
            "refresh_expires_in": 3600,
            "refresh_token": f"r{n}",
        } | self.answer

    def source(self, password="word", totp=None):
        return TokenSource(
            Settings(account="me"),
            credentials=lambda _: Login("me@x", password, totp),
            http=self,
            clock=Clock(
                monotonic=lambda: self.now, sleep=self.slept.append, now=lambda: datetime.fromtimestamp(59, UTC)
            ),
        )


def grants(service):
    return [form["grant_type"] for form in service.forms]


def test_a_token_is_kept_for_six_tenths_of_its_life():
    service = Service()
    source = service.source()
    assert source.token() == "a1"
    service.now += 359
    assert source.token() == "a1"
    service.now += 2
    assert source.token() == "a2"
    assert grants(service) == ["password", "refresh_token"]
    assert service.forms[1]["refresh_token"] == "r1"
    assert service.forms[0] == {
        "client_id": "cdse-public",
        "grant_type": "password",
        "username": "me@x",
        "password": "word",
    }


def test_a_session_that_ended_is_opened_anew():
    service = Service()
    source = service.source()
    source.token()
    service.now += 400
    service.dead_refresh = True
    assert source.token() == "a3"
    assert grants(service) == ["password", "refresh_token", "password"]
    service.now += 4000  # the refresh token is over as well: not tried
    source.token()
    assert grants(service)[-1:] == ["password"]


def test_sixteen_threads_open_one_session():
    service = Service()
    service.slow_s = 0.02
    source = service.source()
    gate = threading.Barrier(16)

    def ask(_):
        gate.wait()
        return source.token()

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(16))) == {"a1"}
    assert grants(service) == ["password"]


def test_a_rejected_token_is_replaced_once():
    service = Service()
    source = service.source()
    token = source.token()
    source.rejected(token)
    assert source.token() == "a2"
    source.rejected(token)  # somebody else comes late with the old one
    assert source.token() == "a2"


def test_a_call_that_is_answered_401_gets_one_new_token():
    service = Service()
    source = service.source()
    asked = []

    def use(token, *, refuse=1):
        asked.append(token)
        if len(asked) <= refuse:
            raise UnauthorizedError("401")
        return "done"

    assert source.spend(use) == "done"
    assert asked == ["a1", "a2"]
    assert grants(service) == ["password", "refresh_token"]
    asked.clear()
    with pytest.raises(UnauthorizedError):
        source.spend(lambda token: use(token, refuse=9))
    assert len(asked) == 2

    def forbidden(token):
        asked.append(token)
        raise CredentialsRejectedError("403")

    asked.clear()
    with pytest.raises(CredentialsRejectedError, match="403"):
        source.spend(forbidden)
    assert len(asked) == 1


def test_a_code_that_was_used_is_followed_by_the_next_one():
    secret, service = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", Service()
    service.used = {"287082"}
    assert service.source(totp=secret).token() == "a2"
    first, second = (str(form["totp"]) for form in service.forms)
    assert (first, second) == ("287082", "359152")  # RFC 6238 at 59 s, and 30 s on
    assert service.slept == [1.2]
    service.used = {"287082", "359152"}
    with pytest.raises(CredentialsRejectedError, match="Invalid user") as caught:
        service.source(totp=secret).token()
    assert len(service.forms) == 4
    assert "code is good once" in caught.value.remedy


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("Account is not fully set up", "Sign in once"),
        ("Account disabled", "wait"),
        ("Account is temporarily disabled; contact your administrator", "wait"),
        ("Session limit exceeded", "hundred"),
        ("Invalid user credentials", "PHISTAC_TOTP"),
    ],
)
def test_refusals_in_keycloaks_words_say_what_to_do(said, remedy):
    service = Service()
    service.refusal = CatalogueError(f"POST … was answered 400: {said}")
    with pytest.raises(CredentialsRejectedError, match=said) as caught:
        service.source("canary").token()
    assert remedy in caught.value.remedy
    assert "canary" not in str(caught.value)


def test_the_second_factor_is_passed_on():
    service = Service()
    service.source(totp="123456").token()
    assert service.forms[0]["totp"] == "123456"


def test_a_wrong_password_says_so_and_does_not_repeat_it():
    with pytest.raises(CredentialsRejectedError, match="Invalid user credentials") as caught:
        Service().source("wrong").token()
    assert "wrong" not in str(caught.value)
    assert "PHISTAC_TOTP" in caught.value.remedy


def test_an_answer_without_a_token_is_not_quoted():
    service = Service()
    service.answer = {"access_token": "canary", "expires_in": "soon"}
    with pytest.raises(ServiceError) as caught:
        service.source().token()
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_login_says_where_to_put_it():
    with pytest.raises(CredentialsMissingError, match="PHISTAC_USERNAME__ME and PHISTAC_PASSWORD__ME"):
        TokenSource(Settings(account="me"), http=Service()).token()


@pytest.mark.parametrize(
    "secret", [S3Keys("AKIA1234", "canary"), Login("me", "canary", "canary"), Service().source("canary")]
)
def test_secrets_do_not_travel(secret):
    assert "canary" not in repr(secret)
    assert "canary" not in str(secret)
    with pytest.raises(TypeError, match="does not travel"):
        pickle.dumps(secret)
