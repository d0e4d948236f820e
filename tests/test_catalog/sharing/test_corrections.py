"""A request for correction, from the record that somebody was shown to the load that has it."""

import csv
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import null, select, update

from tests.asking import acted_province, key
from tests.province import Province
from xihu_catalog.lineage.emit import open_emitter
from xihu_catalog.sharing import corrections
from xihu_catalog.sharing.corrections import correction_opening
from xihu_catalog.sharing.readers import CORRECTED, tell_readers
from xihu_catalog.sharing.records import FoundRecord, LakeRecords, subject_of
from xihu_pipelines.runner.local import run_all
from xihu_pipelines.runner.steps import RunContext
from xihu_platform.access.answers import Page
from xihu_platform.access.disputed import DISPUTED, CorrectionMarkRow
from xihu_platform.access.grounds import GroundRow, is_open
from xihu_platform.access.policy import Policy, Purpose
from xihu_platform.access.query import RowQuery, Sort, parse_filter
from xihu_platform.access.referring import refer
from xihu_platform.access.row_keys import RowKey, RowRef, RowRefs, keys_of, reader_of
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.acts import ActContext
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.views import MatterView
from xihu_platform.notices.models import NoticeRow

__all__ = ["acted_province"]  # a fixture
VISITS = "yb_hospital_visits"
INSURANCE = "rs_social_insurance"
WANG = "339999198804120289"
HEALTH = "113399001001041148"
YB_CASE = Purpose("case", "XH-2026-000123", "", 1)
OWN, CASE = Purpose("own"), Purpose("case", "XH-2026-000124", "", 1)
NEWEST = RowQuery(sorts=(Sort("period", descending=True),))


@pytest.fixture(autouse=True)
def nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """By chance: what is drawn is examined in a test of its own."""
    monkeypatch.setattr(corrections, "EXAMINED_ONE_IN", 1 << 62)


def read(province: Province, who: Principal, purpose: Purpose, query: RowQuery = NEWEST) -> Page:
    return province.services.gateway.read_page(who, INSURANCE, purpose, query, limit=20)


def ask(
    province: Province,
    who: Principal,
    ref: str,
    field: str,
    claimed: str = "8000",
    about: str = INSURANCE,
    **said: Value,
) -> int:
    services = province.services
    policy = services.catalogue.policy(about)
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        opening = correction_opening(session, policy, who, today)
    values: dict[str, Value] = {"row": [ref], "field": field, "claimed": claimed, **said}
    evidence = None if who.position is None else "XS-2026-9"
    command = Command(OPEN, key(), values=values, reason="与工资条不符", evidence=evidence)
    return services.matters.open(who, opening, command).matter


def newest_ref(province: Province, who: Principal) -> str:
    ref = refer(province.services.gateway, who, INSURANCE, read(province, who, OWN), "own")[0]
    assert ref is not None
    return ref


def disputed(page: Page) -> list[tuple[int, tuple[str, ...]]]:
    return [(one.row, one.fields) for one in page.disputed]


def load_with(province: Province, person: str, base: str) -> str:
    """The department writes another base into somebody's newest month and loads its file: the
    snapshot's number. `person` is a document number; empty for anybody else."""
    node = province.services.node
    (path,) = (node.settings.data_dir / "intake").rglob("rs_社会保险缴费.csv")
    with path.open(encoding="gb18030", newline="") as file:
        head, *lines = list(csv.reader(file))
    who, month, at = (head.index(one) for one in ("身份证号", "缴费年月", "缴费基数（元）"))
    mine = [n for n, one in enumerate(lines) if (one[who] == WANG) == bool(person)]
    chosen = max(mine, key=lambda n: lines[n][month])
    lines[chosen][at] = base
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *lines])
    contracts = province.services.catalogue.contracts
    context = RunContext(node, open_emitter(node.settings), lambda _: None, contracts)
    for ended in run_all(context, time.sleep, only={INSURANCE}):
        assert ended.fault is None, ended.fault
    gateway = province.services.gateway
    return str(gateway.snapshot(gateway.policy(INSURANCE)).id)


