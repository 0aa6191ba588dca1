"""Builds the workspace of Tzohar Architects: the second world that requests are tried on.

Everything in it is invented. Dates are relative to the day that is given, so that the
folder looks the same age whenever it is built. Standard library only.

    python workspace.py DIRECTORY [--today 2026-11-22]
"""

from __future__ import annotations

import argparse
import calendar
import csv
import datetime as dt
import io
import pathlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass

ME = "Michal Bar-On"
MY_ADDRESS = "michal@tzohar.example"
ZONE = "Asia/Jerusalem"

SETTINGS = f"""\
me = "{ME} <{MY_ADDRESS}>"
timezone = "{ZONE}"
working_days = ["sun", "mon", "tue", "wed", "thu"]
working_hours = ["09:00", "18:30"]
meeting_minutes = 45
language = "he"
"""


def build(directory: pathlib.Path, today: dt.date) -> None:
    """Write the whole workspace into `directory`, as it would look on `today`."""
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / "tizmor.toml", SETTINGS)
    for document in documents(today):
        _write(directory / document.path, document.text)
    for person in PEOPLE:
        _write(directory / "contacts" / f"{person.slug}.vcf", _vcard(person))
    for event in my_events(today):
        _write(directory / "calendar" / f"{event.uid}.ics", _icalendar(event, MY_ADDRESS))
    for slug, events in others_events(today).items():
        address = _person(slug).email
        folder = directory / "calendar" / "people" / address
        for event in events:
            _write(folder / f"{event.uid}.ics", _icalendar(event, address))


def _write(path: pathlib.Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


# Days


def month_day(today: dt.date, months_ago: int, day: int) -> dt.date:
    """A day of the month that is `months_ago` before today's (below 0: after it)."""
    index = today.year * 12 + today.month - 1 - months_ago
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day, last))


def week_day(today: dt.date, weeks: int, day: int) -> dt.date:
    """A day (0 is Sunday) of the week that is `weeks` after today's."""
    sunday = today - dt.timedelta(days=(today.weekday() + 1) % 7)
    return sunday + dt.timedelta(weeks=weeks, days=day)


def _dotted(day: dt.date) -> str:
    return day.strftime("%d.%m.%Y")


def _worded(day: dt.date) -> str:
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


# Documents


@dataclass(frozen=True)
class Document:
    path: str
    text: str


def documents(today: dt.date) -> list[Document]:
    return [
        *_library(today),
        *_hotel(today),
        *_school(today),
        *_terraces(today),
        *_competition(today),
        *_office(today),
    ]


def _table(rows: Iterable[Iterable[object]]) -> str:
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue()


