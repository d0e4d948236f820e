"""Matters on a database of their own: the registry's kinds, a permit as its law has it, and a clock
that a test sets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import Engine

from tests.registry import REGISTRY
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.exchange.acts import exchange_acts
from xihu_catalog.registry.calendar import seed_calendar
from xihu_catalog.registry.matters import matter_documents, named_duties, parse_definition
from xihu_catalog.services.hotline import hotline_acts
from xihu_catalog.services.licences import LicenceActs
from xihu_catalog.services.mandate_giving import MandateActs
from xihu_catalog.services.ratings import RatingActs
from xihu_catalog.sharing.acts import sharing_acts
from xihu_catalog.sharing.corrections import RecordActs
from xihu_catalog.sharing.entries import entry_acts
from xihu_catalog.sharing.grounds import ground_acts
from xihu_catalog.sharing.needs import NeedActs
from xihu_catalog.sharing.openness import openness_acts
from xihu_catalog.sharing.records import FoundRecord
from xihu_catalog.voices.acts import VoiceActs
from xihu_platform.access.policy import FieldPolicy, Policy
from xihu_platform.access.row_keys import RowKey, RowRef, RowRefs, reader_of
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.identity.models import OrganisationRow, PersonRow, PositionRow
from xihu_platform.identity.principal import Duty, Position, Principal
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.book import DefinitionBook, publish_definitions
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.engine import Acted
from xihu_platform.matters.kernel import Matters, Opening
from xihu_platform.matters.substitutes import stood_in
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import MatterParty
from xihu_platform.notices.telling import tell
from xihu_platform.vault.keys import Keyring
from xihu_platform.words import Text

assert REGISTRY.is_dir()
PERMIT = """
kind: permit
version: 1
prefix: PE
title: {zh: 行政许可, en: Permit}
law: {zh: 《行政许可法》, en: Administrative Licensing Law}
initial: received
parties:
  applicant: {zh: 申请人, en: applicant}
  organ: {zh: 行政机关, en: organ}
opening:
  title: {zh: 申请, en: Apply}
  who: {party: applicant}
  takes: {wish: text}
  clocks: [{start: CN-permits/permit_completion}]
states:
  received: {title: {zh: 已收件, en: Received}, owner: organ}
  completing: {title: {zh: 待补正, en: To be completed}, owner: applicant}
  deciding: {title: {zh: 审查中, en: Being decided}, owner: organ}
  reviewing: {title: {zh: 专家评审, en: Under expert review}, owner: organ}
  granted: {title: {zh: 准予许可, en: Granted}, outcome: done}
  refused: {title: {zh: 不予许可, en: Refused}, outcome: refused}
events:
  ask:
    title: {zh: 一次性告知, en: Ask once for all that is missing}
    from: [received]
    to: completing
    who: {party: organ}
    needs: [reason]
    once: true
    backdate_days: 10
    clocks: [{stop: CN-permits/permit_completion}]
  supply:
    title: {zh: 补正, en: Supply}
    from: [completing]
    to: deciding
    who: {party: applicant}
    clocks: [{start: CN-permits/permit_decision}]
  accept:
    title: {zh: 受理, en: Accept}
    from: [received]
    to: deciding
    who: {party: organ}
    clocks: [{stop: CN-permits/permit_completion}, {start: CN-permits/permit_decision}]
  deem_accepted:
    title: {zh: 逾期未告知，视为受理, en: "Nothing was said: accepted"}
    from: [received]
    to: deciding
    who: {party: clock}
    statute: 行政许可法第三十二条
    lapse: CN-permits/permit_completion
    from_start: true
    clocks: [{stop: CN-permits/permit_completion}, {start: CN-permits/permit_decision}]
  review:
    title: {zh: 组织专家评审, en: Have experts review}
    from: [deciding]
    to: reviewing
    who: {party: organ}
    clocks: [{pause: CN-permits/permit_decision, reason: expert_review}]
  reviewed:
    title: {zh: 评审结束, en: The review ends}
    from: [reviewing]
    to: deciding
    who: {party: organ}
    clocks: [{resume: CN-permits/permit_decision}]
  extend:
    title: {zh: 延长, en: Extend}
    from: [deciding, reviewing]
    who: {party: organ, duties: [leader]}
    needs: [reason]
    takes: {extension: number}
    once: true
    clocks: [{extend: CN-permits/permit_decision}]
  grant:
    title: {zh: 准予, en: Grant}
    from: [deciding]
    to: granted
    who: {party: organ, apart_from: [accept]}
    clocks: [{stop: CN-permits/permit_decision}]
  refuse:
    title: {zh: 不予, en: Refuse}
    from: [deciding]
    to: refused
    who: {party: organ}
    needs: [reason, article]
    clocks: [{stop: CN-permits/permit_decision}]
values:
  wish: {title: {zh: 申请事项, en: What is asked for}}
  extension: {title: {zh: 延长天数, en: Further days}}
