"""A contract as the SQL of its checks: text in, cast values, broken rules and protected values out.

One batch of records goes through two statements. `check_sql` trims each value, takes it through
its declared steps, casts it, and packs the rules a record breaks into bits, 62 to a BIGINT; the
text itself it does not hand on, for the few records that need it still have it in their batch.
`keep_sql` takes the records that broke none and protects them. Keys are named by id; their pads
stand in a table, never in SQL text (`pseudonyms`).
"""

from dataclasses import dataclass

from xihu_catalog.contracts.model import Contract, Field, Rule, Step, source_columns
from xihu_catalog.contracts.rules import MARKED, error_rule, raw_column
from xihu_catalog.quality.quarantine import RULES
from xihu_pipelines.ingest.cast import cast_sql
from xihu_pipelines.ingest.pseudonyms import PseudonymScheme, made_sql
from xihu_pipelines.ingest.steps import region_join, regions_sql, step_sql
from xihu_pipelines.sources.records import place_name
from xihu_platform.access.policy import FieldPolicy
from xihu_platform.access.treatments import mask_of
from xihu_platform.engines.duckdb.scan import DIALECT
from xihu_platform.lake.snapshot import RECORD, Column
from xihu_platform.sql import identifier, raw_sql, render, text_literal
from xihu_platform.vault.keys import prefix_of

BITS = 62  # of a BIGINT, leaving its sign alone
DELETED = "_deleted"
DEFERRED = "_held"


@dataclass(frozen=True, slots=True)
class Checks:
    """The compiled contract: `rules[i]` is bit `i % BITS` of column `_bits{i // BITS}`.

    Every statement but the first reads `checked`, what the first one gives, with the flag
    DEFERRED.
    """

    rules: tuple[Rule, ...]
    check_sql: str
    """Over `batch`: number, cast values and bits of each record."""
    keep_sql: str
    """The rows of the table, protected, but for those kept back."""
    deferred_sql: str
    """The rows kept back: a key of theirs may have stood further up."""
    hashes_sql: str | None
    """For each record and rule of uniqueness a hash of the key; null where it is not a row."""
    bad_sql: str
    """Number and broken rules; joins `combined`, which says in words what the bits mean."""
    vault_sql: dict[str, str]
    """For each field kept in the vault: distinct pairs of its key, see `vault_keys`, and value."""
    steps: tuple[tuple[str, str], ...]
    """Field and step, in the order of `steps_sql`."""
    steps_sql: str | None
    """Over `checked`, one row: how many values each of `steps` changed. None without steps."""
    messages_sql: str | None = None
    """What must be hashed outside of DuckDB before `keep_sql` runs, where it has no such hash."""
    delete_sql: str | None = None
    """Number and key of the records that say their row is to be deleted."""

    @property
    def words(self) -> int:
        return (len(self.rules) + BITS - 1) // BITS


def compile_checks(
    contract: Contract, columns: tuple[Column, ...], scheme: PseudonymScheme
) -> Checks:
    """`columns` are the table's own, with their field ids; `making` says how it has pseudonyms."""
    rules = (*MARKED, error_rule(contract.fields), *contract.all_rules)
    words = (len(rules) + BITS - 1) // BITS
    stops = [i for i, rule in enumerate(rules) if rule.severity != "note"]
    clean = " AND ".join(
        f"_bits{w} & {sum(1 << (i % BITS) for i in stops if i // BITS == w)} = 0"
        for w in range(words)
    )
    kept = ", ".join(f"{_kept(f, scheme)} AS {identifier(f.name)}" for f in contract.fields)
    steps = _numbered_steps(contract)
    bits = ", ".join(f"_bits{w}" for w in range(words))
    stays = f"{clean} AND NOT {DELETED}" if contract.loading.delete_column else clean
    return Checks(
        rules=rules,
        check_sql=_check_sql(contract, rules, scheme),
        keep_sql=f"SELECT {RECORD}, {kept} FROM checked WHERE {stays} AND NOT {DEFERRED}",
        deferred_sql=f"SELECT {RECORD}, {kept} FROM checked WHERE {stays} AND {DEFERRED}",
        hashes_sql=_hashes_sql(contract, stays),
        bad_sql=f"SELECT {RECORD}, {RULES} FROM checked JOIN combined USING ({bits}) "
        f"WHERE NOT ({clean}) ORDER BY {RECORD}",
        vault_sql={f.name: _vault_sql(f, key, scheme, stays) for f, key in vault_keys(contract)},
        steps=tuple((f.name, step.name) for f, step in steps),
        steps_sql=_steps_sql(len(steps)),
        delete_sql=_delete_sql(contract, scheme, clean),
        messages_sql=_messages_sql(contract) if scheme.outside else None,
    )


def vault_keys(contract: Contract) -> list[tuple[Field, Field]]:
    """The fields kept in the vault, each with the field whose pseudonym finds its raw value.

    What a mask leaves of a value finds several people's, and would itself stand in the clear.
    """
    subject = next((f for f in contract.fields if f.subject_key), None)
    keys = [(f, f if f.protect == "pseudonym" else subject) for f in contract.fields if f.vault]
    return [(field, key) for field, key in keys if key is not None]


