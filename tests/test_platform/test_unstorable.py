"""A text that PostgreSQL cannot store is the asker's to mend, not a fault of the platform."""

import pytest
from sqlalchemy import Engine, select

from tests.both_databases import postgres
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput
from xihu_platform.identity.models import PersonRow, PositionRow

__all__ = ["postgres"]  # a fixture


def test_a_nul_is_refused_whether_it_is_asked_for_or_written(postgres: Engine) -> None:
    with pytest.raises(BadInput, match="NUL"), transaction(postgres) as session:
        session.scalar(select(PositionRow.id).where(PositionRow.id == "chen\x00yb"))
    with pytest.raises(BadInput, match="NUL"), transaction(postgres) as session:
        session.add(PersonRow(person="p-\x00", name_zh="甲", name_en="A", level=2))
        session.flush()
    with transaction(postgres) as session:  # and the connection is sound
        assert session.scalar(select(PersonRow.person)) is None
