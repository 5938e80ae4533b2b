"""Measure how much of the package the tests run, and how many slips in it they notice.

    OMP_NUM_THREADS=1 python -m benchmarks.reliability.tested coverage
    python -m benchmarks.reliability.tested mutation

`coverage` runs all tests under pytest-cov, in two processes. `mutation` has mutmut put one slip at
a time into the modules that pyproject.toml names, and run those tests that reach it; it goes on
where it was stopped. Writes metrics/coverage.json and metrics/mutation.json.
"""

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import srsly

from spacy_casn.storage.files import replaced_when_whole

SURVIVED = {0: "survived", 5: "no tests", 33: "no tests"}
"""By mutmut's exit code of a slip; any other is noticed, be it by a test, a crash or a timeout."""
MUTANTS = Path("mutants")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=list(MEASURES))
    parser.add_argument("--folder", type=Path, default=Path("metrics"))
    args = parser.parse_args()
    found = MEASURES[args.what]()
    with replaced_when_whole(args.folder / f"{args.what}.json") as temporary:
        srsly.write_json(temporary, found)
    srsly.write_json("-", found)


def coverage() -> dict[str, Any]:
    """Shares of lines and branches, in percent."""
    with TemporaryDirectory() as folder:
        report = Path(folder, "coverage.json")
        options = ["-q", "-n", "2", "--cov", f"--cov-report=json:{report}"]
        subprocess.run([sys.executable, "-m", "pytest", *options], check=True)
        totals = srsly.read_json(report)["totals"]
    lines, branches = totals["num_statements"], totals["num_branches"]
    return {
        "lines": lines,
        "lines_covered": round(100 * totals["covered_lines"] / lines, 2),
        "branches": branches,
        "branches_covered": round(100 * totals["covered_branches"] / branches, 2),
    }


def mutation() -> dict[str, Any]:
    """How many slips of each module are noticed."""
    subprocess.run([Path(sys.executable).with_name("mutmut"), "run"], check=True)
    modules = {}
    for path in sorted(MUTANTS.rglob("*.meta")):
        results = srsly.read_json(path)["exit_code_by_key"]
        if results:
            counts = Counter(SURVIVED.get(code, "noticed") for code in results.values())
            module = path.relative_to(MUTANTS).as_posix().removesuffix(".meta")
            modules[module] = {"slips": len(results), **counts}
    slips = sum(found["slips"] for found in modules.values())
    noticed = sum(found.get("noticed", 0) for found in modules.values())
    score = round(100 * noticed / slips, 1)
    return {"slips": slips, "noticed": noticed, "score": score, "modules": modules}


MEASURES: dict[str, Callable[[], dict[str, Any]]] = {"coverage": coverage, "mutation": mutation}


if __name__ == "__main__":
    main()
