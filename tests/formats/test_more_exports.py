"""Chats and transcripts that services and telephones export."""

import json
from pathlib import Path
from typing import Any

import pytest

from .reading import only, seen, written

SAID = [("Nora Quill", "I got the job!"), ("Pete Ross", "No way 🎉")]


def mangled(text: str) -> str:
    """As Messenger's export writes letters: the bytes of UTF-8, each as one letter."""
    return text.encode().decode("latin-1")


def test_messenger_is_turned_round_and_its_letters_made_whole(tmp_path: Path) -> None:
    pete, nora = "Pete Ross", "Nora Quill"
    messages: list[dict[str, Any]] = [
        {"sender_name": nora, "timestamp_ms": 1741978990000, "is_unsent": True},
        {"sender_name": nora, "timestamp_ms": 1741978980000, "photos": [{"uri": "a.jpg"}]},
        {
            "sender_name": pete,
            "timestamp_ms": 1741978970000,
            "content": mangled("No way 🎉"),
            "reactions": [{"reaction": mangled("❤"), "actor": nora}],
        },
        {"sender_name": nora, "timestamp_ms": 1741978931000, "content": "I got the job!"},
    ]
    value = {"participants": [{"name": nora}, {"name": pete}], "messages": messages, "title": pete}
    read = seen(written(tmp_path, json.dumps(value), "message_1.json"))
    assert (read.format, read.said) == ("messenger", [*SAID, (nora, ""), (nora, "")])
    assert read.fields[1] == {"time": "2025-03-14T19:02:50+00:00", "reactions": "❤"}
    assert only(read.fields, "note") == [None, None, "photos", "message unsent"]


def test_messenger_with_end_to_end_encryption(tmp_path: Path) -> None:
    common = {"isUnsent": False, "media": [], "reactions": [], "type": "text"}
    messages = [
        {**common, "senderName": name, "text": text, "timestamp": 1741978931000 + number}
        for number, (name, text) in enumerate(SAID)
    ]
    value = {"participants": ["Nora Quill", "Pete Ross"], "threadName": "x", "messages": messages}
    read = seen(written(tmp_path, json.dumps(value), "chat.json"))
    assert (read.format, read.said) == ("messenger", SAID)


MESSAGE = """
     <div class="message default clearfix{joined}" id="message{number}">
      <div class="pull_left userpic_wrap"><div class="userpic userpic3" style="width: 42px">
        <div class="initials" style="line-height: 42px">NQ</div></div></div>
      <div class="body">
       <div class="pull_right date details" title="14.03.2025 19:0{number}:11 UTC+01:00">
19:0{number}
       </div>
{inside}
      </div>
     </div>
"""


def test_telegram_as_a_web_page(tmp_path: Path) -> None:
    name = '<div class="from_name">\n{}\n       </div>\n'
    text = '<div class="text">\n{}\n       </div>\n'
    photo = (
        '<div class="media_wrap clearfix"><div class="media clearfix pull_left media_photo">'
        '<div class="fill pull_left"></div><div class="body"><div class="title bold">Photo</div>'
        '<div class="status details">1.2 KB</div></div></div></div>'
    )
    passed_on = (
        '<div class="pull_left forwarded userpic_wrap"></div><div class="forwarded body">'
        '<div class="from_name">News <span class="date details" title="01.01.2025 10:00:00">'
        f"01.01.2025 10:00:00</span></div>{text.format('Rain.')}</div>"
    )
    bodies = [
        ("", name.format("Nora Quill") + text.format("I got<br>the <strong>job</strong>!")),
        (" joined", photo),
        (
            "",
            name.format("Pete Ross")
            + '<div class="reply_to details">In reply to <a href="#m">this message</a></div>'
            + text.format("No way &#127881;")
            + '<span class="reactions"><span class="reaction">🎉</span></span>',
        ),
        (" joined", passed_on),
    ]
    page = (
        '<!DOCTYPE html>\n<html>\n <head>\n  <meta charset="utf-8"/>\n  <link href="css/style.css" '
        'rel="stylesheet"/>\n </head>\n <body onload="CheckLocation();">\n  <div class="page_wrap">'
        '<div class="page_body chat_page"><div class="history">'
        '<div class="message service" id="message-1"><div class="body details">'
        "14 March 2025</div></div>"
        + "".join(
            MESSAGE.format(joined=joined, number=number, inside=inside)
            for number, (joined, inside) in enumerate(bodies)
        )
        + "</div></div></div></body></html>"
    )
    read = seen(written(tmp_path, page, "messages.html"))
    said = [SAID[0], ("Nora Quill", ""), SAID[1], ("Pete Ross", "Rain.")]
    assert (read.format, read.said) == ("telegramhtml", said)
    assert only(read.fields, "note") == [None, "Photo", None, None]
    assert read.fields[3]["time"] == "2025-03-14T19:03:11"


