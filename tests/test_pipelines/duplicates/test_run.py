"""Sketches of real loads: which fields have one, what is in it, and when it goes."""

import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.contracts import PSEUDONYM, Part, document, field
from tests.entries import take_over_all
from tests.province import NOW
from tests.test_catalog.sharing.test_requests import HEALTH
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_catalog.duplicates import sketches
from xihu_catalog.duplicates.models import ValueSketchRow
from xihu_catalog.duplicates.overlap import Band, from_bytes
from xihu_catalog.duplicates.sketches import FieldKey, known_overlaps
from xihu_catalog.registry.assessments import ImpactAssessment, assessment_of
from xihu_catalog.schema import upgrade
from xihu_node.services import open_services
from xihu_pipelines.demo.province import settle
from xihu_pipelines.duplicates import run as module
from xihu_pipelines.duplicates.run import SketchDone, are_sketches_due, make_sketches
from xihu_pipelines.ingest.load import load_file
from xihu_platform.access.models import ErasureRow
from xihu_platform.access.sketches import SIZE
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.settings import Settings
from xihu_platform.start import open_node
from xihu_portals.services import Services

OTHER = "11339900100120552F"
NUMBER: dict[str, Any] = {"grade": "L4", **PSEUDONYM, "subjectKey": True}
FIELDS: list[Part] = [
    field("code", key=True),
    field("stop_name", businessName="站点名称", grade="L2"),
    field("phone", grade="L3"),
    field("mobile", grade="L2", identifier="mobile"),
    field("riders", "INTEGER"),
    field("county_code", codeList="divisions", region=True),
]
COUNTIES = ("330102", "330106")


class Room:
    """Two departments with a dataset of stops each, and one about persons."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ahead = timedelta()
        node = open_node(Settings(data_dir=folder / "data"), clock=lambda: NOW + self.ahead)
        upgrade(node.database)
        settle(node)
        self.services: Services = open_services(node)
        store = self.services.catalogue.contracts
        store.publish(document("jt_stops", FIELDS, provider=HEALTH))
        store.publish(document("sj_stops", FIELDS, provider=OTHER))
        person = [field("no", key=True), field("citizen_id", **NUMBER), field("school", grade="L2")]
        store.publish(document("jy_people", person, provider=OTHER, share="conditional"))
        take_over_all(node.database)

    def load(self, dataset: str, names: list[str]) -> None:
        lines = ["code,stop_name,phone,mobile,riders,county_code"]
        lines += [
            f"{n},{name},057187{n % 100_000:06},1390000{n % 10_000:04},{n},{COUNTIES[n % 2]}"
            for n, name in enumerate(names)
        ]
        self._load(dataset, lines)

    def load_people(self, count: int) -> None:
        lines = ["no,citizen_id,school"]
        lines += [f"{n},33010619800101{n:04},学校{n}" for n in range(count)]
        self._load("jy_people", lines)

    def _load(self, dataset: str, lines: list[str]) -> None:
        file = self.folder / f"{dataset}.csv"
        file.write_text("\n".join([*lines, ""]), encoding="utf-8")
        contract = self.services.catalogue.contracts.get(dataset)
        load_file(self.services.node, contract, file)

    def run(self) -> list[SketchDone]:
        services = self.services
        return [
            one
            for one in make_sketches(services.node, services.gateway, services.catalogue)
            if one.dataset in {"jt_stops", "sj_stops", "jy_people"}
        ]

    def rows(self) -> dict[tuple[str, str], ValueSketchRow]:
        with transaction(self.services.node.database) as session:
            found = list(session.scalars(select(ValueSketchRow)))
            session.expunge_all()
        return {(row.dataset, row.field): row for row in found}

    def logged(self) -> list[str]:
        with transaction(self.services.node.database) as session:
            entries = session.execute(select(AuditEntry.dataset, AuditEntry.body)).all()
        said = [(dataset, json.loads(body)) for dataset, body in entries]
        return [name for name, one in said if one.get("exit") == "sketch"]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.services.close()


def digest(room: Room, value: str) -> int:
    """HMAC-SHA-256 by Python's own library."""
    key = room.services.node.keyring.derive("sketch")
    return int(hmac.new(key, value.strip().lower().encode(), sha256).hexdigest()[:16], 16)


def names(first: int, count: int) -> list[str]:
    return [f"Station {n}" for n in range(first, first + count)]


def bands(room: Room) -> dict[tuple[FieldKey, FieldKey], Band]:
    contracts = room.services.catalogue.contracts.all().values()
    return known_overlaps(room.services.node.database, contracts)


PAIR = (("jt_stops", "stop_name"), ("sj_stops", "stop_name"))


