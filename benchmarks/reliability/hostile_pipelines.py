"""Damage a saved pipeline in each of its files and in many ways, and see that no code runs.

    python -m benchmarks.reliability.hostile_pipelines

Each case is a pipeline with a small encoder in which one thing was changed, by somebody who also
makes its sums anew. It is loaded and used in a process of its own. Code has run where a marker
was made, a program started, a connection opened, or a module imported from the pipeline. Writes
metrics/hostile_pipelines.json: how many cases were refused, and how many of these by one clear
ValueError; the others load all the same, since what was changed is harmless or not read.
"""

import argparse
import json
import multiprocessing
import os
import pickle
import resource
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import spacy
from tqdm import tqdm

from benchmarks.common import machine
from spacy_casn import make_dialogue
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.storage import strict_json
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.storage.integrity import NOTE, seal
from tests.conftest import blank_with_casn, examples_of
from tests.fakes import save_bert_sentence_encoder

COMPONENT = "casn_emotion"
SECONDS = 120
"""After which a case counts as hanging."""
MEMORY = 16 * 2**30
CODE = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect")
"""Events by which code shows that runs."""
LONGEST = 1500
"""Characters of a clear message."""
Damage = Callable[[Path, Path], None]
"""Changes the file; the other path is the marker that code would make."""


class Payload:
    """Makes the marker when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable, tuple[Path]]:
        return Path.touch, (self.marker,)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("metrics", "hostile_pipelines.json"))
    parser.add_argument("--only", default="", help="Part of the names of the cases to try.")
    args = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        pipeline = prepare(folder)
        cases = {name: case for name, case in all_cases(pipeline).items() if args.only in name}
        found = {name: attempt(folder, pipeline, name, case) for name, case in tqdm(cases.items())}
    refused = {name: told for name, told in found.items() if told["outcome"] == "refused"}
    unclear = {name: told for name, told in refused.items() if not told["clear"]}
    bad = {name: told for name, told in found.items() if told["outcome"] in ("hung", "died")}
    metrics = {
        "machine": machine(),
        "tried": len(found),
        "code_run": sum(told["code"] for told in found.values()),
        "refused": len(refused),
        "refused_clearly": len(refused) - len(unclear),
        "hung_or_died": len(bad),
        "harmless": len(found) - len(refused) - len(bad),
        "by_kind": {
            kind: dict(
                Counter(told["outcome"] for name, told in found.items() if _kind(name) == kind)
            )
            for kind in (*DAMAGES, "config")
        },
        "harmless_cases": [name for name, told in found.items() if told["outcome"] == "harmless"],
        "to_look_at": unclear | bad | {name: told for name, told in found.items() if told["code"]},
    }
    with replaced_when_whole(args.output) as temporary:
        strict_json.write(temporary, metrics)
    sys.stdout.write(strict_json.dumps(metrics) + "\n")


def prepare(folder: Path) -> Path:
    """Save a trained pipeline with a Transformer for its encoder and an index of turns."""
    nlp = blank_with_casn(save_bert_sentence_encoder(folder / "bert"))
    examples = examples_of(nlp)
    nlp.initialize(lambda: examples)
    nlp.get_pipe(COMPONENT).index_turns(example.reference for example in examples)  # type: ignore[attr-defined]
    nlp.to_disk(folder / "pipeline")
    return folder / "pipeline"


def all_cases(pipeline: Path) -> dict[str, Damage]:
    """Return each kind of damage to each file, and what a config can be made to say."""
    files = sorted(path.relative_to(pipeline) for path in pipeline.rglob("*") if path.is_file())
    cases: dict[str, Damage] = {}
    for file in files:
        for kind, damage in DAMAGES.items():
            cases[f"{file}: {kind}"] = _on(file, damage)
    for name, change in CONFIGS.items():
        cases[f"config: {name}"] = _on(Path("config.cfg"), _configured(change))
    return cases


def _kind(name: str) -> str:
    """Return the kind of damage that a case has in its name."""
    return "config" if name.startswith("config: ") else name.split(": ")[1]


def _on(file: Path, damage: Damage) -> Damage:
    def change(pipeline: Path, marker: Path) -> None:
        damage(pipeline / file, marker)

    return change


def attempt(folder: Path, pipeline: Path, name: str, damage: Damage) -> dict[str, Any]:
    """Return what became of a case: refused, harmless, hung or died, and whether code ran."""
    hostile, marker, told = folder / "hostile", folder / "marker", folder / "told.json"
    for path in (marker, told):
        path.unlink(missing_ok=True)
    shutil.rmtree(hostile, ignore_errors=True)
    shutil.copytree(pipeline, hostile)
    damage(hostile, marker)
    if NOTE not in name:  # somebody who knows of the sums makes them anew
        (hostile / COMPONENT / NOTE).unlink()
        seal(hostile / COMPONENT)
    process = multiprocessing.get_context("fork").Process(target=use, args=(hostile, told))
    process.start()
    process.join(SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
        found = {"outcome": "hung", "code": False, "clear": False}
    elif told.exists():
        found = json.loads(told.read_text(encoding="utf-8"))
    else:
        found = {"outcome": "died", "code": False, "clear": False, "exit": process.exitcode}
    return {**found, "code": found["code"] or marker.exists()}


def use(pipeline: Path, told: Path) -> None:
    """Load and use a pipeline, and write down what became of it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    code: list[str] = []

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        outside = event == "import" and str(pipeline) in str(arguments[1])
        if event.startswith(CODE) or outside:
            code.append(event)

    sys.addaudithook(hear)
    found: dict[str, Any] = {"outcome": "harmless", "clear": True}
    try:
        nlp, _ = load_pipeline(str(pipeline))
        list(nlp.pipe([make_dialogue(nlp, ["Hello there.", "You won!"]), "Ann: Hello.\nBen: Oh."]))
    except BaseException as error:  # whatever it is, it is what the user would see
        sentence = str(error)
        clear = isinstance(error, ValueError) and "\n" not in sentence and len(sentence) < LONGEST
        found = {
            "outcome": "refused",
            "clear": clear,
            "error": f"{type(error).__name__}: {sentence[:300]}",
        }
    told.write_text(json.dumps({**found, "code": bool(code), "events": code}), encoding="utf-8")
    os._exit(0)