def _vault_sql(field: Field, key: Field, scheme: PseudonymScheme, stays: str) -> str:
    name = identifier(field.name)
    given = f"{name} IS NOT NULL AND {identifier(key.name)} IS NOT NULL"
    return (
        f"SELECT DISTINCT {_kept(key, scheme)} AS pseudonym, CAST({name} AS VARCHAR) AS value "
        f"FROM checked WHERE {stays} AND {given}"
    )


def unique_rules(contract: Contract) -> dict[str, tuple[str, ...]]:
    """Rule id to the fields whose values together may stand only once."""
    single: dict[str, tuple[str, ...]] = {
        f"{f.name}.unique": (f.name,) for f in contract.fields if f.unique
    }
    keys = contract.key
    if not keys or (len(keys) == 1 and f"{keys[0]}.unique" in single):
        return single
    return single | {"key.unique": tuple(keys)}


def _hashes_sql(contract: Contract, stays: str) -> str | None:
    """In an upsert a key may stand several times: its last record counts."""
    rules = {} if contract.loading.mode == "upsert" else unique_rules(contract)
    hashes = []
    for number, keys in enumerate(rules.values()):
        names = ", ".join(map(identifier, keys))
        given = " AND ".join(f"{identifier(key)} IS NOT NULL" for key in keys)
        hashes.append(
            f"CASE WHEN {stays} AND {given} THEN hash({number}, {names}) END AS _{number}"
        )
    return f"SELECT {', '.join(hashes)} FROM checked" if hashes else None


def _numbered_steps(contract: Contract) -> list[tuple[Field, Step]]:
    return [(field, step) for field in contract.fields for step in field.steps]


def _steps_sql(count: int) -> str | None:
    if not count:
        return None
    counts = ", ".join(f"count(*) FILTER (_step{i})" for i in range(count))
    return f"SELECT {counts} FROM checked"


def _region_fields(contract: Contract) -> list[Field]:
    return [f for f in contract.fields if f.step("region")]


def _given(field: Field) -> str:
    """The column with a field's text as it was handed in; `raw_column` holds it after its steps."""
    return identifier(f"given {field.name}") if field.steps else raw_column(field.name)


def _delete_sql(contract: Contract, scheme: PseudonymScheme, clean: str) -> str | None:
    if contract.loading.delete_column is None:
        return None
    keys = ", ".join(
        f"{_kept(f, scheme)} AS {identifier(f.name)}"
        for f in contract.fields
        if f.name in contract.key
    )
    return f"SELECT {RECORD}, {keys} FROM checked WHERE {clean} AND {DELETED}"


def _trimmed(column: str) -> str:
    """Without blanks around, empty as NULL; most values have none, and trimming copies."""
    blank = f"prefix({column}, ' ') OR suffix({column}, ' ')"
    return (
        f"CASE WHEN {column} = '' THEN NULL WHEN {blank} THEN nullif(trim({column}), '') "
        f"ELSE {column} END"
    )


def _check_sql(contract: Contract, rules: tuple[Rule, ...], scheme: PseudonymScheme) -> str:
    places = source_columns(contract)
    given = ", ".join(
        f"{_trimmed(place_name(places.index(f.source_column)))} AS {_given(f)}"
        for f in contract.fields
    )
    cast = ", ".join(
        f"{cast_sql(f)} AS {identifier(f.name)}" for f in contract.fields if not f.step("region")
    )
    given += _deleted(contract)
    conditions = [_condition(contract, rule, scheme) for rule in rules]
    # A record whose cells may stand in each other's columns breaks that one rule and no other.
    marks = " ".join(
        f"WHEN starts_with(_shape, {text_literal(rule.id)}) THEN {1 << bit}"
        for bit, rule in enumerate(MARKED[1:], 1)
    )
    packed = ", ".join(
        f"CASE WHEN _shape IS NOT NULL THEN {0 if start else f'CASE {marks} ELSE 1 END'} ELSE "
        + " + ".join(
            f"CASE WHEN {condition} THEN {1 << bit} ELSE 0 END"
            for bit, condition in enumerate(conditions[start : start + BITS])
        )
        + f" END AS _bits{start // BITS}"
        for start in range(0, len(conditions), BITS)
    )
    texts = _stepped(contract, f"(SELECT {RECORD}, _shape, {given} FROM batch)")
    return _with_regions(
        contract, f"SELECT *, {cast} FROM {texts}" if cast else f"SELECT * FROM {texts}", packed
    )


