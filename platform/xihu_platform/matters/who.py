"""Who may do what in a matter: one predicate for its pages, its API and the kernel."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from xihu_platform.access import reasons
from xihu_platform.access.decision import OWN_LEVEL, office_refusal
from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput, Reason, Refused
from xihu_platform.identity.principal import DUTY_NAMES, Position, Principal, ReportedFor
from xihu_platform.matters.definition import PartyKind, WhoMay
from xihu_platform.words import Text


@dataclass(frozen=True, slots=True)
class MatterParty:
    """Who takes part: an organisation or firm by its USCC, a person by first pseudonym."""

    role: str
    kind: PartyKind
    key: str


@dataclass(frozen=True, slots=True)
class Doer:
    """Whoever acts, in the position that they act in or stand in for."""

    sub: str
    position: Position | None = None
    stands_in_for: str | None = None
    """The position stood in for; `position` is then that one. Of a citizen with a mandate, whom
    they act for."""
    own_position: str | None = None
    """Their own position, where it is another."""
    level: int = 0
    """Of a citizen's sign-in."""
    decided_by: str | None = None
    """Of a system that reports: the person whose decision it was."""

    @property
    def persons(self) -> frozenset[str]:
        return frozenset(one for one in (self.sub, self.decided_by) if one)

    @property
    def positions(self) -> frozenset[str]:
        acted_in = self.position.id if self.position else None
        return frozenset(one for one in (acted_in, self.own_position) if one)


@dataclass(frozen=True, slots=True)
class Done:
    """Who did an earlier event: whoever entered it, and whose decision it was."""

    event: str
    persons: frozenset[str]
    positions: frozenset[str]


def doers(principal: Principal, stood_in: Iterable[Position], now: datetime) -> tuple[Doer, ...]:
    """Everyone as whom somebody may act now: themselves first, then those they stand in for."""
    if principal.kind == "citizen":
        mandate, today = principal.mandate, civil_date(now)
        if mandate is not None and not mandate.valid_from <= today <= mandate.valid_to:
            return ()
        acts_for = mandate.key if mandate is not None else None
        one = Doer(principal.id, stands_in_for=acts_for, level=principal.level)
        return (one,) if _is_proven(principal) else ()
    if office_refusal(principal, now) is not None or principal.position is None:
        return ()
    own = principal.position
    if principal.reported_for is not None:
        return _reporting(principal, own, principal.reported_for, now)
    others = (
        Doer(principal.id, one, stands_in_for=one.id, own_position=own.id)
        for one in stood_in
        if one.organisation == own.organisation
        and office_refusal(replace(principal, position=one), now) is None
    )
    return (Doer(principal.id, own), *others)


def _reporting(
    principal: Principal, own: Position, said: ReportedFor, now: datetime
) -> tuple[Doer, ...]:
    """A system that says what a position of its organisation did: as that position and nothing
    else, and by the system's name. What one system reported counts as done by one."""
    position = said.position
    if principal.kind != "system" or position.organisation != own.organisation:
        return ()
    if office_refusal(replace(principal, position=position), now) is not None:
        return ()
    return (
        Doer(
            principal.id,
            position,
            stands_in_for=position.id,
            own_position=own.id,
            decided_by=said.decided_by,
        ),
    )


def _is_proven(principal: Principal) -> bool:
    return principal.level >= OWN_LEVEL


def is_party(principal: Principal, doer: Doer, role: str, parties: Collection[MatterParty]) -> bool:
    """Whether somebody takes part in a role: as the person, for the firm, or in the office."""
    return any(one.role == role and _is_one(principal, doer, one) for one in parties)


def _is_one(principal: Principal, doer: Doer, party: MatterParty) -> bool:
    if party.kind == "organisation":
        return doer.position is not None and doer.position.organisation == party.key
    if principal.kind != "citizen":
        return False
    mandate = principal.mandate
    if mandate is not None:
        return party.key == mandate.key and (party.kind == "firm") == (mandate.kind == "firm")
    return party.kind == "person" and party.key == principal.subject


