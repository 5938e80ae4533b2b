import json
from pathlib import Path

import pytest

from .reading import FIXTURES, dialogues, seen, written

MESSAGES = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": [{"type": "text", "text": "Hi!"}, {"type": "image_url"}]},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
    {"role": "tool", "content": "42"},
    {"role": "assistant", "content": "Hello."},
]
SAID = [("user", "Hi!"), ("assistant", ""), ("tool", ""), ("assistant", "Hello.")]


def test_openai_lines() -> None:
    read = seen(FIXTURES / "openai.jsonl")
    assert read.format == "openai"
    assert read.said == [
        ("user", "My phone broke again! I am furious!"),
        ("assistant", "I am so sorry to hear that."),
    ]
    (dialogue,) = dialogues(FIXTURES / "openai.jsonl")
    assert dialogue.keys == {"instructions": "You are a support agent."}


@pytest.mark.parametrize("value", [{"messages": MESSAGES}, MESSAGES, [{"messages": MESSAGES}]])
def test_openai_in_one_piece(value: object, tmp_path: Path) -> None:
    read = seen(written(tmp_path, json.dumps(value, indent=2), "talk.json"))
    assert (read.format, read.said) == ("openai", SAID)


def test_names_of_several_chats(tmp_path: Path) -> None:
    lines = [{"id": "a", "messages": MESSAGES}, {"messages": MESSAGES}]
    path = written(tmp_path, "\n".join(map(json.dumps, lines)), "talks.jsonl")
    assert [dialogue.name for dialogue in dialogues(path)] == ["a", "talks-2"]


def test_sharegpt(tmp_path: Path) -> None:
    turns = [{"from": "human", "value": "Hi!"}, {"from": "gpt", "value": "Hello."}]
    path = written(tmp_path, json.dumps([{"id": "a", "conversations": turns}]), "talk.json")
    read = seen(path)
    assert read.format == "sharegpt"
    assert read.said == [("human", "Hi!"), ("gpt", "Hello.")]


def test_chatgpt_goes_along_the_branch_that_stood_last(tmp_path: Path) -> None:
    def node(parent: str | None, role: str | None, *parts: str) -> dict[str, object]:
        content = {"content_type": "text", "parts": list(parts)}
        message = None if role is None else {"author": {"role": role}, "content": content}
        return {"message": message, "parent": parent}

    mapping = {
        "root": node(None, None),
        "0": node("root", "system", ""),
        "1": node("0", "user", "Hi!"),
        "2": node("1", "assistant", "Go away."),
        "3": node("1", "assistant", "Hello."),
        "4": node("1", "assistant", "Unused."),
    }
    chat = {"title": "A talk", "create_time": 0, "mapping": mapping, "current_node": "3", "id": "c"}
    (dialogue,) = dialogues(written(tmp_path, json.dumps([chat]), "conversations.json"))
    assert dialogue.turns == ["Hi!", "Hello."]
    assert dialogue.speakers == ["user", "assistant"]
    assert dialogue.keys == {"title": "A talk", "time": "1970-01-01T00:00:00+00:00"}


def test_claude(tmp_path: Path) -> None:
    messages = [{"sender": "human", "text": "Hi!"}, {"sender": "assistant", "text": "Hello."}]
    value = [{"uuid": "u", "name": "A talk", "created_at": "2025", "chat_messages": messages}]
    read = seen(written(tmp_path, json.dumps(value), "conversations.json"))
    assert read.said == [("human", "Hi!"), ("assistant", "Hello.")]
