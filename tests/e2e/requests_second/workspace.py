"""The world of the second set: Tailwind (רוח גבית), a maker of bicycles. Standard library only.

python workspace.py DIRECTORY --today 2026-11-22
"""

from __future__ import annotations

import argparse
import calendar
import datetime as dt
import pathlib

SETTINGS = """\
me = "Michal Bar-On <michal@tzohar.example>"
timezone = "Asia/Jerusalem"
working_days = ["sun", "mon", "tue", "wed", "thu"]
working_hours = ["08:30", "17:30"]
meeting_minutes = 40
"""

# months before today, day, path, title, what it says; a Hebrew title gets a Hebrew date line
DOCUMENTS: tuple[tuple[int, int, str, str, str], ...] = (
    (
        13,
        14,
        "management/where-next.md",
        "Where we go next year",
        """\
We stay a small maker: three frames, one factory, one shop of our own.

- Cargo bikes carry the margin; children's bikes carry the name.
- Tenders of cities only when service is part of the price.
- No fourth model before the electric one pays for itself.
""",
    ),
    (
        12,
        9,
        "shops/haifa-lease.md",
        "Lease of the Haifa shop, the terms that matter",
        """\
Landlord: Masada Street Properties. Term: five years, with an option for three more.

- Rent: 14,200 ILS a month, due on the first.
- The rent goes up once, on the first of March of the second year, by 4.5 per cent.
- Sign and shutters are ours to keep in repair; the roof is the landlord's.
- Either side may end it with six months' notice after the third year.
""",
    ),
    (
        11,
        20,
        "הנהלה/סיכום-שנה.md",
        "סיכום שנה להנהלה",
        """\
מכרנו 2,310 זוגות אופניים, עלייה של שמונה אחוזים.

- אופני המטען (הדגם פיל) הם שליש מההכנסות.
- החנות בחיפה תיפתח באביב.
- הוחלט לפתח דגם חשמלי בשם סופה.
""",
    ),
    (
        10,
        12,
        "tenders/kfar-saba-bid.md",
        "Kfar Saba bike-share tender: our bid",
        """\
The municipality asks for 240 bicycles at 18 stations, with five years of service.

- We offered 2,950 ILS a bicycle and 310 ILS a year for service.
- Delivery in two lots, the first after 14 weeks.
- Spare parts from our own stock in Netanya.
""",
    ),
    (
        9,
        3,
        "tenders/kfar-saba-questions.md",
        "Kfar Saba tender: the committee's questions",
        """\
Nadav Peled sent eleven questions on behalf of the committee.

- Five of them are about how fast a broken bicycle is replaced; we wrote 72 hours.
- Two ask for a local depot, which we don't have.
- Price drew no questions at all.
""",
    ),
    (
        9,
        24,
        "tenders/kfar-saba-scores.md",
        "Kfar Saba tender: how we were scored",
        """\
Second place with 81 points; the winner had 88.

- Price: 38 of 40.
- Quality of the bicycle: 27 of 30.
- Service: 16 of 30. The replacement time and the missing depot cost us the tender.
- The city will ask for bids on a second district within a year.
""",
    ),
    (
        8,
        29,
        "fairs/taipei-trip-report.md",
        "Trip report: the Taipei bicycle fair",
        """\
Four days, 26 meetings, two of them worth the flight.

- Decided: the belt drive comes from Gateline, from the next cargo series on.
- Decided: we don't take their cheaper hubs; the seals failed our rain test.
- Decided: we show the electric bike there next year, on a shared stand.
- Open: who translates the manuals.
""",
    ),
    (
        7,
        19,
        "חנויות/חיפה-פתיחה.md",
        "פתיחת החנות בחיפה",
        """\
החנות בחיפה נפתחה ביום חמישי. בשבוע הראשון נכנסו 340 אנשים ונמכרו 21 זוגות.

- רוב הקונים שאלו על אופני ילדים.
- חסר עמדת תיקונים; לקוחות נשלחו לנתניה.
""",
    ),
    (
        6,
        6,
        "workshop/wheel-building-first-week.md",
        "Workshop, first week of the month",
        """\
Wheel building is behind by 90 wheels.

- One truing stand of three is out of order; the part is on order.
- Ronen moved two people from assembly for ten days.
""",
    ),
    (
        6,
        27,
        "workshop/wheel-building-review.md",
        "Workshop, end of the month",
        """\
The backlog in wheel building went from 90 wheels to 35.

- Spokes of the cargo bike come in two lengths that look alike; 14 wheels were rebuilt.
- Tomer Vaknin draws a gauge that tells them apart.
- The bottleneck is now truing by hand; a second-hand machine costs 38,000 ILS.
""",
    ),
    (
        5,
        22,
        "חנויות/חיפה-שלושה-חודשים.txt",
        "החנות בחיפה אחרי שלושה חודשים",
        """\
המכירות ירדו מ-21 לשבוע ל-13, אבל התיקונים מכסים את השכירות.

- עמדת התיקונים נפתחה במאי ומלאה שבועיים קדימה.
- ליאורה מבקשת עובד נוסף בימי שישי.
- אופני ילדים הם 60 אחוז מהמכירות.
""",
    ),
    (
        4,
        15,
        "סופה/יעדים.md",
        "האופניים החשמליים: יעדים",
        """\
סופה צריכה להגיע לשוק במחיר של עד 8,900 ש"ח.

- טווח של 70 ק"מ בעומס מלא.
- משקל של עד 23 ק"ג.
- גלית: בלי מימון חיצוני לפני אב הטיפוס השני.
""",
    ),
    (
        3,
        12,
        "סופה/אב-טיפוס.md",
        "האופניים החשמליים: אב טיפוס ראשון",
        """\
אב הטיפוס נסע 61 ק"מ ושוקל 24.6 ק"ג.

- השלדה עומדת בבדיקת העייפות.
- הבקר מתחמם בעליות ארוכות.
""",
    ),
    (
        3,
        31,
        "שירות/החזרות-באחריות.md",
        "אחריות: אופניים שהוחזרו החודש",
        """\
החודש הוחזרו באחריות 37 זוגות אופניים.

- התקלה הנפוצה: ציר מרכזי רופף, 22 מקרים, כולם מסדרת האביב של פיל.
- צבע מתקלף: 9 מקרים.
- כל השאר: שישה מקרים שונים.
""",
    ),
    (
        2,
        6,
        "ספקים/הסכם-סוללות.md",
        "הסכם אספקת סוללות לסופה",
        """\
הספק של הסוללות לסופה הוא וולטרה (Voltara), דרך דניאל אוקפור.

- המחיר שסוכם: 1,140 ש"ח ליחידה, בהזמנה של 500 ומעלה.
- זמן אספקה: תשעה שבועות.
- אחריות הספק: שלוש שנים או 800 מחזורים.
""",
    ),
    (
        2,
        21,
        "סופה/תמחור.md",
        "האופניים החשמליים: תמחור",
        """\
בעלות הנוכחית המחיר לצרכן הוא 9,350 ש"ח, 450 מעל היעד.

- הסוללה היא 19 אחוז מהעלות.
- שתי דרכים: סדרה ראשונה של 500, או מנוע זול יותר.
- גלית ממליצה על 500 יחידות ועל מקדמות של לקוחות.
""",
    ),
    (
        1,
        8,
        "צביעה/תקלה-בתנור.md",
        "פס הצביעה: תקלה בתנור",
        """\
התנור של פס הצביעה עמד ארבעה ימים. 130 שלדות מחכות.

- גוף החימום הוחלף; הטרמוסטט עדיין לא מדויק.
- רונן העביר 40 שלדות לקבלן חיצוני.
""",
    ),
    (
        1,
        14,
        "sufa/test-rides-coast.md",
        "Sufa test rides: the coast",
        """\
Six riders, 410 km on the flat.

- Range 72 km on average, above the target.
- The display can't be read in full sun.
""",
    ),
    (
        1,
        20,
        "suppliers/battery-supply-review.md",
        "Battery supply: where we stand",
        """\
All batteries of the electric bike come from Voltara; there is no second source.

- Daniel Okafor wants a firm order of 500 before the end of the year.
- The last two lots came 11 and 16 days late.
- We hold stock for three weeks of assembly.
""",
    ),
    (
        1,
        25,
        "צביעה/סיכום-חודש.md",
        "פס הצביעה: סיכום החודש",
        """\
פס הצביעה חזר לקצב מלא, 46 שלדות ביום.

- נשארו 18 שלדות בפיגור.
- פסילות בצבע ירדו משבעה אחוזים לשלושה אחרי החלפת האבקה של נורדלאק.
- החלטה פתוחה: תנור חדש ב-210,000 ש"ח או שיפוץ ב-64,000.
""",
    ),
    (
        1,
        28,
        "sufa/test-rides-hills.md",
        "Sufa test rides: the hills",
        """\
Four riders, 260 km in the Carmel and the Gilboa.

- Range 54 km; the controller cut out twice on long climbs.
- Brakes were praised by all four.
""",
    ),
    (
        0,
        4,
        "מטען/ריתוך.md",
        "אופני המטען: ריתוך הסדרה החדשה",
        """\
הריתוך של הסדרה החדשה של אופני המטען התחיל. 60 שלדות מוכנות מתוך 150.

- המוביל הקדמי שונה לפי השרטוט של תומר ועקנין.
- הרצועה מטאיוואן תגיע בסוף החודש.
""",
    ),
    (
        0,
        10,
        "suppliers/battery-second-source.md",
        "Battery supply: a second source",
        """\
Cellworks in Turin can deliver a pack that fits, after a change of the bracket.

- 7 per cent dearer, five weeks instead of nine.
- Proposal: two thirds of the first series from Voltara, a third from Turin.
- That strengthens our hand on late deliveries.
""",
    ),
    (
        0,
        17,
        "מטען/נסיעות-מבחן.md",
        "אופני המטען: נסיעות מבחן",
        """\
אופני המטען החדשים עברו 300 ק"מ עם 120 ק"ג בארגז.

- אין סדקים בריתוך.
- המעמד הכפול נמוך מדי ויוחלף.
- תאריך היעד למשלוח הראשון נשאר אמצע החודש הבא.
""",
    ),
)