LINE_EN = (
    "[LINE] Chat history with Pete Ross\nSaved on: 3/14/2025, 19:30\n\nFri, 3/14/2025\n"
    "7:02 PM\tNora Quill\tI got the job!\n7:03 PM\tPete Ross\tNo way 🎉\n"
    '7:04 PM\tPete Ross\t"Really?\nGreat."\n7:05 PM\tNora Quill\t[Sticker]\n'
    "7:06 PM\tNora Quill\t☎ Call time 1:02\n7:07 PM\t\tPete Ross unsent a message.\n"
)
LINE_JA = (
    "[LINE] Pete Rossとのトーク履歴\n保存日時：2025/03/14 19:30\n\n2025/03/14(金)\n"
    "19:02\tNora Quill\tI got the job!\n19:03\tPete Ross\tNo way 🎉\n"
    '19:04\tPete Ross\t"Really?\nGreat."\n19:05\tNora Quill\t[スタンプ]\n'
    "19:06\tNora Quill\t☎ 通話時間 1:02\n19:07\tPete Rossがメッセージの送信を取り消しました\n"
)


@pytest.mark.parametrize("text", [LINE_EN, LINE_JA], ids=["English", "Japanese"])
def test_line(text: str, tmp_path: Path) -> None:
    read = seen(written(tmp_path, text))
    more = [("Pete Ross", "Really? Great."), ("Nora Quill", ""), ("Nora Quill", "")]
    assert (read.format, read.said) == ("line", [*SAID, *more])
    assert read.fields[0] == {"time": "2025-03-14T19:02:00"}


def test_youtube_captions(tmp_path: Path) -> None:
    text = "0:00:03.000,0:00:06.000\nNORA: I got the job!\n\n0:00:12.000,0:00:14.500\nNo way!\n"
    read = seen(written(tmp_path, text))
    assert (read.format, read.said) == ("sbv", [("NORA", "I got the job!"), ("", "No way!")])
    assert read.fields[1] == {"start": 12.0, "end": 14.5}


def test_subtitles_without_numbers(tmp_path: Path) -> None:
    text = (
        "00:00:03,000 --> 00:00:06,000\nNORA: I got 1,200 of them!\n\n"
        "00:00:12,000 --> 00:00:14,500\n- No way!\n- Yes.\n"
    )
    read = seen(written(tmp_path, text))
    said = [("NORA", "I got 1,200 of them!"), ("", "No way!"), ("", "Yes.")]
    assert (read.format, read.said) == ("srt", said)
    assert read.fields[0] == {"start": 3.0, "end": 6.0}


def test_examinations(tmp_path: Path) -> None:
    text = (
        "                          17\n 1                 NORA QUILL,\n 2   having been sworn:\n"
        " 3   BY MR. ROSS:\n 4       Q.   Did you get\n 5   the job?\n 6       A.   Yes, I did.\n"
        " 7            MR. VALE:  Objection.\n 8       Q.   When?\n 9       A.   Yesterday.\n"
    )
    read = seen(written(tmp_path, text))
    said = [
        ("Q", "Did you get the job?"),
        ("A", "Yes, I did."),
        ("MR. VALE", "Objection."),
        ("Q", "When?"),
        ("A", "Yesterday."),
    ]
    assert (read.format, read.said) == ("deposition", said)


