"""A small province of people, in the shape of the registry's own files."""

import hashlib
from collections.abc import Mapping

import yaml

from xihu_platform.identity.seeds import Content, parse_content

_CONTENT = """
organisations:
  - {uscc: "113399001001000094", code: mz, name_zh: 示例区民政局, name_en: Demo Civil Affairs,
     region: "330106", kind: department}
  - {uscc: "11339900100102741M", code: yb, name_zh: 示例省医保局, name_en: Demo Healthcare,
     region: "330000", kind: department}
people:
  - username: wang
    person: p-wang
    name_zh: 王若溪
    name_en: Wang Ruoxi
    level: 3
    document: {kind: "1", number: "339999198804120289"}
    card_zh: 高级实名的市民。
    card_en: A citizen with a fully proven identity.
  - username: li
    person: p-li
    name_zh: 李明远
    name_en: Li Mingyuan
    level: 1
    document: {kind: "1", number: "339999199609030119"}
    card_zh: 尚未实名的市民。
    card_en: A citizen whose identity is not yet proven.
  - username: zhao
    person: p-zhao
    name_zh: 赵雅琴
    name_en: Zhao Yaqin
    level: 3
    document: {kind: "1", number: "339999197911250244"}
    mandates:
      - {kind: firm, key: "91339900202600012U", name_zh: 示例公司, name_en: Demo Co.,
         valid_from: 2025-01-01, valid_to: 2028-12-31, evidence: 授权书 2025-1}
      - {kind: child, document: {kind: "1", number: "339999201501010015"}, name_zh: 赵小溪,
         name_en: Zhao Xiaoxi}
    card_zh: 一家企业的经办人。
    card_en: The handler of a firm.
  - username: chen
    person: p-chen
    name_zh: 陈立群
    name_en: Chen Liqun
    level: 3
    document: {kind: "1", number: "33999919850217015X"}
    positions:
      - {id: chen-mz, title_zh: 救助经办, title_en: Case handler, support,
         organisation: "113399001001000094", region: "330106", duties: [handler],
         valid_from: 2024-01-01, valid_to: 2029-12-31}
      - {id: chen-yb, title_zh: 数据管理员, title_en: Data steward,
         organisation: "11339900100102741M", region: "330000", duties: [steward, handler],
         valid_from: 2025-03-01, valid_to: 2029-12-31}
      - {id: chen-past, title_zh: 旧岗位, title_en: Former position,
         organisation: "11339900100102741M", region: "330000", duties: [auditor],
         valid_from: 2020-01-01, valid_to: 2023-12-31}
    card_zh: 在两个机构任职的公务人员。
    card_en: An official with two positions.
systems:
  - {client_id: dept-yb, organisation: "11339900100102741M", name_zh: 医保结算系统,
     name_en: Settlement system}
""".replace("Case handler, support,", "'Case handler, support',")


def content() -> Content:
    document: Mapping[str, object] = yaml.safe_load(_CONTENT)
    return parse_content(document)


def pseudonym(kind: str, number: str) -> str:
    """Stands in for the keyed one, which is another room's."""
    return hashlib.sha256(f"test {kind} {number}".encode()).hexdigest()[:32]
