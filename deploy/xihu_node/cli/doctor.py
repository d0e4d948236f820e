"""`xihu doctor`: the state of an installation, line by line: what it means and what to do.

It changes nothing, so that it can be asked of a folder that nothing opens. A check that needs what
another found missing is left out, and says so.
"""

import json
import os
import shutil
from collections.abc import Iterator

import click
import httpx
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from xihu_node.cli import doctor_data, doctor_keys, doctor_registry
from xihu_node.cli.findings import OTHERS, Check, DoctorLine, State
from xihu_platform.errors import PlatformError
from xihu_platform.extras import require
from xihu_platform.settings import Settings
from xihu_platform.telemetry.failures import describe
from xihu_platform.words import Language, Text
from xihu_portals.web.assets import VENDOR

MARKS: dict[State, str] = {"ok": "✓", "warning": "!", "fault": "✗", "left out": "-"}
FREE_FAULT = 1 << 30  # a load of a large file writes as much before it commits
FREE_WARNING = 0.1  # of the disk
ISSUER_TIMEOUT_S = 8.0


@click.command()
@click.pass_obj
def doctor(language: Language) -> None:
    """Explain the state of the installation; exit code 1 if something is broken."""
    found: list[State] = []
    for title, finding in examine():
        found.append(finding.state)
        colon = "：" if language == "zh" else ": "
        click.echo(f"{MARKS[finding.state]} {title.to(language)}{colon}{finding.text.to(language)}")
        if finding.remedy is not None:
            click.echo(f"    → {finding.remedy.to(language)}")
    faults, warnings = found.count("fault"), found.count("warning")
    said = Text(
        f"{faults} 项故障，{warnings} 项提醒",
        f"{faults} fault{'s' * (faults != 1)}, {warnings} warning{'s' * (warnings != 1)}",
    )
    click.echo("\n" + said.to(language))
    if faults:
        raise SystemExit(1)


def examine() -> Iterator[tuple[Text, DoctorLine]]:
    """Every check in order; none runs where the settings cannot be read."""
    try:
        settings = Settings()
    except ValidationError as error:
        yield SETTINGS, _wrong_settings(error)
        return
    yield SETTINGS, _settings(settings)
    for title, check in CHECKS:
        yield title, _safely(check, settings)


def _safely(check: Check, settings: Settings) -> DoctorLine:
    try:
        return check(settings)
    except PlatformError as error:
        return DoctorLine("fault", error.text)
    except DBAPIError as error:
        return _unusable(type(error.orig).__name__)
    except Exception as error:  # whatever it is: a line, never a trace
        failure = describe(error)
        place = failure.places[-1] if failure.places else "?"
        return DoctorLine(
            "fault",
            Text(f"无法检查（{failure.kind}）", f"it cannot be checked ({failure.kind})"),
            Text(f"请把这个位置告知开发者：{place}", f"tell the developers this place: {place}"),
        )


def _unusable(kind: str) -> DoctorLine:
    return DoctorLine(
        "fault",
        Text(f"应用数据库不可用（{kind}）", f"the application database cannot be used ({kind})"),
        Text(
            "确认没有别的程序锁住它；若已损坏，请停止平台，从最近的备份恢复数据目录",
            "see that no other program locks it; if it is damaged, stop the platform and restore "
            "the data folder from the newest backup",
        ),
    )


SETTINGS = Text("设置", "Settings")


def _settings(settings: Settings) -> DoctorLine:
    names = ", ".join(f"XIHU_{name.upper()}" for name in sorted(settings.model_fields_set))
    zh = "开发" if settings.profile == "development" else "生产"
    return DoctorLine(
        "ok",
        Text(
            f"已读取，{zh}环境，已设置：{names or '无'}",
            f"read, profile {settings.profile}; given: {names or 'none'}",
        ),
    )


def _wrong_settings(error: ValidationError) -> DoctorLine:
    """Which, and what is wrong with it; never the value."""
    faults = "; ".join(
        ".".join(str(part) for part in fault["loc"]) + (": " if fault["loc"] else "") + fault["msg"]
        for fault in error.errors(include_input=False, include_context=False)
    )
    return DoctorLine(
        "fault",
        Text(f"不能读取：{faults}", f"they cannot be read: {faults}"),
        Text(
            "请改正环境变量 XIHU_…；全部设置见 docs/operators/settings.md",
            "correct the environment variables XIHU_…; docs/operators/settings.md lists them all",
        ),
    )


def _left_out() -> DoctorLine:
    return DoctorLine(
        "left out", Text("未检查：数据目录不存在", "not checked: there is no data folder")
    )


