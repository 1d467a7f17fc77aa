"""The base of every error that is foreseen and meant for people."""

from __future__ import annotations


class ForeseenError(Exception):
    """Its text says what is wrong and what to do; a command prints it without a traceback."""
