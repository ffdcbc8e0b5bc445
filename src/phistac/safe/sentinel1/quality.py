"""Quality of an image, as its processor judged it: raw data, replica, Doppler, statistics of the pixels."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phistac.errors import FormatError
from phistac.safe.sentinel1.values import TimeArray, records, times
from phistac.safe.xml import floats, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.safe.sentinel1.values import Records
    from phistac.safe.xml import Element

__all__ = ["Quality", "quality"]

_FLAGS = {"true": True, "false": False}
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """What the block ``qualityInformation`` of an annotation says.

    Attributes
    ----------
    index : float
        0 where nothing was found wrong.
    azimuth_time : datetime64[ns] array, shape (n,)
        Since when a judgement holds; most images have one.
    values : mapping of str to array of shape (n,)
        The fields of the block in the style of Python: ``i_bias``, ``output_data_mean_re``,
        ``doppler_centroid_uncertain_flag``; float64, int64, bool or text.
    """

    index: float
    azimuth_time: TimeArray
    values: Mapping[str, np.ndarray[Any, Any]]


def quality(root: Element) -> Quality:
    """Read the quality block from a parsed annotation; raises FormatError where records differ in what they say."""
    found = records(root, "qualityInformation/qualityDataList/qualityData")
    (index,) = floats(text(root, "qualityInformation/productQualityIndex"))
    fields = {_name(path): _column(found, path) for path in _leaves(found) if path != "azimuthTime"}
    return Quality(index, times(found, "azimuthTime"), fields)


def _leaves(found: Records) -> list[str]:
    """Return the paths of what the first record says."""
    first = None if found.container is None else found.container.find(found.name)
    if first is None:
        raise FormatError("the annotation has no quality information")
    tree = first.getroottree()
    start = len(tree.getelementpath(first)) + 1
    return [tree.getelementpath(each)[start:] for each in first.iter() if not len(each)]


def _name(path: str) -> str:
    """Return the name of a field: the last part of its path, and the one before where it is a part of a number.

    >>> _name("imageQuality/imageStatistics/outputDataStdDev/re"), _name("rawDataAnalysisQuality/iqGainImbalance")
    ('output_data_std_dev_re', 'iq_gain_imbalance')
    """
    *above, last = path.split("/")
    words = f"{above[-1]}_{last}" if last in {"re", "im"} and above else last
    return _WORD.sub("_", words).lower()


def _column(found: Records, path: str) -> np.ndarray[Any, Any]:
    texts = found.texts(path)
    if all(each in _FLAGS for each in texts):
        return np.array([_FLAGS[each] for each in texts])
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return np.array([kind(each) for each in texts])
    return np.array(texts)
