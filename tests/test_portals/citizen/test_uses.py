"""The page "who used my data": whole days, equal looks as one line, paging with its filters."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.province import NOW, Province
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.audit.log import LogEntry
from xihu_platform.errors import NotFound, Refused
from xihu_platform.identity.principal import Mandate, Principal
from xihu_platform.words import Text
from xihu_portals.api.people import own_proof
from xihu_portals.citizen import uses
from xihu_portals.citizen.uses import MyUses, OwnDay, UseLine
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame

SUBJECT, ME = "s1_uses_page", "p-uses-page"


@pytest.fixture(scope="module")
def visitor(province: Province) -> Visitor:
    """Somebody looked at by three cases twice each, and by themselves five times."""
    services = province.services
    office = next(iter(services.catalogue.contracts.all().values())).provider
    for number in range(11):
        case = number < 6
        body: dict[str, object] = {
            "kind": "read",
            "principal": "p-official" if case else ME,
            "position": "sun-rs" if case else None,
            "case": f"C-{number % 3}" if case else None,
        }
        services.log.record(
            LogEntry(
                "read",
                f"{number:032x}",
                "gone_dataset",
                office if case else None,
                body,
                (SUBJECT,),
                purpose="case" if case else "own",
            )
        )
    principal = Principal("citizen", ME, "某人", level=3, subject=SUBJECT)
    return Visitor(services, principal, PageFrame("citizen", NOW + timedelta(minutes=1)))


def lines(view: MyUses) -> list[UseLine | OwnDay]:
    return [line for month in view.months for line in month.uses]


def test_others_alone_are_shown_unless_asked(visitor: Visitor) -> None:
    view = uses.fill(visitor, uses.Asked())
    shown = lines(view)
    assert all(isinstance(line, UseLine) for line in shown)
    assert [line.case_number for line in shown if isinstance(line, UseLine)] == [
        "C-2",
        "C-1",
        "C-0",
    ]
    assert view.pager.total == 6


def test_a_days_own_looks_are_one_line(visitor: Visitor) -> None:
    shown = lines(uses.fill(visitor, uses.Asked(everyone=True)))
    own = [line for line in shown if isinstance(line, OwnDay)]
    assert [len(line.looks) for line in own] == [5]
    assert len(shown) == 4


def test_every_entry_keeps_its_own_proof(visitor: Visitor) -> None:
    shown = lines(uses.fill(visitor, uses.Asked()))
    ids = [
        one
        for line in shown
        if isinstance(line, UseLine)
        for one in (line.id, *(look.id for look in line.earlier))
    ]
    assert len(set(ids)) == 6


def test_the_next_page_keeps_the_filters(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uses, "FETCHED", 2)
    first = uses.fill(visitor, uses.Asked(dataset="gone_dataset"))
    href = first.pager.next_href or ""
    assert href.startswith("/my/uses?dataset=gone_dataset&before=")
    second = uses.fill(visitor, uses.Asked(int(href.rpartition("=")[2]), "gone_dataset"))
    assert second.pager.first is None
    assert lines(second)[0] != lines(first)[0]


def test_filters_that_match_nothing_say_so(visitor: Visitor) -> None:
    view = uses.fill(visitor, uses.Asked(dataset="no_such_dataset"))
    assert view.state is not None
    assert view.state.kind == "empty"


def refused_attempts(province: Province) -> list[UseLine]:
    """What Wang Ruoxi is told of attempts that were refused, each once."""
    wang = province.citizen("wang")
    frame = PageFrame("citizen", province.services.node.clock())
    view = uses.fill(Visitor(province.services, wang, frame), uses.Asked())
    refused = [one for one in lines(view) if isinstance(one, UseLine) and one.refused]
    return [one for line in refused for one in (line, *[line] * len(line.earlier))]


def attempt(province: Province, case: str) -> None:
    with pytest.raises(Refused):
        province.services.gateway.read_page(
            province.official("shen", "shen-yb"),
            "yb_hospital_visits",
            Purpose("case", case),
            RowQuery(),
        )


def test_an_attempt_that_was_refused_is_told_to_the_person_it_was_about(
    province: Province,
) -> None:
    """Under a ground of a colleague: she may not look, and the person learns that she tried."""
    before = len(refused_attempts(province))
    attempt(province, "XH-2026-000123")
    told = refused_attempts(province)
    assert len(told) == before + 1
    assert isinstance(told[0].purpose, Text)
    assert (told[0].purpose.zh, told[0].case_number) == ("办理“异地就医备案”", "XH-2026-000123")
    assert told[0].fields == ()
    assert own_proof(province.services, province.citizen("wang"), int(told[0].id)).path


def test_an_attempt_under_no_ground_of_hers_is_not_told(province: Province) -> None:
    before = len(refused_attempts(province))
    for number in ("XH-2026-000000", "XH-2026-999999"):
        attempt(province, number)
    assert len(refused_attempts(province)) == before


def acting(visitor: Visitor, kind: str, items: str = "") -> Visitor:
    """The agent of the person that the others of this file look at."""
    day = NOW.date()
    mandate = Mandate(
        kind=kind,  # type: ignore[arg-type]  # one of the kinds
        key=SUBJECT,
        name_zh="某人",
        name_en="Somebody",
        valid_from=day,
        valid_to=day + timedelta(days=30),
        items=frozenset(items.split()),
    )
    agent = Principal("citizen", "p-agent", "代办人", level=3, subject="s1_agent", mandate=mandate)
    return replace(visitor, principal=agent)


def test_a_guardian_sees_who_looked_at_the_child(visitor: Visitor) -> None:
    view = uses.fill(acting(visitor, "child"), uses.Asked())
    cases = [one.case_number for one in lines(view) if isinstance(one, UseLine)]
    assert [one for one in cases if one] == ["C-2", "C-1", "C-0"]
    assert view.acting is not None and "某人" in view.acting.zh


def test_an_agent_for_named_services_sees_no_look_beyond_their_cases(visitor: Visitor) -> None:
    """No line, no choice of a filter, no proof: of all eleven entries."""
    agent = acting(visitor, "elder", "elder_card")
    view = uses.fill(agent, uses.Asked(everyone=True))
    assert (lines(view), view.filters, view.grounds) == ([], (), ())
    whole = uses.fill(visitor, uses.Asked(everyone=True))
    ids = [
        look
        for line in lines(whole)
        for look in ([line.id] if isinstance(line, UseLine) else [one.id for one in line.looks])
    ]
    assert ids
    for one in ids:
        with pytest.raises(NotFound):
            own_proof(agent.services, agent.principal, int(one))
        assert own_proof(visitor.services, visitor.principal, int(one)).path
