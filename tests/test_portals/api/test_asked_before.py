"""A metric asked before: the same bytes, yet decided each time, each under its own entry."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import orjson
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import make_transient

from tests.province import Province
from xihu_node.services import open_services
from xihu_platform.audit.log import AuditUnavailable
from xihu_platform.audit.models import AuditEntry
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.service import ask as answer_to
from xihu_platform.database import transaction
from xihu_platform.identity.models import PositionRow
from xihu_platform.start import open_node
from xihu_portals.api import asked

PUBLIC = "/api/v1/brain/metrics/industrial_output/query?level=city&latest=2"
OFFICIAL = "/api/v1/brain/metrics/tax_paid/query?latest=2"


def ask(
    province: Province, path: str, username: str | None = None, **headers: str
) -> httpx.Response:
    async def once() -> httpx.Response:
        token = province.token(username) if username else None
        async with province.client(token, **headers) as client:
            return await client.get(path)

    return asyncio.run(once())


def office(province: Province, username: str = "chen") -> dict[str, str]:
    return {"X_Xihu_Position": province.position(username).id}


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The entries of the answers that were given on the event loop."""
    given: list[int] = []
    durable = asked._durable

    async def noting(*arguments: object) -> int:
        given.append(await durable(*arguments))  # type: ignore[arg-type]
        return given[-1]

    monkeypatch.setattr(asked, "_durable", noting)
    return given


def number(answer: httpx.Response) -> int:
    return int(answer.json()["citation"]["audit_entry"])


def entry(province: Province, seq: int) -> dict[str, object]:
    with transaction(province.services.node.database) as session:
        body: dict[str, object] = orjson.loads(session.get_one(AuditEntry, seq).body)
    return {k: v for k, v in body.items() if k not in {"seq", "at", "read"}}


@contextmanager
def without_position(province: Province, position: str) -> Iterator[None]:
    database = province.services.node.database
    with transaction(database) as session:
        row = session.get_one(PositionRow, position)
        session.execute(delete(PositionRow).where(PositionRow.id == position))
        session.expunge(row)
        make_transient(row)
    try:
        yield
    finally:
        with transaction(database) as session:
            session.add(row)


@pytest.mark.parametrize(("path", "username"), [(PUBLIC, None), (OFFICIAL, "chen")])
def test_each_answer_is_the_same_and_has_its_own_durable_entry(
    province: Province, fast: list[int], path: str, username: str | None
) -> None:
    headers = office(province) if username else {}
    answers = [ask(province, path, username, **headers) for _ in range(5)]
    seqs = [number(answer) for answer in answers]
    assert seqs == sorted(set(seqs)) and fast == seqs[-len(fast) :] and len(fast) >= 2
    told = {a.text.replace(f'"audit_entry":{n}', "") for a, n in zip(answers, seqs, strict=True)}
    assert len(told) == 1
    assert len({orjson.dumps(entry(province, seq)) for seq in seqs}) == 1


def test_each_counts_as_found_in_the_cache(province: Province, fast: list[int]) -> None:
    for _ in range(3):
        ask(province, PUBLIC)
    cache, given = province.services.gateway.answers, len(fast)
    before = cache.hits
    ask(province, PUBLIC)
    assert (cache.hits, len(fast)) == (before + 1, given + 1)


def test_what_one_was_told_is_not_told_to_somebody_who_may_not_know(
    province: Province, fast: list[int]
) -> None:
    for _ in range(3):
        assert ask(province, OFFICIAL, "chen", **office(province)).status_code == 200
    given = list(fast)
    assert given
    refused = ask(province, OFFICIAL)
    assert (refused.status_code, fast) == (403, given)
    with transaction(province.services.node.database) as session:
        last = session.query(AuditEntry).order_by(AuditEntry.seq.desc()).first()
    assert last is not None and last.kind == "refusal"


def test_after_a_position_was_taken_away_nothing_more_is_told(
    province: Province, fast: list[int]
) -> None:
    headers = office(province)
    for _ in range(3):
        assert ask(province, OFFICIAL, "chen", **headers).status_code == 200
    given = list(fast)
    with without_position(province, headers["X_Xihu_Position"]):
        answer = ask(province, OFFICIAL, "chen", **headers)
        assert (answer.status_code, fast) == (404, given)
    assert ask(province, OFFICIAL, "chen", **headers).status_code == 200


@pytest.fixture
def second(province: Province) -> Iterator[Province]:
    """Another serving process over the same installation: they share the database and no memory."""
    node = province.services.node
    services = open_services(open_node(node.settings, clock=node.clock))
    yield Province(services)
    services.close()


