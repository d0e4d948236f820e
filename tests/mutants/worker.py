"""One mutant in a child process: libraries are imported already, our own modules are not."""

import gc
import importlib
import importlib.util
import os
import resource
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.mutants.targets import ROOT, Target

Outcome = Literal["killed", "survived", "timeout"]
OURS = ("xihu_", "tests")
CPU_S = 60
"""Processor seconds after which a mutant that runs for ever is killed."""
MEMORY = 5 * 2**30
"""Bytes that a mutant may take: some build lists without end."""
PLUGINS = ("pytest_timeout", "pytest_socket")
OPTIONS = (
    *("--disable-plugin-autoload", "-p", "pytest_timeout", "-p", "pytest_socket"),
    *("-p", "no:cacheprovider", "--assert=plain", "-x", "-q", "--no-header", "--no-summary"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning", "-m", "not harness and not browser"),
)


def preload(targets: tuple[Target, ...]) -> None:
    """Import what the tests import, then forget our own modules: only libraries stay."""
    sys.dont_write_bytecode = False
    for name in PLUGINS:
        importlib.import_module(name)
    for target in targets:
        importlib.import_module(target.module)
        for path in (*target.first, *target.then):
            importlib.import_module(path.removesuffix(".py").replace("/", "."))
    for name in list(sys.modules):
        if name.startswith(OURS) and not name.startswith("tests.mutants"):
            del sys.modules[name]
    gc.freeze()  # a collection in each child would go through all that was imported here


def run_mutant(target: Target, code: str, folder: Path) -> Outcome:
    """What the tests of `target` say of it with `code` for source; they write to `folder`."""
    child = os.fork()
    if not child:
        status = 1
        try:
            status = 0 if _tests_pass(target, code, folder) else 1
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "timeout"
    return "killed" if os.WEXITSTATUS(status) else "survived"


def _tests_pass(target: Target, code: str, folder: Path) -> bool:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.alarm(10 * CPU_S)  # a deadlock uses no processor
    os.chdir(ROOT)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    _install(target, code)
    fine = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    return all(
        pytest.main([*OPTIONS, f"--basetemp={folder}", *paths]) in fine for paths in _runs(target)
    )


def _runs(target: Target) -> Iterator[tuple[str, ...]]:
    if target.first:
        yield ("--noconftest", target.path, *target.first)
    if target.then:
        yield target.then


def _install(target: Target, code: str) -> None:
    """Put the mutated module where every import of it finds it."""
    spec = importlib.util.find_spec(target.module)
    assert spec is not None
    assert spec.origin == str(ROOT / target.path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[target.module] = module
    parent, _, name = target.module.rpartition(".")
    setattr(importlib.import_module(parent), name, module)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # as in the tests: `x is "text"` is a warning
        compiled = compile(code, spec.origin, "exec")
    exec(compiled, module.__dict__)
