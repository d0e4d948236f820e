"""Treatments as SQL: how a field leaves when it may not leave as it is.

The same expression stands wherever the field is named: in output, filter, sort and search.
"""

from dataclasses import dataclass
from hashlib import sha256

from xihu_platform.access.decision import Allow, FieldDecision, RowFilter
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import FieldPolicy, Policy
from xihu_platform.lake.tables import RECORD
from xihu_platform.sql import identifier, text_literal
from xihu_platform.vault.keys import Pads, key_version_of

_COUNTY = "[^省市县区0-9]{1,6}[县市]|[^省市县区0-9][^省市县区0-9小社园校片]区"
"""A county, or a district of two characters: 翠苑小区 is a place within one, not one."""

_MASKS = {
    "person_name": "CASE WHEN length({f}) > 3 THEN left({f}, 2) || '**' "
    "WHEN length({f}) > 1 THEN left({f}, 1) || repeat('*', length({f}) - 1) "
    "ELSE repeat('*', length({f})) END",
    # A landline or short number has fewer digits than the mask shows: none of it is shown.
    "mobile": "CASE WHEN length({f}) >= 11 THEN left({f}, 3) || '****' || right({f}, 4) "
    "ELSE repeat('*', length({f})) END",
    "address": f"regexp_extract({{f}}, '^([^省市县区]{{{{1,8}}}}省)?([^省市县区0-9]{{{{1,8}}}}市)?"
    f"({_COUNTY.replace('{', '{{').replace('}', '}}')})?', 0) || '****'",
    "bank_account": "CASE WHEN length({f}) >= 8 THEN '****' || right({f}, 4) ELSE '****' END",
    "birth_date": "date_trunc('year', {f})::DATE",
}
"""The usual masks of Chinese offices: 张*, 138****1234, the last four digits of an account, an
address down to its county, the year of a birth."""

HMAC = "sha256({outer} || unhex(sha256({inner} || encode({f}))))"
"""RFC 2104 with both pads bound as parameters."""

SUBJECT = "_subject"
"""Hidden column of a view: whose row it is, for the log only; it never leaves."""
_UNTREATED = "_untreated_"
"""Before the name of a column that waits for its treatment; no field's name begins with `_`."""


@dataclass(frozen=True, slots=True)
class Rekey:
    """What pseudonyms are keyed with again: a recipient's key, over those of one key version.

    The version stands in what leaves (`r1_`, `r2_`): a recipient sees that a rotation has changed
    all of them, and takes no two versions for one.
    """

    pads: Pads
    key_version: int


def mask_sql(field: FieldPolicy, column: str) -> str:
    """The masked form of a column, as an expression."""
    return _MASKS[field.identifier or ""].format(f=column)


def treated_sql(
    field: FieldPolicy, decided: FieldDecision, rekey: Rekey, column: str, parameters: Parameters
) -> str:
    """What leaves of a field that lies in `column`, as an expression."""
    if decided.treatment == "rekey":
        prefix = text_literal(f"r{rekey.key_version}_")
        outer, inner = parameters.bind(rekey.pads.outer), parameters.bind(rekey.pads.inner)
        return f"{prefix} || left({HMAC.format(outer=outer, inner=inner, f=column)}, 32)"
    if decided.treatment == "mask":
        return mask_sql(field, column)
    return column


def as_recipient_sees(pads: Pads, pseudonym: str) -> str:
    """What `treated_sql` makes of one stored pseudonym for a recipient, without an engine."""
    inner = sha256(pads.inner + pseudonym.encode()).digest()
    keyed = sha256(pads.outer + inner).hexdigest()[:32]
    return f"r{key_version_of(pseudonym)}_{keyed}"


def row_filter_sql(rows: tuple[RowFilter, ...], parameters: Parameters) -> str:
    """A condition with its values bound; always at least TRUE."""
    conditions = ["TRUE"]
    for row in rows:
        column = identifier(row.field)
        places = [parameters.bind(value) for value in row.values]
        if not places:
            conditions.append("FALSE")
        elif row.match == "starts_with":
            conditions.append(f"starts_with({column}, {places[0]})")
        else:
            conditions.append(f"{column} IN ({', '.join(places)})")
    return " AND ".join(conditions)


def view_sql(
    policy: Policy,
    allow: Allow,
    relation: str,
    rekey: Rekey,
    parameters: Parameters,
    *,
    late: frozenset[str] = frozenset(),
) -> str:
    """The dataset as its reader may see it: filtered rows and treated fields.

    Beside them stand only the record number, which orders, and the subject, for the log. The
    fields named in `late` cannot be asked for by their names: `late_sql` treats them after a limit.
    """
    columns = [identifier(RECORD)]
    if policy.subject_key is not None:
        columns.append(f"{identifier(policy.subject_key)} AS {identifier(SUBJECT)}")
    for decided in allow.visible:
        field = policy.field(decided.name)
        if field is None:
            continue
        column = identifier(field.name)
        if field.name in late:
            columns.append(f"{column} AS {identifier(_UNTREATED + field.name)}")
        else:
            columns.append(f"{treated_sql(field, decided, rekey, column, parameters)} AS {column}")
    condition = row_filter_sql(allow.rows, parameters)
    return f"(SELECT {', '.join(columns)} FROM {relation} WHERE {condition})"


def late_sql(policy: Policy, allow: Allow, name: str, rekey: Rekey, parameters: Parameters) -> str:
    """A field that a view with `late` has left untreated, treated, under its own name."""
    field, decided = policy.field(name), allow.field_decision(name)
    if field is None or decided is None:
        raise LookupError(name)
    column = identifier(_UNTREATED + name)
    return f"{treated_sql(field, decided, rekey, column, parameters)} AS {identifier(name)}"
