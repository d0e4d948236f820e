"""Reading the registry's grounds: what each registered item opens, and the demo's open grounds."""

from datetime import date
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from xihu_catalog.standards.codes import REGISTRY
from xihu_catalog.standards.registry import read_yaml
from xihu_platform.access.grounds import GroundKind, Origin
from xihu_platform.errors import BadInput


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Document(_Strict):
    kind: str
    number: str


class GroundSubjectSeed(_Strict):
    """A person by document, or a firm by USCC, with their standing in the ground."""

    document: Document | None = None
    uscc: str | None = None
    standing: str


class GroundSeed(_Strict):
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


class ItemSeed(_Strict):
    """A registered item: who handles it in which region, and the fields it opens by dataset."""

    item: str
    organisation: str
    position: str
    region: str
    opens: dict[str, list[str] | Literal["all"]]


class Grounds(_Strict):
    items: list[ItemSeed]
    grounds: list[GroundSeed]

    def item(self, name: str) -> ItemSeed:
        return next(one for one in self.items if one.item == name)


@lru_cache
def load_grounds() -> Grounds:
    """The registry's `grounds.yaml`. Raises BadInput naming the place of a fault."""
    try:
        found = Grounds.model_validate(read_yaml(REGISTRY / "grounds.yaml"))
    except ValidationError as bad:
        raise BadInput(f"grounds.yaml 有误：{bad}", f"grounds.yaml does not hold: {bad}") from None
    known = {one.item for one in found.items}
    unknown = sorted({one.item for one in found.grounds} - known)
    if unknown:
        raise BadInput(
            f"grounds.yaml：事项 {'、'.join(unknown)} 未登记，请在 items 中补上",
            f"grounds.yaml: no item {', '.join(unknown)} is registered; add it to items",
        )
    return found