def test_from_the_claim_to_the_load_that_corrects_it(province: Province) -> None:
    services = province.services
    wang, sun, he = (
        province.citizen("wang"),
        province.official("sun", "sun-rs"),
        province.official("he", "he-rs"),
    )
    assert disputed(read(province, wang, OWN)) == []
    matter = ask(province, wang, newest_ref(province, wang), "wage_base_cny")
    # the person, and whoever may read that field of that record under another ground, at once
    assert disputed(read(province, wang, OWN)) == [(0, ("wage_base_cny",))]
    assert disputed(read(province, sun, CASE)) == [(0, ("wage_base_cny",))]
    narrow = replace(NEWEST, fields=("period", "state"))
    assert disputed(read(province, sun, CASE, narrow)) == []
    with pytest.raises(Conflict, match="being verified already"):
        ask(province, wang, newest_ref(province, wang), "wage_base_cny", claimed="9000")
    number = services.matters.read(wang, matter).number
    purpose = Purpose("case", number, "", 1)
    with pytest.raises(Refused):
        read(province, he, purpose)
    act(province, matter, he, "take_up")
    looked = read(province, he, purpose)
    assert disputed(looked) == [(0, ("wage_base_cny",))]
    assert set(looked.table.column_names) == {"citizen_id", "period", "wage_base_cny"}
    was = str(looked.table["wage_base_cny"][0].as_py())
    with pytest.raises(Refused):  # it was another position that took it up
        read(province, sun, purpose)
    old = str(services.gateway.snapshot(services.gateway.policy(INSURANCE)).id)
    with pytest.raises(BadInput, match="was there before the request"):
        act(province, matter, he, "correct", {"snapshot": old})
    other = load_with(province, "", "7777.00")
    with pytest.raises(BadInput, match="as it was in snapshot"):
        act(province, matter, he, "correct", {"snapshot": other})
    assert disputed(read(province, wang, OWN)) == [(0, ("wage_base_cny",))]
    placed_before_digests_were_noted(province, matter, he, other)
    of_before = newest_ref(province, wang)
    loaded = load_with(province, WANG, "8000.00")
    with pytest.raises(BadInput, match="as it was in snapshot"):  # a later load has it again
        load_with(province, WANG, was)
        act(province, matter, he, "correct", {"snapshot": loaded})
    load_with(province, WANG, "8000.00")
    read(province, province.official("chen", "chen-yb"), YB_CASE)
    act(province, matter, he, "correct", {"snapshot": loaded, "result": "已按工资条更正"})
    page = read(province, wang, OWN)
    assert disputed(page) == []
    assert str(page.table["wage_base_cny"][0].as_py()) == "8000.00"
    with pytest.raises(Refused):
        read(province, he, purpose)
    told_once(province)
    with pytest.raises(Conflict, match="loaded anew after you saw it"):
        ask(province, wang, of_before, "wage_base_cny")


@dataclass(frozen=True, slots=True)
class _Lake:
    """What each snapshot has of one record, by its number; the last is the newest."""

    values: dict[int, tuple[object, ...]]

    def find(
        self, _policy: Policy, _key: RowKey, _field: str, snapshot_id: int | None = None
    ) -> FoundRecord | None:
        number = max(self.values) if snapshot_id is None else snapshot_id
        if number not in self.values:
            return None
        at = datetime(2026, 1, number, tzinfo=UTC)
        return FoundRecord(number, at, 1, self.values[number])


