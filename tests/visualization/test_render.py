import subprocess
import sys
import types

import numpy as np
import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, DocBin

import spacy_casn
from spacy_casn import make_dialogue
from spacy_casn.visualization import render as render_module
from spacy_casn.visualization.course import draw_course
from spacy_casn.visualization.render import render, render_views
from spacy_casn.visualization.templates import displayable
from spacy_casn.visualization.views import DialogueView, Score, TurnView, view_dialogue

from ..hostile import strategies as hostile
from ..hostile.targets import Targets
from ..hostile.text import Said
from .parsed import Element, check_self_contained, parse

NLP = spacy.blank("en")
TEXTS = ["I got in!", "Really?", "Yes.", "Hm."]
SPEAKERS = ["Maya", "Tom", "Maya", "Ada"]
EMOTIONS = ["happiness", "surprise", "happiness", ""]
SCRIPT = '</style></script><script>alert("1")</script><img src=x onerror=alert(1)>'


def dialogue(**settings: object) -> Doc:
    known = {"speakers": SPEAKERS, "emotions": EMOTIONS, **settings}
    return make_dialogue(NLP, TEXTS, **known)  # type: ignore[arg-type]


def html_of(docs: Doc | list[Doc], *, page: bool = False) -> str:
    html = render(docs, page=page, jupyter=False)
    assert html is not None
    return html


def side(bubble: Element) -> str:
    (name,) = [name for name in bubble.attrs["class"].split() if name.startswith("casn-side-")]
    return name


def test_each_turn_is_a_bubble_with_its_speaker_and_the_name_of_its_emotion() -> None:
    root = parse(html_of(dialogue()))
    assert [turn.one("casn-text").text for turn in root.all("casn-turn")] == TEXTS
    assert [turn.one("casn-speaker").text for turn in root.all("casn-turn")] == SPEAKERS
    shown = [turn.one("casn-emotion").text for turn in root.all("casn-turn")]
    assert shown == ["happiness", "surprise", "happiness", "no label"]
    colours = [turn.one("casn-bubble").attrs["style"] for turn in root.all("casn-turn")]
    assert colours[0] == colours[2]
    assert len(set(colours)) == 3


def test_a_speaker_keeps_side_and_shade() -> None:
    speakers = ["Maya", "", "Tom", "Maya", "", "Tom"]
    doc = make_dialogue(NLP, ["Hi."] * 6, speakers=speakers)
    turns = parse(html_of(doc)).all("casn-turn")
    looks = [(side(turn), turn.one("casn-bubble").attrs["class"]) for turn in turns]
    assert looks[:3] == looks[3:]
    assert len(set(looks)) == 3
    assert looks[0][0] != looks[1][0]


def test_without_speakers_all_stand_on_one_side() -> None:
    root = parse(html_of(make_dialogue(NLP, TEXTS)))
    assert {side(turn) for turn in root.all("casn-turn")} == {"casn-side-0"}
    assert "speakers unknown" in root.one("casn-about").text
    assert not root.all("casn-course")


def test_scores_stand_in_a_tooltip_that_the_keyboard_reaches(trained: Language) -> None:
    doc = trained("Ann: You won!\nBen: Really?")
    root = parse(html_of(doc))
    ids = root.ids()
    assert len(ids) == len(set(ids))
    for turn, bubble in zip(doc.spans["turns"], root.all("casn-bubble"), strict=True):
        assert bubble.attrs["tabindex"] == "0"
        tooltip = bubble.one("casn-scores")
        assert tooltip.attrs["id"] == bubble.attrs["aria-describedby"]
        scores = sorted(turn._.emotion_scores.items(), key=lambda pair: -pair[1])
        expected = [f"{label} {100 * score:.1f}" for label, score in scores]
        assert [line.text for line in tooltip.all("li")] == expected
        assert turn.label_ in bubble.attrs["aria-label"]


def test_what_was_stored_looks_the_same(trained: Language) -> None:
    doc = trained("Ann: You won!\nBen: Really?")
    (stored,) = DocBin().from_bytes(DocBin(docs=[doc]).to_bytes()).get_docs(NLP.vocab)
    assert html_of(stored) == html_of(doc)


def test_scores_that_fit_no_longer_are_not_shown(trained: Language) -> None:
    doc = trained("You won!\nReally?")
    doc.spans["turns"].attrs["scores"] = np.zeros((1, 3), np.float32)
    root = parse(html_of(doc))
    assert not root.all("casn-scores")
    assert all("tabindex" not in bubble.attrs for bubble in root.all("casn-bubble"))


