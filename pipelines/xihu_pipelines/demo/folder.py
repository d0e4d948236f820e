"""Where the demo's registry is: content that the wheel brings."""

from pathlib import Path

REGISTRY = Path(__file__).parent / "registry"