@pytest.mark.parametrize(
    ("values", "cited", "refusal"),
    [
        ({1: (5,), 2: (6,)}, 2, None),
        ({1: (5,), 2: ()}, 2, None),  # the record is gone
        ({1: (5,), 2: (None,)}, 2, None),
        ({1: (5,), 2: (6,), 3: (6,)}, 2, None),
        ({2: (6,)}, 2, None),  # the first has expired
        ({1: (5, 7), 2: (7,)}, 2, None),  # two had the key, the wrong one is gone
        ({1: (5, 7), 2: (7, 8)}, 2, None),
        ({1: (5,), 2: (5,)}, 2, "as it was"),
        ({1: (5,), 2: (6,), 3: (5,)}, 2, "as it was in snapshot 3"),
        ({1: (5, 7), 2: (5, 7)}, 2, "as it was"),
        ({1: (5, 7), 2: (5, 7, 9)}, 2, "as it was"),
        ({1: (5,), 2: (6,)}, 1, "before the request"),
        ({1: (5,), 2: (6,)}, 9, "no snapshot 9"),
    ],
)
def test_corrected_is_what_reads_otherwise(
    province: Province,
    values: dict[int, tuple[object, ...]],
    cited: int,
    refusal: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node, policy = province.services.node, province.services.catalogue.policy(INSURANCE)
    refs = RowRefs(node.keyring)
    shown = [refs.digest(policy, "wage_base_cny", one) for one in values.get(1, (5,))]
    mark = CorrectionMarkRow(
        key=[WANG, "2026-10-01"], field="wage_base_cny", snapshot_id=1, shown=shown
    )
    mark.placed_at = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(corrections, "_mark", lambda _context: mark)
    ring = node.keyring
    acts = corrections.RecordActs(lambda _: policy, refs, ring.promote, b"draw", _Lake(values))
    context = SimpleNamespace(
        matter=SimpleNamespace(about=INSURANCE), facts={"snapshot": str(cited)}
    )
    if refusal is None:
        acts.snapshot_has_it_corrected(cast("ActContext", context))
        return
    with pytest.raises(BadInput, match=refusal):
        acts.snapshot_has_it_corrected(cast("ActContext", context))
    mark.key_fields = ["period", "citizen_id"]
    with pytest.raises(BadInput, match="the key of"):
        acts.snapshot_has_it_corrected(cast("ActContext", context))


def test_a_correction_that_nobody_took_up_is_told_to_its_readers_too(province: Province) -> None:
    """Whom the record is about is read from its mark."""
    gateway, wang = province.services.gateway, province.citizen("wang")
    policy = gateway.policy(INSURANCE)
    page = read(province, wang, OWN)
    snapshot = gateway.snapshot(policy, page.citation.snapshot_id)
    keys = keys_of(gateway.engine, snapshot, policy, page.records)
    mark = CorrectionMarkRow(
        key=[*keys[page.records[0]]], key_fields=[*policy.primary_key], snapshot_id=snapshot.id
    )
    assert subject_of(LakeRecords(gateway), policy, mark) == (wang.subject, "person")
    mark.key_fields = ["period", "citizen_id"]
    assert subject_of(LakeRecords(gateway), policy, mark) is None


def placed_before_digests_were_noted(
    province: Province, matter: int, steward: Principal, unchanged: str
) -> None:
    """A mark of the version before says no digest: its snapshot is compared, while it is there."""
    database, row = province.services.node.database, CorrectionMarkRow
    mine = row.matter == matter
    with transaction(database) as session:
        shown, snapshot = session.execute(select(row.shown, row.snapshot_id).where(mine)).one()
        session.execute(update(row).where(mine).values(shown=null()))
    with pytest.raises(BadInput, match="as it was in snapshot"):
        act(province, matter, steward, "correct", {"snapshot": unchanged})
    with transaction(database) as session:
        session.execute(update(row).where(mine).values(snapshot_id=1))
    with pytest.raises(BadInput, match="has expired"):
        act(province, matter, steward, "correct", {"snapshot": unchanged})
    with transaction(database) as session:
        session.execute(update(row).where(mine).values(shown=shown, snapshot_id=snapshot))


def told_once(province: Province) -> None:
    """The office that was shown the record under its own ground is told, and no other."""
    services = province.services
    for _ in range(2):
        tell_readers(services.matters, services.gateway, services.catalogue.contracts.all)
    with transaction(services.node.database) as session:
        query = select(NoticeRow.recipient).where(NoticeRow.event == CORRECTED)
        assert session.scalars(query).all() == [HEALTH]


def act(
    province: Province,
    matter: int,
    who: Principal,
    event: str,
    said: dict[str, Value] | None = None,
    *,
    reason: str | None = None,
    article: str | None = None,
    evidence: str | None = None,
) -> str:
    matters = province.services.matters
    version = matters.read(who, matter).version
    command = Command(
        event, key(), version, said or {}, reason=reason, article=article, evidence=evidence
    )
    state = matters.act(who, matter, command).state
    province.services.write_down()
    return state


def test_only_what_was_shown_can_be_marked(province: Province) -> None:
    """Of a field that was not there one learns nothing, whether there is such a field or not."""
    wang = province.citizen("wang")
    page = read(province, wang, OWN, replace(NEWEST, fields=("period", "state")))
    (ref, *_) = refer(province.services.gateway, wang, INSURANCE, page, "own")
    assert ref is not None
    for field in ("wage_base_cny", "no_such_field"):
        with pytest.raises(BadInput, match=f"has no field {field}"):
            ask(province, wang, ref, field)


def test_a_file_without_the_marked_record_says_nothing_of_it(province: Province) -> None:
    services, wang = province.services, province.citizen("wang")
    matter = ask(province, wang, newest_ref(province, wang), "personal_cny")

    def columns(*, months: str) -> list[str]:
        query = RowQuery(filters=(parse_filter(f"period:eq:{months}"),))
        stream = services.gateway.open_stream(wang, INSURANCE, OWN, query, exit_name="csv")
        names: list[list[str]] = [one.schema.names for one in stream.batches]
        return names[0]

    newest = read(province, wang, OWN).table["period"]
    assert DISPUTED in columns(months=str(newest[0].as_py()))
    assert DISPUTED not in columns(months=str(newest[1].as_py()))
    act(province, matter, wang, "withdraw")


def test_a_number_of_requests_is_verified_at_a_time(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "OPEN_CLAIMS", 1)
    chen = province.official("chen", "chen-yb")
    page = read(province, chen, YB_CASE)
    first, second, *_ = refer(province.services.gateway, chen, INSURANCE, page, "case")
    assert first is not None and second is not None
    matter = ask(province, chen, first, "insurance_kind")
    with pytest.raises(Conflict, match="1 requests of yours"):
        ask(province, chen, second, "insurance_kind")
    act(province, matter, chen, "withdraw")


def test_found_right_binds_whoever_asked_and_nobody_else(province: Province) -> None:
    wang, chen = province.citizen("wang"), province.official("chen", "chen-yb")
    he = province.official("he", "he-rs")
    matter = ask(province, wang, newest_ref(province, wang), "state")
    matters = province.services.matters
    keep = Command(
        "keep",
        key(),
        matters.read(wang, matter).version,
        reason="与台账一致",
        article="《个人信息保护法》第四十六条",
        evidence="T-1",
    )
    matters.act(he, matter, keep)
    with pytest.raises(Conflict, match="the same evidence before"):
        ask(province, wang, newest_ref(province, wang), "state")
    page = read(province, chen, YB_CASE)
    (ref, *_) = refer(province.services.gateway, chen, INSURANCE, page, "case")
    assert ref is not None
    again = ask(province, chen, ref, "state")
    act(province, again, chen, "withdraw")
    other = ask(province, wang, newest_ref(province, wang), "state", papers="YB-2026-78")
    act(province, other, wang, "withdraw")


def test_one_in_twenty_is_examined_again_by_another_organisation(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark stays until the authority agrees; the verifier sees no more; it can go back."""
    monkeypatch.setattr(corrections, "EXAMINED_ONE_IN", 1)
    wang, he = province.citizen("wang"), province.official("he", "he-rs")
    luo, matters = province.official("luo", "luo-sj"), province.services.matters
    matter = ask(province, wang, newest_ref(province, wang), "employer_cny", claimed="1.00")
    act(province, matter, he, "take_up")
    look = Purpose("case", matters.read(he, matter).number, "", 1)
    law, why = "《个人信息保护法》第四十六条", "与台账一致"
    act(province, matter, he, "keep", reason=why, article=law, evidence="T-1")
    assert matters.read(wang, matter).state == "reexamining"
    assert disputed(read(province, wang, OWN)) == [(0, ("employer_cny",))]
    with pytest.raises(Refused):
        province.services.gateway.read_page(he, INSURANCE, look, RowQuery(), limit=1)
    with pytest.raises((Refused, Conflict)):
        act(province, matter, he, "uphold", reason=why, article=law)
    act(province, matter, luo, "overturn", reason="没有说明依据哪一期台账")
    assert matters.read(wang, matter).state == "verifying"
    with pytest.raises(Refused):  # nobody has taken it up again
        province.services.gateway.read_page(he, INSURANCE, look, RowQuery(), limit=1)
    act(province, matter, he, "take_up")
    assert read(province, he, look).table.num_rows > 0
    act(province, matter, he, "keep", reason=why, article=law, evidence="T-2")
    with pytest.raises(Refused):
        province.services.gateway.read_page(he, INSURANCE, look, RowQuery(), limit=1)
    act(province, matter, luo, "uphold", reason=why, article=law)
    assert matters.read(wang, matter).outcome == "refused"
    assert disputed(read(province, wang, OWN)) == []


@pytest.mark.parametrize("one_in", [1, 10**19], ids=["drawn", "not drawn"])
@pytest.mark.parametrize("called", ["keep", "keep_drawn"])
def test_nobody_can_tell_before_the_answer_whether_it_is_examined_again(
    province: Province, monkeypatch: pytest.MonkeyPatch, one_in: int, called: str
) -> None:
    """One name is offered, and either name comes to what was drawn."""
    monkeypatch.setattr(corrections, "EXAMINED_ONE_IN", one_in)
    wang, he = province.citizen("wang"), province.official("he", "he-rs")
    matters = province.services.matters
    papers = f"YB-2026-{len(called)}{min(one_in, 2)}"
    matter = ask(province, wang, newest_ref(province, wang), "employer_cny", papers=papers)
    offered = [r.name for r in matters.allowed(he, matters.read(he, matter))]
    assert offered == ["take_up", "correct", "keep"]
    law, why = "《个人信息保护法》第四十六条", "与台账一致"
    act(province, matter, he, called, reason=why, article=law, evidence="T-1")
    if one_in == 1:
        assert matters.read(wang, matter).state == "reexamining"
        act(province, matter, wang, "withdraw_later")
    else:
        assert matters.read(wang, matter).state == "not_wrong"


def test_the_draw_is_one_in_twenty_and_nobody_s_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert corrections.EXAMINED_ONE_IN == 20

    def drawn(key: bytes) -> set[int]:
        acts = corrections.RecordActs(None, None, None, key, None)  # type: ignore[arg-type]
        return {
            number
            for number in range(1, 20_001)
            if acts.is_drawn(_numbered(number, authority="1", source="2"))
        }

    one, other = drawn(b"one"), drawn(b"other")
    assert 880 <= len(one) <= 1120 and 880 <= len(other) <= 1120  # 1000, four deviations
    assert len(one & other) < 120
    acts = corrections.RecordActs(None, None, None, b"one", None)  # type: ignore[arg-type]
    assert not any(acts.is_drawn(_numbered(n, authority="1", source="1")) for n in one)


def _numbered(number: int, **parties: str) -> MatterView:
    keys = {role: (key,) for role, key in parties.items()}
    return cast("MatterView", SimpleNamespace(id=number, keys=keys.__getitem__))


def test_a_record_whose_key_names_nobody_is_still_about_somebody(province: Province) -> None:
    """The person is read from the record; nothing else of their records opens."""
    gateway, wang = province.services.gateway, province.citizen("wang")
    sun, tang = province.official("sun", "sun-rs"), province.official("tang", "tang-yb")
    policy = gateway.policy(VISITS)
    page = gateway.read_page(wang, VISITS, OWN, RowQuery(), limit=1)
    snapshot = gateway.snapshot(policy, page.citation.snapshot_id)
    fields = frozenset({"settlement_no", "days"})
    (visit,) = keys_of(gateway.engine, snapshot, policy, page.records).values()
    seen = RowRef(snapshot.id, visit, fields, fields)
    ref = gateway.refs.seal(reader_of(sun, "case"), policy, seen)
    matter = ask(province, sun, ref, "days", claimed="2", about=VISITS)
    act(province, matter, tang, "take_up")
    number = province.services.matters.read(tang, matter).number
    query = RowQuery()
    looked = gateway.read_page(tang, VISITS, Purpose("case", number, "", 1), query, limit=20)
    assert set(looked.table.column_names) == {"settlement_no", "citizen_id", "days"}
    assert looked.total == gateway.read_page(wang, VISITS, OWN, query, limit=1).total
    place = looked.table["settlement_no"].to_pylist().index(visit[0])
    assert disputed(looked) == [(place, ("days",))]
    with transaction(province.services.node.database) as session:
        ground = session.get(GroundRow, number)
        assert ground is not None
        item = ground.item
        ground.item = f"correction:{VISITS}"  # as the version before had it: every field
    act(province, matter, tang, "take_up")
    with transaction(province.services.node.database) as session:
        ground = session.get(GroundRow, number)
        assert ground is not None and ground.item == item
        assert is_open(ground, ground.opened + timedelta(days=29))
        assert not is_open(ground, ground.opened + timedelta(days=31))


def test_what_somebody_else_was_shown_is_not_ones_own(province: Province) -> None:
    """A record of open data, one seen in an office, and one seen for a firm are no own records."""
    gateway, zhao = province.services.gateway, province.citizen("zhao")
    open_data = Purpose("open")
    page = gateway.read_page(zhao, "fg_penalties", open_data, RowQuery(), limit=1)
    (of_open_data,) = refer(gateway, zhao, "fg_penalties", page, "open")
    sun = province.official("sun", "sun-rs")
    (in_office, *_) = refer(gateway, sun, INSURANCE, read(province, sun, CASE), "case")
    himself = replace(province.citizen("wang"), id=sun.id)
    for who, dataset, ref in (
        (zhao, "fg_penalties", of_open_data),
        (himself, INSURANCE, in_office),
    ):
        assert ref is not None
        policy = province.services.catalogue.policy(dataset)
        today = civil_date(province.services.node.clock())
        with transaction(province.services.node.database) as session:
            opening = correction_opening(session, policy, who, today)
        field = policy.fields[-1].name
        values: dict[str, Value] = {"row": [ref], "field": field, "claimed": "x"}
        command = Command(OPEN, key(), values=values, reason="不对")
        with pytest.raises(BadInput, match="does not name a record"):
            province.services.matters.open(who, opening, command)
