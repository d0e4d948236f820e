"""The entries of the demo's registry, counted from its YAML without any code of the platform."""

from collections import Counter
from pathlib import Path

import yaml

CONTRACTS = Path(__file__).parents[3] / "pipelines/xihu_pipelines/demo/registry/contracts"


def contracts() -> dict[str, dict[str, str]]:
    """By dataset: its provider, topic and open class as the files have them."""
    found = {}
    for path in sorted(CONTRACTS.glob("*.odcs.yaml")):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        said = {one["property"]: one["value"] for one in raw["customProperties"]}
        found[raw["id"]] = {
            "provider": said["provider"],
            "topic": raw["domain"],
            "open_class": said["openClass"],
        }
    return found


def counts(name: str) -> Counter[str]:
    return Counter(one[name] for one in contracts().values())
