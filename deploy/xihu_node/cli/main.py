"""The command line `xihu`: every command, each group in a file of its own."""

import locale
import logging
import os
import sys
from importlib import import_module
from typing import NoReturn

import click
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from xihu_platform.errors import PlatformError
from xihu_platform.settings import Settings, TelemetrySettings
from xihu_platform.telemetry.failures import describe
from xihu_platform.telemetry.logs import start_logging
from xihu_platform.telemetry.traces import TRACER, LogTracer
from xihu_platform.words import LANGUAGES, Language, Text

COMMANDS = {
    "airflow": "ingest",
    "audit": "audit",
    "backflow": "backflow",
    "calendar": "calendar",
    "catalogue": "catalogue",
    "contract": "contract",
    "doctor": "doctor",
    "duty": "duty",
    "erase": "maintain",
    "exchange": "exchange",
    "generate": "data",
    "harvest": "harvest",
    "identity": "identity",
    "ingest": "ingest",
    "licence": "licence",
    "load": "data",
    "maintain": "maintain",
    "matter": "matter",
    "notice": "notice",
    "publish": "data",
    "query": "commands",
    "relocate": "commands",
    "repeats": "repeats",
    "rotate": "rotate",
    "run": "commands",
    "search": "commands",
    "service": "service",
}
"""Each command and the file of this folder that has it."""


def _default_language() -> Language:
    return "en" if (locale.getlocale()[0] or "").startswith("en") else "zh"


class Program(click.Group):
    """Errors are said in words and in the caller's language. Of a fault in the program type and
    place are shown, never its message: it may quote SQL and values."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Only the file of the command that was asked for is imported: each of them needs another
        half of the platform, and all together take two seconds."""
        if cmd_name not in COMMANDS:
            return None
        file = import_module(f"xihu_node.cli.{COMMANDS[cmd_name]}")
        found: dict[str, click.Command] = {
            one.name: one
            for one in vars(file).values()
            if isinstance(one, click.Command) and one.name
        }
        return found[cmd_name]

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except PlatformError as error:
            self._end(ctx, error.text, 1)
        except ValidationError as error:
            faults = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            said = f"XIHU_…: {'; '.join(faults)}"
            self._end(ctx, Text(said, said), 2)
        except DBAPIError as error:
            self._end(ctx, _database_fault(error), 1)
        except BrokenPipeError:  # the reader has seen enough: `| head`
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # else Python tells of it at its end
            ctx.exit(0)
        except Exception as error:  # the edge of the program
            self._end(ctx, _fault(error), 1)

    def _end(self, ctx: click.Context, said: Text, status: int) -> NoReturn:
        click.echo(said.to(ctx.params["lang"]), err=True)
        ctx.exit(status)


@click.group(cls=Program, help="Xihu 西湖: an integrated public-data platform.")
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default=_default_language,
    envvar="XIHU_LANG",
    help="Language of what is printed: zh or en.",
)
@click.option("--verbose", is_flag=True, help="Log what is done and how long it takes.")
@click.pass_context
def xihu(context: click.Context, lang: Language, verbose: bool) -> None:
    context.obj = lang
    settings = _find_settings()
    telemetry = settings.telemetry if settings else TelemetrySettings()
    start_logging(telemetry, level=logging.DEBUG if verbose else logging.WARNING)
    if verbose:
        TRACER.set(LogTracer())
    if settings and context.invoked_subcommand != "doctor":  # which says what is wrong with it
        from xihu_pipelines.start import open_registry  # half a second, which help does not need

        open_registry(settings)


def _find_settings() -> Settings | None:
    """None where they are wrong, which the command itself then says."""
    try:
        return Settings()
    except ValidationError:
        return None


def main() -> None:
    xihu()


def _database_fault(error: DBAPIError) -> Text:
    kind = type(error.orig).__name__
    return Text(
        f"应用数据库不可用（{kind}）：可能已损坏、被其他程序锁住，或不是本平台的数据库。"
        "请运行 xihu doctor 检查，必要时从备份恢复",
        f"the application database cannot be used ({kind}): it may be damaged, locked by another "
        "program, or no database of this platform. Run xihu doctor; restore a backup if need be",
    )


def _fault(error: Exception) -> Text:
    failure = describe(error)
    kinds = " < ".join((failure.kind, *failure.causes))
    places = "".join(f"\n  {place}" for place in failure.places)
    return Text(
        f"程序内部出错：{kinds}，请把以下位置告知开发者{places}",
        f"the program failed: {kinds}; tell its developers these places{places}",
    )
