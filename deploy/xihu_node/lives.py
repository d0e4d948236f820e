"""Plays the demo's cases, calls, appointments and comments, by the functions that pages call.

Each act has a working day of the past weeks: matters are opened with a clock that tells it. Reads
of registers and the log's own times are of when it was played. No row is written here, and no
document made: those of licences are made when somebody first asks for them.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Literal

from sqlalchemy import select

from xihu_catalog.registry.appointments import appointment_counters
from xihu_catalog.services.case import case_opening, read_case
from xihu_catalog.services.handing_in import FIELD
from xihu_catalog.services.hotline import hotline_opening
from xihu_catalog.services.items import item_versions, service_items
from xihu_catalog.services.prefill import Registers
from xihu_catalog.services.ratings import rate
from xihu_catalog.services.situation import known_answers
from xihu_catalog.services.slots import book, mark, offered_days
from xihu_catalog.sharing.start import matters_in_force
from xihu_catalog.voices.acts import DATA_COMMENT, DATA_REUSE
from xihu_catalog.voices.opening import voice_opening
from xihu_pipelines.demo.lives import Life, RatedAs, load_lives, steps
from xihu_platform.access.grounds import GroundRow
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import TerminalError
from xihu_platform.identity.models import PersonRow, PositionRow
from xihu_platform.identity.people import list_mandates, list_positions_by_id
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.kernel import Opening, StaleMatter
from xihu_platform.matters.views import MatterView
from xihu_platform.statute.published import read_calendar
from xihu_portals.services import Services

OPENS = time(9, 0)
BETWEEN = timedelta(minutes=11)
"""Of one day's acts."""
MANY, LONGEST = 12, 60
"""More acts than a life has, and more working days than one lasts."""
SAID: dict[str, Value] = {
    "finding": "经核查，情况与申请一致（演示）",
    "opinion": "经审查，符合条件，拟同意（演示）",
    "gaps": "材料不齐：请补充清晰的复印件，并在申请表上签名（演示）",
    "reply": "已核实并处理，结果已告知（演示）",
    "measures": "已向申请人说明原因并重新办理（演示）",
    "said": "已电话回访（演示）",
    "responded": "responded",
    "satisfied": "satisfied",
    "extension": 3,
}
"""What an office says where a life says nothing else."""
TAKES = ("take", "take_on")
MADE_UP: dict[str, str] = {
    "date": "2026-01-31",
    "number": "3",
    "yes_no": "yes",
    "phone": "13800000000",
}
"""What an applicant writes in a field that no register has, by its kind."""


