"""The statement that compares two states of one dataset as their reader may see them.

Both sides are filtered and treated before they are compared, so a value that the reader may not see
takes no part. All rows of both sides are grouped by their fields, which treats unknown values as
equal: rows that are as often on one side as on the other are unchanged. Of the others, a key that
is there once on each side names a changed row; all others were removed or added, with the number of
times. Without a key, and for a key that is not unique, nothing can be called changed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from xihu_platform.access.answers import Plan
from xihu_platform.access.treatments import SUBJECT
from xihu_platform.sql import column, integer, named, string, table, with_tables

REMOVED, ADDED, CHANGED = 0, 1, 2
KIND, COPIES, NAMES = "_change", "_copies", "_changed_fields"
"""Columns beside the fields; no field's name begins so."""
BEFORE, AFTER = "old.", "new."
"""Before a field's name; no field's name has a dot."""
SUBJECTS_BEFORE, SUBJECTS_AFTER = "_subjects_old", "_subjects_new"
UNCHANGED, DUPLICATES = "unchanged", "duplicates"


@dataclass(frozen=True, slots=True)
class DiffSql:
    """Two plans that share their parameters, and which of their fields are compared."""

    before: Plan
    after: Plan
    key: tuple[str, ...]
    """Empty where rows are compared as a multiset."""
    fields: tuple[str, ...]
    """All that are compared, the key's first."""

    @property
    def others(self) -> tuple[str, ...]:
        return self.fields[len(self.key) :]

    def rows(self, *, subjects: bool, names: bool = False) -> exp.Select:
        """One row for each difference, in no order: the kind, the number of times, the key, and
        each other field as it was and as it is."""
        chosen: list[exp.Expr] = [column(KIND), column(COPIES)]
        if names:
            chosen.append(named(self._names(), NAMES))
        chosen += [column(name) for name in self.key]
        for name in self.others:
            chosen += [column(BEFORE + name), column(AFTER + name)]
        if subjects:
            chosen += [column(SUBJECTS_BEFORE), column(SUBJECTS_AFTER)]
        tree = exp.Select(expressions=chosen, from_=exp.From(this=table("differences")))
        return with_tables(tree, self._tables(subjects=subjects))

    def order(self) -> list[exp.Ordered]:
        """Total: two rows that are equal in all of it are one, with the number of times."""
        both = (side + name for name in self.others for side in (BEFORE, AFTER))
        names = (KIND, *self.key, *both)
        return [exp.Ordered(this=column(name), nulls_first=False) for name in names]

    def counts(self) -> exp.Select:
        """One row: removed, added, changed, unchanged, and keys that are not unique."""
        chosen = [
            named(_sum(_when(_is(KIND, kind), column(COPIES))), name)
            for kind, name in ((REMOVED, "removed"), (ADDED, "added"), (CHANGED, "changed"))
        ]
        tree = exp.Select(expressions=chosen, from_=exp.From(this=table("differences")))
        same = exp.Select(
            expressions=[named(_sum(exp.Least(this=column("_o"), expressions=[column("_n")])), "n")]
        ).from_(table("keyed"), copy=False)
        tree.select(named(same.subquery(), UNCHANGED), copy=False)
        tree.select(named(self._duplicates().subquery(), DUPLICATES), copy=False)
        return with_tables(tree, self._tables(subjects=False))

    def _duplicates(self) -> exp.Select:
        if not self.key:
            return exp.Select(expressions=[exp.cast(integer(0), "BIGINT")])
        several = exp.or_(
            exp.GT(this=column("_ko"), expression=integer(1)),
            exp.GT(this=column("_kn"), expression=integer(1)),
        )
        keys = exp.Select(expressions=[column(name) for name in self.key])
        keys = keys.from_(table("keyed"), copy=False).where(several, copy=False)
        keys.distinct(copy=False)
        counted = exp.Select(expressions=[exp.Count(this=exp.Star())])
        return counted.from_(keys.subquery("d"), copy=False)

    def subjects(self, side: str, limit: int) -> exp.Select:
        """The persons whose rows differ on one side, at most `limit` of them."""
        each = exp.Select(expressions=[named(exp.Unnest(expressions=[column(side)]), "subject")])
        each = each.from_(table("differences"), copy=False)
        tree = exp.Select(expressions=[column("subject")]).from_(each.subquery("s"), copy=False)
        tree.where(exp.Not(this=exp.Is(this=column("subject"), expression=exp.Null())), copy=False)
        tree.distinct(copy=False).limit(limit, copy=False)
        return with_tables(tree, self._tables(subjects=True))

    def _tables(self, *, subjects: bool) -> dict[str, exp.Query]:
        both = exp.union(
            self._side(self.before, 1, subjects=subjects),
            self._side(self.after, 0, subjects=subjects),
            distinct=False,
            copy=False,
        )
        return {
            "sides": both,
            "images": self._images(subjects=subjects),
            "keyed": self._keyed(subjects=subjects),
            "differences": self._differences(subjects=subjects),
        }

    def _side(self, plan: Plan, old: int, *, subjects: bool) -> exp.Select:
        chosen: list[exp.Expr] = [column(name) for name in self.fields]
        if subjects:
            chosen.append(column(SUBJECT))
        return plan.select(*chosen, named(integer(old), "_old"))

    def _images(self, *, subjects: bool) -> exp.Select:
        fields = [column(name) for name in self.fields]
        old, new = _is("_old", 1), _is("_old", 0)
        chosen: list[exp.Expr] = [
            *fields,
            named(_filtered(exp.Count(this=exp.Star()), old), "_o"),
            named(_filtered(exp.Count(this=exp.Star()), new), "_n"),
        ]
        if subjects:
            persons = exp.Distinct(expressions=[column(SUBJECT)])
            for name, side in ((SUBJECTS_BEFORE, old), (SUBJECTS_AFTER, new)):
                listed = exp.ArrayAgg(this=persons.copy(), nulls_excluded=False)
                chosen.append(named(_filtered(listed, side), name))
        tree = exp.Select(expressions=chosen).from_(table("sides"), copy=False)
        return tree.group_by(*(one.copy() for one in fields), copy=False)

    def _keyed(self, *, subjects: bool) -> exp.Select:
        chosen: list[exp.Expr] = [exp.Star()]
        for name, side in (("_ko", "_o"), ("_kn", "_n")):
            chosen.append(named(self._of_key(side), name))
        return exp.Select(expressions=chosen).from_(table("images"), copy=False)

    def _of_key(self, side: str) -> exp.Expr:
        if not self.key:
            return integer(0)
        by = [column(name) for name in self.key]
        return exp.Window(this=exp.Sum(this=column(side)), partition_by=by)

    def _differences(self, *, subjects: bool) -> exp.Query:
        single = self._single(subjects=subjects)
        if not self.key:
            return single
        paired = self._paired(subjects=subjects)
        return exp.union(single, paired, distinct=False, copy=False)

    def _single(self, *, subjects: bool) -> exp.Select:
        """Removed and added."""
        kind = exp.If(this=_was(), true=integer(REMOVED))
        copies = exp.Abs(this=exp.Sub(this=column("_o"), expression=column("_n")))
        chosen: list[exp.Expr] = [
            named(exp.Case(ifs=[kind], default=integer(ADDED)), KIND),
            named(exp.cast(copies, "BIGINT"), COPIES),
            *(column(name) for name in self.key),
            *self._both(lambda name, side: _when(side, column(name))),
            *self._subject_lists(subjects, lambda one: one),
        ]
        tree = exp.Select(expressions=chosen).from_(table("keyed"), copy=False)
        return tree.where(_differs(), exp.Not(this=_once()), copy=False)

    def _paired(self, *, subjects: bool) -> exp.Select:
        """Changed: of such a key there are two images, one of each side."""
        chosen: list[exp.Expr] = [
            named(integer(CHANGED), KIND),
            named(exp.cast(integer(1), "BIGINT"), COPIES),
            *(column(name) for name in self.key),
            *self._both(lambda name, side: _filtered(exp.Max(this=column(name)), side)),
            *self._subject_lists(subjects, lambda one: exp.Max(this=one)),
        ]
        tree = exp.Select(expressions=chosen).from_(table("keyed"), copy=False)
        tree.where(_differs(), _once(), copy=False)
        return tree.group_by(*(column(name) for name in self.key), copy=False)

    def _both(self, form: Callable[[str, exp.Expr], exp.Expr]) -> Iterator[exp.Expr]:
        for name in self.others:
            yield named(form(name, _was()), BEFORE + name)
            yield named(form(name, _is_now()), AFTER + name)

    def _subject_lists(
        self, subjects: bool, form: Callable[[exp.Expr], exp.Expr]
    ) -> Iterator[exp.Expr]:
        for name in (SUBJECTS_BEFORE, SUBJECTS_AFTER) if subjects else ():
            yield named(form(column(name)), name)

    def _names(self) -> exp.Expr:
        """The changed fields, separated by blanks; null unless the row is a changed one."""
        parts = [_when(differs_in(name), string(name)) for name in self.others]
        if not parts:
            return exp.Null()
        joined = exp.ArrayToString(this=exp.Array(expressions=parts), expression=string(" "))
        return _when(_is(KIND, CHANGED), joined)


