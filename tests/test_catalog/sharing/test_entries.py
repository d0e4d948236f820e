"""An entry of the catalogue from its draft to its withdrawal, and who knows of it meanwhile."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from tests.contracts import document, field, refer
from tests.entries import take_over_all
from tests.province import NOW, Province
from tests.settled import settled_data
from tests.test_catalog.sharing.test_requests import AUTHORITY, HEALTH, official
from tests.test_portals.api.callers import Call, Kind, send
from xihu_catalog.contracts.entries import find_entry, unpublished
from xihu_catalog.contracts.headers import ContractRow
from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.sharing.entries import entry_opening
from xihu_catalog.sharing.requests import request_opening
from xihu_node.services import open_services
from xihu_pipelines.ingest.load import load_file
from xihu_platform.access.models import GrantRow
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.identity.models import PositionRow
from xihu_platform.identity.principal import ANONYMOUS, Principal
from xihu_platform.matters.command import Command
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.engine import Acted
from xihu_platform.settings import Settings
from xihu_platform.start import open_node
from xihu_portals.services import Services

NAME, OTHER = "yb_new_things", "yb_no_things"
ID, LINE, NAMED = field("id", key=True), field("line"), field("person", grade="L3")


def contract(*more: dict[str, object]) -> bytes:
    opened = {"openClass": "unconditional"}
    return document(NAME, [ID, *more], provider=HEALTH, more=opened)


ASSESSED: dict[str, Any] = {
    "secrecy": "not_secret",
    "secrecy_grounds": "逐项核对，不涉密",
    "personal": "passed",
    "personal_grounds": "风险可控",
}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    data = settled_data(tmp_path / "data")
    node = open_node(Settings(data_dir=data), clock=lambda: NOW)
    opened = open_services(node)
    opened.catalogue.contracts.publish(contract())
    yield opened
    opened.close()


def drawn_up(services: Services, by: str = "tang-yb", dataset: str = NAME) -> int:
    who = official(services.node, by)
    policy = policy_of(services.catalogue.contracts.get(dataset))
    with transaction(services.node.database) as session:
        opening = entry_opening(session, policy, who, civil_date(services.node.clock()))
    command = Command(OPEN, f"open-{dataset}-{by}", values={"dataset": dataset})
    return services.matters.open(who, opening, command).matter


def act(services: Services, by: str, event: str, dataset: str = NAME, **more: Any) -> Acted:
    """`more`: reason, article, and values. Any: of a form."""
    row = find_entry(services.node.database, dataset)
    assert row is not None and row.matter is not None
    who = official(services.node, by)
    version = services.matters.read(who, row.matter).version
    said: dict[str, Any] = {name: more.pop(name) for name in ("reason", "article") if name in more}
    command = Command(event, f"{event}-{row.matter}-{version}-{by}", version, values=more, **said)
    return services.matters.act(who, row.matter, command)


def entry_is_published(database: Engine, dataset: str) -> bool:
    row = find_entry(database, dataset)
    return row is not None and row.is_published


def state(services: Services) -> str:
    row = find_entry(services.node.database, NAME)
    assert row is not None
    return row.state


def published(services: Services) -> None:
    drawn_up(services)
    act(services, "tang-yb", "assess", **ASSESSED)
    act(services, "xu-yb", "sign")
    act(services, "luo-sj", "review_publish")


def handed_in(services: Services) -> None:
    """A change, assessed and signed."""
    act(services, "tang-yb", "assess_change", **ASSESSED)
    act(services, "xu-yb", "hand_in_change")


def test_contracts_of_the_registry_and_of_departments_are_drafts(services: Services) -> None:
    database = services.node.database
    assert unpublished(database).keys() == set(services.catalogue.contracts.all())
    new = find_entry(database, NAME)
    assert new is not None
    assert (new.state, new.taken_over, new.matter) == ("draft", False, None)
    assert not entry_is_published(database, "nothing_at_all")


def test_an_entry_is_assessed_signed_reviewed_and_published(services: Services) -> None:
    drawn_up(services)
    assert state(services) == "draft"
    act(services, "tang-yb", "assess", **ASSESSED)
    assert state(services) == "assessed"
    act(services, "xu-yb", "sign")
    assert (state(services), entry_is_published(services.node.database, NAME)) == ("review", False)
    act(services, "luo-sj", "review_publish")
    assert entry_is_published(services.node.database, NAME)
    row = find_entry(services.node.database, NAME)
    assert row is not None
    assert row.contract_digest == services.catalogue.contracts.find_digest(NAME)
    assert not row.taken_over


def test_the_review_of_a_new_entry_is_a_local_target_and_of_a_change_two_days(
    services: Services,
) -> None:
    published(services)
    matter = act(services, "tang-yb", "propose_change", reason="职责调整").matter
    services.catalogue.contracts.publish(contract(LINE))
    assert services.catalogue.contracts.get(NAME).field("line") is None
    handed_in(services)
    view = services.matters.read(official(services.node, "tang-yb"), matter)
    assert [clock.duty for clock in view.clocks] == [
        "LOCAL-targets/entry_review",
        "CN-809-2025/catalogue_update",
        "CN-809-2025/catalogue_review",
    ]
    due = services.matters.due_dates(view)
    last = next(one for (duty, _), one in due.items() if duty.endswith("catalogue_review"))
    start = civil_date(services.node.clock())
    assert last.day is not None
    assert last.day > start + timedelta(days=1)
    act(services, "luo-sj", "accept_change")
    row = find_entry(services.node.database, NAME)
    assert row is not None
    assert (row.state, row.contract_digest) == (
        "published",
        services.catalogue.contracts.find_digest(NAME),
    )
    assert services.catalogue.contracts.get(NAME).field("line") is not None
    assert row.proposed_digest is None


def test_a_change_that_changes_nothing_is_not_handed_in(services: Services) -> None:
    published(services)
    act(services, "tang-yb", "propose_change", reason="职责调整")
    for who, event, said in (
        ("tang-yb", "assess_change", ASSESSED),
        ("xu-yb", "hand_in_change", {}),
    ):
        with pytest.raises(Conflict, match="Order 809 art. 17"):
            act(services, who, event, **said)
    assert entry_is_published(services.node.database, NAME)


CHANGES = {
    "a remark": (True, contract() + b"\n# a remark\n"),
    "another field": (False, contract(LINE)),
    "a field less": (False, contract()),
}
"""Whether what was assessed, signed or handed in is still what the contract says."""


@pytest.mark.parametrize("change", ["a remark", "another field"])
@pytest.mark.parametrize("moment", ["assess", "sign"])
def test_what_was_signed_is_what_is_published(services: Services, moment: str, change: str) -> None:
    same, content = CHANGES[change]
    drawn_up(services)
    act(services, "tang-yb", "assess", **ASSESSED)
    if moment == "sign":
        act(services, "xu-yb", "sign")
    services.catalogue.contracts.publish(content)
    who, event = ("luo-sj", "review_publish") if moment == "sign" else ("xu-yb", "sign")
    if same:
        act(services, who, event)
        return
    with pytest.raises(Conflict, match="changed after it was (signed|assessed)"):
        act(services, who, event)
    assert not entry_is_published(services.node.database, NAME)
    act(services, "xu-yb", "take_back" if moment == "sign" else "return", reason="契约有改动")
    act(services, "tang-yb", "assess", **ASSESSED)
    act(services, "xu-yb", "sign")
    act(services, "luo-sj", "review_publish")
    assert services.catalogue.contracts.get(NAME).field("line") is not None
    assert entry_is_published(services.node.database, NAME)


@pytest.mark.parametrize("change", ["a remark", "another field", "a field less"])
def test_the_change_that_was_handed_in_is_what_is_published(
    services: Services, change: str
) -> None:
    same, content = CHANGES[change]
    services.catalogue.contracts.publish(contract(field("first")))
    published(services)
    act(services, "tang-yb", "propose_change", reason="职责调整")
    handed = contract(field("first"), field("second"))
    services.catalogue.contracts.publish(handed)
    handed_in(services)
    if same:
        content = handed + b"\n# a remark\n"
    services.catalogue.contracts.publish(content)
    if same:
        act(services, "luo-sj", "accept_change")
        assert services.catalogue.contracts.get(NAME).field("second") is not None
        return
    with pytest.raises(Conflict, match="changed after it was signed"):
        act(services, "luo-sj", "accept_change")
    act(services, "xu-yb", "take_back_change", reason="还要改")
    handed_in(services) if change == "another field" else None
    assert services.catalogue.contracts.get(NAME).field("second") is None


def test_what_a_department_narrows_is_in_force_at_once(services: Services) -> None:
    services.catalogue.contracts.publish(contract(LINE))
    published(services)
    services.catalogue.contracts.publish(contract())
    assert services.catalogue.contracts.get(NAME).field("line") is None
    services.catalogue.contracts.publish(contract(LINE))
    assert services.catalogue.contracts.get(NAME).field("line") is None
    proposed = services.catalogue.contracts.find_proposed(NAME)
    assert proposed is not None
    assert proposed.field("line") is not None


def test_an_entry_taken_over_is_changed_and_withdrawn_in_a_matter_of_its_own(
    services: Services,
) -> None:
    database, taken = services.node.database, "yb_hospital_visits"
    take_over_all(database)
    before = find_entry(database, taken)
    assert before is not None
    matter = drawn_up(services, dataset=taken)
    view = services.matters.read(official(services.node, "tang-yb"), matter)
    row = find_entry(database, taken)
    assert row is not None
    assert (view.state, row.state, row.taken_over) == ("published", "published", True)
    assert (row.since, row.contract_digest) == (before.since, before.contract_digest)
    with pytest.raises(Conflict, match="under way or published"):
        drawn_up(services, "xu-yb", dataset=taken)
    act(services, "tang-yb", "propose_change", taken, reason="职责调整")
    row = find_entry(database, taken)
    assert row is not None
    assert (row.state, row.is_published, row.matter) == ("changing", True, matter)


def test_a_withdrawn_entry_is_drawn_up_again(services: Services) -> None:
    published(services)
    first = act(services, "xu-yb", "withdraw", reason="职责取消", article="第二十七条").matter
    again = drawn_up(services, "shen-yb")
    assert again != first
    assert (state(services), entry_is_published(services.node.database, NAME)) == ("draft", False)
    act(services, "tang-yb", "assess", **ASSESSED)
    act(services, "xu-yb", "sign")
    act(services, "luo-sj", "review_publish")
    assert entry_is_published(services.node.database, NAME)


def test_a_published_entry_names_published_ones_alone(services: Services) -> None:
    """What is derived from it, or refers to it, would tell others of it."""
    other = "yb_new_people"
    refers = field("of", "VARCHAR", refer(f"{NAME}.id"))
    services.catalogue.contracts.publish(
        document(other, [ID, refers], provider=HEALTH, more={"openClass": "unconditional"})
    )
    drawn_up(services, dataset=other)
    act(services, "tang-yb", "assess", other, **ASSESSED)
    with pytest.raises(Conflict, match=f"{NAME}, not published"):
        act(services, "xu-yb", "sign", other)
    published(services)
    act(services, "xu-yb", "sign", other)
    act(services, "luo-sj", "review_publish", other)
    with pytest.raises(Conflict, match=f"{other} are published"):
        act(services, "xu-yb", "withdraw", reason="职责取消", article="第二十七条")


def test_nobody_reviewed_what_a_department_hands_in_for_one_taken_out_of_the_registry(
    services: Services,
) -> None:
    taken = "yb_hospital_visits"
    store = services.catalogue.contracts
    content = store.content(store.get(taken).digest)
    before = drawn_up(services, dataset=taken)
    with transaction(services.node.database) as session:
        session.execute(delete(ContractRow).where(ContractRow.dataset == taken))
    store.publish(content)
    assert not entry_is_published(services.node.database, taken)
    steward, head = (official(services.node, one) for one in ("tang-yb", "xu-yb"))
    version = services.matters.read(steward, before).version
    assess = Command("assess", "assess-of-former", version, values=ASSESSED)
    with pytest.raises(Conflict, match="drawn up anew"):
        services.matters.act(steward, before, assess)
    assert not entry_is_published(services.node.database, taken), "its former matter moves it not"
    drawn_up(services, dataset=taken)
    end = Command("withdraw", "end-of-former", version, reason="已重新编制", article="第二十七条")
    assert services.matters.act(head, before, end).state == "withdrawn"
    row = find_entry(services.node.database, taken)
    assert row is not None and (row.state, row.matter != before) == ("draft", True)


def test_personal_fields_are_assessed_and_secrets_are_no_entry(services: Services) -> None:
    services.catalogue.contracts.publish(contract(NAMED))
    drawn_up(services)
    with pytest.raises(Conflict, match="PIPL art. 55"):
        act(services, "tang-yb", "assess", **{**ASSESSED, "personal": "not_needed"})
    with pytest.raises(Conflict, match="state secret"):
        act(services, "tang-yb", "assess", **{**ASSESSED, "secrecy": "secret"})
    assert state(services) == "draft"
    act(services, "tang-yb", "assess", **ASSESSED)


def test_who_may_and_what_a_return_says(services: Services) -> None:
    drawn_up(services)
    with pytest.raises(Refused):
        act(services, "xu-yb", "assess", **ASSESSED)  # the head signs and does not assess
    act(services, "tang-yb", "assess", **ASSESSED)
    with pytest.raises(Refused):
        act(services, "tang-yb", "sign")
    act(services, "xu-yb", "sign")
    with pytest.raises(Refused):
        act(services, "xu-yb", "review_publish")
    with pytest.raises(BadInput):
        act(services, "luo-sj", "review_return", reason="数据项名称不规范")
    act(services, "luo-sj", "review_return", reason="数据项名称不规范", article="第十六条")
    assert state(services) == "draft"


def test_an_entry_has_one_matter_and_is_its_own_departments(services: Services) -> None:
    drawn_up(services)
    with pytest.raises(Conflict, match="under way or published"):
        drawn_up(services, "xu-yb")
    with pytest.raises(NotFound, match="the catalogue has no dataset"):
        drawn_up(services, "chen-xihu")


def test_an_entry_goes_only_when_no_grant_is_left(services: Services) -> None:
    published(services)
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        session.add(
            GrantRow(
                id="SR-1",
                dataset=NAME,
                organisation=AUTHORITY,
                fields=["id"],
                purpose_zh="用途",
                purpose_en="use",
                valid_from=today,
                valid_to=today,
                rules=[],
                matter=None,
                suspended=True,
            )
        )
    why = {"reason": "职责取消", "article": "第二十七条"}
    with pytest.raises(Conflict, match="SR-1.*Order 809 art. 27"):
        act(services, "xu-yb", "withdraw", **why)
    with transaction(services.node.database) as session:
        row = session.get(GrantRow, "SR-1")
        assert row is not None
        row.valid_from = row.valid_to = today - timedelta(days=1)
    act(services, "xu-yb", "withdraw", **why)
    assert state(services) == "withdrawn"
    assert not entry_is_published(services.node.database, NAME)


PEOPLE = {
    "nobody": (False, False),
    "citizen": (False, False),
    "own steward": (True, True),
    "own handler": (True, True),
    "other department": (False, False),
    "authority": (True, False),
    "auditor": (True, False),
    "another level's authority": (False, False),
    "another level's auditor": (False, False),
    "own machine": (True, True),
}
"""Who is told of a dataset that is not published, once it was handed in; and who may have its rows.
Before that the authority and the auditor are told of nothing either."""
AFTER_HANDING_IN = {"authority", "auditor"}
POSITIONS = {
    "own steward": "tang-yb",
    "own handler": "shen-yb",
    "other department": "he-rs",
    "authority": "luo-sj",
    "auditor": "wu-sh",
    "another level's authority": "ding-xihu",
    "another level's auditor": "chen-xihu",
}
STAGES = ("loaded", "drawn up", "handed in", "returned", "withdrawn unsent")


def at_stage(services: Services, stage: str) -> None:
    """The entry at one point of its life; a district's authority and auditor in office."""
    with transaction(services.node.database) as session:
        for position, duty in (("ding-xihu", "authority"), ("chen-xihu", "auditor")):
            session.get_one(PositionRow, position).duties = duty
    if stage == "loaded":
        return
    drawn_up(services)
    if stage in {"handed in", "returned"}:
        act(services, "tang-yb", "assess", **ASSESSED)
        act(services, "xu-yb", "sign")
    if stage == "returned":
        act(services, "luo-sj", "review_return", reason="不规范", article="第十六条")
    if stage == "withdrawn unsent":
        act(services, "xu-yb", "withdraw", reason="不再需要", article="第十七条")


