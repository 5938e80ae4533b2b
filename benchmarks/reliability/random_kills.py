"""Kill work at random moments, run it again, and compare with work that nobody disturbed.

    python -m benchmarks.reliability.random_kills --kills 110 --seed 0
    python -m benchmarks.reliability.random_kills --kills 21 --only triplet finetune distill \\
        joint joint_distill fast --output metrics/training_kills.json

Each kill (SIGKILL, to the process and its children) comes at a moment drawn evenly from the time
that the undisturbed work takes. Then each file under its final name must be the one that
undisturbed work leaves, the checkpoints or a saved session must load; and the same work, run
again in the same folder, must end with the same bytes and leave no temporary file. Writes
metrics/random_kills.json.
"""

import argparse
import hashlib
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import spacy
import srsly
from spacy.cli.train import train
from tqdm import tqdm

import spacy_casn
from benchmarks.common import machine
from spacy_casn.annotation.run import annotate
from spacy_casn.corpora.conversion import convert
from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.evaluation.teaching import teach
from spacy_casn.formats.faults import Faults
from spacy_casn.formats.reading import read_file
from spacy_casn.packaging.builder import build_package
from spacy_casn.pipeline.component import find_component
from spacy_casn.pipeline.pretrained import PRETRAINED
from spacy_casn.pipeline.session import DialogueSession
from spacy_casn.storage.files import replaced_when_whole

SAMPLE = Path("corpus", "sample").absolute()
CONFIGS = Path("configs").absolute()
TAUGHT = "taught.spacy"
ENCODER = "all-MiniLM-L6-v2"
LEARNT = 16
"""Dialogues of each split that the trainings see."""
Work = Callable[[Path, Path], None]
"""Does the work in a folder; the other holds what all work needs."""
Contents = dict[str, str]
"""The sum of each file, by its path in a folder."""


@dataclass
class Tally:
    """What became of one kind of work.

    Args:
        seconds: That it takes undisturbed.
        kills: How many, and of these how many came before its end.
        partial: Kills that left something under its final name that wasn't whole.
        differing: Kills after which the next run failed, or ended with other bytes.
        left_behind: Kills after which the next run left temporary files.
    """

    seconds: float
    kills: int = 0
    before_the_end: int = 0
    partial: int = 0
    differing: int = 0
    left_behind: int = 0
    details: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=110)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", choices=list(WORKS), default=list(WORKS))
    parser.add_argument("--output", type=Path, default=Path("metrics", "random_kills.json"))
    args = parser.parse_args()
    output = args.output.absolute()
    draw = random.Random(args.seed)
    shares = {name: WORKS[name][1] for name in args.only}
    tallies = {}
    with TemporaryDirectory() as name:
        common = Path(name, "common")
        common.mkdir()
        prepare(common)
        for work_name, share in shares.items():
            kills = round(args.kills * share / sum(shares.values()))
            folder = Path(name, work_name)
            tallies[work_name] = kill_often(work_name, common, folder, kills, draw)
    metrics = {
        "machine": machine(),
        "seed": args.seed,
        "kills": sum(tally.kills for tally in tallies.values()),
        "corrupt_or_differing": sum(tally.partial + tally.differing for tally in tallies.values()),
        "left_behind": sum(tally.left_behind for tally in tallies.values()),
        "work": {name: asdict(tally) for name, tally in tallies.items()},
    }
    with replaced_when_whole(output) as temporary:
        srsly.write_json(temporary, metrics)
    srsly.write_json("-", metrics)


def prepare(common: Path) -> None:
    """Make what the works read: files of dialogues, converted corpora, a pipeline."""
    if wait(start(_prepare, common, common)):
        sys.exit(f"The preparation failed: {log(common)}")


