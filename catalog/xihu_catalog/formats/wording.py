"""Sentences about an entry that several formats share."""

from xihu_catalog.datasets.facts import NOTHING, EntryFacts
from xihu_catalog.datasets.service import State
from xihu_catalog.formats.clean import clean
from xihu_platform.words import Text

STATES: dict[State, Text] = {
    "live": Text("数据在期限内。", "The data is up to date."),
    "late": Text("该更新的数据还没有到。", "The update is overdue."),
    "broken": Text("没有可用的数据。", "No data is available."),
}


REVIEWED: dict[State, Text] = {
    "live": Text("不予共享的认定在复核期限内。", "The decision not to share is in force."),
    "late": Text("不予共享的认定逾期没有复核。", "The decision not to share is due for review."),
    "broken": Text("没有可用的认定。", "There is no decision in force."),
}
"""Of an attestation, which has no data that could be late."""


def state_words(facts: EntryFacts) -> Text:
    return (REVIEWED if facts.kind == "attestation" else STATES)[facts.state.state]


def whole_description(facts: EntryFacts) -> Text:
    """Description, provenance and state, for formats with no other place for the last two."""
    state = state_words(facts) if facts.state.state != "live" else NOTHING
    parts = (facts.description, facts.provenance or NOTHING, state)
    return Text(
        "\n".join(filter(None, (clean(one.zh) for one in parts))),
        "\n".join(filter(None, (clean(one.en) for one in parts))),
    )
