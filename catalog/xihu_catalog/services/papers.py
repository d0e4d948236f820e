"""Papers as people know them, and the datasets that have what they prove."""

import re
from functools import lru_cache
from typing import Annotated

from pydantic import Field, TypeAdapter

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import BothLanguages, ContentPart, read_content

SERVICE_PAPERS = "service_papers.yaml"
_JOINED = re.compile(r"或者|以及|[或和及、与/]")
_OWNER = re.compile(r"^(?:申请人|本人|申报人|继承人|经办人|家庭成员|企业|单位|公司)的?")
_SHAPE = re.compile(r"[（(].*?[)）]|复印件|原件|扫描件|电子版")
_OTHER = re.compile(r"^.+的")
"""What is somebody else's (去世亲人的身份证) is no paper of the applicant."""


class Paper(ContentPart):
    """One paper: the fields of the dataset that say what it says."""

    name: BothLanguages
    aliases: list[str] = []
    dataset: str
    fields: Annotated[list[str], Field(min_length=1)]
    only: dict[str, list[str]] = {}
    """Of the records, those that say it: of licences, this kind, and valid."""
    none: bool = False
    """Whether it is proven by there being no record."""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name.zh, self.name.en, *self.aliases)


class _Papers(ContentPart):
    papers: list[Paper] = []


@lru_cache
def papers() -> tuple[Paper, ...]:
    """In the order of the file; none where the registry has no such file. Raises BadRegistry."""
    path = registry_folder() / SERVICE_PAPERS
    return tuple(read_content(path, TypeAdapter(_Papers), _Papers()).papers)


def find_paper(name: str) -> Paper | None:
    """The paper of the applicant that a material's Chinese name means; several joined: the first.

    申请人身份证复印件 and 户口簿或者居住证 are known; 去世亲人的身份证 is another's.
    """
    known = {alias: paper for paper in papers() for alias in paper.names}
    return next((known[part] for part in _parts(name) if part in known), None)


def _parts(name: str) -> list[str]:
    """Names of papers in a name, without whose they are and in what shape.

    >>> _parts("申请人的身份证（复印件）"), _parts("户口簿或者居住证")
    (['身份证'], ['户口簿', '居住证'])
    >>> _parts("去世亲人的户口簿和身份证")
    []
    """
    bare = _OWNER.sub("", _SHAPE.sub("", name).strip())
    if _OTHER.match(bare):
        return []
    return [part.strip() for part in _JOINED.split(bare) if part.strip()]
