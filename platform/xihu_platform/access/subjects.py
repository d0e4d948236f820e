"""Whose rows: a person's pseudonym as the table that is read has it.

The application database knows people by their pseudonym of the first key version. Each snapshot of
a table is of one key version, old and cited ones of an earlier one than the newest.
"""

from dataclasses import replace

from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Policy
from xihu_platform.vault.keys import Keyring


def of_key_version(allow: Allow, policy: Policy, keyring: Keyring, key_version: int) -> Allow:
    """What was allowed, with the rows of a person named as a snapshot of `key_version` does."""
    rows = tuple(
        replace(row, values=tuple(keyring.promote(v, key_version) for v in row.values))
        if row.field == policy.subject_key
        else row
        for row in allow.rows
    )
    return replace(allow, rows=rows)
