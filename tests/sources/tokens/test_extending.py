"""The page that says how a source is added tells of the sources that there are."""

from __future__ import annotations

import re
from pathlib import Path

from aicost.sources import tokens
from aicost.sources.tokens import READERS

PAGE = Path(__file__).parents[3] / "docs" / "extending.md"
ROW = re.compile(r"^\| (\w+) \| (\w+) \| `([\w./]+)` \| [^|]+ \|$", re.MULTILINE)


def test_the_table_is_the_registry() -> None:
    """Each type and role stands there with the module that reads it, and no other."""
    rows = {(kind, role): read_by for kind, role, read_by in ROW.findall(PAGE.read_text())}
    assert rows.keys() == READERS.keys()
    for of, reader in READERS.items():
        module = getattr(reader, "__module__", "").removeprefix(f"{tokens.__name__}.").partition(".")[0]
        assert rows[of] in (f"{module}.py", f"{module}/")
        assert (Path(tokens.__file__).parent / rows[of]).exists()


def test_every_module_that_it_names_is_there() -> None:
    """A page that leads nowhere helps nobody."""
    root, here = PAGE.parents[1], Path(tokens.__file__).parent
    for name in re.findall(r"`([\w/]+\.py)`", PAGE.read_text()):
        places = (here, here.parents[1], root / "e2e/emulators", root / "tests/sources/tokens")
        assert any((place / name).exists() for place in places), name
