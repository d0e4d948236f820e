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


def whole_description(facts: EntryFacts) -> Text:
    """Description, provenance and state, for formats with no other place for the last two."""
    state = STATES[facts.state.state] if facts.state.state != "live" else NOTHING
    parts = (facts.description, facts.provenance or NOTHING, state)
    return Text(
        "\n".join(filter(None, (clean(one.zh) for one in parts))),
        "\n".join(filter(None, (clean(one.en) for one in parts))),
    )
