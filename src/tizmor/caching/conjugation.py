"""Hebrew verbs in all their forms, made from root and binyan.

A verb is known by what it means, its binyan and its root; the forms follow from the patterns of the
binyanim (full spelling, folded letters). Persons of the past and the future that need no subject
beside them bring it along: שלחתי is "send me". Passives are the binyan's own: ביטל, בוטל.
What is done (שליחה, ביטול, הזמנה) is a noun, and another concept than the doing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tizmor.text.normalize import fold

PAST, FUTURE, PASSIVE, IS_BEING, WILL_BE = "past", "future", "passive", "is being", "will be"
"""Tenses; a passive that is past or a state (נשלח, שלוח), that goes on (נשלחת), that is to come."""


class Form(NamedTuple):
    """One form: how it is written, whose it is (`me`, `us`, `you`, or nobody's), and its tense."""

    written: str
    person: str
    tense: str


_VERBS = """
nifal: meet פגש | enter כנס | finish גמר | remain שאר | need צרכ | appear ראה | fail כשל
  | assist עזר | be-late אחר
paal: send שלח | sign חתמ | write כתב | close סגר | open פתח | check בדק | read קרא | ask שאל
  | know ידע | sell מכר | save שמר | buy קנה | answer ענה | postpone דחה | win זכה | contact פנה
  | work עבד | learn למד | meet פגש | deal עסק | rent שכר | remember זכר | forget שכח
  | think חשב | choose בחר | cost עלה | travel נסע | pass עבר | return חזר | leave עזב
  | charge גבה | break שבר | steal גנב | lock נעל | draw משכ | deliver מסר | demand דרש
  | refer נגע | exceed חרג | build בנה | want רצה | see ראה | stop עצר | drive נהג | stand עמד
  | grow גדל | register רשמ | judge שפט | sue תבע | collect אספ | pack ארז | examine בחנ
  | rely סמכ | happen קרה | agree סכמ | fix קבע
piel: pay שלמ | approve אשר | receive קבל | cancel בטל | update עדכנ | summarize סכמ
  | request בקש | speak דבר | change שנה | lose אבד | treat טפל | search חפש | report דווח
  | correct תקנ | plan תכננ | call צלצל | visit בקר | manage נהל | mark סמנ | photograph צלמ
  | share שתפ | tell ספר | translate תרגמ | organize ארגנ | coordinate תאמ | document תעד
  | collect לקט | classify סוג | rate דרג | sort מיינ | mention צינ | detail פרט | attach צרפ
  | combine שלב | delay עכב | reserve שרינ | publish פרסמ | release שחרר | fund ממנ
  | improve שפר | compensate פצה | connect חבר | recruit גיס | dismiss פטר | appoint מנה
  | upgrade שדרג | verify וידא | perform בצע | finish סימ | copy שכפל | renew חדש | promote קדמ
  | shorten קצר | analyze נתח | accompany לוה | congratulate ברכ | distribute חלק | abridge תמצת
  | monitor נטר | supply ספק | miss פספס
hifil: invite זמנ | begin תחל | promise בטח | decide חלט | present צג | submit גש | mention זכר
  | complete שלמ | prepare כנ | add וספ | return חזר | insert כנס | explain סבר | inform ודע
  | transfer עבר | recommend מלצ | agree סכמ | download ורד | prove וכח | continue משכ
  | define גדר | install תקנ | hide סתר | reduce קטנ | increase גדל | deposit פקד
  | influence שפע | stop פסק | print דפס | produce פק | employ עסק | load טענ | record קלט
  | determine כרע | found קמ | arrange סדר | spread פצ | announce כרז | warn זהר | justify צדק
  | come-early קדמ | succeed צלח | lose-money פסד | type קלד | prefer עדפ | upload עלה
  | arrive גע | offer צע | publish וצא
hitpael: contact קשר | join צטרפ | update עדכנ | receive קבל | take-place קיימ | call קשר
  | happen רחש | apologize נצל | complain לוננ | oppose נגד | prepare כוננ | consult ייעצ
  | reside גורר | advance קדמ | commit חייב | correspond כתב | resign פטר | participate שתפ
"""
"""Binyan, then what each verb means and its root."""

_SUBJECTS = (("תי", "me"), ("ת", "you"), ("נו", "us"), ("תמ", "you"), ("תנ", "you"))
_FUTURES = (("א", "", "me"), ("נ", "", "us"), ("י", "", ""), ("ת", "", ""), ("י", "ו", ""),
            ("ת", "ו", "you"), ("ת", "י", "you"))  # fmt: skip


def verbs() -> dict[str, tuple[str, str]]:
    """Every form with what it means and its tense; of two that are written alike, the first."""
    known: dict[str, tuple[str, str]] = {}
    for line in _VERBS.replace("\n  ", " ").strip().splitlines():
        binyan, _, meant = line.partition(":")
        for one in meant.split("|"):
            concept, root = one.split()
            for form in conjugated(binyan, fold(root)):
                known.setdefault(form.written, (f"{concept} {form.person}".strip(), form.tense))
    return known


def conjugated(binyan: str, root: str) -> Iterator[Form]:
    """The forms of a verb, from its binyan and its root of two to four letters."""
    yield from _BINYANIM[binyan](root)


def _past(stem: str, short: str, tense: str = PAST) -> Iterator[Form]:
    """Past: `stem` for the third person, `short` before what says the first and second."""
    if stem.endswith("ה"):
        stem, short = stem[:-1], f"{short.removesuffix('ה')}י"
        thirds = ("ה", "תה", "ו")
    else:
        thirds = ("", "ה", "ו")
    yield from (Form(stem + ending, "", tense) for ending in thirds)
    yield from (Form(short + ending, person, tense) for ending, person in _SUBJECTS)


def _future(stem: str, tense: str = FUTURE) -> Iterator[Form]:
    for before, after, person in _FUTURES:
        written = stem.removesuffix("ה") if after else stem
        yield Form(before + written + after, person, tense)


def _present(
    stem: str, tense: str = "", endings: tuple[str, ...] = ("", "ת", "ימ", "ות")
) -> Iterator[Form]:
    if stem.endswith("ה"):
        yield from (Form(stem[:-1] + ending, "", tense) for ending in ("ה", "ית", "ימ", "ות"))
    else:
        yield from (Form(stem + ending, "", tense) for ending in endings)


_ADJECTIVE = ("", "ה", "ימ", "ות")


def _infinitive(stem: str) -> Form:
    return Form("ל" + (f"{stem[:-1]}ות" if stem.endswith("ה") else stem), "", "")


def _paal(root: str) -> Iterator[Form]:
    if len(root) != 3:
        return
    a, b, c = tuple(root)
    yield from _past(root, root)
    yield from _present(f"{a}ו{b}{c}")
    if c == "ה":
        yield from _present(f"{a}{b}וי", PASSIVE, _ADJECTIVE)
    else:
        yield from _present(f"{a}{b}ו{c}", PASSIVE, _ADJECTIVE)
        yield from _future(f"{a}{b}ו{c}")
        yield Form(f"ל{a}{b}ו{c}", "", "")
    yield _infinitive(root)
    yield from _past(f"נ{root}", f"נ{root}", PASSIVE)
    yield from _present(f"נ{root}", IS_BEING)
    yield from (*_future(f"י{root}", WILL_BE), *_future(root))


def _piel(root: str) -> Iterator[Form]:
    a, rest = root[0], root[1:]
    past = f"{a}י{rest}" if len(root) == 3 else root
    passive = f"{a}ו{rest}"
    yield from (*_past(past, past), *_present(f"מ{root}"), *_future(root))
    yield _infinitive(root)
    yield from _past(passive, passive, PASSIVE)
    yield from _present(f"מ{passive}", PASSIVE)
    yield from _future(passive, WILL_BE)


def _hifil(root: str) -> Iterator[Form]:
    first, last = root[:-1], root[-1]
    stem = root if last == "ה" else f"{first}י{last}"
    yield from (*_past(f"ה{stem}", f"ה{root}"), *_future(stem))
    yield from _present(f"מ{stem}", "", _ADJECTIVE)
    yield _infinitive(f"ה{stem}")
    passive = root if root.startswith("ו") else f"ו{root}"
    yield from _past(f"ה{passive}", f"ה{passive}", PASSIVE)
    yield from _present(f"מ{passive}", PASSIVE)
    yield from _future(passive, WILL_BE)


def _nifal(root: str) -> Iterator[Form]:
    yield from (*_past(f"נ{root}", f"נ{root}"), *_present(f"נ{root}"))
    yield from (*_future(f"י{root}"), *_future(root))
    yield _infinitive(f"הי{root}")


def _hitpael(root: str) -> Iterator[Form]:
    stem = f"{root[0]}ת{root[1:]}" if root[0] in "שס" else f"ת{root}"
    yield from (*_past(f"ה{stem}", f"ה{stem}"), *_present(f"מ{stem}"), *_future(stem))
    yield _infinitive(f"ה{stem}")


_BINYANIM = {
    "paal": _paal, "piel": _piel, "hifil": _hifil, "nifal": _nifal, "hitpael": _hitpael,
}  # fmt: skip
