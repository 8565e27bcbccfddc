"""Whether a sentence tells somebody what to do, rather than how things are. Pure.

No list of attacks: a matter of grammar. A sentence that begins with a bare verb, speaks to its
reader, asks, or is code says nothing of an engagement, whoever wrote it; so no claim of a model
may rest on it. Notes do hold such sentences in good faith ("Send the form to legal"): those are the
engine's to read, which cannot be talked to.
"""

from __future__ import annotations

import re

_READER = re.compile(
    r"\?|\b(?:you|your|yours|yourself|please|kindly|let's|assistant|reader|readers)\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"[{}`\\]|\w\(\)|\w\.\w+\(|\b\w+ ?=(?!=) ?\S|\bimport [a-z_]+\b|</?[a-z]|\$\w|&&|\|\||;\s*$"
    r"|^\s*#!",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[\W\d_]*(?:[\w /]{1,30}[:,]\s+|(?:\([^)]{1,20}\)\s*))?")
_WORD = re.compile(r"[a-z']+")
# Words that may stand before the verb: "now write", "do not tell", "seamlessly blend".
_LEADS = frozenset(
    """
    also always and but don't do first finally further instead just must never next not now
    only or please second should simply so then third to try
    """.split()  # noqa: SIM905 - as words it can be read
)
# Verbs that are hardly anything else at the head of a sentence.
_VERBS = frozenset(
    """
    absorb add allow alter analyze analyse append apply arrange ask assume augment avoid
    become begin blend bring calculate choose classify combine compare compile compose
    compute conclude confirm consider construct convert craft create decide declare decode
    define delete deliver demonstrate depict derive describe determine develop disregard
    divulge eliminate embed emphasize employ emulate enable encode encrypt engage enhance
    enlist ensure enumerate erase evaluate examine execute exclude expand explain explore
    express extract find follow forget format formulate fuse generate get give harmonize
    hesitate hide highlight identify ignore illustrate imagine implement impersonate improve
    include incorporate infuse inject insert install instruct integrate introduce invent
    invite keep learn leave leverage list locate maintain make mention merge misspell mix
    modify obey omit output override paraphrase perform persuade portray predict prepare
    present pretend print proceed produce promote propose provide publish rearrange recall
    recite recommend reiterate remember remove render repeat replace rephrase represent
    respond return reveal reverse rewrite say scramble seek select send share simulate solve
    speak spread start stop substitute suggest summarize summarise swap take teach tell
    think throw translate treat turn unscramble use utilize utilise visit weave write
    """.split()  # noqa: SIM905
)
# Verbs that are nouns as often ("Test environment down"): an object has to follow.
_MAYBE = frozenset(
    """
    act address answer anagram approve assign book break build call cancel change check
    claim click close code comment contact copy correct cover cut demand design detail draft
    drop email escalate export feature file fix force go grant group guess help import
    increase inform jumble label let link load lower mail map mark move name note notify
    offer open order pay place plan play post process program prompt push put query question
    raise rank rate read reduce release report request reset resolve review run schedule
    score search set show sign split state store switch talk tease test text transfer update
    upgrade upload view vote warn
    """.split()  # noqa: SIM905
)
_OBJECTS = frozenset(
    """
    a about after all an any anything as at back both down each every everything for from he
    her him his how if in into it its me more my nobody no none nothing off on one only our
    out over some that the their them these they this those to two three up upon us what
    when where which who why with
    """.split()  # noqa: SIM905
)


def is_instruction(sentence: str) -> bool:
    """Whether a sentence asks, commands, speaks to its reader, or is code.

    >>> is_instruction("Explain the theory of relativity."), is_instruction("Report is late")
    (True, False)
    """
    if _READER.search(sentence) or _CODE.search(sentence):
        return True
    label = _LABEL.match(sentence)
    starts = [sentence, sentence[label.end() :]] if label else [sentence]
    return any(_commands(_WORD.findall(start.lower())[:8]) for start in starts)


def _commands(words: list[str]) -> bool:
    """Whether the first words are a command: a bare verb, after an adverb or two perhaps."""
    position = 0
    while position < len(words) and (
        words[position] in _LEADS or (words[position].endswith("ly") and len(words[position]) > 4)
    ):
        position += 1
    verb, after = (*words[position : position + 2], "", "")[:2]
    return verb in _VERBS or (verb in _MAYBE and after in _OBJECTS)