def _page(title: str, body: str, language: str = "en") -> str:
    direction = "rtl" if language == "he" else "ltr"
    return (
        f'<!doctype html>\n<html lang="{language}" dir="{direction}">\n'
        f'<head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    )


def _library(today: dt.date) -> list[Document]:
    grant = month_day(today, 13, 12)
    grant_ends = month_day(today, -7, 30)
    kickoff = month_day(today, 2, 6)
    site = month_day(today, 2, 17)
    budget = month_day(today, 2, 27)
    fire = month_day(today, 1, 11)
    return [
        Document(
            "ספריית הכרמל/אישור מענק עירוני.md",
            f"""# אישור מענק: שיפוץ ספריית הכרמל

תאריך: {_dotted(grant)}

לכבוד צוהר אדריכלים,

ועדת הכספים של עיריית חיפה אישרה מענק של 4.2 מיליון ש"ח לשיפוץ ספריית הכרמל.
יש לנצל את המענק במלואו עד {_dotted(grant_ends)}; יתרה שלא תנוצל תחזור לקופת העירייה.

- רכזת הפרויקט מטעם העירייה: נועה בן־עמי
- דיווח התקדמות: אחת לרבעון
- שינוי של יותר מ־8% בסעיף כלשהו טעון אישור מראש

בברכה,
אגף התרבות, עיריית חיפה
""",
        ),
        Document(
            "ספריית הכרמל/פרוטוקול התנעה שלב ב.md",
            f"""# ספריית הכרמל: התנעת שלב ב'

תאריך: {_dotted(kickoff)}
נוכחים: מיכל בר־און, ליאור פרץ, נועה שלו, איתי רוזנברג

## מה הוחלט

1. האטריום נפתח לציבור לפני אולם הקריאה, ולא להפך.
2. מחזקים את התקרה הקיימת במקום להחליף אותה. נועה שלו תגיש חישוב תוך שבועיים.
3. איתי יעדכן את כתב הכמויות לפי החיזוק, ויציג חריגות של יותר מ־5%.

## מה נשאר פתוח

- מי מממן את הריהוט של פינת הילדים.
- מועד סגירת הכניסה הצפונית.
""",
        ),
        Document(
            "ספריית הכרמל/site-report-atrium.txt",
            f"""Carmel Library (ספריית הכרמל) - site report
Date: {_worded(site)}
Written by: Daniel Okafor

Done since the last visit
- Old suspended ceiling of the atrium taken down, 140 square metres.
- Laser scan finished and merged into the model.
- Two hidden steel beams found above the northern entrance; not in any old drawing.

Trouble
- The contractor stopped for three days, waiting for the asbestos certificate.
- The beams cost us a new connection detail. Noa Shalev is on it.

Next
- Close the scan, send the beams' section to the cost estimator.
""",
        ),
        Document(
            "ספריית הכרמל/מצב תקציב.csv",
            _table(
                [
                    ["תאריך", _dotted(budget), "", ""],
                    ["פרויקט", "ספריית הכרמל, שלב ב", "", ""],
                    ["סעיף", "תקציב בשקלים", "נוצל בשקלים", "הערה"],
                    ["פירוק ופינוי", 310000, 342000, "שלושה ימי עצירה"],
                    ["חיזוק תקרה", 880000, 415000, "שתי קורות שלא היו בתוכניות"],
                    ["זיגוג אטריום", 640000, 0, "ממתין ליועצת הבטיחות"],
                    ["חשמל ותאורה", 525000, 96000, ""],
                    ["ריהוט", 450000, 0, "מקור המימון לא נסגר"],
                ]
            ),
        ),
        Document(
            "ספריית הכרמל/fire-review-atrium.html",
            _page(
                "Carmel Library: fire review of the atrium",
                f"""<p>Date: {_worded(fire)}</p>
<p>Reviewer: Ruth Zamir, fire safety</p>
<p>The glazing between the atrium and the escape stair must be <b>EI 60</b> glass:
it has to hold flame <i>and</i> heat for an hour.</p>
<p>The cheaper EW 30 glass that the contractor offered was turned down. It lets too much
radiant heat through, and the stair is the only way out of the reading hall.</p>
<ul>
<li>Doors to the stair: EI 30 with a closer, opening outwards.</li>
<li>Smoke vents: 2% of the floor area, opened by the detection system.</li>
<li>Fire doors (דלתות אש) on the ground floor are to be ordered by the end of the year.</li>
</ul>
""",
            ),
        ),
    ]


def _hotel(today: dt.date) -> list[Document]:
    kickoff = month_day(today, 9, 8)
    meeting = month_day(today, 9, 19)
    strategy = month_day(today, 9, 25)
    facade = month_day(today, 5, 14)
    garden = month_day(today, 1, 20)
    return [
        Document(
            "Lighthouse Hotel/kickoff-notes.md",
            f"""# Lighthouse Hotel, Acre: kick-off

Date: {_worded(kickoff)}

Present: Michal, Lior, Elias Khoury (owner), Samira Haddad (landscape).

- 38 rooms in the old customs house, 12 more in a new wing by the sea wall.
- The antiquities authority wants the vaults kept open to the public.
- We measured the ground floor and started the condition survey of the stone.
- Samira will bring a first idea for the courtyard.

Open: who pays for the dig, and whether the new wing may be taller than the wall.
""",
        ),
        Document(
            "Lighthouse Hotel/סיכום פגישה עם אליאס.txt",
            f"""מלון המגדלור, עכו - סיכום פגישה עם אליאס ח'ורי
תאריך: {_dotted(meeting)}

אליאס מעדיף פחות חדרים ויותר שטח ציבורי: 44 חדרים במקום 50.
סוכם שהאגף החדש לא יעלה על גובה החומה.
הוגשה בקשה מקדמית לרשות העתיקות.
תנאי התשלום: 20% בחתימה, 50% בהיתר, 30% במסירה, שוטף ועוד 30.
לבדוק: האם הקומה העליונה של בית המכס יכולה לשמש מסעדה.
""",
        ),
        Document(
            "Lighthouse Hotel/client-strategy.md",
            f"""# Lighthouse Hotel (מלון המגדלור): where the client is heading

Date: {_worded(strategy)}

The owner isn't building one hotel. He wants a name that he can repeat in three old port
towns, so the Acre house is a prototype.

1. Fewer, larger rooms; income from the restaurant and the vaults.
2. Open the courtyard to the town: the neighbours are the first guests.
3. Phase it: customs house first, the new wing only after one full season.

What it means for us: details that can be repeated, a modest facade, and a material book.
""",
        ),
        Document(
            "Lighthouse Hotel/facade-options.md",
            f"""# Facade options for the new wing

Date: {_worded(facade)}

| option | material | cost per square metre | care |
|---|---|---|---|
| A | kurkar stone, dry laid | 1,450 | repointing every 15 years |
| B | lime render on block | 620 | new coat every 6 years |
| C | pre-cast panels with local sand | 980 | washing only |

The antiquities authority accepts A and B. Salt spray is the deciding matter: B failed on
the neighbouring building after four winters. Daniel's model shows that C needs an
expansion joint in the middle of the long wall.

Recommendation: A for the ground floor, B above it, behind the wall's line.
""",
        ),
        Document(
            "Lighthouse Hotel/garden-plan.html",
            _page(
                "Lighthouse Hotel: the courtyard garden",
                f"""<p>Date: {_worded(garden)}</p>
<p>By Samira Haddad. Six bitter orange trees, a shallow channel on the line of the old
one, and no lawn. Irrigation from the roof's cistern covers eight months.</p>
<p>Needed from the architects: the level of the vaults' crown, and where the lorries turn.
Planting has to begin before the winter rains end.</p>
""",
            ),
        ),
    ]


def _school(today: dt.date) -> list[Document]:
    classes = month_day(today, 3, 10)
    letter = week_day(today, -2, 1)
    acoustics = week_day(today, -2, 3)
    progress = week_day(today, -1, 1)
    visit = week_day(today, -1, 3)
    return [
        Document(
            "Orchard School/תוכנית כיתות.md",
            f"""# בית ספר בוסתן (Orchard School): תוכנית הכיתות

תאריך: {_dotted(classes)}

- 18 כיתות אם, 4 כיתות חינוך מיוחד, ספרייה ואולם רב־תכליתי.
- ד"ר תמר וייס ביקשה שכל שתי כיתות יחלקו מרפסת לימוד.
- גודל כיתה: 53 מ"ר. משרד החינוך דורש לפחות 49.
- החצר המזרחית נשארת ריקה עד לשלב ב'.
""",
        ),
        Document(
            "Orchard School/letter-from-contractor.html",
            _page(
                "מכתב מהקבלן: בית ספר בוסתן",
                f"""<p>תאריך: {_dotted(letter)}</p>
<p>מאת: גיל אהרוני, אהרוני בנייה</p>
<p>אספקת האלומיניום מתעכבת בשלושה שבועות. אנחנו מבקשים לדחות את מסירת האגף הדרומי
ב־18 יום, ומציעים להקדים במקומה את עבודות הפיתוח.</p>
<p>נא לקבוע פגישה דחופה עם מנהל החשבונות שלנו מחר בשמונה בבוקר.</p>
""",
                "he",
            ),
        ),
        Document(
            "Orchard School/סקר אקוסטיקה.txt",
            f"""בית ספר בוסתן - סקר אקוסטיקה
תאריך: {_dotted(acoustics)}

נמדד זמן הדהוד של 1.1 שניות באולם הרב־תכליתי; היעד הוא 0.8.
הוחלט להוסיף 60 מ"ר של לוחות בולעים בתקרה, ולא בקירות.
איתי רוזנברג יתמחר עד סוף השבוע הבא.
""",
        ),
        Document(
            "Orchard School/progress.txt",
            f"""Orchard School (בית ספר בוסתן), Rehovot - progress note
Date: {_worded(progress)}

Done
- Slab of the southern wing poured, tests came back fine.
- Window schedule re-issued after the aluminium delay: 64 windows in 5 types, was 9.
- Classroom mock-up built; the teachers tried it for a morning.

Not done
- The ramp's drawing is still with the accessibility consultant.
""",
        ),
        Document(
            "Orchard School/ביקור באתר.md",
            f"""# בית ספר בוסתן: ביקור באתר

תאריך: {_dotted(visit)}

נוכחים: ליאור פרץ, גיל אהרוני, ד"ר תמר וייס

1. אישרנו דחייה של 12 יום בלבד באגף הדרומי.
2. תמר בחרה בצבע ירוק־זית לדלתות הכיתות.
3. מרפסות הלימוד: המעקה יוגבה ל־1.10 מ'.
4. נמצאה סטייה של 3 ס"מ בציר המסדרון; גיל יתקן על חשבונו.
""",
        ),
    ]


def _terraces(today: dt.date) -> list[Document]:
    tour = month_day(today, 12, 5)
    walls = month_day(today, 12, 19)
    soil = month_day(today, 8, 3)
    notes = month_day(today, 1, 8)
    units = month_day(today, 1, 26)
    return [
        Document(
            "שכונת הטרסות/סיור בשטח.md",
            f"""# שכונת הטרסות: סיור ראשון בשטח

תאריך: {_dotted(tour)}

- המדרון בשיפוע של 24%, עם שבע טרסות חקלאיות ישנות.
- שלוש מהן ראויות לשימור; האבן שלהן מקומית.
- הגישה לרכב אפשרית רק מדרום. גיל אהרוני מציע דרך עפר זמנית.
- הוחלט לתכנן 46 דירות בשישה מבנים נמוכים ולא במגדל אחד.
""",
        ),
        Document(
            "שכונת הטרסות/retaining-walls.txt",
            f"""Wadi Terraces (שכונת הטרסות) - retaining walls
Date: {_worded(walls)}

Noa Shalev compared three kinds of wall. Gabions are the cheapest and drain by themselves.
Concrete with a stone face costs 70 percent more. Rebuilding in dry stone is possible for
the three old terraces only.
Decision: gabions, and dry stone where the old walls are kept.
""",
        ),
        Document(
            "שכונת הטרסות/חוות דעת קרקע.txt",
            f"""שכונת הטרסות - חוות דעת ביסוס וקרקע
תאריך: {_dotted(soil)}

קרטון רך עד עומק 4 מטרים. ביסוס על כלונסאות בקוטר 60 ס"מ.
מי תהום לא נמצאו. אסור לרכז נגר מאחורי הקירות התומכים.
""",
        ),
        Document(
            "שכונת הטרסות/status.md",
            f"""# Wadi Terraces: notes on the permit

Date: {_worded(notes)}

- The district committee gave its permit, with two conditions: a public path along the
  wadi, and parking for bicycles.
- Gil Aharoni asks to start the southern road before the rains. We agreed in principle.
- Two of the six buildings move four metres to the west, off the old cistern.
- Risk: the sewage link crosses a neighbour's plot; no agreement yet.
""",
        ),
        Document(
            "שכונת הטרסות/units.csv",
            _table(
                [
                    ["Date", units.isoformat(), "", ""],
                    ["Project", "Wadi Terraces", "", ""],
                    ["building", "apartments", "average size (square metres)", "status"],
                    ["A", 8, 92, "drawn"],
                    ["B", 8, 92, "drawn"],
                    ["C", 7, 104, "moved west"],
                    ["D", 7, 104, "moved west"],
                    ["E", 8, 88, "waiting for the sewage link"],
                    ["F", 8, 88, "waiting for the sewage link"],
                ]
            ),
        ),
    ]


def _competition(today: dt.date) -> list[Document]:
    brief = month_day(today, 6, 4)
    ideas = month_day(today, 5, 22)
    checklist = month_day(today, 4, 9)
    result = month_day(today, 4, 28)
    return [
        Document(
            "Jaffa Port/brief.md",
            f"""# Jaffa Port competition: what is asked

Date: {_worded(brief)}

An open competition for the northern quay: a market hall of 2,400 square metres, a pier
for small boats, and a public roof. Two stages. Entries are anonymous.

We join together with Samira Haddad. Budget for our own hours: 320.
""",
        ),
        Document(
            "Jaffa Port/רעיונות לתחרות.md",
            f"""# תחרות נמל יפו: רעיונות

תאריך: {_dotted(ideas)}

1. גג אחד רציף שעולה מהרציף כמו מפרש. (ליאור)
2. שוק על גבי דוברות, שאפשר לגרור החוצה בקיץ. (מיכל)
3. לשמר את מנוף הברזל ולבנות סביבו. (סמירה)

בחרנו להמשיך עם 3, עם הגג של 1.
""",
        ),
        Document(
            "Jaffa Port/submission-checklist.csv",
            _table(
                [
                    ["Date", checklist.isoformat(), ""],
                    ["item", "owner", "state"],
                    ["Four boards, A1", "Lior", "done"],
                    ["Model photographs", "Michal", "done"],
                    ["Text, 500 words", "Michal", "draft"],
                    ["Sealed envelope with the names", "office", "open"],
                ]
            ),
        ),
        Document(
            "Jaffa Port/result.txt",
            f"""Jaffa Port competition - first stage
Date: {_worded(result)}

We are among the five who go on. The jury praised the crane and asked how the roof is
drained. The second stage opens in the spring.
""",
        ),
    ]


def _office(today: dt.date) -> list[Document]:
    bim = month_day(today, 7, 15)
    leave = month_day(today, 11, 2)
    hours = week_day(today, -1, 4)
    survey = month_day(today, 10, 21)
    return [
        Document(
            "Office/bim-standard.md",
            f"""# How we model

Date: {_worded(bim)}

Owner: Daniel Okafor. One model a building, one file a storey. Names in English, labels in
both languages. The BIM handover to a contractor includes the model, the schedule and a
list of what isn't modelled.
""",
        ),
        Document(
            "Office/נוהל חופשות.txt",
            f"""צוהר אדריכלים - נוהל חופשות
תאריך: {_dotted(leave)}

חופשה של יותר משלושה ימים מבקשים שבועיים מראש, מליאור פרץ.
אפשר להעביר לשנה הבאה עד 7 ימים.
""",
        ),
        Document(
            "Office/hours-by-project.csv",
            _table(
                [
                    ["Date", hours.isoformat()],
                    ["project", "hours last week"],
                    ["Orchard School", 96],
                    ["Carmel Library", 71],
                    ["Lighthouse Hotel", 44],
                    ["Wadi Terraces", 38],
                ]
            ),
        ),
        Document(
            "Office/lunch-survey.html",
            _page(
                "Lunch survey",
                f"""<p>Date: {_worded(survey)}</p>
<p>Eleven answered. Seven want hummus on Tuesdays, four want pizza, nobody wants sushi.</p>
""",
            ),
        ),
    ]


# Contacts


@dataclass(frozen=True)
class Person:
    slug: str
    email: str
    phone: str
    organization: str
    title: str
    english: tuple[str, str] | None = None
    hebrew: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        first, last = self.english or self.hebrew or ("", "")
        return f"{first} {last}"


PEOPLE = (
    Person(
        "noa-shalev",
        "noa@konstrukt.example",
        "+972-54-555-0121",
        "Konstrukt Engineers",
        "Structural engineer",
        ("Noa", "Shalev"),
        ("נועה", "שלו"),
    ),
    Person(
        "noa-ben-ami",
        "noa.benami@haifa-culture.example",
        "+972-52-555-0137",
        "עיריית חיפה, אגף התרבות",
        "רכזת פרויקטים",
        None,
        ("נועה", "בן־עמי"),
    ),
    Person(
        "elias-khoury",
        "elias@lighthouse-acre.example",
        "+972-50-555-0148",
        "Lighthouse Hotels",
        "Owner",
        ("Elias", "Khoury"),
        ("אליאס", "ח'ורי"),
    ),
    Person(
        "tamar-weiss",
        "tamar.weiss@orchard-school.example",
        "+972-53-555-0153",
        "בית ספר בוסתן",
        "מנהלת",
        None,
        ("תמר", "וייס"),
    ),
    Person(
        "gil-aharoni",
        "gil@aharoni-build.example",
        "+972-54-555-0166",
        "Aharoni Construction",
        "Contractor",
        ("Gil", "Aharoni"),
        ("גיל", "אהרוני"),
    ),
    Person(
        "samira-haddad",
        "samira@haddad-landscape.example",
        "+972-58-555-0172",
        "Haddad Landscape",
        "Landscape architect",
        ("Samira", "Haddad"),
    ),
    Person(
        "itay-rozenberg",
        "itay@kamut.example",
        "+972-52-555-0184",
        "כמות, ניהול עלויות",
        "אומדן וכמויות",
        None,
        ("איתי", "רוזנברג"),
    ),
    Person(
        "daniel-okafor",
        "daniel@tzohar.example",
        "+972-55-555-0195",
        "Tzohar Architects",
        "BIM manager",
        ("Daniel", "Okafor"),
    ),
    Person(
        "lior-peretz",
        "lior@tzohar.example",
        "+972-50-555-0103",
        "צוהר אדריכלים",
        "שותף",
        None,
        ("ליאור", "פרץ"),
    ),
    Person(
        "ruth-zamir",
        "ruth@zamir-fire.example",
        "+972-54-555-0119",
        "Zamir Fire Safety",
        "Fire safety consultant",
        ("Ruth", "Zamir"),
        ("רות", "זמיר"),
    ),
)


def _person(slug: str) -> Person:
    return next(person for person in PEOPLE if person.slug == slug)


def _escaped(text: str) -> str:
    for plain in ("\\", ";", ","):
        text = text.replace(plain, "\\" + plain)
    return text.replace("\n", "\\n")


def _folded(lines: Iterable[str]) -> str:
    """Lines of at most 75 octets, as both formats ask."""
    result = []
    for line in lines:
        piece = ""
        for character in line:
            if len((piece + character).encode("utf-8")) > 75:
                result.append(piece)
                piece = " "
            piece += character
        result.append(piece)
    return "\r\n".join(result) + "\r\n"


def _vcard(person: Person) -> str:
    lines = ["BEGIN:VCARD", "VERSION:4.0", f"UID:urn:tzohar:{person.slug}"]
    for language, name in (("en", person.english), ("he", person.hebrew)):
        if name:
            lines.append(f"FN;LANGUAGE={language}:{_escaped(' '.join(name))}")
    first, last = person.english or person.hebrew or ("", "")
    lines += [
        f"N:{_escaped(last)};{_escaped(first)};;;",
        f"EMAIL;TYPE=work:{person.email}",
        f"TEL;TYPE=cell:{person.phone}",
        f"ORG:{_escaped(person.organization)}",
        f"TITLE:{_escaped(person.title)}",
        "END:VCARD",
    ]
    return _folded(lines)


# Calendars


@dataclass(frozen=True)
class Event:
    uid: str
    title: str
    day: dt.date
    start: str = ""  # HH:MM; empty: the whole day
    minutes: int = 0
    rule: str = ""
    without: tuple[dt.date, ...] = ()
    attendees: tuple[str, ...] = ()
    place: str = ""


TIME_ZONE_LINES = (
    "BEGIN:VTIMEZONE",
    f"TZID:{ZONE}",
    "BEGIN:DAYLIGHT",
    "DTSTART:20130329T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=FR;BYMONTHDAY=23,24,25,26,27,28,29",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0300",
    "TZNAME:IDT",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "DTSTART:20131027T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "TZOFFSETFROM:+0300",
    "TZOFFSETTO:+0200",
    "TZNAME:IST",
    "END:STANDARD",
    "END:VTIMEZONE",
)


def _icalendar(event: Event, organizer: str) -> str:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Tzohar Architects//Second workspace//EN",
        *TIME_ZONE_LINES,
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"DTSTAMP:{event.day:%Y%m%d}T000000Z",
    ]
    if event.start:
        begin = dt.datetime.combine(event.day, dt.time.fromisoformat(event.start))
        end = begin + dt.timedelta(minutes=event.minutes)
        lines.append(f"DTSTART;TZID={ZONE}:{begin:%Y%m%dT%H%M%S}")
        lines.append(f"DTEND;TZID={ZONE}:{end:%Y%m%dT%H%M%S}")
        lines += [f"EXDATE;TZID={ZONE}:{day:%Y%m%d}T{begin:%H%M%S}" for day in event.without]
    else:
        after = event.day + dt.timedelta(days=1)
        lines.append(f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}")
        lines.append(f"DTEND;VALUE=DATE:{after:%Y%m%d}")
    if event.rule:
        lines.append(f"RRULE:{event.rule}")
    lines.append(f"SUMMARY:{_escaped(event.title)}")
    if event.place:
        lines.append(f"LOCATION:{_escaped(event.place)}")
    if event.attendees:
        lines.append(f"ORGANIZER:mailto:{organizer}")
        for slug in event.attendees:
            person = _person(slug)
            lines.append(f'ATTENDEE;CN="{person.name}":mailto:{person.email}')
    lines += ["STATUS:CONFIRMED", "END:VEVENT", "END:VCALENDAR"]
    return _folded(lines)


