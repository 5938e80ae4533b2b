"""Files that are no talk, each kind as programs write it, made at random."""

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

WORDS = [
    "the",
    "a",
    "server",
    "client",
    "user",
    "file",
    "value",
    "list",
    "with",
    "from",
    "into",
    "over",
    "started",
    "stopped",
    "failed",
    "opened",
    "closed",
    "connection",
    "request",
    "response",
    "memory",
    "disk",
    "cache",
    "index",
    "worker",
    "queue",
    "job",
    "table",
    "page",
    "image",
    "while",
    "after",
    "before",
    "retry",
    "timeout",
    "invalid",
    "missing",
    "found",
    "not",
    "is",
    "was",
    "has",
    "been",
    "will",
    "can",
]
NAMES = [
    "alpha",
    "beta",
    "config",
    "main",
    "parser",
    "reader",
    "store",
    "network",
    "audio",
    "session",
    "index",
    "utils",
]
HOSTS = ["web1", "db-02", "mail.example.org", "gateway", "localhost"]
PEOPLE = ["Nora Quill", "Pete Ross", "Ann Lee", "Ben Okafor", "Mia Sørensen"]


def prose(random: Random, least: int = 3, most: int = 9) -> str:
    return " ".join(random.choices(WORDS, k=random.randint(least, most)))


def moments(random: Random, count: int) -> list[datetime]:
    now = datetime(2025, random.randint(1, 12), random.randint(1, 28), random.randint(0, 23))
    return [now + timedelta(seconds=37 * number) for number in range(count)]


def log(random: Random, line: Callable[[datetime], str]) -> str:
    return "\n".join(map(line, moments(random, random.randint(3, 40)))) + "\n"


def level(random: Random) -> str:
    return random.choice(["INFO", "WARNING", "ERROR", "DEBUG"])


def syslog(random: Random) -> str:
    daemon = random.choice(["sshd[812]", "kernel", "CRON[99]", "systemd[1]"])
    return log(random, lambda at: f"{at:%b %d %H:%M:%S} web1 {daemon}: {prose(random)}")


def access_log(random: Random) -> str:
    return log(
        random,
        lambda at: (
            f'10.0.0.{random.randint(1, 254)} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET '
            f'/{random.choice(NAMES)} HTTP/1.1" 200 {random.randint(100, 9999)}'
        ),
    )


def error_log(random: Random) -> str:
    return log(random, lambda at: f"{at:%Y/%m/%d %H:%M:%S} [error] 12#12: *3 {prose(random)}")


def python_log(random: Random) -> str:
    return log(random, lambda at: f"{level(random)}:{random.choice(NAMES)}:{prose(random)}")


def named_log(random: Random) -> str:
    return log(random, lambda at: f"{at:%Y-%m-%d %H:%M:%S} {level(random)}: {prose(random)}")


def dashed_log(random: Random) -> str:
    name = random.choice(NAMES)
    return log(
        random,
        lambda at: f"{at:%Y-%m-%d %H:%M:%S},123 - {name} - {level(random)} - {prose(random)}",
    )


def bracketed_log(random: Random) -> str:
    return log(random, lambda at: f"[{at:%H:%M:%S}] [{level(random)}] {prose(random)}")


def short_log(random: Random) -> str:
    return log(random, lambda at: f"[{at:%H:%M:%S}] {level(random)}: {prose(random)}")


def module_log(random: Random) -> str:
    return log(
        random,
        lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ} {random.choice(NAMES)}.py:9: {prose(random)}",
    )


def boot_log(random: Random) -> str:
    return log(random, lambda at: f"[{random.uniform(0, 90):12.6f}] usb 1-1: {prose(random)}")


def android_log(random: Random) -> str:
    return log(random, lambda at: f"{at:%m-%d %H:%M:%S.123}  1234  5678 I Vold: {prose(random)}")


def proxy_log(random: Random) -> str:
    return log(random, lambda at: f"{at:%H:%M} {random.choice(HOSTS)} {prose(random)}")


