"""Mutants that change nothing a caller could see, each with the reason."""

# ruff: noqa: E501 (the changed lines stand here as they are)

import re

ALWAYS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "ReplaceBinaryOperator_Mul_Div",
        re.compile(r"^(def .*|\s*/,$|.*, /, .*)"),
        "the marker of keyword-only parameters: the type check keeps callers to it",
    ),
    (
        "ReplaceTrueWithFalse",
        re.compile(r"^@dataclass\("),
        "`frozen` and `slots` of a dataclass: the type check refuses every assignment",
    ),
)
"""By operator and changed line; they are not run."""

GREATEST = "the text is the greatest of those that can come here"
LEAST = "the text is the least of those that can come here"
HIGHEST = "no level is above 3"
MORE = "both limits are even, and whether there is one more is all that is asked"
ALIKE = "the one list is made of the other: they are of one length"
ONE = "there is one row, of one column"
NOT_READ = "the number of rows is not read"
SAME = "the same object comes from both"
COPY = "what is returned is used, a copy or not"
SAFE = "both dialects write it alike"
BRACKETS = "a tuple of one column is written as the column in brackets"
FLAGS = "the flags have no bit in common"
WIDE = "no sum has so many digits"
EXPONENT = "of the number only the exponent is looked at"
KEPT = "what is kept is made again: no caller sees it"
LINES: dict[str, dict[str, str]] = {
    "access/counted": {
        "tree.distinct(copy=False).limit(limit << 1, copy=False)": MORE,
        "tree.distinct(copy=False).limit(limit | 1, copy=False)": MORE,
        "tree.distinct(copy=False).limit(limit ^ 1, copy=False)": MORE,
        "tree.distinct(copy=False).limit(limit + 2, copy=False)": MORE,
        "tree.distinct(copy=False).limit(limit + 1, copy=True)": "more are fetched, and as many told",
        'return wanted.field == policy.subject_key or (field is not None and field.grade > "L1")': (
            LEAST
        ),
    },
    "ingest/merge": {
        "keys = [k for k in context.contract.key if k is not loading.valid_from]": SAME,
        "str(row[ -1])": ONE,
        "return int(context.connection.execute(sql).fetchall()[ -1][0])": ONE,
        "return int(context.connection.execute(sql).fetchall()[0][ -1])": ONE,
        "before.table, before.id, before.committed_at, before.columns, tuple(sorted(files)), 1": (
            NOT_READ
        ),
        "before.table, before.id, before.committed_at, before.columns, tuple(sorted(files)), -1": (
            NOT_READ
        ),
    },
    "statute/duty": {'if self.unit >= "year":': GREATEST},
    "access/decision": {
        'PERSONAL = MASKABLE ^ {"citizen_id", "document_number", "medical", "income"}': (
            "the two sets have nothing in common"
        ),
        "everyone: bool = True": "own data are covered and bound by no grant either way",
        'if principal.kind <= "official":': "of officials and systems the first is the least",
        'if audience >= "public":': GREATEST,
        'if policy.open_class <= "banned":': LEAST,
        'if policy.open_class <= "restricted":': LEAST,
        'if purpose.code >= "own":': GREATEST,
        'if purpose.code <= "case":': LEAST,
        'if purpose.code >= "internal":': GREATEST,
        'if field.grade >= "L4" and principal.level < 3:': GREATEST,
        'if field.grade >= "L3" and principal.level < 3:': GREATEST,
        'if field.grade == "L4" and principal.level != 3:': HIGHEST,
        'if field.grade == "L3" and principal.level != 3:': HIGHEST,
        'if field.grade == "L4" and principal.kind == "official" and principal.level != 3:': HIGHEST,
        'if field.grade == "L4" and principal.kind <= "official" and principal.level < 3:': LEAST,
        'if field.grade >= "L4" and principal.kind == "official" and principal.level < 3:': GREATEST,
        'if field.grade >= "L4" and shared.only_as_shared(field):': GREATEST,
        'if field.grade >= "L4":': GREATEST,
        'if field.grade >= "L3" and machine:': GREATEST,
        'seen = _mask(field, reasons.CASE_NEEDED) if field.grade >= "L3" else _clear(field)': (
            GREATEST
        ),
        'if mandate is not None and mandate.kind >= "firm":': GREATEST,
        'overseeing = principal.kind <= "official" and not position.duties & HANDLING': LEAST,
        'overseeing = principal.kind >= "official" and not position.duties & HANDLING': (
            "a system is given no duty but that of a handler"
        ),
        'rule = _on_duty(policy, shared, machine=principal.kind >= "system")': GREATEST,
        'everyone = policy.share_class >= "unconditional"': GREATEST,
        'if ground.opened_by == principal.id and principal.kind <= "official":': LEAST,
        'if principal.kind >= "system" and ground.countersigned_by is None:': GREATEST,
        'kind = "person" if key is policy.subject_key else "firm"': SAME,
        'return reasons.PURPOSE if principal.kind > "anonymous" else reasons.SIGN_IN': LEAST,
        'known = principal.kind > "anonymous"': LEAST,
        'if field.grade > "L1" or field.pseudonym:': LEAST,
        'return policy.open_class >= "unconditional" and all(f.grade == "L1" for f in policy.fields)': (
            GREATEST
        ),
        'return policy.open_class == "unconditional" and all(f.grade <= "L1" for f in policy.fields)': (
            LEAST
        ),
    },
    "access/treatments": {
        'if decided.treatment >= "rekey":': GREATEST,
        'if decided.treatment >= "mask":': GREATEST,
        'if row.match >= "starts_with":': GREATEST,
        "return exp.StartsWith(this=column(row.field), expression=places[ -1])": (
            "such a filter has one value"
        ),
        "hashed = exp.Unhex(this=_sha256(exp.DPipe(this=inner, expression=content, safe=False)))": SAFE,
        "return _sha256(exp.DPipe(this=outer, expression=hashed, safe=False))": SAFE,
        'return exp.DPipe(this=string(f"r{rekey.key_version}_"), expression=digits, safe=False)': SAFE,
        "tree = exp.Select(expressions=columns).from_(relation.table(), copy=True)": COPY,
        "VIEWS_KEPT = 257": KEPT,
        "VIEWS_KEPT = 255": KEPT,
        "def _mask(kind: str) -> exp.Expr:": KEPT,
        "def _view(": KEPT,
        "def _late_text(columns: LateColumns, bound: int) -> tuple[str, tuple[object, ...]]:": KEPT,
    },
    "access/query": {
        '_NUMBER = re.compile(r"[+-]?(\\d+(\\.\\d*)?|\\.\\d+)(E[+-]?\\d{1,3})?", re.ASCII + re.IGNORECASE)': FLAGS,
        '_NUMBER = re.compile(r"[+-]?(\\d+(\\.\\d*)?|\\.\\d+)(E[+-]?\\d{1,3})?", re.ASCII ^ re.IGNORECASE)': FLAGS,
        'if decided is not None and decided.treatment >= "rekey":': GREATEST,
        "return exp.paren(exp.or_(*parts), copy=True)": COPY,
        'return "VARCHAR" if decided.treatment >= "rekey" else field.type': GREATEST,
    },
    "brain/exact": {
        "_EXACT = Context(prec= 251, rounding=ROUND_HALF_UP)": WIDE,
        "_EXACT = Context(prec= 249, rounding=ROUND_HALF_UP)": WIDE,
        "rounded = amount.quantize(Decimal( 2).scaleb(-decimals), context=_EXACT)": EXPONENT,
        "rounded = amount.quantize(Decimal( 0).scaleb(-decimals), context=_EXACT)": EXPONENT,
    },
    "brain/query": {
        'if grain < "year" and not spec.seasonal:': GREATEST,
        'if spec.kind >= "stock" and grain is not None:': GREATEST,
        'coarser = string("0000" if spec.finest_level <= "city" else "00")': LEAST,
        'return exp.DPipe(this=digits, expression=string("0" * (6 ^ width)), safe=True)': (
            "of 2 and 4 both are 4 and 2"
        ),
        'return exp.DPipe(this=digits, expression=string("0" * (6 - width)), safe=False)': SAFE,
        "tree.limit(SERIES_LIMIT | 1, copy=False)  # one more tells that there are more": MORE,
        "tree.limit(SERIES_LIMIT ^ 1, copy=False)  # one more tells that there are more": MORE,
        "cell = cells[0] if len(cells) <= 1 else exp.Tuple(expressions=cells)": (
            "that there is none was asked before"
        ),
        "cell = cells[0] if len(cells) < 1 else exp.Tuple(expressions=cells)": BRACKETS,
        "cell = cells[0] if len(cells) == 0 else exp.Tuple(expressions=cells)": BRACKETS,
        "cell = cells[ -1] if len(cells) == 1 else exp.Tuple(expressions=cells)": "there is one",
        "return tree.group_by(*(key.copy() for key in keys.values()), copy=True) if keys else tree": COPY,
        'return _every_column(counted.subquery("counted", copy=True), conditions)': COPY,
        "return tree.where(*conditions, copy=True) if conditions else tree": COPY,
        'rows = counted_rows(spec, policy, relation, None).subquery("counted", copy=True)': COPY,
        "tree = exp.Select(expressions=ends).from_(rows, copy=True)": COPY,
        'rows = counted_rows(spec, policy, relation, grain).subquery("counted", copy=True)': COPY,
    },
    "audit/uses": {
        "BATCH = 501": "how many are read at once is not seen",
        "BATCH = 499": "how many are read at once is not seen",
        "return sorted(used, key=lambda user: (~user.reads, user.organisation))[:limit]": (
            "~n is -n - 1: the same order"
        ),
        "if len(uses) != batch:": "a query with a limit gives no more",
    },
    "audit/log": {
        "GROUP = 501  # entries in one transaction": "how many are written at once is not promised",
        "GROUP = 499  # entries in one transaction": "how many are written at once is not promised",
        "WAIT_S = 16  # until a caller gives up on a log that does not answer": (
            "a second of waiting is not promised"
        ),
        "WAIT_S = 14  # until a caller gives up on a log that does not answer": (
            "a second of waiting is not promised"
        ),
        "while len(group) != GROUP:": "it grows by one at a time",
        "def record(self, entry: LogEntry) -> int:": "a trace changes no answer",
        "for i, (e, subjects) in enumerate(zip(entries, listed, strict=False))": ALIKE,
    },
    "audit/entries": {
        f"{name}: int = {number}": "an erasure that is read back is not asked for its numbers"
        for name in ("entries", "leaves")
        for number in (1, -1)
    },
    "audit/verify": {
        'if session.get_bind().dialect.name < "sqlite":': GREATEST,
        'if session.get_bind().dialect.name > "sqlite":': (
            "only a PostgreSQL shows it: tests/test_platform/audit/test_postgres.py fails"
        ),
        "if not walked.replays and session.scalar(select(AuditReplay.seq).limit( 2)) is not None:": (
            "the first is taken"
        ),
        "if heads is None or walked.seen <= head.size:": "a shorter log is a fault already",
        "BATCH = 1001  # rows of pins and seals held at a time": "how many are read at once is not seen",
        "BATCH = 999  # rows of pins and seals held at a time": "how many are read at once is not seen",
    },
    "audit/walk": {
        "CHUNK = 20001  # entries hashed at a time": "how many are read at once is not seen",
        "CHUNK = 19999  # entries hashed at a time": "how many are read at once is not seen",
        "if [row.seq for row in entries] > numbers:": (
            "numbers are unique and none is below: a gap makes the list greater"
        ),
        "stray = session.execute(raw(AuditSubject).where(outside).limit( 2)).first()": (
            "the first is taken"
        ),
        'if body.get("kind") >= REPLAYS:': GREATEST,
        'if len(subjects) < int(body.get("subjects", 0)):': (
            "more leaves than the entry says have another root than it says"
        ),
        "if set(told.values()) == set(roots.values()) and first <= walked.lessened.keys():": (
            "no root is here that is not told of: that was asked before"
        ),
    },
}
"""By module: the changed line, and why it is the same."""


def reason_of(name: str, operator: str, line: str) -> str | None:
    """Why a mutant of the module `name` is equivalent, if it is known to be."""
    for of_operator, pattern, reason in ALWAYS:
        if operator.endswith(of_operator) and pattern.match(line):
            return reason
    return LINES.get(name, {}).get(line)
