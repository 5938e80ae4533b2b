import json
from pathlib import Path
from typing import Any

from .reading import FIXTURES, dialogues, only, seen, written


def write(folder: Path, value: Any, name: str = "talk.json") -> Path:
    return written(folder, json.dumps(value, indent=1), name)


def test_slack_names_mentions_and_links(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    write(tmp_path, [{"id": "U2", "profile": {"real_name": "Pete Ross"}}], "users.json")
    messages = [
        {
            "type": "message",
            "subtype": "channel_join",
            "user": "U2",
            "ts": "1741978930.1",
            "text": "x",
        },
        {
            "type": "message",
            "user": "U1",
            "user_profile": {"real_name": "Nora Quill"},
            "ts": "1741978931.000100",
            "text": "I got it, <@U2> &amp; <https://x.example|all>! <!here>",
        },
        {
            "type": "message",
            "user": "U2",
            "ts": "1741978932.5",
            "text": "Well done",
            "thread_ts": "1",
        },
        {
            "type": "message",
            "user": "U2",
            "ts": "1741978933",
            "text": "",
            "files": [{"name": "a.png"}],
        },
    ]
    read = seen(write(tmp_path / "jobs", messages, "2025-03-14.json"))
    assert read.format == "slack"
    assert read.said == [
        ("Nora Quill", "I got it, @Pete Ross & all! @here"),
        ("Pete Ross", "Well done"),
        ("Pete Ross", ""),
    ]
    assert read.fields[1] == {"time": "2025-03-14T19:02:12.500000+00:00", "thread": "1"}
    assert read.fields[2]["note"] == "a.png"


TELEGRAM = {
    "name": "Pete",
    "type": "personal_chat",
    "id": 1,
    "messages": [
        {
            "id": 1,
            "type": "service",
            "date": "2025-03-14T19:01:00",
            "actor": "Nora",
            "action": "call",
            "text": "",
        },
        {
            "id": 2,
            "type": "message",
            "date": "2025-03-14T19:02:00",
            "from": "Nora",
            "from_id": "user1",
            "text": ["See ", {"type": "link", "text": "https://x.example"}, "!"],
        },
        {
            "id": 3,
            "type": "message",
            "date": "2025-03-14T19:03:00",
            "from": None,
            "from_id": "user2",
            "photo": "photos/1.jpg",
            "text": "",
        },
    ],
}


def test_telegram_joins_parts_and_keeps_pictures_silent(tmp_path: Path) -> None:
    read = seen(write(tmp_path, TELEGRAM, "result.json"))
    assert read.format == "telegram"
    assert read.said == [("Nora", "See https://x.example!"), ("user2", "")]
    assert read.fields[1] == {"time": "2025-03-14T19:03:00", "note": "photos/1.jpg"}


def test_telegram_exports_all_chats_at_once(tmp_path: Path) -> None:
    other = {**TELEGRAM, "name": "Jobs"}
    path = write(tmp_path, {"about": "x", "chats": {"list": [TELEGRAM, other]}}, "result.json")
    first, second = dialogues(path)
    assert (first.name, second.name) == ("result-1", "result-2")
    assert second.keys == {"chat": "Jobs"}


def test_discord_as_json(tmp_path: Path) -> None:
    author = {"id": "1", "name": "nora", "nickname": "Nora"}
    common = {"timestamp": "2025-03-14T19:02:11+00:00", "author": author}
    value = {
        "guild": {"id": "1", "name": "Jobs"},
        "channel": {"id": "2", "name": "general"},
        "messages": [
            {**common, "id": "1", "type": "GuildMemberJoin", "content": "Joined the server."},
            {
                **common,
                "id": "2",
                "type": "Default",
                "content": "I got it!",
                "reactions": [{"emoji": {"name": "🎉"}, "count": 2}],
            },
            {
                **common,
                "id": "3",
                "type": "Reply",
                "content": "",
                "attachments": [{"fileName": "a.png"}],
            },
        ],
    }
    read = seen(write(tmp_path, value))
    assert read.format == "discord"
    assert read.said == [("Nora", "I got it!"), ("Nora", "")]
    assert only(read.fields, "note") == [None, "a.png"]
    assert only(read.fields, "reactions") == ["🎉 (2)", None]


def test_discord_as_text(tmp_path: Path) -> None:
    rule = "=" * 62
    text = (
        f"{rule}\nGuild: Jobs\nChannel: Text / general\n{rule}\n\n"
        "[14-Mar-25 07:02 PM] nora#0\nI got it!\n\n"
        "[14-Mar-25 07:03 PM] pete#0\nNo way!\nReally?\n\n"
        "{Reactions}\n🎉 (2)\n\n"
        "[14-Mar-25 07:04 PM] nora#0\n\n{Attachments}\nhttps://x.example/a.png\n\n"
        f"{rule}\nExported 3 message(s)\n{rule}\n"
    )
    read = seen(written(tmp_path, text))
    assert read.format == "discord"
    assert read.said == [("nora#0", "I got it!"), ("pete#0", "No way! Really?"), ("nora#0", "")]
    assert read.fields[2]["note"] == "https://x.example/a.png"


def test_discord_as_a_table() -> None:
    read = seen(FIXTURES / "discord.csv")
    assert [text for _, text in read.said] == [
        "I finally got the job!",
        "No way!\nCongratulations!",
        "",
    ]
    assert only(read.fields, "Attachments")[2] == "https://cdn.example/x.png"
