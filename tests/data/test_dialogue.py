import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from spacy.training import Example

from spacy_casn import line_turns, make_dialogue
from spacy_casn.data.dialogue import (
    LONGEST_RUN,
    gold_labels,
    make_doc,
    read_turns,
)

from ..hostile.strategies import DIALOGUES, TEXTS
from ..hostile.text import Said, whole, written

NLP = spacy.blank("en")
OTHER_VOCAB = spacy.blank("en").vocab


def turns_of(doc: Doc) -> list[tuple[str, str]]:
    return [(span.id_, span.text) for span in line_turns(doc)]


def test_each_turn_is_a_span_in_order() -> None:
    doc = make_dialogue(
        NLP,
        ["Hello!", "Oh, hi.", "Bye."],
        speakers=["Ann", None, "Ann"],
        emotions=["happiness", "", None],
    )
    assert doc.text == "Ann: Hello!\n: Oh, hi.\nAnn: Bye."
    assert [span.text for span in doc.spans["turns"]] == ["Hello!", "Oh, hi.", "Bye."]
    assert [span._.speaker for span in doc.spans["turns"]] == ["Ann", "", "Ann"]
    assert [span.label_ for span in doc.spans["turns"]] == ["happiness", "", ""]


def test_line_breaks_become_spaces_and_empty_turns_keep_their_place() -> None:
    doc = make_dialogue(NLP, ["One\ntwo\r\nthree", " ", "", "four\u2028five"])
    assert doc.text == "One two three\n…\n…\nfour five"
    assert len(doc.spans["turns"]) == 4


@given(DIALOGUES, st.booleans())
def test_any_turns_come_out_in_order_and_the_text_alone_gives_them_back(
    dialogue: list[Said], with_speakers: bool
) -> None:
    speakers, texts = zip(*dialogue, strict=True)
    doc = make_dialogue(NLP, texts, speakers=speakers if with_speakers else None)
    expected = [written(Said(name if with_speakers else "", text)) for name, text in dialogue]
    assert [(span._.speaker, span.text) for span in doc.spans["turns"]] == expected
    assert turns_of(NLP.make_doc(doc.text)) == expected
    docbin = DocBin().from_bytes(DocBin(docs=[doc]).to_bytes())
    for copy in (*docbin.get_docs(OTHER_VOCAB), Doc(OTHER_VOCAB).from_bytes(doc.to_bytes())):
        assert [(span._.speaker, span.text) for span in copy.spans["turns"]] == expected


@pytest.mark.filterwarnings("ignore:The dialogue .* gets no speakers")  # some texts are unclear
@given(TEXTS.map(whole))
def test_every_non_empty_line_of_any_text_is_one_turn(text: str) -> None:
    lines = [line for line in text.splitlines() if line.strip()]
    spans = line_turns(NLP.make_doc(text), strict=True)
    assert len(spans) == len(lines)
    assert all(span.text and span.text in line for span, line in zip(spans, lines, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi there\nNote: bring cash", [("", "Hi there"), ("", "Note: bring cash")]),
        ("Ann: Hi\n\n  Ben :  Note: cash  ", [("Ann", "Hi"), ("Ben", "Note: cash")]),
        ("Ann: Hi\nBen:", [("Ann", "Hi"), ("Ben", "Ben:")]),
        ("See https://a.b\nAt 10:30", [("", "See https://a.b"), ("", "At 10:30")]),
        (f"{'x' * 81}: Hi", [("", f"{'x' * 81}: Hi")]),
        ("\n \n", []),
        ("", []),
    ],
)
def test_a_prefix_is_a_speaker_only_where_every_line_has_one(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert turns_of(NLP.make_doc(text)) == expected


def test_plain_turns_that_look_like_speakers_stay_text() -> None:
    doc = make_dialogue(NLP, ["Note: bring cash"])
    assert [span.text for span in doc.spans["turns"]] == ["Note: bring cash"]
    assert turns_of(NLP.make_doc(doc.text)) == [("", "Note: bring cash")]


def test_halves_of_characters_are_joined_or_replaced() -> None:
    doc = make_dialogue(NLP, ["a\ud83db", "\ud83d\ude00"], speakers=["\udc00", None])
    assert turns_of(doc) == [("\ufffd", "a\ufffdb"), ("", "\U0001f600")]


def test_an_emotion_with_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match=r"The emotion 'joy\\ud83d' of turn 2 holds half a char"):
        make_dialogue(NLP, ["Hi", "Hi"], emotions=["", "joy\ud83d"])


def test_more_than_a_parser_would_take() -> None:
    text = "Oh, no! " * 130_000
    assert len(text) > NLP.max_length
    doc = make_dialogue(NLP, [text, "", "Hi!"], speakers=["Ann", "Ben", "Ann"])
    assert [span.text for span in doc.spans["turns"]] == [text.strip(), "…", "Hi!"]
    assert [token.text for token in doc[-2:]] == ["Hi", "!"]


def test_a_megabyte_without_white_space() -> None:
    texts = ["(" * 1_000_000, "Hi!", "\U0001f44d\U0001f3fd" * 500_000]
    doc = make_dialogue(NLP, texts)
    assert [span.text for span in doc.spans["turns"]] == texts
    assert [span.text for span in line_turns(doc)] == texts


