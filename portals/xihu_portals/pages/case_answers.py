"""The situation that an applicant has said, in words: each question with its answer."""

from xihu_catalog.services.items import item_versions
from xihu_catalog.services.kind import item_of, item_version
from xihu_catalog.services.situation import Answer, known_answers
from xihu_platform.matters.definition import Definition
from xihu_platform.words import Text

ANSWER_WORDS: dict[Answer, Text] = {
    "yes": Text("是", "Yes"),
    "no": Text("不是", "No"),
    "unknown": Text("不清楚", "I do not know"),
}


def answers_in_words(definition: Definition, said: str) -> tuple[Text, ...] | None:
    """None of a matter that is no case, or whose item is not there any more."""
    name = item_of(definition.kind)
    item = item_versions().get((name or "", item_version(definition.version)))
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
