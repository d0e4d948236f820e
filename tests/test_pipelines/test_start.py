"""How a process begins: whom the embedded issuer signs in where no demo was loaded."""

from sqlalchemy import delete, func, select

from xihu_catalog.registry.people import content
from xihu_pipelines.start import settle_people
from xihu_platform.database import transaction
from xihu_platform.identity.models import PersonRow, PositionRow
from xihu_platform.settings import IdentitySettings
from xihu_platform.start import Node


def people(node: Node) -> int:
    with transaction(node.database) as session:
        return session.scalar(select(func.count(PersonRow.person))) or 0


def test_the_registrys_people_are_there_once_and_stay_as_they_were_changed(node: Node) -> None:
    settle_people(node)
    assert people(node) == len(content().people)
    with transaction(node.database) as session:
        session.execute(delete(PositionRow).where(PositionRow.id == "chen-yb"))
    settle_people(node)
    with transaction(node.database) as session:
        assert session.get(PositionRow, "chen-yb") is None


def test_an_identity_provider_knows_its_people_itself(node: Node) -> None:
    settings = node.settings.model_copy(
        update={"identity": IdentitySettings(issuer="https://id.example/realms/xihu")}
    )
    object.__setattr__(node, "settings", settings)
    settle_people(node)
    assert people(node) == 0