def _prepare(folder: Path, common: Path) -> None:
    lines = (SAMPLE / "train.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "chats").mkdir()
    for number in range(4):
        text = "".join(lines[12 * number : 12 * (number + 1)])
        (folder / "chats" / f"{number}.jsonl").write_text(text, encoding="utf-8")
    for split in ("train", "dev", "test"):
        lines = (SAMPLE / f"{split}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / f"{split}.jsonl").write_text("".join(lines[:LEARNT]), encoding="utf-8")
    convert(folder, folder / "corpus")
    spacy_casn.load().to_disk(folder / "pipeline")
    teach(folder / "corpus" / "train.spacy", folder / "corpus" / TAUGHT, [str(folder / "pipeline")])
    find_component(spacy_casn.load("fast")).utterance_encoder.save(folder / "words")


def annotating(folder: Path, common: Path) -> None:
    annotate(PRETRAINED, str(common / "chats"), str(folder / "annotated"))


def converting(folder: Path, common: Path) -> None:
    convert(SAMPLE, folder / "corpus")


def caching(folder: Path, common: Path) -> None:
    dialogues = read_file(SAMPLE / "dev.jsonl", Faults())
    texts = [turn for dialogue in dialogues for turn in dialogue.turns]
    SentenceEncoder(ENCODER).encode_corpus(texts, folder / "vectors.safetensors")


def training(stage: str, folder: Path, common: Path) -> None:
    """Train by one of the configs, on a few dialogues."""
    os.chdir(folder)
    corpus = common / "corpus"
    overrides: dict[str, Any] = {
        "training.max_steps": 8,
        "training.eval_frequency": 4,
        "training.batcher.size": 32,
    }
    if stage in ("ce", "triplet"):
        overrides["paths.vectors_file"] = "vectors.safetensors"
    if stage in ("ce", "triplet", "finetune", "distill"):
        learnt = TAUGHT if stage == "distill" else "train.spacy"
        overrides |= {"paths.train": str(corpus / learnt), "paths.dev": str(corpus / "dev.spacy")}
    else:
        overrides["paths.everyday"] = str(corpus)
    if stage == "fast":
        overrides["components.casn_emotion.model.encoder.name"] = str(common / "words")
    train(CONFIGS / f"{stage}.cfg", folder / "model", overrides=overrides)


def packaging(folder: Path, common: Path) -> None:
    build_package(common / "pipeline", folder / "packages", name="casn_killed", version="0.1.0")


def chatting(folder: Path, common: Path) -> None:
    nlp = spacy.load(common / "pipeline")
    session = DialogueSession(nlp)
    for number in range(60):
        session.add("Ann", f"And the {number}th time it works!")
        session.to_disk(folder / "session.json")


STAGES = ("ce", "triplet", "finetune", "distill", "joint", "joint_distill", "fast")
WORKS: dict[str, tuple[Work, int]] = {
    "annotate": (annotating, 30),
    "convert": (converting, 25),
    "cache": (caching, 20),
    "session": (chatting, 10),
    "package": (packaging, 5),
    **{stage: (partial(training, stage), 10) for stage in STAGES},
}
"""Each work, and its share of the kills."""


def check_checkpoints(folder: Path, common: Path) -> None:
    for name in ("model-last", "model-best"):
        checkpoint = folder / "model" / name
        if checkpoint.exists():
            spacy.load(checkpoint)


def check_session(folder: Path, common: Path) -> None:
    if (folder / "session.json").exists():
        turns = srsly.read_json(folder / "session.json")["turns"]
        expected = [f"And the {number}th time it works!" for number in range(len(turns))]
        if [turn["text"] for turn in turns] != expected:
            raise ValueError("turns are lost")


CHECKS: dict[str, Work] = {"session": check_session, **dict.fromkeys(STAGES, check_checkpoints)}
"""What must hold after a kill, where files change while the work goes on."""


def kill_often(name: str, common: Path, folder: Path, kills: int, draw: random.Random) -> Tally:
    """Kill one kind of work so many times, in a new folder each time."""
    work = WORKS[name][0]
    undisturbed = folder / "undisturbed"
    undisturbed.mkdir(parents=True)
    begin = time.perf_counter()
    if wait(start(work, undisturbed, common)):
        sys.exit(f"'{name}' fails undisturbed: {log(undisturbed)}")
    tally = Tally(round(time.perf_counter() - begin, 2))
    expected = contents(undisturbed)
    for number in tqdm(range(kills), desc=name):
        place = folder / str(number)
        place.mkdir()
        moment = draw.uniform(0, tally.seconds)
        child = start(work, place, common)
        time.sleep(moment)
        killed = kill(child)
        tally.kills += 1
        tally.before_the_end += killed
        found = {path: digest for path, digest in contents(place).items() if not hidden(path)}
        if name in CHECKS:
            whole = not wait(start(CHECKS[name], place, common))
        else:
            whole = found.items() <= expected.items()
        if not whole:
            tally.partial += 1
            what = log(place) if name in CHECKS else "something is not whole"
            tally.details.append(f"killed after {moment:.2f} s: {what}")
        failed = wait(start(work, place, common))
        after = contents(place)
        left = [path for path in after if hidden(path)]
        done = {path: digest for path, digest in after.items() if path not in left}
        if failed or done != expected:
            tally.differing += 1
            differs = sorted({path for path, _ in done.items() ^ expected.items()})
            what = log(place) if failed else f"other bytes in {', '.join(differs)}"
            tally.details.append(f"killed after {moment:.2f} s: {what}")
        if left:
            tally.left_behind += 1
            tally.details.append(f"killed after {moment:.2f} s: {left[0]} was left")
    return tally


def contents(folder: Path) -> Contents:
    """The sums of all files."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def hidden(path: str) -> bool:
    """Whether it is a temporary one."""
    return any(part.startswith(".") for part in Path(path).parts)


def start(work: Work, folder: Path, common: Path) -> int:
    """Do the work in a child, which heads a process group of its own."""
    child = os.fork()
    with suppress(OSError):  # both do it, whoever comes first
        os.setpgid(child, child)
    if child:
        return child
    status = 1
    try:
        with log_file(folder).open("a") as said:
            os.dup2(said.fileno(), sys.stdout.fileno())
            os.dup2(said.fileno(), sys.stderr.fileno())
        work(folder, common)
        status = 0
    except BaseException:  # whatever it is, the child must not go on as its parent
        traceback.print_exc()
    finally:
        os._exit(status)


def log_file(folder: Path) -> Path:
    """Where what the work of this folder says goes."""
    return folder.with_name(f"{folder.name}.log")


def log(folder: Path) -> str:
    """The end of what was said."""
    return log_file(folder).read_text(encoding="utf-8")[-300:]


def wait(child: int) -> int:
    """The exit status of a child."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill(child: int) -> bool:
    """Kill a child and its children; whether it was still at work."""
    done, _ = os.waitpid(child, os.WNOHANG)
    if done:
        return False
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


if __name__ == "__main__":
    main()
