"""One object, through every kind of trouble: whole under its name, or not there."""

from __future__ import annotations

import errno
import hashlib
import os

import pytest

from phistac.errors import (
    ChangedObjectError,
    ChecksumError,
    CredentialsRejectedError,
    DiskFullError,
    NotFoundError,
    RateLimitError,
    ServiceError,
    TransferError,
    UnsafePathError,
)
from phistac.remote.web.patience import Clock
from phistac.retrieval.batches import Batch
from phistac.retrieval.model import Failure
from phistac.retrieval.parts import Stopped
from phistac.retrieval.transfer import transfer
from phistac.retrieval.work import bring

DATA = bytes(range(100))


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


WHOLE = {"P.SAFE/measurement/a.tiff": DATA}


def test_an_object_is_verified_and_published(archive, link, tmp_path):
    record = transfer(archive.job("measurement/a.tiff"), tmp_path, link)
    assert files(tmp_path) == WHOLE
    assert (record.size, record.moved, record.verified, record.reused) == (100, 100, "manifest", False)
    assert record.digest == hashlib.md5(DATA).hexdigest()
    assert sum(link.tell) == 100


@pytest.mark.parametrize("algorithm", ["md5", "sha3_256"])
def test_a_file_that_is_there_is_verified_not_fetched(archive, link, tmp_path, algorithm):
    job = archive.job("measurement/a.tiff", algorithm=algorithm)
    transfer(job, tmp_path, link)
    before = len(archive.requests)
    record = transfer(job, tmp_path, link)
    assert len(archive.requests) == before
    assert (record.reused, record.moved, record.algorithm) == (True, 0, algorithm)


@pytest.mark.parametrize("wrong", [b"\0" * 100, b"short"])
def test_a_wrong_file_under_the_final_name_is_replaced(archive, link, tmp_path, wrong):
    place = tmp_path / "P.SAFE" / "measurement" / "a.tiff"
    place.parent.mkdir(parents=True)
    place.write_bytes(wrong)
    transfer(archive.job("measurement/a.tiff"), tmp_path, link)
    assert files(tmp_path) == WHOLE


def test_a_truncated_body_is_continued_with_if_match(archive, link, tmp_path):
    archive.faults = {0: lambda data: data[:37], 1: lambda data: data[:81]}
    job = archive.job("measurement/a.tiff")
    record = transfer(job, tmp_path, link)
    assert [(start, if_match) for _, start, if_match in archive.requests] == [
        (0, None),
        (37, job.object.etag),
        (81, job.object.etag),
    ]
    assert files(tmp_path) == WHOLE
    assert (record.moved, sum(link.tell)) == (100, 100)


@pytest.mark.parametrize("known", [True, False])
def test_a_large_object_comes_by_several_requests_of_one_version(archive, link, tmp_path, monkeypatch, known):
    monkeypatch.setattr("phistac.retrieval.transfer._LONGEST", 40)
    job = archive.job("measurement/a.tiff", **({} if known else {"etag": None}))
    asked = []

    def stream(path, *, start, stop, if_match):
        asked.append((start, stop, if_match))
        return whole(path, start=start, stop=stop, if_match=if_match)

    whole = archive.stream
    monkeypatch.setattr(archive, "stream", stream, raising=False)
    record = transfer(job, tmp_path, link)
    tag = archive.job("measurement/a.tiff").object.etag
    assert asked == [(0, 40, None), (40, 80, tag), (80, None, tag)]
    assert files(tmp_path) == WHOLE
    assert record.moved == 100


def test_flipped_bytes_are_fetched_once_more(archive, link, tmp_path):
    archive.faults = {0: lambda data: b"x" + data[1:]}
    record = transfer(archive.job("measurement/a.tiff"), tmp_path, link)
    assert files(tmp_path) == WHOLE
    assert record.moved == 200
    assert (sum(link.tell), min(link.tell)) == (100, -100)


def test_bytes_that_stay_wrong_are_refused(archive, link, tmp_path):
    job = archive.job("measurement/a.tiff", checksum="0" * 32)
    with pytest.raises(ChecksumError, match=r"a\.tiff.*promised was 000"):
        transfer(job, tmp_path, link)
    assert files(tmp_path) == {}
    assert len(archive.requests) == 2
    assert sum(link.tell) == 0


def test_an_object_without_checksum_is_held_to_its_etag(archive, link, tmp_path):
    job = archive.job("measurement/a.tiff", checksum=None, algorithm=None)
    assert transfer(job, tmp_path, link).verified == "etag"
    archive.faults = {1: lambda data: b"x" + data[1:], 2: lambda data: b"x" + data[1:]}
    (tmp_path / "P.SAFE" / "measurement" / "a.tiff").unlink()
    with pytest.raises(ChecksumError):
        transfer(job, tmp_path, link)


