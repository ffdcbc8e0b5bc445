"""The task that a thread or a Dask worker runs: one batch, object after object."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from phistac.errors import AuthenticationError, ConfigurationError, DiskFullError, PhistacError
from phistac.retrieval.model import Failure, Record
from phistac.retrieval.parts import Stopped
from phistac.retrieval.transfer import Link, transfer

if TYPE_CHECKING:
    from phistac.retrieval.batches import Batch
    from phistac.retrieval.model import Job
    from phistac.settings import Settings

__all__ = ["FATAL", "bring", "transfer_batch"]

FATAL = (AuthenticationError, ConfigurationError, DiskFullError)
"""Errors after which no other object would fare better: they end the job."""


def transfer_batch(batch: Batch, out: str, settings: Settings) -> tuple[Record | Failure, ...]:
    """Bring a batch; what a Dask worker runs. Only names, numbers and settings travel to it, never a secret.

    Parameters
    ----------
    batch : Batch
        What to bring, one after another.
    out : str
        The output folder, which worker and client share.
    settings : Settings
        The account's label among them; the worker finds the secrets itself.

    Returns
    -------
    tuple of Record or Failure
        One for each job, in order.

    Raises
    ------
    AuthenticationError, ConfigurationError, DiskFullError
        Where every further object would fail as well.
    TransferError
        Where one object after another has failed of the service.
    """
    from phistac.remote.files.filesystem import filesystem  # noqa: PLC0415 - s3fs is loaded where bytes move

    return bring(batch, Path(out), Link(filesystem(settings)))


def bring(batch: Batch, out: Path, link: Link) -> tuple[Record | Failure, ...]:
    """Bring a batch over a link; see :func:`transfer_batch`."""
    results: list[Record | Failure] = []
    for job in batch.jobs:
        result = _attempt(job, out, link)
        results.append(result)
        if isinstance(result, Failure):
            link.outage.note(result)
        elif result.moved:
            link.outage.note(None)
    return tuple(results)


def _attempt(job: Job, out: Path, link: Link) -> Record | Failure:
    if link.stopped():
        raise Stopped
    try:
        return transfer(job, out, link)
    except FATAL:
        raise
    except PhistacError as error:
        return Failure(job.product, job.object.path, error.kind, str(error))
