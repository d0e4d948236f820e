"""Who used my data, whole: the reads that listed a person and the pinned ones that showed them."""

from sqlalchemy import select

from xihu_platform.access.door import DoorOut
from xihu_platform.audit.models import AuditPin, AuditSubject
from xihu_platform.audit.uses import EVERY_USE, Use, UseFilter, uses_of
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound

PINS = 500  # newest pinned reads looked at; an older one is settled the first time it is asked
LAST_ENTRY = 2**63 - 1  # the databases count in 64 bits; a larger number is no entry


def list_uses(
    door: DoorOut,
    subject: str,
    *,
    before: int | None = None,
    limit: int = 50,
    wanted: UseFilter = EVERY_USE,
) -> list[Use]:
    """Newest first. A pinned read is asked once and then listed like any other.

    `subject` is the person's pseudonym of the first generation, as the account has it.
    """
    forms = door.forms(subject)
    _settle(door, subject, forms)
    if before is not None:
        before = min(before, LAST_ENTRY)
    return uses_of(door.database, forms, before=before, limit=limit, wanted=wanted)


def _settle(door: DoorOut, subject: str, forms: tuple[str, ...]) -> None:
    """Ask each pinned read not yet settled for this person whether it showed them."""
    with transaction(door.database) as session:
        listed = select(AuditSubject.seq).where(AuditSubject.subject.in_([*forms, _asked(subject)]))
        pins = session.scalars(
            select(AuditPin)
            .where(AuditPin.seq.not_in(listed))
            .order_by(AuditPin.seq.desc())
            .limit(PINS)
        ).all()
    for pin in pins:
        shown = _shown(door, pin, subject)
        with transaction(door.database) as session:
            who = subject if shown else _asked(subject)
            session.merge(AuditSubject(seq=pin.seq, subject=who))


def _asked(subject: str) -> str:
    """Marks a pin that was asked for this person and did not show them."""
    return f"-{subject}"


def _shown(door: DoorOut, pin: AuditPin, subject: str) -> bool:
    try:
        return door.ask_pin(
            pin.dataset, pin.snapshot_id, pin.recipient, pin.sql, pin.parameters, subject
        )
    except NotFound:
        return True  # the snapshot is gone: a read that may have shown them counts