def is_told(person: str, stage: str) -> bool:
    return PEOPLE[person][0] and (
        person not in AFTER_HANDING_IN or stage in {"handed in", "returned"}
    )


EXITS = (
    *("", "/contract", "/rows?limit=1", "/download.csv", "/download.xlsx"),
    *("/download.parquet", "/download.arrow"),
)


def token(province: Province, person: str) -> str | None:
    if person == "nobody":
        return None
    if person == "own machine":
        return province.system_token("dept-yb")
    return province.token("wang" if person == "citizen" else POSITIONS[person].split("-")[0])


def answers(province: Province, person: str, dataset: str) -> dict[str, tuple[int, str]]:
    base = f"/api/v1/datasets/{dataset}"

    async def ask() -> dict[str, tuple[int, str]]:
        position = {"x_xihu_position": POSITIONS[person]} if person in POSITIONS else {}
        async with province.client(token(province, person), **position) as client:
            found = {exit_name: await client.get(base + exit_name) for exit_name in EXITS}
            listed = await client.get("/api/v1/datasets?limit=100")
        told = {name: (one.status_code, one.text) for name, one in found.items()}
        return told | {"list": (listed.status_code, listed.text)}

    return asyncio.run(ask())


@pytest.mark.parametrize("stage", STAGES)
def test_an_unpublished_dataset_does_not_exist_for_others(services: Services, stage: str) -> None:
    at_stage(services, stage)
    province = Province(services)  # its application takes half a second to make
    for person in PEOPLE:
        _check_answers(province, person, stage)