def test_lists_of_answers_are_no_examination(tmp_path: Path) -> None:
    text = "A. Apples are red.\nB. Pears are green.\nC. Plums are blue.\nD. None of them.\n"
    with pytest.raises(ValueError, match="no format that is known for certain"):
        seen(written(tmp_path, text))


def google_word(word: str, start: float, **more: Any) -> dict[str, Any]:
    return {"startTime": f"{start:.3f}s", "endTime": f"{start + 0.4:.3f}s", "word": word, **more}


def test_google_tells_speakers_in_its_last_result(tmp_path: Path) -> None:
    tagged = [google_word("Hi", 0.1, speakerTag=1), google_word("Ho.", 1.0, speakerTag=2)]
    plain = [google_word("Hi", 0.1), google_word("Ho.", 1.0)]
    results = [
        {"alternatives": [{"transcript": "Hi Ho.", "confidence": 0.9, "words": plain}]},
        {"alternatives": [{"words": tagged}]},
    ]
    read = seen(written(tmp_path, json.dumps({"results": results}), "talk.json"))
    assert (read.format, read.said) == ("google", [("1", "Hi"), ("2", "Ho.")])
    assert read.fields[1] == {"start": 1.0, "end": 1.4}


def test_google_without_speakers_has_a_turn_a_result(tmp_path: Path) -> None:
    results = [{"alternatives": [{"transcript": text, "confidence": 0.9}]} for text in ("Hi", "Ho")]
    read = seen(written(tmp_path, json.dumps({"results": results}), "talk.json"))
    assert read.said == [("", "Hi"), ("", "Ho")]


def test_azure_in_a_batch_and_fast(tmp_path: Path) -> None:
    phrases = [
        {
            "recognitionStatus": "Success",
            "channel": 0,
            "speaker": speaker,
            "offset": offset,
            "duration": "PT1.5S",
            "nBest": [{"confidence": 0.9, "lexical": text.lower(), "display": text}],
        }
        for speaker, offset, text in [(2, "PT1M2S", "Ho."), (1, "PT0.5S", "Hi!")]
    ]
    batch = {"source": "x", "combinedRecognizedPhrases": [], "recognizedPhrases": phrases}
    read = seen(written(tmp_path, json.dumps(batch), "talk.json"))
    assert (read.format, read.said) == ("azure", [("1", "Hi!"), ("2", "Ho.")])
    assert read.fields[1] == {"start": 62.0, "end": 63.5, "confidence": 0.9}
    phrase = {"speaker": 1, "offsetMilliseconds": 500, "durationMilliseconds": 1500, "text": "Hi!"}
    fast = {"durationMilliseconds": 2000, "combinedPhrases": [{"text": "Hi!"}], "phrases": [phrase]}
    read = seen(written(tmp_path, json.dumps(fast), "talk.json"))
    assert (read.said, read.fields) == ([("1", "Hi!")], [{"start": 0.5, "end": 2.0}])


@pytest.mark.parametrize(("start", "end"), [(0.5, 1.2), ("00:00:00,500", "00:00:01,200")])
def test_rev(start: Any, end: Any, tmp_path: Path) -> None:
    times = ("ts", "end_ts") if isinstance(start, float) else ("timestamp", "end_timestamp")
    elements = [
        {"type": "text", "value": "Hi", **dict(zip(times, (start, end), strict=True))},
        {"type": "punct", "value": "!"},
    ]
    value = {
        "speakers": [{"id": 0, "name": "Nora Quill"}],
        "monologues": [{"speaker": 0, "elements": elements}, {"speaker": 1, "elements": elements}],
    }
    read = seen(written(tmp_path, json.dumps(value), "talk.json"))
    assert (read.format, read.said) == ("rev", [("Nora Quill", "Hi!"), ("1", "Hi!")])
    assert read.fields[0] == {"start": 0.5, "end": 1.2}
