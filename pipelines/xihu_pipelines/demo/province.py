"""The demo province as an installation has it: people, grants, files generated once and loaded."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.contracts.model import Contract
from xihu_catalog.lineage.emit import open_emitter
from xihu_catalog.registry import people
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.standards.documents import canonical, kind_of
from xihu_catalog.start import open_contracts
from xihu_pipelines.demo.folder import REGISTRY
from xihu_pipelines.demo.generate import generate
from xihu_pipelines.demo.grounds import CASES, grounds_from_cases, seed_grounds
from xihu_pipelines.ingest.record import Outcome, record
from xihu_pipelines.runner.local import Ended, run_all
from xihu_pipelines.runner.steps import RunContext
from xihu_platform.access.models import GrantRow
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict
from xihu_platform.identity.client_secrets import development_secret
from xihu_platform.identity.people import seed
from xihu_platform.start import Node

Progress = Callable[[str, int], None]
Before = Callable[[str], None]
"""Called with each dataset before its steps run; what it raises ends the loading."""
_MARK, _FORMER_MARK = ".generated.json", "generated.json"
"""Hidden, since it is no file that was handed in; the former name is of 0.1."""


def contracts() -> dict[str, Contract]:
    return load_contracts(REGISTRY / "contracts")


def settle(node: Node) -> None:
    """Make tables, contracts and the demo's people and grants; twice changes nothing."""
    if node.settings.profile == "production":
        raise Conflict("生产环境不装入演示数据", "the demo is not loaded in the production profile")
    if registry_folder() != REGISTRY:
        raise Conflict(
            f"xihu load 只装入演示省；登记库 {registry_folder()} 的数据请用 xihu ingest 装入",
            f"xihu load loads the demo province alone: load the data of the registry "
            f"{registry_folder()} with xihu ingest",
        )
    open_contracts(node)
    settle_registry(node)


def settle_registry(node: Node) -> None:
    """The people, grants and grounds that the registry lists; twice changes nothing."""
    content = people.content()
    with transaction(node.database) as session:
        seed(session, content.organisations, content.people, content.systems, _pseudonym(node))
        for grant in people.load_grants():
            session.merge(GrantRow(**grant))
        seed_grounds(session, load_contracts(registry_folder() / "contracts"), _pseudonym(node))
    for system in content.systems:  # a newcomer reads it in identity/development.json
        development_secret(node.settings, system.client_id)


def _pseudonym(node: Node) -> Callable[[str, str], str]:
    def make(_kind: str, number: str) -> str:
        plain = canonical(number)
        return node.keyring.pseudonym(kind_of(plain), plain)

    return make


def files_of(node: Node, *, anew: bool = False, progress: Progress | None = None) -> Path:
    """The folder of the departments' files; generated when missing, or asked for anew."""
    demo = node.settings.demo
    folder = node.settings.data_dir / "intake"
    mark = folder / _MARK
    if not mark.exists() and (folder / _FORMER_MARK).exists():
        (folder / _FORMER_MARK).rename(mark)
    wanted = {"scale": demo.scale, "seed": demo.seed}
    if anew or not mark.exists() or json.loads(mark.read_text()) != wanted:
        today = civil_date(node.clock())
        generate(folder, scale=demo.scale, seed=demo.seed, today=today, progress=progress)
        mark.write_text(json.dumps(wanted))
    return folder


def load_all(
    node: Node, progress: Progress | None = None, before: Before = lambda _dataset: None
) -> Iterator[Outcome]:
    """Run each dataset's steps, what is derived after its inputs; what is loaded already stays.

    The first fault ends it.
    """
    emit = open_emitter(node.settings)
    context = RunContext(node, emit, lambda _text: None, open_contracts(node), progress)
    for ended in run_all(context, time.sleep, only=contracts(), before=before):
        if ended.fault is not None:
            raise ended.fault
        outcome = _outcome(node, ended)
        if ended.dataset == CASES and outcome.fresh:
            grounds_from_cases(node, contracts()[CASES])
        yield outcome


def _outcome(node: Node, ended: Ended) -> Outcome:
    """What the dataset's newest load did, in this run or before it."""
    newest = node.lake.snapshot(f"data.{ended.dataset}")
    return record(node, newest, fresh=ended.run is not None and ended.run.fresh)
