"""Whether a pair of S3 keys works yet: one signed listing of one key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from phistac.errors import CredentialsRejectedError
from phistac.remote.account.secrets import Secret
from phistac.remote.budget.budgets import budget_for

if TYPE_CHECKING:
    from phistac.remote.account.secrets import S3Keys
    from phistac.remote.web.http import Http

__all__ = ["key_works"]


def key_works(http: Http, keys: S3Keys) -> bool:
    """Ask S3 for one key of the bucket; False if it refuses the pair.

    Parameters
    ----------
    http : Http
        Its settings say where.
    keys : S3Keys
        The pair.
    """
    settings = http.settings
    url = f"{settings.s3_url}/{settings.bucket}?list-type=2&max-keys=1"
    signed = AWSRequest("GET", url)  # shows nothing of itself
    S3SigV4Auth(Credentials(keys.access_key, keys.secret_key), "s3", settings.region).add_auth(signed)
    headers = {name: Secret(value) for name, value in signed.headers.items()} | {"Connection": "close"}
    try:
        with budget_for(settings).lease(), http.request("GET", url, headers=headers):
            return True
    except CredentialsRejectedError:
        return False
