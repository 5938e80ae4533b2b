"""`spacy_casn.render`: dialogues with their emotions, for a browser or a notebook."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from spacy.tokens import Doc
from spacy.util import is_in_jupyter

from ..data.dialogue import SPANS_KEY
from .course import draw_course
from .templates import fill
from .views import DialogueView, view_dialogue


def render(
    docs: Doc | Iterable[Doc],
    *,
    spans_key: str = SPANS_KEY,
    page: bool = False,
    jupyter: bool | None = None,
) -> str | None:
    """Return one dialogue or several as HTML: turns as bubbles, above them the emotions' course.

    The scores of a turn show where the mouse or the keyboard stands on it. The HTML needs no
    JavaScript, no network and no other file.

    Args:
        docs: Dialogues, with or without labels and scores.
        spans_key: Name of the span group with their turns.
        page: Whether to give a whole HTML document rather than a part of one.
        jupyter: Whether to display it in a notebook; None: if this is one.

    Returns:
        The HTML; None where a notebook displayed it.

    Raises:
        ValueError: something that is no Doc, or a Doc without turns.
    """
    views = []
    for number, doc in enumerate([docs] if isinstance(docs, Doc) else docs, 1):
        if not isinstance(doc, Doc):
            raise ValueError(
                f"Number {number} of docs is a {type(doc).__name__}, no Doc: give what nlp(...) or "
                f"make_dialogue(...) returns."
            )
        views.append(view_dialogue(doc, title=f"Dialogue {number}", spans_key=spans_key))
    html = render_views(views, page=page)
    if jupyter or (jupyter is None and is_in_jupyter()):
        from IPython.display import HTML, display

        # Without this class, a notebook would typeset what stands between two dollar signs.
        display(HTML(f'<div class="tex2jax_ignore">{html}</div>'))
        return None
    return html


def render_views(views: Sequence[DialogueView], *, page: bool) -> str:
    """Return the HTML of dialogues, a whole document or a part of one."""
    # Several results of `render` may stand in one notebook, and their ids must differ.
    known = sha256(repr(views).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return fill(
        "page.html" if page else "part.html",
        dialogues=[(view, draw_course(view)) for view in views],
        most_labels=max((len(view.labels) for view in views), default=0),
        prefix=f"casn-{known}",
    )
