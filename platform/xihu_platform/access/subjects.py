"""Whose rows: a person's pseudonym as the table that is read has it.

The application database knows people by their pseudonym of the first key version. Each snapshot of
a table is of one key version, old and cited ones of an earlier one than the newest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Policy
from xihu_platform.vault.keys import Keyring, key_version_of


def of_key_version(allow: Allow, policy: Policy, keyring: Keyring, key_version: int) -> Allow:
    """What was allowed, with the rows of a person named as a snapshot of `key_version` does."""
    rows = tuple(
        replace(row, values=tuple(_known(keyring, row.values, key_version)))
        if row.field == policy.subject_key
        else row
        for row in allow.rows
    )
    return replace(allow, rows=rows)


def _known(keyring: Keyring, values: Iterable[str], key_version: int) -> Iterator[str]:
    """A pseudonym of a later key version names nobody in an older snapshot: there is no way
    back, and no rows."""
    for value in values:
        if key_version_of(value) <= key_version:
            yield keyring.promote(value, key_version)
