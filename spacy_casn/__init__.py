"""Emotion recognition in conversation, as a spaCy component.

`load` gives a trained pipeline, `nlp.add_pipe("casn_emotion")` adds the component to another,
`make_dialogue` makes their Docs, `DialogueSession` follows a live chat, `render` shows dialogues,
and `summarize` what many of them have in common.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .data.dialogue import line_turns, make_dialogue

if TYPE_CHECKING:
    from .annotation.dataframe import annotate_dataframe, to_dataframe
    from .pipeline.pretrained import load
    from .pipeline.session import DialogueSession
    from .summary.summary import summarize
    from .visualization.render import render

__all__ = [
    "DialogueSession",
    "__version__",
    "annotate_dataframe",
    "line_turns",
    "load",
    "make_dialogue",
    "render",
    "summarize",
    "to_dataframe",
]
__version__ = version("spacy-casn")
_LATER = {
    "annotate_dataframe": ".annotation.dataframe",
    "DialogueSession": ".pipeline.session",
    "load": ".pipeline.pretrained",
    "render": ".visualization.render",
    "summarize": ".summary.summary",
    "to_dataframe": ".annotation.dataframe",
}
"""Where to find what is imported when it is first asked for: every spaCy program imports this."""


def __getattr__(name: str) -> Any:
    """Import what most programs don't need when it is first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(_LATER[name], __name__), name)
