"""Which of the registry's contracts were published in a catalogue before this one.

The registry's contracts are no more published by themselves than a department's own: each entry
begins as a draft and goes through its matter. Whoever moves here from another catalogue says in
`entries.yaml` what was published there, and those entries are *taken over*.
"""

from functools import lru_cache
from typing import Literal

from pydantic import TypeAdapter

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import ContentPart, read_content

ENTRIES = "entries.yaml"


class _Entries(ContentPart):
    taken_over: list[str] | Literal["all"] = []


_READ = TypeAdapter(_Entries)


@lru_cache
def read_entries() -> _Entries:
    """Raises BadRegistry."""
    return read_content(registry_folder() / ENTRIES, _READ, _Entries())


def is_taken_over(dataset: str) -> bool:
    """Whether its entry was published elsewhere before. Raises BadRegistry."""
    said = read_entries().taken_over
    return said == "all" or dataset in said