def _check_answers(province: Province, person: str, stage: str) -> None:
    knows, has_rows = is_told(person, stage), PEOPLE[person][1]
    found, unknown = answers(province, person, NAME), answers(province, person, OTHER)
    assert (NAME in found["list"][1]) is knows, person
    assert found["list"][0] == 200
    if not knows:
        for name in EXITS:
            status, text = found[name]
            assert status == 404, name
            assert text.replace(NAME, OTHER) == unknown[name][1], name
        return
    assert (found[""][0], found["/contract"][0]) == (200, 200)
    assert ("not_published" in found[""][1]) is not has_rows
    assert ("not_published" in found["/rows?limit=1"][1]) is not has_rows


def test_a_published_one_is_there_for_everybody(services: Services) -> None:
    published(services)
    province = Province(services)
    for person in PEOPLE:
        found = answers(province, person, NAME)
        assert NAME in found["list"][1], person
        assert found[""][0] == 200, person
        assert "not_published" not in found[""][1], person


PAGES = ("/datasets/{}", "/datasets/{}/explore", "/datasets/{}/download.csv")
"""Of one dataset: in the citizens' portal, and behind `/official` for those in office."""
LISTS = {"": ("/sitemap", "/search?q=数据"), "/official": ("/official/catalogue?q=数据",)}


