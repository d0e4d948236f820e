"""Reading the registry's grounds: what each registered item opens, and the demo's open grounds."""

from datetime import date
from functools import lru_cache
from typing import Literal

from pydantic import TypeAdapter

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import ContentPart, bad, check_unique, read_content
from xihu_platform.access.grounds import GroundKind, Origin

GROUNDS = "grounds.yaml"


class Document(ContentPart):
    kind: str
    number: str


class GroundSubjectSeed(ContentPart):
    """A person by document, or a firm by USCC, with their standing in the ground."""

    document: Document | None = None
    uscc: str | None = None
    standing: str


class GroundSeed(ContentPart):
    """One open ground of the demo; the item says whose it is."""

    number: str
    kind: GroundKind
    item: str
    position: str
    opened: date
    opened_by: str
    origin: Origin
    countersigned_by: str | None = None
    subjects: list[GroundSubjectSeed]


class ItemSeed(ContentPart):
    """A registered item: who handles it in which region, the fields that it opens and the claims
    that it lets be verified, by dataset."""

    item: str
    organisation: str
    position: str
    region: str
    opens: dict[str, list[str] | Literal["all"]] = {}
    verifies: dict[str, list[str]] = {}


class Grounds(ContentPart):
    items: list[ItemSeed] = []
    grounds: list[GroundSeed] = []

    def item(self, name: str) -> ItemSeed:
        return next(one for one in self.items if one.item == name)


@lru_cache
def load_grounds() -> Grounds:
    """The registry's `grounds.yaml`; a registry may have none. Raises BadRegistry."""
    found = read_content(registry_folder() / GROUNDS, TypeAdapter(Grounds), Grounds())
    check_unique(registry_folder() / GROUNDS, "item", (one.item for one in found.items))
    check_unique(registry_folder() / GROUNDS, "number", (one.number for one in found.grounds))
    known = {one.item for one in found.items}
    unknown = sorted({one.item for one in found.grounds} - known)
    if unknown:
        raise bad(
            GROUNDS,
            1,
            f"事项 {'、'.join(unknown)} 未登记，请在 items 中补上",
            f"no item {', '.join(unknown)} is registered: add it to items",
        )
    return found
