"""Names across scripts, measured on tables of pairs that should meet and pairs that should not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tizmor.text.names import closeness, name_keys, names_meet, words_meet

SHOULD_MEET = """
לוטוס Lotus | תבואות Tevuot | יואב Yoav | יואב Joav | כהן Cohen | כהן Kohen | דנה Dana
שרה Sarah | שרה Sara | מיכאל Michael | יעל Yael | רחל Rachel | חיים Haim | חיים Chaim
צבי Zvi | צבי Tzvi | ג'ון John | יוחנן Yohanan | משה Moshe | שלמה Shlomo | יעקב Yaakov
יעקב Jacob | אהרן Aharon | דוד David | מרים Miriam | בנימין Binyamin | יצחק Yitzhak
רבקה Rivka | רבקה Rebecca | שמעון Shimon | גדעון Gideon | מרדכי Mordechai | ישראל Israel
נעמי Naomi | תמר Tamar | תומר Tomer | רון Ron | רן Ran | גיל Gil | גל Gal | טל Tal | טלי Tali
נועה Noa | נועם Noam | לאה Leah | חנה Hannah | אסתר Esther | אברהם Abraham | יוסף Joseph
שמואל Samuel | דניאל Daniel | רפאל Raphael | גבריאל Gabriel | אורי Uri | עומר Omer | איתי Itai
עידן Idan | ענבל Inbal | אייל Eyal | רועי Roee | ליאור Lior | גיא Guy | שי Shai | לוי Levi
מזרחי Mizrahi | פרץ Peretz | אזולאי Azoulay | פרידמן Friedman | שוורץ Schwartz | כץ Katz
קליין Klein | ויצמן Weizmann | הרצל Herzl | שפירא Shapira | שפירו Shapiro | נתניהו Netanyahu
אליהו Eliyahu | תקווה Tikva | רוברט Robert | אלכסנדר Alexander | מקס Max | קייט Kate | ג'יימס James
ריצ'רד Richard | ויליאם William | ג'ורג' George | קתרין Catherine | מאיה Maya | מעיין Maayan
ירושלים Jerusalem | תל־אביב Tel-Aviv | שחר Shachar | ברוך Baruch | זוהר Zohar | יהונתן Jonathan
"""

SHOULD_NOT_MEET = """
דנה Dan | דן Dana | יואב Yuval | יובל Yoav | טל Tali | טלי Tal | אדם Edom | אדום Adam
רן Ron | רון Ran | גל Gil | גיל Gal | דנה Dina | דינה Dana | תמר Tomer | תומר Tamar
שרה Shira | שירה Sarah | מיכאל Michal | מיכל Michael | מישל Michal | ערן Oren | אורן Eran
אריאל Uriel | אוריאל Ariel | נועה Noam | נועם Noa | נח Noa | ענת Einat | עינת Anat
גל Gali | גלי Gal | דן Danny | דני Dan | רוני Ron | רון Roni | לוי Lev | לב Levi | כהן Kahana
כוכב Cohen | משה Moses | יעל Yaeli | יאיר Yaara | עמית Omri | עמרי Amit
לוטוס Lotem | לוטם Lotus | תבואות Tevat | תבואה Tevuot | שחר Shahaf | שחף Shachar
איתי Itamar | איתמר Itai | אלון Ilan | אילן Alon | נדב David | דוד Dvora
חן Hannah | עדי Ido | עידו Adi | רותם Ruth | רות Rotem | מור Moran | מורן Mor
הדר Hadas | הדס Hadar | ליאת Lital | ליטל Liat | ליאור Liora | ליאורה Lior | שיר Shira
ברק Baruch | ברוך Barak | זהבה Zohar | יוסי Yosef | יוסף Yossi | רפי Raphael | דורון Doran
סיגל Segal | נטע Nitai | צבי Zeev | זאב Zvi | שמעון Shimshon | גאיה Guy | מאיה Mai
"""

SHARE_A_KEY = """
לוטוס Lotus | תבואות Tevuot | יואב Yoav | כהן Cohen | כהן Kohen | Cohen Kohen | דנה Dana
שרה Sarah | מיכאל Michael | יעל Yael | רחל Rachel | חיים Haim | חיים Chaim | Haim Chaim
צבי Zvi | צבי Tzvi | Zvi Tzvi | ג'ון John
"""


def pairs(table: str) -> list[tuple[str, str]]:
    split = (cell.split() for line in table.strip().splitlines() for cell in line.split("|"))
    return [(hebrew, latin) for hebrew, latin in split]


@pytest.mark.parametrize(("hebrew", "latin"), pairs(SHOULD_MEET))
def test_a_name_meets_its_usual_spelling_in_the_other_script(hebrew: str, latin: str) -> None:
    assert names_meet(hebrew, latin)
    assert names_meet(latin, hebrew)


@pytest.mark.parametrize(("hebrew", "latin"), pairs(SHOULD_NOT_MEET))
def test_a_name_does_not_meet_another_name_that_sounds_near(hebrew: str, latin: str) -> None:
    assert not names_meet(hebrew, latin)
    assert not names_meet(latin, hebrew)


@pytest.mark.parametrize(("a", "b"), pairs(SHARE_A_KEY))
def test_spellings_of_one_name_share_a_key(a: str, b: str) -> None:
    assert name_keys(a) & name_keys(b)


def test_the_tables_are_large_enough_to_measure_by() -> None:
    assert min(len(pairs(SHOULD_MEET)), len(pairs(SHOULD_NOT_MEET))) >= 60


@pytest.mark.parametrize(
    ("a", "b", "meet"),
    [
        ("יואב", "Yoav Cohen", True),
        ("יואב כהן", "Yoav Cohen", True),
        ("כהן יואב", "Yoav Cohen", True),
        ("Yoav Levi", "יואב כהן", False),
        ("כהן כהן", "Yoav Cohen", False),
        ("בן־גוריון", "Ben Gurion", True),
        ("", "Yoav", False),
        ("!", "Yoav", False),
    ],
)
def test_every_word_of_the_shorter_name_meets_its_own_word_of_the_longer(
    a: str, b: str, meet: bool
) -> None:
    assert names_meet(a, b) is meet
    assert names_meet(b, a) is meet


@pytest.mark.parametrize(
    ("a", "b"),
    [("Zoë", "zoe"), ("DANA", "dana"), ("דָּנָה", "דנה"), ("ג'ון", "ג׳ון"), ("שלום", "שלומ")],
)
def test_case_accents_points_and_final_forms_do_not_matter(a: str, b: str) -> None:
    assert words_meet(a, b)


@pytest.mark.parametrize(("a", "b"), [("Cohen", "Kohen"), ("Dana", "Dina"), ("חיים", "היים")])
def test_within_one_script_only_the_same_letters_meet(a: str, b: str) -> None:
    assert not names_meet(a, b)


def test_a_slip_of_the_pen_is_close_and_another_name_is_not() -> None:
    assert closeness("Yoav Cohen", "יואב כהן") == 1.0
    assert closeness("Yaov", "Yoav") > 0.7
    assert closeness("Cohen", "Kohen") > 0.75
    assert closeness("Yoav", "Miriam") < 0.4


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_compares_symmetrically_and_within_bounds(a: str, b: str) -> None:
    assert names_meet(a, b) == names_meet(b, a)
    assert 0.0 <= closeness(a, b) <= 1.0
    assert abs(closeness(a, b) - closeness(b, a)) < 1e-9


@given(st.text("אבגדהוזחטיכלמנסעפצקרשת'", min_size=1, max_size=200))
def test_long_hebrew_words_are_compared_without_blowing_up(word: str) -> None:
    names_meet(word, "a" * 200)
    assert len(name_keys(word)) <= 64
