"""What entries of the log say: one type for each kind, written here alone (read: `logged.py`).

The log itself (`log.py`) adds number, time and the persons an entry is about, and appends bytes.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from xihu_platform.audit.log import EntryKind, LogEntry, Pin
from xihu_platform.words import Text

QUARANTINE = "quarantine"
"""The exit of records that a load quarantined."""
Said = dict[str, object]
"""The part of an entry's JSON that its type says."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as an entry names them."""

    kind: str
    principal: str
    position: str | None
    organisation: str | None
    """Of the position; an entry has it in a column of its own."""
    mandate: str | None = None
    """The mandate under which they act for somebody else."""

    @property
    def said(self) -> Said:
        return {
            "who": self.kind,
            "principal": self.principal,
            "position": self.position,
            "behalf": self.mandate,
        }


@dataclass(frozen=True, slots=True)
class DatasetQuestion:
    """What was asked of a dataset and what the answer rests on, without any value."""

    actor: Actor
    case: str | None
    purpose_words: str | None
    basis: str
    basis_en: str
    fields: Sequence[str]
    treatments: Mapping[str, str | None]
    snapshot: int
    filters: Sequence[str]
    """`field:operator`."""

    @property
    def said(self) -> Said:
        return {
            **self.actor.said,
            "case": self.case,
            "purpose_words": self.purpose_words,
            "basis": self.basis,
            "basis_en": self.basis_en,
            "fields": list(self.fields),
            "treatments": dict(self.treatments),
            "snapshot": self.snapshot,
            "filters": list(self.filters),
        }


@dataclass(frozen=True, slots=True)
class DatasetRead:
    """A page of rows, or the intent of a stream where `rows` is not known yet."""

    dataset: str
    organisation: str | None
    purpose: str
    exit: str
    rows: int | None
    question: DatasetQuestion | None
    """None where the pin says it."""
    subjects: tuple[str, ...] = ()
    pin: Pin | str | None = None
    read_id: str | None = None

    def entry(self) -> LogEntry:
        # Nothing follows a page: only a stream's outcome has to find its intent.
        read_id = self.read_id or (secrets.token_hex(16) if self.rows is None else "")
        said: Said = self.question.said if self.question else {}
        rows: Said = {} if self.rows is None else {"rows": self.rows}
        return LogEntry(
            "intent" if self.rows is None else "read",
            read_id,
            self.dataset,
            self.organisation,
            {**said, "exit": self.exit, **rows},
            self.subjects,
            purpose=self.purpose,
            pin=self.pin,
        )


VERIFY = "verify"
"""The exit of an answer to a claim."""


@dataclass(frozen=True, slots=True)
class ClaimVerification:
    """A claim that is verified, or answered again from the record: never its value or answer."""

    kind: EntryKind
    """`intent` before the query; `read` where the record answers."""
    actor: Actor
    dataset: str
    claim: str
    ground: str
    basis: str
    basis_en: str
    snapshot: int
    persons: int
    """How many were asked about, whether there is a record of them or not."""
    subjects: tuple[str, ...]
    read_id: str

    def entry(self) -> LogEntry:
        said: Said = {
            **self.actor.said,
            "exit": VERIFY,
            "claim": self.claim,
            "case": self.ground,
            "basis": self.basis,
            "basis_en": self.basis_en,
            "snapshot": self.snapshot,
            **({"rows": self.persons} if self.kind == "read" else {}),
        }
        return LogEntry(
            self.kind,
            self.read_id,
            self.dataset,
            self.actor.organisation,
            said,
            self.subjects,
            purpose="case",
        )


@dataclass(frozen=True, slots=True)
class MetricRead:
    """A metric's answer: it shows no records, so it is about nobody."""

    actor: Actor
    dataset: str
    metric: str
    purpose: str
    basis: str
    basis_en: str
    snapshot: int
    rows: int
    details: Mapping[str, object]
    """The question, as the metric's own words have it."""

    def entry(self) -> LogEntry:
        said: Said = {
            **self.actor.said,
            "exit": "metric",
            "metric": self.metric,
            "basis": self.basis,
            "basis_en": self.basis_en,
            "snapshot": self.snapshot,
            "rows": self.rows,
            **self.details,
        }
        return LogEntry(
            "read",
            secrets.token_hex(16),
            self.dataset,
            self.actor.organisation,
            said,
            purpose=self.purpose,
        )


