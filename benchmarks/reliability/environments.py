"""Ask a resolver whether environments that people have can take the package.

    pip install uv
    python -m benchmarks.reliability.environments

Each environment is a Python and what it holds already; uv looks for versions of the package's
requirements beside these, from what the index says of them, and installs nothing. Writes
metrics/environments.json.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import srsly

from spacy_casn.storage.files import replaced_when_whole

ROOT = Path(__file__).parents[2]


class Environment(NamedTuple):
    """A Python, the packages that it holds, and the package's extras that are wanted there."""

    python: str
    holds: tuple[str, ...]
    extras: str = ""


ENVIRONMENTS = {
    "torch 2.9 and spaCy 3.8.7": Environment(
        "3.12", ("torch==2.9.1", "spacy==3.8.7", "numpy==2.0.2", "scikit-learn==1.6.1")
    ),
    "torch 2.10": Environment("3.12", ("torch==2.10.0", "spacy==3.8.11")),
    "torch 2.11": Environment("3.13", ("torch==2.11.0", "spacy==3.8.11")),
    "torch 2.12 and transformers 4": Environment("3.11", ("torch==2.12.0", "transformers==4.57.6")),
    "torch 2.13": Environment("3.11", ("torch==2.13.0", "spacy==3.8.13")),
    "torch 2.14": Environment("3.13", ("torch==2.14.1",)),
    "pandas 2.2 and scikit-learn 1.6": Environment(
        "3.12", ("scikit-learn==1.6.1", "pandas==2.2.3", "torch==2.9.1"), "dataframe"
    ),
    "pandas 2.3 and scikit-learn 1.7": Environment(
        "3.13", ("scikit-learn==1.7.2", "pandas==2.3.3", "torch==2.10.0"), "dataframe"
    ),
    "sentence-transformers 5.1": Environment(
        "3.12", ("sentence-transformers==5.1.2", "transformers==4.57.6", "safetensors==0.5.3")
    ),
    "a service with FastAPI": Environment(
        "3.13", ("fastapi[standard]", "typer==0.21.0", "pydantic==2.12.5")
    ),
    "spaCy with transformers": Environment(
        "3.11", ("spacy-transformers==1.4.0", "torch==2.13.0"), "wordpieces"
    ),
    "numpy 1.26": Environment("3.11", ("numpy==1.26.4", "torch==2.9.1")),
}
"""By what each is known for."""
SHOWN = ("numpy", "sentence-transformers", "spacy", "thinc", "torch", "transformers", "typer")
"""The packages whose versions are written down."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("metrics", "environments.json"))
    args = parser.parse_args()
    found = {name: resolve(environment) for name, environment in ENVIRONMENTS.items()}
    metrics = {
        "resolved": sum(not each["why_not"] for each in found.values()),
        "environments": found,
    }
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, metrics)


def resolve(environment: Environment) -> dict[str, Any]:
    """Return an environment with the versions that uv finds, or with why there are none."""
    ours = f"spacy-casn{f'[{environment.extras}]' * bool(environment.extras)}"
    compile_ = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-annotate"]
    with TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.in")
        wanted.write_text("\n".join([f"{ours} @ {ROOT.as_uri()}", *environment.holds]))
        done = subprocess.run(
            [*compile_, "--no-header", "--python-version", environment.python, wanted],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
    versions = dict(line.split("==") for line in done.stdout.splitlines() if "==" in line)
    return {
        "python": environment.python,
        "holds": list(environment.holds),
        "extras": environment.extras,
        "found": {name: versions[name] for name in SHOWN if name in versions},
        "why_not": " ".join(done.stderr.split()) if done.returncode else "",
    }


if __name__ == "__main__":
    main()