def party_as(principal: Principal, role: str) -> MatterParty:
    """As whom somebody opens a matter: their office, the firm or person they act for, themselves.

    Raises Refused for one whom no office has proven: nothing could be told to be theirs.
    """
    if principal.position is not None and principal.kind != "citizen":
        return MatterParty(role, "organisation", principal.position.organisation)
    mandate, own = principal.mandate, principal.subject
    if principal.kind != "citizen" or not _is_proven(principal):
        raise Refused(reasons.REAL_NAME)
    if mandate is not None:
        return MatterParty(role, "firm" if mandate.kind == "firm" else "person", mandate.key)
    if own is None:
        raise Refused(reasons.REAL_NAME)
    return MatterParty(role, "person", own)


def takes_part(
    principal: Principal, as_whom: Iterable[Doer], parties: Collection[MatterParty]
) -> bool:
    return any(_is_one(principal, doer, one) for doer in as_whom for one in parties)


def separated(who: WhoMay, doer: Doer, done: Collection[Done]) -> bool:
    """Whether neither this person nor this position did what somebody else has to do."""
    return not any(
        one.event in who.apart_from
        and bool(one.persons & doer.persons or one.positions & doer.positions)
        for one in done
    )


def find_doer(
    who: WhoMay,
    principal: Principal,
    as_whom: Iterable[Doer],
    parties: Collection[MatterParty],
    done: Collection[Done],
    *,
    law: Text,
    titles: Mapping[str, Text],
) -> Doer:
    """As whom somebody may do it. Raises Refused for one without the role or the duty, and
    BadInput where somebody else has to do it because they did what came before."""
    mine = [d for d in as_whom if is_party(principal, d, who.party, parties)]
    role = titles.get(who.party, Text(who.party, who.party))
    if not mine:
        raise Refused(_not_party(role, law))
    able = [d for d in mine if _has_duty(who, principal, d)]
    if not able:
        raise Refused(_no_duty(who, role, law))
    free = [d for d in able if separated(who, d, done)]
    if not free:
        raise BadInput(
            f"前一步由您本人或同一职务办理，须由他人办理（{law.zh}）",
            f"you, or your position, did the step before: somebody else has to do this ({law.en})",
        )
    return free[0]


def may(
    who: WhoMay,
    principal: Principal,
    as_whom: Iterable[Doer],
    parties: Collection[MatterParty],
    done: Collection[Done],
) -> bool:
    """The same as a question: for the buttons of a page."""
    return any(
        is_party(principal, doer, who.party, parties)
        and _has_duty(who, principal, doer)
        and separated(who, doer, done)
        for doer in as_whom
    )


def handled_roles(
    rules: Iterable[WhoMay],
    principal: Principal,
    as_whom: Collection[Doer],
    parties: Collection[MatterParty],
) -> frozenset[str]:
    """The roles in which somebody can do anything at all in a matter: not everybody in an office
    that takes part handles it."""
    return frozenset(
        who.party
        for who in rules
        for doer in as_whom
        if is_party(principal, doer, who.party, parties) and _has_duty(who, principal, doer)
    )


def _has_duty(who: WhoMay, principal: Principal, doer: Doer) -> bool:
    if principal.kind == "system" and principal.reported_for is None and not who.machines:
        return False
    if not who.duties:
        return True
    return doer.position is not None and bool(who.duties & doer.position.duties)


def _not_party(role: Text, law: Text) -> Reason:
    return Reason(
        "matter_party",
        Text(f"这一步由{role.zh}办理", f"this step is for the {role.en}"),
        law,
        Text("请由该方办理", "It has to be done there."),
    )


def _no_duty(who: WhoMay, role: Text, law: Text) -> Reason:
    names = [DUTY_NAMES[one] for one in sorted(who.duties)]
    zh = f"（{'、'.join(one.zh for one in names)}）" if names else ""
    en = f" ({', '.join(one.en for one in names)})" if names else ""
    return Reason(
        "matter_duty",
        Text(
            f"这一步由{role.zh}的其他职务办理{zh}，系统不能代替",
            f"this step is for another position of the {role.en}{en}, and for a person",
        ),
        law,
        Text("请由担任该职务的人办理", "Ask whoever holds such a position."),
    )
