"""No canary leaves by any exit, header, message, log line, order, total or file beside the data."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from tests.test_portals.decisions.canaries import (
    CLOSED,
    FORMULA,
    HIGH,
    LOW,
    NEVER,
    OPEN,
    ROWS,
    SET_ASIDE,
    TOP,
    World,
    forbidden,
    forms,
    make_world,
    may_see,
)
from tests.test_portals.decisions.exits import from_csv, from_xlsx
from tests.test_portals.decisions.gather import (
    Heard,
    all_that_is_logged,
    as_json,
    through_the_api,
    through_the_catalogue,
    through_the_portals,
)
from tests.test_portals.decisions.table import ask, purpose_pairs
from xihu_catalog.quality.models import Load
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.sql import Statement

pytestmark = pytest.mark.harness


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with all_that_is_logged() as lines:
        for made in make_world(tmp_path_factory.mktemp("canaries") / "data"):
            known = made.province.services.metrics
            known["canaries"] = replace(
                known["aid_recipients"], id="canaries", dataset=CLOSED, dimensions=()
            )
            yield made
    assert escaped("\n".join(lines).encode(), set()) == []


@pytest.fixture(scope="module")
def everything(world: World) -> list[Heard]:
    return [
        *through_the_api(world),
        *through_the_catalogue(world),
        *through_the_portals(world),
    ]


def escaped(content: bytes, seen: set[tuple[int, str]]) -> list[tuple[int, str]]:
    """The canaries, in any of their forms, that `content` holds and may not hold."""
    return [
        place
        for value, place in forbidden(seen).items()
        if any(form in content for form in forms(value))
    ]


@pytest.mark.timeout(300)  # whichever test comes first asks every exit
def test_no_canary_is_heard_by_whom_it_is_not_meant_for(everything: list[Heard]) -> None:
    assert len(everything) > 3000
    leaks = [
        (h.person, h.what, escaped(h.content, set(h.seen)))
        for h in everything
        if escaped(h.content, set(h.seen))
    ]
    assert leaks == []


def test_nothing_fails_for_a_fault_of_the_program(everything: list[Heard]) -> None:
    assert [(h.person, h.what) for h in everything if h.status >= 500] == []


def test_whoever_may_see_a_value_does(everything: list[Heard]) -> None:
    """Else the canaries might be missing everywhere, and the test above would prove nothing."""
    said = {(h.person, h.what): h for h in everything}
    for person, what in (
        ("sun", f"{CLOSED} duty csv"),
        ("sun", f"{CLOSED} case rows"),
        ("wang", f"{OPEN} own xlsx"),
        ("chen-xihu", f"{OPEN} duty parquet"),
        ("dept-yb", f"{OPEN} duty arrow"),
    ):
        found = said[person, what]
        assert found.status == 200
        for row, field in found.seen:
            if ROWS[row][field] != FORMULA:  # escaped in each format its own way
                written = forms(ROWS[row][field])
                assert field == "birth_date" or any(f in found.content for f in written)


def test_the_pages_are_there_and_show_what_they_may(world: World, everything: list[Heard]) -> None:
    said = {(h.person, h.what): h for h in everything}
    load = next(o.load_id for o in world.outcomes if o.dataset == CLOSED)
    for person, what, value in (
        ("sun", f"/official/loads/{load} html", ROWS[SET_ASIDE]["birth_date"]),
        ("sun", f"/official/loads/{load}/quarantined.csv html", ROWS[SET_ASIDE]["disease"]),
        ("wang", "/my/data html", ROWS[0]["disease"]),
    ):
        found = said[person, what]
        assert found.status == 200, what
        assert value.encode() in found.content, what
    others = [
        h
        for h in everything
        if h.what.endswith("quarantined.csv html") and h.person not in {"sun", "he-rs"}
    ]
    assert {h.status for h in others} <= {303, 403, 409}


def test_no_stored_pseudonym_leaves(world: World, everything: list[Heard]) -> None:
    services = world.province.services
    for dataset in (CLOSED, OPEN):
        snapshot = services.gateway.snapshot(services.catalogue.policy(dataset))
        relation = services.gateway.engine.relation(snapshot)
        table = services.gateway.engine.fetch(
            Statement(f"SELECT citizen_id FROM {relation.sql} ORDER BY {RECORD}")
        )
        for pseudonym in table["citizen_id"].to_pylist():
            assert [h.what for h in everything if pseudonym.encode() in h.content] == []


@pytest.mark.timeout(300)
def test_a_filter_by_a_raw_value_matches_nothing_and_counts_nothing(world: World) -> None:
    for person in ("anonymous", "wang", "sun", "chen-xihu", "chen-yb", "dept-yb", "tang-yb"):
        for dataset in (CLOSED, OPEN):
            for purpose in ("own", "duty", "case"):
                seen = may_see(dataset, person, purpose)
                asked = [
                    f"{field}:{operator}:{ROWS[row][field]}"
                    for row, field in _probed(seen)
                    for operator in ("eq", "in", "contains", "starts")
                ]
                stated = purpose_pairs(purpose, person)
                urls = [
                    (f"/api/v1/datasets/{dataset}/rows", [*stated, ("filter", a)]) for a in asked
                ]
                for probe, answer in zip(asked, ask(world.province, person, urls), strict=True):
                    if answer.status_code == 200:
                        assert as_json(answer)["total"] == 0, (person, dataset, purpose, probe)
                        assert as_json(answer)["rows"] == []
                    else:
                        assert answer.status_code == 403, (probe, answer.text)


def _probed(seen: set[tuple[int, str]]) -> list[tuple[int, str]]:
    """What is asked for about the stranger of the second row; a date has its own test."""
    fields = sorted((HIGH | TOP | NEVER) - {"birth_date"})
    return [(1, field) for field in fields if (1, field) not in seen]


def test_a_range_round_a_masked_date_finds_only_its_year(world: World) -> None:
    stated = purpose_pairs("duty")
    around = [("filter", "birth_date:gt:1971-02-12"), ("filter", "birth_date:lt:1971-02-14")]
    year = [("filter", "birth_date:eq:1971-01-01")]
    url = f"/api/v1/datasets/{CLOSED}/rows"
    day, whole = ask(world.province, "sun", [(url, [*stated, *around]), (url, [*stated, *year])])
    assert as_json(day)["total"] == 0
    assert as_json(whole)["total"] == 2


@pytest.mark.parametrize("field", ["name", "birth_date", "address"])
def test_the_order_tells_nothing_that_the_mask_hides(world: World, field: str) -> None:
    """Rows 2 and 3 look alike when masked: either way they stand in the order of the file."""
    url, stated = f"/api/v1/datasets/{CLOSED}/rows", purpose_pairs("duty")
    urls = [(url, [*stated, ("sort", sign + field), ("limit", "1000")]) for sign in ("", "-")]
    for answer in ask(world.province, "sun", urls):
        rows = as_json(answer)["rows"]
        alike = [row["case_no"] for row in rows if row["case_no"] in {"AJ-0002", "AJ-0003"}]
        assert alike == ["AJ-0002", "AJ-0003"]
        assert any(one[field] == other[field] for one, other in pairwise(rows))


def test_the_cursor_of_a_masked_sort_holds_no_value(world: World) -> None:
    url, stated = f"/api/v1/datasets/{CLOSED}/rows", purpose_pairs("duty")
    for field in ("name", "mobile", "address", "birth_date"):
        pairs = [*stated, ("sort", field), ("limit", "1"), ("fields", "case_no")]
        (answer,) = ask(world.province, "sun", [(url, pairs)])
        cursor = as_json(answer)["next"].partition("cursor=")[2]
        assert escaped(bytes.fromhex(cursor) + cursor.encode(), set()) == []


def test_spreadsheets_get_no_formula(world: World) -> None:
    url, stated = f"/api/v1/datasets/{CLOSED}/download", purpose_pairs("duty")
    text, book = ask(world.province, "sun", [(f"{url}.{f}", stated) for f in ("csv", "xlsx")])
    assert from_csv(text.content)[2]["note"] == f"'{FORMULA}"
    assert from_xlsx(book.content)[2]["办理说明"] == f"'{FORMULA}"


def test_a_profile_or_load_report_holds_no_value(world: World) -> None:
    for outcome in world.outcomes:
        assert outcome.counts.quarantined == 1
        assert len(outcome.rule_counts) == 2
        catalogue = world.province.services.catalogue
        load = catalogue.find_load(catalogue.contracts.get(outcome.dataset), outcome.load_id)
        assert load is not None
        assert escaped(f"{outcome}{load}".encode(), set()) == []
    with transaction(world.province.services.node.database) as session:
        records = [vars(row) for row in session.scalars(select(Load))]
        assert len(records) == 2
        assert escaped(str(records).encode(), set()) == []


def test_the_log_holds_no_value(world: World, everything: list[Heard]) -> None:
    with transaction(world.province.services.node.database) as session:
        bodies = b"\n".join(session.scalars(select(AuditEntry.body)))
    assert bodies.count(b"\n") > 500
    assert escaped(bodies, set()) == []


def test_iceberg_metadata_and_manifests_hold_no_value(world: World) -> None:
    lake = world.province.services.node.lake
    for dataset in (CLOSED, OPEN):
        table = lake.iceberg(f"data.{dataset}")
        told = f"{table.inspect.files().to_pylist()}{table.inspect.manifests().to_pylist()}"
        assert escaped(told.encode() + table.metadata.model_dump_json().encode(), set()) == []
    files = [f for f in lake.folder.rglob("*") if f.suffix in {".json", ".avro", ".db"}]
    assert len(files) >= 6
    assert [f.name for f in files if escaped(f.read_bytes(), set())] == []


def test_what_is_sealed_lies_nowhere_in_the_clear(world: World) -> None:
    """Identity numbers, names masked as they enter, and the record quarantined: in no file."""
    in_the_lake = {(row, field) for row in range(SET_ASIDE) for field in LOW | HIGH | TOP}
    for file in (f for f in world.folder.rglob("*") if f.is_file()):
        content = file.read_bytes()
        if file.suffix == ".parquet" and "/data/canary" in file.as_posix():
            content += str(pq.read_table(file).to_pylist()).encode()
        assert escaped(content, in_the_lake) == [], file
