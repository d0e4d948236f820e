"""Whether a contract may open more of a dataset than the one in force, and when two say the same.

What a department narrows is in force at once. What may open more waits until the authority has
accepted the change (Order 809 art. 17), so a change that this module cannot tell to be narrower
counts as one that opens more.
"""

import json
from hashlib import sha256

from xihu_catalog.contracts.diff import OPEN_ORDER, SHARE_ORDER
from xihu_catalog.contracts.document import read_document
from xihu_catalog.contracts.model import Contract, Field, policy_of
from xihu_platform.access.policy import GRADES


def opens_more(old: Contract, new: Contract) -> bool:
    """Whether somebody might be shown something under `new` that `old` does not show them.

    Narrower are: a higher grade, a mask or a pseudonym more, a field, a claim or a consent less, a
    narrower class of sharing or opening, a condition more. Whose rows they are, which datasets
    they come from and name, and what a field is stay as they were; how a file is read and checked
    is the department's own.
    """
    if _classes_widen(old, new) or _roles(old) != _roles(new):
        return True
    if not set(new.claims) <= set(old.claims):
        return True
    before = {field.name: field for field in old.fields}
    return any(
        field.name not in before or _field_widens(before[field.name], field) for field in new.fields
    )


def _classes_widen(old: Contract, new: Contract) -> bool:
    """L4 is shared on conditions and never without, so that a grant may give it from then on."""
    conditional = old.share_class == "unconditional" and new.share_class == "conditional"
    return (
        SHARE_ORDER.index(new.share_class) < SHARE_ORDER.index(old.share_class)
        or (conditional and any(field.grade == "L4" for field in new.fields))
        or OPEN_ORDER.index(new.open_class) < OPEN_ORDER.index(old.open_class)
        or not old.share_rules <= new.share_rules
        or (new.standing_consent and not old.standing_consent)
    )


def _roles(contract: Contract) -> tuple[object, ...]:
    """What has to stay as it is: whose its rows are, and which datasets they come from or name."""
    policy = policy_of(contract)
    named = sorted({one.dataset for one in contract.references})
    return (
        *(policy.dataset, policy.provider, policy.synthetic, contract.source.query, named),
        *(policy.subject_key, policy.firm_key, policy.region_field, policy.time_field),
        *(policy.primary_key, contract.declassified),
    )


def _field_widens(old: Field, new: Field) -> bool:
    """What masks a value may come where it was shown as it is. A mask that becomes a pseudonym, or
    the other way, is another value; of an L3 field both decide whether there is a mask, a
    pseudonym or nothing at all."""
    lower = GRADES.index(new.grade) < GRADES.index(old.grade)
    masked = old.identifier is not None or old.protect is not None or old.grade == "L3"
    treated = (old.identifier, old.protect) != (new.identifier, new.protect)
    return lower or (masked and treated) or _what(old) != _what(new)


def _what(field: Field) -> tuple[object, ...]:
    return (
        *(field.name, field.title.zh, field.data_element),  # under another name it is another thing
        *(field.logical_type, field.type, field.vault, field.protected),
        *(field.subject_key, field.firm_key, field.region, field.time, field.declassified),
    )


def same_digest(content: bytes) -> str:
    """SHA-256 over what a contract's file says: not over its comments, its spacing or the order
    of its properties.

    >>> same_digest(b"a: 1  # one\\nb: [2]") == same_digest(b"b:\\n- 2\\na: 1")
    True
    """
    document = read_document(content, "contract.odcs.yaml")[0]
    said = json.dumps(document, sort_keys=True, ensure_ascii=True, default=str)
    return sha256(said.encode()).hexdigest()
