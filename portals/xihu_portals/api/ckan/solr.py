"""Reads the query language of `q` and `fq`: that of Solr's standard parser, as CKAN configures it.

Clauses are joined as Lucene's classic parser does with AND as its default operator: an OR makes its
two neighbours optional, and where a clause is required, optional ones need not match.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from xihu_portals.api.ckan.answers import SearchQueryFault

QUERY_LENGTH = 8_000
CLAUSES = 1_024
"""Lucene's `maxClauseCount`."""
DEPTH = 40
Occur = Literal["must", "should", "not"]
_TOKEN = re.compile(
    r"""(?:
    (?P<quoted>"(?:[^"\\]|\\.)*")
    |(?P<range>[\[{](?:[^\[\]{}"]|"[^"]{0,100}"){0,200}[\]}])
    |(?P<mark>[()]|&&|\|\||[+!-])
    |(?P<regex>/)
    |(?P<term>(?:[^\s()\[\]{}":^~\\]|\\.)+)
    |(?P<field>:)
    |(?P<suffix>[\^~][0-9.]*)
    |(?P<other>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)
_BLANKS = re.compile(r"\s*")
_RANGE = re.compile(r'([\[{])\s*("[^"]*"|\S+)\s+TO\s+("[^"]*"|[^\s\]}]+)\s*([\]}])', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MATH = re.compile(r"([+-])(\d{1,9})([A-Z]+)|/([A-Z]+)")


@dataclass(frozen=True, slots=True)
class SolrTerm:
    """`field:value`; without a field it is searched for in all texts. `quoted` has no wildcards."""

    field: str | None
    value: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class SolrRange:
    """`field:[low TO high]`; None where an end is open."""

    field: str
    low: str | None
    high: str | None
    with_low: bool
    with_high: bool


@dataclass(frozen=True, slots=True)
class SolrAll:
    """`*:*`"""


@dataclass(frozen=True, slots=True)
class SolrGroup:
    """Clauses; what matches meets every `must`, no `not`, and a `should` if nothing is a `must`."""

    clauses: tuple[tuple[Occur, "SolrQuery"], ...]


SolrQuery = SolrTerm | SolrRange | SolrAll | SolrGroup


def parse_solr(text: str) -> SolrQuery:
    """Raises SearchQueryFault.

    >>> parse_solr("*:*"), parse_solr("tags:air")
    (SolrAll(), SolrTerm(field='tags', value='air', quoted=False))
    >>> parse_solr('-a:b +c:("d e" OR f*)').clauses[0]
    ('not', SolrTerm(field='a', value='b', quoted=False))
    """
    if len(text) > QUERY_LENGTH:
        raise SearchQueryFault(f"the query is longer than {QUERY_LENGTH} characters")
    return _Parser(text).parse()


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Kind, text and place of each token. Blanks are skipped once and a range has a length, so
    that the time is linear, whatever the text. Raises SearchQueryFault."""
    at = found = 0
    while (at := _end_of_blanks(text, at)) < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # any character is a token
        kind = match.lastgroup or ""
        yield kind, match.group(kind), at
        at, found = match.end(), found + 1
        if found > 8 * CLAUSES:
            raise SearchQueryFault(f"the query has more than {CLAUSES} clauses")


def _end_of_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match else at


class _Parser:
    """A recursive descent over tokens of (kind, text)."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._clauses = 0

    def parse(self) -> SolrQuery:
        found = self._group(None, 0)
        if self._at < len(self._tokens):
            raise self._fault()
        return found

    def _fault(self) -> SearchQueryFault:
        if self._at >= len(self._tokens):
            return SearchQueryFault("the query ends too early")
        kind, text, at = self._tokens[self._at]
        return SearchQueryFault(f"cannot parse the query at character {at}: {kind} {text[:40]!r}")

    def _peek(self, kind: str, *texts: str) -> bool:
        if self._at >= len(self._tokens):
            return False
        token = self._tokens[self._at]
        return token[0] == kind and (not texts or token[1] in texts)

    def _take(self) -> str:
        text = self._tokens[self._at][1]
        self._at += 1
        return text

    def _group(self, field: str | None, depth: int) -> SolrQuery:
        if depth > DEPTH:
            raise SearchQueryFault(f"the query is nested more than {DEPTH} deep")
        clauses: list[tuple[Occur, SolrQuery]] = []
        while self._at < len(self._tokens) and not self._peek("mark", ")"):
            joined = self._conjunction(first=not clauses)
            occur: Occur | None = self._modifier()
            self._clauses += 1
            if self._clauses > CLAUSES:
                raise SearchQueryFault(f"the query has more than {CLAUSES} clauses")
            clause = self._clause(field, depth)
            if clauses and joined and clauses[-1][0] != "not":
                clauses[-1] = ("should" if joined == "OR" else "must", clauses[-1][1])
            clauses.append((occur or ("should" if joined == "OR" else "must"), clause))
        if not clauses:
            raise self._fault()
        if len(clauses) == 1 and clauses[0][0] != "not":
            return clauses[0][1]
        return SolrGroup(tuple(clauses))

    def _conjunction(self, *, first: bool) -> str:
        joined = ""
        if self._peek("term", "AND", "OR"):
            joined = self._take()
        elif self._peek("mark", "&&", "||"):
            joined = "AND" if self._take() == "&&" else "OR"
        if joined and first:
            self._at -= 1
            raise self._fault()
        return joined

    def _modifier(self) -> Occur | None:
        if self._peek("term", "NOT") or self._peek("mark", "!", "-"):
            self._take()
            return "not"
        if self._peek("mark", "+"):
            self._take()
            return "must"
        return None

    def _clause(self, field: str | None, depth: int) -> SolrQuery:
        if self._at + 1 < len(self._tokens) and self._tokens[self._at + 1][0] == "field":
            if not self._peek("term"):
                raise self._fault()
            name = _plain(self._take())
            self._take()
            if name == "*" and self._peek("term", "*"):
                self._take()
                found: SolrQuery = SolrAll()
            else:
                found = self._primary(name, depth)
        else:
            found = self._primary(field, depth)
        while self._peek("suffix"):  # boosts, fuzziness and slop change the order alone
            self._take()
        return found

    def _primary(self, field: str | None, depth: int) -> SolrQuery:
        if self._peek("mark", "("):
            self._take()
            found = self._group(field, depth + 1)
            if not self._peek("mark", ")"):
                raise self._fault()
            self._take()
            return found
        if self._peek("quoted"):
            return SolrTerm(field, _plain(self._take()[1:-1]), quoted=True)
        if self._peek("range"):
            return self._range(field)
        if self._peek("mark", "-") and field is not None:
            raise self._fault()
        if not self._peek("term") or self._peek("term", "AND", "OR", "NOT"):
            raise self._fault()
        value = self._take()
        if field is None and value == "*":
            return SolrAll()
        return SolrTerm(field, _plain(value))

    def _range(self, field: str | None) -> SolrQuery:
        match = _RANGE.fullmatch(self._tokens[self._at][1])
        if match is None or field is None:
            raise self._fault()
        self._take()
        low, high = (_end(match.group(n)) for n in (2, 3))
        return SolrRange(field, low, high, match.group(1) == "[", match.group(4) == "]")


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _end(text: str) -> str | None:
    return None if text == "*" else _plain(text.strip('"'))


def solr_moment(text: str, now: datetime) -> datetime:
    """A moment as Solr writes it, with date mathematics behind NOW. Raises SearchQueryFault.

    >>> solr_moment("NOW/DAY-1MONTH", datetime(2026, 3, 31, 5, tzinfo=UTC)).isoformat()
    '2026-02-28T00:00:00+00:00'
    """
    wrong = SearchQueryFault(f"invalid date: {text[:60]!r}")
    try:
        if not text.startswith("NOW"):
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?Z", text, re.ASCII):
                raise wrong
            return datetime.fromisoformat(text)
        moment, at = now.astimezone(UTC), 3
        while at < len(text):
            match = _MATH.match(text, at)
            if match is None:
                raise wrong
            sign, count, unit, floor = match.groups()
            if floor:
                moment = _floor(moment, floor.rstrip("S"), wrong)
            else:
                moment = _moved(moment, int(sign + count), unit.rstrip("S"), wrong)
            at = match.end()
    except (ValueError, OverflowError):
        raise wrong from None
    return moment


_SPANS = {
    "DAY": timedelta(days=1),
    "DATE": timedelta(days=1),
    "HOUR": timedelta(hours=1),
    "MINUTE": timedelta(minutes=1),
    "SECOND": timedelta(seconds=1),
}
_FIRST = {"month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0}
_UNITS = {"YEAR": 0, "MONTH": 1, "DAY": 2, "DATE": 2, "HOUR": 3, "MINUTE": 4, "SECOND": 5}


def _floor(moment: datetime, unit: str, wrong: SearchQueryFault) -> datetime:
    if unit not in _UNITS:
        raise wrong
    names = list(_FIRST)[_UNITS[unit] :]
    return moment.replace(**{name: _FIRST[name] for name in names})  # type: ignore[arg-type]


def _moved(moment: datetime, count: int, unit: str, wrong: SearchQueryFault) -> datetime:
    if unit in _SPANS:
        return moment + count * _SPANS[unit]
    if unit not in {"MONTH", "YEAR"}:
        raise wrong
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "YEAR" else 1)
    first = moment.replace(year=months // 12, month=months % 12 + 1, day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    last = (following - timedelta(days=1)).day
    return first.replace(day=min(moment.day, last))
