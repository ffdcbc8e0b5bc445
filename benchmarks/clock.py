"""Timing: several ways to do one thing, in turns, the best of each. Noise only ever adds."""

from __future__ import annotations

import gc
import math
import time

__all__ = ["best_of", "in_turns"]


def in_turns(rounds, **ways):
    """Call every way once a round, and return the fewest seconds of each by name, with its last result."""
    best = dict.fromkeys(ways, math.inf)
    results = {}
    for _ in range(rounds):
        for name, way in ways.items():
            results.pop(name, None)
            gc.collect()
            gc.freeze()  # or it would look, while the clock runs, through what the other ways have left
            began = time.perf_counter()
            results[name] = way()
            best[name] = min(best[name], time.perf_counter() - began)
            gc.unfreeze()
    return best, results


def best_of(samples, key):
    """Return the sample with the least of ``key``; samples that are errors only if there are no others."""
    good = [sample for sample in samples if not isinstance(sample, Exception)]
    return min(good, key=key) if good else samples[0]
