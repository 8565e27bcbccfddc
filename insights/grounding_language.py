"""What the words of a claim assert, compared with the words it rests on.

Terms for overlap, negation for polarity, hedges and certainty, names, and what no claim may hold:
links, markup and characters that hide. Word lists are short on purpose: a claim is refused when in
doubt, and the quote beside it always shows what the record says.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from insights.grounding_text import folded


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_STOP = word_set(
    """the and for are was were been with from that this its has have had not will would should
    could may might there their our they who whom whose which what when where while than then them
    his her him she you your client customer team project engagement about into onto over under
    also any all some such very more most much can cannot did does doing done being still just per
    but yet only own out off too because until since after before between during both each few
    how why again"""
)
_ENDINGS = (
    "ations", "ation", "ments", "ment", "ingly", "edly", "ings", "ing", "ions", "ion", "ies",
    "ied", "ers", "er", "ors", "or", "ed", "es", "al", "ly", "s", "y", "e",
)  # fmt: skip
_CLAUSE_END = re.compile(
    r"[.;:!?|()\"]|,| - | (?:but|however|although|though|whereas|while|because|so that|and then) "
)
_LABEL = re.compile(r"(?:^|(?<=[.;!?] ))[^.:;!?]{1,40}:")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|no longer)\b|n't\b"
)
_NEGATION_STOP = re.compile(r"\b(?:since|when|while|after|before|until|where|which|who|as)\b")
_NEGATION_REACH = 6  # words after a negation that it may turn round
_LACKING = re.compile(
    r"\b(?:miss(?:ing|ed)?|lack(?:s|ing)?|absent|den(?:y|ies|ied)|refus\w*|block\w*|wait\w*|await\w*"
    r"|pending|outstanding|unable|fail\w*|delay\w*|stuck|withheld|unclear|undecided|unresolved"
    r"|unavailable|unassigned|unowned|gap|late|overdue|slip\w*|silent|declin\w*|reject\w*|needs?"
    r"|required?|open|unconfirmed|unsigned|absence|still with)\b"
)
_OPPOSITES = (
    (
        r"increas\w*|rose|risen|rising|rises?|grew|grows?|growing|grown|climb\w*|higher",
        r"decreas\w*|fell|falls?|fallen|falling|dropp?\w*|declin\w*|shr[aiu]nk\w*|lower",
    ),
    (
        r"approv\w*|accept\w*|grant\w*|agreed",
        r"reject\w*|refus\w*|declin\w*|den(?:y|ies|ied)|withheld",
    ),
    (r"pass|passed|passes|passing|succeed\w*|success\w*", r"fail\w*"),
    (
        r"resolved|fixed|solved|closed|cleared|lifted",
        r"unresolved|broken|reopened|open|persist\w*|outstanding",
    ),
    (
        r"complet\w*|finish\w*|delivered|done",
        r"incomplete|unfinished|pending|outstanding|missing|delayed",
    ),
    (
        r"early|earlier|ahead|on time|on track",
        r"late|later|behind|overdue|delayed|slip\w*|off track",
    ),
    (
        r"happy|pleased|satisfied|delighted",
        r"unhappy|frustrat\w*|dissatisfied|angry|annoyed|displeased",
    ),
    (
        r"available|in place|ready|received|provided|working|works",
        r"unavailable|missing|down|broken|absent|lack\w*",
    ),
    (
        r"under budget|within budget|below budget",
        r"over budget|overspen\w*|budget overrun|exceed\w*",
    ),
    (r"possible|able", r"impossible|unable"),
    (r"clear", r"unclear"),
    (r"secure", r"insecure"),
    (r"stable", r"unstable"),
    (r"joined|joins", r"left|leaves|leaving|resign\w*"),
    (r"more", r"less|fewer"),
)
_OPPOSED = tuple(
    (re.compile(rf"\b(?:{one})\b"), re.compile(rf"\b(?:{other})\b")) for one, other in _OPPOSITES
)
_HEDGE = re.compile(
    r"\b(?:may|might|could|possibly|perhaps|maybe|likely|unlikely|probabl[ey]|potential(?:ly)?"
    r"|at risk|risk of|risk that|seems?|appears? to|suspects?|suspected|looks like|expect(?:s|ed)?"
    r"|if|unless|would|i think|we think|not sure|rumou?red?|hopefully|tentative(?:ly)?)\b"
)
_NO_HEDGE = re.compile(
    r"\bcould(?: not|n't)\b|\bwould(?: not|n't)\b|\bas if\b|\bmay \d{1,2}\b|\d may\b"
)
_CERTAIN = re.compile(
    r"\b(?:definite(?:ly)?|certain(?:ly)?|undoubted(?:ly)?|guarantee[sd]?|inevitabl[ey]|always|never"
    r"|no risk|no doubt|everyone|everybody|everything|all|every|completely|entirely|totally|fully"
    r"|proves?|proven|will|won't|going to|bound to|impossible|must|surely|obvious(?:ly)?|clearly"
    r"|best|worst|only|unanimous(?:ly)?)\b|100 ?%|'ll\b"
)
_LINK = re.compile(
    r"://|\bwww\.|\bmailto:|\bjavascript:|\bdata:|(?:^|[\s(])@\w|\w@\w", re.IGNORECASE
)
_MARKUP = re.compile(
    r"<[a-z/!?]|[a-z\"']>|\]\(|!\[|\[\[|`|\*|__|~~|^#{1,6} |^>|&[a-z]{2,8};|&#|\{\{|\{%"
    r"|\[/?inst\]|<\||\|>",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")
ASSERTS = re.compile(
    r"\b(?:is|are|was|were|has|have|had|did|does|got|wants?|wanted|said|says|confirmed|approved"
    r"|agreed|left|refus\w+|asked|asks|needs?|needed|will|won't|cannot|can|may|might|must|reports?|reported"
    r"|thinks?|owns?|blocks?|blocked|failed|fails)\b"
)


@lru_cache(maxsize=32768)
def stem(word: str) -> str:
    """A word without its endings, three to six letters: approval and approved meet."""
    for _ in range(2):
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                word = word[: -len(ending)]
                break
    return word[:6]


def words(text: str) -> list[str]:
    """The words of a text, folded."""
    return _WORD.findall(folded(text))


@lru_cache(maxsize=32768)
def _term(word: str) -> str:
    """The stem of a word that carries content, "" of one that carries none."""
    carries = (len(word) > 2 or not word.isascii()) and word not in _STOP
    return stem(word.split("'")[0]) if carries else ""


@lru_cache(maxsize=16384)
def terms(text: str) -> frozenset[str]:
    """The stems of a text that carry content."""
    return frozenset(map(_term, words(text))) - {""}


def overlap(claim: str, supports: list[str]) -> float:
    """The share of a claim's terms that stand in its quotes or fact sentences, 0..1."""
    wanted = terms(claim)
    given = frozenset().union(*map(terms, supports)) if supports else frozenset()
    return len(wanted & given) / len(wanted) if wanted else 0.0


