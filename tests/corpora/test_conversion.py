from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..hostile.strategies import DIALOGUES
from ..hostile.targets import Targets
from ..hostile.text import Said


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DIALOGUES, min_size=1, max_size=4))
def test_any_dialogues_become_docs_with_turns_and_labels_in_order(
    targets: Targets, dialogues: list[list[Said]]
) -> None:
    for ending in ("jsonl", "csv"):
        targets.convert(ending, dialogues)
