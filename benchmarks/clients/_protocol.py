"""How a client talks with the harness: a request as JSON on stdin, an answer as JSON on stdout."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sys


def serve(work):
    """Do one request. What the tool prints goes to stderr; the answer alone goes to stdout."""
    request = json.load(sys.stdin)
    answers = os.dup(1)
    os.dup2(2, 1)
    answer = work(**request)
    with os.fdopen(answers, "w") as stream:
        json.dump(answer, stream)


def load(*modules):
    """Import what a tool would import at its first use: no tool is timed for its imports."""
    for module in modules:
        importlib.import_module(module)


def digest(pixels):
    """Hash pixels as complex64, so that tools that read the same samples agree."""
    plain = pixels.astype("complex64").reshape(pixels.shape[-2:])
    return {"digest": hashlib.sha256(plain.tobytes()).hexdigest(), "shape": list(plain.shape)}


def gdal_environment(s3):
    """Point GDAL at the sandbox's S3; the first address of a product is asked, and nothing beside it is listed."""
    os.environ.update(
        AWS_S3_ENDPOINT=s3["endpoint"].removeprefix("http://"),
        AWS_HTTPS="NO",
        AWS_VIRTUAL_HOSTING="FALSE",
        AWS_REGION="default",
        AWS_ACCESS_KEY_ID=s3["key"],
        AWS_SECRET_ACCESS_KEY=s3["secret"],
        GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR",
    )


def s3fs_options(s3, **more):
    """Return the storage options that lead s3fs to the sandbox."""
    return {"key": s3["key"], "secret": s3["secret"], "client_kwargs": {"endpoint_url": s3["endpoint"]}, **more}
