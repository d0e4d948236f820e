"""A dataset that loads add to: what earlier loads left open stays on the steward's list."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.province import Province
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Entry, LoadSummary
from xihu_catalog.quality.whole import Whole
from xihu_portals.official import cockpit

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def whole(name: str, days: int, aside: int, corrected: int = 0) -> Whole:
    at = NOW - timedelta(days=days)
    load = LoadSummary(name, 1, at, "f.csv", 100, 100 - aside, aside, {}, {}, {}, {})
    return Whole(load, corrected=corrected)


@pytest.mark.parametrize(
    ("mode", "found", "said", "href"),
    [
        ("replace", [whole("b", 1, 0), whole("a", 2, 9)], "", ""),
        ("append", [whole("b", 1, 0), whole("a", 2, 0)], "", ""),
        ("append", [whole("b", 1, 3), whole("a", 2, 0)], "最近一次装载有 3 条", "/loads/b"),
        ("append", [whole("b", 1, 0), whole("a", 2, 9, 2)], "1 次装载共 7 条", "#quality"),
        ("append", [whole("b", 1, 3), whole("a", 2, 9)], "2 次装载共 12 条", "#quality"),
        ("append", [whole("b", 1, 3), whole("a", 40, 9)], "最近一次装载有 3 条", "/loads/b"),
    ],
)
def test_what_is_open_of_loads_that_stand_is_on_the_list(
    province: Province,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    found: list[Whole],
    said: str,
    href: str,
) -> None:
    who = visitor(province, province.official("sun"), official=True)
    entry = province.services.catalogue.get_entry("rs_social_insurance")
    loading = replace(entry.contract.loading, mode=mode)  # type: ignore[arg-type]  # a mode
    contract: Contract = replace(entry.contract, loading=loading)
    monkeypatch.setattr(cockpit, "wholes", lambda *_: found)
    needs = cockpit._quarantine_needs(who, Entry(contract, entry.heartbeat))
    assert [said in str(one.line) and one.href.endswith(href) for one in needs] == [True] * bool(
        said
    )
