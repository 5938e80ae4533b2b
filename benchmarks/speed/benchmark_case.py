"""One contestant of the benchmark, in a process of its own; `benchmark.py` starts it.

It gets ready, says so, and then runs once for every line that it reads, so that contestants
can take turns. At the end of its input it tells its peak memory.
"""

import argparse
import itertools
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

Dialogues = list[list[str]]
Run = Callable[[], int]
"""Runs once; gives the number of turns."""
LABELS = ["anger", "disgust", "fear", "happiness", "no emotion", "sadness", "surprise"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", choices=CASES)
    parser.add_argument("dialogues", type=Path, help="JSON file: lists of turns.")
    parser.add_argument("encoder", help="Folder of a sentence transformer.")
    parser.add_argument("--cold", action="store_true", help="The first run counts already.")
    args = parser.parse_args()
    dialogues = json.loads(args.dialogues.read_text(encoding="utf-8"))
    run = CASES[args.case](dialogues, args.encoder)
    if not args.cold:
        run()  # what is only done once
    tell({"ready": args.case})
    for _ in sys.stdin:
        start = time.perf_counter()
        turns = run()
        tell({"seconds": time.perf_counter() - start, "turns": turns})
    tell({"peak_mb": round(peak_kilobytes() / 1024)})


def tell(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def raw_encoder(dialogues: Dialogues, encoder: str) -> Run:
    """sentence-transformers alone: no Docs, no context, no emotions."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(encoder, device="cpu")
    turns = [turn for dialogue in dialogues for turn in dialogue]

    def run() -> int:
        return len(model.encode(turns))

    return run


def tokenizer(dialogues: Dialogues, encoder: str) -> Run:
    """spaCy's tokenizer alone, over the same transcripts."""
    import spacy

    nlp = spacy.blank("en")
    texts = ["\n".join(dialogue) for dialogue in dialogues]

    def run() -> int:
        for text in texts:
            nlp.make_doc(text)
        return sum(map(len, dialogues))

    return run


def cached(dialogues: Dialogues, encoder: str) -> Run:
    """`nlp.pipe` over transcripts all of whose vectors are known: what lies around the encoder."""
    nlp = untrained({"name": encoder, "cache_size": 1_000_000})
    texts = ["\n".join(dialogue) for dialogue in dialogues]

    def run() -> int:
        return sum(len(doc.spans["turns"]) for doc in nlp.pipe(texts))

    return run


def word_vectors(dialogues: Dialogues, encoder: str, *, known: bool = False) -> Run:
    """`nlp.pipe` over transcripts with the pretrained pipeline of word vectors.

    Args:
        dialogues: Their turns.
        encoder: Unused.
        known: Whether the turns' vectors are only looked up, which that encoder never does.
    """
    import numpy as np

    import spacy_casn

    nlp = spacy_casn.load("fast")
    texts = ["\n".join(dialogue) for dialogue in dialogues]
    if known:
        words = nlp.get_pipe("casn_emotion").utterance_encoder
        turns = [turn.text for doc in nlp.pipe(texts) for turn in doc.spans["turns"]]
        vectors = dict(zip(turns, words.encode(turns), strict=True))
        words.encode = lambda some: np.stack([vectors[turn] for turn in some])

    def run() -> int:
        return sum(len(doc.spans["turns"]) for doc in nlp.pipe(texts))

    return run


def pipeline(dialogues: Dialogues, encoder: str, **settings: Any) -> Run:
    """`nlp.pipe` over transcripts, the cache of vectors emptied before."""
    processes = settings.pop("n_process", 1)
    nlp = untrained({"name": encoder, **settings})
    texts = ["\n".join(dialogue) for dialogue in dialogues]
    # Word pieces have no cache.
    cache = getattr(nlp.get_pipe("casn_emotion").utterance_encoder, "cache", None)

    def run() -> int:
        if cache is not None:
            cache.clear()
        return sum(len(doc.spans["turns"]) for doc in nlp.pipe(texts, n_process=processes))

    return run


def untrained(encoder: dict[str, Any]) -> Any:
    """A pipeline whose labels are known and whose weights are random."""
    import spacy
    from spacy.training import Example

    from spacy_casn import make_dialogue

    nlp = spacy.blank("en")
    nlp.add_pipe("casn_emotion", config={"model": {"encoder": encoder}})
    gold = make_dialogue(nlp, LABELS, emotions=LABELS)
    nlp.initialize(lambda: [Example(nlp.make_doc(gold.text), gold)])
    return nlp


def word_pieces(dialogues: Dialogues, encoder: str) -> Run:
    """The same pipeline with every word piece's vector, through spacy-transformers."""
    architecture = {"@architectures": "spacy_casn.TransformerTurnEncoder.v1"}
    return pipeline(dialogues, encoder, **architecture)


def textcat(dialogues: Dialogues, encoder: str) -> Run:
    """spaCy's text classifier on spacy-transformers, each turn a Doc."""
    import spacy

    nlp = spacy.blank("en")
    transformer = {"@architectures": "spacy-transformers.TransformerModel.v3", "name": encoder}
    nlp.add_pipe("transformer", config={"model": transformer})
    listener = {
        "@architectures": "spacy-transformers.TransformerListener.v1",
        "grad_factor": 1.0,
        "pooling": {"@layers": "reduce_mean.v1"},
    }
    model = {
        "@architectures": "spacy.TextCatCNN.v2",
        "exclusive_classes": True,
        "tok2vec": listener,
    }
    nlp.add_pipe("textcat", config={"model": model})
    return turn_by_turn(nlp, dialogues)


def bag_of_words(dialogues: Dialogues, encoder: str) -> Run:
    """spaCy's text classifier on a bag of words, as `spacy init config` has it for speed."""
    import spacy

    nlp = spacy.blank("en")
    model = {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": True,
        "ngram_size": 1,
        "no_output_layer": False,
    }
    nlp.add_pipe("textcat", config={"model": model})
    return turn_by_turn(nlp, dialogues)


def turn_by_turn(nlp: Any, dialogues: Dialogues) -> Run:
    """A pipeline with a text classifier whose weights are random, over all turns."""
    from spacy.training import Example

    cats = {label: float(label == LABELS[0]) for label in LABELS}
    nlp.initialize(lambda: [Example.from_dict(nlp.make_doc("Oh no!"), {"cats": cats})])
    turns = [turn for dialogue in dialogues for turn in dialogue]

    def run() -> int:
        return sum(len(doc.cats) > 0 for doc in nlp.pipe(turns))

    return run


def classy(dialogues: Dialogues, encoder: str) -> Run:
    """classy-classification with a few examples a label, each turn a Doc."""
    import classy_classification  # noqa: F401  # registers its component
    import spacy

    nlp = spacy.blank("en")
    data = {
        "happiness": ["I won!", "How lovely.", "Great news!", "I'm so glad."],
        "sadness": ["I lost.", "What a pity.", "I miss her.", "I could cry."],
    }
    search = {"C": [1.0], "kernel": ["linear"], "max_cross_validation_folds": 2}
    settings = {"data": data, "model": encoder, "include_sent": False, "config": search}
    nlp.add_pipe("classy_classification", config=settings)
    turns = [turn for dialogue in dialogues for turn in dialogue]

    def run() -> int:
        return sum(len(doc._.cats) > 0 for doc in nlp.pipe(turns))

    return run


def short_dialogues(dialogues: Dialogues, encoder: str) -> Run:
    """The long dialogue's turns in dialogues of 100."""
    (turns,) = dialogues
    return one_by_one([turns[start : start + 100] for start in range(0, len(turns), 100)], encoder)


def one_by_one(dialogues: Dialogues, encoder: str) -> Run:
    """Each dialogue is annotated for itself, the cache of vectors emptied before."""
    nlp = untrained({"name": encoder, "cache_size": 0})
    texts = ["\n".join(dialogue) for dialogue in dialogues]

    def run() -> int:
        return sum(len(nlp(text).spans["turns"]) for text in texts)

    return run


def stream(dialogues: Dialogues, encoder: str, *, turns: int) -> Run:
    """So many turns, the same dialogues again and again, from a generator."""
    nlp = untrained({"name": encoder})
    texts = ["\n".join(dialogue) for dialogue in dialogues]

    def some() -> Iterator[str]:
        given = 0
        for text in itertools.cycle(texts):
            if given >= turns:
                return
            yield text
            given += text.count("\n") + 1

    def run() -> int:
        with nlp.memory_zone():
            return sum(len(doc.spans["turns"]) for doc in nlp.pipe(some()))

    return run


def in_new_process(dialogues: Dialogues, encoder: str, *, code: str) -> Run:
    """A whole Python process, from its start to its end."""
    folder = TemporaryDirectory()
    if "{pipeline}" in code:
        untrained({"name": encoder}).to_disk(Path(folder.name, "pipeline"))

    text = Path(folder.name, "in.txt")
    text.write_text("\n".join(dialogues[0]), encoding="utf-8")

    def run() -> int:
        program = code.format(encoder=encoder, pipeline=Path(folder.name, "pipeline"), text=text)
        subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)
        return 1

    return run


CASES: dict[str, Callable[[Dialogues, str], Run]] = {
    "raw": raw_encoder,
    "make-doc": tokenizer,
    "cached": cached,
    "fast": word_vectors,
    "fast-cached": partial(word_vectors, known=True),
    "pipe": pipeline,
    "pipe-auto": partial(pipeline, precision="auto"),
    "pipe-onnx": partial(pipeline, backend="onnx"),
    "pipe-onnx-int8": partial(pipeline, backend="onnx-int8"),
    "pipe-2-processes": partial(pipeline, n_process=2),
    "word-pieces": word_pieces,
    "textcat": textcat,
    "textcat-words": bag_of_words,
    "classy": classy,
    "short-dialogues": short_dialogues,
    "long-dialogue": one_by_one,
    "stream-10k": partial(stream, turns=10_000),
    "stream-1m": partial(stream, turns=1_000_000),
    "import-torch": partial(in_new_process, code="import torch, spacy"),
    "import-casn": partial(in_new_process, code="import spacy_casn"),
    "load-encoder": partial(
        in_new_process,
        code="import spacy; from sentence_transformers import SentenceTransformer as S; "
        "S(r'{encoder}', device='cpu').encode(['Hi'])",
    ),
    "load-pipeline": partial(in_new_process, code="import spacy; spacy.load(r'{pipeline}')('Hi')"),
    "annotate-file": partial(
        in_new_process,
        code="from spacy.cli._util import setup_cli; import sys; "
        "sys.argv = ['spacy', 'casn', 'annotate', r'{pipeline}', r'{text}', r'{text}.csv']; "
        "setup_cli()",
    ),
}


if __name__ == "__main__":
    main()