def test_turns_without_words_have_no_scores(trained: Language) -> None:
    doc = trained("You won!\nReally?")
    doc.spans["turns"].attrs["scores"][1] = 0
    assert len(parse(html_of(doc)).all("casn-scores")) == 1


def test_the_course_has_a_lane_a_speaker_and_is_told_in_words() -> None:
    root = parse(html_of(dialogue()))
    assert [lane.text for lane in root.all("casn-lane-name")] == ["Maya", "Tom", "Ada"]
    for rows in root.all("casn-rows"):
        assert [row.text for row in rows.all("casn-row")] == ["happiness", "surprise"]
    course = root.one("casn-course")
    assert course.attrs["aria-label"] == "Course of Dialogue 1"
    expected = "1 Maya happiness, 2 Tom surprise, 3 Maya happiness, 4 Ada no label."
    assert course.one("casn-words").text == f"Turn by turn: {expected}"
    assert [len(lane.all("circle")) for lane in course.all("casn-lane")] == [2, 1, 0, 0]
    assert [tick.text for tick in course.all("text")] == ["1", "2", "3", "4"]
    links = [link.attrs["href"] for link in course.all("a")]
    turns = [f"#{turn.attrs['id']}" for turn in root.all("casn-turn")]
    assert links == [turns[0], turns[2], turns[1]]


def test_better_feelings_stand_above() -> None:
    emotions = ["anger", "happiness", "no emotion", "sadness"]
    course = draw_course(view_dialogue(dialogue(emotions=emotions), title="", spans_key="turns"))
    assert course is not None
    assert [label for label, _ in course.rows] == ["happiness", "no emotion", "sadness", "anger"]
    heights = [y for _, y in course.rows]
    assert heights == sorted(heights)


def test_many_speakers_share_a_lane() -> None:
    speakers = ["A", "B", "C", "A", "B", "C", "D", "E"]
    doc = make_dialogue(NLP, ["Hi."] * 8, speakers=speakers, emotions=["joy"] * 8)
    course = draw_course(view_dialogue(doc, title="", spans_key="turns"))
    assert course is not None
    assert [lane.speaker for lane in course.lanes] == ["A", "B", "C", "others"]
    assert [dot.number for dot in course.lanes[3].dots] == [7, 8]


def scored(rows: list[list[float]], emotions: list[str]) -> Doc:
    doc = make_dialogue(NLP, ["Hi."] * len(rows), emotions=emotions)
    labels = ["joy", "fear", "neutral"]
    doc.spans["turns"].attrs.update(scores=np.array(rows, np.float32), labels=labels)
    return doc


def test_a_sure_turn_is_stronger_and_a_close_runner_up_is_shown() -> None:
    doc = scored([[0.9, 0.1, 0], [0.5, 0.45, 0.05], [0.1, 0.2, 0.7]], ["joy", "joy", "neutral"])
    root = parse(html_of(doc))
    opacity = [float(dot.attrs["opacity"]) for dot in root.all("casn-dot")]
    sure, runner_up, unsure, _ = opacity
    assert sure > unsure > runner_up
    (second,) = root.all("casn-second")
    assert second.text == "or fear"
    assert len(root.all("casn-runner-up")) == 1
    assert len(root.all("casn-ghost")) == 1
    assert [chip.text for chip in root.all("casn-none")] == ["neutral"]


def test_calm_parts_of_long_dialogues_are_folded() -> None:
    emotions = [*["neutral"] * 20, "anger", *["neutral"] * 4, "anger", *["", "neutral"] * 10]
    doc = make_dialogue(NLP, [f"Turn {n}." for n in range(46)], emotions=emotions)
    root = parse(html_of(doc))
    folds = [fold.one("summary").text for fold in root.all("casn-fold")]
    assert folds == ["18 calm turns, 2 to 19", "18 calm turns, 28 to 45"]
    assert [turn.one("casn-number").text for turn in root.all("casn-turn")] == [
        str(number) for number in range(1, 47)
    ]
    short = make_dialogue(NLP, ["Hi."] * 20, emotions=["neutral"] * 20)
    assert not parse(html_of(short)).all("casn-fold")


def test_speakers_have_initials_and_a_hue_of_their_own() -> None:
    doc = make_dialogue(NLP, ["Hi."] * 4, speakers=["Maya van Lund", "tom", "", "Maya van Lund"])
    faces = parse(html_of(doc)).all("casn-face")
    assert [face.text for face in faces] == ["ML", "t", "?", "ML"]
    hues = [face.attrs["style"] for face in faces]
    assert len(set(hues[:3])) == 3
    assert hues[0] == hues[3]


