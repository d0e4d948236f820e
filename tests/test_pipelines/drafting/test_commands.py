"""`xihu contract …` as a clerk meets it: files in, drafts, tables and findings out."""

import json
import sqlite3
import zipfile
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import xlsxwriter
import yaml
from click.testing import CliRunner, Result

from tests.harness.postgres import PASSWORD, running_postgres
from tests.registry import REGISTRY
from tests.test_catalog.drafting.test_infer import citizen
from xihu_catalog.contracts.diff import BreaksReaders
from xihu_catalog.drafting.remembered import census_tables
from xihu_catalog.schema import upgrade
from xihu_node.cli.contract import contract
from xihu_pipelines.drafting.files import open_unknown
from xihu_pipelines.sources.errors import SecrecyMark
from xihu_platform.database import open_database
from xihu_platform.errors import BadInput, Conflict, NotFound, PlatformError
from xihu_platform.settings import Settings

POWER = REGISTRY / "contracts" / "fg_power_daily.odcs.yaml"
HEADER = "身份证号,姓名,登记日期,金额（元）\n"
LINES = "".join(
    f"{citizen(i)},王{chr(0x4E00 + i)},2024{i % 12 + 1:02d}01,{i}.50\n" for i in range(200)
)


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(tmp_path / "data"))


def run(*arguments: str | Path, language: str = "en") -> Result:
    return CliRunner().invoke(contract, [str(a) for a in arguments], obj=language)


def draft_of(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    found: dict[str, object] = yaml.safe_load(result.stdout)
    return found


def test_infer_prints_a_draft_and_says_beside_it_what_is_to_be_confirmed(tmp_path: Path) -> None:
    file = tmp_path / "mz_名单.csv"
    file.write_text(HEADER + LINES, encoding="utf-8")
    result = run("infer", file, language="zh")
    assert draft_of(result)["id"] == "mz_list"
    assert "待确认" in result.stderr and "citizen_id pseudonym subjectKey" in result.stderr
    assert citizen(3) not in result.output and "王丁" not in result.output


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_infer_finds_encoding_and_lines_above_the_header(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "表.csv"
    file.write_bytes(f"某市名单\n\n{HEADER}{LINES}".encode(encoding))
    with open_unknown(file) as (connection, layout):
        assert layout.headers[0] == "身份证号"
        assert layout.source.title_rows == 2
        assert connection.execute("SELECT count(*) FROM found").fetchall() == [(200,)]


def test_infer_reads_every_kind_of_file(tmp_path: Path) -> None:
    rows = [{"编号": f"A{i}", "数量": i} for i in range(30)]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(r) for r in rows))
    (tmp_path / "b.json").write_text(json.dumps({"data": rows}))
    (tmp_path / "c.tsv").write_text("编号\t数量\n" + "".join(f"A{i}\t{i}\n" for i in range(30)))
    with xlsxwriter.Workbook(str(tmp_path / "d.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["某某表"])
        sheet.write_row(1, 0, ["编号", "数量"])
        for i in range(30):
            sheet.write_row(i + 2, 0, [f"A{i}", i])
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.write(tmp_path / "c.tsv", "c.tsv")
    for file in sorted(tmp_path.glob("?.*")):
        with open_unknown(file) as (connection, layout):
            assert layout.headers == ["编号", "数量"], file.name
            assert connection.execute("SELECT count(*) FROM found").fetchall() == [(30,)]


def test_infer_refuses_what_it_cannot_read_or_may_not(tmp_path: Path) -> None:
    for name, content in (("a.docx", b"x"), ("b.csv", b""), ("c.json", b"{"), ("d.xlsx", b"PK")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput), open_unknown(tmp_path / name):
            pass
    (tmp_path / "e.csv").write_text("编号,数量\n机密★10年,1\n", encoding="utf-8")
    with pytest.raises(SecrecyMark), open_unknown(tmp_path / "e.csv"):
        pass


def test_infer_never_writes_over_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEADER + LINES, encoding="utf-8")
    target = tmp_path / "a.odcs.yaml"
    assert run("infer", file, "-o", target).exit_code == 0
    assert isinstance(run("infer", file, "-o", target).exception, Conflict)
    assert isinstance(run("infer", file, "--provider", "91").exception, BadInput)
    refused = run("infer", file, "--id", "助餐点").exception
    assert isinstance(refused, BadInput)
    assert "lower-case letters, digits and _ only" in refused.text.en


def test_infer_takes_what_a_person_says_of_the_file(tmp_path: Path) -> None:
    latin = tmp_path / "latin.csv"
    latin.write_bytes("id;name\n1;Müller\n2;Jäger\n3;Größe\n4;Schön\n".encode("cp1252"))
    refused = run("infer", latin).exception
    assert isinstance(refused, BadInput) and "--encoding" in refused.text.zh
    draft = draft_of(run("infer", latin, "--encoding", "cp1252", "--delimiter", ";"))
    habits = _habits(draft)
    assert (habits["encoding"], habits["delimiter"]) == ("cp1252", ";")
    none = draft_of(run("infer", latin, "--encoding", "cp1252", "--header-rows", "0"))
    assert _habits(none)["headerRows"] == 0

    document = tmp_path / "a.json"
    document.write_text('{"x": [{"a": 1}], "y": [{"b": 1}]}', encoding="utf-8")
    refused = run("infer", document).exception
    assert isinstance(refused, BadInput) and "x (1)、y (1)" in refused.text.en
    draft = draft_of(run("infer", document, "--record-path", "y"))
    assert _habits(draft)["recordPath"] == "y"

    book = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(book)) as made:
        for name in ("甲", "乙"):
            made.add_worksheet(name).write_column(0, 0, ["编号", f"{name}1"])
    refused = run("infer", book).exception
    assert isinstance(refused, BadInput) and "甲、乙" in refused.text.zh
    assert _habits(draft_of(run("infer", book, "--sheet", "乙")))["sheet"] == "乙"

    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "id,v\n1,x\n")
        archive.writestr("b.json", '[{"w": 1}]')
    refused = run("infer", packed).exception
    assert isinstance(refused, BadInput) and "a.csv、b.json" in refused.text.zh
    draft = draft_of(run("infer", packed, "--member", "b.json"))
    assert _habits(draft)["member"] == "b.json"


