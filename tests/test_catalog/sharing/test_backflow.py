"""Backflow: what the list returns to a department, of which rows, and what stays closed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from tests.province import Province, make_province
from tests.test_catalog.registry.test_agreement import change, registry
from tests.test_catalog.registry.test_damaged import forget
from tests.test_platform.access.test_decision import (
    GRANT,
    GROUND,
    OPEN,
    OTHER,
    OWN_GROUND,
    POLICY,
    ask,
    machine,
    official,
    reason,
    shown,
)
from xihu_catalog.registry import backflow as listed
from xihu_catalog.registry.backflow import flows
from xihu_catalog.registry.check import check_registry
from xihu_catalog.sharing import backflow
from xihu_catalog.sharing.backflow import sync_backflow
from xihu_platform.access.decision import Allow, RowFilter
from xihu_platform.access.models import GrantRow
from xihu_platform.access.policy import Grant, Purpose, ShareRule
from xihu_platform.access.query import Filter, RowQuery
from xihu_platform.audit.logged import read_logged
from xihu_platform.audit.models import AuditEntry, AuditPin
from xihu_platform.database import transaction
from xihu_platform.errors import Refused
from xihu_platform.words import Text

__all__ = ["registry"]  # a fixture
RETURNED = Grant(
    "BF-1", "d", OTHER, frozenset(), Text("职责", "duty"), date(2026, 1, 1), date(9999, 12, 31),
    kind="backflow",
)  # fmt: skip
CASES, DUTY = "zw_service_cases", Purpose("duty")
REFUSED = "refused:case_needed"


def test_a_department_below_reads_its_own_regions_rows_at_l1_and_l2() -> None:
    decision = ask(official(region="330106"), "duty", grants=(RETURNED,))
    assert shown(decision) == {
        "open": "clear",
        "low": "clear",
        "name": REFUSED,
        "plain3": REFUSED,
        "sick": REFUSED,
        "subject": REFUSED,
        "firm": "clear",
    }
    assert isinstance(decision, Allow)
    assert decision.rows == (RowFilter("county", ("330106",)),)
    assert decision.basis.en == "Order 809 art. 24, backflow BF-1"
    assert decision.basis.zh == "《政务数据共享条例》第二十四条，回流 BF-1"


def test_who_is_not_named_or_not_any_more_is_refused_as_today() -> None:
    elsewhere = replace(RETURNED, organisation="119800000000000000")
    ended = replace(RETURNED, valid_to=date(2026, 11, 22))
    for grants in ((), (elsewhere,), (ended,)):
        assert reason(ask(official(), "duty", grants=grants)) == "grant_needed"


def test_what_cannot_be_confined_or_may_not_be_shared_is_not_returned() -> None:
    nowhere = replace(POLICY, region_field=None)
    assert reason(ask(official(), "duty", nowhere, grants=(RETURNED,))) == "grant_needed"
    closed = replace(POLICY, share_class="refused")
    assert reason(ask(official(), "duty", closed, grants=(RETURNED,))) == "share_refused"
    sums = replace(POLICY, rules=frozenset({"aggregate_only"}))
    assert reason(ask(official(), "duty", sums, grants=(RETURNED,))) == "aggregate_only"


def test_no_condition_of_the_provider_binds_l1_and_l2_and_each_case_binds_the_rest() -> None:
    bound, both = replace(POLICY, rules=frozenset({"per_case"})), (RETURNED, GRANT)
    fields = shown(ask(official(region="330106"), "duty", bound, grants=both))
    assert {name for name, how in fields.items() if how == "clear"} == {"open", "low", "firm"}
    assert (fields["name"], fields["sick"]) == (REFUSED, REFUSED), "the request is bound as ever"
    assert reason(ask(official(), "duty", bound, grants=(GRANT,))) == "per_case"
    two = ask(official(), "case", bound, case="N1", grants=(RETURNED,), ground=GROUND)
    assert reason(two) == "one_subject"


def test_a_machine_and_a_pipeline_have_no_more() -> None:
    assert shown(ask(machine(), "duty", grants=(RETURNED,)))["low"] == "clear"
    for who, purpose in ((machine(), "duty"), (machine(), "internal")):
        fields = shown(ask(who, purpose, grants=(RETURNED,)))  # type: ignore[arg-type]
        assert {fields[one] for one in ("name", "plain3", "sick", "subject")} == {REFUSED}


def test_a_ground_opens_l3_and_l4_of_its_subjects_of_that_region_alone() -> None:
    found = ask(
        official(region="330106"), "case", case="N1", subject=1, grants=(RETURNED,), ground=GROUND
    )
    assert isinstance(found, Allow)
    assert found.rows == (RowFilter("subject", ("s1_a",)), RowFilter("county", ("330106",)))
    fields = shown(found)
    assert (fields["name"], fields["sick"], fields["subject"]) == ("clear", "clear", "rekey")
    none = ask(official(), "case", case="N1", grants=(RETURNED,), ground=OWN_GROUND)
    assert reason(none) == "ground_unknown"


def test_beside_a_request_each_gives_what_it_gives() -> None:
    both = (RETURNED, GRANT)
    fields = shown(ask(official(region="330106"), "duty", grants=both))
    assert (fields["name"], fields["plain3"], fields["low"]) == ("mask", REFUSED, "clear")
    case = ask(official(region="330106"), "case", case="N1", grants=both, ground=GROUND)
    assert isinstance(case, Allow)
    assert case.rows == (RowFilter("subject", ("s1_a", "s1_b")),), "by the request, as ever"
    assert shown(case)["plain3"] == "refused:not_granted"


def test_a_request_of_something_else_takes_nothing_from_what_is_returned() -> None:
    """Under a ground whose item needs none of what was requested."""
    other = replace(GRANT, id="G-other", fields=frozenset({"elsewhere"}))
    alone = ask(official(region="330106"), "case", case="N1", grants=(RETURNED,), ground=GROUND)
    beside = ask(
        official(region="330106"), "case", case="N1", grants=(RETURNED, other), ground=GROUND
    )
    assert isinstance(alone, Allow) and isinstance(beside, Allow)
    assert (shown(beside), beside.rows) == (shown(alone), alone.rows)


def test_the_log_says_what_a_read_rested_on_and_nothing_else() -> None:
    per_case = replace(GRANT, rules=frozenset({"per_case"}))
    read = ask(official(region="330106"), "duty", grants=(RETURNED, per_case))
    assert isinstance(read, Allow)
    assert RETURNED.id in read.basis.zh and GRANT.id not in read.basis.zh
    case = ask(
        official(region="330106"), "case", case="N1", grants=(RETURNED, GRANT), ground=GROUND
    )
    assert isinstance(case, Allow)
    assert GRANT.id in case.basis.zh and RETURNED.id not in case.basis.zh


def test_a_request_on_conditions_is_bound_by_them_beside_what_is_returned() -> None:
    """What is returned is L1 and L2: it lifts no condition from a field above."""
    rules: tuple[ShareRule, ...] = ("aggregate_only", "per_case")
    for rule in rules:
        bound = replace(GRANT, rules=frozenset({rule}))
        fields = shown(ask(official(region="330106"), "duty", grants=(RETURNED, bound)))
        alone = shown(ask(official(region="330106"), "duty", grants=(bound,)))
        assert fields["name"] == alone["name"] != "mask", rule
        assert (fields["open"], fields["low"]) == ("clear", "clear")
        inside = shown(ask(machine(), "internal", grants=(RETURNED, bound)))
        assert inside["name"].startswith("refused:"), rule


def test_what_is_open_to_anybody_stays_open() -> None:
    fields = shown(ask(official(region="330106"), "duty", OPEN, grants=(RETURNED,)))
    assert (fields["open"], fields["low"], fields["sick"]) == (
        "clear",
        "clear",
        "refused:above_shared",
    )


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    yield from make_province(tmp_path_factory.mktemp("backflow"))


def test_rows_of_the_district_come_and_no_others(province: Province) -> None:
    gateway, chen = province.services.gateway, province.official("chen", "chen-xihu")
    page = gateway.read_page(chen, CASES, DUTY, RowQuery(fields=("case_no", "county_code")))
    assert page.table.num_rows > 20
    assert set(page.table["county_code"].to_pylist()) == {"330106"}
    other = RowQuery(fields=("case_no",), filters=(Filter("county_code", "eq", "330110"),))
    assert gateway.read_page(chen, CASES, DUTY, other).table.num_rows == 0
    with pytest.raises(Refused) as refused:
        gateway.read_page(chen, CASES, DUTY, RowQuery(fields=("applicant_name",)))
    assert refused.value.reason.code == "case_needed"
    with transaction(province.services.node.database) as session:
        query = select(AuditEntry.body, AuditPin.body).join(
            AuditPin, AuditPin.digest == AuditEntry.pin
        )
        found = session.execute(query.where(AuditEntry.seq == page.citation.audit_entry)).one()
    said = read_logged(*found)
    assert (said.basis, said.purpose) == ("《政务数据共享条例》第二十四条，回流 BF-2026-01", "duty")
    for who in ("shen", "tang", "sun"):
        with pytest.raises(Refused) as refused:
            gateway.read_page(province.official(who), CASES, DUTY, RowQuery(fields=("case_no",)))
        assert refused.value.reason.code == "grant_needed"


def test_an_entry_that_is_taken_out_is_refused_at_the_next_decision(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway, chen = province.services.gateway, province.official("chen", "chen-xihu")
    database = province.services.node.database
    find = province.services.catalogue.contracts.find

    def ids() -> set[str]:
        with transaction(database) as session:
            return set(session.scalars(select(GrantRow.id).where(GrantRow.kind == "backflow")))

    assert ids() == {"BF-2026-01", "BF-2026-02", "BF-2026-03"}, "none for what returns nothing"
    before = gateway.policy_version.read()
    sync_backflow(database, find)
    assert gateway.policy_version.read() == before, "the same again changes nothing"
    left = tuple(one for one in flows() if one.id != "BF-2026-01")
    with monkeypatch.context() as patch:
        patch.setattr(backflow, "flows", lambda: left)
        sync_backflow(database, find)
    assert ids() == {"BF-2026-02", "BF-2026-03"}
    with monkeypatch.context() as patch:  # a line that the check of the registry refuses
        own_level = replace(left[0], to="11339900100102741M")
        patch.setattr(backflow, "flows", lambda: (own_level, *left[1:]))
        patch.setattr(listed, "flows", lambda: (own_level, *left[1:]))
        sync_backflow(database, find)
    assert left[0].id not in ids(), "a province office is not below the province"
    with pytest.raises(Refused) as refused:
        gateway.read_page(chen, CASES, DUTY, RowQuery(fields=("case_no",)))
    assert refused.value.reason.code == "grant_needed"
    sync_backflow(database, find)
    assert gateway.read_page(chen, CASES, DUTY, RowQuery(fields=("case_no",))).table.num_rows > 20


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("dataset: zw_service_cases", "dataset: zw_service", "no contract of the dataset zw_serv"),
        ('to: "113399001001548082"', 'to: "11339900100100000X"', "is not in organisations.yaml"),
        ('to: "113399001001548082"', 'to: "11339900100102741M"', "of an area below"),
        ("id: BF-2026-02", "id: BF-2026-01", "BF-2026-01 is there twice"),
    ],
)
def test_a_line_that_cannot_be_is_told_at_load(
    registry: object, before: str, after: str, said: str
) -> None:
    line = change(registry, "backflow.yaml", before, after)  # type: ignore[arg-type]
    forget()
    found = [one for one in check_registry({}) if one.file == "backflow.yaml"]
    assert any(said in one.text.en for one in found), [one.to("en") for one in found]
    assert all(one.line >= 1 for one in found) and line > 1


def test_a_dataset_that_names_no_region_cannot_be_in_the_list(registry: object) -> None:
    marked = "          - {property: region, value: true}\n"
    change(registry, f"contracts/{CASES}.odcs.yaml", marked, "")  # type: ignore[arg-type]
    forget()
    found = [one.text.en for one in check_registry({}) if one.file == "backflow.yaml"]
    assert [one for one in found if f"BF-2026-01: {CASES} has no field of the region" in one]
