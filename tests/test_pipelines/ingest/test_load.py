"""Ingestion: what is kept, what is quarantined, and what a rerun or a wrong file changes."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.vendored import unpack_epidemic
from xihu_catalog.contracts.load import load_contract, parse_contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality import quarantine
from xihu_catalog.quality.models import Load
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_pipelines.ingest.load import load_file
from xihu_pipelines.ingest.record import load_of
from xihu_platform.database import transaction
from xihu_platform.engines.duckdb.engine import DuckDBEngine
from xihu_platform.errors import BadInput, Conflict, TerminalError
from xihu_platform.lake.summary import LoadCounts
from xihu_platform.sql import Statement
from xihu_platform.start import Node
from xihu_platform.vault.keys import Keyring

HERE = Path(__file__).parent

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: mz_people
name: 人员
version: 1.0.0
status: active
domain: population
servers: [{server: intake, type: local, path: people.FORMAT, format: FORMAT, customProperties: [
  {property: encoding, value: ENCODING}]}]
schema:
  - name: mz_people
    properties:
      - {name: number, businessName: 身份证号, logicalType: string, physicalType: VARCHAR,
         classification: L3, required: true, unique: true, customProperties: [
         {property: identifier, value: citizen_id}, {property: protect, value: pseudonym},
         {property: subjectKey, value: true}, {property: vault, value: true}]}
      - {name: name, businessName: 姓名, logicalType: string, physicalType: VARCHAR,
         classification: L3, customProperties: [{property: identifier, value: person_name}]}
      - {name: phone, businessName: 手机, logicalType: string, physicalType: VARCHAR,
         classification: L3, customProperties: [
         {property: identifier, value: mobile}, {property: protect, value: mask}]}
      - {name: amount, businessName: 金额, logicalType: number, physicalType: "DECIMAL(12,2)",
         classification: L2, logicalTypeOptions: {minimum: 0, maximum: 1000000}}
      - {name: paid_on, businessName: 日期, logicalType: date, physicalType: DATE,
         classification: L2}
    quality:
      - {id: early, name: 过早, type: sql, mustBe: 0, severity: SEVERITY,
         query: "SELECT count(*) FROM ${table} WHERE paid_on < '2000-01-01'"}
customProperties:
  - {property: provider, value: 91110000600037341L}
  - {property: resourceCode, value: 307001/1}
  - {property: updateCycle, value: daily}
  - {property: shareClass, value: unconditional}
  - {property: openClass, value: banned}
  - {property: secrecy, value: none}
"""
ONE, TWO, THREE = "339999198804120289", "339999199609030119", "339999197911250244"
GOOD = f"{ONE},王若溪,13800001111,12.50,2024-01-02\n{TWO},李明远,13900002222,7,2024-01-03\n"
HEADER = "number,name,phone,amount,paid_on\n"


def contract(form: str = "csv", encoding: str = "utf-8", severity: str = "quarantine") -> Contract:
    text = CONTRACT.replace("FORMAT", form).replace("ENCODING", encoding)
    return parse_contract(text.replace("SEVERITY", severity).encode(), "mz_people.odcs.yaml")


