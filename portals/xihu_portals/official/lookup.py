"""A look at one subject of a ground: its rows in one dataset, as the gateway gives them."""

from dataclasses import dataclass, replace
from urllib.parse import quote

from xihu_catalog.contracts.model import Contract
from xihu_platform.access import reasons
from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.errors import NotFound, Refused
from xihu_platform.words import Text
from xihu_portals.official.correction import links
from xihu_portals.pages import values
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import Action, State, Table

GROUND_ROWS = 200


@dataclass(frozen=True, slots=True)
class GroundLookup:
    """Rows of one subject of a ground of the visitor's position."""

    case: str
    subject: str
    result: Table | State | None
    """None until a number is given."""
    step_up: Action | None = None
    """Where a further verification would show more fields."""


def look(visitor: Visitor, contract: Contract, ground: Purpose, here: str) -> GroundLookup:
    """`here` is the address of the look: a further verification comes back to it."""
    subject = "" if ground.subject is None else str(ground.subject)
    result = _rows_under(visitor, contract, ground)
    further = None
    if isinstance(result, Table):
        further = _step_up(visitor, contract.dataset, ground, here)
    return GroundLookup(ground.case_number or "", subject, result, further)


def _step_up(visitor: Visitor, dataset: str, ground: Purpose, here: str) -> Action | None:
    """The way to the fields that only a higher level of verification opens."""
    decision = visitor.services.gateway.decide(visitor.principal, dataset, ground)
    if not isinstance(decision, Allow):
        return None
    if not any(decided.reason is reasons.SIGN_IN_LEVEL for decided in decision.fields):
        return None
    label = Text("继续验证，查看敏感数据项", "Verify further to see the sensitive fields")
    return Action(label, f"/official/signin?level=3&next={quote(here)}")


def _rows_under(visitor: Visitor, contract: Contract, ground: Purpose) -> Table | State:
    nothing = Text("没有这位对象的记录", "There are no records of this subject")
    shown = first_rows(
        visitor, contract, ground, RowQuery(), limit=GROUND_ROWS, exit_name="rows", none=nothing
    )
    if isinstance(shown, Table):
        count = len(shown.rows)
        shown = replace(shown, caption=Text(f"{count} 条记录", f"{count} records"))
    if isinstance(shown, Table) and len(shown.rows) == GROUND_ROWS:
        note = Text(
            f"最多显示 {GROUND_ROWS} 行，其余请用接口逐页查看。",
            f"At most {GROUND_ROWS} rows are shown; the API gives the rest page by page.",
        )
        return replace(shown, note=note)
    return shown


def first_rows(
    visitor: Visitor,
    contract: Contract,
    purpose: Purpose,
    query: RowQuery,
    *,
    limit: int,
    exit_name: str,
    none: Text,
) -> Table | State:
    """The first rows as the visitor may see them, or why there are none."""
    try:
        page = visitor.services.gateway.read_page(
            visitor.principal, contract.dataset, purpose, query, limit=limit, exit_name=exit_name
        )
    except Refused as refused:
        return State("refused", refused.reason.text, reason=refused.reason)
    except NotFound as missing:
        return State("broken", missing.text)
    if not page.table.num_rows:
        return State("empty", none)
    shown = values.preview(contract, page.decision, page.table.to_pylist(), page.disputed)
    return replace(shown, links=links(visitor, contract, page))
