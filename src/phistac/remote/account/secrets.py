"""Values that must not show: in no repr, no log, no pickle, no traceback that prints variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["Login", "Masked", "S3Keys", "Secret"]

_V = TypeVar("_V")


class _Unpicklable:
    """Refuses to travel: secrets are looked up where they are used."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        raise TypeError(
            f"{type(self).__name__} does not travel between processes; send Settings, whose account label is looked up"
            " where it is used"
        )

    def __copy__(self) -> _Unpicklable:
        return self

    def __deepcopy__(self, memo: object) -> _Unpicklable:
        return self


class _SecretBytes(_Unpicklable, bytes):
    """What a secret text is on its way out: a header, for example."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'…'"

    __str__ = __repr__


class Secret(_Unpicklable, str):
    """A text that shows itself to nobody who only looks: in a list, a dictionary, a traceback that prints variables.

    Whoever writes it on purpose (``str``, ``format``, ``encode``) gets it.

    Examples
    --------
    >>> {"key": Secret("correct horse")}
    {'key': '…'}
    >>> f"{Secret('correct horse')}"
    'correct horse'
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"

    def __getitem__(self, where: SupportsIndex | slice) -> Secret:
        """Return a part, which shows itself no more than the whole: some tools shorten before they show."""
        return Secret(super().__getitem__(where))

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Return bytes that do not show themselves either."""
        return _SecretBytes(super().encode(encoding, errors))


@dataclass(frozen=True, slots=True)
class S3Keys(_Unpicklable):
    """A pair of S3 keys.

    Examples
    --------
    >>> S3Keys("AKIDEXAMPLE", "wJalrXUtnFEMI")
    S3Keys(access_key='AKID…')
    """

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    def __post_init__(self) -> None:
        _hide(self, "access_key", "secret_key")

    def __repr__(self) -> str:
        return f"S3Keys(access_key='{self.access_key[:4]}…')"


@dataclass(frozen=True, slots=True)
class Login(_Unpicklable):
    """A user name with its password and, where the account asks for it, a second factor.

    The second factor is the shared secret (base32) of :mod:`phistac.remote.account.totp`, or one code of it.

    Examples
    --------
    >>> Login("me@example.org", "correct horse", "123456")
    Login(username='me@example.org')
    """

    username: str
    password: str = field(repr=False)
    totp: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _hide(self, "password", "totp")


def _hide(value: object, *names: str) -> None:
    for name in names:
        text = getattr(value, name)
        object.__setattr__(value, name, None if text is None else Secret(text))


class Masked(_Unpicklable, Mapping[str, _V]):
    """A read-only mapping some of whose values must not show.

    Examples
    --------
    >>> options = Masked({"user": "me", "key": "correct horse"}, secret={"key"})
    >>> options
    Masked({'user': 'me', 'key': …})
    >>> options["key"]
    'correct horse'
    """

    def __init__(self, values: Mapping[str, _V], *, secret: Collection[str]) -> None:
        self._values = dict(values)
        self._secret = frozenset(secret)

    def __getitem__(self, name: str) -> _V:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        shown = (f"{name!r}: {'…' if name in self._secret else repr(value)}" for name, value in self._values.items())
        return f"{type(self).__name__}({{{', '.join(shown)}}})"
