"""Cases in the demo province, played by those whose step it is."""

from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.province import Province
from xihu_catalog.services.case import case_opening
from xihu_catalog.services.items import service_items
from xihu_catalog.services.prefill import Registers
from xihu_catalog.services.situation import known_answers
from xihu_platform.access.grounds import GroundRow
from xihu_platform.credentials.models import CredentialRow
from xihu_platform.credentials.register import CredentialFacts, issue
from xihu_platform.database import transaction
from xihu_platform.identity.models import PersonRow, PositionRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.models import MatterRow
from xihu_platform.matters.who import party_as
from xihu_platform.words import Text

_KEYS = count()
MADE_UP = {"date": "1988-04-12", "number": "3", "yes_no": "yes", "phone": "13800001234"}
"""What is written in a field, by its kind."""


def key() -> str:
    return f"casing-{next(_KEYS):06d}"


def begun(
    province: Province,
    item: str = "low_income",
    who: str = "wang",
    answers: str = "",
    *,
    firm: bool = False,
) -> int:
    """A draft, filled in from registers; `firm`: of the firm that they act for."""
    services, principal = province.services, province.citizen(who, firm=firm)
    with transaction(services.node.database) as session:
        opening = case_opening(session, service_items()[item], principal)
    values: dict[str, Value] = {"answers": answers} if answers else {}
    number = services.matters.open(principal, opening, Command(OPEN, key(), 0, values)).matter
    registers = Registers(services.gateway, services.catalogue, services.matters)
    one, view = service_items()[item], services.matters.read(principal, number)
    registers.fetch(principal, one, view, "own", known_answers(one, answers))
    return number


def act(
    province: Province,
    number: int,
    principal: Principal,
    event: str,
    values: dict[str, Value] | None = None,
) -> str:
    matters = province.services.matters
    version = matters.read(principal, number).version
    acted = matters.act(principal, number, Command(event, key(), version, values or {}))
    province.services.write_down()
    return acted.state


def refuse(province: Province, number: int, event: str) -> str:
    """The office that has a case refuses it, by whichever step."""
    matters, principal = province.services.matters, province.official(*handler_of(province, number))
    version = matters.read(principal, number).version
    command = Command(event, key(), version, reason="不符合条件", article="第四条")
    acted = matters.act(principal, number, command)
    province.services.write_down()
    return acted.state


def handed_in(
    province: Province,
    item: str = "elder_card",
    who: str = "wang",
    written: dict[str, str] | None = None,
) -> int:
    """Every field written, every paper brought to the counter."""
    number, principal = begun(province, item, who), province.citizen(who)
    one, said = service_items()[item], written or {}
    values: dict[str, Value] = {
        f"f_{field.id}": said.get(field.id, MADE_UP.get(field.kind, "示例")) for field in one.form
    }
    values["at_counter"] = [paper.id for paper in one.materials]
    act(province, number, principal, "write", values)
    act(province, number, principal, "submit")
    return number


def licensed(province: Province) -> str:
    """The token of a licence that was granted."""
    number, chen = handed_in(province), province.official("chen", "chen-xihu")
    act(province, number, chen, "take")
    act(province, number, chen, "accept")
    act(province, number, chen, "grant")
    with transaction(province.services.node.database) as session:
        query = select(CredentialRow.token).where(CredentialRow.matter == number)
        return session.scalars(query).one()


def issued_to(province: Province, kind: str, number: str, who: str = "wang") -> str:
    """A licence of a kind, issued to somebody; the number that it has."""
    services, principal = province.services, province.citizen(who)
    with transaction(services.node.database) as session:
        facts = CredentialFacts(
            kind=kind,
            title=Text("证照", "Licence"),
            number=number,
            issuer="11330000MB00000001",
            issuer_name=Text("示例局", "Sample bureau"),
            holder=party_as(principal, "applicant").key,
            holder_name="王若溪",
            matter=handed_in_before(session),
        )
        return issue(session, services.matters.texts, facts, services.node.clock()).number


def handed_in_before(session: Session) -> int:
    """Any matter that there is, for a licence to have come from."""
    return session.scalars(select(MatterRow.id).order_by(MatterRow.id).limit(1)).one()


def parts(province: Province, bundle: int) -> dict[str, int]:
    """The cases of a bundle, by item."""
    with transaction(province.services.node.database) as session:
        query = select(MatterRow.kind, MatterRow.id).where(MatterRow.parent == bundle)
        return {kind.removeprefix("svc_"): number for kind, number in session.execute(query)}


def handler_of(province: Province, number: int) -> tuple[str, str]:
    """Whoever has a case: their user name, and the position in which they have it."""
    with transaction(province.services.node.database) as session:
        ground = select(GroundRow.position).where(GroundRow.matter == number)
        position = session.scalars(ground).one()
        person = session.scalars(
            select(PositionRow.person).where(PositionRow.id == position)
        ).first()
        who = session.scalars(select(PersonRow.username).where(PersonRow.person == person)).one()
    assert who is not None
    return who, position


def ask(province: Province, number: int, gaps: str) -> None:
    """The office that has a case says what is missing, for whoever has the position."""
    principal = province.official(*handler_of(province, number))
    act(province, number, principal, "ask_completion", {"gaps": gaps})