def test_an_object_with_a_multipart_etag_is_held_to_its_size(archive, link, tmp_path):
    job = archive.job("measurement/a.tiff", checksum=None, algorithm=None, etag=None)
    record = transfer(job, tmp_path, link)
    assert (record.verified, record.digest) == ("size", hashlib.md5(DATA).hexdigest())


def test_an_empty_object_needs_no_request_beyond_its_listing(archive, link, tmp_path):
    archive.objects["eodata/S1/P.SAFE/empty"] = b""
    transfer(archive.job("empty"), tmp_path, link)
    assert files(tmp_path) == {"P.SAFE/empty": b""}
    assert archive.requests == []


def test_bodies_that_break_off_are_waited_out_and_progress_renews_patience(archive, link, tmp_path):
    nothing = [lambda data: b"", lambda data: data[:20]]  # of the third request on: no more than is there already
    archive.faults = {0: nothing[0], 1: nothing[0], 2: lambda data: data[:20], 3: nothing[1], 4: nothing[1]}
    transfer(archive.job("measurement/a.tiff"), tmp_path, link)
    assert files(tmp_path) == WHOLE
    assert link.clock.sleep.__self__ == [0.5, 1.0, 0.5, 1.0, 2.0]


def test_without_progress_patience_ends(archive, link, tmp_path):
    archive.faults = dict.fromkeys(range(99), lambda data: b"")
    with pytest.raises(ServiceError, match="broke off"):
        transfer(archive.job("measurement/a.tiff"), tmp_path, link)
    assert len(archive.requests) == 4


@pytest.mark.parametrize(
    "final", [ServiceError("400 InvalidRequest"), RateLimitError("slow down", retry_after_s=7.0), NotFoundError("none")]
)
@pytest.mark.parametrize("before", [0, 1])
def test_what_the_filesystem_says_instead_of_a_body_is_final(archive, link, tmp_path, final, before):
    archive.faults = {n: final if n == before else lambda data: data[:37] for n in range(9)}
    with pytest.raises(type(final)):
        transfer(archive.job("measurement/a.tiff"), tmp_path, link)
    assert len(archive.requests) == 1 + before


def test_a_job_that_is_stopped_in_a_rest_ends_with_it(archive, link, tmp_path):
    stopped = []
    archive.faults = dict.fromkeys(range(99), lambda data: data[:37])
    object.__setattr__(link, "stopped", lambda: bool(stopped))
    object.__setattr__(link, "clock", Clock(sleep=stopped.append, chance=lambda: 1.0))
    with pytest.raises(Stopped):
        transfer(archive.job("measurement/a.tiff"), tmp_path, link)
    assert len(archive.requests) == 1
    assert list(files(tmp_path).values()) == [DATA[:37]]


def test_an_interrupted_request_is_no_failure_of_the_object(archive, link, tmp_path):
    answers = iter([False])
    object.__setattr__(link, "stopped", lambda: next(answers, True))
    archive.faults = {0: ServiceError("interrupted")}
    with pytest.raises(Stopped):
        bring(Batch((archive.job("measurement/a.tiff"),)), tmp_path, link)


def test_patience_ends_and_what_has_arrived_waits_for_the_next_run(archive, link, tmp_path):
    archive.faults = {0: lambda data: data[:40]} | {n: ServiceError("no route") for n in range(1, 9)}
    job = archive.job("measurement/a.tiff")
    with pytest.raises(ServiceError, match="no route"):
        transfer(job, tmp_path, link)
    assert sum(link.tell) == 0
    (left,) = files(tmp_path)
    assert left.startswith("P.SAFE/measurement/.a.tiff.")
    archive.faults.clear()
    record = transfer(job, tmp_path, link)
    assert archive.requests[-1][1] == 40
    assert (record.moved, record.reused) == (60, False)
    assert files(tmp_path) == WHOLE


def test_a_part_of_another_version_is_cleared_away(archive, link, tmp_path):
    archive.faults = {0: lambda data: data[:40]} | {n: ServiceError("no route") for n in range(1, 9)}
    with pytest.raises(ServiceError):
        transfer(archive.job("measurement/a.tiff"), tmp_path, link)
    archive.faults.clear()
    archive.objects["eodata/S1/P.SAFE/measurement/a.tiff"] = b"new" * 30
    assert transfer(archive.job("measurement/a.tiff"), tmp_path, link).moved == 90
    assert files(tmp_path) == {"P.SAFE/measurement/a.tiff": b"new" * 30}


def test_a_garbled_part_is_noticed(archive, link, tmp_path):
    archive.faults = {0: lambda data: data[:40]} | {n: ServiceError("no route") for n in range(1, 9)}
    job = archive.job("measurement/a.tiff")
    with pytest.raises(ServiceError):
        transfer(job, tmp_path, link)
    (left,) = (tmp_path / "P.SAFE" / "measurement").iterdir()
    left.write_bytes(b"\0" * 40)
    archive.faults.clear()
    transfer(job, tmp_path, link)
    assert files(tmp_path) == WHOLE


