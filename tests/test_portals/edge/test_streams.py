"""Downloads that nobody reads hold nothing and nobody up, and the log says how each ended."""

from collections import Counter

import httpx
import orjson
import pytest
from sqlalchemy import func, select

from tests.province import Province
from tests.test_portals.edge.clients import LARGE, is_cut_off, seconds_for, unread, wait_until
from tests.test_portals.pages.live import Live
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.engines.duckdb import streams as streams_module
from xihu_platform.engines.duckdb.engine import DuckDBEngine
from xihu_platform.errors import TooMany
from xihu_portals.edge.streams import Streams


@pytest.fixture(autouse=True)
def many_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's largest dataset is one batch: an unread stream would have read all of it and
    hold no cursor."""
    monkeypatch.setattr(streams_module, "BATCH_ROWS", 2_000)


def kinds(province: Province) -> Counter[str]:
    counted = select(AuditEntry.kind, func.count()).group_by(AuditEntry.kind)
    with transaction(province.services.node.database) as session:
        return Counter({str(row[0]): int(row[1]) for row in session.execute(counted)})


@pytest.fixture
def unended(served: Live) -> int:
    """Intents that never get an outcome: those of derived datasets, made before."""
    found = kinds(served.province)
    return found["intent"] - found["outcome"]


def is_free(province: Province, unended: int) -> bool:
    """No stream is open, every cursor is back, every intent has its outcome."""
    services = province.services
    engine = services.gateway.engine
    assert isinstance(engine, DuckDBEngine)
    found = kinds(province)
    return (
        services.streams.open == 0
        and engine.streaming == 0
        and found["intent"] - found["outcome"] == unended
    )


def health(live: Live) -> str:
    return str(httpx.get(f"{live.base}/health").json()["status"])


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_twelve_unread_downloads_slow_nobody_and_leave_nothing(
    served: Live, unended: int, form: str
) -> None:
    seconds_for(served, "/datasets/sg_firms")  # templates are compiled at their first use
    assert wait_until(lambda: health(served) == "ok")
    before = kinds(served.province)["intent"]
    with unread(served, f"{LARGE}.{form}?purpose=open", 12):
        assert wait_until(lambda: kinds(served.province)["intent"] == before + 12)
        # Parquet is small enough that the sockets take all of it.
        services = served.province.services
        assert form != "csv" or wait_until(lambda: services.streams.open == 12)
        engine = services.gateway.engine
        assert isinstance(engine, DuckDBEngine)
        assert wait_until(lambda: engine.streaming == 0), "the engine holds nothing for who waits"
        seconds_for(served, "/api/v1/datasets/sg_firms/rows?sort=-name&limit=7")
        seconds_for(served, "/datasets/sg_firms")
        assert health(served) == "ok"
    assert wait_until(lambda: is_free(served.province, unended))


@pytest.mark.harness  # it measures: two busy cores would make it fail
def test_beside_twelve_unread_downloads_a_page_takes_no_longer(served: Live, unended: int) -> None:
    seconds_for(served, "/datasets/sg_firms")
    with unread(served, f"{LARGE}.csv?purpose=open", 12):
        assert wait_until(lambda: served.province.services.streams.open == 12)
        assert seconds_for(served, "/api/v1/datasets/sg_firms/rows?sort=-name&limit=7") < 2
        assert seconds_for(served, "/datasets/sg_firms") < 2
    assert wait_until(lambda: is_free(served.province, unended))


def test_a_client_that_takes_nothing_is_cut_off(served: Live, unended: int) -> None:
    with unread(served, f"{LARGE}.csv?purpose=open") as (client,):
        assert wait_until(lambda: served.province.services.streams.open == 1)
        assert wait_until(lambda: is_free(served.province, unended))  # before the usual 30 s
        assert is_cut_off(client)


def test_a_broken_off_download_is_not_logged_as_finished(served: Live, unended: int) -> None:
    with unread(served, f"{LARGE}.csv?purpose=open"):
        assert wait_until(lambda: served.province.services.streams.open == 1)
    assert wait_until(lambda: is_free(served.province, unended))
    newest = select(AuditEntry.body).where(AuditEntry.kind == "outcome")
    with transaction(served.province.services.node.database) as session:
        body = session.scalars(newest.order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert orjson.loads(body)["finished"] is False


def test_a_stream_that_nobody_begins_has_an_outcome(served: Live, unended: int) -> None:
    province = served.province
    stream = province.services.gateway.open_stream(
        province.anonymous, "sg_firms", Purpose("open"), RowQuery(), exit_name="csv"
    )
    del stream
    assert wait_until(lambda: is_free(province, unended))


def test_a_caller_may_have_few_streams_and_all_together_some() -> None:
    streams = Streams(total=3, each=2, write_limit_s=1)
    first, second = streams.take("one"), streams.take("one")
    with pytest.raises(TooMany, match="2 of your downloads"):
        streams.take("one")
    third = streams.take("two")
    with pytest.raises(TooMany, match="too many downloads"):
        streams.take("three")
    first.release()
    first.release()
    assert streams.open == 2
    fourth = streams.take("three")
    del second, third, fourth
    assert streams.open == 0


def test_too_many_downloads_are_told_when_to_come_back(served: Live, unended: int) -> None:
    path = f"{LARGE}.csv?purpose=open"
    with unread(served, path, 12):
        assert wait_until(lambda: served.province.services.streams.open == 12)
        answer = httpx.get(f"{served.base}{path}&lang=en")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "wait until one has ended" in answer.json()["detail"]
    assert wait_until(lambda: is_free(served.province, unended))
