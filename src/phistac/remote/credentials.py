"""Secrets by label: where the keys and the login of an account are looked for, at the moment they are used.

S3 keys of the account ``<label>`` (``default`` unless the settings say otherwise) come from the first of these:

1. the environment: ``PHISTAC_S3_ACCESS_KEY__<LABEL>`` and ``PHISTAC_S3_SECRET_KEY__<LABEL>``, the label in capitals
   with ``_`` for what is no letter or digit; for ``default`` also without the suffix;
2. a section ``[<label>]`` of ``~/.s5cfg`` (or of the file that ``PHISTAC_S5CFG`` names), then of the AWS credentials
   file (``AWS_SHARED_CREDENTIALS_FILE`` or ``~/.aws/credentials``); the account ``default`` looks for ``[cdse]`` and
   then, in ``.s5cfg`` only, for ``[default]``: the ``default`` of an AWS file belongs to AWS;
3. temporary keys, bought with the login (:mod:`phistac.remote.tempkeys`).

A login is ``PHISTAC_USERNAME``, ``PHISTAC_PASSWORD`` and, with two-factor authentication, ``PHISTAC_TOTP``, each with
``__<LABEL>`` or, for ``default``, without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.remote.secrets import Login, S3Keys
from phistac.remote.stored import login, stored_keys
from phistac.remote.tempkeys import temporary_keys
from phistac.settings import resolve

if TYPE_CHECKING:
    from phistac.settings import Settings

__all__ = ["Login", "S3Keys", "login", "s3_keys"]


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
