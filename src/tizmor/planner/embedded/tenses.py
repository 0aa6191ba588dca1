"""Whether words speak of what has been or of what will be."""

from __future__ import annotations

from collections.abc import Sequence

from tizmor.planner.embedded.conjugation import Form
from tizmor.planner.embedded.readings import Word
from tizmor.planner.embedded.vocabulary import folded


def tense(words: Sequence[Word]) -> bool | None:
    """True for the past, False for the future, None when no verb after the first word tells."""
    for word in words[1:] if words and words[0].verb else words:
        said = word.token.word
        if said in _FUTURE_AUXILIARIES and word.verb is None:
            return False
        if said in _PAST_AUXILIARIES or is_past(word):
            return True
    return None


def is_past(word: Word) -> bool:
    """Whether a word is a verb in the past, known or by its ending."""
    said, verb = word.token.word, word.verb
    if said in _TURNS:
        return False
    if verb is not None:
        return verb.form is Form.PAST
    if word.token.hebrew:
        return len(said) >= 5 and said.endswith(("נו", "תי")) and said not in _NOT_PAST
    named = word.token.capitalized
    return word.unknown and not named and len(said) >= 5 and said.endswith("ed")


_PAST_AUXILIARIES = folded("did was were had been went היה היו היתה הייתה היינו הייתי נעשה קרה")
_FUTURE_AUXILIARIES = folded("will going plan planned upcoming יהיה תהיה יהיו נהיה")
_TURNS = folded("שעבר שעברה")
_NOT_PAST = folded("שלנו אלינו איתנו אצלנו לנו בנו עבורנו אנחנו אנו עלינו אותנו כולנו")