"""
DOCUMENTS = {"permit.1.yaml": PERMIT}
WORDS = Text("名", "name")
DATASET, OPENED = "rs_employment", "jt_bus_flow"
PUBLIC = "hb_rivers"
"""A dataset whose field `name` anybody may read, and `month` nobody."""
ASKING, GIVING, AUTHORITY, CITY = "asking-org", "giving-org", "authority-org", "city-org"
HEALTH = "113399001001041148"
"""An organisation of the registry, for which the item `medical_transfer` is registered."""
READER = "reader-office"
PERSON = "s1_person"


def policy(dataset: str) -> Policy:
    """Raises NotFound."""
    if dataset not in {DATASET, OPENED, PUBLIC}:
        raise NotFound("没有", "none")
    return Policy(
        dataset=dataset,
        title=WORDS,
        provider=GIVING,
        share_class="conditional" if dataset == DATASET else "unconditional",
        share_conditions=None,
        share_basis=None,
        open_class="unconditional" if dataset == PUBLIC else "banned",
        primary_key=("name",),
        fields=tuple(
            FieldPolicy(
                name, WORDS, "VARCHAR", "L1" if dataset == PUBLIC and name == "name" else "L2"
            )
            for name in ("name", "month")
        ),
    )


RING = Keyring(b"m" * 32)
_ROWS = count()


def shown_row(reader: Principal, dataset: str) -> list[str]:
    """A record that the reader was shown: another one each time."""
    fields = frozenset({"name", "month"})
    ref = RowRef(1, (f"n-{next(_ROWS)}",), fields, fields)
    return [RowRefs(RING).seal(reader_of(reader, "own"), policy(dataset), ref)]


class _NoLake:
    """Every record reads the same in every snapshot."""

    def find(
        self, _policy: Policy, _key: RowKey, _field: str, snapshot_id: int | None = None
    ) -> FoundRecord:
        return FoundRecord(snapshot_id or 1, datetime(2026, 1, 1, tzinfo=UTC), 1, ("as shown",))


def _record_acts() -> ActFunctions:
    """Of corrections; there is no lake here, so every snapshot has the record corrected."""
    made = RecordActs(policy, RowRefs(RING), RING.promote, b"draw", _NoLake()).functions()
    believed = {**made.guards, "snapshot_has_it_corrected": lambda _context: None}
    drawn = {
        "drawn_for_review": lambda matter: matter.id % 2 == 0,
        "not_drawn": lambda matter: matter.id % 2 == 1,
    }
    return ActFunctions(believed, made.effects, drawn)


def _entry_acts(database: Engine) -> ActFunctions:
    """Of entries; there are no contracts here, so nobody changes one after it was signed, and
    every change has one that is changed."""
    made = entry_acts(ContractStore(database))
    of_contracts = {
        one for one in made.guards if one.startswith(("contract_", "named_", "change_"))
    }
    believed = {*of_contracts, "assessment_fits"}
    return ActFunctions(
        {**made.guards, **dict.fromkeys(believed, _nothing)},
        {
            **made.effects,
            **dict.fromkeys(("note_contract", "accept_proposed", "drop_proposed"), _nothing),
        },
    )


def _licence_acts(texts: MatterTexts) -> ActFunctions:
    """Of licences; no day passes here, so whoever says that a holder was silent is believed."""
    made = LicenceActs(texts).functions()
    believed = {**made.guards, "statement_day_has_passed": _nothing}
    return ActFunctions(believed, made.effects, made.conditions)


def _nothing(_context: ActContext) -> None:
    pass


def draw_up(world: "MatterWorld", dataset: str) -> None:
    """An entry that is not published."""
    row = CatalogueEntryRow(dataset=dataset, state="draft", matter=None, contract_digest="")
    row.since, row.taken_over = world.clock(), False
    with transaction(world.database) as session:
        session.merge(row)


def official(sub: str, organisation: str, *duties: Duty, position: str | None = None) -> Principal:
    place = Position(
        id=position or f"{sub}-office",
        title_zh="职",
        title_en="post",
        organisation=organisation,
        organisation_zh=organisation,
        organisation_en=organisation,
        region="330000",
        duties=frozenset(duties) or frozenset({"handler"}),
    )
    return Principal("official", sub, level=3, position=place, portal="official")


CLERK = official("clerk", ASKING, "handler")
CHIEF = official("chief", ASKING, "sharing_head")
KEEPER = official("keeper", GIVING, "steward")
HEAD = official("head", GIVING, "sharing_head")
JUDGE = official("judge", AUTHORITY, "authority")
STRANGER = official("stranger", CITY, "handler", "steward", "sharing_head", "authority")
CITIZEN = Principal("citizen", "p-citizen", level=3, subject=PERSON, portal="citizen")
OFFICER = official("officer", CITY, "handler")
SECOND = official("second", CITY, "handler")
LEADER = official("leader", CITY, "leader")


@dataclass
class SetClock:
    """A moment that a test chooses; each question is a millisecond later."""

    now: datetime = datetime(2026, 9, 24, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def on(self, day: str, hour: int = 10) -> None:
        """An hour of a day in Shanghai."""
        self.now = datetime.combine(date.fromisoformat(day), time(hour), SHANGHAI).astimezone(UTC)

    @property
    def today(self) -> date:
        return civil_date(self.now)


@dataclass
class MatterWorld:
    database: Engine
    clock: SetClock = field(default_factory=SetClock)
    keys: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        seed_calendar(self.database, self.clock)
        documents = {**matter_documents(), **DOCUMENTS}
        publish_definitions(self.database, documents, parse_definition, self.clock)
        self.settle(HEALTH, READER, "handler")  # works with records and takes no part
        self.settle(GIVING, "keeper-office", "steward")
        self.matters = self.another()

    def another(self) -> Matters:
        """As a second process would have it."""
        texts = MatterTexts(Keyring(b"m" * 32))
        return Matters(
            self.database,
            self.clock,
            DefinitionBook(parse_definition),
            named_duties,
            sharing_acts(policy)
            | exchange_acts(policy)
            | ground_acts(Keyring(b"m" * 32).pseudonym)
            | openness_acts(policy)
            | NeedActs(policy, texts).functions()
            | RatingActs(texts).functions()
            | hotline_acts()
            | VoiceActs(texts).functions()
            | _licence_acts(texts)
            | MandateActs(texts).functions()
            | _record_acts()
            | _entry_acts(self.database),
            texts,
            lambda session, position: stood_in(session, position, self.clock.today),
            tell,
        )

    def settle(self, organisation: str, position: str, duty: Duty) -> None:
        """Somebody in an office, in the tables."""
        with transaction(self.database) as session:
            names = {"name_zh": organisation, "name_en": organisation}
            session.merge(
                OrganisationRow(
                    uscc=organisation, code="", region="330000", kind="department", **names
                )
            )
            session.merge(PersonRow(person=position, username=position, level=3, **names))
            session.flush()
            session.merge(
                PositionRow(
                    id=position,
                    person=position,
                    organisation=organisation,
                    title_zh="职",
                    title_en="post",
                    region="330000",
                    duties=duty,
                    valid_from=date(2024, 1, 1),
                    valid_to=date(2029, 12, 31),
                )
            )

    def key(self) -> str:
        return f"form-{next(self.keys):08d}"

    def request(self, dataset: str = DATASET, **values: Value) -> int:
        """A new sharing request of the clerk."""
        kind = "sharing_request" if dataset == DATASET else "sharing_registration"
        said: dict[str, Value] = {
            "basis": "《社会救助暂行办法》第十一条",
            "scene": "低保审核",
            "fields": ["name"],
            "until": "2027-06-30",
        }
        if dataset == DATASET:
            said |= {"scope": "本辖区申请人", "method": "page"}
        opening = Opening(kind, parties(), "330000", dataset)
        command = Command(OPEN, self.key(), values=said | values)
        return self.matters.open(CLERK, opening, command).matter

    def permit(self, day: str | None = None) -> int:
        if day:
            self.clock.on(day)
        two = (
            MatterParty("applicant", "person", PERSON),
            MatterParty("organ", "organisation", CITY),
        )
        command = Command(OPEN, self.key(), values={"wish": "开一家面馆"})
        return self.matters.open(CITIZEN, Opening("permit", two, "330106"), command).matter

    def do(
        self,
        principal: Principal,
        matter: int,
        event: str,
        *,
        day: str | None = None,
        version: int | None = None,
        key: str | None = None,
        reason: str | None = None,
        article: str | None = None,
        evidence: str | None = None,
        **values: Value,
    ) -> Acted:
        if day:
            self.clock.on(day)
        seen = self.view(matter).version if version is None else version
        command = Command(
            event,
            key or self.key(),
            seen,
            values,
            reason=reason,
            article=article,
            evidence=evidence,
        )
        return self.matters.act(principal, matter, command)

    def sent(self, day: str = "2026-09-24") -> int:
        """A request that the provider has to answer from a day on."""
        self.clock.on(day)
        matter = self.request()
        self.do(CLERK, matter, "submit")
        self.do(CHIEF, matter, "approve_inside")
        return matter

    def agreed(self, day: str = "2026-09-24") -> int:
        matter = self.sent(day)
        self.do(KEEPER, matter, "assess", opinion="同意")
        self.do(HEAD, matter, "agree")
        return matter

    def view(self, matter: int) -> MatterView:
        with transaction(self.database) as session:
            return self.matters.view(session, matter)

    def due(self, matter: int, duty: str) -> date | None:
        """The last day of a running clock, counted now."""
        found = self.matters.due_dates(self.view(matter))
        (day,) = [
            found[clock.duty, clock.start_seq].day
            for clock in self.view(matter).clocks
            if clock.duty == duty and clock.running
        ]
        return day


def parties() -> tuple[MatterParty, ...]:
    return (
        MatterParty("requester", "organisation", ASKING),
        MatterParty("provider", "organisation", GIVING),
        MatterParty("authority", "organisation", AUTHORITY),
    )


def database_file(folder: Path, empty: bytes) -> str:
    path = folder / "xihu.db"
    path.write_bytes(empty)
    return f"sqlite:///{path}"
