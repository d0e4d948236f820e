"""Who is told a metric: anybody a public one, an office in force any, on which article."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from xihu_platform.access.decision import Allow, Deny
from xihu_platform.access.metric_decision import decide_metric
from xihu_platform.identity.principal import ANONYMOUS, Duty, Position, Principal
from xihu_platform.words import Text

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


def official(duty: Duty = "handler", **said: object) -> Principal:
    position = Position("p", "职", "post", "B", "乙", "B", "330106", frozenset({duty}))
    known = Principal(kind="official", id="o", level=3, position=position, portal="official")
    return replace(known, **said)  # type: ignore[arg-type]


CITIZEN = Principal(kind="citizen", id="c", level=3, portal="citizen")
SYSTEM = official(kind="system", portal=None)


@pytest.mark.parametrize("who", [ANONYMOUS, CITIZEN, official(), official("auditor"), SYSTEM])
def test_a_public_metric_is_for_anybody(who: Principal) -> None:
    decided = decide_metric(who, "d", "public", now=NOW)
    assert isinstance(decided, Allow)
    assert decided.basis == Text("公开指标", "a public metric")
    assert (decided.rows, decided.fields, decided.recipient) == ((), (), "public")


@pytest.mark.parametrize("who", [official(), official("steward"), official("auditor"), SYSTEM])
def test_an_official_metric_is_for_any_office(who: Principal) -> None:
    decided = decide_metric(who, "d", "official", now=NOW)
    assert isinstance(decided, Allow)
    assert decided.basis == Text("《政务数据共享条例》第二十五条", "Order 809 art. 25")
    assert decided.recipient == "organisation:B"


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (ANONYMOUS, "officials_only"),
        (CITIZEN, "officials_only"),
        (official(position=None), "officials_only"),
        (official(portal="citizen"), "portal"),
        (official(level=1), "office_level"),
    ],
)
def test_nobody_else_is_told_an_official_metric(who: Principal, reason: str) -> None:
    decided = decide_metric(who, "d", "official", now=NOW)
    assert isinstance(decided, Deny)
    assert decided.reason.code == reason
