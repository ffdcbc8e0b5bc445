"""Errors: one tree, named kinds, and whole after a trip through a pickle (Dask carries them between processes)."""

from __future__ import annotations

import pickle

import pytest

from phistac import errors

_CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.PhistacError)]


@pytest.mark.parametrize("cls", _CLASSES)
def test_an_error_survives_pickling(cls: type[errors.PhistacError]) -> None:
    error = cls("the thing is broken", remedy="Mend it.")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is cls
    assert str(copy) == "the thing is broken. Mend it."
    assert (copy.message, copy.remedy, copy.kind) == ("the thing is broken", "Mend it.", cls.kind)


def test_extra_fields_survive_pickling() -> None:
    copy = pickle.loads(pickle.dumps(errors.RateLimitError("slow down", retry_after_s=3.5)))
    assert copy.retry_after_s == 3.5


def test_every_kind_is_its_own() -> None:
    kinds = [cls.kind for cls in _CLASSES]
    assert len(kinds) == len(set(kinds))


def test_the_docstring_draws_every_class() -> None:
    assert [name for name in errors.__all__ if name not in (errors.__doc__ or "") and name != "PhistacWarning"] == []


def test_errors_are_also_what_python_calls_them() -> None:
    assert issubclass(errors.NotFoundError, FileNotFoundError)
    assert issubclass(errors.CredentialsRejectedError, PermissionError)
    assert issubclass(errors.GeometryError, ValueError)
    assert issubclass(errors.MissingExtraError, ImportError)