def numbers(separator: str, header: bool) -> Callable[[Random], str]:
    def made(random: Random) -> str:
        width = random.randint(1, 8)
        rows = [
            separator.join(f"{random.gauss(0, 50):.{random.randint(0, 4)}f}" for _ in range(width))
            for _ in range(random.randint(1, 40))
        ]
        names = [separator.join(f"{random.choice(NAMES)}_{column}" for column in range(width))]
        return "\n".join([*(names if header else []), *rows]) + "\n"

    return made


def settings(form: str) -> Callable[[Random], str]:
    def made(random: Random) -> str:
        lines = [
            form.format(
                key=f"{random.choice(NAMES)}{random.choice(['', '_size', '.path', 'Level'])}",
                value=random.choice([str(random.randint(0, 999)), "true", "/var/lib/x", "on"]),
            )
            for _ in range(random.randint(1, 30))
        ]
        return "\n".join(lines) + "\n"

    return made


def sections(random: Random) -> str:
    return "\n\n".join(
        f"[{random.choice(NAMES)}]\n{random.choice(NAMES)}\n{random.choice(NAMES)}"
        for _ in range(4)
    )


def mail(random: Random) -> str:
    body = "\n\n".join(f"{prose(random, 8, 14).capitalize()}." for _ in range(random.randint(1, 9)))
    more = random.choice(["", "Cc: list@example.org\n", "Message-ID: <1@example.org>\n"])
    return (
        f"From: {random.choice(PEOPLE)} <nora@example.org>\nTo: pete@example.org\n{more}"
        f"Subject: {prose(random)}\nDate: Fri, 14 Mar 2025 19:02:11 +0100\n\nHi Pete,\n\n{body}\n\n"
        "Best,\nNora\n"
    )


def card(random: Random) -> str:
    return (
        f"BEGIN:VCARD\nVERSION:3.0\nFN:{random.choice(PEOPLE)}\nTEL:+1 555 {random.randint(0, 9)}\n"
        "END:VCARD\n"
    )


def calendar(random: Random) -> str:
    event = f"BEGIN:VEVENT\nSUMMARY:{prose(random)}\nDTSTART:20250314T190200Z\nEND:VEVENT\n"
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{event * random.randint(1, 5)}END:VCALENDAR\n"


def bibliography(random: Random) -> str:
    return (
        f"@article{{x{random.randint(1, 99)},\n  title = {{{prose(random)}}},\n  year = 2024\n}}\n"
    )


def package(random: Random) -> str:
    return (
        f"Package: {random.choice(NAMES)}\nVersion: 1.2-1\nPriority: optional\n"
        f"Maintainer: {random.choice(PEOPLE)}\nDescription: {prose(random)}\n {prose(random)}\n\n"
    ) * random.randint(1, 4)


def listing(random: Random) -> str:
    lines = [
        f"-rw-r--r-- 1 root root {random.randint(1, 9999)} Mar 14 19:02 {random.choice(NAMES)}.txt"
        for _ in range(random.randint(2, 30))
    ]
    return "\n".join(["total 48", *lines]) + "\n"


def paths(random: Random) -> str:
    return "".join(
        f"{random.choice(['.', '/lib', 'src'])}/{random.choice(NAMES)}/{random.choice(NAMES)}.c\n"
        for _ in range(random.randint(1, 40))
    )


def file_names(random: Random) -> str:
    return "".join(f"{random.choice(NAMES)}_{n}.jpg\n" for n in range(random.randint(1, 40)))


def processes(random: Random) -> str:
    lines = [
        f"{random.randint(1, 999):7} pts/0    00:00:0{n} {random.choice(NAMES)}" for n in range(9)
    ]
    return "\n".join(["    PID TTY          TIME CMD", *lines]) + "\n"


def disks(random: Random) -> str:
    lines = [f"/dev/sda{n}  {random.randint(1, 9999)}  500 {n}% /mnt/{n}" for n in range(1, 7)]
    return "\n".join(["Filesystem 1K-blocks Used Use% Mounted on", *lines]) + "\n"


def tree(random: Random) -> str:
    return "src\n" + "".join(f"├── {random.choice(NAMES)}.py\n" for _ in range(9))


