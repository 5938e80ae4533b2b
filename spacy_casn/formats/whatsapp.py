"""Exports of WhatsApp chats, from Android and iOS and in any language."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .clock import DATE, TIME, month_first, timestamp
from .faults import Faults
from .sources import Source
from .spoken import silent, spoken, without_marks

_HEADER = re.compile(
    rf"(?P<date>{DATE})[,،]?\s+(?P<time>{TIME})(?:\s[-–]\s|,\s(?=[^,\n]{{1,60}}\s:\s))"
    rf"|\[(?P<date2>{DATE})[,،]?\s+(?P<time2>{TIME})\]\s"
    rf"|\[(?P<time3>{TIME}),\s(?P<date3>{DATE})\]\s"
)
_SENDER = re.compile(r"(?:~\s*)?([^\n\"“”«»„]{1,100}?)\s?[:：](?=\s|$)\s*")
_MARKED = re.compile("[:：]\\s\u200e")
"""A telephone of Apple puts this mark before a text that it wrote itself."""
_THINGS = (
    r"(?:image|imagen|imagem|immagine|bild|afbeelding|foto|photo|video|vídeo|vidéo|audio|áudio|gif"
    r"|sticker|figurinha|document|documento|dokument|media|medien|mídia|multimedia|archivo|arquivo"
    r"|contact card|video note|voice message)"
)
_NO_SPEECH = re.compile(
    # What was left out of the export.
    r"<[^<>\n]{4,50}>|null"
    rf"|(?:[^\n]{{1,80}} • [^\n]{{0,20}})?{_THINGS} (?:omitted|omitid[oa]s?|omess[oae]|ocult[oa]s?"
    r"|omise?s?|absente?s?|weggelassen|ausgeschlossen|weggelaten|utelämnad|udeladt|utelatt|pominięto)"
    # Calls and places.
    r"|(?:missed|silenced) (?:voice|video|group)[^\n]{0,60}|(?:voice|video) call[,.][^\n]{0,40}"
    r"|waiting for this message[^\n]{0,80}|(?:live )?location(?: shared)?: https?:[^\n]*"
    # What was deleted.
    r"|(?:this message was deleted|you deleted this message|this message was deleted by)[^\n]{0,40}"
    r"|diese nachricht wurde(?: von[^\n]{0,30})? gelöscht|du hast diese nachricht gelöscht"
    r"|se eliminó este mensaje|este mensaje fue eliminado|eliminaste este mensaje"
    r"|ce message a été supprimé|vous avez supprimé ce message"
    r"|(?:messaggio|mensaje) eliminado|messaggio eliminato|message supprimé|nachricht gelöscht"
    r"|このメッセージは削除されました。?|삭제된 메시지입니다"
    r"|此消息已(?:被)?删除|此訊息已刪除|تم حذف هذه الرسالة"
    r"|questo messaggio è stato eliminato|hai eliminato questo messaggio|mensagem apagada"
    r"|ess?ta? mensagem foi (?:apagada|eliminada)|você apagou esta mensagem"
    r"|dit bericht (?:is|werd) verwijderd|(?:u|je) hebt dit bericht verwijderd"
    r"|данное сообщение удалено|вы удалили данное сообщение|bu mesaj silindi|bu mesajı sildiniz",
    re.IGNORECASE,
)
_SYSTEM = re.compile(
    r"(?:messages and calls|messages to this|nachrichten und anrufe|los mensajes y las llamadas"
    r"|les messages et les appels|i messaggi e le chiamate|as mensagens e as? (?:chamadas|ligações)"
    r"|berichten en oproepen)\b|\W?your security code",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"[^\n<>]{1,80}\.\w{2,5} \([^()\n]{4,40}\)(?=\n|$)|<[^<>:\n]{4,20}: ?[^<>\n]+\.\w{2,5}>"
)
_EDITED = re.compile(
    r"\s*<[^<>\n]*\b(?:edited|bearbeitet|editó|editado|modifié|modificato|editada|bewerkt)\b"
    r"[^<>\n]*>\s*$",
    re.IGNORECASE,
)


@dataclass
class _Message:
    date: str
    time: str
    sender: str
    lines: list[str]
    marked: bool


class WhatsApp(TextFormat):
    """Reads exports of WhatsApp chats.

    A line without date and time goes on with the message before it. What the telephone wrote
    itself ("Nora added Pete") is left out; a message that was deleted or held a picture is a turn
    in which nothing is said.
    """

    name = "whatsapp"
    title = "WhatsApp export"
    help = "Chats exported without media, from Android and iOS, with any order of day and month."
    fields = ("time", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: messages begin with date, time and name."""
        found = [message for line in head.lines if (message := _message(line)) is not None]
        named = [message for message in found if message.sender]
        many = 20 * len(found) >= len(head.lines) and 2 * len(named) >= len(found) > 0
        if named and many:
            return Match.SURE
        return Match.NEAR if 2 * len(found) >= len(head.lines) > 0 else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        messages: list[_Message] = []
        for line in text.split("\n"):
            message = _message(line)
            if message is not None:
                messages.append(message)
            elif messages:
                messages[-1].lines.append(without_marks(line).strip())
        turns = _turns(messages)
        yield Dialogue.of(turns, place=source.name, name=source.stem)


def _message(line: str) -> _Message | None:
    """Return the message that begins on a line; it has no sender where the telephone wrote it."""
    clean = without_marks(line).strip()
    match = _HEADER.match(clean)
    if match is None:
        return None
    known = match.groupdict()
    date = known["date"] or known["date2"] or known["date3"]
    time = known["time"] or known["time2"] or known["time3"]
    said = clean[match.end() :]
    sender = _SENDER.match(said)
    if sender is None:
        return _Message(date, time, "", [said], marked=False)
    marked = _MARKED.search(line) is not None
    return _Message(date, time, sender[1].strip(), [said[sender.end() :]], marked)


def _turns(messages: list[_Message]) -> Iterator[Turn]:
    by_month = month_first((one.date, one.time) for one in messages)
    marked = Counter(one.sender for one in messages if one.marked)
    unmarked = Counter(one.sender for one in messages if not one.marked)
    trusted = marked.total() < 4 * unmarked.total()
    for one in messages:
        time = timestamp(one.date, one.time, month_first=by_month)
        text = _EDITED.sub("", "\n".join(one.lines)).strip()
        said = _FILE.sub("", text).strip()
        if not one.sender or _SYSTEM.match(text):
            continue
        if not said or _NO_SPEECH.fullmatch(said.rstrip(" .")):
            yield silent(text, one.sender, time=time)
        elif not (one.marked and trusted) or said.endswith(("!", "?")):
            file = _FILE.search(text)
            yield spoken(said, one.sender, time=time, note=file and file[0])
        elif unmarked[one.sender] and not text.startswith((one.sender, "You ")):
            yield silent(text, one.sender, time=time)


WHATSAPP = WhatsApp()
