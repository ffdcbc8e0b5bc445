"""s5cmd: a whole folder, with its defaults or with no more than so many transfers at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from _protocol import serve


def work(product, out, s3, at_once):
    program = str(Path(sys.executable).parent / "s5cmd")
    keys = {"AWS_ACCESS_KEY_ID": s3["key"], "AWS_SECRET_ACCESS_KEY": s3["secret"], "AWS_REGION": "default"}
    workers = ["--numworkers", str(at_once)] if at_once else []
    parts = ["--concurrency", "1"] if at_once else []
    command = [program, "--endpoint-url", s3["endpoint"], *workers, "cp", *parts, f"s3://{product}/*", f"{out}/"]
    began = time.perf_counter()
    done = subprocess.run(command, env=os.environ | keys, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"exit code {done.returncode}, {len(done.stderr.splitlines())} errors")
    return {"seconds": seconds}


serve(work)
