"""What people wrote, sealed for each matter: it can be erased, and its events stay as they were."""

import secrets
from collections.abc import Collection, Mapping

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from xihu_platform.credentials.models import (
    CredentialChangeRow,
    CredentialFileRow,
    CredentialRow,
)
from xihu_platform.database import erases
from xihu_platform.matters.models import (
    MatterAttachmentRow,
    MatterKeyRow,
    MatterRow,
    MatterTextRow,
)
from xihu_platform.vault.keys import Keyring
from xihu_platform.vault.seal import SealKey, open_bytes, seal_bytes

KEY_BYTES = 32

REMOVED = {"size": 0, "name": b"", "content": b""}
"""Of a file, what is left of it in its row."""


class MatterTexts:
    """Seals and opens the texts of matters."""

    def __init__(self, keyring: Keyring) -> None:
        self._master = keyring.sealing("matter-texts")
        self.mark_key = keyring.derive("matter-commands")
        """Keys the marks of commands, so that what was written cannot be guessed from one."""

    def write(self, session: Session, matter: int, seq: int, texts: Mapping[str, str]) -> None:
        if not texts:
            return
        key = self.key(session, matter) or self.new_key(session, matter)
        for name, text in texts.items():
            sealed = seal_bytes(key, text.encode(), _place(matter, seq, name))
            session.add(MatterTextRow(matter=matter, seq=seq, name=name, sealed=sealed))

    def read(self, session: Session, matter: int) -> dict[tuple[int, str], str]:
        """By event and name; none where they were erased."""
        return self.read_many(session, [matter]).get(matter, {})

    def read_many(
        self, session: Session, matters: Collection[int]
    ) -> dict[int, dict[tuple[int, str], str]]:
        """The same of several, by matter, without those whose texts were erased: two queries."""
        key, text = MatterKeyRow, MatterTextRow
        sealed = select(key).where(key.matter.in_(matters))
        sealed = sealed.execution_options(populate_existing=True)  # one may be destroyed meanwhile
        keys = {row.matter: self._opened(row) for row in session.scalars(sealed)}
        found: dict[int, dict[tuple[int, str], str]] = {}
        for row in session.scalars(select(text).where(text.matter.in_(keys))):
            place = _place(row.matter, row.seq, row.name)
            said = open_bytes(keys[row.matter], row.sealed, place).decode()
            found.setdefault(row.matter, {})[row.seq, row.name] = said
        return found

    def erase(self, session: Session, matter: int) -> int:
        """Destroy the key, the texts and the files, and what credentials of it say; how many texts
        and files there were. Written over first, so that no page of the database keeps what was
        deleted. Of a file the row stays: the log names it by its number, which is never another's.
        """
        erases(session)
        locked = update(MatterRow).where(MatterRow.id == matter)  # nobody writes meanwhile
        session.execute(locked.values(version=MatterRow.version))
        of_it = select(CredentialRow.id).where(CredentialRow.matter == matter)
        file, change = CredentialFileRow, CredentialChangeRow
        session.execute(delete(file).where(file.credential.in_(of_it)))
        session.execute(update(change).where(change.credential.in_(of_it)).values(reason=b""))
        said = update(CredentialRow).where(CredentialRow.matter == matter)
        session.execute(said.values(sealed=b""))
        key = update(MatterKeyRow).where(MatterKeyRow.matter == matter)
        session.execute(key.values(sealed=b"\0" * 64))
        session.execute(delete(MatterKeyRow).where(MatterKeyRow.matter == matter))
        found = session.scalars(
            delete(MatterTextRow).where(MatterTextRow.matter == matter).returning(MatterTextRow.seq)
        )
        row = MatterAttachmentRow
        emptied = update(row).where(row.matter == matter, row.size > 0)
        files = session.scalars(emptied.values(REMOVED).returning(row.id))
        return len(found.all()) + len(files.all())

    def key(self, session: Session, matter: int) -> SealKey | None:
        row = session.get(MatterKeyRow, matter, populate_existing=True)
        if row is None:
            return None
        return self._opened(row)

    def _opened(self, row: MatterKeyRow) -> SealKey:
        secret = open_bytes(self._master, row.sealed, f"matter {row.matter}")
        return SealKey(secret, self._master.cipher)

    def new_key(self, session: Session, matter: int) -> SealKey:
        secret = secrets.token_bytes(KEY_BYTES)
        sealed = seal_bytes(self._master, secret, f"matter {matter}")
        session.add(MatterKeyRow(matter=matter, sealed=sealed))
        session.flush()
        return SealKey(secret, self._master.cipher)


def _place(matter: int, seq: int, name: str) -> str:
    return f"matter {matter} event {seq} {name}"
