"""DailyDialog (Li et al. 2017), from its official split archives.

An archive holds one dialogue a line, in one file the turns, each ended by `__eou__`, in
another their labels. The speakers aren't named.
"""

from collections.abc import Iterator
from pathlib import Path

from ..data.types import Dialogue
from ..formats.encoding import decoded
from ..formats.faults import Faults
from ..storage.archives import read_member
from ..storage.shown import quoted
from .corpus import Corpus
from .labels import shared

FILES = {"train": "train.zip", "dev": "validation.zip", "test": "test.zip"}
EMOTIONS = ("no emotion", "anger", "disgust", "fear", "happiness", "sadness", "surprise")
END_OF_TURN = "__eou__"


def read(folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
    """Yield the dialogues of one split, in order.

    Turns beyond the last label are left unlabelled, which is a repair.

    Args:
        folder: Where the archives lie.
        split: train, dev or test.
        faults: Hears of lines that can't be read, and of repairs.

    Raises:
        ValueError: an archive can't be read.
    """
    archive = folder / FILES[split]
    name = archive.stem
    texts = _lines(archive, f"{name}/dialogues_{name}.txt")
    labels_file = f"{name}/dialogues_emotion_{name}.txt"
    labels = _lines(archive, labels_file)
    if len(texts) != len(labels):
        raise ValueError(
            f"'{archive}' has {len(texts)} dialogues, but {len(labels)} lines of labels: it is "
            f"damaged, so fetch it again."
        )
    for number, (text, codes) in enumerate(zip(texts, labels, strict=True), 1):
        place = f"{archive}, {labels_file}, line {number}"
        turns = [turn.strip() for turn in text.split(END_OF_TURN)]
        if not turns[-1]:
            turns.pop()
        try:
            emotions = _emotions(codes, len(turns), place)
        except ValueError as error:
            faults.add(error, {"turns": text, "emotions": codes})
            continue
        if unlabelled := len(turns) - len(emotions):
            faults.repaired(
                place,
                f"{len(emotions)} labels for {len(turns)} turns; the last "
                f"{'turn is' if unlabelled == 1 else f'{unlabelled} turns are'} unlabelled",
            )
            emotions += [""] * unlabelled
        yield Dialogue(turns, [""] * len(turns), emotions, place)


def _lines(archive: Path, member: str) -> list[str]:
    data = read_member(archive, member)
    text = decoded(data, f"{archive}, {member}", "fetch the archive again")
    return text.removesuffix("\n").split("\n")


def _emotions(codes: str, turns: int, place: str) -> list[str]:
    emotions = [_emotion(code, place) for code in codes.split()]
    if len(emotions) > turns:
        raise ValueError(f"{place}: {len(emotions)} labels for {turns} turns: correct the line.")
    return emotions


def _emotion(code: str, place: str) -> str:
    if not (code.isdecimal() and int(code) < len(EMOTIONS)):
        raise ValueError(
            f"{place}: the label {quoted(code)} is none of 0 to {len(EMOTIONS) - 1}: correct the "
            f"line."
        )
    return EMOTIONS[int(code)]


CORPUS = Corpus(
    name="dailydialog",
    title="DailyDialog",
    author="Li et al. 2017",
    files={split: (name,) for split, name in FILES.items()},
    read=read,
    license="CC-BY-NC-SA-4.0",
    source="http://yanran.li/dailydialog",
    md5={
        "train.zip": "36e502ee15c3a05aa61de3ead6626f18",
        "validation.zip": "09be202b3b053e572633f46b4bf2645e",
        "test.zip": "819cfc7192245eb36335a1d71c9b1826",
    },
    labels=shared("dailydialog"),
)