@lru_cache(maxsize=8192)
def negated_terms(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Terms that stand under a negation, and terms that are plainly affirmed."""
    negated: set[str] = set()
    free: set[str] = set()
    for clause in _CLAUSE_END.split(_LABEL.sub(_unless_it_asserts, folded(text))):
        affirmed, under = _scopes(clause)
        negated |= under
        free |= affirmed
    return frozenset(negated), frozenset(free)


def _unless_it_asserts(label: re.Match[str]) -> str:
    """A label before a colon ("Data access: …") names a matter and affirms nothing."""
    return label.group() if ASSERTS.search(label.group()) else " "


def _scopes(clause: str) -> tuple[frozenset[str], frozenset[str]]:
    """A clause's affirmed terms and its negated ones.

    What stands before a negation is neither ("approval was not given" denies the approval too),
    unless an "and" parts them. A lack affirms nothing but itself ("access is missing").
    """
    cue = _NEGATION.search(clause)
    if cue:
        apart = clause[: cue.start()].rpartition(" and ")[0]
        return _affirmed(apart), _reached(clause[cue.end() :])
    return _affirmed(clause), frozenset()


def _affirmed(clause: str) -> frozenset[str]:
    lacks = [m.group() for m in _LACKING.finditer(clause)]
    return terms(" ".join(lacks)) if lacks else terms(clause)


def _reached(after: str) -> frozenset[str]:
    near = _WORD.findall(_NEGATION_STOP.split(after, maxsplit=1)[0])[:_NEGATION_REACH]
    return terms(" ".join(near))


def flipped(claim: str, quote: str) -> str | None:
    """The first word on whose polarity claim and quote disagree, or None.

    >>> flipped("Data access is approved", "Data access is not approved")
    'approv'
    """
    claim_not, claim_free = negated_terms(claim)
    quote_not, quote_free = negated_terms(quote)
    turned = (claim_free & quote_not - quote_free - claim_not) | (
        claim_not & quote_free - claim_free - quote_not
    )
    return min(turned, default=None) or _opposed(folded(claim), folded(quote))


@lru_cache(maxsize=8192)
def _sides(text: str) -> dict[tuple[int, bool], str]:
    """The pairs of opposites of which a text says one side, and the word that says it."""
    return {
        (place, side): found.group()
        for place, pair in enumerate(_OPPOSED)
        for side, pattern in zip((False, True), pair, strict=True)
        if (found := pattern.search(text))
    }


def _opposed(claim: str, quote: str) -> str | None:
    """A word of the claim whose opposite the quote says, where neither side denies its own."""
    if _NEGATION.search(claim) or _NEGATION.search(quote):
        return None
    mine, theirs = _sides(claim), _sides(quote)
    for (place, side), word in mine.items():
        here, there = (place, side), (place, not side)
        if there in theirs and here not in theirs and there not in mine:
            return word
    return None


@lru_cache(maxsize=8192)
def hedged(text: str) -> bool:
    """Whether a text says that something may be, rather than that it is."""
    return bool(_HEDGE.search(_NO_HEDGE.sub(" ", folded(text))))


def overclaims(claim: str, supports: list[str]) -> list[str]:
    """Words of certainty in a claim that none of its supports says."""
    said = {m.group().replace(" ", "") for m in _CERTAIN.finditer(folded(claim))}
    if not said:
        return []
    given = {m.group().replace(" ", "") for s in supports for m in _CERTAIN.finditer(folded(s))}
    return sorted(said - given)


def asserts(text: str) -> bool:
    """Whether a text states something, rather than asking for it to be done."""
    return bool(ASSERTS.search(folded(text)))


def hidden_characters(text: str) -> bool:
    """Whether a text holds control, zero-width, bidirectional or private characters."""
    if text.isascii():
        return not text.isprintable()
    return any(unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp") for c in text)


@lru_cache(maxsize=8192)
def _suspicious(text: str) -> tuple[str, list[str]]:
    """The first link or markup of a text, and its dotted names."""
    found = _LINK.search(text) or _MARKUP.search(text)
    return (found.group() if found else ""), _DOTTED.findall(folded(text))


def link_or_markup(text: str, supports: list[str]) -> str | None:
    """A link, an address or markup in a text; a dotted name may stand where a support says it."""
    found, dotted = _suspicious(text)
    if found:
        return found
    given = " ".join(map(folded, supports)) if dotted else ""
    return next((name for name in dotted if name not in given), None)
