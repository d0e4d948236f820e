"""References: what refers to nothing is quarantined, and nobody learns what they may not see."""

import json
from datetime import date
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from tests.contracts import OURS, PSEUDONYM, Part, document, field, refer
from tests.entries import unpublished_meanwhile
from tests.sampling import sampled
from tests.test_pipelines.ingest.referring import THEIRS, file_of, hand_in, keep, table
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality import quarantine
from xihu_pipelines.housekeeping.rotate import rotate
from xihu_pipelines.ingest.correct import load_corrections
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_pipelines.ingest.load import load_file
from xihu_pipelines.sources.records import BATCH_ROWS
from xihu_platform.access.models import GrantRow
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, Refused
from xihu_platform.start import Node
from xihu_platform.vault.key_version import RotationUnderWay, write_key_version

REFERENCE = "line.reference"
MODES = ("replace", "history", "append", "upsert", "partition")
OF_XIHU = "113399001001548082"
"""The civil affairs bureau of one district, 330106."""
DATES = ("2026-01-01", "")


@pytest.fixture
def lines(node: Node) -> Contract:
    """Bus lines 1, 2 and 3, loaded."""
    one = keep(node, document("jt_lines", [field("code", key=True), field("town")]))
    hand_in(node, one, [("1", "a"), ("2", "a"), ("3", "b")])
    return one


def stops(mode: str = "replace", severity: str | None = None) -> bytes:
    line = field("line", "VARCHAR", refer("jt_lines.code", severity))
    fields = [field("id", key=True), line]
    more = {"partitionField": "line"} if mode == "partition" else {}
    if mode == "history":
        fields += [
            field("since", "DATE", key=True, validFrom=True),
            field("until", "DATE", validTo=True),
        ]
    return document("jt_stops", fields, mode=mode, more=more)


STOP_OF_LINE = [field("id", key=True), field("line", "VARCHAR", refer("jt_lines.code"))]


def rejects(node: Node, one: Contract, load_id: str) -> list[str]:
    blocks = quarantine.blocks_of(node.lake, node.keyring, one.dataset, load_id)
    content = b"".join(quarantine.as_csv(blocks, one))
    return content.decode("utf-8-sig").splitlines()


@pytest.mark.parametrize("mode", sampled(MODES, 2))
def test_a_record_that_refers_to_nothing_is_set_aside_in_every_mode(
    node: Node, lines: Contract, mode: str
) -> None:
    one = keep(node, stops(mode))
    tail = DATES if mode == "history" else ()
    outcome = hand_in(node, one, [("a", "1", *tail), ("b", "9", *tail), ("c", "", *tail)])
    assert [row[:2] for row in table(node, one)] == [("a", "1"), ("c", "")]
    assert (outcome.counts.accepted, outcome.counts.quarantined) == (2, 1)
    assert outcome.rule_counts == {REFERENCE: 1}
    again = hand_in(node, one, [("d", "2", *tail), ("e", "8", *tail)])
    assert (again.counts.accepted, again.counts.quarantined) == (1, 1)
    first = {"replace": [], "partition": [("a", "1"), ("c", "")]}
    before = first.get(mode, [("a", "1"), ("c", "")])
    assert [row[:2] for row in table(node, one)] == [*before, ("d", "2")]


def test_the_reason_stands_beside_the_record_in_both_languages(node: Node, lines: Contract) -> None:
    one = keep(node, stops())
    outcome = hand_in(node, one, [("a", "1"), ("b", "9")])
    head, record = rejects(node, one, outcome.load_id)
    assert head == '"记录号 record","id","line","原因 reason"'
    assert record.startswith('2,"b","9",')
    assert "字段line不在数据集 jt_lines（code）中 / Field line not in dataset jt_lines" in record


def test_all_the_reasons_of_a_record_are_told(node: Node, lines: Contract) -> None:
    town = field("town", "VARCHAR", refer("jt_lines.town", "note"))
    line = field("line", "VARCHAR", refer("jt_lines.code"), refer("jt_lines.town"))
    one = keep(node, document("jt_stops", [field("id", key=True), line, town]))
    outcome = hand_in(node, one, [("a", "9", "z"), ("b", "", "z")])
    assert outcome.rule_counts == {REFERENCE: 1, "line.reference_2": 1, "town.reference": 2}
    (rejected,) = quarantine.read(node.lake, node.keyring, one.dataset, outcome.load_id)
    assert rejected.record == 1
    assert rejected.rules == (REFERENCE, "line.reference_2", "town.reference")
    assert rejected.values == {"id": "a", "line": "9", "town": "z"}


