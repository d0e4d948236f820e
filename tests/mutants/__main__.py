"""`make mutants`: change the source at one place after another; a test must fail each time.

    python -m tests.mutants [MODULE …]      MODULE as access/decision; none: all of them
    python -m tests.mutants --report        the numbers and the survivors of the runs so far

Results lie in `.mutants/results.jsonl`, one line each. They are of one source: when it changes,
all of a module's mutants are run again. Else one that was killed is not, one that survived is when
its module's tests have changed.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from hashlib import sha256
from pathlib import Path

import click

from tests.mutants.make import Mutant, list_mutants
from tests.mutants.targets import ROOT, TARGETS, Target
from tests.mutants.worker import preload, run_mutant

RESULTS = ROOT / ".mutants" / "results.jsonl"
PROCESSES = (os.cpu_count() or 1) + 1
"""One more than processors: some mutants only wait until their test's time is over."""
SHARED = Path("/dev/shm")
"""Memory as a folder, where there is one: the tests wait for the disk otherwise."""
Line = dict[str, str]


def read_results() -> dict[str, Line]:
    """The newest line of each mutant."""
    if not RESULTS.exists():
        return {}
    lines = map(json.loads, RESULTS.read_text(encoding="utf-8").splitlines())
    return {line["key"]: line for line in lines}


def digest_of(*texts: bytes) -> str:
    return sha256(b"\0".join(texts)).hexdigest()[:16]


def digests_of(target: Target) -> Line:
    tests = [(ROOT / path).read_bytes() for path in (*target.first, *target.then)]
    return {"source": digest_of(target.source.encode()), "tests": digest_of(*tests)}


def of_this_source(target: Target) -> dict[str, Line]:
    """The results that are of the module as it is now: a mutant's key only counts its places."""
    source = digests_of(target)["source"]
    return {key: line for key, line in read_results().items() if line.get("source") == source}


def settled(line: Line | None, tests: str) -> bool:
    return line is not None and (line["outcome"] != "survived" or line["tests"] == tests)


def run(target: Target, folder: Path) -> None:
    outcome = run_mutant(target, target.source, folder / "unchanged")
    if outcome != "survived":
        raise click.ClickException(f"the tests of {target.name} fail without any change: {outcome}")
    known, digests = of_this_source(target), digests_of(target)
    waiting = [
        mutant
        for mutant in list_mutants(target)
        if not settled(known.get(mutant.key), digests["tests"]) and mutant.equivalent is None
    ]
    click.echo(f"{target.name}: {len(waiting)} to run")
    children = [
        start(waiting[n::PROCESSES], digests, folder / f"process-{n}") for n in range(PROCESSES)
    ]
    for child in children:
        os.waitpid(child, 0)


def start(mutants: list[Mutant], digests: Line, folder: Path) -> int:
    """Run mutants in a process of their own; returns its number."""
    child = os.fork()
    if child:
        return child
    for mutant in mutants:
        outcome = run_mutant(mutant.target, mutant.code, folder)
        line = {"key": mutant.key, "outcome": outcome, **digests}
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    os._exit(0)


def report(target: Target) -> None:
    """The numbers of one module, and each survivor with its changed line."""
    known = of_this_source(target)
    told: Counter[str] = Counter()
    survivors = []
    for mutant in list_mutants(target):
        line = known.get(mutant.key)
        outcome = line["outcome"] if line else "not run"
        if outcome in {"survived", "not run"} and mutant.equivalent:
            outcome = "equivalent"
        told[outcome] += 1
        if outcome == "survived":
            before, after = mutant.change
            survivors.append(f"  {mutant.key}, line {mutant.place[0]}:\n    {before}\n    {after}")
    numbers = ", ".join(f"{number} {name}" for name, number in sorted(told.items()))
    click.echo("\n".join([f"{target.name}: {told.total()} made, {numbers}", *survivors]))


@click.command()
@click.argument("names", nargs=-1)
@click.option("--report", "only_report", is_flag=True, help="Run nothing, tell the results so far.")
def main(names: tuple[str, ...], *, only_report: bool) -> None:
    targets = tuple(t for t in TARGETS if not names or t.name in names)
    if not only_report:
        RESULTS.parent.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-m", "tests.province"], cwd=ROOT, check=True)
        preload(targets)
        with tempfile.TemporaryDirectory(dir=SHARED if SHARED.is_dir() else None) as folder:
            for target in targets:
                run(target, Path(folder))
    for target in targets:
        report(target)


if __name__ == "__main__":
    main()