# formatted name, other name, e-mail, telephone, organisation, role
CONTACTS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("רונן אדלר", "", "ronen@tailwind.example", "+972-50-555-0171", "רוח גבית", "מנהל ייצור"),
    ("Galit Shaham", "", "galit@tailwind.example", "+972-52-555-0112", "Tailwind", "Finance"),
    ("ליאורה בן-עמי", "", "liora@tailwind.example", "+972-54-555-0143", "רוח גבית", "מנהלת חנויות"),
    (
        "תומר ועקנין",
        "Tomer Vaknin",
        "tomer.v@tailwind.example",
        "+972-53-555-0128",
        "רוח גבית",
        "מהנדס תכן",
    ),
    ("Tomer Levi", "", "tomer.l@tailwind.example", "+972-50-555-0164", "Tailwind", "Warehouse"),
    ("הגר יוסף", "", "hagar@tailwind.example", "+972-58-555-0155", "רוח גבית", "שיווק"),
    ("Sivan Mor", "", "sivan@tailwind.example", "+972-52-555-0139", "Tailwind", "Customer service"),
    ("Daniel Okafor", "", "d.okafor@voltara.example", "+44-20-7946-0182", "Voltara", "Sales"),
    (
        "Petra Lindqvist",
        "",
        "petra@nordlack.example",
        "+46-8-555-01-47",
        "Nordlack",
        "Paint systems",
    ),
    (
        "נדב פלד",
        "Nadav Peled",
        "nadav@kfar-saba.example",
        "+972-9-555-0119",
        "עיריית כפר סבא",
        "תחבורה",
    ),
)

