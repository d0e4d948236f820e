"""The document of a credential: made and sealed when it is first asked for, then stored sealed
under the key of its matter, with which it is erased."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Engine as Database
from sqlalchemy import delete

from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.credentials.claims import credential_claims
from xihu_platform.credentials.document import DocumentFacts
from xihu_platform.credentials.making import Maker
from xihu_platform.credentials.models import CredentialFileRow
from xihu_platform.credentials.register import Credential, CredentialFacts, facts_of
from xihu_platform.database import transaction
from xihu_platform.errors import Erased
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.vault.seal import open_bytes, seal_bytes


@dataclass(frozen=True, slots=True)
class CredentialFiles:
    """`base`: the address that people reach the portals at; `sample`: 样例 is printed across."""

    database: Database
    texts: MatterTexts
    maker: Maker
    base: str
    sample: bool

    def pdf_of(self, credential: Credential, now: datetime) -> bytes:
        """The sealed file: the same one each time. No transaction is open while it is made.

        Raises Erased where the texts of its matter were; TransientError, TerminalError (`Maker`).
        """
        place = f"credential {credential.id} file"
        with transaction(self.database) as session:
            facts = facts_of(session, self.texts, credential)
            key = self.texts.key(session, credential.matter)
            if facts is None or key is None:
                raise _erased()
            row = session.get(CredentialFileRow, credential.id)
            if row is not None:
                return open_bytes(key, row.content, place)
        made = self.maker.make(
            self._printed(credential, facts), self._claims(credential, facts), now
        )
        with transaction(self.database) as session:
            # The first statement writes, so that two who made it at once come one after the other.
            session.execute(delete(CredentialFileRow).where(CredentialFileRow.credential == -1))
            key = self.texts.key(session, credential.matter)
            if key is None:
                raise _erased()  # meanwhile
            row = session.get(CredentialFileRow, credential.id)
            if row is not None:
                return open_bytes(key, row.content, place)
            content = seal_bytes(key, made, place)
            session.add(CredentialFileRow(credential=credential.id, made_at=now, content=content))
        return made

    def _printed(self, credential: Credential, facts: CredentialFacts) -> DocumentFacts:
        return DocumentFacts(
            title=facts.title,
            issuer=facts.issuer_name,
            number=facts.number,
            holder=facts.holder_name,
            issued=civil_date(credential.issued_at),
            valid_until=facts.valid_until,
            lines=facts.lines,
            address=f"{self.base}/verify/{credential.token}",
            sample=self.sample,
        )

    def _claims(self, credential: Credential, facts: CredentialFacts) -> str:
        until = facts.valid_until
        day = timedelta(days=1)
        end = datetime.combine(until + day, time(), SHANGHAI) if until is not None else None
        said = {
            "name": facts.holder_name,
            "number": facts.number,
            **{one.label.zh: one.value for one in facts.lines},
        }
        return credential_claims(
            self.base,
            credential.token,
            credential.place,
            facts.issuer_name.zh,
            said,
            credential.kind,
            credential.issued_at,
            end,
        )


def _erased() -> Erased:
    return Erased(
        "这份证照的内容已随事项删除", "what this credential said was erased with its matter"
    )
