"""Harvests, edits, deletions, renames, failures and kills in any order (a state machine)."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.both_databases import sqlite
from tests.test_catalog.harvest.portal import (
    NOW,
    Killed,
    Portal,
    entry_of,
    killed_at,
    lost,
    records,
    run,
    stored,
    written,
)
from xihu_catalog.harvest.edits import EntryEdit, clear_edit, set_edit
from xihu_catalog.harvest.raw import SourceFault
from xihu_platform.database import transaction
from xihu_platform.words import Text

PICK = strategies.integers(0, 1_000)


class HarvestMachine(RuleBasedStateMachine):
    """`settled` are the packages as the newest complete run knows them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.opened = sqlite(Path(self.folder.name))
        self.database = self.opened.__enter__()
        self.portal = Portal()
        self.settled: set[str] = set()
        self.edits: dict[str, str] = {}
        self.entries: dict[str, str] = {}
        self.renames: dict[str, str] = {}
        self.unfinished = False
        self.free: list[str] = []
        self.number = 0

    def teardown(self) -> None:
        self.opened.__exit__(None, None, None)
        self.folder.cleanup()

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _pick(self, pick: int) -> str | None:
        """A package that is as it was at the newest complete run."""
        known = sorted(self.settled & self.portal.packages.keys())
        return known[pick % len(known)] if known else None

    @rule(count=strategies.integers(1, 4))
    def add(self, count: int) -> None:
        for _ in range(count):
            self.portal.add(f"p{self._next():03}")

    @rule(pick=PICK)
    def change(self, pick: int) -> None:
        if (name := self._pick(pick)) is not None:
            self.portal.packages[name].title = f"Title {self._next()}"
            self.settled.discard(name)

    @rule(pick=PICK)
    def delete(self, pick: int) -> None:
        if (name := self._pick(pick)) is not None:
            del self.portal.packages[name]

    @rule(pick=PICK)
    def bring_back(self, pick: int) -> None:
        gone = sorted(self.settled - self.portal.packages.keys())
        if gone:
            name = gone[pick % len(gone)]
            self.portal.add(name)
            self.settled.discard(name)

    @rule()
    def take_a_former_id(self) -> None:
        """Another package under the id that a renamed one had: its entry is another one."""
        if self.free:
            self.portal.add(f"p{self._next():03}")
            package = self.portal.packages.pop(f"p{self.number:03}")
            package.id = self.free.pop()
            self.portal.packages[package.id] = package

    @rule(pick=PICK, keep_name=strategies.booleans())
    def rename(self, pick: int, keep_name: bool) -> None:
        """A new id: with the same address, or with the same title and file."""
        if (old := self._pick(pick)) is None:
            return
        package = self.portal.packages.pop(old)
        package.id = f"r{self._next():03}"
        if keep_name:
            package.title = f"Title {self._next()}"
        else:
            package.name = f"name-{package.id}"
        self.portal.packages[package.id] = package
        self.settled.discard(old)
        self.renames[package.id] = old

    @rule(pick=PICK)
    def edit(self, pick: int) -> None:
        if (name := self._pick(pick)) is not None:
            title = f"Edited {self._next()}"
            with transaction(self.database) as session:
                set_edit(session, self.entries[name], EntryEdit(title=Text("", title)), NOW)
            self.edits[name] = title

    @rule(pick=PICK)
    def clear(self, pick: int) -> None:
        if (name := self._pick(pick)) is not None:
            with transaction(self.database) as session:
                clear_edit(session, self.entries[name], NOW)
            self.edits.pop(name, None)

    @rule()
    def harvest(self) -> None:
        if self.unfinished:  # the first ends what an earlier one began, with what that one read
            assert run(self.database, self.portal, confirm=True).state in {"complete", "partial"}
            self.unfinished = False
        assert run(self.database, self.portal, confirm=True).state == "complete"
        self._check_complete()

    @rule(answers=strategies.integers(0, 3), passing=strategies.booleans())
    def source_fails(self, answers: int, passing: bool) -> None:
        self.portal.down = lost() if passing else SourceFault("坏", "broken")
        self.portal.answers = answers
        before = stored(self.database)
        result = run(self.database, self.portal, confirm=True)
        self.portal.down = None
        resumed, self.unfinished = self.unfinished, result.state == "interrupted"
        if result.state == "complete":
            if not resumed:
                self._check_complete()
            return
        assert result.state in {"interrupted", "failed", "partial"}
        assert before.keys() <= stored(self.database).keys()  # nothing is removed

    @rule(commit=strategies.integers(1, 8))
    def kill(self, commit: int) -> None:
        try:
            with killed_at(self.database, commit):
                result = run(self.database, self.portal, confirm=True)
        except Killed:
            self.unfinished = True
            return
        resumed, self.unfinished = self.unfinished, False
        if result.state == "complete" and not resumed:
            self._check_complete()

    def _check_complete(self) -> None:
        for new, old in self.renames.items():
            if new in self.portal.packages:
                if old in self.edits:
                    self.edits[new] = self.edits.pop(old)
                assert entry_of(self.database, new) == self.entries[old]
        self.free += [old for old in self.renames.values() if old not in self.portal.packages]
        self.renames = {}
        rows, found = records(self.database), stored(self.database)
        in_force = {name: one for name, one in rows.items() if one.in_force}
        assert in_force.keys() == self.portal.packages.keys()
        self.entries |= {name: one.entry for name, one in in_force.items() if one.entry}
        assert len(found) == len(in_force)
        for name, package in self.portal.packages.items():
            title = self.edits.get(name, package.title)
            assert found[self.entries[name]].title == Text("", title)
        self.settled = set(rows) - {n for n, one in rows.items() if one.entry is None}
        before = written(self.database)
        again = run(self.database, self.portal)
        assert (again.state, again.new, again.changed, again.removed) == ("complete", 0, 0, 0)
        assert again.same == len(self.portal.packages)
        assert written(self.database) == before

    @invariant()
    def no_entry_is_there_twice(self) -> None:
        in_force = [one.entry for one in records(self.database).values() if one.in_force]
        assert sorted(stored(self.database)) == sorted(one for one in in_force if one)


class LongHarvestMachine(HarvestMachine):
    """The same for longer."""


def _machine(machine: type[HarvestMachine], examples: int, steps: int) -> type:
    made = machine.TestCase
    made.settings = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),  # explaining traces every line
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    return made


TestHarvestMachine = _machine(HarvestMachine, 6, 20)
TestLongHarvestMachine = pytest.mark.matrix(_machine(LongHarvestMachine, 50, 40))
