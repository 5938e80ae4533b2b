"""`python -m spacy casn`: commands over functions of the package."""

import typer
from spacy.cli._util import app as spacy_app

from .annotate import annotate_cli
from .audit import audit_cli
from .average import average_cli
from .calibrate import calibrate_cli
from .card import card_cli
from .compare import compare_cli
from .convert import convert_cli
from .encoder import encoder_cli
from .errors import Command
from .evaluate import evaluate_cli
from .info import info_cli
from .package import package_cli
from .render import render_cli
from .report import report_cli
from .summarize import summarize_cli
from .teach import teach_cli
from .word_vectors import word_vectors_cli

app = typer.Typer(name="casn", help="Emotion recognition in conversation.", no_args_is_help=True)
app.command("annotate")(annotate_cli)
app.command("audit")(audit_cli)
app.command("average")(average_cli)
app.command("calibrate")(calibrate_cli)
app.command("card")(card_cli)
app.command("compare")(compare_cli)
app.command("convert")(convert_cli)
app.command("encoder")(encoder_cli)
app.command("evaluate")(evaluate_cli)
app.command("info")(info_cli)
app.command("package")(package_cli)
app.command("render")(render_cli)
app.command("report")(report_cli)
app.command("summarize")(summarize_cli)
app.command("teach")(teach_cli)
app.command("word-vectors")(word_vectors_cli)
for command in app.registered_commands:
    command.cls = Command
# spaCy loads what the entry point names, but leaves it to it to join the commands.
spacy_app.add_typer(app, name="casn")