def my_events(today: dt.date) -> list[Event]:
    def day(weeks: int, weekday: int) -> dt.date:
        return week_day(today, weeks, weekday)

    return [
        Event(
            "studio-weekly",
            "ישיבת סטודיו",
            day(-30, 0),
            "09:30",
            60,
            rule="FREQ=WEEKLY;BYDAY=SU",
            without=(day(-6, 0), day(2, 0)),
            attendees=("lior-peretz", "daniel-okafor"),
            place="חדר ישיבות",
        ),
        Event(
            "design-review",
            "Design review",
            day(-20, 3),
            "14:00",
            90,
            rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=WE",
            attendees=("lior-peretz",),
        ),
        Event(
            "library-site-walk",
            "Carmel Library: site walk",
            day(0, 1),
            "10:00",
            120,
            attendees=("noa-shalev",),
            place="Haifa",
        ),
        Event("dentist", "רופא שיניים", day(0, 1), "16:30", 45),
        Event(
            "hotel-materials",
            "מלון המגדלור: ספר חומרים",
            day(0, 2),
            "11:00",
            60,
            attendees=("elias-khoury", "samira-haddad"),
        ),
        Event(
            "school-doors",
            "Orchard School: door schedule",
            day(0, 3),
            "10:00",
            45,
            attendees=("tamar-weiss", "gil-aharoni"),
        ),
        Event("salary-talks", "שיחות שכר", day(0, 4), "13:00", 120, attendees=("lior-peretz",)),
        Event(
            "hotel-budget",
            "Lighthouse Hotel: budget call",
            day(1, 0),
            "15:00",
            60,
            attendees=("elias-khoury",),
        ),
        Event("terraces-permit", "שכונת הטרסות: ועדה", day(1, 2), "09:00", 180, place="הוועדה"),
        Event(
            "library-grant",
            "ספריית הכרמל: דיווח רבעוני",
            day(1, 4),
            "12:00",
            60,
            attendees=("noa-ben-ami",),
        ),
        Event("open-house", "Open house at the studio", day(0, 5)),
        Event(
            "school-visit-past",
            "בית ספר בוסתן: ביקור באתר",
            day(-1, 3),
            "09:00",
            120,
            attendees=("tamar-weiss", "gil-aharoni", "lior-peretz"),
        ),
        Event("partners", "Partners", day(-8, 4), "16:00", 60, rule="FREQ=WEEKLY;INTERVAL=4"),
    ]


