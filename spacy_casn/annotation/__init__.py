"""Puts an emotion on each turn of the dialogues in files, however large the files are."""
