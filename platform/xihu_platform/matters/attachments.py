"""What parties attach to a matter as evidence: sealed under its key, so that it goes when the
matter's texts are erased; seen by those who handle the matter, each look in the log first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from xihu_platform.access.record import actor
from xihu_platform.audit.entries import AttachmentAct
from xihu_platform.audit.log import AuditLog
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Reason, Refused
from xihu_platform.files.check import CheckedFile
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.engine import hold
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.models import MatterAttachmentRow
from xihu_platform.matters.texts import REMOVED
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import Doer, handled_roles
from xihu_platform.vault.seal import SealKey, open_bytes, seal_bytes
from xihu_platform.words import Text

MATTER_LIMIT, DAY_LIMIT = 10, 50
"""Files of one matter, and of one person within a day."""
DAY = timedelta(days=1)
THERE = MatterAttachmentRow.size > 0
"""Of a file that was removed the row stays without its content: its number is never another's."""


@dataclass(frozen=True, slots=True)
class Attached:
    """The number of a file; `again`: it was there already."""

    id: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a matter."""

    id: int
    name: str
    media_type: str
    size: int
    """Bytes."""
    role: str
    """The side that attached it."""
    former: str | None
    """The organisation that was this side then, where another one is now."""
    added_at: datetime


def may_attach(matters: Matters, principal: Principal, view: MatterView) -> bool:
    """What `attach` asks, for the form of a page."""
    with transaction(matters.database) as session:
        return bool(_sides(view, principal, matters.doers(session, principal)))


def attach(
    matters: Matters,
    log: AuditLog,
    principal: Principal,
    matter: int,
    file: CheckedFile,
    *,
    copied: bool = False,
    replaces: Collection[int] = (),
) -> Attached:
    """A file more; the same once more is the one that is there. In the log first. `copied`: it was
    counted where it was attached first. `replaces`: files that it takes the place of, which
    `drop_unsent` removes afterwards; they do not count among those of the matter.

    Raises NotFound for one who has no part in the matter, Refused for another side than the opening
    one and the one whose turn it is, Conflict for a file too many, AuditUnavailable.
    """
    view = matters.read(principal, matter)
    with transaction(matters.database) as session:
        _check_side(view, principal, matters.doers(session, principal))
        if not copied:
            _check_number(session, matter, principal.id, matters.clock(), replaces)
    what = (view.about, file.media_type, len(file.body))
    log.record(AttachmentAct(actor(principal), view.number, "attach", *what).entry())
    with transaction(matters.database) as session:
        _one_at_a_time(session, principal.id)
        hold(session, matter)
        view = matters.view(session, matter)
        as_whom = matters.doers(session, principal)
        side = _check_side(view, principal, as_whom)
        now = matters.clock()
        if not copied:
            _check_number(session, matter, principal.id, now, replaces)
        key = matters.texts.key(session, matter) or matters.texts.new_key(session, matter)
        if (before := _same(session, key, matter, side, file)) is not None:
            return Attached(before, again=True)
        row = MatterAttachmentRow(
            matter=matter,
            role=side,
            organisation=_organisation(view, as_whom, side),
            sub=principal.id,
            added_at=now,
            media_type=file.media_type,
            size=len(file.body),
            name=b"",
            content=b"",
        )
        session.add(row)
        session.flush()  # its number is part of what is sealed
        row.name = seal_bytes(key, file.name.encode(), _place(matter, row.id, "name"))
        row.content = seal_bytes(key, file.body, _place(matter, row.id, "content"))
        return Attached(row.id)


def _same(session: Session, key: SealKey, matter: int, side: str, file: CheckedFile) -> int | None:
    """The number of the file that its side has attached already, under the same name."""
    row = MatterAttachmentRow
    same_size = row.size == len(file.body)  # no file is empty: none that was removed
    wanted = select(row).where(row.matter == matter, row.role == side, same_size)
    for one in session.scalars(wanted):
        name = open_bytes(key, one.name, _place(matter, one.id, "name"))
        content = open_bytes(key, one.content, _place(matter, one.id, "content"))
        if (name.decode(), content) == (file.name, file.body):
            return one.id
    return None


def attachments_of(
    matters: Matters, principal: Principal, view: MatterView
) -> tuple[Attachment, ...]:
    """The files of a matter for one who handles it, the oldest first; none for anybody else. What
    a department attached is not that of another one that took its place, and what was added in a
    private state is its owner's alone until it is handed in."""
    row = MatterAttachmentRow
    columns = (row.id, row.name, row.media_type, row.size, row.role, row.organisation, row.added_at)
    query = select(*columns).where(row.matter == view.id, THERE).order_by(row.id)
    with transaction(matters.database) as session:
        as_whom = matters.doers(session, principal)
        roles = _handles(view, principal, as_whom)
        if not matters.office_reads(session, principal, view, as_whom):
            return ()
        key = matters.texts.key(session, view.id) if roles else None
        if key is None:
            return ()
        owner = view.definition.states[view.state].owner
        unsent = frozenset[int]() if owner in roles else unsent_files(session, view)
        return tuple(
            Attachment(
                id=one.id,
                name=open_bytes(key, one.name, _place(view.id, one.id, "name")).decode(),
                media_type=one.media_type,
                size=one.size,
                role=one.role,
                former=_former(view, one.role, one.organisation),
                added_at=one.added_at,
            )
            for one in session.execute(query)
            if one.id not in unsent
            and (roles - {one.role} or _former(view, one.role, one.organisation) is None)
        )


