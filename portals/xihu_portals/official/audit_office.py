"""What the auditor's pages share: who may, and names for codes."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends
from sqlalchemy import select

from xihu_catalog.registry.people import organisation_name
from xihu_platform.access.offices import AUDIT, audit_refusal, check
from xihu_platform.clock import SHANGHAI
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput
from xihu_platform.identity.models import PositionRow, SystemRow
from xihu_platform.words import Text
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.parts import Words

FIRST_YEAR, LAST_YEAR = 1900, 9000
KINDS = {
    "read": Text("读取", "read"),
    "intent": Text("开始下载", "download begun"),
    "outcome": Text("下载结束", "download ended"),
    "refusal": Text("拒绝", "refused"),
    "refusals": Text("一分钟内的其余拒绝", "more refusals in a minute"),
    "correction": Text("更正", "correction"),
    "push": Text("推送", "push"),
    "declassification": Text("降级", "declassification"),
    "erasure": Text("依法删除", "erasure"),
    "replays": Text("旧格式补记", "cover of the first format"),
    "look": Text("查看日志", "look at the log"),
    "matter": Text("办理事项", "act in a matter"),
    "attachment": Text("添加或者查看附件", "file of a matter attached or opened"),
    "credential": Text("查看或者出示证照", "licence seen or shown"),
    "system": Text("部门系统读取或者回填", "a department's system read or reported"),
    "edit": Text("修改其他目录的条目", "entry of another catalogue edited"),
    "draft": Text("修改目录条目草稿", "draft of an entry written"),
    "lineage": Text("上报平台外血缘", "lineage outside of the platform reported"),
}
PURPOSES = {
    "open": Text("使用开放数据", "open data"),
    "own": Text("查阅本人数据", "one's own records"),
    "duty": Text("履行职责", "official duties"),
    "case": Text("办理业务事由", "a ground"),
    "internal": Text("本部门数据加工", "own processing"),
}
WHO = {
    "citizen": Text("群众", "a citizen"),
    "anonymous": Text("未登录", "not signed in"),
    "official": Text("公职人员", "an official"),
    "system": Text("部门系统", "a department's system"),
    "pipeline": Text("自动处理程序", "automatic processing"),
    "operator": Text("运维人员（命令行）", "an operator, at the command line"),
}


def _auditor(visitor: InOffice) -> Visitor:
    """Raises Refused for another office, which the log then holds."""
    gateway = visitor.services.gateway
    check(gateway, visitor.principal, AUDIT, audit_refusal(visitor.principal, gateway.clock()))
    return visitor


AuditorVisitor = Annotated[Visitor, Depends(_auditor)]


def titles(visitor: Visitor) -> dict[str, Text]:
    """Positions and systems by their ids: never who holds them."""
    with transaction(visitor.services.node.database) as session:
        found = {
            row.id: Text(row.title_zh, row.title_en) for row in session.scalars(select(PositionRow))
        }
        systems = session.scalars(select(SystemRow))
        return found | {f"system:{s.client_id}": Text(s.name_zh, s.name_en) for s in systems}


def dataset_title(visitor: Visitor, dataset: str) -> Words:
    contract = visitor.services.catalogue.contracts.find(dataset)
    return contract.title if contract else dataset or "—"


def organisation_words(organisation: str | None) -> Words:
    return organisation_name(organisation) if organisation else "—"


def day_of(text: str, name: str) -> datetime | None:
    """The beginning of a day in Shanghai. Raises BadInput."""
    if not text:
        return None
    try:
        return moment_of(text, "%Y-%m-%d")
    except ValueError:
        raise BadInput(
            f"{name} 应写作 2026-11-23，不是“{text[:20]}”",
            f"{name} must read like 2026-11-23, not “{text[:20]}”",
        ) from None


def moment_of(text: str, form: str) -> datetime:
    """A written time in Shanghai, of years with room before and after them. Raises ValueError."""
    found = datetime.strptime(text, form).replace(tzinfo=SHANGHAI)
    if not text.isascii() or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(text)
    return found


def month_before(first: datetime) -> datetime:
    """The first day of the month before."""
    return (first - timedelta(days=1)).replace(day=1)
