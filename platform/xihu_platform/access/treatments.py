"""Treatments as SQL: how a field leaves when it may not leave as it is.

The same expression is used wherever the field is named: in output, filter, sort and search. The
text of a view is made once for what it depends on and kept: a page asks for it with every request.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from sqlglot import exp, parse_one

from xihu_platform.access.decision import Allow, FieldDecision, RowFilter
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import FieldPolicy, Policy
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.sql import WRITTEN_IN, Relation, column, integer, named, render, string
from xihu_platform.vault.keys import Pads, key_version_of

_COUNTY = "[^省市县区0-9]{1,6}[县市]|[^省市县区0-9][^省市县区0-9小社园校片]区"
"""A county, or a district of two characters: 翠苑小区 is a place within one, not one."""

_MASKS = {
    "person_name": "CASE WHEN length(f) > 3 THEN left(f, 2) || '**' "
    "WHEN length(f) > 1 THEN left(f, 1) || repeat('*', length(f) - 1) "
    "ELSE repeat('*', length(f)) END",
    # A landline or short number has fewer digits than the mask shows: none of it is shown.
    "mobile": "CASE WHEN length(f) >= 11 THEN left(f, 3) || '****' || right(f, 4) "
    "ELSE repeat('*', length(f)) END",
    "address": "regexp_extract(f, '^([^省市县区]{1,8}省)?([^省市县区0-9]{1,8}市)?"
    f"({_COUNTY})?', 0) || '****'",
    "bank_account": "CASE WHEN length(f) >= 8 THEN '****' || right(f, 4) ELSE '****' END",
    "birth_date": "CAST(date_trunc('year', f) AS DATE)",
}
"""The usual masks of Chinese offices: 张*, 138****1234, the last four digits of an account, an
address down to its county, the year of a birth; of a field `f`."""
MASKED = frozenset(_MASKS)
"""Identifiers of which there is a mask."""
VIEWS_KEPT = 256
"""Views whose text is kept: of a policy, a decision, a snapshot and a recipient."""
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


def mask_of(field: FieldPolicy, value: exp.Expr) -> exp.Expr:
    """The masked form of a value. Raises KeyError for a kind of field that has no mask."""
    mask = _mask(field.identifier or "").copy()
    for place in list(mask.find_all(exp.Column)):
        place.replace(value.copy())
    return mask


@lru_cache
def _mask(kind: str) -> exp.Expr:
    mask: exp.Expr = parse_one(_MASKS[kind], dialect=WRITTEN_IN)
    return mask


def keyed_hash(outer: exp.Expr, inner: exp.Expr, value: exp.Expr) -> exp.Expr:
    """HMAC-SHA-256 (RFC 2104) of a text in hexadecimal digits, by the two pads of a key."""
    content = exp.Encode(this=value, charset=string("utf-8"))
    hashed = exp.Unhex(this=_sha256(exp.DPipe(this=inner, expression=content, safe=True)))
    return _sha256(exp.DPipe(this=outer, expression=hashed, safe=True))


def _sha256(content: exp.Expr) -> exp.Expr:
    return exp.SHA2(this=content, length=integer(256))


def treat(
    field: FieldPolicy,
    decided: FieldDecision,
    rekey: Rekey,
    value: exp.Expr,
    parameters: Parameters,
) -> exp.Expr:
    """What leaves of a field. The recipient's key is bound, so that it is never in the text."""
    if decided.treatment == "rekey":
        outer, inner = parameters.place(rekey.pads.outer), parameters.place(rekey.pads.inner)
        digits = exp.Left(this=keyed_hash(outer, inner, value), expression=integer(32))
        return exp.DPipe(this=string(f"r{rekey.key_version}_"), expression=digits, safe=True)
    if decided.treatment == "mask":
        return mask_of(field, value)
    return value


def as_recipient_sees(pads: Pads, pseudonym: str) -> str:
    """What `treat` makes of one stored pseudonym for a recipient, without an engine."""
    inner = sha256(pads.inner + pseudonym.encode()).digest()
    keyed = sha256(pads.outer + inner).hexdigest()[:32]
    return f"r{key_version_of(pseudonym)}_{keyed}"


def row_conditions(rows: tuple[RowFilter, ...], parameters: Parameters) -> list[exp.Expr]:
    """What a decision says of the rows that may be seen, with its values bound."""
    return [_row_condition(row, parameters) for row in rows]


def _row_condition(row: RowFilter, parameters: Parameters) -> exp.Expr:
    places = [parameters.place(value) for value in row.values]
    if not places:
        return exp.false()
    if row.match == "starts_with":
        return exp.StartsWith(this=column(row.field), expression=places[0])
    return exp.In(this=column(row.field), expressions=places)


def view_of(
    policy: Policy,
    allow: Allow,
    relation: Relation,
    rekey: Rekey,
    parameters: Parameters,
    *,
    late: frozenset[str] = frozenset(),
) -> Relation:
    """The dataset as its reader may see it: filtered rows and treated fields.

    It holds these, the record number, which orders, and the subject, for the log. The fields named
    in `late` cannot be asked for by their names: `LateColumns` treats them after a limit.
    """
    view, values = _view(policy, allow, relation, rekey, len(parameters), late)
    parameters.extend(values)
    return view


@lru_cache(VIEWS_KEPT)
def _view(
    policy: Policy,
    allow: Allow,
    relation: Relation,
    rekey: Rekey,
    bound: int,
    late: frozenset[str],
) -> tuple[Relation, tuple[object, ...]]:
    """The view and its values; `bound` values were bound before it."""
    parameters = Parameters([None] * bound)
    columns: list[exp.Expr] = [column(RECORD)]
    if policy.subject_key is not None:
        columns.append(named(column(policy.subject_key), SUBJECT))
    for decided in allow.visible:
        field = policy.field(decided.name)
        if field is None:
            continue
        value = column(field.name)
        if field.name in late:
            columns.append(named(value, _UNTREATED + field.name))
        else:
            columns.append(named(treat(field, decided, rekey, value, parameters), field.name))
    tree = exp.Select(expressions=columns).from_(relation.table(), copy=False)
    if allow.rows:
        tree.where(*row_conditions(allow.rows, parameters), copy=False)
    text = f"({render(tree, relation.dialect)})"
    return Relation(text, relation.dialect), tuple(parameters[bound:])


@dataclass(frozen=True, slots=True)
class LateColumns:
    """The columns of a page over a view with late fields, which are treated in its rows alone."""

    policy: Policy
    allow: Allow
    names: tuple[str, ...]
    late: frozenset[str]
    rekey: Rekey
    dialect: str

    def text(self, parameters: Parameters) -> str:
        """The columns under their own names. Raises LookupError for one that is not there."""
        text, values = _late_text(self, len(parameters))
        parameters.extend(values)
        return text


@lru_cache(VIEWS_KEPT)
def _late_text(columns: LateColumns, bound: int) -> tuple[str, tuple[object, ...]]:
    parameters = Parameters([None] * bound)
    trees = [
        _late(columns, name, parameters) if name in columns.late else column(name)
        for name in columns.names
    ]
    text = ", ".join(render(tree, columns.dialect) for tree in trees)
    return text, tuple(parameters[bound:])


def _late(columns: LateColumns, name: str, parameters: Parameters) -> exp.Expr:
    field, decided = columns.policy.field(name), columns.allow.field_decision(name)
    if field is None or decided is None:
        raise LookupError(name)
    value = column(_UNTREATED + name)
    return named(treat(field, decided, columns.rekey, value, parameters), name)
