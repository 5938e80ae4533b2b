"""A page to play with: conversations, annotated as you write or upload them.

streamlit run --server.address localhost --browser.gatherUsageStats false
spacy_casn/visualization/app.py -- pretrained
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import streamlit as st

from spacy_casn import DialogueSession
from spacy_casn.annotation.annotator import Annotator
from spacy_casn.formats.records import Columns
from spacy_casn.pipeline.pretrained import PRETRAINED
from spacy_casn.visualization.outputs import Outputs, annotate_file, chat_outputs

EXAMPLES = {
    "A scholarship": """\
Maya: I finally got the letter from the university.
Tom: And? Don't keep me waiting!
Maya: I got in! Full scholarship!
Tom: That's wonderful, congratulations!
Maya: Thank you. But Grandma won't be there to see it. I miss her so much.
Tom: I'm so sorry, Maya.""",
    "A broken phone": """\
Customer: My phone broke again, the third time this year!
Agent: I'm sorry to hear that. What happened?
Customer: Nothing happened! It just died, and your hotline hung up on me twice.
Agent: That shouldn't happen. I'll send you a new one today.
Customer: Today? Oh. Thank you, that's great.""",
    "A noise at night": """\
Ann: Did you hear that?
Ben: Hear what?
Ann: There's someone downstairs. I'm scared.
Ben: Wait, it's only the cat.
Ann: Ugh, and it brought a dead mouse. Disgusting!""",
}
HEIGHT = 640  # pixels; Streamlit would show a docstring here on the page
KINDS = {
    "csv": ("CSV table", "text/csv"),
    "xlsx": (
        "Excel workbook",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "html": ("page", "text/html"),
}


def main(model: str) -> None:
    """Lay out the page for a pipeline's directory or package."""
    st.set_page_config(page_title="Emotions in a conversation", page_icon="💬")
    st.title("Emotions in a conversation")
    st.write(
        "Each turn gets the emotion that its words convey, given what was said before. It is a "
        "guess about a text, and no judgement of a person."
    )
    with st.skeleton(height=HEIGHT):
        annotator, lock = pipeline(model)
    share = readiness(annotator)
    paste, upload, chat = st.tabs(["Paste a transcript", "Upload a file", "Chat, turn by turn"])
    with lock:  # the pipeline is shared, and so is what it expects
        if share is not None:
            annotator.pipe.set_neutral_share(share)
        with paste:
            transcript(annotator)
        with upload:
            uploaded(annotator)
        with chat:
            live(annotator)


@st.cache_resource(show_spinner=False)
def pipeline(model: str) -> tuple[Annotator, Lock]:
    """Return the pipeline, once for all visitors, and what lets one of them use it at a time."""
    return Annotator.load(model), Lock()


def readiness(annotator: Annotator) -> float | None:
    """Return the share of neutral turns to expect, None where the pipeline expects none."""
    pipe = annotator.pipe
    priors = pipe.cfg.get("priors")
    if pipe.neutral_label not in pipe.trained_labels or not priors:
        return None
    neutral = priors["trained"][pipe.trained_labels.index(pipe.neutral_label)]
    usual = min(max(round(100 * (1 - neutral)), 1), 99)
    emotional = st.slider(
        "How ready it is to call a turn emotional: percent of turns that may be",
        1,
        99,
        usual,
        help=f"In what it was trained on, {usual} % of the turns carry an emotion. In a complaint "
        "more do, in small talk fewer.",
    )
    return 1 - emotional / 100


def transcript(annotator: Annotator) -> None:
    """Return a conversation that is annotated as a whole."""
    chosen = st.pills("Examples", list(EXAMPLES), default=next(iter(EXAMPLES)), key="example")
    text = st.text_area(
        "One turn a line, “Name: ” before each, if you like",
        EXAMPLES.get(chosen or "", ""),
        height=180,
        key=f"transcript {chosen}",
    )
    if text.strip():
        show(annotator, text.encode("utf-8", "replace"), "transcript.txt", None)


def uploaded(annotator: Annotator) -> None:
    """Return the conversations of a file that is annotated as a whole."""
    file = st.file_uploader("A chat export, subtitles, a table, a transcript, or what you have")
    with st.expander("Tables: which column holds what?"):
        dialogue = st.text_input("What tells dialogues apart (column)")
        text = st.text_input("What is said (column)")
        speaker = st.text_input("Who says it (column)")
    if file is not None:
        columns = Columns(dialogue or None, text or None, speaker or None)
        named = columns if dialogue or text or speaker else None
        show(annotator, file.getvalue(), Path(file.name).name, named)


def live(annotator: Annotator) -> None:
    """Return a conversation that is annotated turn by turn."""
    if "session" not in st.session_state:
        try:
            st.session_state.session = DialogueSession(annotator.nlp)
        except ValueError as error:  # its turns see later ones
            st.info(str(error))
            return
    session: DialogueSession = st.session_state.session
    history = st.container()
    speaker = st.text_input("Who speaks", "Ann")
    text = st.chat_input("What is said")
    if text and text.strip():
        session.add(speaker, text)
    with history:
        if session.turns:
            outputs = chat_outputs(annotator, session.doc(), "chat")
            frame(outputs)
            downloads(outputs, "chat")
            if st.button("Begin anew"):
                del st.session_state.session
                st.rerun()


def show(annotator: Annotator, content: bytes, name: str, columns: Columns | None) -> None:
    """Return a file's conversations with their emotions, and what can be downloaded of them."""
    try:
        with TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            outputs = annotate_file(annotator, path, columns=columns)
    except ValueError as error:
        st.error(str(error).replace(f"{folder}/", ""))
        return
    st.caption(f"Read as: {outputs.read_as}. Dialogues: {outputs.dialogues:,}.")
    frame(outputs)
    downloads(outputs, Path(name).stem)


def downloads(outputs: Outputs, name: str) -> None:
    """Return buttons that give the result as files."""
    files = {**outputs.tables, "html": outputs.page.encode("utf-8")}
    for column, (ending, content) in zip(st.columns(len(files)), files.items(), strict=True):
        title, mime = KINDS[ending]
        column.download_button(
            f"Download as {title}",
            content,
            f"{name}-annotated.{ending}",
            mime,
            key=f"{name} {ending}",
        )


def frame(outputs: Outputs) -> None:
    """Return annotated dialogues, as a page within the page, which keeps both styles apart."""
    st.iframe(outputs.page, height=HEIGHT, alt="The conversations with their emotions")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else PRETRAINED)