def test_a_note_is_only_counted(node: Node, lines: Contract) -> None:
    outcome = hand_in(node, keep(node, stops(severity="note")), [("a", "1"), ("b", "9")])
    assert (outcome.counts.accepted, outcome.counts.quarantined) == (2, 0)
    assert outcome.rule_counts == {REFERENCE: 1}


def test_a_block_refuses_the_load_and_shows_the_steward_why(node: Node, lines: Contract) -> None:
    one = keep(node, stops(severity="block"))
    hand_in(node, one, [("a", "1")])
    with pytest.raises(LoadBlocked) as blocked:
        hand_in(node, one, [("b", "9"), ("c", "2")])
    assert "not in dataset jt_lines" in blocked.value.text.en
    assert table(node, one) == [("a", "1")]
    assert len(rejects(node, one, blocked.value.load_id)) == 2


def test_a_repeated_key_and_a_missing_value_are_both_taken_out(node: Node, lines: Contract) -> None:
    one = keep(node, stops())
    rows = [("a", "1"), ("a", "2"), ("b", "9"), ("c", "3")]
    outcome = hand_in(node, one, rows)
    assert table(node, one) == [("a", "1"), ("c", "3")]
    assert outcome.rule_counts == {"key.unique": 1, REFERENCE: 1}
    assert len(rejects(node, one, outcome.load_id)) == 3


def test_several_fields_refer_together_and_a_null_among_them_refers_to_nothing(
    node: Node, lines: Contract
) -> None:
    both = refer(["jt_lines.town", "jt_lines.code"], given=["jt_stops.town", "jt_stops.line"])
    fields = [field("id", key=True), field("line"), field("town")]
    one = keep(node, document("jt_stops", fields, both))
    rows = [("a", "1", "a"), ("b", "3", "a"), ("c", "", "z"), ("d", "3", "b")]
    outcome = hand_in(node, one, rows)
    assert [row[0] for row in table(node, one)] == ["a", "c", "d"]
    assert outcome.rule_counts == {"row.reference_1": 1}
    assert one.rules[0].title.zh == "字段town、字段line的组合不在数据集 jt_lines（town, code）中"


def test_a_pseudonym_refers_to_a_pseudonym(node: Node) -> None:
    known, stranger = _valid("33990019900307841"), _valid("33990019850101501")
    people = keep(
        node, document("ga_people", [field("who", key=True, grade="L4", vault=True, **PSEUDONYM)])
    )
    hand_in(node, people, [(known,)])
    person = field("person", "VARCHAR", refer("ga_people.who"), grade="L4", vault=True, **PSEUDONYM)
    one = keep(node, document("mz_aid", [field("id", key=True), person]))
    outcome = hand_in(node, one, [("a", known), ("b", stranger)])
    assert outcome.rule_counts == {"person.reference": 1}
    ((_, pseudonym),) = table(node, one)
    assert pseudonym.startswith("s1_")
    assert _vault_rows(node, "mz_aid") == 1  # of a stranger nothing is kept but the record


def test_a_reference_to_pseudonyms_waits_while_they_are_being_rotated(node: Node) -> None:
    known = _valid("33990019900307841")
    who = field("who", key=True, grade="L4", vault=True, **PSEUDONYM)
    people = keep(node, document("ga_people", [who]))
    hand_in(node, people, [(known,)])
    person = field("person", "VARCHAR", refer("ga_people.who"), grade="L4", vault=True, **PSEUDONYM)
    one = keep(node, document("mz_aid", [field("id", key=True), person]))
    write_key_version(node.settings.data_dir / "keys", 2)
    with pytest.raises(RotationUnderWay):
        hand_in(node, one, [("a", known)])
    assert rotate(node, people) is not None
    assert hand_in(node, one, [("a", known)]).rule_counts == {}


def _valid(first17: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(first17, weights, strict=True))
    return first17 + "10X98765432"[total % 11]


