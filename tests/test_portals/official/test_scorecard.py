"""Scorecards of departments: counted again from the load records and the contracts' own files."""

import csv
import io
from collections import Counter
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from tests.entries import unpublished_meanwhile
from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.official.test_oversight import raw
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.quality.models import Load
from xihu_catalog.registry.people import organisation_name
from xihu_platform.database import transaction
from xihu_portals.official.scorecard import ScorecardPage, fill, fill_all
from xihu_portals.web.parts import Link, State, Table

PATH = "/official/scorecards"
RS, ZW, XH = "11339900100102741M", "11339900100123294E", "113399001001548082"
"""Social insurance, service cases, and the civil affairs of a district, which has no data."""


def get(province: Province, path: str, who: str) -> Any:  # Any: a response
    return send(province, Call("GET", path, "", who), "right")


def contract_of(province: Province, dataset: str) -> dict[str, Any]:  # Any: YAML
    contracts = province.services.catalogue.contracts
    digest = contracts.find_digest(dataset)
    assert digest is not None
    return yaml.safe_load(contracts.content(digest))  # type: ignore[no-any-return]


def completeness(province: Province, provider: str) -> tuple[int, int]:
    """Met and made: every field that must be given, of every record of the newest loads."""
    passed = made = 0
    with transaction(province.services.node.database) as session:
        rows = session.scalars(select(Load).where(Load.corrects.is_(None))).all()
    newest = {row.dataset: row for row in sorted(rows, key=lambda row: row.finished_at)}
    for dataset, row in newest.items():
        said = contract_of(province, dataset)
        custom = {one["property"]: one["value"] for one in said["customProperties"]}
        if str(custom["provider"]) != provider:
            continue
        fields = said["schema"][0]["properties"]
        must = [f["name"] for f in fields if f.get("required") or f.get("primaryKey")]
        failed = sum(row.rule_counts.get(f"{name}.required", 0) for name in must)
        unread = ("row.shape", "row.object", "row.digits", "row.error")
        read = row.received - sum(row.rule_counts.get(one, 0) for one in unread)
        passed += read * len(must) - failed
        made += read * len(must)
    return passed, made


@pytest.fixture(scope="module")
def card(province: Province) -> ScorecardPage:
    return fill(visitor(province, province.official("zhou"), official=True), RS)


def floor(passed: int, made: int) -> Decimal:
    return (Decimal(passed * 100) / made).quantize(Decimal("0.1"), ROUND_FLOOR)


@pytest.mark.parametrize("provider", [RS, ZW])
def test_completeness_is_that_of_the_load_records(province: Province, provider: str) -> None:
    page = fill(visitor(province, province.official("zhou"), official=True), provider)
    passed, made = completeness(province, provider)
    assert made > passed > 0
    row = page.together.rows[1]
    assert row[1:4] == (floor(passed, made), made, made - passed)


def test_departments_are_in_the_order_of_their_codes(province: Province) -> None:
    page = fill_all(visitor(province, province.official("zhou"), official=True))
    assert isinstance(page.departments, Table)
    codes = [row[0].href.rpartition("/")[2] for row in page.departments.rows]  # type: ignore[union-attr]
    every = province.services.catalogue.contracts.all().values()
    assert codes == sorted({one.provider for one in every})
    counted = Counter(one.provider for one in every)
    assert [row[1] for row in page.departments.rows] == [counted[code] for code in codes]


def test_a_department_sees_itself_alone(province: Province) -> None:
    page = fill_all(visitor(province, province.official("sun"), official=True))
    assert isinstance(page.departments, Table)
    (row,) = page.departments.rows
    assert row[0] == Link(organisation_name(RS), f"{PATH}/{RS}")
    assert get(province, f"{PATH}/{RS}", "sun").status_code == 200


def test_another_department_is_refused_which_the_log_has(province: Province) -> None:
    before = len(raw(province))
    for path in (f"{PATH}/{ZW}", f"{PATH}/{ZW}/datasets.csv"):
        assert get(province, path, "sun").status_code == 403
    province.services.gateway.refusals.flush(whole=True)
    new = raw(province)[before:]
    assert {one["reason"] for one in new if one["kind"] == "refusal"} == {"scorecard_of_others"}


def test_the_data_authority_sees_every_department_of_its_region(province: Province) -> None:
    assert get(province, f"{PATH}/{ZW}", "luo").status_code == 200


def test_a_department_without_data_has_an_empty_card(province: Province) -> None:
    page = fill(visitor(province, province.official("chen", "chen-xihu"), official=True), XH)
    assert isinstance(page.datasets, State)
    assert page.count == 0


def test_an_organisation_that_there_is_not_is_not_found(province: Province) -> None:
    assert get(province, f"{PATH}/nobody", "zhou").status_code == 404


def test_the_worst_dataset_is_first_and_its_failures_lead_to_the_report(
    card: ScorecardPage,
) -> None:
    assert isinstance(card.datasets, Table) and isinstance(card.steps, Table)
    lowest = [min(v for v in row[1:7] if isinstance(v, Decimal)) for row in card.datasets.rows]
    assert lowest == sorted(lowest)
    where = [row[4] for row in card.steps.rows]
    assert any(isinstance(one, Link) and one.href.startswith("/official/loads/") for one in where)


def test_the_file_has_a_line_for_each_dataset_and_dimension(
    province: Province, card: ScorecardPage
) -> None:
    answer = get(province, f"{PATH}/{RS}/datasets.csv", "zhou")
    assert answer.headers["cache-control"] == "private, no-store"
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(lines) == 6 * card.count
    given = [line for line in lines if line["方面"] == "完整性"]
    passed, made = completeness(province, RS)
    assert sum(int(line["检查次数"]) for line in given) == made
    assert sum(int(line["不符"]) for line in given) == made - passed


def test_what_is_not_published_counts_for_those_alone_who_know_of_it(province: Province) -> None:
    def count(who: str) -> int:
        seen = province.services.known_to(province.official(who))
        person = visitor(province, province.official(who), official=True)
        return fill(type(person)(seen, person.principal, person.frame), RS).count

    before = count("zhou")
    with unpublished_meanwhile(province.services.node.database, "rs_insured_months"):
        assert count("zhou") == before - 1
        assert count("sun") == before
