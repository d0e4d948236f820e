"""What an entry of the log says of a draft of a catalogue entry that is written, of an edit of
one that came from another catalogue, and of lineage that a department reports."""

import secrets
from dataclasses import dataclass
from typing import Literal

from xihu_platform.audit.entries import Actor, Said
from xihu_platform.audit.log import LogEntry

DraftDone = Literal["create", "change", "delete", "restore"]


@dataclass(frozen=True, slots=True)
class DraftAct:
    """A steward or a department's system is about to write a draft."""

    actor: Actor
    did: DraftDone
    draft: str
    of: str | None
    """The dataset whose description it would change."""
    digest: str
    """SHA-256 of the version that is written or deleted."""

    def entry(self) -> LogEntry:
        said: Said = {
            **self.actor.said,
            "did": self.did,
            "draft": self.draft,
            "digest": self.digest,
        }
        organisation, read_id = self.actor.organisation, secrets.token_hex(16)
        return LogEntry("draft", read_id, self.of or "", organisation, said, purpose="duty")


@dataclass(frozen=True, slots=True)
class EntryEdited:
    """An authority is about to edit an entry of another catalogue."""

    actor: Actor
    catalogue_entry: str
    fields: tuple[str, ...]
    """What is then this node's own; none where the source's is restored."""

    def entry(self) -> LogEntry:
        said: Said = {
            **self.actor.said,
            "entry": self.catalogue_entry,
            "fields": list(self.fields),
        }
        organisation, read_id = self.actor.organisation, secrets.token_hex(16)
        return LogEntry("edit", read_id, "", organisation, said, purpose="duty")


@dataclass(frozen=True, slots=True)
class LineageReported:
    """A department's system is about to report the lineage of a job of its own."""

    actor: Actor
    job: str
    """SHA-256 of its names: they are the department's."""
    run: str
    digest: str
    """SHA-256 of what is kept of the event."""

    def entry(self) -> LogEntry:
        said: Said = {
            **self.actor.said,
            "job": self.job,
            "run": self.run,
            "digest": self.digest,
        }
        organisation, read_id = self.actor.organisation, secrets.token_hex(16)
        return LogEntry("lineage", read_id, "", organisation, said, purpose="duty")
