"""Who is asking: what the token says, in which position, and on whose behalf."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from xihu_platform.words import Text

Kind = Literal["anonymous", "citizen", "official", "system"]

Duty = Literal[
    "handler", "steward", "chief_data_officer", "auditor", "leader", "sharing_head", "authority"
]
"""What a position is for. `handler`: an ordinary case handler (经办); `steward`: keeps a
department's data (数据管理员); `chief_data_officer`: 首席数据官; `auditor`: 审计管理员; `leader`:
分管领导; `sharing_head`: head of the organisation's sharing office (共享工作机构负责人, Order 809
art. 20); `authority`: the data authority (政务数据共享主管部门)."""
DUTY_NAMES: dict[Duty, Text] = {
    "handler": Text("经办", "Case handler"),
    "steward": Text("数据管理员", "Data steward"),
    "chief_data_officer": Text("首席数据官", "Chief data officer"),
    "auditor": Text("审计管理员", "Auditor"),
    "leader": Text("分管领导", "Leader"),
    "sharing_head": Text("共享工作机构负责人", "Head of the sharing office"),
    "authority": Text("数据主管部门", "Data authority"),
}
"""What people call a duty."""

PortalName = Literal["citizen", "official"]


@dataclass(frozen=True, slots=True)
class Position:
    """An office held by a person: rights bind to it, never to the account."""

    id: str
    title_zh: str
    title_en: str
    organisation: str
    """Unified social credit code of the organisation (GB 32100)."""
    organisation_zh: str
    organisation_en: str
    region: str
    """Six-digit division code (GB/T 2260) this position answers for."""
    duties: frozenset[Duty] = frozenset({"handler"})
    valid_from: date = date.min
    valid_to: date = date.max

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to


@dataclass(frozen=True, slots=True)
class Mandate:
    """Somebody a person may act for: a firm, a child, an adult who has authorised them."""

    kind: Literal["firm", "child", "elder"]
    """`elder`: an adult of whatever age who has authorised them; the first such were elders."""
    key: str
    """USCC of the firm, or the subject pseudonym of the person."""
    name_zh: str
    name_en: str
    valid_from: date = date.min
    valid_to: date = date.max
    items: frozenset[str] = frozenset()
    """The services that it is for; none: every one."""

    def covers(self, item: str) -> bool:
        """
        >>> Mandate("elder", "s1_a", "甲", "A", items=frozenset({"card"})).covers("allowance")
        False
        """
        return not self.items or item in self.items


@dataclass(frozen=True, slots=True)
class ReportedFor:
    """The position of its organisation for which a system says what was done."""

    position: Position
    decided_by: str | None = None
    """The person in that position whose decision it is, where it is one."""


@dataclass(frozen=True, slots=True)
class Principal:
    """One caller of one request, as the decision sees it."""

    kind: Kind
    id: str
    """`sub` of a person, client id of a system, "anonymous" otherwise."""
    name: str = ""
    level: int = 0
    """Real-name level reached in this session (acr) and proven for this person: 0 to 3."""
    subject: str | None = None
    """Pseudonym of the person's own document number: the key of "my data"."""
    position: Position | None = None
    """The position an official, or the department a system, acts in."""
    mandate: Mandate | None = None
    reported_for: ReportedFor | None = None
    """Of a system: the position that it reports for, as the program that calls found it."""
    portal: PortalName | None = None
    """The portal whose client a person's token was made for; None for a machine and for nobody."""


ANONYMOUS = Principal(kind="anonymous", id="anonymous")
