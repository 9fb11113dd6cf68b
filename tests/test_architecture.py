"""The rules of the house as failing tests: layers, purity, sizes, names, and a sentence for every test."""

from __future__ import annotations

import ast
import operator
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from aicost.core.reasons import CheckReason, ConditionReason, GapReason, Refusal

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "operator" / "aicost" / "core"
THEFT = "e2e/tests/operator/november/theft"
LONGEST_FILE = 300
LONGEST_CORE_FUNCTION = 40
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc", "shared"}
"""Names that say nothing about what may live in a module."""
_EXCEPTION = re.compile(r"#\s*(noqa|type:\s*ignore)")
_ELSEWHERE = re.compile(r"/(?:work|tmp/brief)(?:/|\b)")


def _tracked(*patterns: str) -> list[Path]:
    """Files of the repository, new ones that are not ignored among them."""
    listing = subprocess.run(  # noqa: S603 # all arguments are written here
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],  # noqa: S607 # git is found on PATH
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return sorted(ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file())


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(_tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


PYTHON = _tracked("*.py")
CORE_MODULES = sorted(CORE.rglob("*.py"))


def test_the_source_root_is_no_package() -> None:
    """`operator/` must never shadow the standard library's module of that name."""
    assert not (ROOT / "operator" / "__init__.py").exists()
    assert operator.add(1, 1) == 2


def test_layers_hold() -> None:
    """Every import contract of pyproject.toml is kept."""
    checked = subprocess.run(  # noqa: S603 # all arguments are written here
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("path", CORE_MODULES, ids=_name)
def test_the_core_is_pure(path: Path) -> None:
    """A core module imports the standard library and its neighbours in the core, and nothing else."""
    foreign = [
        name
        for name in _imports(path)
        if not (
            name == "aicost.core" or name.startswith("aicost.core.") or name.split(".")[0] in sys.stdlib_module_names
        )
    ]
    assert foreign == []


def test_every_test_says_what_must_hold() -> None:
    """Each test function has a docstring of one sentence or more."""
    silent = [
        f"{_name(path)}::{function.name}"
        for path in _tracked("tests/**/test_*.py", "tests/test_*.py", "e2e/**/test_*.py")
        for function in _functions(path)
        if function.name.startswith("test_") and not (ast.get_docstring(function) or "").rstrip("`)").endswith(".")
    ]
    assert silent == []


def test_every_test_can_fail() -> None:
    """Each test function asserts, expects an exception or calls something named `expect_`, which does so itself."""
    harmless = [
        f"{_name(path)}::{function.name}"
        for path in _tracked("tests/**/*.py", "e2e/**/*.py")
        for function in _functions(path)
        if function.name.startswith(("test_", "expect_")) and not any(map(_can_fail, ast.walk(function)))
    ]
    assert harmless == []


def _can_fail(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.Assert)
    called = node.func
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "pytest":
        return called.attr in ("raises", "warns", "fail")
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name.startswith("expect_")


def test_every_module_says_what_may_live_in_it() -> None:
    """Each module but an empty `__init__.py` begins with a docstring."""
    silent = [_name(path) for path in PYTHON if _tree(path).body and not ast.get_docstring(_tree(path))]
    assert silent == []


def test_names_say_something() -> None:
    """No module or package has a name that would hold anything."""
    parts = {(_name(path), part) for path in PYTHON for part in path.relative_to(ROOT).with_suffix("").parts}
    assert [name for name, part in sorted(parts) if part.strip("_") in EMPTY_NAMES] == []


def test_files_are_short() -> None:
    """No Python file is longer than 300 lines."""
    lengths = {_name(path): len(path.read_text("utf-8").splitlines()) for path in PYTHON}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_core_functions_are_short() -> None:
    """No function of the core is longer than 40 lines."""
    lengths = {
        f"{path.name}::{function.name}": (function.end_lineno or function.lineno) - function.lineno + 1
        for path in CORE_MODULES
        for function in _functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_CORE_FUNCTION} == {}


def test_tests_mirror_the_core() -> None:
    """Each core module has its tests, at the same place under tests/."""
    tests = ROOT / "tests" / "core"
    tested = {path.relative_to(tests).with_name(path.name.removeprefix("test_")) for path in tests.rglob("test_*.py")}
    modules = {path.relative_to(CORE) for path in CORE_MODULES if path.name != "__init__.py"}
    assert modules - tested == set()


def test_every_reason_is_given_by_the_product() -> None:
    """A reason that is documented and that no code gives would be a promise that nobody keeps."""
    given = {
        (node.value.id, node.attr)
        for path in (ROOT / "operator").rglob("*.py")
        if path not in (CORE / "reasons.py", CORE / "meanings.py")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    kinds = (GapReason, Refusal, ConditionReason, CheckReason)
    assert {(kind.__name__, reason.name) for kind in kinds for reason in kind} <= given


def test_exceptions_to_rules_say_why() -> None:
    """Every `noqa` and `type: ignore` names its rule, and its reason behind a second `#` or a dash."""
    unexplained = [
        f"{_name(path)}:{token.start[0]}"
        for path in PYTHON
        for token in _comments(path)
        if _EXCEPTION.match(token.string) and not re.search(r"(noqa: \w|ignore\[).* (#|-) *\S", token.string)
    ]
    assert unexplained == []


def _comments(path: Path) -> Iterator[tokenize.TokenInfo]:
    if not _EXCEPTION.search(path.read_text("utf-8")):
        return
    with path.open("rb") as source:
        yield from (token for token in tokenize.tokenize(source.readline) if token.type == tokenize.COMMENT)


def test_the_repository_stands_alone() -> None:
    """No file names a place outside the repository where it happened to be written."""
    here = Path(__file__).resolve()
    found = []
    for path in _tracked():
        if path != here:
            found += [
                _name(path) for line in path.read_text("utf-8", "replace").splitlines() if _ELSEWHERE.search(line)
            ]
    assert sorted(set(found)) == []


def test_the_readme_shows_what_the_demonstration_prints() -> None:
    """Every line of the sample in README.md stands in the demonstration's expected output, ages and pod names masked."""
    printed = (ROOT / "e2e" / "tests" / "demonstration" / "expected.txt").read_text()
    sample = (ROOT / "README.md").read_text().split("```\n")[1].splitlines()
    lines = {re.sub(r"\s+\S+$", "", line) for line in printed.splitlines()}
    assert sample[0] == "$ kubectl get aicost -A"
    assert [line for line in sample if re.sub(r"\s+\S+$", "", line) not in lines] == []


def test_the_readme_says_the_layers_as_the_contract_does() -> None:
    """The line of layers in README.md is the first contract's."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    layers = " > ".join(layer.replace(" | ", ", ") for layer in contract["layers"])
    assert f"`{layers}`" in (ROOT / "README.md").read_text().replace("\n", " ")


def _rows(page: str, section: str) -> dict[str, str]:
    """The rows of a section's table by their first cell."""
    text = (ROOT / "docs" / page).read_text().split(f"{section}\n", 1)[1]
    table = [line.split(" | ", 1) for line in text.split("\n| --- | --- |\n", 1)[1].split("\n\n", 1)[0].splitlines()]
    return {name.removeprefix("| "): rest for name, rest in table}


def test_every_way_of_theft_is_tried_by_tests_that_exist() -> None:
    """Each stands in docs/security.md with its tests, and each test that tries one stands there."""
    ways = _rows("security.md", "## Ways, and what stops them")
    named = {_in_full(test) for tests in ways.values() for test in re.findall(r"`([^`]+::[^`]+)`", tests)}
    there = {f"{path}::{of.name}" for path in {test.split("::")[0] for test in named} for of in _functions(ROOT / path)}
    trying = {
        f"{path.relative_to(ROOT)}::{of.name}"
        for path in (ROOT / THEFT).glob("test_*.py")
        for of in _functions(path)
        if of.name.startswith("test_")
    }
    assert named - there == set()
    assert trying - named == set()
    assert all("::" in tests for tests in ways.values())


def _in_full(test: str) -> str:
    """A test by its file: those that try to steal stand there by the middle of its name."""
    file, _, name = test.partition("::")
    return test if file.endswith(".py") else f"{THEFT}/test_{file}.py::{name}"


def test_every_fault_of_a_provider_is_played() -> None:
    """Each scenario's file stands in docs/proofs.md, and each file and test that stands there exists."""
    rows = _rows("proofs.md", "## Faults of providers")
    named = {name for played in rows.values() for name in re.findall(r"`([^`]+)`", played)}
    tests = {name for name in named if "::" in name}
    there = {f"{path}::{of.name}" for path in {test.split("::")[0] for test in tests} for of in _functions(ROOT / path)}
    assert named - tests == {path.stem for path in (ROOT / "tests/reconcile/faults/scenarios").glob("*.yaml")}
    assert tests - there == set()


def test_every_invariant_is_proved_by_tests_that_exist() -> None:
    """Each stands in docs/proofs.md with its tests, and each of these is in the file that is said to have it."""
    proofs = _rows("proofs.md", "# Proofs")
    named = {test for tests in proofs.values() for test in re.findall(r"`([^`]+)`", tests)}
    there = {f"{path}::{of.name}" for path in {test.split("::")[0] for test in named} for of in _functions(ROOT / path)}
    assert list(proofs) == list(_rows("architecture.md", "## Invariants"))
    assert named - there == set()
    assert all("`" in tests for tests in proofs.values())