def test_only_what_may_be_compared_has_a_sketch_of_the_digests_of_its_values(room: Room) -> None:
    """No key, no identifier, nothing above L2, nothing of persons."""
    room.load("jt_stops", [*names(0, 300), " STATION 7 ", ""])
    room.load("sj_stops", names(150, 5000))
    room.load_people(300)
    done = room.run()
    assert {(one.dataset, one.field) for one in done if one.made} == set(PAIR)
    assert not [one.fault for one in done if one.fault is not None]
    mine, theirs = (room.rows()[key] for key in PAIR)
    assert mine.digests is not None and theirs.digests is not None
    expected = sorted(digest(room, one) for one in names(0, 300))
    assert list(from_bytes(mine.digests)) == expected
    assert (
        list(from_bytes(theirs.digests))
        == sorted(digest(room, one) for one in names(150, 5000))[:SIZE]
    )
    assert mine.is_complete and not theirs.is_complete
    assert bands(room)[PAIR] == "half"  # 150 of 300
    assert sorted(room.logged()) == ["jt_stops", "sj_stops"]


def test_a_band_does_not_follow_what_is_loaded_before_a_month_has_passed(room: Room) -> None:
    """Loading chosen values shows nothing of those of others in the next band."""
    services = room.services
    room.load("jt_stops", names(0, 300))
    room.load("sj_stops", names(150, 1000))
    assert are_sketches_due(services.node, services.catalogue)
    assert room.run() and bands(room)[PAIR] == "half"
    before = room.logged()
    room.load("jt_stops", names(150, 300))
    for days in (0, 29):
        room.ahead = timedelta(days=days)
        assert not are_sketches_due(services.node, services.catalogue)
        assert room.run() == [] and room.logged() == before
        assert bands(room)[PAIR] == "half"
    room.ahead = timedelta(days=30)
    assert are_sketches_due(services.node, services.catalogue)
    assert [(one.dataset, one.field) for one in room.run()] == [PAIR[0]]
    assert bands(room)[PAIR] == "nearly_all"


def test_one_value_more_or_less_shows_in_no_band(room: Room) -> None:
    """Three known values and many invented ones: the target shows in neither answer."""
    room.load("sj_stops", names(0, 1000))
    for target in ("Station 7", "Elsewhere 7"):
        room.load("jt_stops", [*names(0, 3), *(f"Invented {n}" for n in range(300)), target])
        room.run()
        assert PAIR not in bands(room)
        room.ahead += timedelta(days=31)


def test_what_is_not_published_is_not_compared(room: Room) -> None:
    room.load("jt_stops", names(0, 300))
    room.load("sj_stops", names(0, 300))
    database = room.services.node.database
    with transaction(database) as session:
        row = session.get(CatalogueEntryRow, "sj_stops")
        assert row is not None
        row.state = "draft"
    assert [one.dataset for one in room.run()] == ["jt_stops"]
    assert not bands(room)


def test_without_an_assessment_nothing_is_kept(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.load("jt_stops", names(0, 300))
    room.load("sj_stops", names(0, 300))
    assert room.run() and room.rows() and bands(room)
    in_force: list[ImpactAssessment | None] = [None]
    monkeypatch.setattr(module, "assessment_of", lambda _what, _today: in_force[0])
    services = room.services
    assert are_sketches_due(services.node, services.catalogue)
    assert room.run() == [] and not room.rows() and not bands(room)
    assert not are_sketches_due(services.node, services.catalogue)


def test_an_assessment_is_in_force_on_its_days_alone() -> None:
    found = assessment_of("value_overlap", date(2026, 1, 5))
    assert found is not None and found.id == "IA-2026-01"
    assert assessment_of("value_overlap", date(2026, 1, 4)) is None
    assert assessment_of("value_overlap", found.valid_to) == found
    assert assessment_of("value_overlap", date(2029, 1, 1)) is None


def test_a_field_that_is_graded_higher_is_no_longer_compared(room: Room) -> None:
    room.load("jt_stops", names(0, 300))
    room.load("sj_stops", names(0, 300))
    room.run()
    contracts = room.services.catalogue.contracts.all()
    mine, theirs = contracts["jt_stops"], contracts["sj_stops"]
    raised = replace(
        mine,
        fields=tuple(
            replace(one, grade="L3") if one.name == "stop_name" else one for one in mine.fields
        ),
    )
    database = room.services.node.database
    assert PAIR in known_overlaps(database, [mine, theirs])
    assert PAIR not in known_overlaps(database, [raised, theirs])
    assert sketches.drop_sketches(database, sketches.comparable_fields([raised, theirs])) == 1
    assert PAIR[0] not in room.rows()


def test_a_band_of_erased_data_is_not_shown_and_its_sketch_goes(room: Room) -> None:
    room.load("jt_stops", names(0, 300))
    room.load("sj_stops", names(0, 300))
    room.run()
    database = room.services.node.database
    snapshot = room.rows()[PAIR[0]].snapshot
    with transaction(database) as session:
        session.add(
            ErasureRow(
                dataset="jt_stops", snapshot_id=snapshot, ground="判决", erased_on=NOW.date()
            )
        )
    assert PAIR not in bands(room)
    contracts = room.services.catalogue.contracts.all().values()
    assert sketches.drop_sketches(database, sketches.comparable_fields(contracts)) == 1
    assert PAIR[0] not in room.rows()
