"""A full report and every incremental one after it give what a full one at the end gives."""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.both_databases import sqlite
from tests.test_catalog.reports.made import NodeOfTests

ENTRIES = st.sampled_from(["hz-1", "hz-2", "hz-3"])
DATASETS = st.sampled_from(["a_first", "b_second"])
TITLES = st.sampled_from(["甲", "乙", "丙"])


class Reporting(RuleBasedStateMachine):
    """Entries are published, changed, changed back, withdrawn and harvested away in any order; the
    superior takes reports at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        folder = Path(tempfile.mkdtemp())
        self.open.callback(shutil.rmtree, folder)
        self.node = NodeOfTests(self.open.enter_context(sqlite(folder)))
        self.is_up_to_date = False

    @initialize()
    def first_report(self) -> None:
        self.node.send(None)
        self.is_up_to_date = True

    @rule(entry=ENTRIES, title=TITLES)
    def harvest(self, entry: str, title: str) -> None:
        self.node.put(entry, title)
        self.is_up_to_date = False

    @rule(entry=ENTRIES)
    def harvested_away(self, entry: str) -> None:
        self.node.remove(entry)
        self.is_up_to_date = False

    @rule(dataset=DATASETS, title=TITLES)
    def publish(self, dataset: str, title: str) -> None:
        self.node.contracts.titles[dataset] = title
        self.is_up_to_date = False

    @rule(dataset=DATASETS)
    def withdraw(self, dataset: str) -> None:
        self.node.contracts.titles.pop(dataset, None)
        self.is_up_to_date = False

    @rule()
    def incremental(self) -> None:
        waiting = self.node.report.waiting()
        checked = self.node.send(self.node.marker)
        assert checked.kind == "incremental"
        if waiting.marker == checked.previous:  # no other report is newer
            assert (checked.entries, checked.removed) == (waiting.changed, waiting.removed)
        self.is_up_to_date = True

    @rule()
    def someone_else_takes_a_full_report(self) -> None:
        mine = dict(self.node.superior), self.node.marker
        self.node.send(None)
        assert self.node.superior == self.node.published()
        self.node.superior, self.node.marker = mine

    @invariant()
    def the_superior_has_what_is_published(self) -> None:
        if self.is_up_to_date:
            assert self.node.superior == self.node.published()

    def teardown(self) -> None:
        self.open.close()


Reporting.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestReporting = Reporting.TestCase
