"""Tells a department's own system of its cases: a webhook of the system itself is a channel.

What an event tells its parties comes first and is as it was. Sent are the number of the case, that
something happened or is due, and a link, as to every channel; a system asks the API for the rest.
"""

from sqlalchemy import select

from xihu_catalog.services.item import ServiceItem
from xihu_catalog.services.items import service_items
from xihu_catalog.services.kind import item_of
from xihu_platform.access.grounds import GroundRow
from xihu_platform.matters.acts import ActContext
from xihu_platform.matters.definition import EventRule
from xihu_platform.matters.keeping import WARNED
from xihu_platform.matters.recording import SYSTEM
from xihu_platform.matters.views import MatterView
from xihu_platform.notices.channels import confirmed_of
from xihu_platform.notices.outgoing import DUE, HAPPENED
from xihu_platform.notices.telling import tell


def tell_of_case(context: ActContext, rule: EventRule, after: MatterView) -> None:
    """`tell`, and of a case that a system works with, its channels: of steps of the applicant, of
    colleagues and of time, never of what it reported itself. What the offices of a bundle ask for
    is told of the bundle, once for all that waits."""
    asked = rule.name == "ask_completion" and after.parent is not None
    tell(context, rule, after, after.keys("applicant") if asked else ())
    item = service_items().get(item_of(after.definition.kind) or "")
    if item is None or item.system is None or context.doer.sub == item.system:
        return
    if _is_writing(context.matter, after) or not _is_there(context, after, item):
        return
    for effect in confirmed_of(context.session, SYSTEM + item.system):
        context.promise(effect, what=DUE if rule.name == WARNED else HAPPENED)


def _is_writing(before: MatterView, after: MatterView) -> bool:
    """Whether it is a draft, or what was missing is being written."""
    states = after.definition.states
    return after.unsent or (states[before.state].private and states[after.state].private)


def _is_there(context: ActContext, after: MatterView, item: ServiceItem) -> bool:
    """Whether the system's own organisation has the case, and no office that receives for it."""
    query = select(GroundRow.organisation).where(GroundRow.number == after.number)
    return context.session.scalar(query) == item.body
