"""What entries of the log say of words and licences that leave without being rows of a dataset."""

import secrets
from dataclasses import dataclass
from typing import Literal

from xihu_platform.audit.entries import Actor, Said
from xihu_platform.audit.log import LogEntry

CredentialDone = Literal["list", "look", "file", "code", "shown"]


@dataclass(frozen=True, slots=True)
class CredentialAct:
    """What a credential says leaves: to its holder, or to whoever has a code that they made."""

    actor: Actor
    did: CredentialDone
    credential: int | None
    """Its number; None of a list."""
    rows: int = 1

    def entry(self) -> LogEntry:
        said: Said = {
            **self.actor.said,
            "did": self.did,
            "credential": self.credential,
            "rows": self.rows,
        }
        return LogEntry(
            "credential",
            secrets.token_hex(16),
            "",
            self.actor.organisation,
            said,
            purpose="own",
        )


@dataclass(frozen=True, slots=True)
class SystemWork:
    """A department's system reads what was written in a matter (`look`), or is about to enter a
    step for a position of its organisation (`report`): the step's own entry follows where it was
    taken."""

    actor: Actor
    number: str
    """Of the matter, as people name it."""
    did: Literal["look", "report"]
    event: str | None = None
    position: str | None = None
    """For which it reports."""
    decided_by: str | None = None
    """The person whose decision it is."""

    def entry(self) -> LogEntry:
        said: Said = {**self.actor.said, "matter": self.number, "did": self.did}
        told = {"event": self.event, "for": self.position, "decided_by": self.decided_by}
        said |= {name: value for name, value in told.items() if value is not None}
        organisation, read_id = self.actor.organisation, secrets.token_hex(16)
        return LogEntry("system", read_id, "", organisation, said, purpose="duty")
