"""Andon: what efficiency in customer service really costs, said in plain language."""

__version__ = "0.1.0"
