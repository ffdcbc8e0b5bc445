"""Somebody else spends the same account and knows nothing of our slots: the service alone tells us."""

from __future__ import annotations

import contextlib
import http.client
import threading
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from phistac.remote.files.filesystem import CdseFileSystem, filesystem
from phistac.remote.ranges.ranges import fetch
from phistac.safe.byteranges import ByteRange

READ = """
from concurrent.futures import ThreadPoolExecutor
from phistac.remote.files.filesystem import filesystem
fs = filesystem()
with ThreadPoolExecutor(4) as pool:
    print(sum(map(len, pool.map(fs.cat_file, [f"eodata/many/f{n:02d}" for n in range(40)] * 3))))
"""


@contextlib.contextmanager
def foreign_connections(cdse, count):
    """Send a signed request on each of some sockets and keep them open."""
    parts = urlsplit(cdse.settings.s3_url)
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            connection = http.client.HTTPConnection(parts.netloc, timeout=20)
            stack.callback(connection.close)
            signed = AWSRequest("GET", f"{cdse.settings.s3_url}/eodata/many/f00")
            keys = Credentials(cdse.config.access_key, cdse.config.secret_key)
            S3SigV4Auth(keys, "s3", "default").add_auth(signed)
            connection.request("GET", "/eodata/many/f00", headers=dict(signed.headers.items()))
            assert connection.getresponse().read()
        yield


@pytest.mark.parametrize("over_limit", ["429", "503", "403", "refuse"])
def test_three_of_four_connections_are_taken(start, big, over_limit):
    cdse = start(over_limit=over_limit)
    fs = CdseFileSystem()
    with foreign_connections(cdse, 3):
        assert fetch(fs, [ByteRange("big", 0, len(big))], root="eodata") == [big]
    assert fs.cat_file("eodata/big", start=0, end=9) == big[:9]


@pytest.mark.parametrize("over_limit", ["429", "refuse"])
def test_all_our_processes_learn_of_it_and_none_hammers(start, script, small, over_limit):
    cdse = start(over_limit=over_limit)
    with foreign_connections(cdse, 2):
        others = [script(READ) for _ in range(3)]
        with contextlib.ExitStack() as stack:
            for other in others:
                stack.enter_context(other)
            total = str(3 * sum(map(len, small.values())))
            assert [other.stdout.read().strip() for other in others] == [total] * 3
        seen = cdse.counters()
        # From four connections to three to two: at each step those under way at that moment, at most, were refused.
        # Who is hung up on asks once more at once.
        assert 1 <= seen.refused <= (8 if over_limit == "429" else 16)
        assert seen.requests - seen.refused >= 360
        assert filesystem().budget.free <= 2


def test_all_four_are_taken_for_a_while(start, script, small):
    cdse = start()
    with contextlib.ExitStack() as stack:
        others = [script(READ) for _ in range(3)]
        strangers = stack.enter_context(contextlib.ExitStack())
        strangers.enter_context(foreign_connections(cdse, 4))
        ended = threading.Timer(4, strangers.close)
        ended.start()
        for other in others:
            stack.enter_context(other)
        total = str(3 * sum(map(len, small.values())))
        assert [other.stdout.read().strip() for other in others] == [total] * 3
        ended.join()
    assert cdse.counters().refused <= 20
