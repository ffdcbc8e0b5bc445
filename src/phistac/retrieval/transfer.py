"""One object from the bucket to the disk: streamed, hashed on the way, verified, and only then under its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phistac.errors import ChangedObjectError, ChecksumError, PhistacError, RateLimitError, ServiceError
from phistac.remote.web.patience import SYSTEM_CLOCK, Clock, Patience
from phistac.retrieval.checks import Check, digest_of_file
from phistac.retrieval.disk import disk_errors
from phistac.retrieval.model import Record
from phistac.retrieval.parts import Part, Stopped, part
from phistac.retrieval.places import target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from phistac.retrieval.model import Job

__all__ = ["Link", "transfer"]

_LONGEST = 64 * 1024 * 1024
"""Bytes of one request, at most: whoever waits for a connection waits for its end, not for that of a whole image."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a transfer works with: a filesystem, and hooks of whoever waits for it."""

    fs: Any
    """Has ``stream(path, *, start, stop, if_match)``, as :class:`phistac.remote.files.filesystem.CdseFileSystem`."""

    tell: Callable[[int], None] = lambda _: None
    """Hears of bytes that have arrived; of a negative number when they have to come again."""

    stopped: Callable[[], bool] = lambda: False
    """Whether to end now."""

    patience: Patience = field(default_factory=Patience)
    clock: Clock = SYSTEM_CLOCK


def transfer(job: Job, out: Path, link: Link) -> Record:
    """Bring one object, unless it is there already.

    Parameters
    ----------
    job : Job
        Which.
    out : pathlib.Path
        The output folder.
    link : Link
        Over what.

    Returns
    -------
    Record

    Raises
    ------
    ChecksumError
        If what arrives is wrong a second time.
    ChangedObjectError
        If the object is no longer the one that the plan was made for.
    ServiceError, NotFoundError, AuthenticationError
        As the filesystem raises them, after patience without progress.
    DiskFullError, TransferError, UnsafePathError
        If it cannot be written.
    """
    place = target(out, job.product, job.object.path)
    with disk_errors(place):
        there = digest_of_file(place, job.object)
        if there is not None:
            link.tell(job.object.size)
            return _record(job, there, moved=0, reused=True)
        with part(place, job.object) as file:
            adopted = file.check.seen
            link.tell(adopted)
            moved = _fill_verified(file, job, link, adopted)
            file.publish(place)
            return _record(job, file.check, moved=moved)


def _fill_verified(file: Part, job: Job, link: Link, adopted: int) -> int:
    """Fill the part, twice if need be; return how many bytes moved."""
    try:
        _fill(file, job, link)
        moved = file.check.seen - adopted
        if not file.check.passes():
            link.tell(-file.check.seen)
            file.restart()
            _fill(file, job, link)
            moved += file.check.seen
        if file.check.passes():
            return moved
        raise ChecksumError(
            f"{job.source}: its {file.check.algorithm} is {file.check.digest}, promised was {file.check.promised}",
            remedy="It was fetched twice: the archive holds a damaged object, or a manifest that does not fit it.",
        )
    except PhistacError:
        link.tell(-file.check.seen)
        raise


def _fill(file: Part, job: Job, link: Link) -> None:
    """Stream until the size is reached; rest and go on where it broke off, as long as there is progress."""
    failures = 0
    etag = job.object.etag
    while file.check.seen < job.object.size:
        before = file.check.seen
        try:
            etag = _stream(file, job, link, etag)
        except ChangedObjectError:
            raise
        except ServiceError as error:
            failures = 1 if file.check.seen > before else failures + 1
            if failures >= link.patience.attempts:
                raise
            asked_s = error.retry_after_s if isinstance(error, RateLimitError) else None
            link.clock.sleep(link.patience.rest_s(failures - 1, chance=link.clock.chance(), asked_s=asked_s))
        else:
            failures = 0


def _stream(file: Part, job: Job, link: Link, etag: str | None) -> str | None:
    """Send one request for what comes next; return the ETag that the rest must have too."""
    size, start = job.object.size, file.check.seen
    end = min(size, start + _LONGEST)
    bounds = {"start": start, "stop": None if end == size else end}
    with link.fs.stream(job.source, **bounds, if_match=etag if start else None) as body:
        if _bare(body.etag) and _bare(job.object.etag) and _bare(body.etag) != _bare(job.object.etag):
            raise _changed(job, f"its ETag is {body.etag}, planned was {job.object.etag}")
        if body.size != size:
            raise _changed(job, f"it has {body.size:,} bytes, planned were {size:,}")
        for chunk in body:
            if link.stopped():
                raise Stopped
            if file.check.seen + len(chunk) > end:
                raise ServiceError(f"{job.source} goes on after the {end:,} bytes that were asked for")
            file.write(chunk)
            link.tell(len(chunk))
    if file.check.seen < end:
        raise ServiceError(f"{job.source} broke off after {file.check.seen:,} of {size:,} bytes")
    return etag or body.etag


def _changed(job: Job, how: str) -> ChangedObjectError:
    return ChangedObjectError(f"{job.source} has changed: {how}", remedy="Make a new plan.")


def _bare(etag: str | None) -> str:
    return (etag or "").removeprefix("W/").strip('"')


def _record(job: Job, check: Check, *, moved: int, reused: bool = False) -> Record:
    return Record(
        product=job.product,
        path=job.object.path,
        size=job.object.size,
        moved=moved,
        algorithm=check.algorithm,
        digest=check.digest,
        etag=_bare(job.object.etag) or None,
        verified=check.verified,
        reused=reused,
    )