def test_ten_thousand_empty_turns() -> None:
    doc = make_dialogue(NLP, [""] * 10_000)
    assert len(doc.spans["turns"]) == len(line_turns(doc)) == 10_000


def test_only_where_a_run_is_too_long_do_words_end_at_white_space_alone() -> None:
    run = "(" * LONGEST_RUN
    assert len(make_doc(NLP, f"{run} Hi!")) == LONGEST_RUN + 2
    assert [token.text for token in make_doc(NLP, f"({run} Hi!")] == [f"({run}", "Hi!"]
    chinese = spacy.blank("zh")
    assert len(make_doc(chinese, "\u6211" * 300)) == 300


@pytest.mark.parametrize(
    ("name", "written_as"),
    [
        ("Dr: Who", "Dr Who"),
        ("x" * 81, "x" * 80),
        ("Quill：Ann", "QuillAnn"),
        ("[12:03] Bob", "Bob"),
        ("\ufeff\u200eMaya", "Maya"),
        ("Speaker (2)", "Speaker (2)"),
    ],
)
def test_any_name_becomes_one_that_can_be_read_back(name: str, written_as: str) -> None:
    doc = make_dialogue(NLP, ["Hi", "Hi"], speakers=["Ben", name])
    assert turns_of(doc) == [("Ben", "Hi"), (written_as, "Hi")]


def test_unequal_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="2 turns, but 1 emotions"):
        make_dialogue(NLP, ["a", "b"], emotions=["anger"])


def test_annotations_survive_docbin_and_bytes() -> None:
    doc = make_dialogue(NLP, ["Hi", "No."], speakers=["Ann", "Ben"], emotions=["joy", "anger"])
    scores = np.array([[0.75, 0.25], [0.5, 0.5]], np.float32)
    doc.spans["turns"].attrs.update(scores=scores, labels=["joy", "anger"])
    docbin = DocBin().from_bytes(DocBin(docs=[doc]).to_bytes())
    for copy in (*docbin.get_docs(OTHER_VOCAB), Doc(OTHER_VOCAB).from_bytes(doc.to_bytes())):
        spans = copy.spans["turns"]
        assert [(span.text, span._.speaker, span.label_) for span in spans] == [
            ("Hi", "Ann", "joy"),
            ("No.", "Ben", "anger"),
        ]
        assert spans.attrs["scores"].dtype == np.float32
        assert spans[0]._.emotion_scores == {"joy": 0.75, "anger": 0.25}


def test_a_span_that_is_no_turn_has_no_scores() -> None:
    doc = make_dialogue(NLP, ["Hi there", "No."])
    doc.spans["other"] = SpanGroup(doc, spans=[doc[0:1]], attrs={"scores": np.ones(1)})
    assert doc[0:1]._.emotion_scores == {}
    assert doc.spans["turns"][0]._.emotion_scores == {}


def test_scores_are_found_behind_groups_that_have_none() -> None:
    doc = make_dialogue(NLP, ["Hi there", "No.", "Yes."])
    turns = doc.spans["turns"]
    scores = np.array([[0.75, 0.25], [0.5, 0.5]], np.float32)
    attrs = {"scores": scores, "labels": ["joy", "anger"]}
    doc.spans["z"] = SpanGroup(doc, spans=[turns[0], turns[1]], attrs=attrs)
    assert turns[0]._.emotion_scores == {"joy": 0.75, "anger": 0.25}
    assert turns[1]._.emotion_scores == {"joy": 0.5, "anger": 0.5}
    assert turns[2]._.emotion_scores == {}
    assert doc[1:2]._.emotion_scores == {}


@pytest.mark.parametrize("bounds", [[(0, 3), (2, 5)], [(3, 5), (0, 2)], [(0, 2), (3, 3)]])
def test_turns_out_of_order_are_refused(bounds: list[tuple[int, int]]) -> None:
    doc = NLP.make_doc("one two three four five six")
    doc.spans["turns"] = [Span(doc, start, end) for start, end in bounds]
    with pytest.raises(ValueError, match=r"^Turn 2 .* of the dialogue 'one two"):
        read_turns(doc, "turns", line_turns)


def test_a_turn_outside_of_the_dialogue_is_refused() -> None:
    longer, doc = NLP.make_doc("one two three"), NLP.make_doc("one two")
    group = SpanGroup(longer, spans=[Span(longer, 1, 3)])
    doc.spans["turns"] = SpanGroup(doc).from_bytes(group.to_bytes())
    with pytest.raises(ValueError, match="A turn of the dialogue 'one two' lies outside of it"):
        read_turns(doc, "turns", line_turns)


def test_gold_labels_follow_characters_not_tokens() -> None:
    gold = make_dialogue(NLP, ["You won.", "No!"], emotions=["joy", None])
    predicted = Doc(
        NLP.vocab, words=["You", "won.", "\n", "No!"], spaces=[True, False, False, False]
    )
    example = Example(predicted, gold)
    assert gold_labels(example, line_turns(predicted), "turns") == ["joy", ""]


def test_a_labelled_turn_without_counterpart_is_refused() -> None:
    gold = make_dialogue(NLP, ["You won.", "No!"], emotions=["joy", "anger"])
    example = Example(NLP.make_doc(gold.text), gold)
    with pytest.raises(ValueError, match="'No!' of the dialogue"):
        gold_labels(example, line_turns(example.predicted)[:1], "turns")
