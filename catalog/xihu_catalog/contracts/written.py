"""A contract's document as YAML text: small maps on one line, as people write them."""

from typing import Any

import yaml


class _Flow(dict[str, Any]):
    """A map written on one line."""


# libyaml where the wheel brings it: 400 drafts of a census take 16 s without.
_Base: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc, valid-type]  # chosen when the module loads
    """A dumper of our own: representers are kept by class."""


def _represent_flow(dumper: yaml.SafeDumper, value: _Flow) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


_Dumper.add_representer(_Flow, _represent_flow)
_ON_ONE_LINE = {"customProperties", "slaProperties"}


def to_yaml(document: dict[str, Any]) -> str:
    """The text of one contract. Any: the document is ODCS's own nested shape."""
    return yaml.dump(
        _shaped(document, ""),
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=100_000,
        default_flow_style=False,
    )


def _shaped(value: Any, key: str) -> Any:
    # Any: whatever YAML may hold.
    if isinstance(value, dict):
        if key == "logicalTypeOptions":
            return _Flow(value)
        return {k: _shaped(v, k) for k, v in value.items()}
    if isinstance(value, list):
        if key in _ON_ONE_LINE:
            return [_one_line(item) for item in value]
        return [_shaped(item, "") for item in value]
    return value


def _one_line(item: dict[str, Any]) -> dict[str, Any]:
    """Reasons are sentences, one to a line; anything else stands on one line."""
    return dict(item) if item.get("property") in {"guess", "guessEn"} else _Flow(item)
