"""The history of a dataset's quality: each load by its own record, not by what came after it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from tests.province import NOW, Province
from xihu_catalog.quality.history import MeasuredDataset
from xihu_catalog.quality.models import Load
from xihu_catalog.quality.scorecard import next_steps, scorecards, trend_of
from xihu_platform.access.disputed import CorrectionMarkRow
from xihu_platform.database import transaction
from xihu_platform.matters.models import DefinitionRow, MatterRow

DATASET = "sg_permits"


@pytest.fixture
def loads(province: Province) -> Iterator[Load]:
    """Three loads before the newest: one that was stopped, a correction, one of a lost contract."""
    with transaction(province.services.node.database) as session:
        row = session.scalars(select(Load).where(Load.dataset == DATASET)).one()
        for change in (
            {"id": "made-1", "started_at": NOW - timedelta(days=40), "rule_counts": {}},
            {"id": "made-2", "started_at": NOW - timedelta(days=3), "snapshot_id": None},
            {"id": "made-3", "started_at": NOW - timedelta(days=2), "corrects": "made-1"},
            {"id": "made-4", "started_at": NOW - timedelta(days=41), "contract_digest": "0" * 64},
        ):
            session.add(_copy(row, change))
    yield row
    with transaction(province.services.node.database) as session:
        session.execute(delete(Load).where(Load.id.startswith("made-")))


def _copy(row: Load, change: dict[str, Any]) -> Load:  # Any: columns
    names = [column.key for column in Load.__mapper__.column_attrs]
    said = {name: getattr(row, name) for name in names} | change
    return Load(**said | {"finished_at": said["started_at"]})


def measured(province: Province, who: str = "sg-steward") -> MeasuredDataset:
    services = province.services
    contract = services.catalogue.contracts.get(DATASET)
    return services.quality().measure(contract, province.official(who))


def test_each_load_has_the_values_of_its_own_record(province: Province, loads: Load) -> None:
    found = {one.load_id: one for one in measured(province).history}
    assert found.keys() == {loads.id, "made-1", "made-2", "made-4"}
    clean = found["made-1"].measures
    assert all(clean[one].passed == clean[one].checked for one in ("conformity", "accuracy"))
    assert found["made-4"].measures["accuracy"].gap is not None
    assert [one.load_id for one in found.values() if one.stopped] == ["made-2"]


def test_loads_before_the_publication_are_the_departments_own(
    province: Province, loads: Load
) -> None:
    assert [one.load_id for one in measured(province, "zhou").history] == [loads.id]


def test_a_load_that_was_stopped_is_not_in_the_course(province: Province, loads: Load) -> None:
    course = measured(province).course("conformity")
    assert [one.load_id for one in course] == ["made-1", loads.id]


def test_the_trend_compares_this_month_with_the_month_before(
    province: Province, loads: Load
) -> None:
    one = measured(province)
    trend = trend_of([one], "conformity", NOW)
    failed = sum(
        loads.rule_counts.get(check.id, 0) for check in one.history[0].measures["conformity"].checks
    )
    assert trend.before == 1
    assert trend.now is not None
    assert failed > 0
    assert trend.points is not None and trend.points < 0


def test_a_month_without_a_load_has_no_trend(province: Province) -> None:
    trend = trend_of([measured(province)], "conformity", NOW)
    assert (trend.before, trend.points) == (None, None)


def test_the_next_steps_are_the_checks_that_fail_most(province: Province) -> None:
    steps = next_steps(measured(province), limit=99)
    shares = [step.check.share for step in steps]
    assert shares == sorted(shares)
    assert all(step.check.failed for step in steps)


def test_datasets_of_a_department_begin_with_the_worst(province: Province) -> None:
    one = measured(province)
    better = replace(one, now={name: replace(m, checks=()) for name, m in one.now.items()})
    (card,) = scorecards([better, one])
    assert card.datasets == (one, better)


def test_requests_for_correction_are_shown_beside_accuracy(province: Province) -> None:
    database = province.services.node.database
    assert measured(province).now["accuracy"].informative == ()
    with transaction(database) as session:
        definition = session.scalars(
            select(DefinitionRow.version).where(DefinitionRow.kind == KIND)
        ).first()
        for at, outcome in enumerate(("done", "refused", "refused", "withdrawn", None)):
            session.add(_matter(at, outcome, definition or 0))
        session.flush()
        for at in range(5):
            session.add(_mark(at, "permit_no"))
        session.add(_mark(1, "firm_name"))
    try:
        (informative,) = measured(province).now["accuracy"].informative
    finally:
        with transaction(database) as session:
            session.execute(delete(CorrectionMarkRow).where(CorrectionMarkRow.matter >= MADE))
            session.execute(delete(MatterRow).where(MatterRow.id >= MADE))
    assert (informative.passed, informative.checked) == (2, 3)


KIND, MADE = "correction_request", 9_000_000_000


def _matter(at: int, outcome: str | None, definition: int) -> MatterRow:
    return MatterRow(
        id=MADE + at,
        kind=KIND,
        definition=definition,
        state="corrected",
        version=1,
        region="330000",
        opened_at=NOW,
        outcome=outcome,
    )


def _mark(at: int, field: str) -> CorrectionMarkRow:
    return CorrectionMarkRow(
        dataset=DATASET,
        key=[str(at)],
        digest=f"{at:064}",
        field=field,
        snapshot_id=1,
        matter=MADE + at,
        placed_at=NOW,
        lifted_at=NOW,
    )