def write(folder: Path, content: str, name: str = "people.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return path


def rows(node: Node, dataset: str = "mz_people") -> list[dict[str, object]]:
    engine = DuckDBEngine(
        node.lake.folder,
        memory_limit="200MB",
        threads=1,
        connections=1,
        temp=node.settings.data_dir / "tmp",
    )
    relation = engine.relation(node.lake.snapshot(f"data.{dataset}"))
    found: list[dict[str, object]] = engine.fetch(
        Statement(f"SELECT * FROM {relation.sql} ORDER BY _record")
    ).to_pylist()
    return found


def test_the_epidemic_file_is_split_as_its_contract_says(node: Node, tmp_path: Path) -> None:
    published = load_contract(HERE / "epidemic.odcs.yaml")
    epidemic = unpack_epidemic(tmp_path)
    outcome = load_file(node, published, epidemic)
    assert outcome.counts == LoadCounts(
        170_477,
        155_989,
        14_488,
    )
    assert outcome.rule_counts == {
        "city_code.pattern": 13_490,
        "city_has_code": 994,
        "ended_cases": 824,
    }
    rejects = quarantine.read(
        node.lake, node.keyring, published.dataset, outcome.load_id, limit=20_000
    )
    assert len(rejects) == 14_488
    first = rejects[0]
    assert (first.record, first.rules) == (157, ("city_has_code",))
    assert (first.values["city"], first.values["cityCode"]) == ("外地来沪", None)
    with epidemic.open(encoding="utf-8") as lines:
        original = lines.readlines()
    assert all(
        (r.values["date"] or "") in original[r.record]
        and (r.values["city"] or "") in original[r.record]
        for r in rejects[::97]
    )


def test_protected_values_are_not_in_the_table_nor_its_files(node: Node, tmp_path: Path) -> None:
    load_file(node, contract(), write(tmp_path, HEADER + GOOD))
    found = rows(node)
    assert [row["number"] for row in found] == [
        node.keyring.pseudonym("citizen_id", ONE),
        node.keyring.pseudonym("citizen_id", TWO),
    ]
    assert found[0]["phone"] == "138****1111"
    stored = b"".join(p.read_bytes() for p in node.lake.folder.rglob("*") if p.is_file())
    assert ONE.encode() not in stored
    assert b"13800001111" not in stored


def test_a_number_is_canonical_before_it_becomes_a_pseudonym(node: Node, tmp_path: Path) -> None:
    wide = "３３９９９９１９８８０４１２０２８９"
    load_file(node, contract(), write(tmp_path, HEADER + f" {wide} ,王,13800001111,1,2024-01-01\n"))
    assert rows(node)[0]["number"] == node.keyring.pseudonym("citizen_id", ONE)


def test_the_same_batch_again_changes_nothing(node: Node, tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + GOOD)
    first = load_file(node, contract(), path)
    again = load_file(node, contract(), path)
    assert (first.fresh, again.fresh) == (True, False)
    assert first.snapshot_id == again.snapshot_id
    assert len(node.lake.history("data.mz_people")) == 1


def test_an_older_file_may_come_back(node: Node, tmp_path: Path) -> None:
    old = write(tmp_path, HEADER + GOOD)
    load_file(node, contract(), old)
    new = write(tmp_path, HEADER + GOOD.splitlines()[0] + "\n", "new.csv")
    assert load_file(node, contract(), new).counts.accepted == 1
    assert load_file(node, contract(), old).counts.accepted == 2
    assert [s.rows for s in node.lake.history("data.mz_people")] == [2, 1, 2]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (f"{ONE[:-1]}0,甲,13800001111,1,2024-01-01", "number.check_digit"),
        ("339901199608274000,甲,13800001111,1,2024-01-01", "number.digits_lost"),
        ("3.39901199608274E+017,甲,13800001111,1,2024-01-01", "number.digits_lost"),
        ("3.39901199608274e+17,甲,13800001111,1,2024-01-01", "number.digits_lost"),
        (",甲,13800001111,1,2024-01-01", "number.required"),
        (f"{THREE},甲,13800001111,十二,2024-01-01", "amount.type"),
        (f"{THREE},甲,13800001111,1.234,2024-01-01", "amount.type"),
        (f"{THREE},甲,13800001111,-1,2024-01-01", "amount.range"),
        (f"{THREE},甲,13800001111,1,2024-02-30", "paid_on.type"),
        (f"{THREE},甲,13800001111,1,1999-12-31", "early"),
        (f"{THREE},甲,13800001111,1", "row.shape"),
        (f"{THREE},甲,13800001111,1,2024-01-01,多余", "row.shape"),
        (f"{THREE},甲,13800001111,1,2024-01-01,多,余,三", "row.shape"),
        (f"{ONE},又一个,13800001111,1,2024-01-01", "number.unique"),
    ],
)
def test_a_wrong_record_is_set_aside_with_its_number_and_rule(
    node: Node, tmp_path: Path, line: str, rule: str
) -> None:
    outcome = load_file(node, contract(), write(tmp_path, HEADER + GOOD + line + "\n"))
    assert (outcome.counts.accepted, outcome.counts.quarantined) == (2, 1)
    (reject,) = quarantine.read(node.lake, node.keyring, "mz_people", outcome.load_id)
    assert reject.record == 3
    assert rule in reject.rules
    assert reject.values["name"] == line.split(",")[1]


def test_a_number_that_a_spreadsheet_has_rounded_is_not_said_to_fail_its_check_digit(
    node: Node, tmp_path: Path
) -> None:
    line = "339901199608274000,甲,13800001111,1,2024-01-01"
    outcome = load_file(node, contract(), write(tmp_path, HEADER + GOOD + line + "\n"))
    (reject,) = quarantine.read(node.lake, node.keyring, "mz_people", outcome.load_id)
    assert reject.rules == ("number.digits_lost",)
    said = contract().title_of("number.digits_lost")
    assert "电子表格把号码改成了数字" in said.zh
    assert "a spreadsheet turned the number into a figure" in said.en