@dataclass(frozen=True, slots=True)
class QuarantineRead:
    """Quarantined records that a steward saw, or is about to download."""

    kind: EntryKind
    actor: Actor
    dataset: str
    load: str
    rows: int
    subjects: tuple[str, ...]
    read_id: str | None = None

    def entry(self) -> LogEntry:
        said: Said = {
            **self.actor.said,
            "exit": QUARANTINE,
            "load": self.load,
            "rows": self.rows,
            "basis": "《政务数据共享条例》第十三条，本部门数据质量",
            "basis_en": "Order 809 art. 13, quality of own data",
        }
        return LogEntry(
            self.kind,
            self.read_id or secrets.token_hex(16),
            self.dataset,
            self.actor.organisation,
            said,
            self.subjects,
            purpose="duty",
        )


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """How a stream ended."""

    read_id: str
    dataset: str
    exit: str
    rows: int
    finished: bool

    def entry(self) -> LogEntry:
        said: Said = {"exit": self.exit, "rows": self.rows, "finished": self.finished}
        return LogEntry("outcome", self.read_id, self.dataset, None, said)


@dataclass(frozen=True, slots=True)
class RefusedRead:
    """A read that was not allowed, by the code and the article of its reason."""

    actor: Actor
    dataset: str
    purpose: str
    case: str | None
    reason: str
    article: str
    field: str | None = None
    subjects: tuple[str, ...] = ()
    """Whom it was to be about; they are told of the attempt as of a read."""

    def entry(self) -> LogEntry:
        said: Said = {
            **self.actor.said,
            "case": self.case,
            "reason": self.reason,
            "article": self.article,
            **({"field": self.field} if self.field is not None else {}),
        }
        return LogEntry(
            "refusal",
            secrets.token_hex(16),
            self.dataset,
            self.actor.organisation,
            said,
            self.subjects,
            purpose=self.purpose,
        )


@dataclass(frozen=True, slots=True)
class MoreRefusals:
    """How many more refusals like a first one there were, until the window's end."""

    first: LogEntry
    number: int

    def entry(self) -> LogEntry:
        first = self.first
        return LogEntry(
            "refusals",
            secrets.token_hex(16),
            first.dataset,
            first.organisation,
            {**first.body, "number": self.number, "first": first.read_id},
            purpose=first.purpose,
        )


@dataclass(frozen=True, slots=True)
class ReceivedRecords:
    """Records that a department pushed, or a steward corrected: their digest, never the records."""

    kind: EntryKind
    actor: Actor
    dataset: str
    sender: str | None
    contract: str
    records: str
    """SHA-256 of what was handed in."""
    size_bytes: int
    load: str | None = None
    """Of corrections: the load whose quarantined records they correct."""

    def entry(self) -> LogEntry:
        said = self.actor.said
        if self.load is None:
            said["records"] = self.records
        else:  # an official acts for nobody else
            del said["behalf"]
            said |= {"load": self.load, "file": self.records}
        said |= {"bytes": self.size_bytes, "contract": self.contract}
        return LogEntry(self.kind, secrets.token_hex(16), self.dataset, self.sender, said)


