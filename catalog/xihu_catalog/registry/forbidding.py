"""Provisions that expressly forbid sharing: what 不予共享 may rest on (Order 809 art. 15).

The list is data. An operator whose lawyers have read another provision adds it to the registry's
`not_shared.yaml`; what a law puts under conditions only, such as PIPL art. 28, 31, 34, is none.
"""

from dataclasses import dataclass
from functools import lru_cache

from pydantic import TypeAdapter

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import ContentPart, read_content
from xihu_platform.words import Text

NOT_SHARED = "not_shared.yaml"


@dataclass(frozen=True, slots=True)
class ForbiddingProvision:
    """As a basis in words names it: the law's name without 《中华人民共和国…》, and the article."""

    law: str
    article: str

    def is_named_in(self, basis: str) -> bool:
        return self.law in basis and self.article in basis


# Read in full: identifiable data of a survey is given to nobody and serves nothing but statistics.
KNOWN = (ForbiddingProvision("统计法", "第二十八条"),)


class _Provision(ContentPart):
    law: str
    article: str


@lru_cache
def forbidding_provisions() -> tuple[ForbiddingProvision, ...]:
    """Those that are known and those of the registry. Raises BadRegistry."""
    path = registry_folder() / NOT_SHARED
    found = read_content(path, TypeAdapter(list[_Provision]), [])
    return (*KNOWN, *(ForbiddingProvision(one.law, one.article) for one in found))


def provisions_in_words() -> Text:
    """All of them, for whoever has to name one."""
    known = forbidding_provisions()
    return Text(
        "、".join(f"《{one.law}》{one.article}" for one in known),
        ", ".join(f"{one.law} {one.article}" for one in known),
    )
