import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import write_licenses

from .conftest import ROOT

REQUIREMENTS = [one for group in write_licenses.direct_requirements().values() for one in group]
LOWEST = (ROOT / "constraints" / "lowest.txt").read_text(encoding="utf-8")
PAGE = write_licenses.PAGE.read_text(encoding="utf-8")


def bounds(requirement: Requirement) -> dict[str, str]:
    """The version behind each operator."""
    return {specifier.operator: specifier.version for specifier in requirement.specifier}


def test_every_requirement_has_a_lower_and_an_upper_bound() -> None:
    for requirement in REQUIREMENTS:
        assert sorted(bounds(requirement)) in (["<", ">="], ["=="]), requirement


def test_the_lowest_versions_are_the_lower_bounds() -> None:
    pins = [Requirement(line) for line in LOWEST.splitlines() if not line.startswith("#")]
    lower = {one.name: bounds(one).get(">=") or bounds(one)["=="] for one in REQUIREMENTS}
    assert {pin.name: bounds(pin)["=="] for pin in pins} == lower
    assert len(pins) == len(lower)


def test_the_licenses_of_all_requirements_are_listed() -> None:
    for requirement in REQUIREMENTS:
        assert f"\n| **{canonicalize_name(requirement.name)}** | " in PAGE
    assert PAGE.startswith(write_licenses.INTRODUCTION)


def test_what_requirements_need_is_followed() -> None:
    assert {"spacy", "thinc", "numpy"} <= write_licenses.installed_for([Requirement("spacy")])
    assert "onnxruntime" not in write_licenses.installed_for([Requirement("optimum-onnx")])
    requirement = Requirement("optimum-onnx[onnxruntime]")
    assert "onnxruntime" in write_licenses.installed_for([requirement])


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("License-Expression: MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("License: Apache License 2.0", "Apache-2.0"),
        ("License: mit", "MIT"),
        (
            "License: Copyright (c) all of us\nClassifier: License :: OSI Approved :: MIT License",
            "MIT",
        ),
    ],
)
def test_a_license_has_its_spdx_name(
    metadata: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, metadata, monkeypatch)
    assert write_licenses.license_of("made-up") == expected


def test_a_license_that_is_not_known_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "Classifier: License :: OSI Approved :: BSD License", monkeypatch)
    with pytest.raises(ValueError, match=r"made-up states no license .* add it to LOOKED_UP"):
        write_licenses.license_of("made-up")


def install(folder: Path, metadata: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a package with these metadata as good as installed."""
    (folder / "made_up-1.0.dist-info").mkdir()
    path = folder / "made_up-1.0.dist-info" / "METADATA"
    path.write_text(f"Metadata-Version: 2.4\nName: made-up\n{metadata}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(folder)


def test_tests_import_nothing_from_the_benchmarks() -> None:
    imports = re.compile(r"^\s*(?:from|import) benchmarks\b", flags=re.M)
    files = (ROOT / "tests").rglob("*.py")
    assert [path for path in files if imports.search(path.read_text(encoding="utf-8"))] == []