def pings(random: Random) -> str:
    return "PING localhost (127.0.0.1) 56(84) bytes of data.\n" + "".join(
        f"64 bytes from 127.0.0.1: icmp_seq={n} ttl=64 time=0.04 ms\n" for n in range(9)
    )


def accounts(random: Random) -> str:
    return "".join(f"{name}:x:{n}:{n}::/home/{name}:/bin/sh\n" for n, name in enumerate(NAMES))


def groups(random: Random) -> str:
    return "".join(f"{name}:x:{n}:\n" for n, name in enumerate(NAMES))


def hosts(random: Random) -> str:
    return "".join(f"10.0.0.{n}\t{name}\n" for n, name in enumerate(HOSTS))


def schedule(random: Random) -> str:
    return "".join(f"{random.randint(0, 59)} 3 * * * /usr/bin/{name}\n" for name in NAMES[:5])


def source(lines: str) -> Callable[[Random], str]:
    def made(random: Random) -> str:
        name = random.choice(NAMES)
        return lines.replace("NAME", name).replace("TEXT", prose(random)) * random.randint(1, 4)

    return made


def difference(random: Random) -> str:
    return (
        f"diff --git a/x b/x\nindex 12ab..34cd 100644\n--- a/x\n+++ b/x\n"
        f"@@ -1,3 +1,3 @@\n {prose(random)}\n-{prose(random)}\n+{prose(random)}\n {prose(random)}\n"
    )


def history(random: Random) -> str:
    return "".join(f"{random.getrandbits(28):07x} {prose(random)}\n" for _ in range(12))


def commits(random: Random) -> str:
    return "".join(
        f"commit {random.getrandbits(160):040x}\nAuthor: {random.choice(PEOPLE)} <x@example.org>\n"
        f"Date:   Fri Mar 14 19:02:11 2025 +0100\n\n    {prose(random)}\n\n"
        for _ in range(random.randint(1, 6))
    )


def traceback(random: Random) -> str:
    return (
        f'Traceback (most recent call last):\n  File "{random.choice(NAMES)}.py", line 3, in go\n'
        f"    main()\nValueError: {prose(random)}\n"
    )


def warnings(random: Random) -> str:
    return "".join(
        f"{random.choice(NAMES)}.c:{n}:{n}: warning: {prose(random)}\n" for n in range(2, 12)
    )


def tests(random: Random) -> str:
    return "".join(
        f"{random.choice(['ok', 'not ok'])} {n} - {prose(random)}\n" for n in range(1, 14)
    )


def base64(random: Random) -> str:
    text = b64encode(random.randbytes(400)).decode()
    return "\n".join(text[start : start + 64] for start in range(0, len(text), 64)) + "\n"


def certificate(random: Random) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{base64(random)}-----END CERTIFICATE-----\n"


def hexadecimal(random: Random) -> str:
    return "".join(f"{16 * n:08x}  {random.randbytes(16).hex(' ')}\n" for n in range(20))


def sums(random: Random) -> str:
    return "".join(f"{random.randbytes(16).hex()}  {name}.txt\n" for name in NAMES)


def sequences(random: Random) -> str:
    return "".join(f">seq{n}\n{''.join(random.choices('ACGT', k=60))}\n" for n in range(5))


def playlist(random: Random) -> str:
    return "#EXTM3U\n" + "".join(f"#EXTINF:{n},{prose(random)}\nsongs/{n}.mp3\n" for n in range(6))


def translations(random: Random) -> str:
    return f'msgid ""\nmsgstr ""\n\n#: x.c:12\nmsgid "{prose(random)}"\nmsgstr "{prose(random)}"\n'


def requirements(random: Random) -> str:
    return "".join(f"{name}=={random.randint(0, 9)}.{random.randint(0, 9)}\n" for name in NAMES)


def word_list(random: Random) -> str:
    return "".join(f"{word}\n" for word in random.sample(WORDS, 20))


def options(random: Random) -> str:
    return "usage: x [-h] [--out OUT]\n\noptions:\n" + "".join(
        f"  --{name} {name.upper()}  {prose(random)}\n" for name in NAMES
    )


