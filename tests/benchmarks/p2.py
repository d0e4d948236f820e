"""P2: the table API on 13 million rows over HTTP, policy and audit on, beside Datasette."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

import click

from tests.benchmarks import peers, where
from tests.benchmarks.marked import place
from tests.benchmarks.measure import Report, Spread, repeat, reporting
from tests.benchmarks.rows import Made, make
from tests.benchmarks.serving import official_token, serving
from tests.benchmarks.wire import Ask, Wire
from xihu_platform.clock import system_clock

ROWS = 13_000_000
READER = "sun"
"""Steward of the provider, province-wide: every row passes her row filter, three fields leave
masked, the pseudonym leaves keyed again, a hundred subjects are recorded for each page."""
COUNTY = "330106"


@dataclass(frozen=True, slots=True)
class Case:
    """One question in both tongues; `times` is how often it is asked of us and of the peer."""

    name: str
    ours: tuple[tuple[str, str], ...]
    peers: tuple[tuple[str, str], ...]
    times: tuple[int, int]


def cases(made: Made, times: int) -> Iterator[Case]:
    slow = max(times // 6, 3)
    yield Case("first page and total", (), (), (times, slow))
    # Our reader's own row filter, which we apply to every question, put to the peer as well.
    same = (("county_code__startswith", "33"),)
    yield Case("first page, peer filters rows too", (), same, (slow, slow))
    by_county = (("filter", f"county_code:eq:{COUNTY}"),), (("county_code", COUNTY),)
    yield Case("filter county_code (peer: index)", *by_county, (times, times))
    by_score = (("filter", "score:eq:77"),), (("score", "77"),)
    yield Case("filter score (peer: no index)", *by_score, (times, slow))
    for field in made.contract.fields:
        if field.protect == "pseudonym":
            continue  # refused: its order means nothing
        asked = (("sort", field.name),), (("_sort", field.name),)
        yield Case(f"sort by {field.name}", *asked, (slow, 2))


@click.command()
@click.option("--rows", default=ROWS, show_default=True)
@click.option("--times", default=30, show_default=True, help="Requests of each quick case.")
@click.option("--peer/--no-peer", default=True, help="Run Datasette too.")
@click.option("--marks", default=0, show_default=True, help="Fields being verified (核实中).")
def main(rows: int, times: int, peer: bool, marks: int) -> None:
    """First page with the exact total, one filter, a sort by each column."""
    made = make("bench_visits", rows)
    place(made, marks)
    chosen = list(cases(made, times))
    with reporting("p2", system_clock, {"rows": rows, "marks": marks}) as report:
        theirs = _ask_datasette(made, chosen, report) if peer else {}
        _ask_ourselves(made, chosen, theirs, report)
        _ask_again(made, [chosen[0], *chosen[2:4]], report)
        _ask_as_ckan(made, times, report)
        for title, query in (("a first page", ""), ("a sort", "&sort=amount_cny")):
            steps = _steps(made, query)
            where.show(title, steps)
            report.figures[f"steps of {title}"] = steps


def _ask_datasette(made: Made, chosen: list[Case], report: Report) -> dict[str, tuple[Spread, int]]:
    base = f"/{made.contract.dataset}-{made.rows}/rows.json"
    answers = {}
    with peers.datasette(made) as server:
        wire = Wire(server.port)
        for case in chosen:
            query = urlencode([*case.peers, ("_size", "100"), ("_shape", "objects")])
            ask = Ask(f"{base}?{query}")
            total = json.loads(wire.send(ask))["filtered_table_rows_count"]
            send = partial(wire.send, ask)
            found = report.steady(partial(repeat, send, case.times[1], warm=0))
            answers[case.name] = (found, total)
            click.echo(f"  Datasette, {case.name}: {found.words()}")
    return answers


def _ask_ourselves(
    made: Made, chosen: list[Case], theirs: dict[str, tuple[Spread, int]], report: Report
) -> None:
    """Each question a new one: no answer is kept."""
    with serving(made.data, keep_answers=False) as server:
        wire = Wire(server.port)
        headers = official_token(made.data, server.port, READER)
        for case in chosen:
            ask = Ask(_path(case), headers)
            total = json.loads(wire.send(ask))["total"]
            ours = report.steady(partial(repeat, partial(wire.send, ask), case.times[0]))
            peer, peer_total = theirs.get(case.name, (None, total))
            if total != peer_total:
                raise RuntimeError(f"{case.name}: we count {total}, Datasette {peer_total}")
            remark = f"{peer.p50 / ours.p50:.1f}x" if peer else ""
            report.show(case.name, ours, peer, remark=remark)


def _ask_again(made: Made, chosen: list[Case], report: Report) -> None:
    """As `xihu run` serves: an answer is kept under query, decision and snapshot."""
    with serving(made.data, keep_answers=True) as server:
        wire = Wire(server.port)
        headers = official_token(made.data, server.port, READER)
        for case in chosen:
            ask = Ask(_path(case), headers)
            again = report.steady(partial(repeat, partial(wire.send, ask), 30))
            report.show(f"asked before: {case.name}", again)


def _ask_as_ckan(made: Made, times: int, report: Report) -> None:
    """The same questions by CKAN's own action, beside the API's own route on the same server."""
    asked: dict[str, tuple[dict[str, str], list[tuple[str, str]]]] = {
        "first page and total": ({}, []),
        "filter county_code": (
            {"filters": json.dumps({"county_code": COUNTY})},
            [("filter", f"county_code:eq:{COUNTY}")],
        ),
        "filter score": ({"filters": json.dumps({"score": 77})}, [("filter", "score:eq:77")]),
        "sort by amount_cny": ({"sort": "amount_cny desc"}, [("sort", "-amount_cny")]),
    }
    with serving(made.data, keep_answers=False) as server:
        wire = Wire(server.port)
        headers = official_token(made.data, server.port, READER)
        for name, (action, route) in asked.items():
            words = urlencode({"resource_id": "bench_visits", "purpose": "duty", **action})
            ask = Ask(f"/api/3/action/datastore_search?{words}", headers)
            result = json.loads(wire.send(ask))["result"]
            if not result["total"] or result.get("total_was_estimated"):
                raise RuntimeError(f"{name}: total {result['total']} is not exact")
            own = report.steady(partial(repeat, partial(wire.send, _rows(route, headers)), times))
            ours = report.steady(partial(repeat, partial(wire.send, ask), times))
            remark = f"total {result['total']:,}; the peer is /api/v1"
            report.show(f"datastore_search: {name}", ours, own, remark=remark)


def _rows(query: Sequence[tuple[str, str]], headers: tuple[tuple[str, str], ...]) -> Ask:
    words = urlencode([*query, ("limit", "100"), ("purpose", "duty")])
    return Ask(f"/api/v1/datasets/bench_visits/rows?{words}", headers)


def _path(case: Case) -> str:
    return _rows(case.ours, ()).path


def _steps(made: Made, query: str) -> dict[str, float]:
    path = f"/api/v1/datasets/bench_visits/rows?limit=100&purpose=duty{query}"
    return where.steps_of(made.data, Ask(path), username=READER, keep_answers=False, times=9)


if __name__ == "__main__":
    main()
