"""The hand-written table against the decision, and against the listing in the catalogue entry."""

from collections import Counter
from dataclasses import replace
from datetime import date

from tests.province import Province
from tests.test_portals.decisions.table import (
    CASE,
    PEOPLE,
    PURPOSES,
    Expected,
    ask,
    principal,
    purpose_pairs,
    read_table,
)
from xihu_platform.access.decision import Deny
from xihu_platform.access.policy import Purpose

TABLE = read_table()
DATASETS = sorted({v.dataset for v in TABLE})


def test_every_combination_stands_exactly_once() -> None:
    counted = Counter((v.dataset, v.person, v.purpose) for v in TABLE)
    assert [key for key, n in counted.items() if n > 1] == []
    wanted = {
        (dataset, person, purpose)
        for dataset in DATASETS
        for person in PEOPLE
        for purpose in (("duty", "case") if person == "qian-expired" else PURPOSES)
    }
    assert set(counted) == wanted


def test_the_table_covers_every_grade_and_class(province: Province) -> None:
    policies = [province.services.catalogue.policy(name) for name in DATASETS]
    assert len(policies) >= 8
    assert {f.grade for p in policies for f in p.fields} == {"L1", "L2", "L3", "L4"}
    # 不予共享 needs a law that expressly forbids sharing, and that of no demo dataset does.
    assert {p.share_class for p in policies} == {"unconditional", "conditional"}
    assert {p.open_class for p in policies} == {"unconditional", "restricted", "banned"}


def test_every_field_has_its_decision(province: Province) -> None:
    for decided in TABLE:
        known = {f.name for f in province.services.catalogue.policy(decided.dataset).fields}
        assert decided.whole or set(decided.fields) == known, decided
        assert not (decided.whole and decided.fields), decided


def test_the_catalogue_entry_lists_the_decisions(province: Province) -> None:
    for person in PEOPLE:
        mine = [v for v in TABLE if v.person == person]
        urls = [(f"/api/v1/datasets/{v.dataset}", purpose_pairs(v.purpose, person)) for v in mine]
        for decided, answer in zip(mine, ask(province, person, urls), strict=True):
            if person == "qian-expired":
                assert answer.status_code == 404  # the position is not held any more
                continue
            assert answer.status_code == 200, answer.text
            assert listed(answer.json()) == said(decided), decided


def listed(entry: dict[str, object]) -> dict[str, str] | str:
    reason, fields = entry.get("reason"), entry["fields"]
    if isinstance(reason, dict):
        assert fields == []
        return str(reason["code"])
    assert isinstance(fields, list)
    return {
        f["name"]: f"refused:{f['reason']['code']}" if f["reason"] else f["treatment"]
        for f in fields
    }


def said(decided: Expected) -> dict[str, str] | str:
    return decided.whole or dict(decided.fields)


def test_a_position_that_has_ended_gives_no_rights_even_where_it_is_still_claimed(
    province: Province,
) -> None:
    chen = province.official("chen", "chen-yb")
    assert chen.position is not None
    past = replace(chen, position=replace(chen.position, valid_to=date(2025, 12, 31)))
    for dataset in DATASETS:
        for purpose in (Purpose("duty"), Purpose("case", CASE)):
            decision = province.services.gateway.decide(past, dataset, purpose)
            assert isinstance(decision, Deny)
            assert decision.reason.code == "no_position"


def test_a_text_that_is_no_ground_is_no_case(province: Province) -> None:
    for number in (None, "", " ", "\u3000", "哈哈", ".", "\u200b", "XH-2026-000999"):
        decision = province.services.gateway.decide(
            principal(province, "chen-yb"), "yb_hospital_visits", Purpose("case", number)
        )
        assert isinstance(decision, Deny)
        told = (number or "").strip()
        assert decision.reason.code == ("ground_unknown" if told else "case_needed")
