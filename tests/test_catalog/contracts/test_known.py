"""The contracts that a reader knows of name no dataset that is hidden from them."""

from tests.contracts import contract, field, refer
from xihu_catalog.contracts.references import without_names

PUPILS = contract(
    "pupils",
    [
        field("kk", key=True),
        field("school", "VARCHAR", refer("secret_schools.code")),
        field("town", "VARCHAR", refer("towns.code")),
    ],
    refer(["secret_classes.a", "secret_classes.b"], given=["pupils.school", "pupils.town"]),
)


def test_a_rule_that_compares_with_a_hidden_dataset_does_not_name_it() -> None:
    assert "secret_schools" in PUPILS.title_of("school.reference").zh
    known = without_names(PUPILS, frozenset({"secret_schools", "secret_classes"}))
    said = [(rule.title.zh, rule.title.en) for rule in known.all_rules]
    said += [(one.rule.title.zh, one.rule.title.en) for one in known.references]
    assert not [one for one in said if "secret" in "".join(one)]
    title = known.title_of("school.reference")
    assert (title.zh, title.en) == (
        "字段school不在所引用的数据中",
        "Field school not in the data referred to",
    )
    assert (
        known.title_of("row.reference_1").en
        == "Field school, Field town together not in the data referred to"
    )
    assert known.title_of("town.reference") == PUPILS.title_of("town.reference")


def test_where_nothing_is_hidden_the_contract_is_the_same() -> None:
    assert without_names(PUPILS, frozenset({"others"})) is PUPILS
