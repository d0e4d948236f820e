"""Guesses from values: types, identifiers, grades, keys and code lists, each with its reason."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import yaml
from jsonschema import Draft201909Validator

from tests.registry import REGISTRY
from tests.vendored import ODCS_SCHEMA
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.load import load_contracts, parse_contract
from xihu_catalog.contracts.unconfirmed import TO_CONFIRM
from xihu_catalog.drafting.draft import Draft, SourceDraft, document_of
from xihu_catalog.drafting.guess import FieldDraft
from xihu_catalog.drafting.infer import infer
from xihu_catalog.drafting.profile import Profile, prepare, profile
from xihu_catalog.drafting.terms import bare, dataset_name, known_elements, name_of
from xihu_catalog.standards.documents import citizen_check, uscc_check


def citizen(number: int) -> str:
    body = (
        f"339999{1950 + number % 60}{number % 12 + 1:02d}{number % 28 + 1:02d}{number % 1000:03d}"
    )
    return body + citizen_check(body)


def uscc(number: int) -> str:
    code = f"{number % 10**8:08d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    left = 11 - sum(int(d) * w for d, w in zip(code, weights, strict=True)) % 11
    body = f"91339901{code}{ {10: 'X', 11: '0'}.get(left, str(left)) }"
    return body + uscc_check(body)


def profiled(columns: Mapping[str, Sequence[str | None]]) -> Profile:
    with duckdb.connect() as connection:
        prepare(connection)
        table = pa.table({name: pa.array(v, pa.string()) for name, v in columns.items()})
        connection.register("handed_in", table)
        return profile(connection, "handed_in", list(columns))


def drafted(columns: Mapping[str, Sequence[str | None]]) -> dict[str, FieldDraft]:
    return {f.header: f for f in infer(profiled(columns), {})}


def one(header: str, values: Sequence[str | None]) -> FieldDraft:
    return drafted({header: values})[header]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "25", "-3"], "INTEGER"),
        (["1", "3000000000", "7"], "BIGINT"),
        (["1.5", "22", "0.125"], "DECIMAL(18,3)"),
        (["0571", "0572", "0573"], "VARCHAR"),
        (["是", "否", "是"], "BOOLEAN"),
        (["2024-03-01", "2024-12-31"], "DATE"),
        (["20240301", "20241231"], "DATE"),
        (["2024年3月1日", "2024年12月31日"], "DATE"),
        (["2024-03-01 08:30", "2024-12-31 23:59"], "TIMESTAMP"),
        (["20240399", "20241331"], "INTEGER"),
        (["1,234.50", "12,000"], "DECIMAL(18,4)"),
        ([None, None], "VARCHAR"),
    ],
)
def test_a_type_follows_from_all_values(values: list[str | None], kind: str) -> None:
    assert one("量", values).type == kind


def test_a_few_wrong_values_do_not_hide_the_type_and_are_counted() -> None:
    field = one("数量", ["7"] * 990 + ["七"] * 10)
    assert field.type == "INTEGER"
    assert any("99 % of 1,000 values" in g.text.en for g in field.guesses)


def test_dates_keep_their_format_and_several_ways_become_a_step() -> None:
    assert one("登记日期", ["20240301", "20241231"]).source_format == "%Y%m%d"
    mixed = one("登记日期", ["2024-03-01", "2024年5月6日", "20240708"] * 20)
    assert (mixed.type, mixed.steps) == ("DATE", ("date_cn",))


def test_words_for_nothing_become_a_declared_step() -> None:
    assert {"nulls": ["—", "暂无"]} in one("数量", ["1", "2", "暂无", "—"]).steps


def test_a_number_of_things_is_a_text_though_it_is_digits() -> None:
    assert one("工单编号", [str(20240001 + i) for i in range(50)]).type == "VARCHAR"


def test_identity_numbers_are_known_by_their_check_digits_under_any_header() -> None:
    field = one("字段七", [citizen(i) for i in range(500)])
    assert (field.identifier, field.grade, field.protect) == ("citizen_id", "L4", "pseudonym")
    assert "subjectKey" in field.roles
    assert any("100 % of 500 values have right check digits" in g.text.en for g in field.guesses)


def test_a_few_identity_numbers_among_others_make_documents() -> None:
    values: list[str | None] = [citizen(i) if i % 10 == 0 else f"E{i:08d}" for i in range(500)]
    field = one("号码", values)
    assert (field.identifier, field.protect) == ("document_number", "pseudonym")


def test_credit_codes_are_not_taken_for_identity_numbers() -> None:
    field = one("代码", [uscc(i * 7919) for i in range(400)])
    assert (field.identifier, field.roles) == ("uscc", ("firmKey",))


def test_a_header_that_the_values_belie_raises_the_grade_all_the_same() -> None:
    field = one("身份证号", [f"已脱敏{i}" for i in range(50)])
    assert (field.identifier, field.grade) == ("document_number", "L4")
    assert one("统一社会信用代码", [f"x{i}" for i in range(50)]).identifier is None


@pytest.mark.parametrize(
    ("header", "identifier"),
    [
        ("申请人", "person_name"),
        ("申请人类别", None),
        ("坐落", "address"),
        ("坐落行政区划代码", None),
        ("家庭月人均收入", "income"),
        ("居民人均可支配收入", None),
        ("主要诊断", "medical"),
    ],
)
def test_a_header_says_what_values_cannot(header: str, identifier: str | None) -> None:
    assert one(header, [str(i) for i in range(50)]).identifier == identifier


def test_what_stands_beside_a_person_is_graded_higher() -> None:
    alone = drafted({"分数": ["1", "2", "3"]})["分数"]
    beside = drafted({"分数": ["1", "2", "3"], "身份证号": [citizen(i) for i in range(3)]})["分数"]
    assert (alone.grade, beside.grade) == ("L2", "L3")


def test_a_key_is_one_column_or_two_and_says_what_repeats() -> None:
    rows = range(400)
    by_two = drafted({"县": [str(i % 20) for i in rows], "月": [str(i // 20) for i in rows]})
    assert {f.key_position for f in by_two.values()} == {1, 2}
    numbers: list[str | None] = [f"N{i}" for i in rows]
    numbers[7] = None
    single = one("编号", numbers)
    assert single.unique
    assert any("1 rows are empty or repeat" in g.text.en for g in single.guesses)


def test_a_code_list_of_the_registry_is_found_and_confines_rows() -> None:
    field = one("行政区划代码", ["330102", "330106", "330203"] * 40)
    assert (field.code_list, field.roles) == ("divisions", ("region",))
    assert one("所在区县", ["西湖区", "鄞州区", "义乌市"] * 40).steps == ("region",)


def test_few_harmless_values_are_listed_and_rare_or_personal_ones_are_not() -> None:
    assert one("泊位类型", ["甲", "乙"] * 40).valid_values == ("乙", "甲")
    assert one("泊位类型", ["甲", "乙"] * 40 + ["仅一户"]).valid_values == ()
    people = {"姓名": [f"王{chr(0x4E00 + i)}" for i in range(80)], "结果": ["阳", "阴"] * 40}
    assert drafted(people)["结果"].valid_values == ()


def test_a_shape_that_all_values_have_becomes_a_pattern() -> None:
    field = one("断面编号", [f"A{i:03d}-{i % 10}" for i in range(100)])
    assert field.options == {"pattern": "^[A-Z][0-9]{3}-[0-9]$"}


def test_units_come_from_the_header() -> None:
    assert one("用电量（千瓦时）", ["1.5", "2"]).unit == ("千瓦时", "kWh")
    assert one("补贴金额", ["100", "200"]).unit == ("元", "CNY")


def test_no_value_of_a_row_stands_in_a_draft() -> None:
    secret = [citizen(i) for i in range(300)]
    names = [f"王{chr(0x4E00 + i)}{chr(0x5000 + i)}" for i in range(300)]
    places = [f"浙江省杭州市西湖区文三路{i}号" for i in range(300)]
    made = drafted(
        {"证件": secret, "名": names, "住址": places, "备注": [f"机密{n}" for n in names]}
    )
    text = Draft("x_y", "名单", tuple(made.values()), SourceDraft("a.csv", "csv")).text
    assert not [value for value in (*secret, *names, *places) if value in text]


def test_names_come_from_known_elements_then_terms_then_pinyin() -> None:
    elements = known_elements(load_contracts(REGISTRY / "contracts").values())
    assert name_of("证件号码", elements).name == "document_number"
    assert name_of("企业名称", {}).english == "Firm name"
    assert name_of("危化品编号", {}) == type(name_of("", {}))(
        "wei_hua_pin_number", "Wei hua pin number", "pinyin"
    )
    assert bare("用电量（千瓦时）") == "用电量"
    assert dataset_name("2023年A").startswith("c_2023")


def test_a_definition_that_is_copied_says_from_whose_contract() -> None:
    elements = known_elements(load_contracts(REGISTRY / "contracts").values())
    (known, *_) = infer(
        profiled({"企业名称": ["甲公司", "乙公司"], "危化品编号": ["1", "2"]}), elements
    )
    source = elements["企业名称"]
    assert known.description == (source.field.description.zh, source.field.description.en)
    said = [guess.text.en for guess in known.guesses if guess.what == "description"]
    assert said == [
        f"copied from the contract of {source.dataset}: check that it means the same here"
    ]
    other = infer(profiled({"危化品编号": ["1", "2"]}), elements)[0]
    assert "description" not in [guess.what for guess in other.guesses]


def test_two_columns_never_get_one_name() -> None:
    made = drafted({"名称": ["a", "b"], "名 称": ["c", "d"], "名　称": ["e", "f"]})
    assert len({f.name for f in made.values()}) == 3


def test_a_draft_is_valid_odcs_and_no_load_accepts_it() -> None:
    fields = tuple(
        drafted({"身份证号": [citizen(i) for i in range(50)], "额": ["1.5"] * 50}).values()
    )
    draft = Draft(
        "mz_list", "名单", fields, SourceDraft("a.csv", "csv", custom={"encoding": "utf-8"})
    )
    schema = Draft201909Validator(json.loads(ODCS_SCHEMA.read_text(encoding="utf-8")))
    assert not [e.message for e in schema.iter_errors(yaml.safe_load(draft.text))]
    with pytest.raises(BadContract) as caught:
        parse_contract(draft.text.encode(), draft.file_name)
    said = [f.text.en for f in caught.value.findings]
    for decision in ("provider", "resourceCode", "shareClass", "openClass", "secrecy", "domain"):
        assert any(s.startswith(f"{decision} is still TO CONFIRM") for s in said), decision
    assert all(f.line > 1 for f in caught.value.findings)


def test_a_draft_loads_once_everything_is_decided(tmp_path: Path) -> None:
    fields = tuple(drafted({"编号": [f"N{i}" for i in range(50)], "额": ["1.5"] * 50}).values())
    provider = "113399001001000094"
    draft = Draft("ga_list", "名单", fields, SourceDraft("a.csv", "csv"), provider)
    document = document_of(draft)
    assert {p["property"]: p["value"] for p in document["customProperties"]}["provider"] == provider
    decided = {
        "domain": "economy",
        "resourceCode": "301001/000001",
        "updateCycle": "daily",
        "shareClass": "unconditional",
        "openClass": "restricted",
        "secrecy": "none",
    }
    text = draft.text.replace(f"'{TO_CONFIRM}: registry/codes/topics.csv'", "economy")
    for name, value in decided.items():
        text = text.replace(
            f"property: {name}, value: {TO_CONFIRM}", f"property: {name}, value: {value}"
        )
    text = text.replace(TO_CONFIRM, "x")
    assert parse_contract(text.encode(), "ga_list.odcs.yaml").key == ("number",)
