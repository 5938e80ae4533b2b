"""What loading and annotating do to the outside: nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

PIPELINE = ROOT / "tests" / "fixtures" / "formats" / "1" / "pipeline"
WATCHED = """
import os, sys, tempfile

seen = []
FILES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
NETWORK = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
PROCESSES = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "pickle.find_class"}

def watch(event, args):
    if event == "open":
        writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        if args[2] & writes:
            seen.append((event, str(args[0])))
    elif args and args[0] == "lscpu":
        pass  # joblib, which scikit-learn brings along, asks for the processor's cores
    elif event in ("os.remove", "os.rmdir") and args[1] >= 0:  # in a folder that is open
        seen.append((event, os.path.join(os.readlink(f"/proc/self/fd/{args[1]}"), args[0])))
    elif event in FILES | NETWORK | PROCESSES:
        seen.append((event, str(args[0])))

import spacy, spacy_casn
sys.addaudithook(watch)
nlp = spacy_casn.load() if sys.argv[1] == "pretrained" else spacy.load(sys.argv[1])
doc = nlp("Ann: You won!\\nBen: Fine.")
assert all(turn.label_ for turn in doc.spans["turns"])
list(nlp.pipe(["You won!"] * 3))
temporary = os.path.realpath(tempfile.gettempdir())
outside = [(event, path) for event, path in seen if not path.startswith(temporary)]
assert not outside, outside
assert not os.listdir(os.environ["HF_HOME"])
"""


@pytest.mark.parametrize(
    "model", [str(PIPELINE), pytest.param("pretrained", marks=pytest.mark.slow)]
)
def test_no_socket_no_process_and_nothing_written(
    model: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if model == "pretrained":
        request.getfixturevalue("real_encoder")
    folders = {name: tmp_path / name for name in ("HF_HOME", "TMPDIR", "HOME")}
    for folder in folders.values():
        folder.mkdir()
    environment = {**os.environ, **{name: str(folder) for name, folder in folders.items()}}
    environment.pop("TORCHINDUCTOR_CACHE_DIR", None)  # which PyTorch sets to this process's own
    command = [sys.executable, "-B", "-c", WATCHED, model]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert not list(folders["HOME"].rglob("*"))