def _folder(settings: Settings) -> DoctorLine:
    folder = settings.data_dir.resolve()
    if not folder.is_dir():
        return DoctorLine(
            "fault",
            Text(f"{folder} 不存在", f"{folder} does not exist"),
            Text(
                "请检查 XIHU_DATA_DIR；新安装请先运行 xihu load",
                "check XIHU_DATA_DIR; in a new installation run xihu load first",
            ),
        )
    told = folder.stat()
    if told.st_uid != os.getuid() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return DoctorLine(
            "fault",
            Text(
                f"{folder} 不属于当前用户，或不可读写",
                f"{folder} is not this user's, or cannot be read and written",
            ),
            Text("请以其所有者的身份运行", "run as its owner"),
        )
    if told.st_mode & OTHERS:
        return DoctorLine(
            "warning",
            Text(f"{folder} 对其他用户开放", f"{folder} is open to other users"),
            Text("下次 xihu run 会收紧权限", "the next xihu run closes it to them"),
        )
    return DoctorLine("ok", Text(f"{folder}，只对所有者开放", f"{folder}, open to its owner alone"))


def _disk(settings: Settings) -> DoctorLine:
    usage = shutil.disk_usage(settings.data_dir)
    share = usage.free / usage.total
    said = Text(
        f"剩余 {usage.free / 1e9:,.1f} GB（{share:.0%}）",
        f"{usage.free / 1e9:,.1f} GB free ({share:.0%})",
    )
    if usage.free >= FREE_FAULT and share >= FREE_WARNING:
        return DoctorLine("ok", said)
    return DoctorLine(
        "fault" if usage.free < FREE_FAULT else "warning",
        said,
        Text(
            "请扩大磁盘，或缩短 XIHU_LAKE__SNAPSHOT_DAYS 后运行 xihu maintain；"
            "写不进日志时不提供数据",
            "enlarge the disk, or shorten XIHU_LAKE__SNAPSHOT_DAYS and run xihu maintain: when the "
            "log cannot be written no data leaves",
        ),
    )


def _issuer(settings: Settings) -> DoctorLine:
    issuer = settings.identity.issuer
    if issuer is None:
        return DoctorLine(
            "ok",
            Text("内置签发方，仅供开发", "the embedded issuer, for development only"),
        )
    remedy = Text(
        "请检查 XIHU_IDENTITY__ISSUER、网络和证书；在此期间无人能登录",
        "check XIHU_IDENTITY__ISSUER, the network and the certificate: nobody can sign in until "
        "it answers",
    )
    try:
        answer = httpx.get(f"{issuer}/.well-known/openid-configuration", timeout=ISSUER_TIMEOUT_S)
        said = answer.raise_for_status().json().get("issuer")
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        kind = type(error).__name__
        return DoctorLine(
            "fault",
            Text(f"{issuer} 无法访问（{kind}）", f"{issuer} is out of reach ({kind})"),
            remedy,
        )
    if said != issuer:
        return DoctorLine(
            "fault",
            Text(f"{issuer} 自称是另一个签发方", f"{issuer} calls itself by another name"),
            remedy,
        )
    return DoctorLine("ok", Text(f"{issuer} 可访问", f"{issuer} answers"))


def _assets(_settings: Settings) -> DoctorLine:
    manifest = VENDOR / "manifest.json"
    names = json.loads(manifest.read_text(encoding="utf-8")).values() if manifest.is_file() else ()
    missing = [name for name in names if not (VENDOR / name).is_file()]
    if names and not missing:
        return DoctorLine("ok", Text(f"{len(names)} 个文件", f"{len(names)} files"))
    return DoctorLine(
        "fault",
        Text("页面所用的脚本和样式缺失", "scripts and styles of the pages are missing"),
        Text("请运行 make setup", "run make setup"),
    )


def _telemetry(settings: Settings) -> DoctorLine:
    told = settings.telemetry
    if told.traces_url is not None:
        require("otel", "opentelemetry.sdk", Text("追踪", "tracing"))
    port = told.metrics_port
    metrics = f"127.0.0.1:{port}/metrics" if port else None
    return DoctorLine(
        "ok",
        Text(
            f"指标 {metrics or '关闭'}，追踪 {'开启' if told.traces_url else '关闭'}",
            f"metrics {metrics or 'off'}, traces {'on' if told.traces_url else 'off'}",
        ),
    )


def _with_folder(check: Check) -> Check:
    return lambda settings: check(settings) if settings.data_dir.is_dir() else _left_out()


CHECKS: tuple[tuple[Text, Check], ...] = (
    (Text("数据目录", "Data folder"), _folder),
    (Text("登记库", "Registry"), doctor_registry.registry),
    (Text("磁盘空间", "Disk"), _with_folder(_disk)),
    (Text("应用数据库", "Database"), _with_folder(doctor_data.database)),
    (Text("密钥", "Keys"), _with_folder(doctor_data.keys)),
    (Text("数据湖", "Lake"), _with_folder(doctor_data.lake)),
    (Text("数据集", "Datasets"), _with_folder(doctor_data.datasets)),
    (Text("重复主键", "Duplicate keys"), _with_folder(doctor_keys.duplicate_keys)),
    (Text("放假安排", "Calendar"), _with_folder(doctor_registry.calendar)),
    (Text("审计日志", "Audit log"), _with_folder(doctor_data.log)),
    (Text("身份认证", "Identity issuer"), _issuer),
    (Text("页面资源", "Browser assets"), _assets),
    (Text("监测", "Telemetry"), _telemetry),
)
