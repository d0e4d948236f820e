"""Words of the pages of figures: catalogue, metric, place, embedded number, region explained."""

from xihu_platform.words import Text

FIGURES = {
    "nav.public_metrics": Text("指标", "Figures"),
    "nav.places": Text("我的县", "My county"),
    "running": Text("本期未结束", "still running"),
    "verifying": Text("核实中", "being verified"),
    "table.links": Text("更多", "More"),
    "running.legend": Text("◇ 本期未结束", "◇ still running"),
    "running.note": Text("还会变，不作比较", "will still change; not compared"),
    "metrics.public_title": Text("公开指标", "Public figures"),
    "metrics.public_heading": Text("有哪些数可以看", "Which numbers there are"),
    "metrics.public_lead": Text(
        "每个指标都写明口径、单位、负责部门和数据是否按时更新。",
        "Each says what it counts, in which unit, who answers for it and whether its data is "
        "in time.",
    ),
    "metrics.to_places": Text("按地区看十个数", "Ten numbers of a place"),
    "choice.label": Text("选地区和时间", "Choose place and periods"),
    "choice.place": Text("地区", "Place"),
    "choice.from": Text("从", "From"),
    "choice.to": Text("到", "To"),
    "choice.show": Text("查看", "Show"),
    "choice.hint": Text(
        "可以填名称、拼音或代码，如“西湖区”“xihu”；时间写成 2026、2026-09 或 2026-09-01",
        "A name, pinyin or code, for example “Xihu District”; times as 2026, 2026-09 or 2026-09-01",
    ),
    "metric.next": Text("下次更新", "Next update"),
    "metric.due": Text("最晚 {at}", "by {at}"),
    "metric.cycle": Text("（{cycle}更新）", " (updated: {cycle})"),
    "metric.no_due": Text("没有约定时间（{cycle}）", "no date is promised ({cycle})"),
    "metric.periods": Text(
        "逐期数值、完整性和比较", "Each period: value, completeness, comparison"
    ),
    "metric.completeness": Text("数据齐不齐", "Is it complete"),
    "metric.versions": Text("以往版本怎么说", "What earlier versions said"),
    "metric.embed": Text("在其他网站显示这个数", "Show the number on another site"),
    "metric.embed_chart": Text("在其他网站显示走势图", "Show its course on another site"),
    "metric.embed_note": Text(
        "嵌入的页面总显示最新一期，不用 Cookie，也不读取登录信息。",
        "The frame always shows the newest period; it sets no cookie and reads no session.",
    ),
    "places.title": Text("选地区", "Choose a place"),
    "places.heading": Text("您想看哪个地方", "Which place do you want to see?"),
    "places.lead": Text(
        "每个地方十个数，旁边是所在市和全省的同一个数。",
        "Ten numbers of each place, with those of its city and of the province beside them.",
    ),
    "places.label": Text("地名", "Name of a place"),
    "places.placeholder": Text("如：西湖区、xihu", "e.g. Xihu District"),
    "places.find": Text("查找", "Find"),
    "places.several": Text(
        "可能是这 {count} 个地方", "It may be this place|It may be one of {count}"
    ),
    "places.none": Text("没有找到“{typed}”", "No place is called “{typed}”"),
    "places.none_hint": Text(
        "请换个写法：名称、拼音或六位代码；也可以在下面按市查找。",
        "Try another way to write it: a name, pinyin or six-digit code; or look by city below.",
    ),
    "places.by_city": Text("按市查找", "By city"),
    "place.title": Text("{place}：十个数", "{place} in ten numbers"),
    "place.heading": Text("{place}的 {n} 个数", "{place} in {n} numbers"),
    "place.lead": Text(
        "都是公开指标的最近一期；不排名次。点指标名可看走势、构成和口径。",
        "The newest period of public figures; nothing is ranked. Each name leads to its course, "
        "parts and definition.",
    ),
    "place.fewer": Text(
        "这里公开的分地区指标一共 {n} 个，不到十个。",
        "There are {n} public figures by place here, fewer than ten.",
    ),
    "place.another": Text("换个地方", "Another place"),
    "place.newest": Text("最近一次装载", "as of the last load"),
    "embed.more": Text("口径、走势和来源", "Definition, course and source"),
    "embed.drawn": Text(
        "{title}，{first}至{last}，单位：{unit}；最新的值 {value}",
        "{title}, {first} to {last}, unit: {unit}; newest value {value}",
    ),
    "embed.to": Text("至", " to "),
    "embed.not_zero": Text("纵轴不从零开始", "the axis does not begin at zero"),
    "embed.marked": Text("空心：不完整或本期未结束", "hollow: incomplete, or still running"),
    "embed.as_table": Text("数据表", "As a table"),
    "embed.rows": Text("前 {shown} 行，共 {total} 行", "The first {shown} of {total} rows"),
    "embed.all_rows": Text("看全部", "See all of them"),
    "embed.no_rows": Text("没有符合条件的记录", "No record meets the conditions"),
    "embed.other_data": Text("看有哪些开放数据", "See which open data there is"),
    "embed.others": Text("看有哪些公开指标", "See which public figures there are"),
    "region.reason": Text("看原因", "See the reason"),
    "region.explained": Text("差距从哪里来", "Where the difference comes from"),
    "region.own_growth": Text("增长从哪里来", "Where the growth comes from"),
    "parts.formula": Text(
        "占比＝本部分÷合计；对增长的贡献（百分点）＝（本部分本期－本部分上年同期）÷合计上年同期×100，"
        "各部分相加等于合计的同比。只比较完整、已结束的相同时期；按未四舍五入的数计算，"
        "显示的数相加末位可能略有出入。",
        "Share = part ÷ total. What a part adds to growth, in percentage points = (part now − part "
        "a year before) ÷ total a year before × 100; the parts add up to the growth of the total. "
        "Only complete, closed and equal periods are compared; numbers are rounded last, so shown "
        "ones may miss the total by their last digit.",
    ),
}
