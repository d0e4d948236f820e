"""The command group `xihu licence`: a licence as a stranger checks it, with files alone."""

from datetime import UTC, datetime
from pathlib import Path

import click

from xihu_platform.credentials.checking import CheckedCredential, check_credential
from xihu_platform.credentials.identity import Trust, open_identity
from xihu_platform.errors import BadInput
from xihu_platform.settings import Settings
from xihu_platform.vault.keys import open_keyring
from xihu_platform.words import Language, Text

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SEALS = {
    "valid": Text("签章有效，内容完整", "sealed by the authority, and whole"),
    "not_sealed": Text("文件没有签章", "the file has no seal"),
    "changed": Text(
        "签章之后内容被改动，或者文件已损坏", "changed after it was sealed, or damaged"
    ),
    "appended": Text("签章之后又添加了内容", "something was added behind the seal"),
    "not_ours": Text("不是这个机关的签章", "sealed by somebody else"),
    "expired": Text(
        "签章证书当时已过期，又没有可信的时间戳",
        "the sealing certificate had ended, and no trusted time stamp says that the seal is older",
    ),
}
STATUS = {
    "current": Text("有效", "valid"),
    "not_begun": Text("尚未生效", "not yet valid"),
    "expired": Text("已过有效期", "its last day has passed"),
    "revocation": Text(
        "已撤回、撤销、注销、吊销或换发", "withdrawn, annulled, deregistered, revoked or superseded"
    ),
    "suspension": Text("暂扣", "suspended"),
    "unknown": Text(
        "未知：没有可用的状态列表", "unknown: no status list of it that can be believed"
    ),
}


@click.group()
def licence() -> None:
    """Licences (电子证照): whether one may be relied on."""


@licence.command()
@click.argument("file", type=FILE)
@click.option(
    "--at", "moment", metavar="MOMENT", help="Such as 2026-11-23T10:00+08:00; now if left out."
)
@click.option("--status", "lists", type=FILE, multiple=True, help="A status list; may be repeated.")
@click.option(
    "--authority", type=FILE, help="Certificate of the authority; else the installation's."
)
@click.option("--stamp-authority", type=FILE, help="Certificate of the authority of time stamps.")
@click.pass_context
def verify(
    ctx: click.Context,
    file: Path,
    moment: str | None,
    lists: tuple[Path, ...],
    authority: Path | None,
    stamp_authority: Path | None,
) -> None:
    """Check a licence without a network: its seal, and its state by status lists."""
    language: Language = ctx.obj
    tokens = [one.read_text(encoding="ascii", errors="replace").strip() for one in lists]
    trust = _trust(authority, stamp_authority)
    found = check_credential(file.read_bytes(), trust, _moment(moment), tokens)
    for label, value in _lines(found, language):
        click.echo(f"{label.to(language)}: {value}")
    ctx.exit(0 if found.may_be_relied_on else 1)


def _trust(authority: Path | None, stamp_authority: Path | None) -> Trust:
    if authority is None:
        settings = Settings()
        return open_identity(settings, open_keyring(settings)).trust
    return Trust(authority.read_bytes(), stamp_authority.read_bytes() if stamp_authority else b"")


def _moment(given: str | None) -> datetime:
    if given is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        found = datetime.min
    if found.tzinfo is None:
        raise BadInput(
            "--at 须为带时区的时刻，例如 2026-11-23T10:00+08:00",
            "--at must be a moment with its zone, such as 2026-11-23T10:00+08:00",
        )
    return found


def _lines(found: CheckedCredential, language: Language) -> list[tuple[Text, str]]:
    seal = found.seal
    lines = [(Text("签章", "Seal"), f"{seal.state} ({SEALS[seal.state].to(language)})")]
    if seal.sealer is not None:
        lines.append((Text("签章者", "Sealed by"), seal.sealer))
    if seal.stamped_at is not None:
        lines.append((Text("时间戳", "Time stamp"), seal.stamped_at.isoformat()))
    lines.append((Text("状态", "State"), f"{found.status} ({STATUS[found.status].to(language)})"))
    lines += [(Text("状态列表", "Status list"), address) for address in found.addresses]
    return lines
