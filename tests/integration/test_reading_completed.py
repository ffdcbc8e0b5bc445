"""Real annotations, measurement files of their real size and layout: windows read over S3 are what the files hold."""

from __future__ import annotations

import numpy as np
import xarray as xr

from phistac.sandbox import Sandbox
from phistac.sandbox.archive import pattern

WINDOWS = (  # product, group, first line, first sample: in the lines that hold pixels
    ("_IW_SLC__1SDV_20250406T022008_", "IW1/VV", 4 * 1502 + 751, 11_000),
    ("_IW_SLC__1SDV_20250406T022008_", "IW3/VH", 8 * 1518 + 759, 12_000),
    ("_EW_SLC__1SDH_20210403T122536_", "EW1/HH", 16 * 1168 + 584, 4_000),
    ("_S3_SLC__1SDV_20210401T152855_", "S3/VH", 36_890, 18_900),
    ("_IW_GRDH_1SDV_20220621T075323_", "IW/VV", 0, 0),
)


def _expected(kind, lines, samples):
    if kind == "u":
        return pattern.detected_pixels(lines, samples)
    pairs = np.ascontiguousarray(pattern.complex_pixels(lines, samples), "float32")
    return pairs.view("complex64")[..., 0]


def test_a_window_holds_what_the_file_holds(real_data, tmp_path):
    (tmp_path / "products").mkdir()
    for part in {window[0] for window in WINDOWS}:
        (folder,) = (real_data / "safe" / "sentinel-1").glob(f"*{part}*.SAFE")
        (tmp_path / "products" / folder.name).symlink_to(folder)
    with Sandbox(tmp_path / "products", complete_measurements=True, latency_s=0.001, rate=0) as cdse:
        places = {path.name: path.relative_to(cdse.root / "s3") for path in cdse.root.glob("s3/eodata/**/*.SAFE")}
        for part, group, line, pixel in WINDOWS:
            place = next(path for name, path in places.items() if part in name)
            with xr.open_dataset(f"cdse://{place}", engine="safe", group=group) as image:
                window = image["measurement"][line : line + 2, pixel : pixel + 50].to_numpy()
            expected = _expected(window.dtype.kind, np.arange(line, line + 2), np.arange(pixel, pixel + 50))
            written = [row for row in range(2) if window[row].any()]
            assert written, group
            np.testing.assert_array_equal(window[written], expected[written])
