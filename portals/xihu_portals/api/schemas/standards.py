"""What the routes of data standards answer: code lists and data elements."""

from datetime import date
from typing import Annotated, Literal

from xihu_catalog.registry.elements import ElementType, Representation
from xihu_platform.access.policy import Grade
from xihu_portals.api.schemas.base import DatasetId, Shape, note
from xihu_portals.api.schemas.matters import InBoth

ListId = Annotated[str, note("代码表标识", "Id of the code list")]
ElementId = Annotated[str, note("标识符", "Id of the data element")]


class CodeListSummary(Shape):
    """One code list."""

    id: ListId
    name: Annotated[InBoth, note("名称", "Its name")]
    standard: Annotated[
        str | None, note("标准；自定的为空", "The standard; null where the registry defines it")
    ]
    version: Annotated[str, note("版本", "Version")]
    source: Annotated[InBoth, note("来源", "Where it is from")]
    extent: Annotated[
        Literal["whole", "extract"],
        note("收录范围：whole 完整，extract 摘录", "Whether it is whole or an extract"),
    ]
    valid_from: Annotated[
        date | None, note("收录的起始日期", "The day its entries go back to; null if unknown")
    ]
    codes: Annotated[int, note("现有代码数", "Number of codes in force")]


class CodeListsAnswer(Shape):
    """One page of the code lists."""

    total: Annotated[int, note("共多少个", "How many there are")]
    offset: Annotated[int, note("从第几个开始", "Where this page begins")]
    lists: Annotated[list[CodeListSummary], note("代码表", "The code lists of this page")]


class ListedCode(Shape):
    """One entry of a code list."""

    code: Annotated[str, note("代码", "The code")]
    name: Annotated[InBoth, note("名称", "Its name")]
    parent: Annotated[str | None, note("上级代码", "The code above it")]
    valid_from: Annotated[
        date | None,
        note("起始日期；更早的为空", "First day in force; null if earlier than the list"),
    ]
    valid_to: Annotated[
        date | None, note("停用日期；有效的为空", "Day from which it is in force no longer")
    ]
    successors: Annotated[
        list[str],
        note("接替它的代码，在停用之日有效", "Codes that took its place, in force on that day"),
    ]


class StandardUse(Shape):
    """A field of a dataset that uses a standard."""

    dataset: DatasetId
    field: Annotated[str, note("数据项名称", "Name of the field")]
    title: Annotated[InBoth, note("数据项标题", "Title of the field")]


class CodeListAnswer(CodeListSummary):
    """A code list with one page of its entries."""

    on: Annotated[date | None, note("哪一天有效；为空则是全部", "The day asked for; null for all")]
    total: Annotated[int, note("共多少条", "How many entries there are")]
    offset: Annotated[int, note("从第几条开始", "Where this page begins")]
    entries: Annotated[list[ListedCode], note("代码", "The entries of this page")]
    uses: Annotated[
        list[StandardUse], note("使用它的数据项", "Fields of published datasets that use it")
    ]


class ElementSummary(Shape):
    """One data element in a list."""

    id: ElementId
    name: Annotated[InBoth, note("中文名称和英文名称", "Its name")]
    definition: Annotated[InBoth, note("定义", "What it means")]
    type: Annotated[ElementType, note("数据类型", "Data type")]
    format: Annotated[str, note("数据格式（GB/T 19488.1）", "Format, as in GB/T 19488.1")]
    code_list: Annotated[str | None, note("值域的代码表", "Code list of its values")]
    grade: Annotated[Grade, note("敏感级别", "Sensitivity grade, DB33/T 2351")]
    valid_to: Annotated[
        date | None, note("停用日期；有效的为空", "Day from which it is in force no longer")
    ]


class ElementsAnswer(Shape):
    """One page of the data elements."""

    total: Annotated[int, note("共多少个", "How many there are")]
    offset: Annotated[int, note("从第几个开始", "Where this page begins")]
    elements: Annotated[list[ElementSummary], note("数据元", "The data elements of this page")]


class ElementAnswer(ElementSummary):
    """A data element with all its attributes of DB33/T 2426."""

    pattern: Annotated[str | None, note("值域的格式（正则表达式）", "Pattern of its values")]
    minimum: Annotated[str | None, note("值域的下限", "Smallest value")]
    maximum: Annotated[str | None, note("值域的上限", "Largest value")]
    object_class: Annotated[InBoth | None, note("对象类词", "Object class")]
    representation: Annotated[Representation, note("表示词", "Representation")]
    unit: Annotated[InBoth | None, note("计量单位", "Unit")]
    related: Annotated[list[str], note("关系：有关的数据元", "Ids of related elements")]
    source: Annotated[str, note("来源机构的统一社会信用代码", "USCC of the source organisation")]
    application: Annotated[InBoth | None, note("所属应用", "Application")]
    remark: Annotated[InBoth | None, note("备注", "Remark")]
    version: Annotated[str, note("版本", "Version")]
    published: Annotated[date | None, note("发布日期", "Published on")]
    synonyms: Annotated[list[str], note("同义名称", "Synonyms")]
    standard: Annotated[
        str | None,
        note("依据的标准；自定的为空", "The standard; null where the registry defines it"),
    ]
    valid_from: Annotated[date | None, note("生效日期", "First day in force; null if unknown")]
    successor: Annotated[str | None, note("接替它的数据元", "The element that replaced it")]
    uses: Annotated[
        list[StandardUse], note("使用它的数据项", "Fields of published datasets that use it")
    ]
