"""The demo's cast: each act is answered as its list says, once, in the demo alone."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from tests.province import NOW, Province, make_province
from tests.test_upgrade.opened import check_log
from xihu_catalog.quality.corrections import CorrectionRow
from xihu_catalog.registry.acts import (
    DemoPlayRow,
    RunningActs,
    begin_act,
    progress_of,
)
from xihu_node.acts import child_settings, play
from xihu_pipelines.demo import acts as demo
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.start import Node

BEGUN = 2
"""Acts that an earlier start had begun before it was stopped."""


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    yield from make_province(tmp_path_factory.mktemp("untouched"))


@pytest.fixture
def node(untouched: Province) -> Node:
    return untouched.services.node


def forget(node: Node) -> None:
    with transaction(node.database) as session:
        session.execute(delete(DemoPlayRow))


def _with(node: Node, **changed: object) -> Node:
    return replace(node, settings=node.settings.model_copy(update=changed))


def test_nothing_is_played_in_production_beside_a_keycloak_or_in_another_registry(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert demo.decide_acts(_with(node, profile="production")) == []
    there = node.settings.identity.model_copy(update={"issuer": "https://id.example/realms/x"})
    assert demo.decide_acts(_with(node, identity=there)) == []
    still = node.settings.demo.model_copy(update={"acts": False})
    assert demo.decide_acts(_with(node, demo=still)) == []
    monkeypatch.setattr(demo, "REGISTRY", tmp_path)
    assert demo.decide_acts(node) == []


def test_pages_say_how_far_it_is_and_then_no_more(untouched: Province, node: Node) -> None:
    forget(node)
    with transaction(node.database) as session:
        session.add(DemoPlayRow(id=1, acts=36, played=7, decided_at=NOW))
    shown = Province(replace(untouched.services, acts=RunningActs(node.database)))

    async def ask() -> str:
        async with shown.client(accept_language="en") as client:
            return (await client.get("/search")).text

    assert "at work: 7 of 36 acts" in asyncio.run(ask())
    begin_act(node.database, 8)
    assert "at work: 8 of 36 acts" in asyncio.run(ask())
    forget(node)
    assert "at work" not in asyncio.run(ask())


def test_the_child_leaves_a_core_and_most_of_the_memory_to_whoever_looks(node: Node) -> None:
    before, small = node.settings.lake, child_settings(node.settings).lake
    assert (small.threads, small.memory_limit) == (1, "96MB")
    assert small.model_copy(update={"threads": 2, "memory_limit": "256MB"}) == before


@pytest.fixture(scope="module")
def statuses(untouched: Province) -> list[int]:
    node = untouched.services.node
    acts = demo.decide_acts(node)
    assert acts == demo.load_acts()
    begin_act(node.database, BEGUN)
    assert demo.decide_acts(node) == acts, "a start that was stopped is gone on with"
    return asyncio.run(play(untouched.services, acts))


def entries(province: Province) -> list[dict[str, object]]:
    with transaction(province.services.node.database) as session:
        return [json.loads(body) for body in session.scalars(select(AuditEntry.body))]


@pytest.mark.harness
def test_each_act_is_answered_as_the_list_says(statuses: list[int]) -> None:
    acts = demo.load_acts()[BEGUN:]
    assert [(a.visit or a.corrects, s) for a, s in zip(acts, statuses, strict=True)] == [
        (a.visit or a.corrects, a.expect) for a in acts
    ]


@pytest.mark.harness
def test_every_page_has_something_true_to_show(untouched: Province, statuses: list[int]) -> None:
    found = entries(untouched)
    reads = Counter(e.get("purpose") for e in found if e["kind"] in {"read", "intent"})
    assert {"own", "case", "duty", "open"} <= reads.keys()
    refused = {e["reason"] for e in found if e["kind"] == "refusal"}
    assert {"per_case", "open_banned", "grant_needed"} <= refused
    assert any("起结算的" in str(e.get("purpose_words")) for e in found)
    assert any(e.get("behalf") or e.get("mandate") for e in found), "a firm's handler reads"
    with transaction(untouched.services.node.database) as session:
        assert session.scalar(select(func.count()).select_from(CorrectionRow)) == 1


@pytest.mark.harness
def test_the_logs_times_are_of_when_it_was_done(untouched: Province, statuses: list[int]) -> None:
    times = [str(e["at"]) for e in entries(untouched)]
    assert times == sorted(times)
    assert min(times) >= NOW.isoformat()
    assert check_log(untouched).holds


@pytest.mark.harness
def test_it_is_played_once_and_never_after_somebody_has_read(
    node: Node, statuses: list[int]
) -> None:
    assert demo.decide_acts(node) == []
    with transaction(node.database) as session:
        assert progress_of(session) is None
    forget(node)
    assert demo.decide_acts(node) == []
