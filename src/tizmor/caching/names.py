"""Hebrew names of people, places and firms, so that no prefix or ending is taken off them.

Where a name has one usual spelling in Latin letters it follows the Hebrew one, and both are one
name. Where there are several (שרה: Sara, Sarah) there is none, since which is meant isn't known.
"""

from __future__ import annotations

from tizmor.caching.lexicon import bare

_BOTH = """
דנה dana | יואב yoav | רות ruth | משה moshe | יוסי yossi | דוד david | מיכל michal | נועה noa
| תמר tamar | יעל yael | מאיה maya | שירה shira | אורית orit | ענת anat | סיגל sigal
| רונית ronit | אבי avi | אורי uri | איתן eitan | עומר omer | יונתן yonatan | דניאל daniel
| אלון alon | רועי roi | גיל gil | עידו ido | אמיר amir | ניר nir | רון ron | גיא guy
| יניב yaniv | עמית amit | ליאור lior | שי shai | טל tal | דינה dina | מרים miriam | אסתר esther
| יעקב yaakov | יצחק yitzhak | אברהם avraham | שמעון shimon | ראובן reuven | לוי levi
| כהן cohen | שרון sharon | שגיא sagi | הדר hadar | ברק barak | לירון liron | מיכאל michael
| מאיר meir | מוטי moti | ורד vered | שלומי shlomi | שלמה shlomo | הלל hillel | הילה hila
| תום tom | אדם adam | בן ben | גל gal | קרן keren | רז raz | אורן oren | יובל yuval | נדב nadav
| ארז erez | ירושלים jerusalem | חיפה haifa | אילת eilat | נתניה netanya | אשדוד ashdod
| הרצליה herzliya | רעננה raanana | לונדון london | פריז paris | ברלין berlin | רומא rome
| מדריד madrid | ישראל israel | גרמניה germany | צרפת france | איטליה italy | ספרד spain
| אנגליה england | יוון greece | קפריסין cyprus | לוטוס lotus | תל־אביב tel-aviv
| אמסטרדם amsterdam | ברצלונה barcelona | בוסטון boston | פראג prague | וינה vienna
| טוקיו tokyo | גוגל google | מיקרוסופט microsoft | אמזון amazon | אפל apple | פייסבוק facebook
| אינטל intel | זום zoom | סלאק slack | לינקדאין linkedin | וואטסאפ whatsapp | אאוטלוק outlook
| אקסל excel | דרופבוקס dropbox | גיטהאב github | יוטיוב youtube | אינסטגרם instagram
| פאוורפוינט powerpoint | ווינדוס windows | אנדרואיד android | לינוקס linux | ויקיפדיה wikipedia
| נטפליקס netflix | אנבידיה nvidia | סיילספורס salesforce | פייתון python
"""
_HEBREW = """
שרה רחל לאה נעה גלית ארי איל אסף חנה רבקה מזרחי פרץ ביטון אברמוב פרידמן הראל בר ברוך ליאורה מורן
ורדה תבואות דודי חגי בני גדי רמי צורי אחי עמי מורי שוקי צביקה צבי זאב דב אריה אריאל אריאלה ליאת
לימור ליאל לילך לילי לורן לינוי להב לביא בועז בלה ברכה ביתאל בת־שבע בתיה הדס הדסה הגר הלנה הודיה
הרצל וולף ויקטור ויקטוריה מאי מיה מיקי מירב מירי מלכה מנחם מעין מעיין מרדכי מרגלית מתן מתי משי
שאול שגית שושנה שחר שיר שירי שירלי שלום שלומית שמואל שמרית שני שקד שרית כפיר כרמל כרמית כנרת כליל
אביב אביבה אבישי אביגיל אהרון אוהד אופיר אופק אור אורה אורלי אורנה אושר איילת אילן אילנה איריס
אלי אליהו אליעזר אלישע אלה אלמוג אמנון אסנת אפרת אפרים אתי גבי גבריאל גדעון גילה גילי גליה דבורה
דורון דורית דליה דני דפנה דרור זהבה זיו זיוה חביב חיים חן חני טובה טליה טלי יגאל ידידיה יהודה
יהודית יהונתן יואל יוחאי יונה יוסף ילנה ינאי יפה יפית ירדן ירדנה יריב ישי ישעיהו עדי עדן עדנה
עודד עוז עוזי עופר עופרה ענבל ענבר עפר עינב עינת עירית פנחס פנינה צופיה צחי ציון צילה קובי רביב
רוני רוית רונן רונה רועית רותם רותי רינה רן רפאל רפי תהילה תומר תמי תקווה נאוה נגה נחום נחמן נטע
נטלי ניצן נילי נתן נתנאל סמדר סתיו סיון ספיר יסמין
"""
_PAIRS = {
    bare(hebrew): latin
    for hebrew, latin in (pair.split() for pair in _BOTH.replace("\n", " ").split("|"))
}
NAMES = {bare(name): bare(name) for name in _HEBREW.split()} | _PAIRS
"""A folded Hebrew name, and what it is known by."""
IS_NAME = frozenset(NAMES.values())