def readme(random: Random) -> str:
    title = random.choice(NAMES)
    body = "\n".join(prose(random, 10, 12) for _ in range(4))
    return random.choice(
        [
            f"# {title}\n\n{body}\n\n## Install\n\n    pip install {title}\n",
            f"{title}\n{'=' * len(title)}\n\n{body}\n",
            f"{title} 1.2\n\n{body}\n\nCopyright (c) 2024 {random.choice(PEOPLE)}\n",
        ]
    )


def changes(random: Random) -> str:
    return "".join(f"## 1.{n}\n\n- {prose(random)}\n- {prose(random)} (#{n})\n\n" for n in range(5))


def measurements(random: Random) -> str:
    return "".join(f"{name} {random.random():.3f} {random.random():.3f} ms\n" for name in NAMES)


def memory(random: Random) -> str:
    return "".join(
        f"{name}:{random.randint(0, 9999999):>16} kB\n"
        for name in ("MemTotal", "MemFree", "Cached")
    )


KINDS: dict[str, Callable[[Random], str]] = {
    made.__name__: made
    for made in (
        *(syslog, access_log, error_log, python_log, named_log, dashed_log, bracketed_log),
        *(short_log, module_log, boot_log, android_log, proxy_log, sections, mail, card, calendar),
        *(bibliography, package, listing, paths, file_names, processes, disks, tree, pings),
        *(accounts, groups, hosts, schedule, difference, history, commits, traceback, warnings),
        *(tests, base64, certificate, hexadecimal, sums, sequences, playlist, translations),
        *(requirements, word_list, options, readme, changes, measurements, memory),
    )
} | {
    "commas": numbers(",", header=True),
    "semicolons": numbers(";", header=False),
    "tabs": numbers("\t", header=True),
    "spaces": numbers(" ", header=False),
    "equals": settings("{key} = {value}"),
    "tight": settings("{key}={value}"),
    "yaml": settings("{key}: {value}"),
    "spaced": settings("{key} {value}"),
    "exports": settings("export {key}={value}"),
    "python": source('import NAME\n\n\ndef NAME(x):\n    """TEXT."""\n    return x\n'),
    "flat_python": source('from NAME import x\nx = 3\nprint("TEXT")\n'),
    "c": source('#include <NAME.h>\nint NAME(void) {\n  printf("TEXT");\n  return 0;\n}\n'),
    "javascript": source(
        'const NAME = require("NAME");\nNAME.on("x", () => {\n  y("TEXT");\n});\n'
    ),
    "shell": source("#!/bin/sh\nset -e\nNAME --out x | sort > y\necho TEXT\n"),
    "sql": source("SELECT NAME FROM x\nWHERE NAME > 3\nORDER BY NAME;\n"),
    "latex": source(
        "\\section{NAME}\n\\label{x}\nTEXT\n\\begin{itemize}\n\\item TEXT\n\\end{itemize}\n"
    ),
    "html": source("<html><body><p>TEXT</p>\n<p>TEXT</p></body></html>\n"),
    "xml": source('<?xml version="1.0"?>\n<NAME>\n  <x y="3">TEXT</x>\n</NAME>\n'),
    "json": source('{"NAME": {"x": 3, "y": "TEXT"}}\n'),
    "docker": source("FROM NAME:3.11\nRUN apt-get install NAME\nCOPY . /app\nCMD NAME\n"),
    "make": source("NAME: x.o y.o\n\tcc -o NAME x.o y.o\n\nclean:\n\trm -f NAME\n"),
    "toml": source('[NAME]\nname = "TEXT"\nlist = [1, 2]\n'),
    "svg": source('<svg xmlns="x"><path d="M 0 0 L 3 3"/>\n<text>TEXT</text></svg>\n'),
    "unit": source("[Unit]\nDescription=TEXT\n\n[Timer]\nOnCalendar=*-*-* 6:00\n"),
    "css": source(".NAME {\n  color: red;\n}\n"),
}
"""By name."""
