"""Bands of overlap against sets of values that are known whole."""

import random
from hashlib import sha256

import numpy as np
import pytest

from xihu_catalog.duplicates.overlap import Band, from_bytes, overlap_band, to_bytes
from xihu_platform.access.sketches import SIZE, ValueSketch


def sketch(values: set[int], size: int = SIZE) -> ValueSketch:
    digests = sorted(int(sha256(str(one).encode()).hexdigest()[:16], 16) for one in values)
    return ValueSketch(1, np.array(digests[:size], np.uint64), len(digests) <= size)


@pytest.mark.parametrize(
    ("fewer", "more", "share", "band"),
    [
        (300, 300, 1.0, "nearly_all"),
        (2_000, 50_000, 1.0, "nearly_all"),
        (60_000, 60_000, 0.82, "most"),
        (5_000, 80_000, 0.5, "half"),
        (30_000, 40_000, 0.15, None),
        (3_000, 3_000, 0.0, None),
        (60_000, 90_000, 0.0, None),
    ],
)
def test_a_band_has_the_share_of_the_smaller_field(
    fewer: int, more: int, share: float, band: Band | None
) -> None:
    common = int(fewer * share)
    small, large = set(range(fewer)), set(range(fewer - common, fewer - common + more))
    assert len(small & large) == common
    assert overlap_band(sketch(small), sketch(large)) == band
    assert overlap_band(sketch(large), sketch(small)) == band


def test_of_few_values_and_of_few_in_the_sample_nothing_is_said() -> None:
    codes, many = sketch(set(range(199))), sketch(set(range(10_000)))
    assert overlap_band(codes, codes) is None
    assert overlap_band(codes, many) is None
    more = sketch(set(range(200)))
    assert overlap_band(more, more) == "nearly_all"
    # Two hundred values within a million: four thousand digests of the million meet hardly any.
    assert overlap_band(more, sketch(set(range(300_000)))) is None


def test_estimates_stay_within_a_tenth_of_the_truth() -> None:
    chance = random.Random(26)
    for _ in range(30):
        fewer = chance.randrange(3_000, 20_000)
        more = chance.randrange(fewer, 60_000)
        share = chance.choice([0.17, 0.5, 0.82])
        start = fewer - int(fewer * share)
        one, other = sketch(set(range(fewer))), sketch(set(range(start, start + more)))
        expected = {0.17: None, 0.5: "half", 0.82: "most"}[share]
        assert overlap_band(one, other) == expected, (fewer, more, share)


def test_digests_come_back_as_they_were() -> None:
    made = sketch(set(range(100)))
    assert (from_bytes(to_bytes(made.digests)) == made.digests).all()
    assert len(to_bytes(made.digests)) == 800
