"""`xihu audit`: checking the log against a head that was saved before."""

import base64
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from xihu_catalog.schema import upgrade
from xihu_platform.audit.heads import HEADS, Signer, read_head
from xihu_platform.audit.seals import OwnKeys, own_keys
from xihu_platform.audit.verify import verify
from xihu_platform.database import open_database
from xihu_platform.errors import BadInput
from xihu_platform.settings import Settings
from xihu_platform.vault.keys import open_keyring
from xihu_platform.words import Language


@click.group()
def audit() -> None:
    """The log of every read."""


@audit.command("verify")
@click.option(
    "--head",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a signed head saved before: a copy of heads.jsonl, or one line of it.",
)
@click.option("--key", help="The platform's public key in base64, saved before; else its own key.")
@click.pass_obj
def verify_command(language: Language, head: Path, key: str | None) -> None:
    """Say whether the log still holds all that it held when HEAD was signed.

    And whether all that pages show of it is what its entries say, to the newest one.
    """
    settings = Settings()
    public = key_from_text(key) if key else Signer(open_keyring(settings)).public_key
    database = open_database(settings.database_url)
    upgrade(database)
    heads = settings.heads_folder / HEADS
    checked = verify(database, read_head(head), public, own=_own(settings), heads=heads)
    click.echo(checked.text.to(language))
    if not checked.holds:
        raise SystemExit(1)


@audit.command("key")
def key_command() -> None:
    """Print the public key that heads are checked with; keep a copy elsewhere."""
    public = Signer(open_keyring(Settings())).public_key
    click.echo(base64.b64encode(public.public_bytes_raw()).decode())


def _own(settings: Settings) -> OwnKeys | None:
    """The platform's own keys, where this machine has them; none are made for a check."""
    if settings.master_key is None and not (settings.data_dir / "keys" / "master.key").is_file():
        return None
    return own_keys(open_keyring(settings))


def key_from_text(text: str) -> Ed25519PublicKey:
    """Raises BadInput for what is no key in base64."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except ValueError:
        raise BadInput(
            "--key 应为 xihu audit key 打印的 base64 公钥",
            "--key must be the base64 key that `xihu audit key` prints",
        ) from None
