"""The demo province: the same bytes from the same seed, as contracts say, wrong as in life."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.sampling import sampled
from tests.test_pipelines.demo.second_reading import (
    Counts,
    count,
    is_citizen_id,
    is_uscc,
    read_text,
)
from xihu_catalog.contracts.references import needs
from xihu_catalog.schema import upgrade
from xihu_catalog.start import open_contracts
from xihu_pipelines.demo import generate as generator
from xihu_pipelines.demo.generate import generate
from xihu_pipelines.demo.layout import HandedIn, list_files
from xihu_pipelines.ingest.load import load_file
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

TODAY = date(2026, 11, 23)
FILES = {file.dataset: file for file in list_files()}

each_file = pytest.mark.parametrize("file", FILES.values(), ids=list(FILES))


@dataclass
class Generated:
    """One run of the generator: where it wrote, what it returned, what it told on its way."""

    folder: Path
    paths: list[Path] = field(default_factory=list)
    told: list[tuple[str, int]] = field(default_factory=list)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    made = Generated(tmp_path_factory.mktemp("province"))
    made.paths += generate(
        made.folder,
        scale=0.01,
        seed=7,
        today=TODAY,
        progress=lambda name, records: made.told.append((name, records)),
    )
    return made


@pytest.fixture(scope="module")
def province(generated: Generated) -> Path:
    return generated.folder


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = open_node(Settings(data_dir=tmp_path_factory.mktemp("data")))
    upgrade(node.database)
    yield node
    node.database.dispose()


def _column(folder: Path, dataset: str, header: str) -> list[str]:
    with duckdb.connect() as connection:
        read_text(connection, FILES[dataset], folder)
        query = f'SELECT "{header}"::VARCHAR FROM handed_in WHERE "{header}" IS NOT NULL'
        return [value for (value,) in connection.execute(query).fetchall()]


def _digests(folder: Path) -> dict[str, str]:
    return {
        file.file_name: hashlib.sha256((folder / file.file_name).read_bytes()).hexdigest()
        for file in FILES.values()
    }


def test_the_same_seed_gives_the_same_bytes(province: Path, tmp_path: Path) -> None:
    generate(tmp_path, scale=0.01, seed=7, today=TODAY)
    assert _digests(tmp_path) == _digests(province)


def test_another_seed_gives_other_rows_in_every_file(province: Path, tmp_path: Path) -> None:
    generate(tmp_path, scale=0.01, seed=8, today=TODAY)
    theirs, ours = _digests(tmp_path), _digests(province)
    assert not [name for name in ours if ours[name] == theirs[name]]


def test_nothing_but_the_departments_files_stays_behind(province: Path) -> None:
    names = {path.name for path in province.iterdir()}
    assert names == {file.file_name for file in FILES.values()}


def test_progress_tells_each_dataset_and_its_records(generated: Generated) -> None:
    assert [name for name, _ in generated.told] == list(FILES)
    assert all(records > 0 for _, records in generated.told)
    assert [path.name for path in generated.paths] == [file.file_name for file in FILES.values()]


@each_file
def test_a_file_has_exactly_the_headers_of_its_contract(file: HandedIn, province: Path) -> None:
    with duckdb.connect() as connection:
        read_text(connection, file, province)
        headers = [row[0] for row in connection.execute("DESCRIBE handed_in").fetchall()]
    assert headers == [*(column.header for column in file.columns), "_short"]


def test_one_to_two_per_cent_of_the_records_are_wrong_in_most_datasets(province: Path) -> None:
    counts = [count(file, province) for file in FILES.values()]
    received = sum(each.received for each in counts)
    assert 0.01 <= sum(each.wrong for each in counts) / received <= 0.02
    assert all(0.005 <= each.share <= 0.03 for each in counts if each.received >= 1_000)


@pytest.mark.parametrize(
    "file",
    sampled(FILES.values(), 8),
    ids=list(FILES),
)
def test_the_door_in_and_a_second_reading_of_the_contract_agree(
    file: HandedIn, province: Path, node: Node
) -> None:
    contracts = open_contracts(node)
    contract = contracts.get(file.dataset)
    for name in needs(contract):
        other = contracts.get(name)
        load_file(node, other, province / other.source.path)
    outcome = load_file(node, contract, province / file.file_name)
    counts = outcome.counts
    lost = counts.received - counts.accepted  # quarantined or, in an upsert, superseded
    assert Counts(outcome.counts.received, lost) == count(file, province)


@pytest.mark.parametrize(
    ("dataset", "header"),
    [
        ("ga_residents", "证件号码"),
        ("rs_social_insurance", "身份证号"),
        ("jy_pupils", "学生身份证号"),
    ],
)
def test_citizen_numbers_are_right_but_for_a_few_and_nobody_s(
    province: Path, dataset: str, header: str
) -> None:
    numbers = [number for number in _column(province, dataset, header) if len(number) == 18]
    assert all(number.startswith("3399") for number in numbers)
    assert sum(map(is_citizen_id, numbers)) >= 0.98 * len(numbers)


@pytest.mark.parametrize(
    ("dataset", "header"),
    [("sg_firms", "统一社会信用代码"), ("sw_tax_payments", "纳税人识别号")],
)
def test_firm_codes_pass_both_check_digits_but_for_a_few(
    province: Path, dataset: str, header: str
) -> None:
    codes = _column(province, dataset, header)
    assert all(code[2:6] == "3399" for code in codes)
    assert sum(map(is_uscc, codes)) >= 0.97 * len(codes)


def test_no_two_residents_share_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Beyond 49,500 residents the counter in the number starts again: the birthday keeps them apart.
    monkeypatch.setattr(generator, "list_files", lambda: [FILES["ga_residents"]])
    generate(tmp_path, scale=1, seed=3, today=TODAY)
    with duckdb.connect() as connection:
        read_text(connection, FILES["ga_residents"], tmp_path)
        shared = """SELECT "证件号码" FROM handed_in WHERE "证件号码" IS NOT NULL
            GROUP BY 1 HAVING count(DISTINCT "姓名") > 1"""
        assert connection.execute(shared).fetchall() == []
        assert connection.execute("SELECT count(*) > 100000 FROM handed_in").fetchall() == [(True,)]


def test_residents_hold_passports_and_permits_too_and_some_are_children(province: Path) -> None:
    assert {"1", "2", "4", "5"} <= set(_column(province, "ga_residents", "证件种类"))
    assert any(day > "20150101" for day in _column(province, "ga_residents", "出生日期"))


@pytest.mark.parametrize(
    ("dataset", "header"),
    [
        ("ga_residents", "证件号码"),
        ("rs_social_insurance", "身份证号"),
        ("yb_hospital_visits", "身份证号"),
        ("zr_property_registrations", "权利人证件号"),
        ("zw_service_cases", "申请人身份证号"),
        ("sj_e_licences", "持证人身份证号"),
    ],
)
def test_the_people_one_can_sign_in_as_have_rows_of_their_own(
    province: Path, dataset: str, header: str
) -> None:
    wang, li, zhao, chen = (
        "339999198804120289",
        "339999199609030119",
        "339999197911250244",
        "33999919850217015X",
    )
    assert {wang, li, zhao, chen} <= set(_column(province, dataset, header))


@pytest.mark.parametrize(
    ("dataset", "header"),
    [
        ("rs_social_insurance", "身份证号"),
        ("sj_e_licences", "持证人身份证号"),
        ("mz_aid_recipients", "身份证号"),
        ("zr_property_registrations", "权利人证件号"),
    ],
)
def test_the_elder_one_acts_for_has_what_a_recognition_looks_up(
    province: Path, dataset: str, header: str
) -> None:
    assert "339999195506150320" in _column(province, dataset, header)


def test_no_home_was_registered_after_today(province: Path) -> None:
    days = _column(province, "zr_property_registrations", "登记日期")
    assert max(days) <= "2026年11月23日"


@pytest.mark.parametrize(
    ("dataset", "header"),
    [
        ("sg_firms", "统一社会信用代码"),
        ("sg_annual_reports", "统一社会信用代码"),
        ("sw_tax_payments", "纳税人识别号"),
        ("fg_credit_evaluations", "统一社会信用代码"),
    ],
)
def test_the_firm_somebody_acts_for_has_rows_of_its_own(
    province: Path, dataset: str, header: str
) -> None:
    assert "91339900202600012U" in _column(province, dataset, header)


def test_data_ends_yesterday_or_last_month(province: Path) -> None:
    assert max(_column(province, "hb_air_quality_hourly", "监测时间")).startswith("2026-11-22 23:")
    assert max(_column(province, "jx_industrial_output", "月份")).startswith("2026-10-01")
    assert max(_column(province, "fg_power_daily", "用电日期")) == "20261122"
