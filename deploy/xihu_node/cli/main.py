"""The command line `xihu`: every command, each group in a file of its own."""

import locale
import logging
import sys

import click
from pydantic import ValidationError

from xihu_node.cli.audit import audit
from xihu_node.cli.calendar import calendar
from xihu_node.cli.commands import query, relocate_command, run, search
from xihu_node.cli.contract import contract
from xihu_node.cli.data import generate, load, publish
from xihu_node.cli.doctor import doctor
from xihu_node.cli.identity import identity
from xihu_node.cli.ingest import airflow, ingest
from xihu_node.cli.maintain import erase, maintain
from xihu_node.cli.rotate import rotate
from xihu_pipelines.start import open_registry
from xihu_platform.errors import PlatformError
from xihu_platform.settings import Settings, TelemetrySettings
from xihu_platform.telemetry.failures import describe
from xihu_platform.telemetry.logs import start_logging
from xihu_platform.telemetry.traces import TRACER, LogTracer
from xihu_platform.words import LANGUAGES, Language, Text


def _default_language() -> Language:
    return "en" if (locale.getlocale()[0] or "").startswith("en") else "zh"


@click.group(help="Xihu 西湖: an integrated public-data platform.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of what is printed: zh or en.")
@click.option("--verbose", is_flag=True, help="Log what is done and how long it takes.")
@click.pass_context
def xihu(context: click.Context, lang: Language | None, verbose: bool) -> None:
    context.obj = lang or _default_language()
    settings = _find_settings()
    telemetry = settings.telemetry if settings else TelemetrySettings()
    start_logging(telemetry, level=logging.DEBUG if verbose else logging.WARNING)
    if verbose:
        TRACER.set(LogTracer())
    if settings and context.invoked_subcommand != doctor.name:  # which says what is wrong with it
        open_registry(settings)


def _find_settings() -> Settings | None:
    """None where they are wrong, which the command itself then says."""
    try:
        return Settings()
    except ValidationError:
        return None


for _command in (
    *(run, doctor, query, search, audit, identity, relocate_command),
    *(load, publish, generate, contract, ingest, airflow, maintain, erase, rotate, calendar),
):
    xihu.add_command(_command)


def main() -> None:
    """Errors are said in words. Of a fault in the program type and place are shown, never its
    message: it may quote SQL and values."""
    language = _language_of(sys.argv)
    try:
        xihu(standalone_mode=True)
    except PlatformError as error:
        click.echo(error.text.to(language), err=True)
        sys.exit(1)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        click.echo(f"XIHU_…: {faults}", err=True)
        sys.exit(2)
    except Exception as error:  # the edge of the program
        click.echo(_fault(error).to(language), err=True)
        sys.exit(1)


def _fault(error: Exception) -> Text:
    failure = describe(error)
    kinds = " < ".join((failure.kind, *failure.causes))
    places = "".join(f"\n  {place}" for place in failure.places)
    return Text(
        f"程序内部出错：{kinds}，请把以下位置告知开发者{places}",
        f"the program failed: {kinds}; tell its developers these places{places}",
    )


def _language_of(arguments: list[str]) -> Language:
    for language in LANGUAGES:
        if f"--lang={language}" in arguments or (
            "--lang" in arguments and arguments[arguments.index("--lang") + 1 :][:1] == [language]
        ):
            return language
    return _default_language()
