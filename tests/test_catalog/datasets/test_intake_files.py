"""Files that no contract names: which are listed, under which name, and where listing ends."""

import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.registry import REGISTRY
from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.datasets import intake_files
from xihu_catalog.datasets.intake_files import (
    as_written,
    named_files,
    plain_path,
    unnamed_files,
)


def listed(folder: Path, *named: str) -> list[str]:
    return [one.name for one in unnamed_files(folder, frozenset(named)).files]


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"abc")


def test_what_no_contract_names_is_listed_with_its_folder_size_and_time(tmp_path: Path) -> None:
    put(tmp_path, "b.csv", "a.csv", "2026/11/c.xlsx", "2026/d.csv")
    os.utime(tmp_path / "b.csv", (1_700_000_000, 1_700_000_000))
    found = unnamed_files(tmp_path, frozenset({"a.csv", "2026/d.csv", "c.xlsx"}))
    assert [(one.name, one.size_bytes) for one in found.files] == [
        *(("2026/11/c.xlsx", 3), ("b.csv", 3))
    ]
    assert found.files[1].since == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert found.is_whole


def test_hidden_and_temporary_files_are_not_listed(tmp_path: Path) -> None:
    passing = (
        *(".generated.json", ".git/x.csv", "~$a.xlsx", "a.csv.part", "a.CSV.FilePart", "a.csv~"),
        *("Thumbs.db", "__MACOSX/a.csv", "sub/.a.csv.swp", "b.tmp"),
    )
    put(tmp_path, *passing, "sub/a.csv", "part")
    assert listed(tmp_path) == ["part", "sub/a.csv"]


def test_links_lead_nowhere_and_what_is_no_file_is_none(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    put(outside, "secret.csv")
    intake = tmp_path / "intake"
    put(intake, "a.csv")
    (intake / "link").symlink_to(outside)
    (intake / "link.csv").symlink_to(outside / "secret.csv")
    (intake / "round").symlink_to(intake)
    os.mkfifo(intake / "pipe.csv")
    assert listed(intake) == ["a.csv"]
    assert listed(tmp_path / "none") == []


def test_a_name_is_the_same_in_both_normal_forms(tmp_path: Path) -> None:
    """As macOS writes it and as a contract does: two characters of U+0301 and one of U+00E9."""
    decomposed, composed = "cafe\u0301/re\u0301sume\u0301.csv", "caf\u00e9/r\u00e9sum\u00e9.csv"
    put(tmp_path, decomposed, "other.csv")
    assert as_written(tmp_path, composed) == decomposed
    assert as_written(tmp_path, "none.csv") == "none.csv"
    assert as_written(tmp_path / "none", composed) == composed
    assert listed(tmp_path, composed) == ["other.csv"]
    put(tmp_path, composed)
    assert as_written(tmp_path, composed) == composed
    assert listed(tmp_path, composed) == [decomposed, "other.csv"], "it is not the one loaded"


def test_a_name_is_shown_as_people_read_it(tmp_path: Path) -> None:
    """A zip of Windows unpacked on Linux has names in GB18030; a direction mark hides what a file
    is; a line feed would begin a line of a list."""
    put(tmp_path, "x\u202evsc.exe", "a\nb.csv", "c\x1b[2J.csv")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + "西湖.csv".encode("gb18030")))).write_bytes(
        b""
    )
    found = listed(tmp_path)
    assert sorted(found) == sorted(["a\ufffdb.csv", "c\ufffd[2J.csv", "x\ufffdvsc.exe", "西湖.csv"])
    assert "".join(found).encode()  # a page can be made of them


@pytest.mark.parametrize("moment", [10**12, -(10**12), 253_402_300_799 - 3_600])
def test_a_time_that_no_calendar_has_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """The last of them is in the year 9999 in UTC, and in none in Shanghai."""
    put(tmp_path, "a.csv")
    said = SimpleNamespace(st_mtime=moment, st_size=1)
    files = SimpleNamespace(scandir=os.scandir, stat=lambda _place, follow_symlinks: said)
    monkeypatch.setattr(intake_files, "os", files)
    (found,) = unnamed_files(tmp_path, frozenset()).files
    assert (found.name, found.since) == ("a.csv", None)


def test_a_list_ends_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, *(f"{n:02d}.csv" for n in range(20)))
    monkeypatch.setattr(intake_files, "LISTED", 20)
    assert unnamed_files(tmp_path, frozenset()).is_whole
    monkeypatch.setattr(intake_files, "LISTED", 19)
    found = unnamed_files(tmp_path, frozenset())
    assert ([one.name for one in found.files][-1], found.is_whole) == ("18.csv", False)
    assert unnamed_files(tmp_path, frozenset({"03.csv"})).is_whole


def test_hidden_names_and_empty_folders_count_towards_what_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, *(f".{n}" for n in range(10)))
    for n in range(10):
        (tmp_path / f"d{n}").mkdir()
    monkeypatch.setattr(intake_files, "LOOKED_AT", 20)
    assert unnamed_files(tmp_path, frozenset()).is_whole
    monkeypatch.setattr(intake_files, "LOOKED_AT", 19)
    assert not unnamed_files(tmp_path, frozenset()).is_whole


def test_contracts_name_the_files_that_are_handed_in() -> None:
    found = named_files(load_contracts(REGISTRY / "contracts").values())
    assert {"fg_全社会用电量.csv", "jt_公交客流.parquet", "sg_行政检查.jsonl"} < found
    assert len(found) == 31, "33 contracts, of which two are derived"


def test_a_file_behind_a_link_is_none_of_a_contract(tmp_path: Path) -> None:
    """It may be another department's; links that lead to each other are no fault either."""
    intake = tmp_path / "intake"
    intake.mkdir()
    (intake / "theirs.csv").write_text("x", encoding="utf-8")
    (intake / "mine.csv").symlink_to(intake / "theirs.csv")
    (intake / "a.csv").symlink_to(intake / "b.csv")
    (intake / "b.csv").symlink_to(intake / "a.csv")
    assert plain_path(intake, "theirs.csv") == (intake / "theirs.csv").resolve()
    assert plain_path(intake, "none.csv") == intake.resolve() / "none.csv"
    for name in ("mine.csv", "a.csv", "b.csv", "../intake/theirs.csv"):
        assert plain_path(intake, name) is None


def test_many_absent_files_are_looked_for_in_one_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "e\u0301.csv").write_text("x", encoding="utf-8")
    scan, scans = os.scandir, list[object]()

    def counted(place: str) -> object:
        scans.append(place)
        return scan(place)

    monkeypatch.setattr(os, "scandir", counted)
    named = frozenset({"\u00e9.csv", *(f"{n}.csv" for n in range(50))})
    assert unnamed_files(tmp_path, named).files == ()
    assert len(scans) == 1
