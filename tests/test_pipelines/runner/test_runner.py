"""The in-process runner: loads once, says what a steward needs, and never a value of a row."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.contracts import document, field, refer
from tests.province import NOW
from tests.test_catalog.lineage.test_events import assert_valid
from tests.test_pipelines.ingest.referring import keep
from tests.test_pipelines.runner.made import write_contract, write_rows
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.headers import find_header
from xihu_catalog.contracts.store import ContractStore, ContractText
from xihu_catalog.lineage.emit import FILE, open_emitter
from xihu_pipelines.ingest import load as ingest
from xihu_pipelines.ingest.correct import load_corrections
from xihu_pipelines.runner import steps
from xihu_pipelines.runner.local import Ended, run_all, run_one
from xihu_pipelines.runner.retry import RETRIES
from xihu_pipelines.runner.steps import RunContext, RunState
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, TerminalError, TransientError
from xihu_platform.lake.summary import LoadCounts
from xihu_platform.start import Node
from xihu_platform.words import Text

CANARY = "Canary-7f3a"


class Desk:
    """An installation with its contracts, and what the runner said and did there."""

    def __init__(self, node: Node) -> None:
        self.folder = node.settings.data_dir
        self.contracts = ContractStore(node.database)
        self.said: list[Text] = []
        self.slept: list[float] = []
        emit = open_emitter(node.settings)
        self.context = RunContext(node, emit, self.said.append, self.contracts)

    def hand_in(self, dataset: str, keys: list[str], code: str = "330106") -> None:
        write_rows(self.folder / "intake", dataset, keys, code)

    def publish(self, dataset: str, query: str | None = None) -> None:
        path = write_contract(self.folder / "drafts", dataset, query=query)
        self.contracts.publish(path.read_bytes(), path.name)

    def run(self, dataset: str) -> Ended:
        header = find_header(self.context.node.database, dataset)
        assert header is not None
        return run_one(self.context, header, self.slept.append)

    def rows(self, dataset: str) -> int:
        snapshot = self.context.node.lake.find_snapshot(f"data.{dataset}")
        return snapshot.rows if snapshot else 0

    def events(self) -> list[dict[str, Any]]:
        path = self.folder / "lineage" / FILE
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def words(self) -> str:
        return "\n".join(f"{text.zh}\n{text.en}" for text in self.said)


@pytest.fixture
def desk(node: Node) -> Desk:
    made = Desk(node)
    made.publish("trial")
    return made


def test_a_file_handed_in_is_loaded(desk: Desk) -> None:
    desk.hand_in("trial", ["a", "b", "c"])
    ended = desk.run("trial")
    assert ended.run is not None
    assert (ended.run.counts.received, ended.run.counts.accepted, desk.rows("trial")) == (3, 3, 3)
    assert [event["eventType"] for event in desk.events()] == ["START", "COMPLETE"]


@pytest.mark.parametrize("linked", ["file", "folder"])
def test_a_link_that_leads_out_of_the_intake_folder_is_refused(desk: Desk, linked: str) -> None:
    elsewhere = write_rows(desk.folder / "elsewhere", "trial", ["a"])
    intake = desk.folder / "intake"
    if linked == "file":
        intake.mkdir(exist_ok=True)
        (intake / elsewhere.name).symlink_to(elsewhere)
    else:
        path = write_contract(desk.folder / "drafts", "trial")
        content = path.read_bytes().replace(b"trial.csv", b"deep/trial.csv")
        assert b"deep/trial.csv" in content
        desk.contracts.publish(content, path.name)
        intake.mkdir(exist_ok=True)
        (intake / "deep").symlink_to(elsewhere.parent)
    ended = desk.run("trial")
    assert ended.run is None and desk.rows("trial") == 0
    assert ended.fault is not None and "符号链接" in ended.fault.text.zh


def test_running_twice_changes_nothing(desk: Desk) -> None:
    desk.hand_in("trial", ["a", "b"])
    desk.run("trial")
    before = desk.context.node.lake.find_snapshot("data.trial")
    ended = desk.run("trial")
    assert ended.idle is not None
    assert desk.context.node.lake.find_snapshot("data.trial") == before
    assert len(desk.events()) == 2


def test_a_file_that_was_corrected_since_is_not_loaded_again(desk: Desk) -> None:
    desk.hand_in("trial", ["a", "b"])
    desk.run("trial")
    mended = write_rows(desk.folder, "mended", ["c"])
    node = desk.context.node
    load_corrections(node, desk.contracts.get("trial"), mended)
    assert desk.run("trial").idle is not None
    assert desk.rows("trial") == 3
    assert len(desk.events()) == 2


def test_a_changed_file_is_loaded_again(desk: Desk) -> None:
    desk.hand_in("trial", ["a", "b"])
    desk.run("trial")
    desk.hand_in("trial", ["a", "b", "c"])
    assert desk.run("trial").run is not None
    assert desk.rows("trial") == 3


def test_without_a_file_there_is_nothing_to_do(desk: Desk) -> None:
    ended = desk.run("trial")
    assert ended.idle is not None
    assert "data_dir/intake" in ended.idle.text.en
    assert not desk.events()


def test_a_path_out_of_the_intake_folder_is_refused(desk: Desk) -> None:
    path = write_contract(desk.folder, "outside")
    content = path.read_bytes().replace(b"outside.csv", b"../xihu.db")
    with pytest.raises(BadContract, match="inside the intake folder"):
        desk.contracts.publish(content)
    earlier = desk.folder / "earlier"  # put in force before that was checked
    earlier.mkdir()
    (earlier / "outside.odcs.yaml").write_bytes(content)
    desk.contracts.sync_registry(earlier)
    ended = desk.run("outside")
    assert isinstance(ended.fault, BadInput)


def test_what_is_set_aside_is_said_by_rule_in_both_languages(desk: Desk) -> None:
    desk.hand_in("trial", ["a", "b"])
    with (desk.folder / "intake" / "trial.csv").open("a") as file:
        file.write("c,12345," + ",".join("0" * 18) + "\n")
    desk.run("trial")
    assert "规则 code.pattern：1 条" in desk.words()
    assert "rule code.pattern: 1" in desk.words()
    assert "received 3, accepted 2, quarantined 1" in desk.words()
    assert "下一步" in desk.words()


def test_neither_words_nor_events_hold_a_value(desk: Desk) -> None:
    desk.hand_in("trial", [f"{CANARY}-1", f"{CANARY}-2"])
    desk.run("trial")
    desk.hand_in("trial", [f"{CANARY}-1"], code=CANARY)
    assert desk.run("trial").fault is not None
    assert "FAIL" in {event["eventType"] for event in desk.events()}
    assert CANARY not in desk.words()
    assert CANARY not in json.dumps(desk.events())


def test_what_a_library_raises_is_not_repeated(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"could not convert {CANARY}")

    monkeypatch.setattr(ingest, "load_file", broken)
    desk.hand_in("trial", ["a"])
    ended = desk.run("trial")
    assert ended.fault is not None
    assert "ValueError" in ended.fault.text.en
    assert "test_runner.py" in ended.fault.text.en
    assert CANARY not in desk.words() + str(ended.fault) + json.dumps(desk.events())


def test_a_passing_fault_is_tried_again_after_longer_and_longer_waits(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = iter([TransientError("忙", "busy"), TransientError("忙", "busy")])
    real = ingest.load_file

    def sometimes(*arguments: Any, **options: Any) -> ingest.Outcome:
        for fault in tries:
            raise fault
        return real(*arguments, **options)

    monkeypatch.setattr(ingest, "load_file", sometimes)
    desk.hand_in("trial", ["a"])
    assert desk.run("trial").run is not None
    assert desk.slept == [30.0, 60.0]
    assert [event["eventType"] for event in desk.events()] == ["START", "COMPLETE"]


def test_a_fault_that_does_not_pass_ends_the_run_with_one_event(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise TransientError("忙", "busy")

    monkeypatch.setattr(ingest, "load_file", busy)
    desk.hand_in("trial", ["a"])
    assert isinstance(desk.run("trial").fault, TransientError)
    assert len(desk.slept) == RETRIES
    assert [event["eventType"] for event in desk.events()] == ["START", "FAIL"]


def test_a_stored_contract_that_this_version_cannot_read_fails_with_what_to_do(desk: Desk) -> None:
    desk.publish("odd")
    with transaction(desk.context.node.database) as session:
        row = session.get(ContractText, desk.contracts.get("odd").digest)
        assert row is not None
        row.content = row.content.replace(b'"L1"', b'"L9"')
    desk.context = replace(desk.context, contracts=ContractStore(desk.context.node.database))
    ended = desk.run("odd")
    assert isinstance(ended.fault, TerminalError)
    assert "publish it again" in ended.fault.text.en
    assert [event["eventType"] for event in desk.events()] == ["FAIL"]


def test_every_event_is_valid(desk: Desk) -> None:
    desk.hand_in("trial", ["a"])
    desk.run("trial")
    desk.hand_in("trial", ["a"], code="x")
    desk.run("trial")
    assert len(desk.events()) == 4
    for event in desk.events():
        assert_valid(event)
    assert len({event["run"]["runId"] for event in desk.events()}) == 2


def test_what_is_derived_runs_after_what_it_reads(desk: Desk) -> None:
    desk.publish("a_first_by_name", "SELECT key, code FROM data.trial")
    desk.hand_in("trial", ["a"])
    ended = list(run_all(desk.context, desk.slept.append))
    assert [one.dataset for one in ended] == ["trial", "a_first_by_name"]
    assert [one.run.counts.accepted if one.run else one.fault for one in ended] == [1, 1]
    again = list(run_all(desk.context, desk.slept.append))
    assert all(one.idle for one in again)


def test_what_is_derived_waits_for_its_first_source(desk: Desk) -> None:
    desk.publish("a_first_by_name", "SELECT key, code FROM data.trial")
    ended = {one.dataset: one for one in run_all(desk.context, desk.slept.append)}
    idle = ended["a_first_by_name"].idle
    assert idle is not None and "trial have no data yet" in idle.text.en


def test_what_refers_runs_after_what_it_refers_to_and_says_so_in_its_lineage(desk: Desk) -> None:
    node = desk.context.node
    line = field("line", "VARCHAR", refer("lines.code"))
    keep(node, document("a_stops", [field("id", key=True), line]))
    keep(node, document("lines", [field("code", key=True)]))
    (desk.folder / "intake").mkdir()
    (desk.folder / "intake" / "a_stops.csv").write_text("id,line\na,1\nb,9\n", "utf-8")
    (desk.folder / "intake" / "lines.csv").write_text("code\n1\n", "utf-8")
    ended = [one for one in run_all(desk.context, desk.slept.append) if one.run]
    assert [one.dataset for one in ended] == ["lines", "a_stops"]
    (done,) = [
        event
        for event in desk.events()
        if event["eventType"] == "COMPLETE" and event["job"]["name"] == "a_stops_load"
    ]
    assert_valid(done)
    file, lines = done["inputs"]
    snapshot = node.lake.snapshot("data.lines").id
    assert (file["name"], lines["name"]) == ("a_stops.csv", "lines")
    assert lines["facets"]["version"]["datasetVersion"] == str(snapshot)
    assert "rule line.reference: 1" in desk.words()


def test_a_dataset_to_be_loaded_first_ends_the_run_at_once(desk: Desk) -> None:
    line = field("line", "VARCHAR", refer("lines.code"))
    keep(desk.context.node, document("stops", [field("id", key=True), line]))
    keep(desk.context.node, document("lines", [field("code", key=True)]))
    (desk.folder / "intake").mkdir()
    (desk.folder / "intake" / "stops.csv").write_text("id,line\na,1\n", "utf-8")
    assert isinstance(desk.run("stops").fault, NotFound)
    assert desk.slept == []


def test_datasets_derived_in_a_circle_are_named(desk: Desk) -> None:
    desk.publish("one", "SELECT key FROM two")
    desk.publish("two", "SELECT key FROM one")
    with pytest.raises(BadInput, match=r"one.*two"):
        list(run_all(desk.context, desk.slept.append))


def test_a_run_survives_the_way_through_json() -> None:
    run = RunState("trial", "f", "id", "now", snapshot_id=2**62 + 1, rules={"a.b": 3})
    assert RunState.from_json(json.loads(json.dumps(run.to_json()))) == run


def test_a_run_that_began_under_the_version_before_goes_on() -> None:
    counts = LoadCounts(received=9, accepted=7, quarantined=2)
    run = RunState("trial", "", "id", "2026-01-01T00:00:00+00:00", counts=counts)
    written = run.to_json()
    del written["counts"]
    written |= {"received": 9, "kept": 7, "set_aside": 2}
    written["contract_file"] = written.pop("contract_digest") + "a.odcs.yaml"
    assert RunState.from_json(written) == run


def test_the_steps_are_receive_load_report() -> None:
    assert [step.__name__ for step in steps.STEPS] == ["receive", "load", "report"]


def test_all_steps_use_the_contract_that_was_in_force_when_the_run_began(desk: Desk) -> None:
    desk.hand_in("trial", ["a"])
    begun = steps.begin("trial", desk.contracts.get("trial").digest, UUID(int=1), NOW)
    begun = steps.receive(desk.context, begun)
    path = write_contract(desk.folder / "drafts", "trial")
    desk.contracts.publish(path.read_bytes().replace(b"^[0-9]{6}$", b"^[0-9]{7}$"))
    assert steps.load(desk.context, begun).counts.accepted == 1
