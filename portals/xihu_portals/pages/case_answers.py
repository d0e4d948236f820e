"""What an applicant has said, in words: each question with its answer, a code by its name."""

from datetime import date

from xihu_catalog.services.handing_in import FIELD
from xihu_catalog.services.item import ItemField, ServiceItem
from xihu_catalog.services.items import item_versions
from xihu_catalog.services.kind import item_of, item_version
from xihu_catalog.services.situation import Answer, known_answers
from xihu_platform.matters.definition import Definition
from xihu_platform.words import Text
from xihu_portals.pages import values
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web import formats

ANSWER_WORDS: dict[Answer, Text] = {
    "yes": Text("是", "Yes"),
    "no": Text("不是", "No"),
    "unknown": Text("不清楚", "I do not know"),
}

YES_NO = {"yes": Text("是", "yes"), "no": Text("否", "no")}


def answers_in_words(definition: Definition, said: str) -> tuple[Text, ...] | None:
    """None of a matter that is no case, or whose item is not there any more."""
    item = _item(definition)
    if item is None:
        return None
    known = known_answers(item, said)
    return tuple(
        Text(
            f"{one.text.zh}{ANSWER_WORDS[known[one.id]].zh}",
            f"{one.text.en} {ANSWER_WORDS[known[one.id]].en}",
        )
        for one in item.questions
    )


def field_in_words(visitor: Visitor, field: ItemField, raw: str) -> Text | None:
    """A code of a list by its name, a yes or no, and a day as people write it; None of anything
    else, which is read as it was written."""
    if field.kind == "yes_no":
        return YES_NO.get(raw)
    named = _list_of(visitor, field)
    if named is not None:
        return values.names_of(named).get(raw)
    return day_in_words(raw)


def day_in_words(raw: str) -> Text | None:
    """None of what is no day."""
    if len(raw) != len("2026-01-31"):
        return None
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        return None
    return Text(formats.day(day, "zh"), formats.day(day, "en"))


def written_in_words(visitor: Visitor, definition: Definition, name: str, raw: str) -> Text | None:
    """The same of what a step wrote under the name of a value; None of what is no field."""
    item = _item(definition)
    fields = item.form if item is not None else []
    found = (one for one in fields if f"{FIELD}{one.id}" == name)
    field = next(found, None)
    return field_in_words(visitor, field, raw) if field is not None else None


def _list_of(visitor: Visitor, field: ItemField) -> str | None:
    """The code list of a field: its own, else that of the register's field."""
    if field.code_list is not None or field.from_ is None:
        return field.code_list
    contract = visitor.services.catalogue.contracts.find(field.from_.dataset)
    theirs = contract.field(field.from_.fields[0]) if contract is not None else None
    return theirs.code_list if theirs is not None else None


def _item(definition: Definition) -> ServiceItem | None:
    name = item_of(definition.kind)
    return item_versions().get((name or "", item_version(definition.version)))
