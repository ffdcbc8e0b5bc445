"""tifffile's Zarr store over an s3fs file, both with their defaults."""

from __future__ import annotations

import time

import numpy as np
import s3fs
import tifffile
import zarr
from _protocol import digest, s3fs_options, serve


def work(path, region, s3):
    line, lines, pixel, width = region
    began = time.perf_counter()
    archive = s3fs.S3FileSystem(**s3fs_options(s3))
    with archive.open(path) as file, tifffile.TiffFile(file) as tiff:
        image = zarr.open(tiff.series[0].aszarr(), mode="r")
        opened = time.perf_counter()
        values = image[line : line + lines, pixel : pixel + width]
        done = time.perf_counter()
    if values.dtype.names is None and values.dtype.kind != "c":  # two int16 for each sample
        pairs = values.view(np.int16).reshape(*values.shape[:2], 2)
        values = pairs[..., 0] + 1j * pairs[..., 1].astype("complex64")
    return {"open": opened - began, "read": done - opened, **digest(values)}


serve(work)
