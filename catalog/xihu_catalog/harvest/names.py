"""Ids of harvested entries: stable for a record, in lower case, no two records with the same."""

import re
from hashlib import sha256

_SAFE = re.compile(r"[a-z0-9_]+(-[a-z0-9_]+)*")
_SAFE_LENGTH, _SHOWN_LENGTH, _HASH_LENGTH = 64, 40, 20
RECORD_LENGTH = 500
"""Characters of a record's id in the database."""


def slug(record: str) -> str:
    """A record's id as a part of a path. One that has to be changed for it gets two hyphens and a
    hash of 80 bits; one that is safe as it is has no two hyphens, so that the two never meet.

    >>> slug("bus-stops"), slug("Bus stops")
    ('bus-stops', 'bus-stops--056b0e9b28afed943045')
    """
    if len(record) <= _SAFE_LENGTH and _SAFE.fullmatch(record):
        return record
    plain = re.sub(r"[^a-z0-9_]+", "-", re.sub(r"^https?://", "", record.lower())).strip("-")
    digest = sha256(record.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{plain[-_SHOWN_LENGTH:].strip('-') or 'record'}--{digest}"


def entry_id(source: str, record: str) -> str:
    """
    >>> entry_id("hz", "air-2024")
    'hz-air-2024'
    """
    return f"{source}-{slug(record)}"


def record_id(said: str) -> str:
    """A record's id as it is stored: a longer one by its hash."""
    if len(said) <= RECORD_LENGTH:
        return said
    return f"sha256:{sha256(said.encode()).hexdigest()}"
