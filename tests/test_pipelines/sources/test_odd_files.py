"""Every odd file has the outcome of the table, and leaves what was loaded before as it was."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_pipelines.sources.odd_files import CONTRACTS, GOOD, MAKERS
from tests.test_pipelines.sources.readings import REASONS, Row, contract_of, rows
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.schema import upgrade
from xihu_pipelines.ingest.load import load_file
from xihu_platform.errors import BadInput
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

TABLE = rows()
FILES = [row for row in TABLE if row.file in MAKERS]
BOMBS = [
    *("bomb.csv.zip", "bomb.csv.gz", "line.csv", "unclosed.csv", "deep.json", "deep_value.json"),
    *("corner.xlsx", "blank_rows.xlsx", "laughs.xlsx", "bomb.xlsx", "repeated.ods"),
]
QUICK_BOMBS = {"bomb.csv.gz"}
MEMORY_LIMIT = 600 << 20  # bytes; an interpreter with DuckDB and Arrow takes 110 MB of it


def whole_table() -> Iterator[object]:
    """The harness takes every file; `make test` one of each outcome, reason and contract."""
    known: set[object] = set()
    for row in FILES:
        kinds = {(row.outcome.split()[0], row.reason), row.contract}
        yield row if kinds - known else pytest.param(row, marks=pytest.mark.harness)
        known |= kinds


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """One installation for the whole table: what one file does must not harm the next."""
    folder = tmp_path_factory.mktemp("odd")
    node = open_node(Settings(data_dir=folder / "data"))
    upgrade(node.database)
    path = folder / "good.csv"
    path.write_text(GOOD, encoding="utf-8")
    load_file(node, contract_of("csv"), path)
    return node


def judge(node: Node, row: Row, path: Path) -> tuple[str, str]:
    """Outcome and reason as the table writes them."""
    try:
        outcome = load_file(node, contract_of(row.contract), path)
    except BadInput as bad:
        assert bad.text.zh
        found = [name for name, words in REASONS.items() if words in str(bad)]
        return "refused", " ".join(found) or str(bad)
    if outcome.counts.quarantined:
        return f"quarantined {outcome.counts.quarantined}", " ".join(sorted(outcome.rule_counts))
    return f"loaded {outcome.counts.accepted}", ""


@pytest.mark.parametrize("row", [*whole_table()], ids=str)
def test_a_file_has_the_outcome_of_the_table(shared: Node, row: Row, tmp_path: Path) -> None:
    before = shared.lake.snapshot("data.odd_rows")
    assert judge(shared, row, MAKERS[row.file](tmp_path)) == (row.outcome, row.reason)
    after = shared.lake.snapshot("data.odd_rows")
    if row.outcome == "refused":
        assert after.id == before.id
        assert all(Path(file).is_file() for file in after.files)


@pytest.mark.parametrize("row", [r for r in TABLE if r.file in CONTRACTS], ids=str)
def test_what_is_no_contract_is_refused_as_the_table_says(row: Row) -> None:
    with pytest.raises(BadInput, match=REASONS[row.reason]):
        parse_contract(CONTRACTS[row.file], row.file)


def test_every_file_stands_in_the_table_and_no_other() -> None:
    assert {row.file for row in TABLE} == {*MAKERS, *CONTRACTS}
    assert len({row.file for row in TABLE}) >= 60
    assert {row.reason for row in TABLE if row.outcome == "refused"} == set(REASONS)


_CHILD = """
import json, resource, sys
from pathlib import Path
from tests.test_pipelines.sources.readings import FIELDS, contract_of
from xihu_pipelines.sources.files import open_records
from xihu_platform.errors import BadInput
try:
    with open_records(Path(sys.argv[1]), contract_of(sys.argv[2]).source, list(FIELDS)) as found:
        for batch in found:
            pass
except BadInput:
    pass
# Not ru_maxrss: it begins with the memory of the process that this one was forked from.
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.parametrize(
    "file",
    [f if f in QUICK_BOMBS else pytest.param(f, marks=pytest.mark.harness) for f in BOMBS],
)
def test_a_bomb_is_judged_in_little_memory(file: str, tmp_path: Path) -> None:
    row = next(r for r in FILES if r.file == file)
    path = MAKERS[file](tmp_path)
    command = [sys.executable, "-c", _CHILD, str(path), row.contract]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert max(int(line) << 10 for line in done.stdout.split()) < MEMORY_LIMIT


def test_no_member_is_written_under_its_own_name(tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    path = MAKERS["slip.csv.zip"](inside)
    with pytest.raises(BadInput):
        load_file(open_node(Settings(data_dir=tmp_path / "data")), contract_of("csv"), path)
    assert not list(tmp_path.rglob("x.csv"))


@pytest.mark.harness
def test_frictionless_says_what_the_table_claims(tmp_path: Path) -> None:
    """Where the two differ, and only there, the table says why."""
    root = Path(__file__).parents[3]
    subprocess.run([root / ".ci" / "peer", "frictionless"], check=True, timeout=600)
    encodings = {row.file: _declared(row) for row in reversed(FILES)}
    paths: dict[str, str] = {}
    for number, file in enumerate(encodings):
        folder = tmp_path / str(number)
        folder.mkdir()
        paths[str(MAKERS[file](folder))] = file
    done = subprocess.run(
        [root / ".peers/frictionless/bin/python", root / "tests/peers/frictionless_check.py"],
        input=json.dumps([[path, encodings[file]] for path, file in paths.items()]),
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    said = {paths[path]: told for path, told in json.loads(done.stdout).items()}
    assert said == {row.file: row.frictionless for row in FILES}
    for row in FILES:
        agrees = row.outcome.startswith("loaded") == (row.frictionless == "valid")
        assert agrees != bool(row.why), row


def _declared(row: Row) -> str | None:
    encoding = contract_of(row.contract).source.encoding
    return None if encoding in {"utf-8", "auto"} else encoding
