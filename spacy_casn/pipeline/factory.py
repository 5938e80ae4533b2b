"""Serve as the factory behind `nlp.add_pipe("casn_emotion")`, and its default config."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from spacy.language import Language
from thinc.api import Config, Model

from ..compat import register_fork_hooks
from ..data.dialogue import SPANS_KEY, GetTurns
from ..data.types import Dialogues, TurnOutput
from ..objectives.base import Objective
from .label_prior import Prior

if TYPE_CHECKING:
    from .casn_emotion import CasnEmotion

DEFAULT_MODEL_AND_FUNCTIONS = """
[model]
@architectures = "spacy_casn.CasnModel.v1"
dropout = 0.2

[model.encoder]
@architectures = "spacy_casn.SentenceTransformerEncoder.v1"
name = "all-MiniLM-L6-v2"
batch_tokens = 512
cache_size = 10000

[model.context]
@architectures = "spacy_casn.TransformerContext.v1"
width = 384
depth = 2
heads = 6
window = 32
attention = "past"
dropout = 0.2

[objective]
@misc = "spacy_casn.BalancedCrossEntropy.v1"
power = 0.2

[get_turns]
@misc = "spacy_casn.line_turns.v1"

[scorer]
@scorers = "spacy_casn.emotion_scorer.v1"
"""


@Language.factory(
    "casn_emotion",
    assigns=["doc.spans"],
    default_config={
        "spans_key": SPANS_KEY,
        "neutral_label": "no emotion",
        "abstain_below": 0.0,
        "label_prior": None,
        **Config().from_str(DEFAULT_MODEL_AND_FUNCTIONS),
    },
    default_score_weights={
        "emotion_macro_f": 0.5,
        "emotion_micro_f": 0.5,
        "emotion_mcc": 0.0,
        "emotion_triplet_macro_f": 0.0,
    },
)
def make_casn_emotion(
    nlp: Language,
    name: str,
    model: Model[Dialogues, TurnOutput],
    objective: Objective,
    get_turns: GetTurns,
    spans_key: str,
    neutral_label: str,
    abstain_below: float,
    label_prior: Prior | None,
    scorer: Callable | None,
) -> "CasnEmotion":
    """Serve as the factory behind `nlp.add_pipe("casn_emotion")`; see `CasnEmotion`."""
    # Every spaCy program imports this module, whether or not it has use for the component.
    from .casn_emotion import CasnEmotion

    return CasnEmotion(
        nlp.vocab,
        model,
        name,
        objective=objective,
        get_turns=get_turns,
        spans_key=spans_key,
        neutral_label=neutral_label,
        abstain_below=abstain_below,
        label_prior=label_prior,
        scorer=scorer,
    )


register_fork_hooks()
