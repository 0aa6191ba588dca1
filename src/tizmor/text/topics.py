"""Topics meet words: across inflections, Hebrew prefixes and the two scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tizmor.text.names import words_meet
from tizmor.text.normalize import content_words, forms, is_hebrew, words

_SHORTEST_NAME = 3


class TopicWords:
    """The words of topics, and which words of a vocabulary meet each of them.

    `vocabulary` is folded words. A topic is met by a text that holds, for each of its words, one
    that meets it; words that only join others don't count unless the topic has no others.
    """

    def __init__(self, topics: Iterable[str], vocabulary: Iterable[str]) -> None:
        self.topics = [content_words(t) or words(t) for t in topics]
        distinct = set(vocabulary)
        self._meeting = {
            word: _meeting(word, distinct)
            for word in dict.fromkeys(w for topic in self.topics for w in topic)
        }

    @property
    def words(self) -> list[str]:
        return list(self._meeting)

    def meeting(self, word: str) -> frozenset[str]:
        """The words of the vocabulary that meet a topic's `word`."""
        return self._meeting[word]

    def all_meeting(self) -> frozenset[str]:
        return frozenset().union(*self._meeting.values())

    def met(self, present: frozenset[str]) -> list[Sequence[str]]:
        """The topics all of whose words are among the words `present`."""
        return [
            topic
            for topic in self.topics
            if topic and all(not self._meeting[word].isdisjoint(present) for word in topic)
        ]


def _meeting(word: str, vocabulary: set[str]) -> frozenset[str]:
    wanted = forms(word)
    same_script = {w for w in vocabulary if not wanted.isdisjoint(forms(w))}
    return frozenset(same_script | _across_scripts(word, vocabulary))


def _across_scripts(word: str, vocabulary: set[str]) -> set[str]:
    """Words in the other script that spell the same name; Hebrew ones also behind prefixes."""
    if len(word) < _SHORTEST_NAME or not word.isalpha():
        return set()
    if is_hebrew(word):
        bases = [word, *sorted(forms(word) - {word})]
        return {
            other
            for other in vocabulary
            if other.isascii() and other.isalpha() and any(words_meet(b, other) for b in bases)
        }
    return {
        other
        for other in vocabulary
        if is_hebrew(other) and any(words_meet(word, base) for base in forms(other))
    }
