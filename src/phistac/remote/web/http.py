"""HTTP for everything that is not S3: the catalogue, tokens, keys, whole products and bursts on demand.

One small class over :class:`requests.Session` that retries what is worth retrying, turns refusals into our errors with
the service's own words, and gives a bearer token only to the hosts that the settings name. Redirects are followed by
hand, since ``requests`` would drop the method and decide about the token for us.
"""

from __future__ import annotations

from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests

from phistac.errors import CatalogueError, PhistacError, ServiceError
from phistac.remote.account.bare import bare
from phistac.remote.account.secrets import Secret
from phistac.remote.web.outgoing import REDIRECTS, Outgoing, place
from phistac.remote.web.patience import RETRYABLE, SYSTEM_CLOCK, Clock, Patience, retry_after_s
from phistac.remote.web.refusals import refusal
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Self

__all__ = ["Http"]

_MOST_REDIRECTS = 5
_CONNECT_TIMEOUT_S = 10.0
_LONGEST_BODY = 64 * 1024
_WORTH_A_RETRY = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class Http:
    """Requests to the service, with patience.

    Parameters
    ----------
    settings : Settings, optional
        Where the service is; its ``service_hosts`` are the only hosts that ever see a bearer token.
    patience : Patience, optional
        How often, and how soon, to try again.
    clock : Clock, optional
        Time and chance; tests bring their own.

    Examples
    --------
    >>> with Http() as http:  # doctest: +SKIP
    ...     http.get_json("https://catalogue.dataspace.copernicus.eu/odata/v1/Products", {"$top": "1"})
    """

    def __init__(
        self, settings: Settings | None = None, *, patience: Patience | None = None, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.settings = resolve(settings)
        self._patience = patience or Patience()
        self._clock = clock
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers["User-Agent"] = "phistac"

    def __repr__(self) -> str:
        return f"Http(account={self.settings.account!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection that is still open."""
        self._session.close()

    def get_json(self, url: str, params: Mapping[str, str] | None = None, *, bearer: str | None = None) -> Any:
        """GET a JSON document.

        Parameters
        ----------
        url : str
            Where.
        params : mapping of str to str, optional
            The query; values are encoded here.
        bearer : str, optional
            An access token, sent to ``settings.service_hosts`` only.

        Raises
        ------
        CatalogueError
            If the request has no meaning to the service, or its answer is not JSON.
        CredentialsRejectedError, NotFoundError, RateLimitError, ServiceError
            As the status says; the last two after retries.
        """
        return self._json(Outgoing("GET", url, bearer, options={"params": params}))

    def post_json(self, url: str, json: Any = None, *, bearer: str | None = None) -> Any:
        """POST a JSON document and return the JSON answer; errors as :meth:`get_json`."""
        return self._json(Outgoing("POST", url, bearer, options={"json": json}))

    def post_form(self, url: str, form: Mapping[str, str]) -> Any:
        """POST a form and return the JSON answer; errors as :meth:`get_json`."""
        return self._json(Outgoing("POST", url, options={"data": form}))

    def text(self, method: str, url: str, *, bearer: str | None = None, **options: Any) -> str:
        """Send a request and return its whole answer as text; options as :meth:`request`, errors :meth:`get_json`."""
        with self._persist(Outgoing(method, url, bearer, options=options), whole=True) as answer:
            return answer.content.decode("utf-8", "replace")

    def dated_json(self, method: str, url: str, **options: Any) -> tuple[Any, str | None]:
        """Return a JSON answer and its ``Date``; options as :meth:`request`, errors as :meth:`get_json`."""
        with self._persist(Outgoing(method, url, options=options), whole=True) as answer:
            return _parsed(answer, f"{method} {place(answer.url)}"), answer.headers.get("Date")

    @contextmanager
    def request(
        self, method: str, url: str, *, bearer: str | None = None, keep_method: bool = False, **options: Any
    ) -> Iterator[requests.Response]:
        """Send a request; inside the ``with`` block the successful answer, its body not yet read.

        Parameters
        ----------
        method, url : str
            What and where.
        bearer : str, optional
            An access token, sent to ``settings.service_hosts`` only. Such a request closes its connection at its end,
            so that none stays open on the account's behalf; take a lease of the budget around it.
        keep_method : bool
            After a redirect send the same method again (bursts on demand need that), not GET.
        **options
            ``params``, ``json``, ``data`` and ``headers`` of :meth:`requests.Session.request`.

        Yields
        ------
        requests.Response
            Read its ``content`` or iterate over it; a body that breaks off raises ServiceError.

        Raises
        ------
        CatalogueError, CredentialsRejectedError, NotFoundError, RateLimitError, ServiceError
            As for :meth:`get_json`.
        """
        answer = self._persist(Outgoing(method, url, bearer, keep_method, options))
        try:
            yield answer
        except requests.RequestException as error:
            raise _broken(f"the answer of {place(answer.url)} broke off", error) from bare(error)
        finally:
            answer.close()

    def _json(self, outgoing: Outgoing) -> Any:
        with self._persist(outgoing, whole=True) as answer:
            return _parsed(answer, outgoing.place)

    def _persist(self, outgoing: Outgoing, *, whole: bool = False) -> requests.Response:
        failures = 0
        while True:
            asked_s: float | None = None
            problem: PhistacError
            try:
                answer = self._follow(outgoing)
                if answer.ok:
                    return _read(answer) if whole else answer
            except requests.RequestException as error:
                problem = _broken(f"{outgoing.place} failed", error)
                problem.__cause__ = bare(error)
                again = isinstance(error, _WORTH_A_RETRY)
            else:
                asked_s = retry_after_s(answer.headers.get("Retry-After"), now=self._clock.now())
                problem = refusal(answer.status_code, _body(answer), what=outgoing.place, asked_s=asked_s)
                again = answer.status_code in RETRYABLE
            failures += 1
            if not again or failures >= self._patience.attempts:
                raise problem
            self._clock.sleep(self._patience.rest_s(failures - 1, chance=self._clock.chance(), asked_s=asked_s))

    def _follow(self, outgoing: Outgoing) -> requests.Response:
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._send(outgoing)
            target = answer.headers.get("Location")
            if answer.status_code not in REDIRECTS or not target:
                return answer
            answer.close()
            outgoing = outgoing.redirected(answer.status_code, target)
        raise ServiceError(f"{outgoing.place}: more than {_MOST_REDIRECTS} redirects")

    def _send(self, outgoing: Outgoing) -> requests.Response:
        headers = dict(outgoing.options.get("headers") or {})
        if outgoing.bearer:
            headers["Connection"] = "close"
        return self._session.request(
            outgoing.method,
            outgoing.url,
            **{**outgoing.options, "headers": headers},
            auth=_Bearer(outgoing.token_for(self.settings.service_hosts)),
            allow_redirects=False,
            stream=True,
            timeout=(min(_CONNECT_TIMEOUT_S, self.settings.timeout_s), self.settings.timeout_s),
        )


class _Bearer(requests.auth.AuthBase):
    """Sets our token or nothing; being there keeps ``requests`` from sending what a .netrc file says."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = Secret(f"Bearer {self._token}")
        return request


def _read(answer: requests.Response) -> requests.Response:
    with answer:
        _ = answer.content  # now, while a broken body can still be asked for again
    return answer


def _parsed(answer: requests.Response, what: str) -> Any:
    try:
        return answer.json()
    except requests.JSONDecodeError as error:
        raise CatalogueError(
            f"{what} was answered {answer.status_code} with something that is not JSON",
            remedy="Check that the address in the settings is the service's.",
        ) from bare(error)


def _body(answer: requests.Response) -> bytes:
    """Return the start of what the service says about its refusal; the status alone must do if that breaks off."""
    with answer:
        try:
            return next(answer.iter_content(_LONGEST_BODY), b"")
        except requests.RequestException:
            return b""


def _broken(what: str, error: requests.RequestException) -> ServiceError:
    inner = error.args[0] if error.args else error
    reason = type(getattr(inner, "reason", inner)).__name__
    return ServiceError(f"{what}: {type(error).__name__} ({reason})", remedy="Check the network and the address.")
