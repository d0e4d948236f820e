"""Where I hear of my subscriptions: mailboxes and webhooks of my own, each confirmed before use."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, TransientError
from xihu_platform.identity.address import caller_of
from xihu_platform.notices.channels import (
    PERSON,
    ChannelKind,
    NoticeChannel,
    add_channel,
    find_channel,
    list_channels_of,
    remove_channel,
    sealing_of,
)
from xihu_platform.notices.models import NoticeChannelRow
from xihu_platform.notices.sending import NoticeSender
from xihu_platform.words import Text
from xihu_portals.pages.matter_acts import check_form
from xihu_portals.pages.matter_form import acting_as
from xihu_portals.pages.subscriptions import CITIZEN, WAYS
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

PATH = f"{CITIZEN}/channels"
CHANNELS_LIMIT = 5
"""Of one person, confirmed or not."""
DONE = {"added", "confirmed", "removed"}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownChannel:
    id: str
    kind: str
    kind_words: Text
    address: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class NoticeChannels:
    """Where do I hear of it?"""

    frame: PageFrame
    base: str
    position: str
    channels: tuple[ShownChannel, ...]
    full: bool
    done: str | None = None
    mails: bool = True
    """Whether this installation sends mail."""
    secret: str | None = None
    """Of a webhook that was added just now: shown this once."""
    address: str = ""
    wrong: Text | None = None


def fill(
    visitor: Visitor,
    done: str = "",
    *,
    secret: str | None = None,
    address: str = "",
    wrong: Text | None = None,
) -> NoticeChannels:
    found = list_channels_of(visitor.services.node.database, _recipient(visitor))
    return NoticeChannels(
        frame=visitor.frame,
        base=CITIZEN,
        position=acting_as(visitor.principal),
        channels=tuple(
            ShownChannel(
                row.id, row.kind, WAYS[row.kind], row.address, row.confirmed_at is not None
            )
            for row in found
        ),
        full=len(found) >= CHANNELS_LIMIT,
        mails=sends_mail(visitor),
        done=done if done in DONE else None,
        secret=secret,
        address=address,
        wrong=wrong,
    )


def sends_mail(visitor: Visitor) -> bool:
    return visitor.services.node.settings.notices.smtp_host is not None


def _recipient(visitor: Visitor) -> str:
    return PERSON + visitor.principal.id


@router.get(PATH)
def page(request: Request, visitor: SignedInCitizen, done: str = "") -> Response:
    return render(request, "citizen/notice_channels.html", fill(visitor, done))


@router.post(PATH)
async def send(request: Request, visitor: SignedInCitizen) -> Response:
    """Add a channel, confirm it, or remove it."""
    form = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_send, request, visitor, form)


def _send(request: Request, visitor: Visitor, form: FormData) -> Response:
    act, address = str(form.get("act") or ""), str(form.get("address") or "").strip()
    try:
        check_form(visitor, form)
        if act in {"mail", "webhook"}:
            made = _add(visitor, act, address)
            if made.kind == "webhook":
                shown = fill(visitor, "added", secret=made.secret)
                return render(request, "citizen/notice_channels.html", shown)
            done = "added"
        else:
            done = _change(visitor, act, form)
    except (BadInput, Conflict, NotFound, TransientError) as wrong:
        shown = fill(visitor, address=address, wrong=wrong.text)
        return render(request, "citizen/notice_channels.html", shown, status=wrong.status)
    return RedirectResponse(f"{PATH}?done={done}", status_code=303)


def _add(visitor: Visitor, kind: str, address: str) -> NoticeChannel:
    """A mailbox gets its code at once; one that cannot be mailed to is not added."""
    services, recipient = visitor.services, _recipient(visitor)
    if kind == "mail" and not sends_mail(visitor):
        raise BadInput(
            "本站暂不发送邮件，可以用站内消息、回调地址或者 Atom",
            "no mail is sent from here: use the inbox, a webhook or Atom",
        )
    services.gateway.limits.spend("checks", caller_of(visitor.principal))
    database = services.node.database
    row = NoticeChannelRow
    mine = select(func.count()).select_from(row).where(row.recipient == recipient)
    with transaction(database) as session:
        if (session.scalar(mine) or 0) >= CHANNELS_LIMIT:
            raise Conflict(
                f"最多 {CHANNELS_LIMIT} 个接收方式", f"{CHANNELS_LIMIT} channels at most"
            )
    sealing = sealing_of(services.node.keyring)
    chosen: ChannelKind = "mail" if kind == "mail" else "webhook"
    made = add_channel(database, sealing, recipient, chosen, address)
    try:
        _sender(visitor).ask_to_confirm(made)
    except (BadInput, TransientError):
        remove_channel(database, made.id)
        raise
    return made


def _change(visitor: Visitor, act: str, form: FormData) -> str:
    services, node = visitor.services, visitor.services.node
    name = str(form.get("channel") or "")
    found = find_channel(node.database, sealing_of(node.keyring), name)
    if found is None or found.recipient != _recipient(visitor):
        raise NotFound("没有这个接收方式", "there is no such channel")
    if act == "remove":
        remove_channel(node.database, found.id)
        return "removed"
    if act != "confirm":
        raise BadInput("请选择要办的一步", "choose what is to be done")
    services.gateway.limits.spend("checks", caller_of(visitor.principal))
    _sender(visitor).confirm(node.database, found, str(form.get("code") or "").strip()[:20])
    return "confirmed"


def _sender(visitor: Visitor) -> NoticeSender:
    node = visitor.services.node
    return NoticeSender(node.settings, sealing_of(node.keyring), node.clock)
