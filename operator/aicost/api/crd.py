"""Makes the CustomResourceDefinitions of the four kinds from their models: `python -m aicost.api.crd` (make crds).

Writes crds/ and the chart's copies; with --check it writes nothing and exits 1 with a diff where they differ.
"""

import argparse
import difflib
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from aicost.api.definition import CATEGORY, GROUP, VERSION, Column, Resource
from aicost.api.model import RULES
from aicost.api.prices import PriceBook
from aicost.api.source import UsageSource
from aicost.api.structural import structural
from aicost.api.unit import BusinessUnit
from aicost.api.workload import AIWorkload

KINDS: tuple[type[Resource], ...] = (AIWorkload, BusinessUnit, UsageSource, PriceBook)
MARK = "# generated: make crds; never edited\n"
_KEEP = """\
  {{- if .Values.crds.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
"""


class _Dumper(yaml.CSafeDumper):
    """YAML without anchors: the same value twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 # the base class gives the signature
        return True


def definition(kind: type[Resource]) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind, as JSON data."""
    about = kind.definition
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema(kind)},
        "subresources": {"status": {}},
        "additionalPrinterColumns": [_column(column) for column in about.columns],
    }
    if about.selectable:
        version["selectableFields"] = [{"jsonPath": path} for path in about.selectable]
    names = {
        "kind": about.kind,
        "listKind": f"{about.kind}List",
        "plural": about.plural,
        "singular": about.kind.lower(),
        "shortNames": list(about.short_names),
        "categories": [CATEGORY],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{about.plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": about.scope, "names": names, "versions": [version]},
    }


@cache
def schema(kind: type[Resource]) -> Mapping[str, Any]:
    """The structural schema of a kind; of metadata it constrains only the name, as the API server demands."""
    whole = structural(kind.model_json_schema(by_alias=True))
    name = whole["properties"]["metadata"]["properties"]["name"]
    [shape] = name[RULES]
    named = {
        "message": f"choose another metadata.name: {shape['message']}",
        "rule": f"self.metadata.name{shape['rule'][4:]}",
    }
    return whole | {
        "required": ["spec"],
        RULES: [named, *whole.get(RULES, ())],
        "properties": whole["properties"]
        | {
            "apiVersion": {"type": "string", "description": f"Always `{GROUP}/{VERSION}`."},
            "kind": {"type": "string", "description": f"Always `{kind.definition.kind}`."},
            "metadata": {
                "type": "object",
                "properties": {"name": {"type": "string", "maxLength": name["maxLength"]}},
            },
        },
    }


def _column(column: Column) -> dict[str, Any]:
    described = {
        "name": column.name,
        "type": column.type,
        "jsonPath": column.path,
        "description": column.description,
    }
    return described | ({"priority": 1} if column.wide else {})


@cache
def rendered() -> Mapping[Path, str]:
    """Every generated file by its path from the repository's root."""
    files = {}
    for kind in KINDS:
        plain = yaml.dump(definition(kind), Dumper=_Dumper, width=120, allow_unicode=True)
        named = f"  name: {kind.definition.plural}.{GROUP}\n"
        charted = plain.replace(named, named + _KEEP, 1)
        files[Path("crds") / f"{kind.definition.plural}.yaml"] = MARK + plain
        files[Path("charts/aicost/templates/crds") / f"{kind.definition.plural}.yaml"] = (
            f"{{{{- if .Values.crds.enabled }}}}\n{MARK}{charted}{{{{- end }}}}\n"
        )
    return files


def differences(root: Path) -> str:
    """A unified diff from the files under `root` to what the models say; empty when they agree."""
    diffs: list[str] = []
    for path, wanted in rendered().items():
        there = root / path
        found = there.read_text(encoding="utf-8") if there.exists() else ""
        diffs += difflib.unified_diff(
            found.splitlines(keepends=True), wanted.splitlines(keepends=True), str(path), f"{path} (models)"
        )
    return "".join(diffs)


def main(arguments: list[str] | None = None) -> int:
    """Writes the files, or compares them; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m aicost.api.crd", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only: exit 1 with a diff if files differ")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository (default: the current folder)")
    options = parser.parse_args(arguments)
    if options.check:
        difference = differences(options.root)
        sys.stdout.write(difference)
        return 1 if difference else 0
    for path, text in rendered().items():
        there = options.root / path
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
