"""A download under way ends with the right to it, within one batch, and the log says how far."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select, update

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.edge.clients import wait_until
from xihu_catalog.contracts.model import policy_of
from xihu_catalog.sharing.requests import request_opening
from xihu_platform.access import downloads
from xihu_platform.access.answers import Stream
from xihu_platform.access.models import GrantRow
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.audit.log import LogEntry
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.engines.duckdb import streams
from xihu_platform.errors import Refused
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN

__all__ = ["acted_province"]  # a fixture

FIRMS, TASKS = "sg_firms", "sg_inspections"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BATCH_ROWS", 100)
    monkeypatch.setattr(downloads, "LEAST_ROWS", 100)


def opened(province: Province, dataset: str, position: str = "chen-yb") -> Stream:
    return province.services.gateway.open_stream(
        province.official("chen", position), dataset, Purpose("duty"), RowQuery(), exit_name="csv"
    )


def outcomes(province: Province) -> list[dict[str, object]]:
    # An outcome is handed in behind its answer: what is recorded now comes after it.
    province.services.log.record(LogEntry("outcome", "0" * 32, "-", None, {}))
    ours = (AuditEntry.kind == "outcome", AuditEntry.dataset != "-")
    query = select(AuditEntry.body).where(*ours).order_by(AuditEntry.seq)
    with transaction(province.services.node.database) as session:
        return [orjson.loads(body) for body in session.scalars(query)]


def newest_outcome(province: Province, before: int) -> dict[str, object]:
    """The one that came after so many; the log writes outcomes in its own time."""
    assert wait_until(lambda: len(outcomes(province)) > before)
    return outcomes(province)[before]


def broken_off(province: Province, stream: Stream, change: Callable[[], object]) -> str:
    """The reason a stream ends with after a change; what was sent before is in the log."""
    before = len(outcomes(province))
    next(stream.batches)  # the schema
    sent = next(stream.batches).num_rows + next(stream.batches).num_rows
    change()
    with pytest.raises(Refused) as refused:
        next(stream.batches)
    stream.source.close()
    outcome = newest_outcome(province, before)
    assert (outcome["finished"], outcome["rows"]) == (False, sent)
    return refused.value.reason.code


@pytest.fixture
def grants(province: Province) -> Iterator[Callable[..., None]]:
    """Changes the grants of the healthcare department for firms, and puts them back."""
    mine = (GrantRow.dataset == FIRMS, GrantRow.organisation == "113399001001041148")
    database = province.services.node.database
    with transaction(database) as session:
        before = session.execute(
            select(GrantRow.suspended, GrantRow.valid_to, GrantRow.fields).where(*mine)
        ).one()

    def change(**values: object) -> None:
        with transaction(database) as session:
            session.execute(update(GrantRow).where(*mine).values(**values))

    yield change
    change(suspended=before[0], valid_to=before[1], fields=before[2])


def test_nothing_changes_and_all_of_it_is_sent(province: Province) -> None:
    before = len(outcomes(province))
    stream = opened(province, FIRMS)
    rows = sum(batch.num_rows for batch in stream.batches)
    assert rows > 300
    assert newest_outcome(province, before)["rows"] == rows


def test_a_suspension_ends_it(province: Province, grants: Callable[..., None]) -> None:
    stream = opened(province, FIRMS)
    assert broken_off(province, stream, lambda: grants(suspended=True)) == "registration_needed"


def test_a_grant_that_ends_ends_it(province: Province, grants: Callable[..., None]) -> None:
    yesterday = civil_date(province.services.node.clock()) - timedelta(days=1)
    stream = opened(province, FIRMS)
    assert broken_off(province, stream, lambda: grants(valid_to=yesterday)) == "registration_needed"


def test_a_field_that_is_taken_away_ends_it(
    province: Province, grants: Callable[..., None]
) -> None:
    stream = opened(province, FIRMS)
    assert broken_off(province, stream, lambda: grants(fields=["uscc", "name"])) == "not_granted"


def test_a_change_that_takes_nothing_away_ends_nothing(
    province: Province, grants: Callable[..., None]
) -> None:
    stream = opened(province, FIRMS)
    next(stream.batches)
    grants(valid_to=civil_date(province.services.node.clock()))
    assert sum(batch.num_rows for batch in stream.batches) > 300


def test_a_registered_use_that_is_ended_ends_it(province: Province) -> None:
    """From the request to the end of the use, through the matter itself."""
    services = province.services
    clerk, head = province.official("chen", "chen-xihu"), province.official("ding", "ding-xihu")
    contract = services.catalogue.contracts.get(TASKS)
    assert clerk.position is not None
    with pytest.raises(Refused) as refused:
        opened(province, TASKS, "chen-xihu")
    assert refused.value.reason.code == "registration_needed"
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        opening = request_opening(session, policy_of(contract), clerk.position, today)
    said: dict[str, Value] = {
        "basis": "《行政处罚法》第二十条",
        "scene": "核查",
        "fields": [one.name for one in contract.fields],
        "until": (today + timedelta(days=30)).isoformat(),
    }
    acted = services.matters.open(clerk, opening, Command(OPEN, "still-0001", values=said))
    for key, who, event in (
        ("still-0002", clerk, "submit"),
        ("still-0003", head, "register"),
    ):
        acted = services.matters.act(who, acted.matter, Command(event, key, acted.version))
    assert acted.state == "active"
    stream = opened(province, TASKS, "chen-xihu")
    next(stream.batches)
    services.matters.act(clerk, acted.matter, Command("finish", "still-0004", acted.version))
    with pytest.raises(Refused) as ended:
        next(stream.batches)
    assert ended.value.reason.code == "registration_needed"
    stream.source.close()
