"""Plain values become typed ones: msgspec, made safe for the first requests of a server.

msgspec (0.22) learns a struct on its first use and has no lock for it: a second thread that comes
by at that moment reads what is half filled in, and the process dies. So every type is learned
here under a lock before it is used, and ``convert`` and ``Decoder`` of msgspec itself are refused
by lint everywhere else.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")

_learning = threading.Lock()
_learned: set[Any] = set()


def learned(kind: Any) -> Any:
    """The type itself, safe to use from any thread from now on."""
    if kind not in _learned:
        with _learning:
            msgspec.json.Decoder(kind)  # learns the type and all types in it
            _learned.add(kind)
    return kind


@overload
def convert(value: Any, kind: type[T], *, strict: bool = True) -> T: ...


@overload
def convert(value: Any, kind: Any, *, strict: bool = True) -> Any: ...


def convert(value: Any, kind: Any, *, strict: bool = True) -> Any:
    """The plain value as ``kind``; not ``strict``: text may stand for a number.

    Raises ``msgspec.ValidationError`` if the value is nothing of that kind.
    """
    return msgspec.convert(value, learned(kind), strict=strict)


@overload
def decoder(kind: type[T], *, strict: bool = True) -> msgspec.json.Decoder[T]: ...


@overload
def decoder(kind: Any, *, strict: bool = True) -> msgspec.json.Decoder[Any]: ...


def decoder(kind: Any, *, strict: bool = True) -> msgspec.json.Decoder[Any]:
    """A decoder of JSON text to ``kind``, which threads may share."""
    return msgspec.json.Decoder(learned(kind), strict=strict)