# The rest is in weeks from the Sunday on or before today: whose ("" is mine), UID, title,
# week, weekday (Sunday is 0), start, end, rule, guests
EVENTS: tuple[tuple[str, str, str, int, int, str, str, str, tuple[str, ...]], ...] = (
    ("", "open-week", "פתיחת שבוע", -20, 0, "09:30", "10:00", "FREQ=WEEKLY", ()),
    (
        "",
        "production-review",
        "Production review",
        -12,
        3,
        "14:00",
        "15:30",
        "FREQ=WEEKLY",
        ("ronen@tailwind.example",),
    ),
    ("", "bank", "פגישה בבנק", 0, 1, "10:00", "11:00", "", ("galit@tailwind.example",)),
    (
        "",
        "warehouse-count",
        "Warehouse count with Tomer Levi",
        0,
        3,
        "15:45",
        "16:30",
        "",
        ("tomer.l@tailwind.example",),
    ),
    ("", "haifa-visit", "ביקור בחנות בחיפה", 1, 0, "12:00", "17:30", "", ()),
    ("", "budget", "Budget, first round", 1, 2, "13:00", "16:00", "", ("galit@tailwind.example",)),
    ("", "dentist", "רופא שיניים", 1, 4, "15:00", "16:00", "", ()),
    (
        "ronen@tailwind.example",
        "shift",
        "Busy",
        -8,
        1,
        "08:30",
        "09:30",
        "FREQ=WEEKLY;BYDAY=MO,WE",
        (),
    ),
    ("galit@tailwind.example", "payroll", "Busy", 0, 0, "10:00", "14:00", "", ()),
    ("hagar@tailwind.example", "shoot", "Busy", 0, 2, "09:00", "17:00", "", ()),
    ("sivan@tailwind.example", "calls", "Busy", -5, 1, "13:00", "15:00", "FREQ=WEEKLY", ()),
    ("tomer.v@tailwind.example", "lab", "Busy", 0, 1, "13:00", "15:00", "", ()),
    ("d.okafor@voltara.example", "travel", "Busy", 0, 2, "08:00", "18:00", "", ()),
    ("petra@nordlack.example", "audit", "Busy", 2, 3, "09:00", "16:00", "", ()),
    ("nadav@kfar-saba.example", "council", "Busy", -6, 1, "16:00", "18:00", "FREQ=WEEKLY", ()),
    ("nadav@kfar-saba.example", "hearing", "Busy", 1, 3, "09:00", "15:30", "", ()),
)

