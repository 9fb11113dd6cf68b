"""A copy of the product and its pure tests, laid out as the mutation tester needs it.

mutmut knows the source roots `.` and `src` alone, so `operator/` becomes `src/`. It passes by what is decorated, so the
body of a property becomes a function of its own beside its class, which says the same.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterable
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = """\
[tool.pytest.ini_options]
addopts = ["--import-mode=importlib", "-p", "no:cacheprovider"]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
pythonpath = ["src", "."]

[tool.mutmut]
source_paths = ["src/aicost"]
only_mutate = [{mutated}]
pytest_add_cli_args_test_selection = ["tests/core"]
use_git_change_detection = false
timeout_constant = 30.0
timeout_multiplier = 4.0
"""


def stage(folder: Path, mutated: Iterable[Path]) -> None:
    """Make the folder anew; `mutated` are modules, relative to `operator/`."""
    shutil.rmtree(folder, ignore_errors=True)
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "operator", folder / "src", ignore=without)
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=without)
    modules = list(mutated)
    for module in modules:
        source = folder / "src" / module
        source.write_text(with_plain_properties(source.read_text()))
    quoted = ", ".join(f'"src/{module}"' for module in modules)
    (folder / "pyproject.toml").write_text(SETTINGS.format(mutated=quoted))


def with_plain_properties(source: str) -> str:
    """The same module, where each property calls a function that has its body."""
    lines = source.splitlines()
    moved: list[str] = []
    for of, method in reversed(list(_properties(ast.parse(source)))):
        name = f"property_{of}_{method.name}"
        start, end = method.lineno - 1, method.end_lineno
        body = dedent("\n".join(lines[start:end]))
        moved += ["", "", body.replace(f"def {method.name}(", f"def {name}(", 1)]
        lines[start:end] = [lines[start], f"        return {name}(self)"]
    return "\n".join([*lines, *moved, ""])


def _properties(tree: ast.Module) -> Iterable[tuple[str, ast.FunctionDef]]:
    for of in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for method in of.body:
            if isinstance(method, ast.FunctionDef) and any(
                isinstance(name, ast.Name) and name.id == "property" for name in method.decorator_list
            ):
                yield of.name, method