@pytest.mark.parametrize(
    ("name", "option", "value", "words"),
    [
        ("a.csv", "--sheet", "x", "a csv file has no --sheet"),
        ("a.csv", "--record-path", "x", "a csv file has no --record-path"),
        ("a.csv", "--encoding", "klingon", "there is no encoding klingon"),
        ("a.csv", "--delimiter", ";;", "one ASCII character"),
        ("a.csv", "--member", "x.csv", "is no zip archive"),
    ],
)
def test_infer_refuses_what_a_file_cannot_have(
    tmp_path: Path, name: str, option: str, value: str, words: str
) -> None:
    (tmp_path / name).write_text("id,v\n1,x\n", encoding="utf-8")
    result = run("infer", tmp_path / name, option, value)
    assert isinstance(result.exception, BadInput) and words in result.exception.text.en


def _habits(draft: dict[str, object]) -> dict[str, object]:
    servers = draft["servers"]
    assert isinstance(servers, list)
    return {p["property"]: p["value"] for p in servers[0]["customProperties"]}


def test_a_table_goes_out_and_comes_back(tmp_path: Path) -> None:
    assert run("export", "-o", tmp_path / "t.xlsx").exit_code == 0
    assert run("import", tmp_path / "t.xlsx", "--folder", tmp_path / "in").exit_code == 0
    files = sorted((tmp_path / "in").glob("*.odcs.yaml"))
    assert len(files) == len(list((REGISTRY / "contracts").glob("*.odcs.yaml")))
    assert run("lint", *files).exit_code == 0


def test_lint_says_lines_or_json_and_fails_on_errors_only(tmp_path: Path) -> None:
    good = run("lint", POWER, "--json")
    assert (good.exit_code, json.loads(good.stdout)) == (0, [])
    bad = tmp_path / "fg_power_daily.odcs.yaml"
    text = POWER.read_text(encoding="utf-8")
    bad.write_text(text.replace("value: daily", "value: often"), encoding="utf-8")
    result = run("lint", bad)
    assert result.exit_code == 1
    assert result.stdout.startswith("fg_power_daily.odcs.yaml:") and "error:" in result.stdout
    assert [r["level"] for r in json.loads(run("lint", bad, "--json").stdout)][0] == "error"


def test_diff_fails_where_readers_break_and_names_them(tmp_path: Path) -> None:
    new = tmp_path / "new.odcs.yaml"
    text = POWER.read_text(encoding="utf-8")
    new.write_text(text.replace("name: peak_kw", "name: peak"), encoding="utf-8")
    result = run("diff", POWER, new)
    assert result.exit_code == 1
    assert "breaks readers | peak_kw: the field is renamed peak" in result.stdout
    assert "the log shows no reader yet" in result.stderr
    found = json.loads(run("diff", POWER, new, "--json").stdout)
    assert found["changes"][0]["effect"] == "breaks"
    new.write_text(text.replace("{minimum: 0}", "{minimum: 1}"), encoding="utf-8")
    assert run("diff", POWER, new).exit_code == 0
    assert issubclass(BreaksReaders, Conflict)