class Lives:
    """Plays one life after the other."""

    def __init__(self, services: Services) -> None:
        self._now = services.node.clock
        self._moment: datetime | None = None
        node = replace(services.node, clock=self._clock)
        matters = matters_in_force(node, services.catalogue.contracts, services.gateway)
        self._services = replace(services, matters=matters)
        self._matters = matters
        self._lives = {one.id: one for one in load_lives()}
        self._offices: dict[str, list[Principal]] = {}
        self._worked: list[date] = []

    def ends(self, name: str) -> str:
        """The state in which it should be left."""
        return self._lives[name].ends

    def play(self, name: str) -> str:
        """The state in which it is left. Raises TerminalError where nobody could act, and whatever
        the kernel raises."""
        life = self._lives[name]
        try:
            if life.counter is not None:
                return self._come(life, life.counter)
            number = self._matter(life)
            if life.rated is not None:
                self._rate(life, number, life.rated)
            return self._view(number).state
        finally:
            self._moment = None

    def write_down(self) -> None:
        """What all of them have promised, at once and now: each alone would take twice as long. A
        play that breaks off leaves it to the next tick."""
        self._services.write_down(None)

    def _clock(self) -> datetime:
        return self._moment or self._now()

    def _at(self, days: int, nth: int) -> None:
        """The `nth` act of a life, so many days ago; never later than now."""
        now = self._now()
        day = civil_date(now) - timedelta(days=days)
        self._moment = min(now, datetime.combine(day, OPENS, SHANGHAI) + nth * BETWEEN)

    def _at_work(self, days: int, nth: int) -> None:
        """The same on a working day: of seven days ago it is five working days, in office hours. A
        day counts once the acts of a life are over on it."""
        if not self._worked:
            calendar, now = read_calendar(self._matters.database), self._now()
            day = civil_date(now)
            if datetime.combine(day, OPENS, SHANGHAI) + MANY * BETWEEN > now:
                day -= timedelta(days=1)
            while len(self._worked) < LONGEST:
                if calendar.is_working_day(day)[0]:
                    self._worked.append(day)
                day -= timedelta(days=1)
        self._moment = (
            datetime.combine(self._worked[ceil(days * 5 / 7)], OPENS, SHANGHAI) + nth * BETWEEN
        )

    def _matter(self, life: Life) -> int:
        number = 0
        for nth, (days, event) in enumerate(steps(life.acts)):
            self._at_work(days, nth)
            if event in {"begin", "submit"}:
                number = self._opened(life)
                if event == "begin" or life.item is None:
                    continue
            self._step(life, number, event, f"{life.id}-{nth}")
        return number

    def _opened(self, life: Life) -> int:
        if life.item is not None:
            return self._begin(life)
        return self._ring(life) if life.dataset is None else self._say(life, life.dataset)

    def _begin(self, life: Life) -> int:
        """A case with its situation, filled in from registers once, and what they do not have."""
        item, applicant = service_items()[life.item or ""], self._applicant(life)
        with transaction(self._matters.database) as session:
            opening = case_opening(session, item, applicant)
        said: dict[str, Value] = {"answers": life.answers} if life.answers else {}
        number = self._open(life, applicant, opening, said)
        registers = Registers(self._services.gateway, self._services.catalogue, self._matters)
        answers = known_answers(item, life.answers)
        registers.fetch(applicant, item, self._view(number), "own", answers)
        view = self._view(number)
        self._act(applicant, view, "write", f"{life.id}-write", self._written(life, number))
        return number

    def _written(self, life: Life, number: int) -> dict[str, Value]:
        with transaction(self._matters.database) as session:
            view = self._matters.view(session, number)
            case = read_case(session, self._matters.texts, item_versions(), view)
        written: dict[str, Value] = {}
        for one in case.fields:
            known = one.register.value if one.register is not None and one.register.found else None
            made = MADE_UP.get(one.field.kind, f"示例{one.field.title.zh}")
            written[f"{FIELD}{one.field.id}"] = life.write.get(one.field.id) or known or made
        if case.lacking:
            written["at_counter"] = [one.id for one in case.lacking]
        return written

    def _ring(self, life: Life) -> int:
        caller = self._applicant(life)
        with transaction(self._matters.database) as session:
            opening = hotline_opening(session, caller)
        said: dict[str, Value] = {"topic": life.topic or "", **life.write}
        return self._open(life, caller, opening, said)

    def _say(self, life: Life, dataset: str) -> int:
        author, policy = self._applicant(life), self._services.catalogue.policy(dataset)
        kind = DATA_REUSE if "address" in life.write else DATA_COMMENT
        with transaction(self._matters.database) as session:
            opening = voice_opening(session, kind, author, policy, civil_date(self._clock()))
        return self._open(life, author, opening, {**life.write})

    def _open(self, life: Life, who: Principal, opening: Opening, said: dict[str, Value]) -> int:
        command = Command(OPEN, f"life-{life.id}-open", 0, said)
        return self._matters.open(who, opening, command).matter

    def _step(self, life: Life, number: int, event: str, key: str) -> None:
        """By the applicant where it is theirs, otherwise by whoever of the office may do it."""
        view = self._view(number)
        rule = view.definition.events[event]
        if rule.actor.party in {"applicant", "caller", "rater"}:
            who = self._applicant(life)
            if event == "supply":
                more: dict[str, Value] = {f"{FIELD}mobile": "15400000001"}
                fields = view.definition.events["write"].takes
                said = more if f"{FIELD}mobile" in fields else self._written(life, number)
                self._act(who, view, "write", f"{key}-more", said)
                view = self._view(number)
            self._act(who, view, event, key, {})
            return
        who, view = self._official(view, event, key)
        if life.compared and event in {"accept", "accept_tolerant", "grant_at_once"}:
            self._compare(who, view)
        said = {
            name: life.says.get(f"{event}.{name}") or life.says.get(name) or SAID[name]
            for name in rule.takes
            if name in life.says or f"{event}.{name}" in life.says or name not in rule.optional
            if name != "deferred"
        }
        if "deferred" in rule.takes:
            said["deferred"] = [life.says["deferred"]]
        self._act(who, view, event, key, said, life)

    def _compare(self, who: Principal, view: MatterView) -> None:
        """The office reads what registers have, under the case."""
        with transaction(self._matters.database) as session:
            case = read_case(session, self._matters.texts, item_versions(), view)
        registers = Registers(self._services.gateway, self._services.catalogue, self._matters)
        registers.fetch(who, case.item, view, "desk", case.answers)

    def _act(
        self,
        who: Principal,
        view: MatterView,
        event: str,
        key: str,
        said: dict[str, Value],
        life: Life | None = None,
    ) -> None:
        needs = view.definition.events[event].needs if life is not None else frozenset()
        command = Command(
            event,
            f"life-{key}",
            view.version,
            said,
            reason=life.reason if life is not None and "reason" in needs else None,
            article=life.article if life is not None and "article" in needs else None,
            evidence="YS-2026-031" if "evidence" in needs else None,
        )
        try:
            self._matters.act(who, view.id, command)
        except StaleMatter as changed:  # time had something to say first
            again = replace(command, version=changed.matter.version)
            self._matters.act(who, view.id, again)

    def _view(self, number: int) -> MatterView:
        with transaction(self._matters.database) as session:
            return self._matters.view(session, number)

    def _official(self, view: MatterView, event: str, key: str) -> tuple[Principal, MatterView]:
        """Whoever has the case, where it is theirs to do; else a colleague, who takes it first."""
        colleagues = self._colleagues(view)
        for one in colleagues:
            if self._may(one, view, {event}):
                return one, view
        for one in colleagues[1:]:
            if not self._may(one, view, set(TAKES)):
                continue
            take = next(t for t in TAKES if self._may(one, view, {t}))
            self._act(one, view, take, f"{key}-take", {})
            view = self._view(view.id)
            if self._may(one, view, {event}):
                return one, view
        raise TerminalError(
            f"{view.number}（{view.state}）：没有人可以办理 {event}",
            f"{view.number} is {view.state}: nobody may {event}",
        )

    def _may(self, who: Principal, view: MatterView, events: set[str]) -> bool:
        return bool(events & {one.name for one in self._matters.allowed(who, view)})

    def _colleagues(self, view: MatterView) -> list[Principal]:
        """Those of the offices that take part, the position that has the case first."""
        offices = [one.key for one in view.parties if one.kind == "organisation"]
        with transaction(self._matters.database) as session:
            has = select(GroundRow.position).where(GroundRow.number == view.number)
            holder = session.scalar(has)
        found = [one for office in offices for one in self._office(office)]
        return sorted(found, key=lambda one: one.position is None or one.position.id != holder)

    def _office(self, organisation: str) -> list[Principal]:
        """Who is in office there today."""
        if organisation not in self._offices:
            row, today = PositionRow, civil_date(self._now())
            with transaction(self._matters.database) as session:
                rows = session.scalars(select(row).where(row.organisation == organisation)).all()
                filled = list_positions_by_id(session, [one.id for one in rows], today)
                of = {one.id: session.get_one(PersonRow, one.person) for one in rows}
            self._offices[organisation] = [
                Principal(
                    "official",
                    of[one.id].person,
                    name=of[one.id].name_zh,
                    level=of[one.id].level,
                    position=one,
                    portal="official",
                )
                for one in filled
            ]
        return self._offices[organisation]

    def _applicant(self, life: Life) -> Principal:
        with transaction(self._matters.database) as session:
            row = session.scalars(select(PersonRow).where(PersonRow.username == life.who)).one()
            known = list_mandates(session, row.person, civil_date(self._clock()))
        mandate = None
        if life.acts_for is not None:
            mandate = next(one for one in known if one.kind == life.acts_for)
        return Principal(
            "citizen",
            row.person,
            name=row.name_zh,
            level=row.level,
            subject=row.subject,
            mandate=mandate,
            portal="citizen",
        )

    def _rate(self, life: Life, number: int, rated: RatedAs) -> None:
        self._at_work(rated.day, MANY - 1)
        who, key = self._applicant(life), f"life-{life.id}-rate"
        rating = rate(self._matters, who, number, rated.level, rated.comment, key)
        for nth, (days, event) in enumerate(steps(rated.acts)):
            self._at_work(days, MANY + nth)
            assert rating.followed_by is not None  # the demo's own file
            self._step(life, rating.followed_by, event, f"{life.id}-rate-{nth}")

    def _come(self, life: Life, name: str) -> str:
        """The first time of a day at a counter; marked on that day, where the life says so."""
        counter, state = appointment_counters()[name], ""
        who = self._applicant(life)
        (booked, _), *marked = steps(life.acts)
        self._at(booked, 0)
        calendar, now = read_calendar(self._matters.database), self._clock()
        earliest = civil_date(now) + timedelta(days=life.days)
        days = offered_days(counter, calendar, civil_date(now))
        day = next(one for one in days if one >= earliest)
        with transaction(self._matters.database) as session:
            starts = counter.times[0][0]
            booking = book(
                session,
                counter,
                calendar,
                day,
                starts,
                person=who.mandate.key if who.mandate is not None else who.subject or "",
                sub=who.id,
                now=now,
            )
        state = booking.state
        for _, event in marked:
            self._moment = booking.at + BETWEEN
            marking = self._office(counter.organisation)[0].position
            position = marking.id if marking is not None else ""
            with transaction(self._matters.database) as session:
                outcome: Literal["came", "missed"] = "came" if event == "came" else "missed"
                state = mark(session, [name], booking.id, outcome, position, self._moment).state
        return state
