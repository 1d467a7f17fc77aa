"""A mapping of the settings file, and what is said of one that does not hold together."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class UnsoundError(ValueError):
    """Values that are each valid and do not hold together; ``key`` is the path, below where it is found."""

    def __init__(self, key: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.key = key


class Section(BaseModel):
    """A mapping of the settings file: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, strict=False)