@pytest.mark.parametrize("times", [20, pytest.param(1000, marks=pytest.mark.harness)])
def test_taken_away_and_asked_again_and_again(
    province: Province, second: Province, fast: list[int], times: int
) -> None:
    """No answer after the acknowledgement, whatever each of two processes keeps."""
    headers = office(province)
    token = province.token("chen")
    told = []

    async def again_and_again() -> None:
        async with province.client(token, **headers) as one, second.client(token, **headers) as two:
            for _ in range(times):
                before = [(await client.get(OFFICIAL)).status_code for client in (one, two) * 2]
                with without_position(province, headers["X_Xihu_Position"]):
                    after = [(await client.get(OFFICIAL)).status_code for client in (two, one)]
                told.append((*before, *after))

    asyncio.run(again_and_again())
    assert set(told) == {(200, 200, 200, 200, 404, 404)}
    assert len(fast) >= times  # else what is kept was not asked


def test_a_change_of_the_table_is_seen_at_once(province: Province, fast: list[int]) -> None:
    for _ in range(3):
        ask(province, PUBLIC)
    given = list(fast)
    assert given
    services = province.services
    table = f"data.{services.metrics['industrial_output'].dataset}"
    with services.node.lake.iceberg(table).transaction() as change:
        change.set_properties(changed="yes")
    ask(province, PUBLIC)
    assert fast == given


def test_a_mark_is_one_recipients_own_and_under_an_office_there_is_none(
    province: Province,
) -> None:
    nobody, wang = ask(province, PUBLIC), ask(province, PUBLIC, "wang")
    assert nobody.headers["ETag"] != wang.headers["ETag"]
    assert nobody.headers["ETag"].startswith('W/"')
    for answer in (nobody, wang):
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "Authorization" in answer.headers["Vary"]
    official = ask(province, PUBLIC, "chen", **office(province))
    assert official.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in official.headers


def test_the_mark_is_of_question_and_language(province: Province) -> None:
    marks = {
        ask(province, path).headers["ETag"]
        for path in (PUBLIC, PUBLIC.replace("latest=2", "latest=3"), f"{PUBLIC}&lang=en")
    }
    assert len(marks) == 3


@pytest.mark.parametrize("times", [1, 3])
def test_not_modified_is_a_full_read_in_the_log(province: Province, times: int) -> None:
    path = PUBLIC.replace("latest=2", f"latest={4 + times}")
    for _ in range(times):
        first = ask(province, path)
    again = ask(province, path, If_None_Match=f'"other", {first.headers["ETag"]}')
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert entry(province, number(first) + 1) == entry(province, number(first))
    changed = ask(province, path, "wang", If_None_Match=first.headers["ETag"])
    assert changed.status_code == 200  # another's mark says nothing to this one


def test_without_its_entry_no_answer_leaves(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        assert ask(province, PUBLIC).status_code == 200

    async def full(*_: object) -> int:
        raise AuditUnavailable

    monkeypatch.setattr(asked, "_durable", full)
    answer = ask(province, PUBLIC)
    assert answer.status_code == 503 and "points" not in answer.text


def test_a_wrong_question_is_never_kept(province: Province, fast: list[int]) -> None:
    for _ in range(3):
        assert ask(province, f"{PUBLIC}&nothing=1").status_code == 422
        assert ask(province, PUBLIC, X_Xihu_Position="x", Authorization="Bearer x").status_code
    assert fast == []


def test_a_mark_is_of_the_bytes_and_not_of_the_question(province: Province) -> None:
    """Periods close by the day and words change: the same question over the same rows differs."""
    services = province.services
    spec, query = services.get_metric("industrial_output"), MetricQuery(level="city", latest=2)
    found = answer_to(services.gateway, province.anonymous, spec, query, services.registered)
    before = services.answers.basis(spec, services.gateway.policy_version.read())
    kept = services.answers.keep(found, query, "zh", before)
    changed = services.answers.keep(replace(found, points=found.points[:1]), query, "zh", before)
    again = services.answers.keep(replace(found, points=found.points), query, "zh", before)
    assert changed.etag != kept.etag == again.etag


def test_a_mark_is_compared_weakly_wherever_it_stands(province: Province) -> None:
    first = ask(province, PUBLIC)
    mark = first.headers["etag"]
    for said in (mark, mark.removeprefix("W/"), f'"other", {mark}', "*"):
        assert ask(province, PUBLIC, If_None_Match=said).status_code == 304
    assert ask(province, PUBLIC, If_None_Match='"other"').status_code == 200