def differs_in(name: str) -> exp.Expr:
    """Whether a field of a difference is another one than it was; unknown is equal to unknown."""
    return exp.NullSafeNEQ(this=column(BEFORE + name), expression=column(AFTER + name))


def is_kind(kind: int) -> exp.Expr:
    return _is(KIND, kind)


def _is(name: str, value: int) -> exp.Expr:
    return exp.EQ(this=column(name), expression=integer(value))


def _was() -> exp.Expr:
    return exp.GT(this=column("_o"), expression=column("_n"))


def _is_now() -> exp.Expr:
    return exp.GT(this=column("_n"), expression=column("_o"))


def _differs() -> exp.Expr:
    return exp.NEQ(this=column("_o"), expression=column("_n"))


def _once() -> exp.Expr:
    """Its key is there once on each side."""
    return exp.paren(exp.and_(_is("_ko", 1), _is("_kn", 1)), copy=False)


def _when(condition: exp.Expr, value: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=condition, true=value)])


def _filtered(aggregate: exp.Expr, condition: exp.Expr) -> exp.Expr:
    return exp.Filter(this=aggregate, expression=exp.Where(this=condition.copy()))


def _sum(value: exp.Expr) -> exp.Expr:
    whole = exp.Coalesce(this=exp.Sum(this=value), expressions=[integer(0)])
    return exp.cast(whole, "BIGINT")
