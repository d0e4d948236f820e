"""What is known of people, organisations and systems before anyone signs in: plain content."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from xihu_platform.errors import BadInput
from xihu_platform.identity.principal import Duty


@dataclass(frozen=True, slots=True)
class OrganisationSeed:
    uscc: str
    code: str
    name_zh: str
    name_en: str
    region: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class DocumentSeed:
    """A document as people write it; only its pseudonym is ever stored."""

    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class PositionSeed:
    id: str
    title_zh: str
    title_en: str
    organisation: str
    region: str
    duties: tuple[Duty, ...] = ("handler",)
    valid_from: date = date.min
    valid_to: date = date.max


@dataclass(frozen=True, slots=True)
class MandateSeed:
    """`key` is the USCC of a firm; for a child or an elder `document` says who it is."""

    kind: Literal["firm", "child", "elder"]
    name_zh: str
    name_en: str
    key: str = ""
    document: DocumentSeed | None = None
    valid_from: date = date.min
    valid_to: date = date.max
    items: tuple[str, ...] = ()
    """The services that it is for; none: every one."""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class PersonSeed:
    username: str
    person: str
    name_zh: str
    name_en: str
    level: int
    document: DocumentSeed | None = None
    positions: tuple[PositionSeed, ...] = ()
    mandates: tuple[MandateSeed, ...] = ()
    card_zh: str = ""
    card_en: str = ""


@dataclass(frozen=True, slots=True)
class SystemSeed:
    client_id: str
    organisation: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Content:
    """All of it together."""

    organisations: tuple[OrganisationSeed, ...] = ()
    people: tuple[PersonSeed, ...] = ()
    systems: tuple[SystemSeed, ...] = ()


def parse_content(document: Mapping[str, object]) -> Content:
    """Content from parsed YAML with the lists `organisations`, `people` and `systems`.

    Other keys are left alone; a wrong entry raises BadInput that names it.
    """
    known = {name: document.get(name) or () for name in ("organisations", "people", "systems")}
    try:
        return TypeAdapter(Content).validate_python(known)
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:5]
        )
        raise BadInput(
            f"人员或机构数据有误：{places}。请按此处位置改正。",
            f"The content on people or organisations is wrong: {places}. Mend it there.",
        ) from error