@pytest.mark.parametrize("stage", ["drawn up", "handed in"])
def test_its_pages_do_not_exist_for_others(services: Services, stage: str) -> None:
    services.catalogue.contracts.publish(contract(LINE))
    at_stage(services, stage)
    province = Province(services)
    for person in ("nobody", "citizen", *POSITIONS):
        _check_pages(province, person, is_told(person, stage))


def _check_pages(province: Province, person: str, knows: object) -> None:
    portal = "/official" if person in POSITIONS else ""
    who = POSITIONS[person].split("-")[0] if portal else "wang"

    def get(path: str) -> tuple[int, str]:
        kind: Kind = "no_token" if person == "nobody" else "right"
        answer = send(province, Call("GET", portal + path, "", who), kind)
        return answer.status_code, answer.text

    for page in PAGES:
        (status, text), (unknown, words) = get(page.format(NAME)), get(page.format(OTHER))
        if not knows:
            assert (status, unknown) == (404, 404), page
            assert text.count(NAME) == words.count(OTHER), page
    assert (get(PAGES[0].format(NAME))[0] == 200) is knows
    for listing in LISTS[portal]:
        assert (NAME in get(listing.removeprefix(portal))[1]) is knows, listing


def test_what_was_returned_stays_and_what_is_written_anew_is_not_shown(services: Services) -> None:
    """A reason stays; the next assessment is its department's until it is signed."""
    matter = drawn_up(services)
    act(services, "tang-yb", "assess", **{**ASSESSED, "secrecy_grounds": "第一次评估"})
    act(services, "xu-yb", "sign")
    act(services, "luo-sj", "review_return", reason="缺少字段说明", article="第十六条")
    act(services, "tang-yb", "assess", **{**ASSESSED, "secrecy_grounds": "第二次评估"})
    act(services, "xu-yb", "return", reason="写得太简略")

    def said(by: str) -> set[str]:
        texts = services.matters.read_texts(official(services.node, by), matter)
        return set(texts.values()) & {"第一次评估", "第二次评估", "缺少字段说明", "写得太简略"}

    assert said("luo-sj") == {"第一次评估", "缺少字段说明"}
    assert said("xu-yb") == {"第一次评估", "缺少字段说明", "第二次评估", "写得太简略"}
    act(services, "tang-yb", "assess", **{**ASSESSED, "secrecy_grounds": "第三次评估"})
    act(services, "xu-yb", "sign")
    texts = services.matters.read_texts(official(services.node, "luo-sj"), matter).values()
    assert "第三次评估" in texts and "第二次评估" not in texts and "第一次评估" in texts


