"""Hebrew abbreviations as the words that they are short for, with whatever prefix they bear."""

from __future__ import annotations

import re

_SHORT = """
עו"ד עורך דין | עוה"ד עורך הדין | רו"ח רואה חשבון | רוה"ח רואה החשבון | מנכ"ל מנהל כללי
| המנכ"ל המנהל הכללי | סמנכ"ל סגן מנהל כללי | יו"ר יושב ראש | היו"ר היושב ראש | חו"ל חוץ לארץ
| חו"ד חוות דעת | לו"ז לוח זמנים | הלו"ז לוח הזמנים | ביה"ס בית הספר | בי"ס בית ספר
| ביה"ח בית החולים | בי"ח בית חולים | ביהמ"ש בית המשפט | בימ"ש בית משפט | פס"ד פסק דין
| כ"א כוח אדם | כח"א כוח אדם | מש"א משאבי אנוש | דוא"ל אימייל | מט"ח מטבע חוץ | מו"פ מחקר ופיתוח
| מו"מ משא ומתן | שכ"ד שכר דירה | שכ"ט שכר טרחה | ת"ז תעודת זהות | אחה"צ אחר הצהריים
| רה"מ ראש הממשלה | ארה"ב ארצות הברית | ב"ש באר שבע | ע"י על ידי | עפ"י על פי | ע"פ על פי
| בד"כ בדרך כלל | אח"כ אחר כך | סה"כ סך הכל | הנה"ח הנהלת חשבונות | חב' חברת | מס' מספר
| עמ' עמוד | רח' רחוב | שד' שדרות | טל' טלפון | גב' גברת | פרופ' פרופסור | ד"ר דוקטור
| שנ' שניות | דק' דקות | ש"ח שקל | ק"מ קילומטר | ק"ג קילוגרם | י-ם ירושלים | פ"ת פתח תקווה
| ראשל"צ ראשון לציון | ת"א תל אביב | מח' מחלקת | סע' סעיף | אוג' אוגוסט | ספט' ספטמבר
| אוק' אוקטובר | נוב' נובמבר | דצמ' דצמבר | ינו' ינואר | פבר' פברואר | אפר' אפריל
"""
_LONG = {
    short: long for short, _, long in (entry.strip().partition(" ") for entry in _SHORT.split("|"))
}
_ABBREVIATION = re.compile(
    r"(?<![^\W_])([ובלמהשכ]{0,3}?)("
    + "|".join(re.escape(short) for short in sorted(_LONG, key=len, reverse=True))
    + r")(?![^\W_])"
)
_MARKS = re.compile("[״“”]|(?<=[א-ת])''(?=[א-ת])")


def written_out(text: str) -> str:
    """The text with each known abbreviation as what it stands for."""
    if '"' not in text and "'" not in text and "״" not in text and "׳" not in text:
        return text
    straight = _MARKS.sub('"', text).replace("׳", "'")
    return _ABBREVIATION.sub(lambda found: found[1] + _LONG[found[2]], straight)