def open_attachment(
    matters: Matters, log: AuditLog, principal: Principal, matter: int, number: int
) -> tuple[Attachment, bytes]:
    """A file and its content, for one who handles the matter; the look is in the log before.

    Raises NotFound for anybody else, as for a file that there is not; AuditUnavailable.
    """
    view = matters.read(principal, matter)
    found = [one for one in attachments_of(matters, principal, view) if one.id == number]
    if not found:
        raise _no_attachment(view)
    (one,) = found
    what = (view.about, one.media_type, one.size, one.id, _told(view, principal))
    looked = AttachmentAct(actor(principal), view.number, "look", *what, view.definition.law)
    log.record(looked.entry())
    with transaction(matters.database) as session:
        row = session.get(MatterAttachmentRow, number)
        key = matters.texts.key(session, matter)
        now = matters.view(session, matter)
        if (
            row is None
            or row.size == 0
            or key is None
            or not _handles(now, principal, matters.doers(session, principal))
        ):
            raise _no_attachment(view)  # erased, or handed over, meanwhile
        return one, open_bytes(key, row.content, _place(matter, number, "content"))


def _told(view: MatterView, principal: Principal) -> tuple[str, ...]:
    """The persons who are told of a look at a file: those whose matter it is, of an office's. What
    is about no dataset has no line among the uses of data."""
    if principal.kind == "citizen" or view.about is None:
        return ()
    return tuple(one.key for one in view.parties if one.kind == "person")


def _handles(view: MatterView, principal: Principal, as_whom: Collection[Doer]) -> frozenset[str]:
    """The roles in which somebody works on it, of the parties who may know of it."""
    rules = (view.definition.opening, *view.definition.events.values())
    return handled_roles((one.actor for one in rules), principal, as_whom, view.known_to)


def _sides(view: MatterView, principal: Principal, as_whom: Collection[Doer]) -> frozenset[str]:
    if view.closed_at is not None or not view.definition.files:
        return frozenset()
    owner = view.definition.states[view.state].owner
    able = {view.definition.opening.actor.party, owner}
    return _handles(view, principal, as_whom) & able


def _check_side(view: MatterView, principal: Principal, as_whom: Collection[Doer]) -> str:
    if not view.definition.files:
        raise BadInput(
            "这类事项只有文字，不收附件", "this kind of matter takes no files, only words"
        )
    sides = _sides(view, principal, as_whom)
    if not sides:
        raise Refused(_not_yours(view))
    owner = view.definition.states[view.state].owner
    return owner if owner in sides else min(sides)


def _organisation(view: MatterView, as_whom: Collection[Doer], side: str) -> str | None:
    offices = (one.position.organisation for one in as_whom if one.position is not None)
    return next((one for one in offices if one in view.keys(side)), None)


def _former(view: MatterView, role: str, organisation: str | None) -> str | None:
    return None if organisation in view.keys(role) else organisation


def _one_at_a_time(session: Session, sub: str) -> None:
    """Files of one person are counted one after the other, to whichever matters they go. On SQLite
    every writer waits for the one before, from its first statement on (`hold`)."""
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(sha256(f"attachments {sub}".encode()).digest()[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(number)))


def _not_yours(view: MatterView) -> Reason:
    return Reason(
        "attachment_side",
        Text(
            "附件由提出的一方和正在办理的一方添加，办结后不再添加",
            "files are attached by the side that opened a matter and by the one whose turn it is, "
            "until it is closed",
        ),
        view.definition.law,
        Text("需要补充的，请与正在办理的一方联系", "Ask the side whose turn it is."),
    )


def unsent_files(session: Session, view: MatterView) -> frozenset[int]:
    """The files that nobody but the owner of a private state can have seen: added since the matter
    came into it. None of a matter in another state."""
    states = view.definition.states
    shown = [one for one in view.events if one.state not in states or not states[one.state].private]
    if not states[view.state].private:
        return frozenset()
    row = MatterAttachmentRow
    query = select(row.id).where(
        row.matter == view.id, row.role == (states[view.state].owner or ""), THERE
    )
    if shown:
        began = next(one for one in view.events if one.seq > shown[-1].seq)
        query = query.where(row.added_at >= began.recorded_at)
    return frozenset(session.scalars(query))


def drop_unsent(session: Session, view: MatterView, files: Collection[int]) -> None:
    """Of these, those that were not handed in yet are there no more. What was handed in stays."""
    gone = unsent_files(session, view) & set(files)
    row = MatterAttachmentRow
    emptied = update(row).where(row.matter == view.id, row.id.in_(gone))
    session.execute(emptied.values(REMOVED))


def _check_number(
    session: Session, matter: int, sub: str, now: datetime, replaces: Collection[int]
) -> None:
    row = MatterAttachmentRow
    stays = (row.matter == matter, THERE, row.id.not_in(replaces))
    here = session.scalar(select(func.count()).where(*stays)) or 0
    mine = select(func.count()).where(row.sub == sub, row.added_at > now - DAY)
    if here >= MATTER_LIMIT:
        raise Conflict(
            f"一个事项最多 {MATTER_LIMIT} 个附件", f"A matter has at most {MATTER_LIMIT} files"
        )
    if (session.scalar(mine) or 0) >= DAY_LIMIT:
        raise Conflict(
            f"一天最多添加 {DAY_LIMIT} 个附件，请明天再试",
            f"At most {DAY_LIMIT} files a day: try again tomorrow",
        )


def _place(matter: int, number: int, part: str) -> str:
    return f"matter {matter} attachment {number} {part}"


def _no_attachment(view: MatterView) -> NotFound:
    return NotFound(
        f"{view.number} 没有这个附件，或者您不办理这个事项",
        f"{view.number} has no such file, or you do not handle it",
    )