def test_several_dialogues_have_an_index() -> None:
    root = parse(html_of([dialogue(emotions=["joy", "neutral", "joy", ""]), dialogue()]))
    lines = [" ".join(line.text.split()) for line in root.one("casn-index").all("li")]
    assert lines == [
        "Dialogue 1 4 turns, joy 2",
        "Dialogue 2 4 turns, happiness 2, surprise 1",
    ]
    links = [link.attrs["href"] for link in root.one("casn-index").all("a")]
    assert links == [f"#{heading.attrs['id']}" for heading in root.all("h2")]
    assert not parse(html_of(dialogue())).all("casn-index")


def test_the_course_breaks_where_a_turn_has_no_label() -> None:
    doc = dialogue(emotions=["happiness", "", "surprise", "happiness"], speakers=None)
    course = draw_course(view_dialogue(doc, title="", spans_key="turns"))
    assert course is not None
    (lane,) = course.lanes
    assert lane.path == "M0.5,9.0h0M2.5,27.0L3.5,9.0h0"


def test_the_course_of_many_turns_is_marks_in_rows() -> None:
    doc = make_dialogue(NLP, ["Hi."] * 200, emotions=["joy", "", "fear", "joy"] * 50)
    course = draw_course(view_dialogue(doc, title="", spans_key="turns"))
    assert course is not None
    (lane,) = course.lanes
    assert (lane.path, lane.dots) == ("", [])
    counts = [(label, path.count("M")) for label, path in lane.marks]
    assert counts == [("joy", 100), ("fear", 50)]
    assert lane.marks[1][1].startswith("M2.5,21.0v12M6.5,")
    assert course.description == "200 turns by emotion: joy 100, fear 50, no label 50."


@pytest.mark.parametrize(
    ("turns", "ticks"),
    [
        (1, [1]),
        (6, [1, 2, 3, 4, 5, 6]),
        (8, [1, 2, 4, 6, 8]),
        (40, [1, 10, 20, 30, 40]),
        (113, [1, 20, 40, 60, 80, 100, 113]),
        (10_000, [1, 2000, 4000, 6000, 8000, 10_000]),
    ],
)
def test_ticks_are_few_and_round(turns: int, ticks: list[int]) -> None:
    doc = make_dialogue(NLP, ["Hi."] * turns, emotions=["joy"] * turns)
    course = draw_course(view_dialogue(doc, title="", spans_key="turns"))
    assert course is not None
    assert [number for number, _ in course.ticks] == ticks


def test_a_page_is_a_whole_document_and_a_part_is_none() -> None:
    page = html_of(dialogue(), page=True)
    assert page.startswith("<!DOCTYPE html>\n<html lang=")
    assert parse(page).one("html").one("head").one("title").text
    part = html_of(dialogue())
    assert not {"html", "head", "body", "main"} & parse(part).tags()
    for html in (page, part):
        check_self_contained(html)


def test_several_dialogues_have_ids_of_their_own() -> None:
    root = parse(html_of([dialogue(), dialogue()], page=True))
    assert [heading.text for heading in root.all("h2")] == ["Dialogue 1", "Dialogue 2"]
    assert len(root.ids()) == len(set(root.ids()))
    assert not set(parse(html_of(dialogue(speakers=None))).ids()) & set(root.ids())


def test_empty_input_gives_an_empty_page() -> None:
    assert not parse(html_of([], page=True)).all("casn-dialogue")
    root = parse(html_of(make_dialogue(NLP, [])))
    assert not root.all("casn-turn")
    assert root.one("casn-about").text == "0 turns."


def test_a_doc_without_turns_is_named() -> None:
    doc = NLP("Ann: Hi.")
    doc.spans["other"] = [doc[0:1]]
    with pytest.raises(ValueError, match=r"'Ann: Hi\.' has no turns .*\"turns\".*: \"other\""):
        render(doc)
    with pytest.raises(ValueError, match=r"Number 2 of docs is a str, no Doc"):
        render([dialogue(), "Ann: Hi."])  # type: ignore[list-item]
    assert "Hi." in html_of(make_dialogue(NLP, ["Hi."], spans_key="turns"))


def test_another_spans_key() -> None:
    doc = make_dialogue(NLP, ["Hi."], emotions=["joy"], spans_key="said")
    html = render(doc, spans_key="said", jupyter=False)
    assert parse(html or "").one("casn-emotion").text == "joy"


