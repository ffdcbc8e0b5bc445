"""s3fs: a whole folder, with its defaults or with no more than so many transfers at once."""

from __future__ import annotations

import time

import s3fs
from _protocol import s3fs_options, serve


def work(product, out, s3, at_once):
    options = s3fs_options(s3)
    if at_once:
        options["config_kwargs"] = {"max_pool_connections": at_once}
    began = time.perf_counter()
    archive = s3fs.S3FileSystem(**options)
    limits = {"batch_size": at_once, "max_concurrency": 1} if at_once else {}
    archive.get(f"{product}/", out, recursive=True, **limits)
    return {"seconds": time.perf_counter() - began}


serve(work)
