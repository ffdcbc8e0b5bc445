"""One object from the bucket to the disk: streamed, hashed on the way, verified, and only then under its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phistac.errors import ChangedObjectError, ChecksumError, PhistacError, ServiceError
from phistac.remote.web.patience import SYSTEM_CLOCK, Clock, Patience
from phistac.retrieval.checks import Check, digest_of_file
from phistac.retrieval.disk import disk_errors
from phistac.retrieval.model import Record
from phistac.retrieval.outage import Outage
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
    """Its ``sleep`` may end early when ``stopped`` becomes true."""

    outage: Outage = field(default_factory=Outage)
    """Ends the job when nothing arrives any more."""


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
        If what arrives is wrong a second time, or the archive's object has another size than its manifest says.
    ChangedObjectError
        If the object is no longer the one that the plan was made for.
    ServiceError, NotFoundError, AuthenticationError
        As the filesystem raises them after its patience; or when a body breaks off again and again without progress.
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
    """Stream until the size is reached; rest and go on where it broke off, as long as there is progress.

    Only bodies are continued here. What the filesystem says instead of a body is final: it has had patience already.
    """
    failures, etag = 0, job.object.etag
    # An empty object that no listing knows is asked for as well: the manifest alone does not say that it exists.
    asked = bool(job.object.size or etag)
    while not asked or file.check.seen < job.object.size:
        asked, before = True, file.check.seen
        try:
            etag, broken = _stream(file, job, link, etag)
        except ServiceError as error:
            if link.stopped():
                raise Stopped from error
            raise
        if broken is None:
            failures = 0
            continue
        failures = 1 if file.check.seen > before else failures + 1
        if failures >= link.patience.attempts:
            raise broken
        if not link.stopped():
            link.clock.sleep(link.patience.rest_s(failures - 1, chance=link.clock.chance()))
        if link.stopped():
            raise Stopped


def _stream(file: Part, job: Job, link: Link, etag: str | None) -> tuple[str | None, ServiceError | None]:
    """Send one request for what comes next; return the ETag that the rest must have too, and what ended the body."""
    size, start = job.object.size, file.check.seen
    end = min(size, start + _LONGEST)
    bounds = {"start": start, "stop": None if end == size else end}
    with link.fs.stream(job.source, **bounds, if_match=etag if start else None) as body:
        _refuse_another(job, body)
        try:
            _pour(body, file, job, link, end)
        except ServiceError as error:
            return etag or body.etag, error
    return etag or body.etag, None


def _pour(body: Any, file: Part, job: Job, link: Link, end: int) -> None:
    for chunk in body:
        if file.check.seen + len(chunk) > end:
            raise ServiceError(f"{job.source} goes on after the {end:,} bytes that were asked for")
        file.write(chunk)
        link.tell(len(chunk))
        if link.stopped():
            raise Stopped
    if file.check.seen < end:
        raise ServiceError(f"{job.source} broke off after {file.check.seen:,} of {job.object.size:,} bytes")


def _refuse_another(job: Job, body: Any) -> None:
    """Raise if this is not the object that was planned."""
    here, planned, size = _bare(body.etag), _bare(job.object.etag), job.object.size
    if here and planned and here != planned:
        raise _changed(job, f"its ETag is {body.etag}, planned was {job.object.etag}")
    if body.size != size and here and here == planned:  # the archive says what it said: it is the manifest that differs
        raise ChecksumError(
            f"{job.source} has {body.size:,} bytes, its manifest promises {size:,}",
            remedy="The manifest does not fit the archive: report it to the service, or use another version of it.",
        )
    if body.size != size:
        raise _changed(job, f"it has {body.size:,} bytes, planned were {size:,}")


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
