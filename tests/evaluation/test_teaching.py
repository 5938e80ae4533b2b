from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.util import fix_random_seed

from spacy_casn import make_dialogue
from spacy_casn.evaluation.teaching import teach
from spacy_casn.training.corpus import DialogueCorpus, read_docs

from ..conftest import MakeNlp, examples_of

DISTILLATION = {
    "@misc": "spacy_casn.Distillation.v1",
    "weight": 1.0,
    "temperature": 1.0,
    "cross_entropy": {"@misc": "spacy_casn.BalancedCrossEntropy.v1"},
}


def scores_of(docs: list[Doc]) -> list[np.ndarray]:
    return [doc.spans["turns"].attrs["scores"] for doc in docs]


def gold_of(docs: list[Doc]) -> list[list[tuple[str, str, str]]]:
    return [[(turn.text, turn.id_, turn.label_) for turn in doc.spans["turns"]] for doc in docs]


@pytest.fixture
def teacher(trained: Language, tmp_path: Path) -> str:
    trained.to_disk(tmp_path / "teacher")
    return str(tmp_path / "teacher")


@pytest.fixture
def other_teacher(make_nlp: MakeNlp, tmp_path: Path) -> str:
    """It knows the same labels, and has learned nothing."""
    fix_random_seed(1)
    nlp = make_nlp()
    nlp.initialize(lambda: examples_of(nlp))
    nlp.to_disk(tmp_path / "other")
    return str(tmp_path / "other")


def test_gold_labels_stay_and_the_teachers_mean_stands_beside(
    teacher: str, other_teacher: str, small_corpus: Path, tmp_path: Path
) -> None:
    assert teach(small_corpus, tmp_path / "taught.spacy", [teacher, other_teacher]) == 3
    vocab = spacy.blank("en").vocab
    gold = list(read_docs(small_corpus, vocab))
    taught = list(read_docs(tmp_path / "taught.spacy", vocab))
    assert gold_of(taught) == gold_of(gold)
    texts = [doc.text for doc in gold]
    each = [scores_of(list(spacy.load(path).pipe(texts))) for path in (teacher, other_teacher)]
    for rows, *of_teachers in zip(scores_of(taught), *each, strict=True):
        np.testing.assert_allclose(rows, np.mean(of_teachers, axis=0), atol=1e-6)
    labels = spacy.load(teacher).get_pipe("casn_emotion").labels
    assert taught[0].spans["turns"].attrs["labels"] == list(labels)


def test_calibration_can_be_left_out(teacher: str, small_corpus: Path, tmp_path: Path) -> None:
    nlp = spacy.load(teacher)
    nlp.get_pipe("casn_emotion").cfg["temperature"] = 4.0
    nlp.to_disk(tmp_path / "cautious")

    def taught(name: str, model: str, **settings: bool) -> list[np.ndarray]:
        teach(small_corpus, tmp_path / name, [model], **settings)
        docs = DocBin().from_disk(tmp_path / name).get_docs(spacy.blank("en").vocab)
        return [doc.spans["turns"].attrs["scores"] for doc in docs]

    cautious = str(tmp_path / "cautious")
    plain = taught("plain.spacy", teacher)
    for rows, others in zip(plain, taught("raw.spacy", cautious, calibrated=False), strict=True):
        np.testing.assert_allclose(rows, others, atol=1e-6)
    assert max(map(np.max, taught("calibrated.spacy", cautious))) < max(map(np.max, plain)) - 0.1


def test_a_student_learns_what_its_teacher_holds(
    teacher: str, make_nlp: MakeNlp, small_corpus: Path, tmp_path: Path
) -> None:
    path = tmp_path / "taught.spacy"
    teach(small_corpus, path, [teacher])
    fix_random_seed(0)
    student = make_nlp(objective=DISTILLATION)
    examples = list(DialogueCorpus(path)(student))
    for example in examples:  # gold labels that contradict the teacher, and weigh nothing
        for turn in example.reference.spans["turns"]:
            turn.label_ = turn.label_ and "surprise"
    labels = ["surprise", "no emotion", "happiness", "anger"]  # not the teacher's order
    student.config["initialize"]["components"]["casn_emotion"] = {"labels": labels}
    optimizer = student.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for _ in range(60):
        student.update(examples, sgd=optimizer)
    known = spacy.load(teacher)
    for example in examples:
        expected, doc = known(example.reference.text), student(example.reference.text)
        gold = example.reference.spans["turns"]
        for turn, found, label in zip(
            expected.spans["turns"], doc.spans["turns"], gold, strict=True
        ):
            if label.label_:
                assert found.label_ == turn.label_
                assert found._.emotion_scores == pytest.approx(turn._.emotion_scores, abs=0.1)


def test_a_dialogue_that_nobody_taught_is_refused(
    teacher: str, make_nlp: MakeNlp, small_corpus: Path, tmp_path: Path
) -> None:
    teach(small_corpus, tmp_path / "taught.spacy", [teacher])
    student = make_nlp(objective=DISTILLATION)
    examples = list(DialogueCorpus(tmp_path / "taught.spacy")(student))
    optimizer = student.initialize(lambda: examples)
    student.update(examples, sgd=optimizer)
    untaught: list[Example] = list(DialogueCorpus(small_corpus)(student))[:1]
    with pytest.raises(ValueError, match="without a teacher's probabilities"):
        student.update([*examples, *untaught], sgd=optimizer)
    others = examples[0].reference.spans["turns"]
    others.attrs["labels"] = ["anger", "envy", "no emotion", "surprise"]
    with pytest.raises(ValueError, match="without a teacher's probabilities"):
        student.update(examples, sgd=optimizer)


def test_a_dialogue_without_gold_turns_is_refused(teacher: str, tmp_path: Path) -> None:
    data = tmp_path / "bare.spacy"
    nlp = spacy.blank("en")
    DocBin(docs=[make_dialogue(nlp, ["Hi"], emotions=["anger"]), nlp("You won!")]).to_disk(data)
    with pytest.raises(ValueError, match=r"bare.spacy', dialogue 2 \('You won!'\) has no labelled"):
        teach(data, tmp_path / "taught.spacy", [teacher])
    assert not (tmp_path / "taught.spacy").exists()


def test_teachers_of_other_labels_are_refused(
    teacher: str, make_nlp: MakeNlp, small_corpus: Path, tmp_path: Path
) -> None:
    other = make_nlp()
    examples = examples_of(other)[:1]
    other.initialize(lambda: examples)
    other.to_disk(tmp_path / "other")
    output = tmp_path / "refused.spacy"
    with pytest.raises(ValueError, match=r"other' gives \['happiness', .*teacher' \['anger', "):
        teach(small_corpus, output, [teacher, str(tmp_path / "other")])
    assert not output.exists()