def _vault_rows(node: Node, dataset: str) -> int:
    import pyarrow.parquet as pq

    from xihu_platform.vault.seal import open_rows

    key, rows = node.keyring.sealing(f"vault:{dataset}"), 0
    for file in node.lake.snapshot(f"vault.{dataset}").files:
        for row in pq.read_table(file).to_pylist():
            place = f"vault.{dataset}/{row['field']}/{row['load_id']}/{row['block']}"
            rows += open_rows(key, row["sealed"], place).num_rows
    return rows


def tree(mode: str = "replace", severity: str | None = None, more: Part | None = None) -> bytes:
    parent = field("parent", "VARCHAR", refer("bm_units.code", severity))
    return document("bm_units", [field("code", key=True), parent], mode=mode, more=more)


def test_a_dataset_may_refer_to_itself_in_any_order_of_its_records(node: Node) -> None:
    one = keep(node, tree())
    rows = [("child", "root"), ("root", ""), ("self", "self"), ("lost", "nobody")]
    outcome = hand_in(node, one, rows)
    assert [row[0] for row in table(node, one)] == ["child", "root", "self"]
    assert outcome.rule_counts == {"parent.reference": 1}


def test_what_refers_to_a_record_set_aside_goes_with_it(node: Node) -> None:
    one = keep(node, tree())
    rows = [("d", "c"), ("c", "b"), ("b", "nobody"), ("x", ""), ("y", "x")]
    assert hand_in(node, one, rows).counts.quarantined == 3
    assert table(node, one) == [("x", ""), ("y", "x")]


def test_a_note_takes_nobody_along(node: Node) -> None:
    outcome = hand_in(node, keep(node, tree(severity="note")), [("b", "z"), ("c", "b")])
    assert (outcome.counts.accepted, outcome.rule_counts) == (2, {"parent.reference": 1})


def test_a_chain_without_end_is_refused(node: Node) -> None:
    one = keep(node, tree())
    rows = [("x", ""), *((f"{n}", f"{n + 1}") for n in range(250))]
    with pytest.raises(BadInput) as refused:
        hand_in(node, one, rows)
    assert "refer to each other in a row" in refused.value.text.en
    assert node.lake.find_snapshot(one.table) is None


@pytest.mark.parametrize(
    ("mode", "second", "kept"),
    [
        ("replace", [("c", "root"), ("d", "")], ["d"]),
        ("append", [("c", "root"), ("d", "nobody")], ["root", "b", "c"]),
        ("upsert", [("c", "b"), ("d", "nobody")], ["root", "b", "c"]),
        ("upsert", [("b", "nobody"), ("c", "b")], ["root", "b", "c"]),
        ("upsert", [("root", "nobody")], ["root", "b"]),
    ],
)
def test_the_rows_that_stay_in_the_table_are_referred_to_as_well(
    node: Node, mode: str, second: list[tuple[str, str]], kept: list[str]
) -> None:
    one = keep(node, tree(mode))
    hand_in(node, one, [("root", ""), ("b", "root")])
    # One more record, so that there is always one to keep.
    more = [] if len(second) > 1 else [("z", "")]
    hand_in(node, one, [*second, *more])
    assert [row[0] for row in table(node, one)] == [*kept, *(code for code, _ in more)]


def test_a_row_that_is_deleted_in_the_same_batch_is_no_longer_referred_to(node: Node) -> None:
    one = keep(node, tree("upsert", more={"deleteColumn": "op", "deleteValues": ["D"]}))
    header = ("code", "parent", "op")
    hand_in(node, one, [("root", "", "I"), ("old", "", "I")], header)
    outcome = hand_in(node, one, [("old", "", "D"), ("a", "old", "I"), ("b", "root", "I")], header)
    assert outcome.rule_counts == {"parent.reference": 1}
    assert [row[0] for row in table(node, one)] == ["root", "b"]


def test_a_partition_that_is_replaced_is_no_longer_referred_to(node: Node) -> None:
    parent = field("parent", "VARCHAR", refer("bm_units.code"))
    fields = [field("code", key=True), parent, field("year")]
    text = document("bm_units", fields, mode="partition", more={"partitionField": "year"})
    one = keep(node, text)
    hand_in(node, one, [("a", "", "2025"), ("b", "", "2026")])
    hand_in(node, one, [("c", "a", "2026"), ("d", "b", "2026")])
    assert [row[0] for row in table(node, one)] == ["a", "c"]


