"""What `xihu doctor` looks at in the registry and the calendar: whose, how far, what is wrong."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import inspect

from xihu_catalog.contracts.headers import ContractRow
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.registry.check import check_registry
from xihu_catalog.registry.metrics import METRICS
from xihu_node.cli.doctor_data import open_known
from xihu_node.cli.findings import DoctorLine
from xihu_pipelines.demo.folder import REGISTRY
from xihu_pipelines.start import open_registry
from xihu_platform.clock import civil_date, system_clock
from xihu_platform.settings import Settings
from xihu_platform.statute.published import CalendarYearRow, read_calendar
from xihu_platform.words import Text

NAMED = 8  # faults that a line names
AHEAD = timedelta(days=90)
"""The longest periods, of 60 working days, that begin now end within it."""


def registry(settings: Settings) -> DoctorLine:
    """Every file can be read and agrees with the others; production has one of its own."""
    folder = open_registry(settings)
    if found := check_registry(_published(settings), settings.data_dir / METRICS):
        more = f"\n    … +{len(found) - NAMED}" if len(found) > NAMED else ""
        zh = "".join(f"\n    {one.to('zh')}" for one in found[:NAMED])
        en = "".join(f"\n    {one.to('en')}" for one in found[:NAMED])
        return DoctorLine(
            "fault",
            Text(
                f"{folder} 中有 {len(found)} 处错误{zh}{more}",
                f"{len(found)} {'fault' if len(found) == 1 else 'faults'} in {folder}{en}{more}",
            ),
            Text("请改正后重新启动", "correct them and start again"),
        )
    if folder != REGISTRY:
        return DoctorLine("ok", Text(f"{folder}", f"{folder}"))
    if settings.profile == "production":
        return DoctorLine(
            "fault",
            Text("生产环境用的是演示省的登记库", "production reads the demo province's registry"),
            Text(
                "请用 XIHU_REGISTRY_DIR 指定自己的登记库",
                "name a registry of your own with XIHU_REGISTRY_DIR",
            ),
        )
    return DoctorLine("ok", Text("演示省", "the demo province's"))


def _published(settings: Settings) -> Mapping[str, Contract]:
    opened = open_known(settings)
    if opened is None or not inspect(opened).has_table(ContractRow.__tablename__):
        return {}
    store = ContractStore(opened)
    readable = store.published().keys() - set(store.unreadable())  # told beside the datasets
    return {dataset: store.get(dataset) for dataset in readable}


def calendar(settings: Settings) -> DoctorLine:
    """Whether the due dates of the coming months can be told for certain."""
    opened = open_known(settings)
    if opened is None or not inspect(opened).has_table(CalendarYearRow.__tablename__):
        return DoctorLine(
            "left out", Text("未检查：没有数据库", "not checked: there is no database")
        )
    last = max(read_calendar(opened).versions, default=0)
    if (civil_date(system_clock()) + AHEAD).year <= last:
        return DoctorLine("ok", Text(f"已发布到 {last} 年", f"published until {last}"))
    said = Text(
        f"已发布到 {last} 年，之后的期限为暂定",
        f"published until {last}: later due dates are provisional",
    )
    nothing = Text(
        "还没有任何一年的放假安排，期限均为暂定",
        "no year is published: every due date is provisional",
    )
    return DoctorLine(
        "warning",
        said if last else nothing,
        Text(
            "国务院办公厅的通知发布后，用 xihu calendar import 导入",
            "once the State Council's notice is out, take it in with xihu calendar import",
        ),
    )
