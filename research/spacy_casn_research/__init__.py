"""Weights of the pipeline that `spacy_casn.load("research")` gives; see the README."""
