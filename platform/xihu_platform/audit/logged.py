"""What a logged read says, of any format."""

from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True)
class LoggedRead:
    """What an entry and its pin say together of one read."""

    position: str | None
    person: str
    purpose: str
    case: str | None
    basis: str
    basis_en: str
    fields: tuple[str, ...]
    exit: str
    words: str = ""
    """The purpose in the reader's own words."""
    refused: str | None = None
    """The code of the reason it was refused for; None for what gave something out."""
    claim: str | None = None
    """The claim that was verified; no record was shown then."""


def read_logged(body: bytes, pinned: bytes | None) -> LoggedRead:
    """Of any format; what an entry does not say is empty."""
    said = {**(orjson.loads(pinned) if pinned else {}), **orjson.loads(body)}
    return LoggedRead(
        position=said.get("position"),
        person=str(said.get("principal", "")),
        purpose=str(said.get("purpose", "")),
        case=said.get("case"),
        basis=str(said.get("basis", "")),
        basis_en=str(said.get("basis_en", "")),
        fields=tuple(said.get("fields", ())),
        exit=str(said.get("exit", "")),
        words=str(said.get("purpose_words") or ""),
        refused=said.get("reason"),
        claim=said.get("claim"),
    )
