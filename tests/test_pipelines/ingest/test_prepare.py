"""The steps of a load before its commit: what each adds; none changes the context it was given."""

import csv
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from tests.test_pipelines.ingest.test_modes import contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality import quarantine
from xihu_pipelines.ingest.context import LoadContext
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_pipelines.ingest.load import batch_of, load_file, workshop
from xihu_pipelines.ingest.prepare import PREPARE, begin
from xihu_platform.start import Node

RESULTS = ("received", "parts", "blocks", "counts", "deferred", "profile", "gone")
HEADER = ("id", "name", "county")
FIRST = [("1", "甲", "330102"), ("2", "乙", "330105")]
SECOND = [("2", "again", "330105"), ("3", "丙", "330102"), ("3", "twice", ""), ("4", "丁", "x")]


def write(path: Path, rows: Sequence[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def contexts(node: Node, one: Contract, path: Path) -> Iterator[LoadContext]:
    """The context before the first step, and the one that each step returns."""
    with node.lake.lease(one.dataset), workshop(node, one) as connection:
        context = begin(node, one, batch_of(path, one.source, {}), connection)
        yield context
        for step in PREPARE:
            context = step(context)
            yield context


def picture(context: LoadContext) -> bytes:
    return pickle.dumps([getattr(context, name) for name in RESULTS])


@pytest.mark.parametrize("mode", ["append", "upsert", "replace"])
def test_no_step_changes_the_context_it_was_given(node: Node, tmp_path: Path, mode: str) -> None:
    one = contract(mode)
    load_file(node, one, write(tmp_path / "first.csv", FIRST))
    seen = [
        (context, picture(context))
        for context in contexts(node, one, write(tmp_path / "second.csv", SECOND))
    ]
    assert len(seen) == len(PREPARE) + 1
    for number, (context, before) in enumerate(seen):
        assert picture(context) == before, f"after step {number}"
    assert len({before for _, before in seen}) > 3  # the steps did something


def test_each_step_adds_its_own_results(node: Node, tmp_path: Path) -> None:
    one = contract("append")
    load_file(node, one, write(tmp_path / "first.csv", FIRST))
    names = ["begin", *(step.__name__ for step in PREPARE)]
    path = write(tmp_path / "second.csv", SECOND)
    found = dict(zip(names, contexts(node, one, path), strict=True))
    assert found["begin"].received == 0
    split = found["split"]
    assert (split.received, split.deferred, split.quarantined) == (4, 1, 0)
    unique = found["quarantine_repeats"]
    assert (unique.quarantined, unique.accepted) == (2, 2)
    assert unique.counts["key.unique"] == 2
    assert not unique.profile
    assert found["profile"].profile["id"]["distinct"] == 2
    assert found["merge"].gone == frozenset()


def test_a_context_and_its_collections_cannot_be_changed(node: Node, tmp_path: Path) -> None:
    one = contract("append")
    load_file(node, one, write(tmp_path / "first.csv", FIRST))
    *_, last = contexts(node, one, write(tmp_path / "second.csv", SECOND))
    with pytest.raises(FrozenInstanceError):
        last.received = 1  # type: ignore[misc]
    assert not [f.name for f in fields(last) if isinstance(getattr(last, f.name), list | set)]


def test_a_load_stopped_for_its_repeats_quarantines_them(node: Node, tmp_path: Path) -> None:
    one = contract("append")
    load_file(node, one, write(tmp_path / "first.csv", FIRST))
    with pytest.raises(LoadBlocked) as stopped:
        load_file(node, one, write(tmp_path / "second.csv", [*FIRST, ("2", "twice", "")]))
    kept = quarantine.read(node.lake, node.keyring, one.dataset, stopped.value.load_id)
    assert [each.rules for each in kept] == [("key.unique",)] * 3
    assert stopped.value.counts == {"key.unique": 3}
