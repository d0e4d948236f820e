"""Which record of a snapshot is meant, by the fields of its dataset's key.

A record number is a snapshot's own: a later load, a compaction or a rotation of pseudonyms gives
the record another one. Its key names it in every snapshot.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

import pyarrow as pa
from sqlglot import exp

from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Policy, PurposeCode
from xihu_platform.engines.protocol import Engine
from xihu_platform.errors import BadInput, TerminalError
from xihu_platform.identity.principal import Principal
from xihu_platform.lake.snapshot import RECORD, Snapshot
from xihu_platform.sql import column, integer, named
from xihu_platform.vault.keys import Keyring, key_version_of
from xihu_platform.vault.seal import open_bytes, seal_bytes

RowKey = tuple[str, ...]
"""The values of a dataset's key as text, in its order; pseudonyms as a snapshot has them."""
REF_LIMIT = 2000
"""Characters of a reference."""


@dataclass(frozen=True, slots=True)
class RowRef:
    """A record that somebody was shown."""

    snapshot_id: int
    key: RowKey
    shown: frozenset[str]
    """The fields of it that they were shown."""
    clear: frozenset[str]
    """Those of them that were shown as they are, neither masked nor keyed again."""


class RowRefs:
    """References to records, each sealed for whoever was shown it: nobody makes one up."""

    def __init__(self, keyring: Keyring) -> None:
        self._key = keyring.sealing("row-references")
        self._digests = keyring.derive("marked-values")

    def seal(self, reader: str, policy: Policy, ref: RowRef) -> str:
        """Longer than `REF_LIMIT` where the key is: such a one opens to nobody."""
        fields = [_bits(policy, ref.shown), _bits(policy, ref.clear)]
        said = [_layout(policy), *fields, ref.snapshot_id, *ref.key]
        content = json.dumps(said, ensure_ascii=False).encode()
        sealed = seal_bytes(self._key, content, _place(reader, policy.dataset))
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, reader: str, policy: Policy, text: str) -> RowRef:
        """Raises BadInput for what was not sealed for this reader and dataset, and where the
        dataset has other fields now."""
        try:
            if len(text) > REF_LIMIT:
                raise ValueError
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            said = json.loads(open_bytes(self._key, sealed, _place(reader, policy.dataset)))
            layout, shown, clear, snapshot_id, *key = said
        except (TerminalError, ValueError, binascii.Error):
            raise BadInput(
                "没有指明是哪一条记录，请从记录旁的“有误？”进入",
                "this does not name a record that you were shown: start at the record itself",
            ) from None
        if layout != _layout(policy):
            raise BadInput(
                "数据集的数据项已有调整，请重新打开这条记录再提出",
                "the dataset has other fields now: open the record again and start there",
            )
        fields = (_fields(policy, shown), _fields(policy, clear))
        return RowRef(int(snapshot_id), tuple(str(one) for one in key), *fields)

    def digest(self, policy: Policy, field: str, value: object) -> str:
        """Tells one value of a field from another without giving it away. A pseudonym is given as
        it is, since it is another text in each key version."""
        found = policy.field(field)
        if found is not None and found.pseudonym and value is not None:
            return str(value)
        text = "" if value is None else f"={_canonical(value)}"
        content = f"{policy.dataset}\0{field}\0{text}".encode()
        return hmac.new(self._digests, content, sha256).hexdigest()


def _canonical(value: object) -> str:
    """One text for one value, whatever number of decimals the type of a load has."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    text = format(Decimal(str(value)), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _layout(policy: Policy) -> str:
    names = [one.name for one in policy.fields]
    return sha256(json.dumps([names, policy.primary_key]).encode()).hexdigest()[:8]


def _bits(policy: Policy, names: Collection[str]) -> int:
    return sum(1 << n for n, one in enumerate(policy.fields) if one.name in names)


def _fields(policy: Policy, bits: int) -> frozenset[str]:
    return frozenset(one.name for n, one in enumerate(policy.fields) if bits >> n & 1)


def reader_of(principal: Principal, purpose: PurposeCode) -> str:
    """As whom somebody was shown a record: about themselves or whom they act for, in a position,
    or as anybody. A reference made for one opens for no other."""
    if principal.position is not None:
        return f"office\0{principal.id}\0{principal.position.id}"
    whose = principal.mandate.key if principal.mandate is not None else ""
    return f"{purpose}\0{principal.id}\0{whose}"


def _place(reader: str, dataset: str) -> str:
    return f"row\0{reader}\0{dataset}"


def key_columns(policy: Policy) -> list[exp.Expr]:
    """The key's fields as text, named `_k0`, `_k1`, …"""
    return [named(_text(name), f"_k{n}") for n, name in enumerate(policy.primary_key)]


