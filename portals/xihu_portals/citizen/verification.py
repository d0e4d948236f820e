"""The check of who one is that a page about oneself asks for, and the way to pass it."""

from urllib.parse import urlencode

from xihu_platform.database import transaction
from xihu_platform.identity.models import PersonRow
from xihu_platform.words import Text
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import Action, State

PROVING = "/proving"


OWN = Text(
    "这里是您的个人信息，只给本人看。您还没有做过实名认证。",
    "This is personal information, shown to the person alone. Your identity is not yet proven.",
)
IN_OWN_NAME = Text(
    "在这里办理和留言，都由本人实名负责，页面上不显示您的真实姓名。您还没有做过实名认证。",
    "What is begun and written here is a proven person's; no page shows your real name. Your "
    "identity is not yet proven.",
)


def unproven(why: Text = OWN) -> State:
    """For somebody whom no office has proven yet: what is missing, and the way to get it."""
    return State(
        "proof",
        Text("先要确认是您本人", "First, who you are must be confirmed"),
        why,
        action=Action(Text("怎样做实名认证", "How to prove who I am"), PROVING),
    )


def verification(visitor: Visitor, needed: int, path: str) -> str | None:
    """Where one check leads that the page needs and the person can pass; None if none is left.

    Asked at once, so that nobody meets a refusal for what they may see.
    """
    reachable = min(needed, proven_level(visitor))
    if visitor.principal.level >= reachable:
        return None
    return f"/signin?{urlencode({'level': reachable, 'next': path})}"


def proven_level(visitor: Visitor) -> int:
    """The level proven for this person, whatever this sign-in reached."""
    with transaction(visitor.services.node.database) as session:
        row = session.get(PersonRow, visitor.principal.id)
        return row.level if row else 0
