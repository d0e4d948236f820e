"""Programs to copy that read one open dataset with the tools that people have.

A dataset's id has letters, digits and `_` alone, and the address of a node neither quotes nor
blanks: so that nothing in them has to be quoted for a language. Codes begin with zeros and are no
numbers, so that every example reads CSV as text.
"""

import re
from dataclasses import dataclass

from xihu_platform.words import Text

_PLAIN = re.compile(r"[\w./:\[\]-]+")


@dataclass(frozen=True, slots=True)
class ClientExample:
    """One program: `runs` where the tests of this platform run it as it is shown."""

    id: str
    title: Text
    code: str
    note: Text
    runs: bool


def client_examples(base: str, dataset: str) -> tuple[ClientExample, ...]:
    """For the node at `base`. Raises ValueError for what would have to be quoted."""
    if not (_PLAIN.fullmatch(base) and re.fullmatch(r"\w+", dataset)):
        raise ValueError(f"{base} or {dataset} would have to be quoted")
    rows = f"{base}/api/v1/datasets/{dataset}"
    return (*_programs(base, rows, dataset), *_tools(rows))


def _programs(base: str, rows: str, dataset: str) -> tuple[ClientExample, ...]:
    """What a test of this platform runs."""
    return (
        ClientExample(
            "curl",
            Text("curl", "curl"),
            f"curl --fail -o {dataset}.csv '{rows}/download.csv'",
            Text(
                "全部记录，UTF-8 的 CSV；换成 download.parquet 得到带类型的文件",
                "All rows as CSV in UTF-8; download.parquet gives a file with types",
            ),
            runs=True,
        ),
        ClientExample(
            "pandas",
            Text("Python（pandas）", "Python (pandas)"),
            "import pandas\n\n"
            f'rows = pandas.read_csv("{rows}/download.csv", dtype="string")\n'
            f'typed = pandas.read_parquet("{rows}/download.parquet")\n'
            "print(len(rows), len(typed))\n",
            Text(
                "代码以 0 开头，不是数，所以按文本读；要类型，读 Parquet",
                "Codes begin with zeros and are no numbers: CSV is read as text, Parquet has types",
            ),
            runs=True,
        ),
        ClientExample(
            "ckan",
            Text("Python（CKAN 客户端）", "Python (a client of CKAN)"),
            "from ckanapi import RemoteCKAN\n\n"
            f'site = RemoteCKAN("{base}")\n'
            f'found = site.action.datastore_search(resource_id="{dataset}", limit=5)\n'
            'print(found["total"], len(found["records"]))\n',
            Text(
                "为 CKAN 写的程序可以直接使用，总数是准确的",
                "What is written for CKAN works as it is; the total is exact",
            ),
            runs=True,
        ),
    )


def _tools(rows: str) -> tuple[ClientExample, ...]:
    return (
        ClientExample(
            "r",
            Text("R", "R"),
            f'rows <- read.csv("{rows}/download.csv", colClasses = "character",\n'
            '                 fileEncoding = "UTF-8")\n'
            "nrow(rows)\n",
            Text("按文本读，代码前面的 0 不会丢", "Read as text, so that codes keep their zeros"),
            runs=False,
        ),
        ClientExample(
            "excel",
            Text("Excel（Power Query）", "Excel (Power Query)"),
            "let\n"
            f'    Address = "{rows}/download.csv",\n'
            "    Source = Csv.Document(Web.Contents(Address),\n"
            '        [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]),\n'
            "    Rows = Table.PromoteHeaders(Source, [PromoteAllScalars = true])\n"
            "in\n"
            "    Rows\n",
            Text(
                "数据 → 获取数据 → 自其他源 → 空白查询 → 高级编辑器，粘贴；数据更新后点“刷新”",
                "Data → Get Data → From Other Sources → Blank Query → Advanced Editor; Refresh "
                "when there is newer data",
            ),
            runs=False,
        ),
        ClientExample(
            "qgis",
            Text("QGIS", "QGIS"),
            f"/vsicurl_streaming/{rows}/download.csv",
            Text(
                "图层 → 添加图层 → 添加矢量图层，来源填这一行；再按区划代码与您的区划图层关联",
                "Layer → Add Layer → Add Vector Layer, with this line as the source; then join it "
                "to your layer of divisions by their code",
            ),
            runs=True,
        ),
    )
