"""Shares, contributions and differences are exact: recounted with fractions, halves away from 0."""

import random
from decimal import Decimal
from fractions import Fraction

from xihu_platform.brain.exact import (
    Change,
    class_excess,
    contribution_of,
    region_excess,
    share_of,
)

RANDOM = random.Random(20261123)


def away(value: Fraction, decimals: int) -> Decimal:
    """Rounded half away from zero with whole numbers alone."""
    scaled = abs(value) * 10**decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return plain(whole if value >= 0 else -whole, decimals)


def plain(whole: int, decimals: int) -> Decimal:
    """Whole units of the last digit as a Decimal, without the rounding of a context."""
    return Decimal((int(whole < 0), tuple(map(int, str(abs(whole)))), -decimals))


def amount() -> Decimal:
    """Money of up to thirty digits, small counts, and zeros."""
    kind = RANDOM.choice(("money", "count", "none"))
    if kind == "none":
        return Decimal(0)
    digits = RANDOM.randint(1, 30 if kind == "money" else 3)
    return plain(RANDOM.randint(0, 10**digits), RANDOM.choice((0, 2, 8)))


def parts() -> list[Change]:
    return [Change(amount(), amount()) for _ in range(RANDOM.randint(1, 30))]


def added(many: list[Change]) -> Change:
    now = sum((Fraction(one.now) for one in many), Fraction(0))
    before = sum((Fraction(one.before) for one in many), Fraction(0))
    return Change(_exact(now), _exact(before))


def _exact(value: Fraction) -> Decimal:
    found = plain(int(value * 10**8), 8)
    assert Fraction(found) == value
    return found


def growth(one: Change) -> Fraction:
    return (Fraction(one.now) - Fraction(one.before)) / Fraction(one.before) * 100


def test_the_contributions_of_the_parts_add_up_to_the_growth_of_the_whole() -> None:
    for _ in range(50):
        _check_contributions([*parts(), Change(Decimal(1), Decimal(1))])


def _check_contributions(many: list[Change]) -> None:
    whole = added(many)
    exact = [
        (Fraction(one.now) - Fraction(one.before)) / Fraction(whole.before) * 100 for one in many
    ]
    assert sum(exact) == growth(whole)
    for one, wanted in zip(many, exact, strict=True):
        assert contribution_of(one.now, one.before, whole.before) == away(wanted, 2)
        share = Fraction(one.now) / Fraction(whole.now) * 100
        assert share_of(one.now, whole.now) == away(share, 1)


def test_what_regions_and_classes_add_to_a_difference_adds_up_to_it() -> None:
    for _ in range(50):
        _check_differences([*parts(), Change(Decimal(3), Decimal(2))])


def _check_differences(here: list[Change]) -> None:
    above = [added([one, Change(amount(), amount())]) for one in here]
    whole, total = added(here), added(above)
    difference = growth(whole) - growth(total)
    base, top = Fraction(whole.before), Fraction(total.before)
    regions = [Fraction(p.before) / base * (growth(p) - growth(total)) for p in here if p.before]
    regions += [Fraction(p.now) / base * 100 for p in here if not p.before]
    assert sum(regions) == difference
    classes = [
        (Fraction(p.step) / base - Fraction(q.step) / top) * 100
        for p, q in zip(here, above, strict=True)
    ]
    assert sum(classes) == difference
    told = [p for p in here if p.before] + [p for p in here if not p.before]
    for part, wanted in zip(told, regions, strict=True):
        assert region_excess(part, whole, total) == away(wanted, 2)
    for part, wide, wanted in zip(here, above, classes, strict=True):
        assert class_excess(part, whole, wide, total) == away(wanted, 2)


def test_a_half_is_rounded_away_from_zero() -> None:
    assert contribution_of(Decimal("0.00005"), Decimal(0), Decimal(1)) == Decimal("0.01")
    assert contribution_of(Decimal(0), Decimal("0.00005"), Decimal(1)) == Decimal("-0.01")
    assert share_of(Decimal("0.0005"), Decimal(1)) == Decimal("0.1")


def test_nothing_is_divided_by_a_whole_that_is_not_above_zero() -> None:
    one = Change(Decimal(1), Decimal(1))
    empty = Change(Decimal(1), Decimal(0))
    assert share_of(Decimal(1), Decimal(0)) is None
    assert share_of(Decimal(1), Decimal(-1)) is None
    assert contribution_of(Decimal(1), Decimal(0), Decimal(0)) is None
    assert region_excess(one, empty, one) is None
    assert class_excess(one, one, one, empty) is None
