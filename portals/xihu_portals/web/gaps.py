"""What a number lacks, in words, with a link to the reason: 缺 1 个县（滨江区，晚报）."""

from xihu_platform.brain.completeness import Completeness, Missing
from xihu_platform.brain.service import Point
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.words import Text
from xihu_portals.web.describe import region_name
from xihu_portals.web.parts import Gap

NAMED = 3  # regions named in the sentence; the API names more
_LEAVES = {
    "county": ("个县", "county", "counties"),
    "city": ("个市", "city", "cities"),
    "province": ("个省", "province", "provinces"),
}
QUARANTINED = Text("记录有问题，暂未入库", "record quarantined")
LATE = Text("尚未报送", "not delivered yet")


def gap(
    spec: MetricSpec, point: Point | None, *, dataset_path: str, load_path: str | None
) -> Gap | None:
    """What keeps a point from being compared, or None where it is complete."""
    if point is None or point.completeness.complete:
        return None
    of = point.completeness
    if of.missing:
        return _missing(spec, of, dataset_path, load_path)
    if not of.closed:
        text = Text("本期尚未结束，不作比较", "The period is still running: no comparison")
        return Gap(text, None)
    text = Text("数据没有覆盖整期，不作比较", "The data does not cover the period: no comparison")
    return Gap(text, f"{dataset_path}/{spec.dataset}")


def _missing(spec: MetricSpec, of: Completeness, dataset_path: str, load_path: str | None) -> Gap:
    named = of.missing[:NAMED]
    why = _why(of.missing)
    names_zh = "、".join(region_name(one.region).zh for one in named)
    names_en = ", ".join(region_name(one.region).en for one in named)
    more = of.missing_regions > len(named)
    zh, en = f"{names_zh}{'等' if more else ''}", f"{names_en}{' and others' if more else ''}"
    cells = (of.expected or 0) - (of.present or 0)
    leaf, one_en, many_en = _LEAVES[spec.finest_level]
    leaves_en = f"{of.missing_regions} {one_en if of.missing_regions == 1 else many_en}"
    if cells == of.missing_regions:
        lacks = Text(f"缺 {cells} {leaf}", f"{leaves_en} missing")
    else:
        lacks = Text(
            f"缺 {cells:,} 格数据，涉及 {of.missing_regions} {leaf}",
            f"{cells:,} cells of {leaves_en} missing",
        )
    load = next((one.load_id for one in of.missing if one.load_id), None)
    href = f"{load_path}/{load}" if load_path and load else f"{dataset_path}/{spec.dataset}"
    open_zh, open_en = ("", "") if of.closed else ("，本期尚未结束", ", the period still running")
    return Gap(
        Text(
            f"{lacks.zh}（{zh}，{why.zh}）{open_zh}",
            f"{lacks.en} ({en}: {why.en}){open_en}",
        ),
        href,
    )


def _why(missing: tuple[Missing, ...]) -> Text:
    quarantined = sum(one.load_id is not None for one in missing)
    if quarantined == len(missing):
        return QUARANTINED
    if quarantined:
        return Text(f"{QUARANTINED.zh}或{LATE.zh}", f"{QUARANTINED.en} or {LATE.en}")
    return LATE
