"""Change the core's arithmetic in every small way, and see that a test of it fails each time: `make mutants`.

`python -m mutation allocation money` tries these modules alone. Ends with 1 where a mutant survives that is not known to
change no amount, or where one that is known to survive is killed by now: `survivors.toml` tells the truth.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from mutation.staging import ROOT, stage
from mutation.survivors import ACCEPTED, Mutant, accepted, function_of

MODULES = (
    "allocation",
    "rulings",
    "sharing",
    "succession",
    "stretch",
    "layout",
    "cards",
    "prices",
    "money",
    "window",
    "bills",
    "refining",
    "splits",
    "coverage",
    "rivals",
    "meters",
    "placements",
    "dividing",
    "counting",
    "told_day",
    "statement",
    "rollup",
    "directions",
    "unbilled",
    "unit_costs",
    "usage",
    "parents",
    "issued",
    "quotes",
    "repricing",
    "token_uses",
    "caller_names",
    "cost",
    "changes",
    "claims",
    "competing",
    "claim_memory",
    "seniority",
    "claimable",
    "recharge",
    "ownership",
    "distribution",
    "ledger",
    "corrections",
    "exchange",
    "training",
    "owned",
    "register",
    "dra",
    "token_worth",
    "modalities",
    "token_kinds",
    "token_mixtures",
    "token_prices",
    "holdings",
    "mixed",
    "compute",
    "hosts",
    "capture",
    "reigns",
    "holes",
    "issuing",
    "estimates",
    "outstanding",
    "payments",
    "flow",
    "line_items",
    "appraisal",
    "charges",
    "host_time",
    "host_holders",
    "unseen",
    "placing",
    "told_cards",
    "spreading",
)
FOLDER = ROOT / ".mutants"
_KILLED = frozenset(("killed", "timeout"))
"""A mutant that never ends is one that a test notices."""


def main(names: list[str]) -> int:
    """Run, print a table and what is wrong; returns the exit status."""
    modules = names or list(MODULES)
    stage(FOLDER, [Path("aicost", "core", f"{name}.py") for name in modules])
    _mutmut("run", "--max-children", str(os.cpu_count() or 1))
    states = _states()
    survivors = {name: _shown(name) for name, state in states.items() if state not in _KILLED}
    known = {mutant for mutant in accepted() if _module(mutant.function) in modules}
    _tell(states, survivors)
    new, gone = sorted(set(survivors.values()) - known), sorted(known - set(survivors.values()))
    for mutant in new:
        print(f"\n! no test fails where {mutant}")
    for mutant in gone:
        print(f"\n! {ACCEPTED.name} says that this survives, and it does not: {mutant}")
    print(f"\n{len(new)} unknown survivors, {len(gone)} known ones that are none")
    return 1 if new or gone else 0


def _tell(states: dict[str, str], survivors: dict[str, Mutant]) -> None:
    of_all = Counter(_module(function_of(name)) for name in states)
    survived = Counter(_module(mutant.function) for mutant in survivors.values())
    print("MODULE      MUTANTS  KILLED  SURVIVED")
    for module, mutants in (*sorted(of_all.items()), ("all", of_all.total())):
        left = survived.total() if module == "all" else survived[module]
        print(f"{module:<10}  {mutants:>7}  {mutants - left:>6}  {left:>8}")
    reasons = Counter(accepted().get(mutant, "unknown") for mutant in survivors.values())
    for why, count in sorted(reasons.items()):
        print(f"{count:>4} survived: {why}")


def _states() -> dict[str, str]:
    """Every mutant by name, and how it ended."""
    rows = (line.strip().rsplit(": ", 1) for line in _mutmut("results", "--all", "true").splitlines() if ": " in line)
    return {name: state for name, state in rows}  # noqa: C416 # pairs of a list each, which dict() cannot be told


def _shown(name: str) -> Mutant:
    return Mutant.of(name, _mutmut("show", name))


def _module(function: str) -> str:
    return function.split(".")[2]


def _mutmut(*arguments: str) -> str:
    """Run it in the staged folder, whose modules alone it may find; what it says."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    clean["HYPOTHESIS_PROFILE"] = "mutants"
    program = Path(sys.executable).with_name("mutmut")
    done = subprocess.run([program, *arguments], cwd=FOLDER, env=clean, capture_output=True, text=True, check=False)  # noqa: S603 # our own program
    if done.returncode:
        raise SystemExit(f"mutmut {' '.join(arguments)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
