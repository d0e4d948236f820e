"""Data folders with contracts in the database open: of before the calendar was there, and after."""

import asyncio
import json
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select

from tests.province import Province
from tests.test_catalog.harvest.portal import Portal, run
from tests.test_catalog.services.test_cases import Office, handlers
from tests.test_upgrade.opened import HERE, check_log, opened
from xihu_catalog.contracts.entries import CatalogueEntryRow, find_entry, unpublished
from xihu_catalog.contracts.headers import ContractRow
from xihu_catalog.datasets.drafts import EntryDrafts
from xihu_catalog.drafting.remembered import census_scans, census_tables
from xihu_catalog.duplicates.models import ValueSketchRow
from xihu_catalog.exchange.records import exchange_sealing, get_exchange
from xihu_catalog.reports.check import check_report
from xihu_catalog.subscriptions.service import Subscriptions
from xihu_catalog.voices.shown import list_voices
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.access.uses import list_uses
from xihu_platform.clock import civil_date
from xihu_platform.credentials.register import find_credential
from xihu_platform.database import transaction
from xihu_platform.identity.people import list_mandates
from xihu_platform.identity.sessions import find_session
from xihu_platform.matters.command import Command
from xihu_platform.statute.published import read_calendar
from xihu_portals.api.known_lineage import known_lineage
from xihu_portals.api.reports import report_of

# Any: what the program before said, as JSON.
Said = dict[str, Any]
OWN, EXCHANGED, SUBSCRIBED = "fg_power_kept", "zr_land_parcels", "jx_industrial_output"


SINCE = frozenset({"rs_insured_months", "tj_household_survey"})
"""What the demo's registry has more than the oldest of these folders: drafts there."""
FIRST, NEWEST = "data-0.3", ("data-1.7", "data-1.8")
BETWEEN = [*(f"data-0.{n}" for n in range(4, 10)), *(f"data-1.{n}" for n in range(7))]
"""Tried by `make harness`."""
FOLDERS = [FIRST, *(pytest.param(one, marks=pytest.mark.harness) for one in BETWEEN), *NEWEST]


