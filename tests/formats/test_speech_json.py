import json
from pathlib import Path

import pytest

from .reading import FIXTURES, dialogues, only, seen, written


def test_whisperx_segments() -> None:
    read = seen(FIXTURES / "whisperx.json")
    assert read.format == "whisper"
    assert read.said == [
        ("SPEAKER_00", "I finally got the job!"),
        ("SPEAKER_01", "No way! Congratulations!"),
        ("", ""),
        ("", "My landlord is disgusting."),
    ]
    assert only(read.fields, "start") == [0.1, 2.1, 4.1, 4.4]
    (dialogue,) = dialogues(FIXTURES / "whisperx.json")
    assert dialogue.keys == {"language": "en"}


def test_whisper_cpp(tmp_path: Path) -> None:
    part = {
        "timestamps": {"from": "00:00:00,000"},
        "offsets": {"from": 0, "to": 1500},
        "text": " Hi!",
    }
    value = {"result": {"language": "en"}, "transcription": [part]}
    read = seen(written(tmp_path, json.dumps(value), "talk.json"))
    assert (read.format, read.said) == ("whisper", [("", "Hi!")])
    assert read.fields == [{"start": 0.0, "end": 1.5}]


UTTERANCE = {
    "speaker": "A",
    "start": 1500,
    "end": 2500,
    "confidence": 0.9,
    "text": "Hi!",
    "words": [],
}
DEEPGRAM = {"speaker": 0, "start": 1.5, "end": 2.5, "confidence": 0.9, "transcript": "Hi!"}
AMAZON = {"speaker_label": "spk_0", "start_time": "1.5", "end_time": "2.5", "transcript": "Hi!"}


@pytest.mark.parametrize(
    ("value", "speaker"),
    [
        ({"audio_url": "x", "text": "Hi!", "utterances": [UTTERANCE]}, "A"),
        ({"results": {"channels": [{"alternatives": []}], "utterances": [DEEPGRAM]}}, "0"),
        (
            {"results": {"transcripts": [{"transcript": "Hi!"}], "audio_segments": [AMAZON]}},
            "spk_0",
        ),
    ],
)
def test_services(value: object, speaker: str, tmp_path: Path) -> None:
    read = seen(written(tmp_path, json.dumps(value), "talk.json"))
    assert (read.format, read.said) == ("assemblyai", [(speaker, "Hi!")])
    assert (read.fields[0]["start"], read.fields[0]["end"]) == (1.5, 2.5)


def test_without_speakers_all_is_one_turn(tmp_path: Path) -> None:
    value = {"audio_url": "x", "text": "Hi! Ho!", "utterances": None}
    assert seen(written(tmp_path, json.dumps(value), "talk.json")).said == [("", "Hi! Ho!")]
