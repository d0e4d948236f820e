"""The catalogues that are harvested, in `harvest.yaml` of the registry."""

import re
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, TypeAdapter

from xihu_catalog.formats.clean import find_iri
from xihu_catalog.harvest.raw import SourceKind
from xihu_catalog.registry.attestations import PREFIX
from xihu_catalog.registry.faults import WrongContent
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import BothLanguages, ContentPart, check_unique, read_content
from xihu_platform.errors import NotFound

HARVEST = "harvest.yaml"
_ID = re.compile(r"[a-z][a-z0-9_]{1,31}")


def _is_id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise WrongContent(
            "须为 2 至 32 个小写字母、数字或下划线，以字母开头",
            "has 2 to 32 lower-case letters, digits or underscores, and a letter first",
        )
    if value == PREFIX:
        raise WrongContent(
            "是不予共享条目的编号前缀，请换一个",
            "is what ids of attestations begin with: take another",
        )
    return value


def _is_address(value: str) -> str:
    if find_iri(value) != value or not _has_port(value):
        raise WrongContent("须为 http 或 https 的完整网址", "is a whole address of http or https")
    return value


def _has_port(value: str) -> bool:
    """A number from 1 on, or none."""
    try:
        return urlsplit(value).port != 0
    except ValueError:
        return False


def _is_schedule(value: str) -> str:
    if value not in SCHEDULES:
        choices = " / ".join(SCHEDULES)
        raise WrongContent(f"须为 {choices} 之一", f"is one of {choices}")
    return value


SCHEDULES = ("daily", "weekly", "monthly", "manual")


class HarvestSource(ContentPart):
    """One catalogue. `url` is a CKAN portal's root, else the address of the first document."""

    id: Annotated[str, AfterValidator(_is_id)]
    kind: SourceKind
    url: Annotated[str, AfterValidator(_is_address)]
    title: BothLanguages
    schedule: Annotated[str, AfterValidator(_is_schedule)] = "manual"


_SOURCES = TypeAdapter(tuple[HarvestSource, ...])


@lru_cache
def harvest_sources() -> dict[str, HarvestSource]:
    """By id; none where the registry has no such file. Raises BadRegistry."""
    path = registry_folder() / HARVEST
    found = read_content(path, _SOURCES, ())
    check_unique(path, "id", (one.id for one in found))
    return {one.id: one for one in found}


def get_source(name: str) -> HarvestSource:
    """Raises NotFound."""
    found = harvest_sources().get(name)
    if found is None:
        raise NotFound(
            f"{HARVEST} 中没有数据源 {name}，请用 xihu harvest list 查看",
            f"{HARVEST} has no source {name}: see xihu harvest list",
        )
    return found
