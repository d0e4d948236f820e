"""`xihu identity`: brings Keycloak to what this repository says."""

from pathlib import Path

import click
import yaml

from xihu_platform.errors import BadInput
from xihu_platform.extras import require
from xihu_platform.identity.seeds import Content, parse_content
from xihu_platform.safe_yaml import read_yaml
from xihu_platform.settings import Settings
from xihu_platform.words import Text


@click.group()
def identity() -> None:
    """Identity: sign-in and the people behind it."""


@identity.command("apply")
@click.option(
    "--people",
    "files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="YAML file with the lists `systems` (of departments) and `people`.",
)
@click.pass_context
def apply_command(context: click.Context, files: tuple[Path, ...]) -> None:
    """Bring Keycloak to the realm, clients and sign-in flow of deploy/keycloak; a second run
    changes nothing.
    """
    require("keycloak", "keycloak", Text("管理 Keycloak ", "administering Keycloak"))
    # Imported here: no other command needs Keycloak's libraries.
    from xihu_platform.identity.keycloak import apply
    from xihu_platform.identity.keycloak_plan import plan_realm

    settings = context.find_object(Settings) or Settings.model_validate({})
    changes = apply(settings, plan_realm(settings, _content(files)))
    for change in changes:
        click.echo(str(change))
    language = context.find_object(str) or "zh"
    said = Text(f"改动 {len(changes)} 处。", f"{len(changes)} changes.")
    click.echo(said.to("en" if language == "en" else "zh"))


def _content(files: tuple[Path, ...]) -> Content:
    document: dict[str, object] = {}
    for file in files:
        try:
            parsed = read_yaml(file.read_text("utf-8"))
        except yaml.YAMLError as error:
            raise BadInput(
                f"{file} 不是有效的 YAML：{error}", f"{file} is not valid YAML: {error}"
            ) from error
        document |= parsed if isinstance(parsed, dict) else {}
    return parse_content(document)
