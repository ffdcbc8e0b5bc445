"""Secrets by label: where the keys and the login of an account are looked for, at the moment they are used.

This is the one place that tells the order; :mod:`phistac.remote.account.stored` is it. S3 keys of the account
``<label>`` (``default`` unless the settings say otherwise) come from the first of these:

1. what the program handed over, ``storage_options={"key": ..., "secret": ...}``, or a login with ``username``,
   ``password`` and perhaps ``totp``: it stays in the process (:mod:`phistac.remote.account.given`);
2. the environment: ``PHISTAC_S3_ACCESS_KEY__<LABEL>`` and ``PHISTAC_S3_SECRET_KEY__<LABEL>``, the label in capitals
   with ``_`` for what is no letter or digit; for ``default`` also without the suffix, and ``AWS_ACCESS_KEY_ID`` with
   ``AWS_SECRET_ACCESS_KEY`` if ``AWS_ENDPOINT_URL_S3``, ``AWS_S3_ENDPOINT`` (GDAL's) or ``AWS_ENDPOINT_URL`` names the
   archive: without one of these they are Amazon's;
3. a section ``[<label>]`` of ``~/.s5cfg`` (or of the file that ``PHISTAC_S5CFG`` names); the account ``default`` looks
   for ``[cdse]`` and then for ``[default]``;
4. the AWS profile ``<label>`` (``cdse`` for ``default``) unless its ``endpoint_url`` is another service's; for
   ``default`` also the one that ``AWS_PROFILE`` names, or ``[default]``, if its ``endpoint_url`` is the archive's;
5. what ``phistac login`` stored: in the keyring, or in its own file (:mod:`phistac.remote.account.wallet`);
6. temporary keys, bought with the login (:mod:`phistac.remote.account.tempkeys`).

A login is ``PHISTAC_USERNAME``, ``PHISTAC_PASSWORD`` and, with two-factor authentication, ``PHISTAC_TOTP``, each with
``__<LABEL>`` or, for ``default``, without; or what ``phistac login`` stored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phistac.remote.account.given import taken_out
from phistac.remote.account.secrets import Login, S3Keys
from phistac.remote.account.stored import login, stored_keys, written_keys
from phistac.remote.account.tempkeys import temporary_keys
from phistac.settings import resolve

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from phistac.settings import Settings

__all__ = ["Login", "S3Keys", "admit", "login", "s3_keys"]


def s3_keys(settings: Settings | None = None) -> S3Keys:
    """Return the S3 keys of an account: its own, or temporary ones bought with its login.

    Blocks while keys are bought; call it from a thread, not in an event loop.

    Parameters
    ----------
    settings : Settings, optional
        Its ``account`` is the label.

    Raises
    ------
    ConfigurationError
        If only one half of a pair is there, or a file cannot be read.
    CredentialsMissingError
        If there are neither keys nor a login; says where to put them.
    CredentialsRejectedError
        If the login is refused, or the account has as many keys as it may have.
    """
    settings = resolve(settings)
    return stored_keys(settings) or temporary_keys(settings)


def admit(options: MutableMapping[str, Any], settings: Settings | None = None) -> Settings:
    """Take keys or a login out of storage options; return the settings whose account label stands for them.

    Parameters
    ----------
    options : mapping
        ``key`` and ``secret``, as for s3fs, or ``username``, ``password`` and perhaps ``totp``, among others. They are
        removed from this mapping, which should be a copy: the caller's keeps them.
    settings : Settings, optional
        Its account is whose quota will be spent.

    Returns
    -------
    Settings
        Good in this process; in another one, as far as that finds the same keys by itself.

    Raises
    ------
    ConfigurationError
        If half of a pair is missing, or a ``token`` is there: the service has none for S3.

    Examples
    --------
    >>> options = {"key": "AKIDEXAMPLE", "secret": "wJalrXUtnFEMI", "use_listings_cache": False}
    >>> admit(options).account
    'default.given-8f6e2a3482bebc54'
    >>> options
    {'use_listings_cache': False}
    """
    settings = resolve(settings)
    account = taken_out(options, settings, written_keys)
    return settings if account is None else replace(settings, account=account)
