"""The application to register a public data resource, filled in as far as the node knows it.

The measures 公共数据资源登记管理暂行办法 (发改数据规〔2025〕26号) ask for seven parts when a
resource is registered first: the registrant, the lawful source of the data, the resource, its
notarisation, products and services, applications, and the assessment of security risks. What the
node does not know stays empty and is for the registrant to fill in; nothing is guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Entry
from xihu_catalog.registry.codes import code_list, place_name
from xihu_catalog.registry.people import organisation_name, organisations
from xihu_catalog.search.documents import facet_label
from xihu_catalog.sheets.columns import CATALOGUE
from xihu_platform.clock import SHANGHAI
from xihu_platform.words import Language, Text

LAW = Text(
    "《公共数据资源登记管理暂行办法》（发改数据规〔2025〕26号）",
    "Interim Measures for the Registration of Public Data Resources (NDRC and NDA, 2025, no. 26)",
)
_HEADS = {one.title: one for one in CATALOGUE}
_FACETS = {"更新周期": "update_cycle", "共享类型": "share_class", "开放类型": "open_class"}
_SUBJECTS = {
    "person": Text("含自然人数据", "about persons"),
    "firm": Text("含企业数据", "about firms"),
    "none": Text("不涉及自然人和企业", "about neither persons nor firms"),
}


@dataclass(frozen=True, slots=True)
class FormItem:
    """One line of the form; `value` None where the registrant fills it in."""

    name: Text
    value: Text | None = None


@dataclass(frozen=True, slots=True)
class FormPart:
    title: Text
    items: tuple[FormItem, ...]


def registration_form(entry: Entry, inputs: Sequence[Text]) -> tuple[FormPart, ...]:
    """`inputs`: the titles of the datasets that a derived one is made of."""
    return (
        FormPart(Text("一、登记主体", "1 Registrant"), _registrant(entry.contract)),
        FormPart(
            Text("二、数据来源及其合法合规性", "2 Source of the data and its lawfulness"),
            _source(entry.contract, inputs),
        ),
        FormPart(Text("三、数据资源", "3 Data resource"), _resource(entry)),
        FormPart(Text("四、存证", "4 Notarisation"), _notarised(entry)),
        FormPart(
            Text("五、产品和服务", "5 Products and services"),
            _empty(
                Text("产品和服务名称", "Products and services"),
                Text("产品和服务形式", "Their form"),
                Text("服务对象", "For whom"),
            ),
        ),
        FormPart(
            Text("六、应用场景", "6 Applications"),
            _empty(Text("应用场景", "Applications"), Text("应用成效", "Results")),
        ),
        FormPart(
            Text("七、数据安全风险评估", "7 Assessment of security risks"),
            _empty(
                Text("评估单位", "Assessed by"),
                Text("评估时间", "Assessed on"),
                Text("评估结论", "Conclusion"),
            ),
        ),
    )


def _empty(*names: Text) -> tuple[FormItem, ...]:
    return tuple(FormItem(name) for name in names)


def _said(name: Text, value: str | Text | None) -> FormItem:
    """A text of one language is the same in both: codes and numbers."""
    text = Text(value, value) if isinstance(value, str) else value
    return FormItem(name, text if text is not None and (text.zh or text.en) else None)


def _registrant(contract: Contract) -> tuple[FormItem, ...]:
    known = organisations().get(contract.provider)
    return (
        _said(Text("登记主体名称", "Name of the registrant"), organisation_name(contract.provider)),
        _said(Text("统一社会信用代码", "Unified social credit code"), contract.provider),
        _said(Text("行政区划", "Division"), place_name(known.region) if known else None),
        *_empty(
            Text("登记主体类型", "Kind of registrant"),
            Text("法定代表人（负责人）", "Legal representative"),
            Text("联系人", "Contact"),
            Text("联系电话", "Telephone"),
        ),
    )


def _source(contract: Contract, inputs: Sequence[Text]) -> tuple[FormItem, ...]:
    made_of = Text("、".join(one.zh for one in inputs), ", ".join(one.en for one in inputs))
    derived = Text("由本平台其他数据集加工形成", "derived from other datasets of this platform")
    return (
        _said(
            Text("数据来源方式", "How the data is come by"),
            derived if contract.source.query is not None else None,
        ),
        _said(Text("加工所用的数据集", "Datasets that it is made of"), made_of),
        *_empty(
            Text("来源的法律法规依据或授权文件", "Law or authorisation that it rests on"),
            Text("来源的合法合规性说明", "Why the source is lawful"),
        ),
    )


def _resource(entry: Entry) -> tuple[FormItem, ...]:
    contract, heart = entry.contract, entry.heartbeat
    grade = max((one.grade for one in contract.fields), default="")
    loaded = heart.loaded_at.astimezone(SHANGHAI) if heart.loaded_at else None
    kinds = _SUBJECTS.get(contract.shared_kinds)
    return (
        _said(Text("资源名称", "Name of the resource"), contract.title),
        _said(Text("信息资源代码", "Resource code"), contract.resource_code),
        _said(Text("资源摘要", "Summary"), contract.summary),
        _said(Text("所属领域", "Topic"), code_list("topics").get(contract.topic)),
        _said(Text("关键词", "Keywords"), "、".join(contract.tags)),
        _said(
            Text("数据项", "Fields"),
            Text(
                "、".join(one.title.zh for one in contract.fields),
                ", ".join(one.title.en for one in contract.fields),
            ),
        ),
        _said(Text("数据项数量", "Number of fields"), str(len(contract.fields))),
        _said(Text("资源规模（记录数）", "Size (records)"), str(heart.rows) if loaded else None),
        *_empty(Text("资源规模（存储量）", "Size (storage)")),
        _said(Text("数据截至", "Data as of"), str(heart.data_as_of) if heart.data_as_of else None),
        _said(
            Text("最近更新时间（北京时间）", "Last updated (Beijing time)"),
            f"{loaded:%Y-%m-%d %H:%M}" if loaded else None,
        ),
        _choice(Text("更新周期", "Update cycle"), "更新周期", contract.update_cycle),
        _choice(Text("共享类型", "Sharing"), "共享类型", contract.share_class),
        _said(Text("共享条件", "Conditions of sharing"), contract.share_conditions),
        _choice(Text("开放类型", "Opening"), "开放类型", contract.open_class),
        _said(Text("使用条件", "Conditions of use"), contract.conditions),
        _said(Text("敏感级别（最高）", "Grade (highest)"), grade),
        _said(Text("数据主体", "Subjects"), kinds),
        *_empty(Text("是否纳入授权运营范围", "Within authorised operation or not")),
    )


def _choice(name: Text, column: str, code: str) -> FormItem:
    """As the sheet of the 编制指南 words it, and as the catalogue does in English."""
    return _said(name, Text(_HEADS[column].words_of(code), facet_label(_FACETS[column], code)[1]))


def _notarised(entry: Entry) -> tuple[FormItem, ...]:
    """What can be notarised is known here; the notarisation itself is made elsewhere."""
    snapshot = entry.heartbeat.snapshot_id
    return (
        _said(Text("快照编号", "Snapshot"), str(snapshot) if snapshot else None),
        _said(Text("数据契约摘要（SHA-256）", "SHA-256 of the contract"), entry.contract.digest),
        *_empty(
            Text("存证机构", "Notarised by"),
            Text("存证编号", "Number of the notarisation"),
            Text("存证时间", "Notarised on"),
        ),
    )


def write_form(
    form: Sequence[FormPart], title: Text, target: Path, language: Language, blank: Text
) -> None:
    """As an Excel file; every cell is a text, so that none is a formula. `blank` marks a cell that
    the registrant fills in, by its colour and a note."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(target), {"in_memory": True}) as book:
        _write(book, form, title.to(language), language, blank.to(language))


def _write(book: Any, form: Sequence[FormPart], title: str, language: Language, blank: str) -> None:
    # Any: xlsxwriter has no types.
    sheet = book.add_worksheet("登记申请表" if language == "zh" else "Registration")
    head = book.add_format({"bold": True, "font_size": 14})
    part = book.add_format({"bold": True, "bg_color": "#DDE7F0"})
    name = book.add_format({"valign": "top", "border": 1, "text_wrap": True})
    known = book.add_format({"num_format": "@", "valign": "top", "border": 1, "text_wrap": True})
    empty = book.add_format({"num_format": "@", "border": 1, "bg_color": "#FFF6D6"})
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 80)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, title, head)
    sheet.write_string(1, 0, blank)
    row = 2
    for one in form:
        sheet.write_string(row, 0, one.title.to(language), part)
        sheet.write_string(row, 1, "", part)
        row += 1
        for item in one.items:
            sheet.write_string(row, 0, item.name.to(language), name)
            if item.value is None:
                sheet.write_blank(row, 1, None, empty)
            else:
                sheet.write_string(row, 1, _of(item.value, language), known)
            row += 1


def _of(text: Text, language: Language) -> str:
    return text.to(language) or text.zh or text.en
