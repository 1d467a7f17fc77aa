"""A function of an extension, called so that what goes wrong in it is told with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from payment_bundle.extending.shapes import mistyped
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_bundle.extending.origin import Origin

_GivenT = TypeVar("_GivenT")
_MadeT = TypeVar("_MadeT")


@dataclass(frozen=True, slots=True)
class Guarded(Generic[_GivenT, _MadeT]):
    """Calls ``function``, which must make one of ``kinds``; raises ExtensionError where it fails or makes another."""

    origin: Origin
    function: Callable[[_GivenT], _MadeT]
    kinds: tuple[type, ...]

    def __call__(self, given: _GivenT) -> _MadeT:
        """Return what the function makes of ``given``."""
        try:
            made = self.function(given)
        except ForeseenError:
            raise
        except Exception as error:
            raise self.origin.failed(error, f"in {_called(self.function)}") from error
        if wrong := mistyped(made, self.kinds):
            raise self.origin.refused(f"'{self.origin.name}': of what {_called(self.function)} makes, {wrong}")
        return made


def _called(function: Callable[..., Any]) -> str:
    return f"{getattr(function, '__name__', repr(function))}()"
