"""What pages call an entry of another catalogue and where it comes from."""

from xihu_catalog.harvest.sources import harvest_sources
from xihu_platform.words import Text


def source_title(name: str) -> Text:
    """By its title in the registry; a source that was taken out of it by its id."""
    known = harvest_sources().get(name)
    return known.title.text() if known else Text(name, name)


def either(text: Text, other: str) -> Text:
    """In the language that the source writes where the other one is missing."""
    return Text(text.zh or text.en or other, text.en or text.zh or other)
