"""Events of a life or a firm, each with the service items that it brings."""

from functools import lru_cache

from pydantic import TypeAdapter

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import BothLanguages, ContentPart, read_content

LIFE_EVENTS = "life_events.yaml"


class LifeEvent(ContentPart):
    """`items`: ids, in the order in which people meet them."""

    id: str
    name: BothLanguages
    items: list[str]


class _LifeEvents(ContentPart):
    events: list[LifeEvent] = []


@lru_cache
def life_events() -> tuple[LifeEvent, ...]:
    """In the order of the file; none where the registry has no such file. Raises BadRegistry."""
    path = registry_folder() / LIFE_EVENTS
    return tuple(read_content(path, TypeAdapter(_LifeEvents), _LifeEvents()).events)
