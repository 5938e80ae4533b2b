from pathlib import Path

import pytest

from spacy_casn.formats.registry import recognised
from spacy_casn.formats.sources import Source

from .reading import dialogues, written

MELD = """Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season
1,"Oh, he's lost it.",Phoebe,sadness,negative,0,1,4
2,What?,Monica,surprise,negative,0,0,4
3,Hi!,Joey,joy,positive,1,0,4
"""
EMORY = """Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode
Hi!,Ross,Joyful,1,0,1,1
Ho!,Joey,Mad,1,1,1,1
Ha!,Joey,Mad,1,0,1,2
"""


def test_meld_needs_no_columns_named(tmp_path: Path) -> None:
    path = written(tmp_path, MELD, "train_sent_emo.csv")
    first, second = dialogues(path)
    assert recognised(Source(path)).name == "meld"
    assert first.turns == ["What?", "Oh, he's lost it."]
    assert first.speakers == ["Monica", "Phoebe"]
    assert first.emotions == ["surprise", "sadness"]
    assert second.name == "1"
    assert first.fields[0]["Season"] == "4"


@pytest.mark.parametrize("text", [EMORY, EMORY.replace("Season", "S")])
def test_a_scene_of_emorynlp_is_told_by_all_its_numbers(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, text, "emorynlp_train_final.csv")
    first, second = dialogues(path)
    assert recognised(Source(path)).name == "emorynlp"
    assert (first.turns, second.turns) == (["Hi!", "Ho!"], ["Ha!"])
    assert second.name == ("1/2/1" if "Season" in text else "2/1")