def test_a_dataset_without_data_is_to_be_loaded_first(node: Node) -> None:
    keep(node, document("jt_lines", [field("code", key=True)]))
    one = keep(node, stops())
    with pytest.raises(NotFound) as missing:
        hand_in(node, one, [("a", "1")])
    assert "Load jt_lines first" in missing.value.text.en
    assert "请先装载 jt_lines" in missing.value.text.zh
    assert node.lake.find_snapshot(one.table) is None
    assert not list(node.lake.data_folder(one.table).iterdir())


def test_what_another_department_has_not_published_is_not_there(
    node: Node, lines: Contract
) -> None:
    """Its keys would say which values a draft has, one question a record."""
    assert lines.provider == OURS != THEIRS
    one = keep(node, document("ga_stops", STOP_OF_LINE, provider=THEIRS))
    own = keep(node, stops())
    with unpublished_meanwhile(node.database, "jt_lines"):
        assert hand_in(node, own, [("a", "1")]).counts.accepted == 1
        with pytest.raises(BadContract) as refused:
            hand_in(node, one, [("a", "1")])
    assert "no contract declares dataset jt_lines" in refused.value.text.en


def test_a_field_no_load_has_filled_yet_is_to_be_loaded_first(node: Node, lines: Contract) -> None:
    keep(node, document("jt_lines", [field("code", key=True), field("town"), field("number")]))
    number = field("number", "VARCHAR", refer("jt_lines.number"))
    one = keep(node, document("jt_stops", [field("id", key=True), number]))
    with pytest.raises(NotFound) as missing:
        hand_in(node, one, [("a", "1")])
    assert "no field number yet" in missing.value.text.en


def test_a_reference_that_does_not_fit_is_refused_before_a_row_is_read(node: Node) -> None:
    one = keep(node, stops())
    with pytest.raises(BadContract) as refused:
        hand_in(node, one, [("a", "1")])
    assert "no contract declares dataset jt_lines" in refused.value.text.en
    assert refused.value.text.en.splitlines()[1].startswith("jt_stops.odcs.yaml:")


def theirs(node: Node, share: str = "conditional", grade: str = "L2") -> Contract:
    """Lines of another department."""
    fields = [field("code", key=True, grade=grade), field("town", grade=grade)]
    one = keep(node, document("jt_lines", fields, provider=THEIRS, share=share))
    hand_in(node, one, [("1", "a"), ("2", "b")])
    return one


def grant(node: Node, fields: str, organisation: str = OURS) -> None:
    with transaction(node.database) as session:
        session.merge(
            GrantRow(
                id="G-1",
                dataset="jt_lines",
                organisation=organisation,
                fields=fields.split(","),
                purpose_zh="核对",
                purpose_en="checking",
                valid_from=date(2020, 1, 1),
                valid_to=date(2099, 1, 1),
            )
        )


@pytest.mark.parametrize("granted", [None, "town"])
def test_a_department_does_not_learn_by_a_reference_what_it_may_not_see(
    node: Node, granted: str | None
) -> None:
    theirs(node)
    if granted:
        grant(node, granted)
    one = keep(node, stops())
    with pytest.raises(Refused) as refused:
        hand_in(node, one, [("a", "1")])
    assert "jt_stops was not loaded" in refused.value.text.en
    assert "The grant it takes: field code of jt_lines" in refused.value.text.en
    assert "所需授权：jt_lines 的字段 code" in refused.value.text.zh
    assert node.lake.find_snapshot(one.table) is None
    assert _logged(node)["kind"] == "refusal"


def test_what_is_never_shared_has_no_grant_to_ask_for(node: Node) -> None:
    theirs(node, "refused")
    with pytest.raises(Refused) as refused:
        hand_in(node, keep(node, stops()), [("a", "1")])
    assert refused.value.reason.code == "share_refused"
    assert "grant" not in refused.value.text.en