def test_a_record_that_breaks_two_rules_is_counted_under_both(node: Node, tmp_path: Path) -> None:
    line = f"{THREE},甲,13800001111,-5,1990-01-01\n"
    outcome = load_file(node, contract(), write(tmp_path, HEADER + GOOD + line))
    assert outcome.counts.quarantined == 1
    assert outcome.rule_counts == {"amount.range": 1, "early": 1}


def test_a_note_counts_and_keeps_the_record(node: Node, tmp_path: Path) -> None:
    line = f"{THREE},甲,13800001111,5,1990-01-01\n"
    outcome = load_file(node, contract(severity="note"), write(tmp_path, HEADER + GOOD + line))
    assert (outcome.counts.accepted, outcome.rule_counts) == (3, {"early": 1})


def test_a_blocking_rule_leaves_the_dataset_as_it_was(node: Node, tmp_path: Path) -> None:
    first = load_file(node, contract(severity="block"), write(tmp_path, HEADER + GOOD))
    bad = write(tmp_path, HEADER + f"{THREE},甲,13800001111,5,1990-01-01\n" + GOOD, "bad.csv")
    with pytest.raises(LoadBlocked, match="What was loaded stays"):
        load_file(node, contract(severity="block"), bad)
    assert node.lake.snapshot("data.mz_people").id == first.snapshot_id
    data = node.lake.data_folder("data.mz_people")
    assert len(list(data.iterdir())) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no name, or the file is empty"),
        ("number,name\n1,2\n", "lacks the columns phone, amount, paid_on"),
        ("number,number,name,phone,amount,paid_on\n", "has a column twice: number"),
        ("number,,name,phone,amount,paid_on\n", "has no name"),
        (HEADER + "x,y,z,1,2\n", "not one record can be kept"),
    ],
)
def test_a_file_that_is_not_what_its_contract_says_is_refused(
    node: Node, tmp_path: Path, content: str, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        load_file(node, contract(), write(tmp_path, content))


def test_of_a_first_file_that_is_refused_nothing_stays(node: Node, tmp_path: Path) -> None:
    secret = write(tmp_path, "机密★\n" + HEADER + GOOD)
    with pytest.raises(BadInput):
        load_file(node, contract(), secret)
    assert node.lake.names("data") == []
    assert not [*node.lake.folder.rglob("*.parquet"), *node.lake.folder.rglob("*.json")]
    assert load_file(node, contract(), write(tmp_path, HEADER + GOOD)).counts.accepted == 2
    with pytest.raises(Conflict, match="holds data"):
        node.lake.discard("data.mz_people")


def test_a_file_in_another_encoding_is_refused_and_never_guessed(
    node: Node, tmp_path: Path
) -> None:
    path = write(tmp_path, HEADER.replace("name", "姓名"), encoding="gb18030")
    with pytest.raises(BadInput, match="not UTF-8"):
        load_file(node, contract(), path)


def test_gb18030_comes_in_when_the_contract_says_so(node: Node, tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + GOOD, encoding="gb18030")
    load_file(node, contract(encoding="gb18030"), path)
    assert rows(node)[0]["name"] == "王若溪"


def test_bytes_that_are_not_gb18030_are_refused(node: Node, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes((HEADER + GOOD).encode("gb18030") + b"\xff\xff\xff\n")
    with pytest.raises(BadInput, match="is not gb18030"):
        load_file(node, contract(encoding="gb18030"), path)


def test_json_lines_come_in_and_broken_ones_are_quarantined(node: Node, tmp_path: Path) -> None:
    lines = (
        f'{{"number": "{ONE}", "name": "王", "phone": "13800001111", "amount": 3.5, '
        '"paid_on": "2024-01-01"}\n'
        "{broken\n"
        "[1, 2]\n"
    )
    outcome = load_file(node, contract("jsonl"), write(tmp_path, lines, "people.jsonl"))
    assert (outcome.counts.accepted, outcome.counts.quarantined) == (1, 2)
    assert outcome.rule_counts["row.object"] == 2


def test_parquet_comes_in_typed_as_it_is(node: Node, tmp_path: Path) -> None:
    table = pa.table(
        {
            "number": [ONE],
            "name": ["王"],
            "phone": ["13800001111"],
            "amount": [2.5],
            "paid_on": ["2024-01-01"],
        }
    )
    pq.write_table(table, tmp_path / "people.parquet")
    assert load_file(node, contract("parquet"), tmp_path / "people.parquet").counts.accepted == 1


@pytest.mark.parametrize("form", ["parquet", "xlsx"])
def test_a_torn_binary_file_is_refused(node: Node, tmp_path: Path, form: str) -> None:
    path = write(tmp_path, "PK\x03\x04 torn", f"people.{form}")
    with pytest.raises(BadInput, match=f"people.{form}"):
        load_file(node, contract(form), path)


def test_line_breaks_inside_quotes_stay_in_their_record(node: Node, tmp_path: Path) -> None:
    text = HEADER + f'{ONE},"王\n若溪",13800001111,1,2024-01-01\n' + GOOD.splitlines()[1] + "\n"
    load_file(node, contract(), write(tmp_path, text))
    assert [row["name"] for row in rows(node)] == ["王\n若溪", "李明远"]


def test_the_load_record_can_be_rebuilt_from_the_snapshot(node: Node, tmp_path: Path) -> None:
    outcome = load_file(node, contract(), write(tmp_path, HEADER + GOOD))
    rebuilt = load_of(node.lake.snapshot("data.mz_people"))
    with transaction(node.database) as session:
        stored = session.get(Load, outcome.load_id)
        assert stored is not None
        for name in ("dataset", "received", "accepted", "rule_counts", "profile", "batch_digest"):
            assert getattr(stored, name) == getattr(rebuilt, name)


def test_quarantine_opens_with_its_own_key_only(node: Node, tmp_path: Path) -> None:
    bad = HEADER + GOOD + f"{THREE},甲,13800001111,-5,2024-01-01\n"
    outcome = load_file(node, contract(), write(tmp_path, bad))
    with pytest.raises(TerminalError, match="does not open"):
        quarantine.read(node.lake, Keyring(b"x" * 32), "mz_people", outcome.load_id)


def test_the_profile_tells_no_protected_value(node: Node, tmp_path: Path) -> None:
    load_file(node, contract(), write(tmp_path, HEADER + GOOD))
    profile = load_of(node.lake.snapshot("data.mz_people")).profile
    assert profile["amount"] == {"nulls": 0, "distinct": 2, "minimum": "7.00", "maximum": "12.50"}
    assert profile["name"]["minimum"] is None
    assert profile["number"]["minimum"] is None


def test_rejected_rows_as_a_sheet_hold_reasons_and_no_formula(node: Node, tmp_path: Path) -> None:
    bad = HEADER + GOOD + f'{THREE},"=HYPERLINK(1)",13800001111,-5,2024-01-01\n'
    outcome = load_file(node, contract(), write(tmp_path, bad))
    one = contract()
    blocks = quarantine.blocks_of(node.lake, node.keyring, one.dataset, outcome.load_id)
    text = b"".join(quarantine.as_csv(blocks, one)).decode()
    assert "'=HYPERLINK(1)" in text
    assert "金额超出取值范围 / amount is out of range" in text


def test_a_changed_contract_loads_the_same_file_again(node: Node, tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + GOOD)
    assert load_file(node, contract(), path).counts.accepted == 2
    text = CONTRACT.replace("FORMAT", "csv").replace("ENCODING", "utf-8")
    stricter = text.replace("SEVERITY", "quarantine").replace("maximum: 1000000", "maximum: 10")
    changed = parse_contract(stricter.encode(), "mz_people.odcs.yaml")
    again = load_file(node, changed, path)
    assert (again.fresh, again.counts.accepted, again.counts.quarantined) == (True, 1, 1)
    assert len(rows(node)) == 1


def test_a_load_that_lost_a_row_on_its_way_to_the_disk_is_taken_back(
    node: Node, tmp_path: Path
) -> None:
    load_file(node, contract(), write(tmp_path, HEADER + GOOD))
    before = node.lake.snapshot("data.mz_people")
    folder = node.lake.data_folder("data.mz_people")
    old = set(folder.iterdir())

    def lose_a_row(stage: str) -> None:
        for part in set(folder.iterdir()) - old if stage == "write" else ():
            table = pq.read_table(part)
            pq.write_table(table.slice(1), part)

    third = f"{THREE},张三,13900003333,8,2024-01-04\n"
    with pytest.raises(TerminalError, match="2 rows were written where 3 should be"):
        load_file(
            node, contract(), write(tmp_path, HEADER + GOOD + third, "b.csv"), stage=lose_a_row
        )
    assert node.lake.snapshot("data.mz_people").id == before.id
    assert set(folder.iterdir()) == old
