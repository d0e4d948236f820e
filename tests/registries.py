"""A small registry of another province than the demo's, for tests to spoil."""

from pathlib import Path

from tests.contracts import document, field

USCC = "11980000MB0000017P"
FILES = {
    "entries.yaml": "taken_over: all\n",
    "codes/divisions.csv": """code,name_zh,name_en,level,parent
980000,云岭省,Yunling Province,province,
980100,青石市,Qingshi City,city,980000
980101,东溪区,Dongxi District,county,980100
980102,西岭县,Xiling County,county,980100
""",
    "codes/topics.csv": "code,name_zh,name_en\nforest,林业,Forestry\n",
    "codes/update_cycle.csv": "code,name_zh,name_en\ndaily,每日,Daily\n",
    "codes/wood.csv": "code,name_zh,name_en\n1,杉木,Fir\n2,松木,Pine\n",
    "organisations.yaml": f"""organisations:
  - uscc: "{USCC}"
    code: ly
    name_zh: 云岭省林业局
    name_en: Yunling Forestry Administration
    region: "980000"
""",
    "metrics/timber.yaml": f"""id: timber
name: {{zh: 木材产量, en: Timber felled}}
definition: {{zh: 采伐的木材, en: Timber that was felled}}
dataset: ly_timber
kind: flow
numerator: sum(volume)
unit: {{zh: 立方米, en: cubic metres}}
region_field: county_code
dimensions:
  - {{field: wood, name: {{zh: 树种, en: Wood}}, code_list: wood}}
audience: public
better: up
brain: industry
owner: "{USCC}"
""",
    "statutes/CN-809-2025.yaml": """id: CN-809-2025
title: {zh: 政务数据共享条例, en: Regulation on Government Data Sharing}
source: State Council Order 809
in_force: 2025-08-01
duties:
  - {id: reply_conditional, article: "21", name: {zh: 答复, en: Reply}, value: 10,
     unit: working_day, verified: true}
""",
}
CONTRACT = "contracts/ly_timber.odcs.yaml"
RECORDS = "plot,county_code,wood,volume\nA1,980101,1,120\nA2,980102,2,35\nA3,330106,1,9\n"
"""The last one lies in the demo's province: no division of this registry."""


def write_registry(folder: Path, **changed: str) -> Path:
    """`changed` by the file's path, with `__` for `/` and `_csv` or `_yaml` for its ending."""
    fields = [
        field("plot", key=True),
        field("county_code", codeList="divisions", region=True),
        field("wood", codeList="wood"),
        field("volume", "INTEGER"),
    ]
    contract = document(
        "ly_timber",
        fields,
        provider=USCC,
        domain="forest",
        name="木材采伐记录",
        more={"openClass": "unconditional", "nameEn": "Timber records"},
    )
    for name, text in (FILES | {CONTRACT: contract.decode()} | _named(changed)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _named(changed: dict[str, str]) -> dict[str, str]:
    return {
        name.replace("__", "/").replace("_csv", ".csv").replace("_yaml", ".yaml"): text
        for name, text in changed.items()
    }