def test_a_change_is_assessed_as_what_it_would_publish(services: Services) -> None:
    """PIPL art. 55: fields of L3 or L4 that come with a change need an assessment too."""
    published(services)
    services.catalogue.contracts.publish(contract(LINE, NAMED))
    act(services, "tang-yb", "propose_change", reason="职责调整")
    with pytest.raises(Conflict, match="assessed"):
        act(services, "xu-yb", "hand_in_change")
    with pytest.raises(Conflict, match="PIPL art. 55"):
        act(services, "tang-yb", "assess_change", **{**ASSESSED, "personal": "not_needed"})
    handed_in(services)
    act(services, "luo-sj", "accept_change")
    assert services.catalogue.contracts.get(NAME).field("person") is not None


def test_a_change_is_dropped_unless_part_of_it_is_in_force(services: Services) -> None:
    services.catalogue.contracts.publish(contract(field("first")))
    published(services)
    services.catalogue.contracts.publish(contract(field("first"), LINE))
    act(services, "tang-yb", "propose_change", reason="职责调整")
    act(services, "tang-yb", "drop_change", reason="不再需要")
    assert (state(services), services.catalogue.contracts.find_proposed(NAME)) == (
        "published",
        None,
    )
    act(services, "tang-yb", "propose_change", reason="去掉一项")
    services.catalogue.contracts.publish(contract())
    with pytest.raises(Conflict, match="in force already"):
        act(services, "tang-yb", "drop_change", reason="不再需要")


