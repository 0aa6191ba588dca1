"""Words that stand for one another, by concept, in English and in Hebrew.

Only words that may take each other's place whatever is asked: an invoice is a bill, and no receipt.
A line holds a concept and its words; the words of one language follow those of the other.
"""

from __future__ import annotations

from tizmor.text.normalize import fold


def each(words: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(words.split())


_CONCEPTS = """
lawyer attorney solicitor | פרקליט פרקליטה
doctor physician | רופא רופאה
client customer | לקוח לקוחה לקוחות קליינט
supplier vendor | ספק ספקים ספקית ונדור וונדור
employee worker staffer | עובד עובדת עובדים עובדות
colleague coworker | עמית עמיתה קולגה קולגות
manager boss supervisor | מנהל מנהלת מנהלים בוס
invoice bill | חשבונית חשבוניות
receipt | קבלה קבלות
contract agreement | חוזה חוזים הסכם הסכמים
document file doc docs | מסמך מסמכים קובץ קבצים מסמכי קבצי
financial | פיננסי כספי פיננסית כספית פיננסיים כספיים פיננסיות כספיות
report | דוח דוחות דו״ח דו״חות ריפורט דוחו
email mail e-mail | מייל מיילים אימייל אימיילים דוא״ל
message | הודעה הודעות מסר מסרים
meeting mtg | פגישה פגישות פגישת ישיבה ישיבות ישיבת מיטינג
call phonecall | שיחה שיחות שיחת
appointment appt | תור תורים
calendar diary | יומן יומני
summary recap | סיכום סיכומים תקציר
summarize summarise recapitulate | סכם סכמי תסכם תסכמי לסכם
budget | תקציב תקציבים תקציבי
expense expenditure | הוצאה הוצאות הוצאת
revenue | הכנסה הכנסות
profit | רווח רווחים רווחי
price | מחיר מחירים מחירי
cost | עלות עלויות
salary | משכורת משכורות שכר
payment | תשלום תשלומים תשלומי
debt | חוב חובות
quote quotation | הצעת־מחיר
offer proposal | הצעה הצעות
order | הזמנה הזמנות
purchase buy | רכישה רכישות קנייה קניות
delivery shipment | משלוח משלוחים
deadline duedate | דדליין מועד־אחרון
project | פרויקט פרוייקט פרויקטים פרוייקטים
task todo | משימה משימות מטלה מטלות
decision | החלטה החלטות החלטת
presentation slidedeck deck slides | מצגת מצגות
note notes | הערה הערות
photo picture photograph pic | תמונה תמונות צילום צילומים תצלום
movie film | סרט סרטים
car automobile | מכונית מכוניות רכב
flat apartment | דירה דירות
holiday vacation | חופשה חופשות חופש
trip journey | נסיעה נסיעות
flight | טיסה טיסות טיסת
hotel | מלון מלונות
company firm | חברה חברות חברת פירמה
department dept | מחלקה מחלקות מחלקת
team | צוות צוותים
office | משרד משרדים
branch | סניף סניפים
phone telephone tel | טלפון טלפונים
number no. | מספר מספרים
address | כתובת כתובות
name | שם שמות
information info | מידע
detail particulars | פרט פרטים פרטי
error mistake | שגיאה שגיאות טעות טעויות
problem issue difficulty trouble | בעיה בעיות
answer reply response | תשובה תשובות
question query | שאלה שאלות
change modification | שינוי שינויים
update | עדכון עדכונים
version | גרסה גירסה גרסאות גרסת גירסת
weather | מזג־אוויר
temperature temp | טמפרטורה
schedule timetable | לוח־זמנים לו״ז לוז
agenda | אג׳נדה סדר־יום
resume cv | קורות־חיים קו״ח
law legislation | חוק חוקים
policy | מדיניות
child kid children kids | ילד ילדים ילדה
school | בית־ספר
event | אירוע אירועים
participant attendee | משתתף משתתפים
list | רשימה רשימת
table | טבלה טבלת
goal objective | יעד יעדים מטרה מטרות
result outcome | תוצאה תוצאות
status state | סטטוס מצב
topic subject | נושא נושאים
balance | יתרה יתרת
inventory stock | מלאי
warehouse | מחסן
product item | מוצר מוצרים
sale | מכירה מכירות
tender | מכרז מכרזים
center | מרכז
big large | גדול גדולה גדולים גדולות
small little | קטן קטנה קטנים קטנות
new | חדש חדשה חדשים חדשות
old | ישן ישנה ישנים ישנות
important | חשוב חשובה חשובים חשובות
urgent | דחוף דחופה דחופים דחופות
open | פתוח פתוחה פתוחים פתוחות
close | סגור סגורה סגורים סגורות
free available vacant | פנוי פנויה פנויים פנויות
busy occupied | עסוק תפוס תפוסה
annual yearly | שנתי שנתית שנתיים־
monthly | חודשי חודשית
weekly | שבועי שבועית
daily | יומי יומית
quarterly | רבעוני רבעונית
quarter | רבעון
today | היום
this-week | השבוע
this-month | החודש
this-year | השנה
this-quarter | הרבעון
tomorrow | מחר
yesterday | אתמול
week | שבוע
month | חודש
year | שנה
day | יום
hour | שעה
next following | הבא הבאה הבאים הבאות
last previous | קודם קודמת שעבר שעברה
current present | נוכחי נוכחית
this | זה זאת זו
newest latest | אחרון אחרונה
oldest earliest
begin start commence | מתחיל מתחילה תחילה התחלה
finish end conclude | סוף סיום מסתיים מסתיימת נגמר נגמרת
choose select pick
delete remove erase
modify alter
fix repair
required needed
help assist
cancel
postpone delay reschedule
confirm | אישור
all every each | כל כלל
only solely just-only | רק בלבד
most majority | רוב מרבית
mention | מזכיר מזכירה מזכירים מזכירות
contain include | מכיל מכילה מכילים מכילות כולל כוללת כוללים כוללות
deal | עוסק עוסקת עוסקים עוסקות
concern regard | נוגע נוגעת נוגעים נוגעות
belong | שייך שייכת שייכים שייכות
need | צריך צריכה צריכים
manufacturer maker producer | יצרן
buyer purchaser | קונה קונים
seller | מוכר מוכרים
tenant renter | שוכר שוכרים
landlord | משכיר
teacher | מורה מורים
student pupil | תלמיד תלמידים סטודנט
board | דירקטוריון
secretary | מזכיר־ה
accountant | רואה־חשבון רו״ח
engineer | מהנדס מהנדסת
consultant advisor adviser | יועץ יועצת
recruit hire
chairman chairperson chair | יו״ר
ceo | מנכ״ל מנכ״לית
plan | תוכנית תכנית תוכניות תכניות
draft | טיוטה טיוטא טיוטות
letter | מכתב מכתבים
feedback | משוב פידבק
bug | באג באגים
mobile cellphone cell | נייד סלולרי
apartment-building
train | רכבת רכבות
bus | אוטובוס אוטובוסים
ticket | כרטיס כרטיסים
restaurant | מסעדה מסעדות
client-visit
visit | ביקור ביקורים
interview | ראיון ראיונות
candidate | מועמד מועמדת מועמדים
contractor | קבלן קבלנים
subcontractor | קבלן־משנה
architect | אדריכל אדריכלית
nurse | אחות
parent | הורה הורים
winner | זוכה זוכים
test-result
medicine drug | תרופה תרופות
hospital | בית־חולים
kindergarten | גן
bank | בנק בנקים
municipality | עירייה עיריה
ministry | משרד־ממשלתי
court | בית־משפט
lawsuit suit | תביעה תביעות
judgment verdict | פסק־דין
trial hearing | דיון דיונים
committee | ועדה וועדה ועדת וועדת
conversation talk-between
idea | רעיון רעיונות
delay lateness | עיכוב עיכובים איחור איחורים
failure | תקלה תקלות
reservation booking
warehouse-list
rate | שער שערים
discount | הנחה הנחות
bonus | בונוס בונוסים
pension | פנסיה
forecast | תחזית תחזיות
strategy | אסטרטגיה
audit | ביקורת
approval | אישור אישורים
instruction | הוראה הוראות הנחיה הנחיות
procedure | נוהל נהלים
template | תבנית תבניות
form | טופס טפסים
signature | חתימה חתימות
certificate | תעודה תעודות
passport | דרכון דרכונים
visa | ויזה אשרה
board-member
because | בגלל עקב בשל
example | דוגמה דוגמא דוגמאות
experience | ניסיון נסיון
description | תיאור תאור
lesson | שיעור שעור
repair | תיקון תקון תיקונים
analysis | ניתוח נתוח
region area | אזור איזור אזורים
newspaper | עיתון עתון
word | מילה מלה מילים
mortgage | משכנתא משכנתה
abroad overseas | חו״ל חוצלארץ
compare | השווה תשווה תשווי להשוות השוואה השוואת
translate | תרגם תרגמי תתרגם תתרגמי לתרגם
count | ספור ספרי־ת תספור לספור
live reside | גר גרה גרים גרות מתגורר מתגוררת מתגוררים מתגוררות
found establish | הקים ייסד הקימה ייסדה
owner proprietor | בעלים בעל
explain | הסבר תסביר תסבירי להסביר
people | אנשים
manpower | כוח־אדם כח־אדם
reason
handle
acquire obtain
authorize
decline refuse
inform notify
arrange organize
attend participate
depart
discuss
increase raise rise grow
decrease reduce
laptop notebook
personnel staff workforce
wage wages
manual handbook
elevator lift
headquarters hq
gas petrol gasoline
trash garbage rubbish
truck lorry
store shop
shopping
autumn
football soccer
postcode zip
location place venue | מקום מיקום
lecture talk
course class
exam examination test
survey questionnaire poll
fee charge
refund | החזר החזרים
advertisement ad ads advert
application app
laboratory lab
television tv
management mgmt
government govt
international intl
average avg | ממוצע
quantity qty | כמות
account acct | חשבון חשבונות
amount amt sum | סכום סכומים
building bldg | בניין בנין
organization org | ארגון ארגונים
package pkg parcel | חבילה חבילות
reference ref
representative rep | נציג נציגים
specification spec specs | מפרט
statistics stats
university univ | אוניברסיטה
veterinarian vet
maximum max | מקסימום
minimum min-amount | מינימום
website | אתר־אינטרנט
conference | כנס כנסים ועידה
training | הדרכה הדרכות
security | אבטחה
insurance | ביטוח
tax | מס מסים
loan | הלוואה הלוואות
interest | ריבית
appendix annex | נספח נספחים
clause | סעיף סעיפים
chapter | פרק פרקים
page | עמוד עמודים דף דפים
protocol | פרוטוקול פרוטוקולים
image
guest visitor | אורח אורחים
volunteer | מתנדב מתנדבים
neighbor | שכן שכנים
flat-share
city town | עיר ערים
country state-land | מדינה מדינות ארץ ארצות
street st | רחוב רחובות
apartment-house
room | חדר חדרים
equipment gear | ציוד
computer pc | מחשב מחשבים
software | תוכנה
user | משתמש משתמשים
password | סיסמה סיסמא סיסמאות
backup | גיבוי גיבויים
link | קישור קישורים לינק לינקים
service | שירות שרות שירותים
request | בקשה בקשות
permit | היתר היתרים רישיון רשיון
campaign | קמפיין קמפיינים
market | שוק שווקים
competitor rival | מתחרה מתחרים
partner | שותף שותפים
investor | משקיע משקיעים
shareholder stockholder | בעל־מניות
rent rental lease | שכירות
employer | מעסיק
vote
attach attachment | צרופה צרופות נספח־לדואר
risk | סיכון סיכונים
complaint | תלונה תלונות
fine penalty | קנס קנסות
invitee invited | מוזמן מוזמנים מוזמנת
material | חומר חומרים
article | מאמר מאמרים
opinion | דעה דעת דעות
requirement | דרישה דרישות
speech address־talk | נאום
quit resign
"""

PEOPLE = each("""lawyer doctor client supplier employee colleague manager team company
    department board
    manufacturer buyer seller tenant landlord teacher student secretary accountant engineer
    consultant bank candidate partner sender recipient driver guest host parent mother father son
    daughter brother sister wife husband uncle aunt me us you ceo chair committee contractor
    architect subcontractor neighbor chairman nurse visitor investor shareholder competitor user
    volunteer government ministry municipality court hospital school owner winner judge he she they
    him her them director auditor""")
"""Concepts of those who do things to one another: who comes first is who does it."""


_QUOTES = str.maketrans("", "", "'\"״׳’")


def bare(word: str) -> str:
    """A word as it is looked up: folded, and without the marks of abbreviations."""
    return fold(word.replace("־", " ").strip()).translate(_QUOTES)


def _words_of(concepts: str) -> dict[str, str]:
    known: dict[str, str] = {}
    for line in concepts.strip().splitlines():
        words = line.replace("|", " ").split()
        for word in words:
            known.setdefault(bare(word), words[0])
    return known


CONCEPTS = _words_of(_CONCEPTS)
"""The concept that a folded word stands for."""
