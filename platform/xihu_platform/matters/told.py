"""Whose records' uses somebody is told of: their own, or those of the person they act for."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_platform.identity.principal import Principal
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.models import MatterPartyRow


@dataclass(frozen=True, slots=True)
class Told:
    """A person by first pseudonym; `cases`: the uses under these numbers alone, None: all."""

    subject: str
    cases: frozenset[str] | None = None


def told_of(session: Session, matters: Matters, principal: Principal) -> Told | None:
    """Oneself; whoever acts for a person in everything is told what that person is; whoever acts
    in named services is told who looked under the cases of these, whoever began them. None for no
    person.

    A firm's agent is told of their own records: no use names a firm.
    """
    mandate = principal.mandate
    if mandate is None or mandate.kind == "firm":
        return Told(principal.subject) if principal.subject is not None else None
    if not mandate.items:
        return Told(mandate.key)
    within = matters.within(session, principal)
    party = MatterPartyRow
    query = select(party.matter).where(party.key == mandate.key)
    if within is not None:
        query = query.where(party.matter.in_(within))
    numbers = {matters.view(session, one).number for one in session.scalars(query).unique()}
    return Told(mandate.key, frozenset(numbers))
