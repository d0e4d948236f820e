"""Why a load was refused as a whole."""

from collections import Counter

from xihu_catalog.contracts.model import Contract, Rule
from xihu_platform.errors import BadInput


class LoadBlocked(BadInput):
    """A blocking rule is broken, or no record at all can be kept; the dataset stays as it was."""

    def __init__(
        self, contract: Contract, broken: list[Rule], counts: Counter[str], load_id: str
    ) -> None:
        if broken:
            zh = "；".join(f"{r.title.zh}（{counts[r.id]:,} 条）" for r in broken)
            en = "; ".join(f"{r.title.en} ({counts[r.id]:,} records)" for r in broken)
        else:
            worst = [(contract.title_of(rule), count) for rule, count in counts.most_common(3)]
            zh = "；".join(f"{title.zh} {count:,} 条" for title, count in worst)
            en = "; ".join(f"{title.en}: {count:,}" for title, count in worst)
            zh = f"没有一条记录可以保留（{zh or '文件中没有记录'}）"
            en = f"not one record can be kept ({en or 'the file holds none'})"
        super().__init__(
            f"未装载 {contract.dataset}：{zh}。原有数据未变，请改正文件后再交。",
            f"{contract.dataset} was not loaded: {en}. What was loaded stays; mend the file and "
            "hand it in again.",
        )
        self.counts = dict(counts)
        self.load_id = load_id