def test_a_part_that_is_being_written_is_left_alone(archive, link, tmp_path):
    from phistac.retrieval.parts import part

    job = archive.job("measurement/a.tiff")
    with part(tmp_path / "P.SAFE" / "measurement" / "a.tiff", job.object) as other:
        other.write(DATA[:50])
        assert transfer(job, tmp_path, link).moved == 100
        assert other.path.exists()
    assert files(tmp_path) == WHOLE


def test_an_object_that_changes_on_the_way_is_never_mixed(archive, link, tmp_path):
    job = archive.job("measurement/a.tiff")
    archive.faults = {0: lambda data: data[:40]}
    archive.objects["eodata/S1/P.SAFE/measurement/a.tiff"] = bytes(100)
    with pytest.raises(ChangedObjectError, match="ETag"):
        transfer(job, tmp_path, link)
    assert files(tmp_path) == {}


def test_another_size_is_another_object(archive, link, tmp_path):
    job = archive.job("measurement/a.tiff", etag=None, size=99)
    with pytest.raises(ChangedObjectError, match="100 bytes, planned were 99"):
        transfer(job, tmp_path, link)


def test_a_manifest_that_does_not_fit_the_archive_is_said_to_be_at_fault(archive, link, tmp_path):
    with pytest.raises(ChecksumError, match=r"a\.tiff has 100 bytes, its manifest promises 43\. The manifest does not"):
        transfer(archive.job("measurement/a.tiff", size=43), tmp_path, link)
    assert files(tmp_path) == {}


def test_an_empty_object_that_the_server_lacks_is_not_made_up(archive, link, tmp_path):
    archive.objects["eodata/S1/P.SAFE/ghost"] = b""
    job = archive.job("ghost", etag=None)
    transfer(job, tmp_path / "there", link)
    del archive.objects["eodata/S1/P.SAFE/ghost"]
    with pytest.raises(NotFoundError, match="ghost"):
        transfer(job, tmp_path / "gone", link)
    assert files(tmp_path) == {"there/P.SAFE/ghost": b""}


def test_a_full_disk_leaves_nothing(archive, link, tmp_path, monkeypatch):
    from phistac.retrieval.parts import Part

    def write(self, chunk):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Part, "write", write)
    with pytest.raises(DiskFullError, match=r"a\.tiff"):
        transfer(archive.job("measurement/a.tiff"), tmp_path, link)
    assert files(tmp_path) == {}


def test_a_place_that_cannot_be_written_says_so(archive, link, tmp_path):
    (tmp_path / "P.SAFE").write_text("a file where the folder should be")
    with pytest.raises(TransferError, match="cannot be written"):
        transfer(archive.job("measurement/a.tiff"), tmp_path, link)


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a/../../b", "", "C:x", "a\\b"])
@pytest.mark.parametrize("product", ["..", "P.SAFE"])
def test_names_never_leave_the_folder(archive, link, tmp_path, path, product):
    archive.objects[f"eodata/S1/P.SAFE/{path}"] = b"evil"
    job = archive.job(path, product=product)
    if product == "P.SAFE" and path == "":
        return  # the product is this single object
    with pytest.raises(UnsafePathError):
        transfer(job, tmp_path / "out", link)
    assert files(tmp_path) == {}


def test_a_link_that_leaves_the_folder_is_not_followed(archive, link, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "P.SAFE").mkdir(parents=True)
    (tmp_path / "out" / "P.SAFE" / "measurement").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafePathError, match="link"):
        transfer(archive.job("measurement/a.tiff"), tmp_path / "out", link)
    assert files(tmp_path) == {}


def test_a_batch_goes_on_after_a_failure_and_says_which(archive, link, tmp_path):
    jobs = [archive.job("manifest.safe"), archive.job("measurement/a.tiff")]
    del archive.objects["eodata/S1/P.SAFE/manifest.safe"]
    first, second = bring(Batch(tuple(jobs)), tmp_path, link)
    assert first == Failure("P.SAFE", "manifest.safe", NotFoundError.kind, "there is no eodata/S1/P.SAFE/manifest.safe")
    assert second.path == "measurement/a.tiff"


@pytest.mark.parametrize("fatal", [CredentialsRejectedError("no"), DiskFullError("no")])
def test_a_batch_ends_where_every_object_would_fail(archive, link, tmp_path, fatal):
    archive.faults = {0: fatal}
    with pytest.raises(type(fatal)):
        bring(Batch((archive.job("measurement/a.tiff"), archive.job("manifest.safe"))), tmp_path, link)
    assert len(archive.requests) == 1


def test_a_stopped_job_keeps_what_has_arrived(archive, link, tmp_path):
    answers = iter([False, False, False, True])
    object.__setattr__(link, "stopped", lambda: next(answers))
    with pytest.raises(Stopped):
        bring(Batch((archive.job("measurement/a.tiff"),)), tmp_path, link)
    (left,) = files(tmp_path).values()
    assert left == DATA[:12]
