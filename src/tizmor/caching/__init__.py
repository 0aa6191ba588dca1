"""When one answer serves for two calls: their keys, their meaning, and what they were made from.

keys ──────── the keys of a call: exact, and by meaning
sources ───── files that an answer was made from, as they stand
meaning ───── a text as the key of what it asks: concepts, order, tense, question
tokens ────── a text as words, without courtesy; phrases, abbreviations: what is one together
quantities ── numbers with units; numerals, dates, hours, units
english, hebrew ─ a word as its concept, with its tense
conjugation, inflection ─ Hebrew verbs, and nouns and pronouns, in all their forms
lexicon, names, vocabulary ─ words that stand for one another, for a name, for themselves
"""
