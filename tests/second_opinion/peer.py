"""datacontract-cli in its own environment: views of the file, one run, what each rule counted."""

import json
import subprocess
from pathlib import Path

import yaml

from tests.second_opinion.convert import Part, converted, rule_of, views

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".peers" / "datacontract" / "bin"
_MAKE = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute(sys.stdin.read()).close()"


def prepare() -> None:
    """Make the environment from its lock, where it is not there yet."""
    subprocess.run([ROOT / ".ci" / "peer", "datacontract"], check=True)


def counts(contract: Part, file: Path, folder: Path) -> dict[str, int]:
    """For each rule that datacontract-cli ran over the raw file, how many records are wrong.

    The views are made by the peer's own DuckDB, an older one than ours, and reads the file itself.
    """
    database, written, said = (folder / f"{contract['id']}.{e}" for e in ("duckdb", "yaml", "json"))
    subprocess.run(
        [HOME / "python", "-c", _MAKE, database], input=views(contract, file), text=True, check=True
    )
    written.write_text(yaml.safe_dump(converted(contract, database), allow_unicode=True))
    command: list[str | Path] = [
        HOME / "datacontract",
        "test",
        written,
        "--output",
        said,
        "--output-format",
        "json",
    ]
    done = subprocess.run([*command, "--checks", "quality"], capture_output=True, text=True)
    if not said.exists():
        raise AssertionError(f"datacontract-cli gave no result: {done.stdout}{done.stderr}")
    return _read(json.loads(said.read_text()))


def _read(run: Part) -> dict[str, int]:
    found: dict[str, int] = {}
    for check in run["checks"]:
        rule = rule_of(check.get("qualityId") or check["name"])
        measured = (check.get("diagnostics") or {}).get("value")
        if check["result"] not in {"passed", "failed"} or measured is None:
            raise AssertionError(f"{rule}: {check['result']}, {check.get('reason')}")
        if rule in found:
            raise AssertionError(f"{rule} was answered twice")
        found[rule] = int(measured)
    return found
