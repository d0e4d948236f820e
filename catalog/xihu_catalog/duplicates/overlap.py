"""How much of one field's values is among another's, estimated from sketches and shown as a band.

The estimate is that of bottom-k sketches (Cohen and Kaplan, PODC 2007): digests under the smaller
of both greatest ones are a uniform sample of the different values of both.
"""

from typing import Literal

import numpy as np

from xihu_platform.access.sketches import Digests, ValueSketch

Band = Literal["nearly_all", "most", "half"]
FEWEST = 200
"""Different values that a field has at least: fewer are a list of codes, which repeat anywhere."""
SAMPLE = 50
"""Values of the smaller field in the sample, at least: of fewer nothing is said."""
BANDS: tuple[tuple[float, Band], ...] = ((0.95, "nearly_all"), (0.70, "most"), (0.30, "half"))
"""The share from which a band begins. Below the last of them nothing is said, as where fields are
not compared: that one value is there or not must show in no band."""


def overlap_band(one: ValueSketch, other: ValueSketch) -> Band | None:
    """The share of the field with fewer values that the other has; None where it is small or not
    known."""
    if len(one.digests) < FEWEST or len(other.digests) < FEWEST:
        return None
    top = min(_top(one), _top(other))
    ours, theirs = one.digests[one.digests <= top], other.digests[other.digests <= top]
    fewer = min(len(ours), len(theirs))
    if fewer < SAMPLE:
        return None
    both = len(np.intersect1d(ours, theirs, assume_unique=True))
    return next((band for least, band in BANDS if both / fewer >= least), None)


def _top(sketch: ValueSketch) -> np.uint64:
    """Up to here every different value has its digest in the sketch."""
    return _LARGEST if sketch.is_complete else sketch.digests[-1]


_LARGEST = np.uint64(2**64 - 1)


def to_bytes(digests: Digests) -> bytes:
    return digests.astype("<u8").tobytes()


def from_bytes(content: bytes) -> Digests:
    return np.frombuffer(content, "<u8").astype(np.uint64)