def _text(name: str) -> exp.Expr:
    return exp.Cast(this=column(name), to=exp.DataType.build("text"))


def keys_of(
    engine: Engine, snapshot: Snapshot, policy: Policy, records: Sequence[int]
) -> dict[int, RowKey]:
    """The key of each of a page's records; none where the dataset has no key."""
    if not has_key(policy, snapshot) or not records:
        return {}
    relation = engine.relation(snapshot)
    tree = exp.Select(expressions=[column(RECORD), *key_columns(policy)])
    tree = tree.from_(relation.table(), copy=False)
    numbers = [integer(int(number)) for number in records]
    tree.where(exp.In(this=column(RECORD), expressions=numbers), copy=False)
    table = engine.fetch(Parameters().statement(tree, relation.dialect))
    return dict(zip(table[RECORD].to_pylist(), _keys(table, policy), strict=True))


def find_records(
    engine: Engine, snapshot: Snapshot, policy: Policy, keys: Iterable[RowKey], *fields: str
) -> tuple[pa.Table, list[RowKey]]:
    """The records that have one of these keys, with some of their fields, and the key of each.

    The table has the record number and the fields named.
    """
    wanted = set(keys)
    parameters = Parameters()
    relation = engine.relation(snapshot)
    columns = [column(RECORD), *key_columns(policy), *(column(name) for name in fields)]
    tree = exp.Select(expressions=columns).from_(relation.table(), copy=False)
    at = max(range(len(policy.primary_key)), key=lambda n: len({key[n] for key in wanted}))
    values = sorted({key[at] for key in wanted})
    places = [parameters.place(value) for value in values]
    tree.where(exp.In(this=_text(policy.primary_key[at]), expressions=places), copy=False)
    table = engine.fetch(parameters.statement(tree, relation.dialect))
    found = _keys(table, policy)
    kept = [place for place, key in enumerate(found) if key in wanted]
    places_kept = pa.array(kept, pa.int64())  # of none the type is told, too
    return table.select([RECORD, *fields]).take(places_kept), [found[place] for place in kept]


def _keys(table: pa.Table, policy: Policy) -> list[RowKey]:
    columns = [table[f"_k{n}"].to_pylist() for n in range(len(policy.primary_key))]
    return list(zip(*columns, strict=True))


def has_key(policy: Policy, snapshot: Snapshot) -> bool:
    """Whether the records of a snapshot can be told apart by the key that the contract names."""
    there = {one.name for one in snapshot.columns}
    return bool(policy.primary_key) and set(policy.primary_key) <= there


def in_key_version(
    key: RowKey, policy: Policy, key_version: int, promote: Callable[[str, int], str]
) -> RowKey | None:
    """The key with its pseudonyms as a snapshot of `key_version` has them; None where there is no
    way: it is of a later one, or no pseudonym."""
    promoted = list(key)
    for place, name in enumerate(policy.primary_key[: len(key)]):
        field = policy.field(name)
        if field is None or not field.pseudonym:
            continue
        try:
            promoted[place] = promote(key[place], key_version)
        except BadInput:  # of a later key version, or of a contract before, with another key
            return None
    return tuple(promoted)


def same_record(
    one: RowKey, other: RowKey, policy: Policy, promote: Callable[[str, int], str]
) -> bool:
    """Whether two keys name one record, whatever key versions their pseudonyms are of."""
    newest = max(_newest(one, policy), _newest(other, policy))
    mine, theirs = (in_key_version(key, policy, newest, promote) for key in (one, other))
    return len(one) == len(other) and mine is not None and mine == theirs


def _newest(key: RowKey, policy: Policy) -> int:
    newest = 1
    for place, name in enumerate(policy.primary_key[: len(key)]):
        field = policy.field(name)
        if field is not None and field.pseudonym:
            with suppress(BadInput):  # of a contract before, with another key
                newest = max(newest, key_version_of(key[place]))
    return newest