@pytest.mark.parametrize("grade", ["L2", "L4"])
def test_with_a_grant_it_is_checked(node: Node, grade: str) -> None:
    theirs(node, grade=grade)
    grant(node, "code")
    outcome = hand_in(node, keep(node, stops()), [("a", "1"), ("b", "9")])
    assert outcome.rule_counts == {REFERENCE: 1}


def test_a_department_refers_only_to_the_rows_of_its_region(node: Node) -> None:
    county = field("county", region=True, codeList="divisions")
    fields = [field("code", key=True, grade="L2"), county]
    one = keep(node, document("jt_lines", fields, provider=THEIRS))
    hand_in(node, one, [("1", "330106"), ("2", "330102")])
    grant(node, "code,county", OF_XIHU)
    districts = stops().replace(OURS.encode(), OF_XIHU.encode())
    outcome = hand_in(node, keep(node, districts), [("a", "1"), ("b", "2")])
    assert outcome.rule_counts == {REFERENCE: 1}


def _logged(node: Node) -> dict[str, object]:
    """The newest entry of the log on the lines."""
    with transaction(node.database) as session:
        newest = select(AuditEntry).where(AuditEntry.dataset == "jt_lines")
        entry = session.scalars(newest.order_by(AuditEntry.seq.desc()).limit(1)).one()
        found: dict[str, object] = orjson.loads(entry.body)
        return found


def test_the_read_is_in_the_log_as_the_department_with_the_fields_it_took(
    node: Node, lines: Contract
) -> None:
    hand_in(node, keep(node, stops()), [("a", "1")])
    body = _logged(node)
    assert (body["kind"], body["exit"], body["purpose"]) == ("intent", "reference", "internal")
    assert body["position"] == "reference:jt_stops"
    assert (body["who"], body["organisation"]) == ("system", OURS)
    assert body["fields"] == ["code"]


def test_the_summary_says_which_snapshot_was_checked_against(node: Node, lines: Contract) -> None:
    one = keep(node, stops())
    hand_in(node, one, [("a", "1")])
    summary = node.lake.snapshot(one.table).summary
    assert json.loads(summary["xihu.references"]) == {
        "jt_lines": node.lake.snapshot(lines.table).id
    }


def test_the_same_file_again_changes_nothing_and_asks_nobody(node: Node, lines: Contract) -> None:
    one = keep(node, stops())
    path = file_of(node, one, [("a", "1"), ("b", "9")])
    first = load_file(node, one, path)
    logged = _logged(node)
    hand_in(node, lines, [("1", "a"), ("9", "a")])
    again = load_file(node, one, path)
    assert not again.fresh
    assert (again.snapshot_id, again.rule_counts) == (first.snapshot_id, first.rule_counts)
    assert _logged(node) == logged


def test_records_set_aside_are_handed_in_as_corrections_once_the_other_dataset_has_grown(
    node: Node, lines: Contract, tmp_path: Path
) -> None:
    one = keep(node, stops())
    outcome = hand_in(node, one, [("a", "1"), ("b", "9"), ("c", "8")])
    mended = tmp_path / "rejects.csv"
    mended.write_text("\n".join(rejects(node, one, outcome.load_id)), "utf-8")
    hand_in(node, lines, [("1", "a"), ("9", "a")])
    corrected = load_corrections(node, one, mended)
    assert (corrected.counts.accepted, corrected.counts.quarantined) == (1, 1)
    assert table(node, one) == [("a", "1"), ("b", "9")]


def test_no_value_stands_in_a_refusal(node: Node, lines: Contract) -> None:
    one = keep(node, stops(severity="block"))
    with pytest.raises(LoadBlocked) as blocked:
        hand_in(node, one, [("b", "a-secret")])
    assert "a-secret" not in f"{blocked.value.text.zh}{blocked.value.text.en}"


def test_records_of_several_files_of_one_load_are_taken_out_each_from_its_own(
    node: Node, lines: Contract
) -> None:
    one = keep(node, stops())
    rows = [(str(n), "1") for n in range(BATCH_ROWS + 5_000)]
    wrong = [("x", "9"), ("1", "2"), ("y", "9")]
    outcome = hand_in(node, one, [*rows[:10], *wrong, *rows[10:], ("z", "9"), ("2", "1")])
    assert outcome.rule_counts == {"key.unique": 2, REFERENCE: 3}
    assert table(node, one) == rows