def test_whoever_has_asked_is_answered_before_an_entry_goes(services: Services) -> None:
    published(services)
    policy = policy_of(services.catalogue.contracts.get(NAME))
    chen = official(services.node, "chen-xihu")
    assert chen.position is not None
    with transaction(services.node.database) as session:
        today = civil_date(services.node.clock())
        opening = request_opening(session, policy, chen.position, today)
    values: dict[str, Any] = {"basis": "依据", "scene": "场景", "until": "2027-06-30"}
    command = Command(OPEN, "asks-for-new-things", values=values | {"fields": ["id"]})
    asked = services.matters.open(chen, opening, command)

    def step(by: str, event: str, **more: Any) -> None:
        who = official(services.node, by)
        version = services.matters.read(who, asked.matter).version
        key = f"{event}-of-the-request"
        services.matters.act(who, asked.matter, Command(event, key, version, **more))

    step("chen-xihu", "submit")
    step("ding-xihu", "approve_inside")
    with pytest.raises(Conflict, match="requests are under way or in use"):
        act(services, "xu-yb", "withdraw", reason="职责取消", article="第二十七条")


def test_more_time_for_a_change_is_given_once_and_the_article_says_so(services: Services) -> None:
    published(services)
    services.catalogue.contracts.publish(contract(LINE))
    act(services, "tang-yb", "propose_change", reason="职责调整")
    with pytest.raises(BadInput) as never:
        act(services, "luo-sj", "consent_extension", extension=6)
    assert "已经延长" not in never.value.text.zh
    act(services, "luo-sj", "consent_extension", extension=5)
    with pytest.raises(BadInput) as twice:
        act(services, "luo-sj", "consent_extension", extension=5)
    assert twice.value.text.zh.endswith(
        "最多延长 5 个工作日（《政务数据共享条例》第十七条），已经延长了 5 个工作日，"
        "不能再延长 5 个工作日"
    )


