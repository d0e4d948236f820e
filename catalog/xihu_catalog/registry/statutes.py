"""Reads what laws ask for: one YAML file for each rule set, one duty for each period."""

from datetime import date
from functools import lru_cache

from pydantic import TypeAdapter, model_validator

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import (
    BothLanguages,
    ContentPart,
    bad,
    check_unique,
    read_content,
    shown_path,
)
from xihu_platform.statute.duty import Duty, OnIncomplete, PauseReason, Unit
from xihu_platform.words import Text

STATUTES = "statutes"


class _PauseReason(ContentPart):
    id: str
    article: str
    name: BothLanguages


class _Duty(ContentPart):
    id: str
    article: str
    name: BothLanguages
    value: int
    unit: Unit
    extension: int | None = None
    extended_by: BothLanguages | None = None
    verified: bool
    on_incomplete: OnIncomplete = "run"
    interpretive: bool = False
    pauses: list[_PauseReason] = []
    deemed: str | None = None
    target: bool = False

    @model_validator(mode="after")
    def _is_no_law(self) -> "_Duty":
        if self.target and (self.verified or self.extension or self.deemed):
            raise ValueError("a target is no law: not verified, not extended, nothing deemed")
        return self

    def duty(self, statute: "_Statute") -> Duty:
        return Duty(
            id=self.id,
            rule_set=statute.id,
            source=statute.said_source,
            article=self.article,
            name=self.name.text(),
            value=self.value,
            unit=self.unit,
            extension=self.extension,
            extended_by=self.extended_by.text() if self.extended_by else None,
            verified=self.verified,
            on_incomplete=self.on_incomplete,
            interpretive=self.interpretive,
            pauses=tuple(PauseReason(one.id, one.article, one.name.text()) for one in self.pauses),
            law=statute.title.text(),
            deemed=self.deemed,
            target=self.target,
        )


class _Statute(ContentPart):
    id: str
    title: BothLanguages
    source: str | BothLanguages
    """Where the text was published: as it is said there, or in both languages."""
    in_force: date
    duties: list[_Duty]

    @property
    def said_source(self) -> Text:
        source = self.source
        return source.text() if isinstance(source, BothLanguages) else Text(source, source)


_STATUTE = TypeAdapter(_Statute)


@lru_cache
def duties() -> dict[tuple[str, str], Duty]:
    """Every duty of every rule set, by rule set and id."""
    found: dict[tuple[str, str], Duty] = {}
    sources: dict[str, str] = {}
    for path in sorted((registry_folder() / STATUTES).glob("*.yaml")):
        statute = read_content(path, _STATUTE)
        check_unique(path, "id", (raw.id for raw in statute.duties))
        if statute.id in sources:
            raise bad(
                shown_path(path),
                1,
                f"规则 {statute.id} 已在 {sources[statute.id]} 中，请只留一处",
                f"{statute.id} is in {sources[statute.id]} already: keep one of them",
            )
        sources[statute.id] = shown_path(path)
        for raw in statute.duties:
            found[statute.id, raw.id] = raw.duty(statute)
    return found
