"""Instances of a filesystem by the settings they are used under, not by the options that were written down."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any

from fsspec.spec import AbstractFileSystem

from phistac.errors import ConfigurationError
from phistac.remote.account.credentials import admit
from phistac.settings import Settings, resolve

__all__ = ["FIELDS", "BySettings"]

FIELDS = tuple(field.name for field in fields(Settings))
_OPTIONS = frozenset((*FIELDS, "asynchronous", "batch_size", "loop", "skip_instance_cache", "use_listings_cache"))


class BySettings(type(AbstractFileSystem)):  # type: ignore[misc]  # fsspec's metaclass has no types
    """Resolves the settings before fsspec looks into its cache, so that an instance is never used under others."""

    def __call__(cls, settings: Settings | None = None, **options: Any) -> Any:
        """Return the instance for these settings and options.

        Raises
        ------
        ConfigurationError
            If an option is neither a setting nor one of fsspec's, or keys come in halves.
        """
        given = {name: options.pop(name) for name in FIELDS if name in options}
        account = admit(options, replace(resolve(settings), **given)).account  # keys stay here, a label goes on
        if unknown := sorted(set(options) - _OPTIONS):
            raise ConfigurationError(
                f"storage options {', '.join(unknown)} mean nothing for the archive",
                remedy=f"There are account and the other settings: {', '.join(FIELDS)}.",
            )
        given = asdict(replace(resolve(settings), **(given | {"account": account})))
        return super().__call__(**given, **options)