def test_scan_of_sqlite_writes_drafts_and_a_census(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE 名单 (id INTEGER PRIMARY KEY, 身份证号 TEXT)")
        rows = [(citizen(i),) for i in range(50)]
        connection.executemany("INSERT INTO 名单 (身份证号) VALUES (?)", rows)
    connection.close()
    folder = tmp_path / "drafts"
    result = run("scan", f"sqlite:///{tmp_path / 'a.db'}", "--folder", folder)
    assert result.exit_code == 0, result.output
    assert {p.name for p in folder.iterdir()} == {"census.xlsx", "list.odcs.yaml"}
    assert "1 tables: 0 covered" in result.stderr


def test_scan_of_postgresql_by_name_prints_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_postgres() as port:
        url = f"postgresql://steward:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
        login = {"host": "127.0.0.1", "port": port, "user": "steward", "dbname": "postgres"}
        with psycopg.connect(password=PASSWORD, **login) as connection:  # type: ignore[arg-type]
            connection.execute("CREATE TABLE poor (id int PRIMARY KEY, xm text, at timestamptz)")
            connection.execute("COMMENT ON TABLE poor IS '困难家庭'")
            connection.execute("COMMENT ON COLUMN poor.xm IS '姓名'")
            connection.execute(
                "INSERT INTO poor SELECT i, '王' || i, now() FROM generate_series(1, 9) i"
            )
        provider = "11339900100101378G"
        monkeypatch.setenv("XIHU_SOURCES__BUREAU__URL", url)
        monkeypatch.setenv("XIHU_SOURCES__BUREAU__PROVIDER", provider)
        refused = run("scan", "bureau", "--folder", tmp_path / "a", "--provider", provider)
        assert "inside address" in str(refused.exception)
        monkeypatch.setenv("XIHU_SOURCES__BUREAU__INSIDE", "true")
        folder = tmp_path / "b"
        result = run("scan", "bureau", "--folder", folder, "--provider", provider)
    assert result.exit_code == 0, result.output
    draft = (folder / "mz_poor.odcs.yaml").read_text(encoding="utf-8")
    assert "businessName: 困难家庭" in draft and "identifier, value: person_name" in draft
    assert "s3cret" not in draft + result.output
    assert isinstance(run("scan", "bureau", "--folder", folder).exception, PlatformError)


def test_scan_says_what_is_wrong_without_the_url(tmp_path: Path) -> None:
    for url in ("postgresql://u:hidden@127.0.0.1:9/x", "oracle://u:hidden@h/x", "sqlite:///no.db"):
        result = run("scan", url, "--folder", tmp_path / "x")
        assert isinstance(result.exception, PlatformError)
        said = result.exception.text.zh + result.exception.text.en + result.output
        assert "hidden" not in said


def test_a_scan_by_name_is_remembered_and_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = "11339900100101378G"
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE 名单 (id INTEGER PRIMARY KEY, 身份证号 TEXT)")
    connection.close()
    monkeypatch.setenv("XIHU_REMOTE__SQLITE_DIR", str(tmp_path))
    monkeypatch.setenv("XIHU_SOURCES__BUREAU__URL", "sqlite:///a.db")
    monkeypatch.setenv("XIHU_SOURCES__BUREAU__PROVIDER", provider)
    by_name = ("scan", "bureau", "--provider", provider, "--folder")
    nowhere = run(*by_name, tmp_path / "1")
    assert nowhere.exit_code == 0 and "no platform was set up here" in nowhere.stderr
    assert isinstance(run("forget-census", "bureau").exception, Conflict)
    assert not (tmp_path / "data" / "xihu.db").exists()
    database = open_database(Settings().database_url)
    upgrade(database)
    assert "is remembered" in run(*by_name, tmp_path / "2").stderr
    typed = run("scan", f"sqlite:///{tmp_path / 'a.db'}", "--folder", tmp_path / "3")
    assert typed.exit_code == 0 and "remembered" not in typed.stderr
    found = census_tables(database, [provider], 10)
    assert [(one.names.connection, one.name, one.rows) for one in found] == [("bureau", "名单", 0)]
    forgotten = run("forget-census", "BUREAU")
    assert forgotten.stdout == "1 tables are forgotten\n"
    assert isinstance(run("forget-census", "bureau").exception, NotFound)
    database.dispose()
