import platform
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from spacy.language import Language

from spacy_casn.pipeline.portable import make_portable

from ..conftest import examples_of

OFFLINE = """
import socket, sys

def refuse(*args, **kwargs):
    raise AssertionError("a socket was opened")

socket.socket.__init__ = socket.getaddrinfo = refuse
sys.path.insert(0, sys.argv[1])
import spacy
doc = spacy.load("en_casn_tiny")("Ann: You won!\\nBen: Fine.")
print([(turn._.speaker, turn.text, turn.label_) for turn in doc.spans["turns"]])
"""


@pytest.mark.slow
def test_the_wheel_holds_all_and_loads_offline(
    trained: Language, tmp_path: Path, fake_encoder: Path
) -> None:
    trained.get_pipe("casn_emotion").learn_labels({"praise": ["You won!"], "blame": ["No!"]})
    trained.get_pipe("casn_emotion").use_labels("trained")
    make_portable(trained).to_disk(tmp_path / "pipeline")
    texts = [turn.text for eg in examples_of(trained) for turn in eg.reference.spans["turns"]]
    machine = [str(tmp_path), str(fake_encoder.parent), str(Path.home())]
    secrets = [text for text in texts if " " in text] + machine
    doc = trained("Ann: You won!\nBen: Fine.")
    expected = [(turn._.speaker, turn.text, turn.label_) for turn in doc.spans["turns"]]
    (tmp_path / "packages").mkdir()
    build = [sys.executable, "-m", "spacy", "package", "pipeline", "packages"]
    options = ["--name", "casn_tiny", "--version", "1.0.0", "--build", "wheel"]
    subprocess.run([*build, *options], check=True, cwd=tmp_path, capture_output=True)
    (wheel,) = (tmp_path / "packages").rglob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        for name in names:
            content = archive.read(name)
            assert not [secret for secret in secrets if secret.encode() in content], name
            words = b"\n".join(re.findall(rb"[ -~]{8,}", content))  # two letters come by chance
            assert not re.search(rb"\b%s\b" % re.escape(platform.node().encode()), words), name
    assert any(name.endswith("encoder/model.safetensors") for name in names)
    assert not [name for name in names if name.endswith((".pt", ".pkl", "model.bin"))]
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    subprocess.run([*install, str(tmp_path / "site"), str(wheel)], check=True)
    command = [sys.executable, "-c", OFFLINE, str(tmp_path / "site")]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert result.stdout.strip() == str(expected)