@pytest.fixture(scope="module", params=FOLDERS)
def folder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def said(folder: str) -> Said:
    found: Said = json.loads((HERE / f"{folder}.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def before(folder: str, said: Said, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    now = datetime.fromisoformat(said["now"])
    yield from opened(folder, tmp_path_factory.mktemp("before"), now)


def test_the_log_verifies_and_covers_every_entry(before: Province, said: Said) -> None:
    found = check_log(before)
    assert found.holds, found.text.en
    assert found.size >= said["entries"]


def test_every_dataset_has_its_rows_in_the_same_snapshot(before: Province, said: Said) -> None:
    services = before.services
    for name, rows in said["totals"].items():
        snapshot = services.gateway.snapshot(services.catalogue.policy(name))
        assert (snapshot.rows, str(snapshot.id)) == (rows, said["snapshots"][name])


def test_a_departments_contract_is_in_force_and_its_rules_mean_the_same(
    before: Province, said: Said
) -> None:
    contract = before.services.catalogue.contracts.get(OWN)
    assert contract.digest == said["contract"]
    assert {rule.severity for rule in contract.all_rules} <= {"quarantine", "block", "note"}


def test_every_entry_is_published_as_it_was(before: Province, folder: str) -> None:
    """Taken over from before entries were written down; reviewed under a matter since then."""
    services, reviewed = before.services, folder >= "data-1.2"
    contracts, lake = services.catalogue.contracts.all(), services.node.lake
    loaded = {name for name, one in contracts.items() if lake.find_snapshot(one.table) is not None}
    waiting = unpublished(services.node.database).keys()
    assert waiting == contracts.keys() - loaded if reviewed else waiting <= {OWN, *SINCE}
    with transaction(services.node.database) as session:
        rows = session.scalars(select(CatalogueEntryRow)).all()
    assert {row.dataset for row in rows} >= set(contracts)
    known = {
        (row.state, row.taken_over, row.matter is None)
        for row in rows
        if row.dataset in loaded and (reviewed or row.dataset not in {OWN, *SINCE})
    }
    assert known == {("published", not reviewed, not reviewed)}


def test_the_entry_of_a_department_is_as_it_was(before: Province, folder: str) -> None:
    """Published by itself before entries were written down; a draft then, and reviewed since."""
    own = find_entry(before.services.node.database, OWN)
    assert own is not None
    assert own.state == ("draft" if folder == "data-1.1" else "published")


def test_each_contract_in_force_has_its_resource_code(before: Province) -> None:
    contracts = before.services.catalogue.contracts.all()
    with transaction(before.services.node.database) as session:
        rows = session.execute(select(ContractRow.dataset, ContractRow.resource_code)).all()
    assert dict(rows) == {name: contract.resource_code for name, contract in contracts.items()}


def test_the_calendar_is_there_from_the_first_start(before: Province) -> None:
    calendar = read_calendar(before.services.node.database)
    assert 2026 in calendar.versions
    assert calendar.is_working_day(date(2026, 10, 1)) == (False, False)


def test_a_metric_has_the_same_values(before: Province, said: Said) -> None:
    url = "/api/v1/brain/metrics/industrial_output/query?level=province&latest=3"

    async def ask() -> list[list[object]]:
        async with before.client() as client:
            points = (await client.get(url)).json()["points"]
        return [[p["period"], p["region"], p["value"]] for p in points]

    assert asyncio.run(ask()) == said["metrics"]["industrial_output"]


def test_session_uses_and_grants_hold(before: Province, said: Said) -> None:
    wang = before.citizen("wang")
    assert wang.subject is not None
    listed = [use.seq for use in list_uses(before.services.gateway, wang.subject)]
    assert [seq for seq in listed if seq < said["entries"]] == said["uses"]
    with transaction(before.services.node.database) as session:
        row = find_session(session, "citizen", said["cookie"], before.services.node.clock())
        assert row is not None and row.person == wang.id
    page = before.services.gateway.read_page(
        before.official("sun", "sun-rs"),
        "rs_social_insurance",
        Purpose("case", "XH-2026-000124"),
        RowQuery(),
        limit=10,
    )
    assert 0 < page.table.num_rows == page.total
    assert check_log(before).holds


def test_an_open_matter_goes_on_under_its_own_rules(before: Province, said: Said) -> None:
    told = said.get("matter")
    if told is None:  # folders of before had none open
        return
    matters, chen = before.services.matters, before.official("chen", "chen-yb")
    view = matters.read(chen, told["id"])
    assert (view.number, view.state) == (told["number"], told["state"])
    assert matters.digest(view.id) == told["digest"]
    (due,) = matters.due_dates(view).values()
    assert due.day is not None and due.day.isoformat() == told["due"]
    assert matters.read_texts(chen, view.id)[(1, "reason")] == told["reason"]
    if told.get("disputed"):  # those before named their record in words
        assert disputed(before) == [(0, ("amount_cny",))]
    done = matters.act(chen, view.id, Command("withdraw", "withdrawn-later", version=view.version))
    assert done.state == "withdrawn"
    assert disputed(before) == []


def test_a_case_that_waits_goes_on_and_a_draft_is_as_it_was(before: Province, said: Said) -> None:
    told = said.get("case")
    if told is None:  # folders of before had no services
        return
    services, wang = before.services, before.citizen("wang")
    office = Office(services.node, services.matters, [datetime.fromisoformat(said["now"])])
    view = office.view(told["id"])
    assert (view.number, view.state) == (told["number"], told["state"])
    assert services.matters.digest(view.id) == told["digest"]
    (due,) = services.matters.due_dates(view).values()
    assert due.day is not None and due.day.isoformat() == told["due"]
    (handler, *_) = handlers(office, office.ground(view.id).organisation)
    assert office.act(view.id, handler, "accept") == "in_review"
    assert office.act(view.id, handler, "grant") == "granted"
    draft = services.matters.read_texts(wang, said["draft"])
    assert {text for (_, name), text in draft.items() if name == "f_mobile"} == {"示例内容"}
    office.write_all(said["draft"], "elder_card", wang)
    assert office.act(said["draft"], wang, "submit") == "received"


def test_a_licence_is_valid_and_its_file_the_same(before: Province, said: Said) -> None:
    told = said.get("licence")
    if told is None:
        return
    services = before.services
    with transaction(services.node.database) as session:
        one = find_credential(session, told["token"])
    assert (one.number, one.state) == (told["number"], "valid")
    sealed = services.licence_files.pdf_of(one, services.node.clock())
    assert sha256(sealed).hexdigest() == told["sealed"]


def test_a_mandate_is_in_force_and_its_giver_ends_it(before: Province, said: Said) -> None:
    mandate = said.get("mandate")
    if mandate is None:  # folders of before had none that people gave
        return
    services, now = before.services, datetime.fromisoformat(said["now"])
    mother, named = before.citizen("guiying"), set(mandate["services"])

    def acting() -> set[str]:
        with transaction(services.node.database) as session:
            known = list_mandates(session, before.citizen("wang").id, civil_date(now))
        return {item for one in known if one.key == mother.subject for item in one.items}

    assert named <= acting()
    office = Office(services.node, services.matters, [now])
    assert office.act(mandate["matter"], mother, "withdraw") == "withdrawn"
    assert named.isdisjoint(acting())


def test_entries_of_other_catalogues_and_edits_of_them_are_as_they_were(
    before: Province, said: Said
) -> None:
    harvested = said.get("harvested")
    if harvested is None:  # folders of before had none
        return
    database = before.services.node.database
    found = before.services.entries.find_many(list(harvested))
    assert {one: facts.title.zh for one, facts in found.items()} == harvested
    assert "公交站点" in harvested.values()
    portal = Portal()
    portal.add("bus_stops", "Bus stops and their names")
    portal.add("benches", "Benches")
    done = run(database, portal, now=datetime.fromisoformat(said["now"]))
    assert (done.new, done.changed, done.same) == (0, 1, 1)
    again = before.services.entries.find_many(list(harvested))
    assert {one: facts.title.zh for one, facts in again.items()} == harvested


def test_a_batch_exchange_has_its_target_and_password_and_ends(
    before: Province, said: Said
) -> None:
    exchange = said.get("exchange")
    if exchange is None:  # folders of before had none
        return
    services, hua = before.services, before.official("hua")
    node, number = services.node, exchange["number"]
    found = get_exchange(node.database, number, exchange_sealing(node.keyring))
    assert found.password == "made-for-the-next"
    assert found.place == "db.example.gov.cn:5432/land public.parcels"
    view = services.matters.read(hua, exchange["matter"])
    assert view.state == exchange["state"]
    article = "《政务数据共享条例》第二十七条"
    end = Command("end", "ended-later", reason="系统停用", article=article, version=view.version)
    services.matters.act(hua, view.id, end)
    assert get_exchange(node.database, number).password is None


def test_a_subscription_goes_on(before: Province, said: Said) -> None:
    subscription = said.get("subscription")
    if subscription is None:
        return
    services, wang = before.services, before.citizen("wang")
    mine = Subscriptions(services.node.database, services).list_of(wang)
    known = [(one.id, one.kind, one.subject, one.state) for one in mine]
    assert known == [(subscription["id"], "late", subscription["subject"], "active")]


def test_a_draft_of_an_entry_is_in_its_newest_version(before: Province, said: Said) -> None:
    draft = said.get("entry_draft")
    if draft is None:
        return
    sun = before.official("sun")
    assert sun.position is not None
    node = before.services.node
    drafts = EntryDrafts(node.database, sun.position.organisation, node.clock)
    found = drafts.find("bus-stops")
    assert found is not None
    assert (found.id, found.number, dict(found.content)) == tuple(draft.values())
    assert [number for number, _author, _since in drafts.versions(found.id)] == [2, 1]


def test_a_census_and_the_sketches_are_as_they_were(before: Province, said: Said) -> None:
    if "census" not in said:  # folders of before had none
        return
    services = before.services
    database, provider = services.node.database, services.catalogue.policy(EXCHANGED).provider
    (scanned,) = census_scans(database, [provider])
    tables = [one.names.table for one in census_tables(database, [provider], 10)]
    assert (scanned.connection, scanned.tables) == ("land", 2)
    assert sorted(tables) == said["census"]
    with transaction(database) as session:
        rows = session.execute(select(ValueSketchRow.dataset, ValueSketchRow.field)).all()
    assert {tuple(one) for one in said["sketches"]} <= {tuple(row) for row in rows}


def test_a_report_of_what_changed_goes_on_from_the_one_before(before: Province, said: Said) -> None:
    """The attestation is no longer in the registry's list: it is removed, and reported so."""
    told = said.get("report")
    if told is None:
        return
    services, report = before.services, report_of(before.services)
    head = report.begin(services.node.settings.base_url, "330000", told["marker"])
    lines = b"".join(report.chunks(head, "superior")).splitlines(keepends=True)
    checked = check_report(lines, services.signer.public_key)
    assert checked.previous == told["marker"]
    changes = [json.loads(line) for line in lines[1:-1]]
    assert told["attested"] in [one["id"] for one in changes if one.get("removed")]


def test_a_comment_is_shown_and_an_erased_one_stays_erased(before: Province, said: Said) -> None:
    told = said.get("voices")
    if told is None:
        return
    services, wang = before.services, before.citizen("wang")
    with transaction(services.node.database) as session:
        shown = list_voices(session, services.matters.texts, SUBSCRIBED)
    assert [(one.id, one.text) for one in shown] == [(told["shown"], told["text"])]
    version = services.matters.read(wang, told["shown"]).version
    down = Command("take_down", "taken-down-later", version=version)
    assert services.matters.act(wang, told["shown"], down).state == "erased"
    assert told["text"] not in services.matters.read_texts(wang, told["erased"]).values()


def test_a_run_that_a_department_reported_is_in_its_lineage(before: Province, said: Said) -> None:
    told = said.get("reported")
    if told is None:
        return
    steward = before.official("jx-steward")
    graph = known_lineage(before.services.known_to(steward), steward)
    outside = [one.id for one in graph.nodes.values() if told["namespace"] in one.id]
    assert len(outside) == 1
    read = {one.source for one in graph.edges if one.target == outside[0]}
    assert [one for one in read if told["dataset"] in one]


def disputed(before: Province) -> list[tuple[int, tuple[str, ...]]]:
    """The marked fields of the first penalty, as anybody sees it."""
    page = before.services.gateway.read_page(
        before.anonymous, "fg_penalties", Purpose("open"), RowQuery(), limit=1
    )
    return [(one.row, one.fields) for one in page.disputed]
