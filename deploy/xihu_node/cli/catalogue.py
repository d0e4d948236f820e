"""The command group `xihu catalogue`: the report to the superior node, and its check there."""

import os
import secrets
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from xihu_catalog.reports.check import CheckedReport, check_chain, check_report, read_lines
from xihu_node.cli.audit import key_from_text
from xihu_platform.errors import BadInput
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.words import Language, Text

KINDS = {"full": Text("全量", "full"), "incremental": Text("增量", "incremental")}

LEASE_S = 5.0
"""How long a second check waits for the first."""


@click.group()
def catalogue() -> None:
    """The catalogue: write its report for the superior node, check the report of a node."""


@catalogue.command()
@click.option("--since", help="The marker of a report before; all entries without it.")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.",
)
@click.pass_obj
def report(language: Language, since: str | None, out: Path) -> None:
    """Write every published entry, or what has changed since a report before, signed. The log has
    it before the file."""
    from xihu_catalog.datasets.entries import Entries
    from xihu_catalog.datasets.stored import StoredEntries
    from xihu_catalog.registry.people import own_region
    from xihu_catalog.reports.report import COMMAND, CatalogueReport, PublishedContracts
    from xihu_catalog.start import open_catalogue
    from xihu_platform.audit.heads import Signer

    node = open_node(Settings())
    base = node.settings.base_url
    every = open_catalogue(node)
    entries = Entries(every, StoredEntries(node.database), base, node.clock)
    made = CatalogueReport(
        node.database, entries, PublishedContracts(every), Signer(node.keyring), node.clock
    )
    head = made.begin(base, own_region(), since)
    _record(node, since)
    part = out.with_name(f"{out.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("wb") as file:
            for piece in made.chunks(head, COMMAND):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    said = Text(
        f"{KINDS[head.kind].zh}报告已写入 {out}，marker 为 {head.marker}",
        f"the {head.kind} report is in {out}; its marker is {head.marker}",
    )
    click.echo(said.to(language))


def _record(node: Node, since: str | None) -> None:
    """As a report over HTTP is. Raises AuditUnavailable."""
    from xihu_platform.access.record import record_command
    from xihu_platform.audit.heads import HeadFile, Signer
    from xihu_platform.audit.log import AuditLog

    heads = HeadFile(node.settings.heads_folder)
    log = AuditLog(node.database, heads, Signer(node.keyring), node.clock)
    try:
        record_command(log, "xihu catalogue report", "catalogue_report", since=since or "")
    finally:
        log.close()


@catalogue.command("check-report")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--key", help="The node's public key in base64 (`xihu audit key`); else one's own.")
@click.pass_obj
def check_command(language: Language, files: tuple[Path, ...], key: str | None) -> None:
    """Check FILES, the reports of one node in their order: digest, signature, chain of markers."""
    from xihu_platform.audit.heads import Signer
    from xihu_platform.vault.keys import open_keyring

    public: Ed25519PublicKey = (
        key_from_text(key) if key else Signer(open_keyring(Settings())).public_key
    )
    before: CheckedReport | None = None
    for path in files:
        try:
            with path.open("rb") as file:
                checked = check_report(read_lines(file), public)
            if before is not None:
                check_chain(before, checked)
        except BadInput as error:
            raise BadInput(f"{path}：{error.text.zh}", f"{path}: {error.text.en}") from None
        before = checked
        click.echo(_words(path, checked).to(language))


@catalogue.command()
@click.option(
    "--all", "every", is_flag=True, help="Check all entries again, not those that changed."
)
@click.pass_obj
def check(language: Language, every: bool) -> None:
    """Check published entries by the schemas, shapes and clients of the standards.

    Of those that have changed since they were checked; the results are on their pages.
    """
    from xihu_catalog.conformance.checking import check_changed, published_entries
    from xihu_catalog.start import open_catalogue
    from xihu_platform.lake.lease import lease

    node = open_node(Settings())
    entries = published_entries(open_catalogue(node), node.settings.base_url, node.clock)
    with lease(node.settings.data_dir / "leases", node.database, "catalogue-check", LEASE_S):
        done = check_changed(node.database, entries, node.clock, every=every)
    said = Text(
        f"检查了 {done.checked} 个条目，其中 {done.invalid} 个有不符合标准之处；"
        f"移除了 {done.removed} 个已不在目录中的条目的结果",
        f"{done.checked} entries checked, {done.invalid} of them not as a standard asks; "
        f"results of {done.removed} that are not in the catalogue any more removed",
    )
    click.echo(said.to(language))


def _words(path: Path, one: CheckedReport) -> Text:
    kind = KINDS[one.kind]
    return Text(
        f"{path}：{kind.zh}报告，{one.node}，{one.at}，{one.entries} 个条目，"
        f"移除 {one.removed} 个，marker {one.marker}，摘要和签名相符",
        f"{path}: {kind.en} report of {one.node}, {one.at}, {one.entries} entries, "
        f"{one.removed} removed, marker {one.marker}; digest and signature are right",
    )
