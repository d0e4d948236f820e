"""YAML read and written safely, by libyaml where the wheel brings it: ten times as fast."""

from typing import Any

import yaml

LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def read_yaml(text: str) -> Any:
    # Any: what YAML holds is only known once it is validated. Raises yaml.YAMLError.
    return yaml.load(text, LOADER)  # safe: a SafeLoader either way


def write_yaml(document: object) -> str:
    """The same bytes by libyaml and in Python, with the keys in order."""
    return str(yaml.dump(document, Dumper=_DUMPER, allow_unicode=True, sort_keys=True))
