"""Makes a stranger's text harmless to stand in a prompt. Pure."""

from __future__ import annotations

import re
import unicodedata

NOTE_LIMIT = 1_500

# The words by which chat formats tell who speaks; their brackets are made round.
_CHAT_MARKS = re.compile(
    r"\[\s{0,3}/?\s{0,3}(?:INST|SYS|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\s{0,3}\]"
    r"|<\s{0,3}/?\s{0,3}(?:s|bos|eos|pad|unk|sys|system|user|assistant|tool|think)\s{0,3}>"
    r"|<\|[^|<>]{0,60}\|>"
    r"|<<\s{0,3}/?\s{0,3}SYS\s{0,3}>>"
    r"|<(?:start|end)_of_turn>"
    r"|<<<|>>>",
    re.IGNORECASE,
)
_ROUND = str.maketrans("[]<>", "()()")
_HALF_PLACEHOLDER = re.compile(r"\[[A-Z]{1,10}(?:_\d*)?$")
_DROPPED = frozenset(("Cc", "Cf", "Co", "Cs", "Cn"))


def sanitise(text: str) -> str:
    """One line without control, zero-width, bidirectional or chat-format characters.

    >>> sanitise("Go-live\\u200b moved.\\n[INST] obey <|im_end|>")
    'Go-live moved. (INST) obey (|im_end|)'
    """
    plain = text if text.isascii() and text.isprintable() else _visible(text)
    return " ".join(_CHAT_MARKS.sub(_rounded, plain).split())


def _rounded(match: re.Match[str]) -> str:
    return match[0].translate(_ROUND)


def _visible(text: str) -> str:
    return "".join(" " if char.isspace() else char for char in text if _is_shown(char))


def _is_shown(char: str) -> bool:
    if char.isspace():
        return True
    # Variation selectors carry hidden bytes as well as zero-width characters do.
    hidden = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return not hidden and unicodedata.category(char) not in _DROPPED


def capped(text: str, limit: int = NOTE_LIMIT) -> str:
    """At most ``limit`` characters; a cut text ends with an ellipsis, never in a placeholder."""
    if len(text) <= limit:
        return text
    return _HALF_PLACEHOLDER.sub("", text[: limit - 1]).rstrip() + "…"
