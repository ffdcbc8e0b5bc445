"""Every error that phistac raises, and every warning.

::

    PhistacError                        .kind, .remedy
    ├── ConfigurationError              a setting or an option that cannot be used
    │   └── MissingExtraError           ... because an optional dependency is not installed (ImportError)
    ├── AuthenticationError             who you are could not be shown
    │   ├── CredentialsMissingError     nothing to sign in with was found
    │   └── CredentialsRejectedError    the service said no (PermissionError)
    ├── QueryError                      a search that has no meaning (ValueError)
    │   ├── UnknownCollectionError
    │   ├── GeometryError               not WKT or GeoJSON, self-crossing, out of range
    │   └── DatetimeError               not RFC 3339, end before start
    ├── CatalogueError                  the catalogue answered, but not with an answer
    │   └── IncompleteResultError       part of a result could not be had
    ├── ReadOnlyError                   an attempt to change what the service holds (PermissionError)
    │   └── ExistsError                 ... by making something that is there already (FileExistsError)
    ├── NotFoundError                   no such product, object or group (FileNotFoundError)
    ├── FormatError                     bytes that are not what their name says (ValueError)
    ├── ServiceError                    the network or the service failed (OSError)
    │   ├── RateLimitError              429 or 503; ``.retry_after_s``
    │   └── ChangedObjectError          the object is no longer the one the plan was made for
    ├── TransferError                   a copy that did not become whole (OSError)
    │   ├── ChecksumError               the bytes differ from the manifest
    │   └── DiskFullError
    └── UnsafePathError                 a name that would leave the output folder (ValueError)

Each error names the thing at fault in its message and, where there is one, the way out in ``remedy``.
``kind`` is a stable word for logs and exit codes; it does not change when a class is renamed.
"""

from __future__ import annotations

__all__ = [
    "AuthenticationError",
    "CatalogueError",
    "ChangedObjectError",
    "ChecksumError",
    "ConfigurationError",
    "CredentialsMissingError",
    "CredentialsRejectedError",
    "DatetimeError",
    "DiskFullError",
    "ExistsError",
    "FormatError",
    "GeometryError",
    "IncompleteResultError",
    "MissingExtraError",
    "NotFoundError",
    "PhistacError",
    "PhistacWarning",
    "QueryError",
    "RateLimitError",
    "ReadOnlyError",
    "ServiceError",
    "TransferError",
    "UnknownCollectionError",
    "UnsafePathError",
]


class PhistacError(Exception):
    """Base of every error that phistac raises.

    Parameters
    ----------
    message : str
        What is wrong, naming the thing at fault. Never contains a secret.
    remedy : str, optional
        What the reader can do about it, as a sentence.

    Examples
    --------
    >>> print(PhistacError("no product is called S1A_X", remedy="Check the spelling."))
    no product is called S1A_X. Check the spelling.
    """

    kind = "error"

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message.rstrip('.')}. {self.remedy}" if self.remedy else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive BaseException's own pickling; errors cross process borders in Dask.
        return _rebuild, (type(self), self.message, dict(self.__dict__))


def _rebuild(cls: type[PhistacError], message: str, state: dict[str, object]) -> PhistacError:
    error = cls.__new__(cls, message)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class ConfigurationError(PhistacError):
    """A setting, an option or an environment variable that cannot be used."""

    kind = "configuration"


class MissingExtraError(ConfigurationError, ImportError):
    """An optional dependency is not installed; the remedy is the line to type."""

    kind = "missing-extra"


class AuthenticationError(PhistacError):
    """Who you are could not be shown to the service."""

    kind = "authentication"


class CredentialsMissingError(AuthenticationError):
    """No credentials were found in any of the places that were looked at."""

    kind = "credentials-missing"


class CredentialsRejectedError(AuthenticationError, PermissionError):
    """The service refused the credentials."""

    kind = "credentials-rejected"


class QueryError(PhistacError, ValueError):
    """A search that has no meaning, or that the catalogue cannot answer."""

    kind = "query"


class UnknownCollectionError(QueryError):
    """No collection has this id."""

    kind = "unknown-collection"


class GeometryError(QueryError):
    """An area of interest that is not a valid geometry in EPSG:4326."""

    kind = "geometry"


class DatetimeError(QueryError):
    """A time or interval that is not RFC 3339, or that ends before it starts."""

    kind = "datetime"


class CatalogueError(PhistacError):
    """The catalogue answered, but with something that is not an answer."""

    kind = "catalogue"


class IncompleteResultError(CatalogueError):
    """Part of a result could not be had. Nothing short is ever returned as whole."""

    kind = "incomplete-result"


class ReadOnlyError(PhistacError, PermissionError):
    """An attempt to change what the service holds; nobody can."""

    kind = "read-only"


class ExistsError(ReadOnlyError, FileExistsError):
    """An attempt to make (``open(path, "xb")``) what is there already, and could not be made if it were not."""

    kind = "exists"


class NotFoundError(PhistacError, FileNotFoundError):
    """No such product, object, asset or group."""

    kind = "not-found"


class FormatError(PhistacError, ValueError):
    """Bytes that are not what their name or their manifest says."""

    kind = "format"


class ServiceError(PhistacError, OSError):
    """The network or the service failed, after the retries that are worth making."""

    kind = "service"


class RateLimitError(ServiceError):
    """The service asked us to slow down (429 or 503) more often than patience allows.

    Parameters
    ----------
    message : str
        Which request was refused.
    retry_after_s : float, optional
        What the service asked for, in seconds.
    remedy : str, optional
        What to do about it.
    """

    kind = "rate-limit"

    def __init__(self, message: str, *, retry_after_s: float | None = None, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class ChangedObjectError(ServiceError):
    """The object is no longer the one that the plan or the index was made for (its ETag differs)."""

    kind = "changed-object"


class TransferError(PhistacError, OSError):
    """A copy that did not become whole. Nothing is left under the final name."""

    kind = "transfer"


class ChecksumError(TransferError):
    """The bytes that arrived are not the bytes that the manifest promises."""

    kind = "checksum"


class DiskFullError(TransferError):
    """The target has no room for what the plan needs."""

    kind = "disk-full"


class UnsafePathError(PhistacError, ValueError):
    """A name given by a server or an archive that would leave the output folder."""

    kind = "unsafe-path"


class PhistacWarning(UserWarning):
    """Base of every warning that phistac gives."""
