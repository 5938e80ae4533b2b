"""Hostile dialogues: what they are made of, how they are drawn, and what must become of them."""
