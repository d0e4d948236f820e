"""What `xihu doctor` looks at in the registry: whose it is, and what is wrong in its files."""

from xihu_catalog.registry.check import check_registry
from xihu_node.cli.findings import DoctorLine
from xihu_pipelines.demo.folder import REGISTRY
from xihu_pipelines.start import open_registry
from xihu_platform.settings import Settings
from xihu_platform.words import Text

NAMED = 8  # faults that a line names


def registry(settings: Settings) -> DoctorLine:
    """Every file can be read and agrees with the others; production has one of its own."""
    folder = open_registry(settings)
    if found := check_registry():
        more = f"\n    … +{len(found) - NAMED}" if len(found) > NAMED else ""
        zh = "".join(f"\n    {one.to('zh')}" for one in found[:NAMED])
        en = "".join(f"\n    {one.to('en')}" for one in found[:NAMED])
        return DoctorLine(
            "fault",
            Text(
                f"{folder} 中有 {len(found)} 处错误{zh}{more}",
                f"{len(found)} faults in {folder}{en}{more}",
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
