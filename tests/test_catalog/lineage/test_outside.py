"""Reported lineage in the graph: what it is bound to, and who is shown what of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tests.contracts import OURS, contract, field
from xihu_catalog.lineage.graph import WHOLE, GraphLevel, LineageGraph, lineage_graph
from xihu_catalog.lineage.outside import Names, OutsideLineage, external_id, jobs_of
from xihu_catalog.lineage.stated import (
    ReportedColumn,
    ReportedDataset,
    ReportedRun,
    StatedJob,
)

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
THEIRS = "11339900100102741M"
OWN = contract("own", [field("kk", key=True), field("vv")])
OTHER = contract("other", [field("kk", key=True), field("ww")], provider=THEIRS)
DRAFT = contract("draft", [field("kk", key=True)], provider=THEIRS)
ALL = {one.dataset: one for one in (OWN, OTHER, DRAFT)}
PUBLISHED = ("own", "other")
STAGE = ReportedDataset("postgres://stage", "public.t")
XIHU_OWN, XIHU_OTHER = ReportedDataset("xihu", "own"), ReportedDataset("xihu", "other")
FILE = ReportedDataset("xihu-intake", "own.csv")
EXT = "external:postgres://stage/public.t"


def run(
    inputs: tuple[ReportedDataset, ...] = (),
    outputs: tuple[ReportedDataset, ...] = (),
    *columns: tuple[ReportedDataset, str, ReportedDataset, str],
) -> ReportedRun:
    made = tuple(ReportedColumn(*one, "IDENTITY") for one in columns)
    return ReportedRun("etl", "job", UUID(int=1), NOW, "urn:x", inputs, outputs, made)


def graph(*runs: ReportedRun, sees: bool = True, organisation: str = OURS) -> LineageGraph:
    """Of somebody who knows what is published."""
    known = {name: ALL[name] for name in PUBLISHED}
    named = (replace(one, name=f"{number}") for number, one in enumerate(runs))
    jobs = tuple(StatedJob(organisation, one, NOW) for one in named)
    names = Names(ALL, PUBLISHED)
    piece = OutsideLineage().piece(jobs, names, lambda one: sees and one == organisation)
    return lineage_graph(known, (), {}).joined(*piece)


def reported(made: LineageGraph) -> set[tuple[str, str, str]]:
    own = lineage_graph({name: ALL[name] for name in PUBLISHED}, (), {}).edges
    return {(e.source, e.target, e.kind) for e in made.edges - own}


def test_a_column_is_followed_through_a_table_outside_to_another_field() -> None:
    made = graph(
        run((XIHU_OTHER,), (STAGE,), (STAGE, "c", XIHU_OTHER, "ww")),
        run((STAGE,), (FILE,), (FILE, "vv", STAGE, "c")),
    )
    assert reported(made) == {
        ("dataset:other", EXT, "TRANSFORMATION"),
        ("field:other.ww", f"{EXT}#c", "IDENTITY"),
        (EXT, "source:own", "TRANSFORMATION"),
        (f"{EXT}#c", "field:own.vv", "IDENTITY"),
    }
    assert [(one.node.id, one.steps) for one in made.affected("field:other.ww")] == [
        (f"{EXT}#c", 1),
        ("field:own.vv", 2),
    ]
    assert made.affected("field:other.kk") == ()
    folded = made.at_level("dataset").around("dataset:other", depth=2, direction="downstream")
    assert {EXT, "dataset:own", "source:own"} < set(folded.layers)


def test_without_columns_every_column_may_be_in_every_column() -> None:
    made = graph(run((XIHU_OTHER,), (STAGE,)), run((STAGE,), (FILE,)))
    assert reported(made) == {("dataset:other", EXT, WHOLE), (EXT, "source:own", WHOLE)}
    assert {one.node.id for one in made.affected("field:other.kk")} == {
        *(EXT, "source:own", "field:own.kk", "field:own.vv"),
    }


def test_an_input_that_no_column_names_may_be_in_every_column() -> None:
    second = ReportedDataset("s3://b", "k")
    made = graph(run((XIHU_OTHER, second), (STAGE,), (STAGE, "c", XIHU_OTHER, "ww")))
    assert ("external:s3://b/k", EXT, WHOLE) in reported(made)
    assert ("dataset:other", EXT, "TRANSFORMATION") in reported(made)


def test_what_decides_the_rows_decides_every_column() -> None:
    made = graph(
        run(
            (XIHU_OTHER,),
            (STAGE,),
            (STAGE, "c", XIHU_OTHER, "ww"),
            (STAGE, "", XIHU_OTHER, "kk"),
        )
    )
    assert {one.node.id for one in made.affected("field:other.kk")} == {EXT, f"{EXT}#c"}


def test_a_field_that_we_do_not_have_is_the_whole_dataset() -> None:
    made = graph(run((XIHU_OTHER,), (STAGE,), (STAGE, "c", XIHU_OTHER, "gone")))
    assert ("dataset:other", f"{EXT}#c", WHOLE) in reported(made)
    assert f"{EXT}#c" in {one.node.id for one in made.affected("field:other.ww")}


def test_no_department_makes_the_dataset_of_another() -> None:
    made = graph(run((STAGE,), (XIHU_OTHER, ReportedDataset("xihu-intake", "other.csv"))))
    assert reported(made) == {
        (EXT, "external:xihu/other", WHOLE),
        (EXT, "external:xihu-intake/other.csv", WHOLE),
    }


def test_a_dataset_that_is_not_published_is_a_name_like_any_other() -> None:
    draft, nothing = ReportedDataset("xihu", "draft"), ReportedDataset("xihu", "nothing")
    assert reported(graph(run((draft, nothing), (STAGE,)))) == {
        ("external:xihu/draft", EXT, WHOLE),
        ("external:xihu/nothing", EXT, WHOLE),
    }
    of_its_own = graph(run((draft,), (STAGE,)), organisation=THEIRS)
    assert reported(of_its_own) == set(), "who does not know of the draft is not shown its name"


def test_others_see_what_lies_between_our_own_datasets() -> None:
    direct = run((XIHU_OTHER,), (FILE,), (FILE, "vv", XIHU_OTHER, "ww"))
    made = graph(direct, run((XIHU_OTHER,), (STAGE,)), run((STAGE,), (FILE,)), sees=False)
    assert reported(made) == {
        ("dataset:other", "source:own", "TRANSFORMATION"),
        ("field:other.ww", "field:own.vv", "IDENTITY"),
    }
    assert not [name for name in made.nodes if "stage" in name]


def test_a_job_that_only_reads_is_itself_what_is_made() -> None:
    made = graph(run((XIHU_OTHER,)))
    assert reported(made) == {("dataset:other", "external:etl/0", WHOLE)}
    (node,) = (one for one in made.nodes.values() if one.kind == "external")
    assert (node.title.zh, node.organisations) == ("0", (OURS,))
    assert reported(graph(run())) == set()


def test_a_table_that_two_departments_name_is_one_of_both() -> None:
    jobs = (
        StatedJob(OURS, run((XIHU_OTHER,), (STAGE,)), NOW),
        StatedJob(THEIRS, run((STAGE,), (XIHU_OTHER,)), NOW),
    )
    piece = OutsideLineage().piece(jobs, Names(ALL, PUBLISHED), lambda _: True)
    assert {one.id: one.organisations for one in piece.nodes} == {
        EXT: tuple(sorted([OURS, THEIRS]))
    }


def test_an_edge_of_a_whole_dataset_is_drawn_from_the_column_that_is_shown() -> None:
    made = graph(
        run((XIHU_OTHER,), (STAGE,), (STAGE, "c", XIHU_OTHER, "ww")),
        run((STAGE,), (FILE,)),
    )
    part = made.around("field:other.ww", depth=2, direction="downstream")
    shown = {(e.source, e.target, e.kind) for e in part.edges}
    assert (f"{EXT}#c", "source:own", WHOLE) in shown
    up = made.around("field:own.vv", depth=1, direction="upstream")
    assert set(up.layers) == {"field:own.vv", "source:own"}
    tied = {end for e in part.edges for end in (e.source, e.target)}
    assert tied == set(part.layers), "no box without a line"


def test_a_name_with_the_sign_of_columns_is_no_column_of_another() -> None:
    odd = ReportedDataset(STAGE.namespace, f"{STAGE.name}#b")
    made = graph(
        run((XIHU_OTHER,), (STAGE,), (STAGE, "b", XIHU_OTHER, "ww")),
        run((XIHU_OTHER,), (odd,), (odd, "c", XIHU_OTHER, "ww")),
    )
    nodes = {one.id: one for one in made.nodes.values() if one.id.startswith("external")}
    assert nodes.keys() == {EXT, f"{EXT}#b", f"{EXT}%23b", f"{EXT}%23b#c"}
    assert nodes[f"{EXT}%23b#c"].parent == f"{EXT}%23b"
    for level in get_args(GraphLevel):
        made.at_level(level).around("dataset:other", depth=3, direction="both")


PARTS = st.text("ab/%#F2", min_size=1, max_size=6)


@given(st.tuples(PARTS, PARTS), st.tuples(PARTS, PARTS))
def test_two_datasets_outside_are_never_one_node(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    ids = {external_id(ReportedDataset(*names)) for names in (one, other)}
    assert len(ids) == len({one, other})
    columns = {f"{external_id(ReportedDataset(*names))}#c" for names in (one, other)}
    assert not columns & ids


def test_a_slash_is_of_the_namespace_or_of_the_name() -> None:
    first, second = ReportedDataset("s3://b/x", "y"), ReportedDataset("s3://b", "x/y")
    made = graph(run((XIHU_OTHER,), (first,)), run((second,), (FILE,)))
    assert made.affected("field:other.kk")[-1].node.name == "y"
    assert "field:own.vv" not in {one.node.id for one in made.affected("field:other.kk")}
    assert {one.node.id for one in made.affected("external:s3://b/x%2Fy")} >= {"field:own.vv"}


def test_the_jobs_behind_a_node_are_those_that_name_it() -> None:
    newer = replace(run((STAGE,)), name="newer", at=NOW + timedelta(hours=1))
    jobs = (
        StatedJob(OURS, run((XIHU_OTHER,), (STAGE,)), NOW),
        StatedJob(OURS, newer, NOW),
        StatedJob(THEIRS, run((STAGE,), (XIHU_OWN,)), NOW),
        StatedJob(OURS, replace(run((FILE,), (XIHU_OWN,)), name="not"), NOW),
        StatedJob(OURS, replace(run((XIHU_OTHER,)), name="reads"), NOW),
    )
    names = Names(ALL, PUBLISHED)
    found = jobs_of(EXT, jobs, names, lambda one: one == OURS)
    assert [one.run.name for one in found] == ["newer", "job"]
    assert len(jobs_of(EXT, jobs, names, lambda _: True)) == 3
    assert [one.run.name for one in jobs_of("external:etl/reads", jobs, names, lambda _: True)] == [
        "reads"
    ]
    assert not jobs_of(EXT, jobs, names, lambda _: False)


NAMES = st.sampled_from([STAGE, XIHU_OTHER, FILE, ReportedDataset("x", "y")])
COLUMNS = st.tuples(NAMES, st.sampled_from(["", "c", "d", "vv"]), NAMES, st.sampled_from("ce"))


@given(st.lists(NAMES), st.lists(NAMES), st.lists(COLUMNS, max_size=30))
def test_no_run_makes_more_edges_than_are_counted(
    inputs: list[ReportedDataset],
    outputs: list[ReportedDataset],
    columns: list[tuple[ReportedDataset, str, ReportedDataset, str]],
) -> None:
    made = run(tuple(dict.fromkeys(inputs)), tuple(dict.fromkeys(outputs)), *set(columns))
    job = StatedJob(OURS, made, NOW)
    piece = OutsideLineage().piece((job,), Names(ALL, PUBLISHED), lambda _: True)
    assert len(piece.edges) <= made.edges


def test_what_is_bound_is_bound_again_where_something_has_changed() -> None:
    outside, names = OutsideLineage(), Names(ALL, PUBLISHED)
    first = (StatedJob(OURS, run((XIHU_OTHER,), (STAGE,)), NOW),)
    piece = outside.piece(first, names, lambda _: True)
    assert outside.piece(first, names, lambda _: True) == piece
    assert not outside.piece(first, names, lambda _: False).nodes
    assert not outside.piece((), names, lambda _: True).edges
    hidden = outside.piece(first, Names(ALL, ()), lambda _: True)
    assert {one.source for one in hidden.edges} == {"external:xihu/other"}


def test_columns_that_are_not_there_are_named_but_of_what_is_hidden() -> None:
    hidden = ReportedDataset("xihu", "draft")
    made = run(
        (XIHU_OTHER, hidden),
        (FILE,),
        (FILE, "vv", XIHU_OTHER, "ww"),
        (FILE, "no", XIHU_OTHER, "nor"),
        (FILE, "vv", hidden, "none"),
    )
    assert Names(ALL, PUBLISHED).unknown(OURS, made) == ["other.nor", "own.csv.no"]
