"""Sketches of real loads: which fields have one, what is in it, and when it goes."""

import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.contracts import PSEUDONYM, Part, document, field
from tests.entries import take_over_all
from tests.province import NOW
from tests.test_catalog.sharing.test_requests import HEALTH
from xihu_catalog.duplicates import sketches
from xihu_catalog.duplicates.models import ValueSketchRow
from xihu_catalog.duplicates.overlap import overlap_band
from xihu_catalog.duplicates.sketches import usable_sketches
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
        node = open_node(Settings(data_dir=folder / "data"), clock=lambda: NOW)
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


def test_only_what_may_be_compared_has_a_sketch_of_the_digests_of_its_values(room: Room) -> None:
    room.load("jt_stops", [*names(0, 300), " STATION 7 ", ""])
    room.load("sj_stops", names(240, 5000))
    room.load_people(60)
    done = room.run()
    made = {(one.dataset, one.field) for one in done if one.made}
    stops = {("jt_stops", "code"), ("jt_stops", "stop_name")}
    others = {("sj_stops", "code"), ("sj_stops", "stop_name")}
    people = {("jy_people", "no"), ("jy_people", "school")}
    assert made == stops | others | people
    assert not [one.fault for one in done if one.fault is not None]
    rows = room.rows()
    assert rows.keys() >= made and not {key for key in rows if key[1] in {"phone", "mobile"}}
    usable = usable_sketches(
        room.services.node.database, room.services.catalogue.contracts.all().values()
    )
    mine, theirs = usable["jt_stops", "stop_name"], usable["sj_stops", "stop_name"]
    assert list(mine.digests) == sorted(digest(room, one) for one in names(0, 300))
    assert mine.is_complete and not theirs.is_complete
    assert list(theirs.digests) == sorted(digest(room, one) for one in names(240, 5000))[:SIZE]
    assert overlap_band(mine, theirs) == "some"  # 60 of 300
    assert sorted(room.logged()) == sorted(name for name, _ in made)


def test_the_same_again_reads_nothing_and_new_data_is_read_once(room: Room) -> None:
    room.load("jt_stops", names(0, 60))
    services = room.services
    assert are_sketches_due(services.node, services.catalogue)
    assert room.run()
    before = room.logged()
    assert not are_sketches_due(services.node, services.catalogue)
    assert room.run() == [] and room.logged() == before
    room.load("jt_stops", names(0, 70))
    assert {one.field for one in room.run()} == {"code", "stop_name"}
    assert len(room.rows()["jt_stops", "stop_name"].digests or b"") == 70 * 8


def test_without_an_assessment_nothing_is_kept(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.load("jt_stops", names(0, 60))
    assert room.run() and room.rows()
    in_force: list[ImpactAssessment | None] = [None]
    monkeypatch.setattr(module, "assessment_of", lambda _what, _today: in_force[0])
    services = room.services
    assert are_sketches_due(services.node, services.catalogue)
    assert room.run() == [] and not room.rows()
    assert not are_sketches_due(services.node, services.catalogue)
    assert len(room.logged()) == 2


def test_an_assessment_is_in_force_on_its_days_alone() -> None:
    found = assessment_of("value_overlap", date(2026, 1, 5))
    assert found is not None and found.id == "IA-2026-01"
    assert assessment_of("value_overlap", date(2026, 1, 4)) is None
    assert assessment_of("value_overlap", found.valid_to) == found
    assert assessment_of("value_overlap", date(2029, 1, 1)) is None


def test_a_field_that_is_graded_higher_is_no_longer_compared(room: Room) -> None:
    room.load("jt_stops", names(0, 60))
    room.run()
    contracts = room.services.catalogue.contracts.all()
    mine = contracts["jt_stops"]
    raised = replace(
        mine,
        fields=tuple(
            replace(one, grade="L3") if one.name == "stop_name" else one for one in mine.fields
        ),
    )
    database = room.services.node.database
    assert ("jt_stops", "stop_name") in usable_sketches(database, [mine])
    assert ("jt_stops", "stop_name") not in usable_sketches(database, [raised])
    assert sketches.drop_sketches(database, sketches.comparable_fields([raised])) == 1
    assert room.rows().keys() == {("jt_stops", "code")}


def test_a_sketch_of_erased_data_is_not_used_and_goes(room: Room) -> None:
    room.load("jt_stops", names(0, 60))
    room.run()
    services, database = room.services, room.services.node.database
    contracts = services.catalogue.contracts.all().values()
    snapshot = room.rows()["jt_stops", "code"].snapshot
    with transaction(database) as session:
        session.add(
            ErasureRow(
                dataset="jt_stops", snapshot_id=snapshot, ground="判决", erased_on=NOW.date()
            )
        )
    assert not usable_sketches(database, contracts)
    with transaction(database) as session:
        session.execute(update(ValueSketchRow).values(snapshot=snapshot))
    assert sketches.drop_sketches(database, sketches.comparable_fields(contracts)) == 2