@dataclass(frozen=True, slots=True)
class Declassification:
    """A field or table of a derived dataset of a lower grade than what it is made from."""

    dataset: str
    provider: str
    field: str
    before: str
    after: str
    why: str
    contract: str

    def entry(self) -> LogEntry:
        said: Said = {
            "field": self.field,
            "before": self.before,
            "after": self.after,
            "why": self.why,
            "contract": self.contract,
        }
        read_id = secrets.token_hex(16)
        return LogEntry("declassification", read_id, self.dataset, self.provider, said)


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure took of what the log holds on a person."""

    dataset: str
    root: str | None
    """Of the leaves it took (`walk.erased_root`); None where it took none."""
    pins: frozenset[str]
    first_format: frozenset[int] | None
    """Entries of the first format; None where the program before did not name them."""
    law: str = ""
    entries: int = 0
    leaves: int = 0

    def entry(self) -> LogEntry:
        said: Said = {
            "law": self.law,
            "entries": self.entries,
            "erased": self.leaves,
            "erased_root": self.root,
            "pins": sorted(self.pins),
            "first_format": sorted(self.first_format or ()),
        }
        return LogEntry("erasure", secrets.token_hex(16), self.dataset, None, said)

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Erasure":
        """Any: JSON. Raises KeyError, TypeError, ValueError for what this program never wrote."""
        first = body.get("first_format")
        return cls(
            dataset=str(body["dataset"]),
            root=str(body["erased_root"]) if body.get("erased") else None,
            pins=frozenset(body.get("pins", ())),
            first_format=None if first is None else frozenset(first),
        )


@dataclass(frozen=True, slots=True)
class CoveredReplays:
    """Covers the reads that the first format kept as SQL, by their digest."""

    digest: str

    def entry(self) -> LogEntry:
        return LogEntry("replays", secrets.token_hex(16), "", None, {"digest": self.digest})


@dataclass(frozen=True, slots=True)
class LogLook:
    """An auditor's look at the log itself: which page, narrowed by what."""

    actor: Actor
    page: str
    asked: Mapping[str, str]
    """The filters of the page, as its address has them."""

    def entry(self) -> LogEntry:
        said: Said = {**self.actor.said, "page": self.page, "asked": dict(self.asked)}
        organisation = self.actor.organisation
        return LogEntry("look", secrets.token_hex(16), "", organisation, said, purpose="duty")


@dataclass(frozen=True, slots=True)
class MatterAct:
    """One event of a matter, by codes: what somebody wrote stays sealed with the matter."""

    actor: Actor
    number: str
    """Of the matter, as people name it."""
    event: str
    state: str
    article: str | None
    about: str | None
    """The dataset it is about."""
    digest: str
    """Of the event: it covers what the event says, and those before it."""
    read_id: str
    """The same for the same event, so that it is written once."""

    def entry(self) -> LogEntry:
        said: Said = {
            **self.actor.said,
            "matter": self.number,
            "event": self.event,
            "state": self.state,
            "article": self.article,
            "digest": self.digest,
        }
        organisation = self.actor.organisation
        return LogEntry(
            "matter", self.read_id, self.about or "", organisation, said, purpose="duty"
        )


ATTACHMENT = "attachment"
"""By which way it left, of a look at a file."""


@dataclass(frozen=True, slots=True)
class AttachmentAct:
    """A file of a matter was attached, or leaves to somebody who looks at it."""

    actor: Actor
    number: str
    """Of the matter, as people name it."""
    did: Literal["attach", "look"]
    about: str | None
    """The dataset that the matter is about."""
    media_type: str
    size_bytes: int
    attachment: int | None = None
    """Its number, where it has one yet."""
    subjects: tuple[str, ...] = ()
    """The persons whose matter it is, where somebody else looks at it: they are told."""
    law: Text = Text("", "")
    """On what the look rests."""

    def entry(self) -> LogEntry:
        said: Said = {
            **self.actor.said,
            "matter": self.number,
            "did": self.did,
            "media_type": self.media_type,
            "bytes": self.size_bytes,
            "attachment": self.attachment,
        }
        if self.subjects:
            said |= {"purpose": "duty", "case": self.number, "exit": ATTACHMENT}
            said |= {"basis": self.law.zh, "basis_en": self.law.en}
        organisation, read_id = self.actor.organisation, secrets.token_hex(16)
        purpose = "own" if self.actor.kind == "citizen" else "duty"
        about = self.about or ""
        return LogEntry(
            "attachment", read_id, about, organisation, said, self.subjects, purpose=purpose
        )