ZONE = """\
BEGIN:VTIMEZONE
TZID:Asia/Jerusalem
BEGIN:DAYLIGHT
DTSTART:20130329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=FR;BYMONTHDAY=23,24,25,26,27,28,29
TZOFFSETFROM:+0200
TZOFFSETTO:+0300
TZNAME:IDT
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20131027T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0300
TZOFFSETTO:+0200
TZNAME:IST
END:STANDARD
END:VTIMEZONE
"""


def build(directory: pathlib.Path | str, today: dt.date) -> None:
    """Writes the workspace, dated so that `today` is its today."""
    root = pathlib.Path(directory)
    _write(root / "tizmor.toml", SETTINGS)
    for months, month_day, path, title, body in DOCUMENTS:
        _write(root / path, _document(_months_ago(today, months, month_day), title, body))
    for name, other, address, phone, organisation, role in CONTACTS:
        card = _card(name, other, address, phone, organisation, role)
        _write(root / "contacts" / f"{address.split('@')[0]}.vcf", card)
    sunday = today - dt.timedelta(days=(today.weekday() + 1) % 7)
    for owner, key, title, week, weekday, start, end, rule, guests in EVENTS:
        uid = f"{key}@{owner.split('@')[1] if owner else 'tizmor.example'}"
        folder = root / "calendar"
        if owner:
            folder = folder / "people" / owner
        day = sunday + dt.timedelta(days=7 * week + weekday)
        _write(folder / f"{uid}.ics", _event(uid, title, day, (start, end), rule, guests))


def _write(path: pathlib.Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def _months_ago(today: dt.date, months: int, day: int) -> dt.date:
    """That day of the month so many months ago; the month's last one, or today, if it has none."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    day = min(day, calendar.monthrange(year, month + 1)[1])
    return min(dt.date(year, month + 1, day), today)


def _document(day: dt.date, title: str, body: str) -> str:
    hebrew = any("א" <= letter <= "ת" for letter in title)
    date = f"תאריך: {day.day}.{day.month}.{day.year}" if hebrew else f"Date: {day.isoformat()}"
    return f"# {title}\n\n{date}\n\n{body}"


def _card(name: str, other: str, address: str, phone: str, organisation: str, role: str) -> str:
    first, last = name.split(" ", 1)
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"UID:{address}",
        f"FN:{name}",
        f"N:{last};{first};;;",
        *([f"NICKNAME:{other}"] if other else []),
        f"EMAIL;TYPE=WORK:{address}",
        f"TEL;TYPE=CELL:{phone}",
        f"ORG:{organisation}",
        f"TITLE:{role}",
        "END:VCARD",
    ]
    return _lines(lines)


def _event(
    uid: str, title: str, day: dt.date, hours: tuple[str, str], rule: str, guests: tuple[str, ...]
) -> str:
    start, end = (f"{day:%Y%m%d}T{hour.replace(':', '')}00" for hour in hours)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Tailwind//second set//EN",
        *ZONE.splitlines(),
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{day:%Y%m%d}T000000Z",
        f"DTSTART;TZID=Asia/Jerusalem:{start}",
        f"DTEND;TZID=Asia/Jerusalem:{end}",
        *([f"RRULE:{rule}"] if rule else []),
        f"SUMMARY:{title.replace(',', chr(92) + ',')}",
        *(f"ATTENDEE:mailto:{guest}" for guest in guests),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return _lines(lines)


def _lines(lines: list[str]) -> str:
    """Lines of a card or calendar, folded at 75 octets."""
    folded = []
    for line in lines:
        part = ""
        for letter in line:
            if len((part + letter).encode()) > 75:
                folded.append(part)
                part = " "
            part += letter
        folded.append(part)
    return "\r\n".join(folded) + "\r\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the workspace of the second set.")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--today", type=dt.date.fromisoformat, default=dt.date(2026, 11, 22))
    given = parser.parse_args()
    build(given.directory, given.today)


if __name__ == "__main__":
    main()