def others_events(today: dt.date) -> dict[str, list[Event]]:
    def day(weeks: int, weekday: int) -> dt.date:
        return week_day(today, weeks, weekday)

    return {
        "daniel-okafor": [
            Event(
                "daniel-stand-up",
                "Busy",
                day(-12, 1),
                "10:00",
                30,
                rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH",
            ),
            Event("daniel-training", "Busy", day(1, 2), "13:00", 240),
        ],
        "lior-peretz": [
            Event("lior-site", "Busy", day(1, 1), "09:00", 180),
            Event("lior-away", "Away", day(1, 3)),
            Event("lior-teaching", "Busy", day(-10, 4), "09:00", 180, rule="FREQ=WEEKLY"),
        ],
        "elias-khoury": [
            Event("elias-bank", "Busy", day(0, 2), "14:00", 60),
            Event("elias-board", "Busy", day(1, 3), "15:00", 120),
        ],
        "itay-rozenberg": [
            Event("itay-tender", "Busy", day(0, 0), "11:00", 300),
            Event("itay-course", "Busy", day(-6, 1), "09:00", 240, rule="FREQ=WEEKLY"),
        ],
        "noa-shalev": [Event("noa-lab", "Busy", day(0, 1), "12:30", 90)],
        "ruth-zamir": [Event("ruth-court", "Busy", day(0, 4), "13:00", 180)],
        "gil-aharoni": [
            Event("gil-pour", "Busy", day(-4, 2), "07:00", 240, rule="FREQ=WEEKLY;COUNT=12")
        ],
    }


def main() -> None:
    local_today = dt.datetime.now().astimezone().date()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--today", type=dt.date.fromisoformat, default=local_today)
    options = parser.parse_args()
    build(options.directory, options.today)
    count = sum(1 for path in options.directory.rglob("*") if path.is_file())
    sys.stdout.write(f"{count} files in {options.directory}\n")


if __name__ == "__main__":
    main()
