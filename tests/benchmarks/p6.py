"""P6: a metric query on a million rows over HTTP, new and asked before, beside ROAPI."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import click

from tests.benchmarks import peers, where
from tests.benchmarks.measure import Report, Spread, repeat, reporting
from tests.benchmarks.rows import Made, make
from tests.benchmarks.serving import official_token, serving
from tests.benchmarks.wire import Ask, Rate, Wire, rate
from xihu_platform.clock import system_clock

ROWS = 1_000_000
CLIENTS = 8
READER = "sun"


@dataclass(frozen=True, slots=True)
class Question:
    """One question in both tongues; `keys` name the peer's columns that ours are compared by."""

    name: str
    path: str
    sql: str
    keys: tuple[str, ...]


QUESTIONS = (
    Question(
        "by industry",
        "/api/v1/brain/metrics/bench_output_by_industry/query?by=industry_code",
        "SELECT industry_code, CAST(sum(output_cny) AS DECIMAL(38, 2)) AS value, count(*) AS cell "
        "FROM bench_output GROUP BY industry_code ORDER BY industry_code",
        ("industry_code",),
    ),
    Question(
        "by month and city",
        "/api/v1/brain/metrics/bench_output/query?grain=month&level=city",
        # The fastest form found that gives the same answer.
        """
        SELECT period, rpad(region, 6, '0') AS region, CAST(value AS DECIMAL(38, 2)) AS value, cell
        FROM (
            SELECT date_trunc('month', day) AS period, substr(county_code, 1, 4) AS region,
                sum(output_cny) AS value, count(*) AS cell
            FROM bench_output
            WHERE county_code IS NOT NULL AND county_code NOT LIKE '%00'
            GROUP BY 1, 2
        ) ORDER BY period, region
        """,
        ("period", "region"),
    ),
)


@click.command()
@click.option("--rows", default=ROWS, show_default=True)
@click.option("--times", default=60, show_default=True, help="Requests of one client alone.")
@click.option("--seconds", default=5.0, show_default=True, help="How long the clients ask.")
@click.option("--rounds", default=3, show_default=True, help="Times the clients are let loose.")
def main(rows: int, times: int, seconds: float, rounds: int) -> None:
    """Two questions, new and asked before, by one client and by eight; each answer is logged."""
    made = make("bench_output", rows)
    with reporting("p6", system_clock, {"rows": rows}) as report:
        with peers.roapi(made) as server:
            theirs = {
                q.name: _peer(server.port, q, times, seconds, rounds, report) for q in QUESTIONS
            }
        for keep in (False, True):
            with serving(made.data, keep_answers=keep) as server:
                headers = official_token(made.data, server.port, READER)
                for question in QUESTIONS:
                    name = f"{question.name}, {'asked before' if keep else 'new'}"
                    ask = Ask(question.path, headers)
                    peer = theirs[question.name]
                    _check(question, Wire(server.port).send(ask), peer.answer)
                    _ours(server.port, ask, name, times, seconds, rounds, peer, report)
                per_answer = _entries_per_answer(made, server.port, ask)
                report.show(f"{'asked before' if keep else 'new'}: entries per answer", per_answer)
            steps = where.steps_of(
                made.data, Ask(QUESTIONS[-1].path), username=READER, keep_answers=keep
            )
            where.show(name, steps)
            report.figures[f"steps of {name}"] = steps


@dataclass(frozen=True, slots=True)
class Peer:
    answer: bytes
    alone: Spread
    together: list[Rate]


def _peer(
    port: int, question: Question, times: int, seconds: float, rounds: int, report: Report
) -> Peer:
    ask = Ask("/api/sql", body=question.sql)
    wire = Wire(port)
    return Peer(
        answer=wire.send(ask),
        alone=report.steady(partial(repeat, partial(wire.send, ask), times)),
        together=report.steady(partial(_rounds, port, ask, seconds, rounds)),
    )


def _ours(
    port: int,
    ask: Ask,
    name: str,
    times: int,
    seconds: float,
    rounds: int,
    peer: Peer,
    report: Report,
) -> None:
    alone = report.steady(partial(repeat, partial(Wire(port).send, ask), times))
    report.show(f"{name}, 1 client", alone, peer.alone, remark=_times(peer.alone.p50 / alone.p50))
    rates = report.steady(partial(_rounds, port, ask, seconds, rounds))
    _show(report, name, rates, peer.together)


def _rounds(port: int, ask: Ask, seconds: float, rounds: int) -> list[Rate]:
    every = [rate(port, ask, clients=CLIENTS, seconds=seconds) for _ in range(rounds)]
    return sorted(every, key=lambda one: one.per_second)


def _show(report: Report, name: str, rates: list[Rate], peer_rates: list[Rate]) -> None:
    """The median round of each stands for it; how far the rounds lie apart is told beside it."""
    mine, theirs = rates[len(rates) // 2], peer_rates[len(peer_rates) // 2]
    report.show(
        f"{name}, {CLIENTS} clients, per second",
        mine.per_second,
        theirs.per_second,
        remark=f"{_times(mine.per_second / theirs.per_second)}, rounds "
        f"{rates[0].per_second}–{rates[-1].per_second} and "
        f"{peer_rates[0].per_second}–{peer_rates[-1].per_second}",
    )
    report.figures[f"{name}, {CLIENTS} clients, latency"] = asdict(mine.latency)


def _times(ratio: float) -> str:
    return f"{ratio:.2f}x"


def _entries_per_answer(made: Made, port: int, ask: Ask) -> float:
    """1 if each answer has its entry and each entry is durable before its answer."""
    before = _entries(made.data)
    asked = rate(port, ask, clients=CLIENTS, seconds=1)
    return (_entries(made.data) - before) / asked.requests


def _check(question: Question, ours: bytes, theirs: bytes) -> None:
    """A peer that answers something else is no peer."""

    # Any: JSON objects of two servers.
    def mine(point: dict[str, Any]) -> tuple[object, ...]:
        known = {**point, **point["dimensions"]}
        return tuple(str(known[key])[:10] for key in question.keys), Decimal(str(point["value"]))

    def other(row: dict[str, Any]) -> tuple[object, ...]:
        return tuple(str(row[key])[:10] for key in question.keys), Decimal(str(row["value"]))

    left = [mine(point) for point in json.loads(ours)["points"]]
    right = [other(row) for row in json.loads(theirs)]
    if left != right:
        raise RuntimeError(f"the answers differ: {left[:2]} and {right[:2]}")


def _entries(data: Path) -> int:
    """Entries in the log as another process sees them: what is committed, and nothing else."""
    with sqlite3.connect(f"file:{data / 'xihu.db'}?mode=ro", uri=True) as database:
        return int(database.execute("SELECT count(*) FROM audit_entry").fetchone()[0])


if __name__ == "__main__":
    main()
