"""Who was shown a record that was corrected is told: found in the log, each office once."""

from collections.abc import Callable, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_catalog.sharing.corrections import READERS
from xihu_catalog.sharing.records import LakeRecords, subject_of
from xihu_platform.access.disputed import CorrectionMarkRow
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.uses import list_uses
from xihu_platform.database import transaction
from xihu_platform.matters.engine import MatterEngine
from xihu_platform.matters.outbox import Promised, Receiver, deliver
from xihu_platform.matters.views import MatterView
from xihu_platform.notices.models import NoticeRow
from xihu_platform.notices.telling import ANY

CORRECTED = "row_corrected"
"""The event of such a notice; its words are the platform's."""
USES_LIMIT = 10_000
"""So many uses of a person's records are looked at, the newest first."""


def tell_readers(
    matters: MatterEngine, gateway: AccessGateway, datasets: Callable[[], Iterable[str]]
) -> None:
    """Keep what corrections have promised to those who were shown the record."""
    deliver(matters, {READERS: readers_receiver(matters, gateway, datasets)})


def readers_receiver(
    matters: MatterEngine, gateway: AccessGateway, datasets: Callable[[], Iterable[str]]
) -> Receiver:
    """Writes a notice for each office that was shown records of the person in the dataset or in
    one that is made of it record by record. One that takes part in the matter knows already."""

    def receive(promised: Promised) -> None:
        with transaction(matters.database) as session:
            view = matters.view(session, promised.matter)
            mark = session.scalars(
                select(CorrectionMarkRow).where(CorrectionMarkRow.matter == promised.matter)
            ).first()
        subject = _subject(gateway, view, mark)
        if subject is None or view.about is None:
            return  # about nobody: the log does not say who was shown which record
        related = {view.about, *_made_of(gateway, view.about, datasets())}
        uses = list_uses(gateway, subject, limit=USES_LIMIT)
        parties = {one.key for one in view.parties}
        told = {
            use.organisation
            for use in uses
            if use.dataset in related and use.refused is None and use.organisation
        }
        with transaction(matters.database) as session:
            _write(session, promised, matters, told - parties)

    return receive


def _subject(
    gateway: AccessGateway, view: MatterView, mark: CorrectionMarkRow | None
) -> str | None:
    """The person whose record it is, whether or not anybody looked at it under the request."""
    for party in view.parties:
        if party.role == "applicant":
            return party.key if party.kind == "person" else None
    if mark is None:
        return None
    found = subject_of(LakeRecords(gateway), gateway.policy(mark.dataset), mark)
    return found[0] if found is not None and found[1] == "person" else None


def _made_of(gateway: AccessGateway, dataset: str, datasets: Iterable[str]) -> set[str]:
    policies = [gateway.policy(name) for name in datasets]
    found: set[str] = {dataset}
    while True:
        more = {
            one.dataset
            for one in policies
            if any(origin.dataset in found for origin in one.origins)
        }
        if more <= found:
            return found
        found |= more


def _write(
    session: Session, promised: Promised, matters: MatterEngine, offices: Iterable[str]
) -> None:
    written = set(
        session.scalars(
            select(NoticeRow.recipient).where(
                NoticeRow.matter == promised.matter, NoticeRow.seq == promised.seq
            )
        )
    )
    session.add_all(
        NoticeRow(
            matter=promised.matter,
            seq=promised.seq,
            recipient=office,
            duties=f" {ANY} ",
            position=None,
            event=CORRECTED,
            created_at=matters.clock(),
        )
        for office in sorted(set(offices) - written)
    )
