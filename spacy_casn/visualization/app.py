"""A page to play with: a conversation, annotated as you write it.

streamlit run --browser.gatherUsageStats false spacy_casn/visualization/app.py -- pretrained
"""

import sys

import streamlit as st
from spacy.language import Language
from spacy.tokens import Doc

from spacy_casn import DialogueSession, render
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.pipeline.pretrained import PRETRAINED

EXAMPLE = """\
Maya: I finally got the letter from the university.
Tom: And? Don't keep me waiting!
Maya: I got in! Full scholarship!
Tom: That's wonderful, congratulations!
Maya: Thank you. But Grandma won't be there to see it. I miss her so much.
Tom: I'm so sorry, Maya."""
HEIGHT = 640  # pixels; Streamlit would show a docstring here on the page


def main(model: str) -> None:
    """Lay out the page for a pipeline's directory or package."""
    st.set_page_config(page_title="Emotions in a conversation", page_icon="💬")
    st.title("Emotions in a conversation")
    st.write(
        "Each turn gets the emotion that its words convey, given what was said before. It is a "
        "guess about a text, and no judgement of a person."
    )
    nlp = pipeline(model)
    paste, chat = st.tabs(["Paste a transcript", "Chat, turn by turn"])
    with paste:
        transcript(nlp)
    with chat:
        live(nlp)


@st.cache_resource(show_spinner="Loading the pipeline …")
def pipeline(model: str) -> Language:
    """Return the pipeline, once for all visitors."""
    return load_pipeline(model)[0]


def transcript(nlp: Language) -> None:
    """Return a conversation that is annotated as a whole."""
    text = st.text_area(
        "One turn a line, “Name: ” before each, if you like", EXAMPLE, height=180, key="transcript"
    )
    if text.strip():
        with nlp.memory_zone():
            show(nlp(text))


def live(nlp: Language) -> None:
    """Return a conversation that is annotated turn by turn."""
    if "session" not in st.session_state:
        st.session_state.session = DialogueSession(nlp)
    session: DialogueSession = st.session_state.session
    with st.form("turn", clear_on_submit=True):
        speaker = st.text_input("Who speaks", "Ann")
        text = st.text_input("What is said")
        said = st.form_submit_button("Say it")
    if said and text.strip():
        session.add(speaker, text)
    if session.turns:
        show(session.doc())
        if st.button("Begin anew"):
            del st.session_state.session
            st.rerun()


def show(doc: Doc) -> None:
    """Return an annotated dialogue, as a page within the page, which keeps both styles apart."""
    page = render(doc, page=True, jupyter=False) or ""
    st.iframe(page, height=HEIGHT, alt="The conversation with its emotions")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else PRETRAINED)