def test_hostile_text_stays_text() -> None:
    doc = NLP.make_doc(f"{SCRIPT} \x00 {{{{ 7 * 7 }}}} \u202e")
    doc.spans["turns"] = [doc[:]]
    (span,) = doc.spans["turns"]
    span.label_, span.id_ = f'">{SCRIPT}', f"'{SCRIPT}"
    doc.spans["turns"] = [span]
    doc.spans["turns"].attrs.update(labels=[SCRIPT], scores=np.ones((1, 1), np.float32))
    html = html_of(doc, page=True)
    check_self_contained(html)
    root = parse(html)
    assert root.one("casn-text").text == doc.text.replace("\x00", "\ufffd")
    assert root.one("casn-speaker").text == f"'{SCRIPT}"
    assert root.one("casn-emotion").text == f'">{SCRIPT}'
    assert root.one("casn-scores").all("bdi")[0].text == SCRIPT


@settings(max_examples=60)
@given(st.lists(st.tuples(*[hostile.TEXTS] * 3), max_size=4), hostile.TEXTS)
def test_any_text_name_and_label_is_shown_as_it_is(
    turns: list[tuple[str, str, str]], title: str
) -> None:
    views = [
        TurnView(number, text, speaker, number, label, [Score(label, 0.5)])
        for number, (text, speaker, label) in enumerate(turns, 1)
    ]
    labels = list(dict.fromkeys(label for _, _, label in turns if label))
    view = DialogueView(title, "en", views, labels, [speaker for _, speaker, _ in turns])
    html = render_views([view], page=True)
    assert html.encode("utf-8").decode("utf-8") == html
    check_self_contained(html)
    root = parse(html)
    assert root.one("h2").text == displayable(title)
    for turn, (text, speaker, label) in zip(root.all("casn-turn"), turns, strict=True):
        assert turn.one("casn-text").text == displayable(text)
        assert [name.text for name in turn.all("casn-speaker")] == [
            displayable(name) for name in [speaker] if name
        ]
        assert turn.one("casn-emotion").text == displayable(label or "no label")


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hostile.DIALOGUES)
def test_any_turns_are_shown_in_order(targets: Targets, dialogue: list[Said]) -> None:
    targets.render([dialogue])


def test_what_html_cannot_hold_is_replaced() -> None:
    assert (
        displayable("a\x00\x1b\ud800\uffff\x85b\tc\nשלום")
        == "a\ufffd\ufffd\ufffd\ufffd\ufffdb\tc\nשלום"
    )


def test_the_direction_of_writing_follows_the_text() -> None:
    doc = make_dialogue(NLP, ["שלום"], speakers=["דנה"])
    root = parse(html_of(doc))
    assert root.one("casn-text").attrs["dir"] == "auto"
    assert root.one("casn-speaker").tag == "bdi"


def test_the_language_of_the_text_is_told() -> None:
    texts = {
        name: parse(html_of(make_dialogue(spacy.blank(name), ["Na?"]))).one("casn-text").attrs
        for name in ("de", "en", "xx")
    }
    assert texts["de"]["lang"] == "de"
    assert "lang" not in texts["en"] | texts["xx"]


def test_ten_thousand_turns() -> None:
    labels = [f"label {number % 7}" for number in range(10_000)]
    doc = make_dialogue(NLP, ["Hi there."] * 10_000, emotions=labels)
    doc.spans["turns"].attrs.update(
        scores=np.full((10_000, 7), 1 / 7, np.float32), labels=sorted(set(labels))
    )
    html = html_of(doc, page=True)
    assert html.count('class="casn-text"') == 10_000
    assert html.count("<circle") == 0
    assert len(html) < 20_000_000


def test_a_notebook_displays_it(monkeypatch: pytest.MonkeyPatch) -> None:
    displayed: list[str] = []
    module = types.ModuleType("IPython.display")
    module.HTML = str  # type: ignore[attr-defined]
    module.display = displayed.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setattr(render_module, "is_in_jupyter", lambda: True)
    assert render(dialogue()) is None
    assert parse(displayed[0]).one("tex2jax_ignore").all("casn-bubble")
    assert render(dialogue(), jupyter=False) == html_of(dialogue())
    monkeypatch.setattr(render_module, "is_in_jupyter", lambda: False)
    assert render(dialogue()) == html_of(dialogue())
    assert render(dialogue(), jupyter=True) is None
    assert len(displayed) == 2


def test_it_is_a_public_name_that_is_loaded_late() -> None:
    assert spacy_casn.render is render
    assert not hasattr(spacy_casn, "draw")
    code = (
        "import sys, spacy_casn; print([n for n in sys.modules if 'spacy_casn.visual' in n]);"
        "from spacy_casn import render; print(render.__name__)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["[]", "render"]