def _empty(path: Path, marker: Path) -> None:
    path.write_bytes(b"")


def _half(path: Path, marker: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _one_byte(path: Path, marker: Path) -> None:
    path.write_bytes(path.read_bytes()[:1])


def _flipped(path: Path, marker: Path) -> None:
    data = bytearray(path.read_bytes())
    for place in range(0, len(data), 7):
        data[place] ^= 0x55
    path.write_bytes(data)


def _zeros(path: Path, marker: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size or 1))


def _appended(path: Path, marker: Path) -> None:
    path.write_bytes(path.read_bytes() + pickle.dumps(Payload(marker)))


def _pickled(path: Path, marker: Path) -> None:
    path.write_bytes(pickle.dumps(Payload(marker)))


def _torch_saved(path: Path, marker: Path) -> None:
    import torch

    torch.save({"weight": Payload(marker)}, path)


def _python(path: Path, marker: Path) -> None:
    path.write_text(f"import pathlib\npathlib.Path({str(marker)!r}).touch()\n", encoding="utf-8")


def _link(path: Path, marker: Path) -> None:
    elsewhere = marker.with_name("elsewhere")
    path.replace(elsewhere)
    path.symlink_to(elsewhere)


def _folder(path: Path, marker: Path) -> None:
    path.unlink()
    path.mkdir()


def _missing(path: Path, marker: Path) -> None:
    path.unlink()


def _deep(path: Path, marker: Path) -> None:
    path.write_text("[" * 100_000 + "]" * 100_000, encoding="utf-8")


def _claimed(path: Path, marker: Path) -> None:
    """The header of safetensors or of an array that claims more than there is."""
    path.write_bytes(b"\xff\xff\xff\xff\xff\xff\xff\x7f" + path.read_bytes()[8:])


def _null(path: Path, marker: Path) -> None:
    path.write_text("null", encoding="utf-8")


def _values(change: Callable[[Any], Any]) -> Damage:
    """Change each value of a JSON file; of another file, each number or word of its text."""

    def damage(path: Path, marker: Path) -> None:
        try:
            content = json.loads(path.read_bytes())
        except ValueError:
            path.write_bytes(path.read_bytes() + f"\nx = {change('x')}\n".encode())
        else:
            path.write_text(json.dumps(_changed(content, change)), encoding="utf-8")

    return damage


