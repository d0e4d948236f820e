"""Claims of a contract: what is read, and every fault in words with its line."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.contracts import PSEUDONYM, document, field
from xihu_catalog.contracts.diff import compare
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.contracts.publication import check_publication
from xihu_platform.access.claims import ClaimArgument, ClaimCondition

FILE = "stops.odcs.yaml"
PERSON = field("person", key=True, grade="L4", subjectKey=True, **PSEUDONYM)
FIELDS = [
    PERSON,
    field("name", grade="L3", identifier="person_name", protect="mask"),
    field("state"),
    field("day", "DATE"),
    field("at", "TIMESTAMP"),
    field("year", "INTEGER"),
    field("amount", "DECIMAL(12,2)", grade="L4"),
    field("illness", grade="L3", identifier="medical"),
    field("flag", "BOOLEAN"),
]
TITLE = {"zh": "题", "en": "title"}
Part = dict[str, Any]  # Any: JSON


def claim(*where: Part, **more: object) -> Part:
    return {"id": "is_so", "title": TITLE, "where": list(where)} | more


def where(name: str = "state", op: str = "eq", **value: object) -> Part:
    return {"field": name, "op": op} | (value or {"value": "x"})


def argument(name: str = "day", kind: str = "month") -> Part:
    return {"name": "when", "field": name, "kind": kind}


def content(*claims: object, fields: list[Part] = FIELDS, **top: Any) -> bytes:
    said = json.loads(document("stops", fields, share="conditional", **top))
    said["schema"][0]["customProperties"] = [{"property": "claims", "value": list(claims)}]
    return json.dumps(said, ensure_ascii=False).encode()


def read(*claims: object, **more: Any) -> Contract:
    return parse_contract(content(*claims, **more), FILE)


def faults(*claims: object, **more: Any) -> list[str]:
    with pytest.raises(BadContract) as bad:
        read(*claims, **more)
    assert all(found.text.zh for found in bad.value.findings)
    return [found.text.en for found in bad.value.findings]


def test_claims_are_read_with_values_of_the_fields_types() -> None:
    contract = read(
        claim(
            where(op="in", values=["paid", "exempt"]),
            where("year", "between", values=[1, 9]),
            where("amount", "gte", value=1000.5),
            argument=argument(),
        ),
        claim(where(), id="plain", argument="none"),
    )
    first, second = contract.claims
    assert first.where == (
        ClaimCondition("state", "in", ("paid", "exempt")),
        ClaimCondition("year", "between", (1, 9)),
        ClaimCondition("amount", "gte", (Decimal("1000.5"),)),
    )
    assert first.argument == ClaimArgument("when", "day", "month")
    assert (second.id, second.argument) == ("plain", None)
    assert policy_of(contract).claims == contract.claims
    check_publication(content(claim(where())), FILE)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (claim(where("nothing")), "there is no field nothing"),
        (claim(where("person")), "person says who somebody is: no claim is made about it"),
        (claim(where("name")), "name says who somebody is: no claim is made about it"),
        (claim(where("illness")), "illness tells of an illness or of health"),
        (claim(argument=argument("nothing")), "there is no field nothing"),
        (claim(argument=argument("person")), "person says who somebody is"),
        (claim(where("year", value="3")), "year is INTEGER: “3” is none"),
        (claim(where("year", value=True)), "year is INTEGER: “True” is none"),
        (claim(where("year", value=3.5)), "year is INTEGER: “3.5” is none"),
        (claim(where("state", value=3)), "state is VARCHAR: “3” is none"),
        (claim(where("state", value="")), "state is VARCHAR: “” is none"),
        (claim(where("day", value="2026")), "day is DATE: “2026” is none"),
        (claim(where("amount", value="9")), "amount is DECIMAL(12,2): “9” is none"),
        (claim(where("flag", value=True)), "flag is BOOLEAN: “True” is none"),
        (claim(where(op="in", value="x")), "in takes `values` and nothing else"),
        (claim(where(op="in", values=[])), "in takes `values` and nothing else"),
        (claim(where(value="x", values=["y"])), "eq takes `value` and nothing else"),
        (claim(where("year", "between", values=[1])), "`between` takes two values"),
        (claim(argument=argument("state")), "state is VARCHAR: a month is compared with"),
        (claim(argument=argument("year")), "year is INTEGER: a month is compared with"),
        (claim(), "claim is_so states no condition: give `where` or `argument`"),
        (claim(where(), id="Is So"), "a claim's id “Is So”"),
        (claim(where(op="like")), "claims.0.where.0.op: "),
        (claim(where(), sql="1=1"), "claims.0.sql: Extra inputs are not permitted"),
        (claim(argument=argument(kind="text")), "claims.0.argument"),
        (claim(where(), title={"zh": "题"}), "claims.0.title.en: Field required"),
        ("x", "claims.0: "),
    ],
)
def test_a_claim_that_cannot_be_is_told(given: object, said: str) -> None:
    assert any(one.startswith(said) for one in faults(given)), faults(given)


def test_l4_of_a_health_dataset_is_never_verified() -> None:
    assert read(claim(where("amount", "gte", value=1))).claims
    (said,) = faults(claim(where("amount", "gte", value=1)), domain="health")
    assert said.startswith("amount tells of an illness or of health")


def test_claims_are_of_datasets_about_persons() -> None:
    fields = [field("code", key=True), field("state")]
    (said,) = faults(claim(where()), fields=fields)
    assert said.startswith("claims are about persons: the contract needs a subjectKey")


def test_no_more_than_twenty_and_none_twice() -> None:
    many = [claim(where(), id=f"c{number}x") for number in range(21)]
    assert faults(*many) == ["at most 20 claims, not 21"]
    assert len(read(*many[:20]).claims) == 20
    assert faults(claim(where()), claim(where())) == ["claim is_so is given twice"]


def test_a_code_that_its_list_does_not_have_is_told() -> None:
    fields = [PERSON, field("state", codeList="insurance_state")]
    check_publication(content(claim(where(op="in", values=["paid"])), fields=fields), FILE)
    with pytest.raises(BadContract) as bad:
        check_publication(content(claim(where(value="pald")), fields=fields), FILE)
    assert [found.text.en for found in bad.value.findings] == [
        "claim is_so: pald is not in the code list insurance_state"
    ]


def test_claims_at_the_wrong_level_are_told() -> None:
    said = document("stops", FIELDS, more={"claims": []})
    with pytest.raises(BadContract) as bad:
        check_publication(said, FILE)
    assert [found.text.en for found in bad.value.findings] == [
        "claims belongs to the customProperties of the schema object: here nothing reads it"
    ]


def test_a_claim_that_changes_breaks_those_who_have_it_asked() -> None:
    old = read(claim(where()), claim(where(), id="gone"))
    new = read(claim(where(value="y")), claim(where(), id="fresh"))
    effects = {(c.effect, c.text.en) for c in compare(old, new)}
    assert {
        ("breaks", "claims is_so → is_so"),
        ("breaks", "claims gone → —"),
        ("adds", "claims — → fresh"),
    } <= effects


@pytest.mark.parametrize(
    ("basis", "taken"),
    [
        ("《中华人民共和国统计法》第二十八条：统计调查中获得的能够识别单个对象的资料", True),
        ("《统计法》第二十八条", True),
        ("《统计法》第十七条", False),
        ("《个人信息保护法》第二十八条、第三十一条、第三十四条", False),
        ("x", False),
    ],
)
def test_not_shared_needs_a_provision_that_forbids_sharing(basis: str, taken: bool) -> None:
    said = document("stops", FIELDS, share="refused", more={"shareBasis": basis})
    parse_contract(said, FILE)  # what is in force stays readable
    if taken:
        check_publication(said, FILE)
        return
    with pytest.raises(BadContract) as bad:
        check_publication(said, FILE)
    (found,) = bad.value.findings
    assert found.text.en.startswith("shareBasis names no provision that expressly forbids sharing")