def _stepped(contract: Contract, relation: str) -> str:
    """The relation with each field's text after its steps and a flag for each step that changed
    a value; every layer computes one step of each field that has so many."""
    number, layers = 0, list[list[str]]()
    for field in contract.fields:
        before = _given(field)
        steps = [step for step in field.steps if step.name != "region"]
        for depth, step in enumerate(steps):
            last = depth == len(steps) - 1
            after = raw_column(field.name) if last else identifier(f"text {depth} {field.name}")
            if depth == len(layers):
                layers.append([])
            layers[depth].append(f"{step_sql(before, step, field)} AS {after}")
            layers[depth].append(f"{before} IS DISTINCT FROM {after} AS _step{number + depth}")
            before = after
        if field.steps and not steps:
            layers = layers or [[]]
            layers[0].append(f"{before} AS {raw_column(field.name)}")
        number += len(field.steps)
    for layer in layers:
        relation = f"(SELECT *, {', '.join(layer)} FROM {relation})"
    return relation


def _with_regions(contract: Contract, cast: str, packed: str) -> str:
    """Places are resolved last: they need the cast value of the row's own date."""
    numbers = {
        field.name: i
        for i, (field, step) in enumerate(_numbered_steps(contract))
        if step.name == "region"
    }
    handed = ", ".join(_handed_on(contract))
    if not numbers:
        return f"SELECT {handed}, {packed} FROM ({cast})"
    fields = _region_fields(contract)
    found = ", ".join(
        f"_place{i}._code AS {identifier(f.name)}, _place{i}._code IS NOT NULL AND "
        f"_place{i}._code <> {raw_column(f.name)} AS _step{numbers[f.name]}"
        for i, f in enumerate(fields)
    )
    joins = " ".join(region_join(f, f"_place{i}") for i, f in enumerate(fields))
    return (
        f"WITH {regions_sql()} SELECT {handed}, {packed} FROM "
        f"(SELECT _texts.*, {found} FROM ({cast}) AS _texts {joins})"
    )


def _handed_on(contract: Contract) -> list[str]:
    """The columns of the checking step that later ones need: no text of a value."""
    deleted = [DELETED] if contract.loading.delete_column else []
    steps = [f"_step{i}" for i in range(len(_numbered_steps(contract)))]
    return [RECORD, *(identifier(f.name) for f in contract.fields), *deleted, *steps]


def _condition(contract: Contract, rule: Rule, scheme: PseudonymScheme) -> str:
    """A record that deletes is held to the rules of its key alone: the rest may be left blank."""
    condition = rule.condition
    field = contract.field(rule.field or "")
    if field and field.protected and field.protect == "pseudonym":
        # What was quarantined before a rotation and is handed in after it would be nobody's.
        prefix = text_literal(prefix_of(scheme.digest, scheme.key_version))
        stale = f"NOT starts_with({identifier(field.name)}, {prefix})"
        condition = f"({condition}) OR {stale}" if rule.id == f"{field.name}.pattern" else condition
    if contract.loading.delete_column is None or rule.field in contract.key:
        return condition
    return f"NOT {DELETED} AND ({condition})"


def _deleted(contract: Contract) -> str:
    """Whether a record's mark says delete."""
    column = contract.loading.delete_column
    if column is None:
        return ""
    marks = ", ".join(text_literal(value) for value in contract.loading.delete_values)
    place = place_name(source_columns(contract).index(column))
    return f", coalesce(trim({place}) IN ({marks}), false) AS {DELETED}"


def _message(field: Field) -> str:
    """What is hashed: the kind keeps a passport apart from a card of the same characters.

    A citizen's number that is kept has right check digits: its rule has seen to that.
    """
    column = identifier(field.name)
    if field.identifier == "citizen_id":
        return f"('citizen_id:' || {column})"
    kind = f"CASE WHEN citizen_id_holds({column}) THEN 'citizen_id:' ELSE 'document:' END"
    return f"({kind} || {column})"


def _messages_sql(contract: Contract) -> str | None:
    """Over `checked`: what the pseudonyms of a batch are made of; None without pseudonyms."""
    fields = [f for f in contract.fields if f.protect == "pseudonym" and not f.protected]
    parts = [f"SELECT DISTINCT {_message(f)} FROM checked" for f in fields]
    return " UNION ".join(parts) or None


def pseudonym_sql(field: Field, scheme: PseudonymScheme) -> str:
    """The keyed pseudonym of a canonical number; the same as `Keyring.pseudonym` makes."""
    return made_sql(_message(field), scheme)


def _kept(field: Field, scheme: PseudonymScheme) -> str:
    column = identifier(field.name)
    if field.protected:
        return column
    if field.protect == "pseudonym":
        return pseudonym_sql(field, scheme)
    if field.protect == "mask":
        policy = FieldPolicy(field.name, field.title, field.type, field.grade, field.identifier)
        return render(mask_of(policy, raw_sql(column)), DIALECT)
    return column


def broken_rules(checks: Checks, words: list[int]) -> list[str]:
    """The ids of the rules whose bits are set.

    `words` are the values of `_bits0`, `_bits1`, … of one combination.
    """
    return [rule.id for i, rule in enumerate(checks.rules) if words[i // BITS] >> (i % BITS) & 1]