def _changed(content: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(content, dict):
        return {key: _changed(value, change) for key, value in content.items()}
    if isinstance(content, list):
        return [_changed(value, change) for value in content]
    return change(content)


def _code_name(value: Any) -> Any:
    return "torch.utils.collect_env.main" if isinstance(value, str) else value


def _outside(value: Any) -> Any:
    return "../../../outside" if isinstance(value, str) else value


def _no_number(value: Any) -> Any:
    return float("nan") if isinstance(value, int | float) else value


def _doubled(path: Path, marker: Path) -> None:
    """A JSON object with one of its keys once more."""
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    twice = text.rstrip().removesuffix("}") + ', "labels": [], "labels": []}'
    path.write_text(twice, encoding="utf-8", errors="surrogateescape")


DAMAGES: dict[str, Damage] = {
    "empty": _empty,
    "cut in half": _half,
    "one byte": _one_byte,
    "bits flipped": _flipped,
    "zeros": _zeros,
    "a pickle behind it": _appended,
    "a pickle": _pickled,
    "a pickle of PyTorch": _torch_saved,
    "Python": _python,
    "a link": _link,
    "a folder": _folder,
    "missing": _missing,
    "nested deeply": _deep,
    "a huge length": _claimed,
    "null": _null,
    "names of code": _values(_code_name),
    "paths outside": _values(_outside),
    "no numbers": _values(_no_number),
    "a key twice": _doubled,
}


def _configured(change: Callable[[Any], None]) -> Damage:
    def damage(path: Path, marker: Path) -> None:
        config = spacy.util.load_config(path)
        change(config)
        config.to_disk(path)

    return damage


def _component(**settings: Any) -> Callable[[Any], None]:
    """A further component, before ours."""

    def change(config: Any) -> None:
        config["components"]["x"] = settings
        config["nlp"]["pipeline"].insert(0, "x")

    return change


def _setting(*path: str, value: Any) -> Callable[[Any], None]:
    def change(config: Any) -> None:
        section = config
        for name in path[:-1]:
            section = section.setdefault(name, {})
        section[path[-1]] = value

    return change


_MODEL = ("components", COMPONENT, "model")
_LSTM = {"@layers": "PyTorchLSTM.v1", "nO": 4, "nI": 8}
CONFIGS: dict[str, Callable[[Any], None]] = {
    "a factory by the name of code": _component(factory="os.system"),
    "a component from another pipeline": _component(source="../outside"),
    "a component from an absolute path": _component(source="/tmp/outside"),
    "misc by the name of code": _setting(
        "components", COMPONENT, "x", value={"@misc": "os.system"}
    ),
    "objective of another registry": _setting(
        "components", COMPONENT, "objective", value={"@layers": "PyTorchLSTM.v1"}
    ),
    "turns by a reader": _setting(
        "components", COMPONENT, "get_turns", value={"@readers": "srsly.read_json.v1", "path": "x"}
    ),
    "a scorer of misc": _setting("components", COMPONENT, "scorer", value={"@misc": "x"}),
    "a classifier that unpickles": _setting(*_MODEL, "classifier", value=_LSTM),
    "a context that unpickles": _setting(*_MODEL, "context", value=_LSTM),
    "an encoder that unpickles": _setting(*_MODEL, "encoder", value=_LSTM),
    "an encoder elsewhere": _setting(*_MODEL, "encoder", "name", value="../outside"),
    "an unknown backend": _setting(*_MODEL, "encoder", "backend", value="os.system"),
    "a callback": _setting("nlp", "before_creation", value={"@callbacks": "os.system"}),
    "a callback of misc": _setting("nlp", "after_pipeline_creation", value={"@misc": "os.system"}),
    "a tokenizer of code": _setting("nlp", "tokenizer", value={"@tokenizers": "os.system"}),
    "a language of code": _setting("nlp", "lang", value="os"),
    "a batch size that is none": _setting("nlp", "batch_size", value="x"),
    "a variable without value": _setting("components", COMPONENT, "spans_key", value="${paths.x}"),
    "a variable of the environment": _setting("components", COMPONENT, "spans_key", value="$HOME"),
}
"""What a config can be made to say, beside the damages of its file."""

if __name__ == "__main__":
    main()