def test_a_contract_that_comes_in_during_the_review_is_not_published_unsigned(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The review waits for the contract that is being handed in, and then sees it."""
    drawn_up(services)
    act(services, "tang-yb", "assess", **ASSESSED)
    act(services, "xu-yb", "sign")
    original, reviewed = ContractStore._waits, list[str]()

    def review() -> None:
        try:
            reviewed.append(act(services, "luo-sj", "review_publish").state)
        except Conflict as refused:
            reviewed.append(refused.text.en)

    reviewing = Thread(target=review)

    def waits(store: ContractStore, session: Session, one: Contract) -> bool:
        found = original(store, session, one)
        reviewing.start()
        reviewing.join(0.5)
        assert reviewed == [], "it waits"
        return found

    monkeypatch.setattr(ContractStore, "_waits", waits)
    services.catalogue.contracts.publish(contract(LINE))
    reviewing.join()
    assert "changed after it was signed" in reviewed[0]
    assert not entry_is_published(services.node.database, NAME)


def test_what_was_replaced_before_the_publication_stays_with_the_department(
    services: Services, tmp_path: Path
) -> None:
    one = services.catalogue.contracts.get(NAME)
    file, lake = tmp_path / "a.csv", services.node.lake

    def loaded(text: str) -> int:
        file.write_text(text, encoding="utf-8")
        load_file(services.node, one, file)
        return lake.snapshot(one.table).id

    first, second = loaded("id\n1\n2\n"), loaded("id\n2\n")
    drawn_up(services)
    act(services, "tang-yb", "assess", **ASSESSED)
    act(services, "xu-yb", "sign")
    act(services, "luo-sj", "review_publish")
    third = loaded("id\n2\n3\n")
    gateway, own = services.gateway, official(services.node, "tang-yb")

    def rows(who: Principal, snapshot: int) -> int:
        purpose = Purpose("duty" if who is own else "open")
        query = RowQuery(snapshot_id=snapshot)
        return int(gateway.read_page(who, NAME, purpose, query).table.num_rows)

    for snapshot, number in ((second, 1), (third, 2)):
        assert rows(ANONYMOUS, snapshot) == number
    assert rows(own, first) == 2
    with pytest.raises(NotFound, match="has no snapshot"):
        rows(ANONYMOUS, first)
    shown = [one.id for one in services.catalogue.versions(one, ANONYMOUS)]
    assert shown == [third, second]
    assert [one.id for one in services.catalogue.versions(one, own)] == [third, second, first]
