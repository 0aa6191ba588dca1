"""What the command line says while an execution runs, in English and in Hebrew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from tizmor.cli.terminal.held import HELD, HELD_IN_HEBREW


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of one language. In the templates, braces stand for what is filled in."""

    states: Mapping[str, str]
    """Of steps, by `StepView.state`."""
    statuses: Mapping[str, str]
    """Of executions, by `Status`."""
    decided: Mapping[str, str]
    """What became of an approval or a question, by the event's `state`."""

    held: Mapping[str, str]
    """What a held step waits for, see `held_text`."""
    approval: str
    question: str
    action: str
    time: str
    participants: str
    untrusted: str
    untrusted_mark: str
    """Of one thing in a list: it carries what a stranger said."""
    origins: str
    origin: Mapping[str, str]
    """Where an argument comes from, by `Origin.source`; {steps} are their names."""
    policies: str
    approvers: str
    signed_by: str
    missing: str
    expires: str
    messages: Mapping[str, str]
    """Messages between steps, by `MessageView.kind`."""
    letters: Mapping[str, str]
    """What became of a message, by `MessageView.state`."""

    approve_keys: frozenset[str]
    edit_keys: frozenset[str]
    reject_keys: frozenset[str]
    ask_decision: str
    ask_answer: str
    ask_number: str
    edit_hint: str
    changed: str
    not_understood: str
    asked_again: str
    """Of a question that an answer has left as it was."""

    plan: str
    after: str
    attempt: str
    cached: str
    """Of a step whose output an earlier call gave."""
    assumptions: str
    meeting: str
    agenda: str
    contacts: str
    slots: str
    events: str
    checks: str
    citations: str
    sources: str
    warnings: str
    duration: str
    with_waiting: str
    """The whole time, where a human took a part of it."""
    tokens: str

    nothing_done: str
    """Above what a dry run would do."""
    would_do_nothing: str
    from_recording: str
    carry_out: str
    asks_once: str
    """Of a call that needs an approval, and gets it when the dry run is carried out."""
    critical: str
    cannot_be_undone: str
    """Why a call is asked about where no policy of one's own says so."""
    maybe: str
    stays: str
    """Of a call that can't be taken back."""
    uses: str
    known_later: str
    forecast: str
    spread: str
    at_least: str
    unknown: str
    not_measured: str
    few_measured: str
    conflicts: str
    settled: Mapping[str, str]
    """What is done about steps that are at odds, by `Strategy`."""

    weekdays: tuple[str, ...] = field(default=())
    """From Monday, as `date.weekday()` counts."""


ENGLISH = Words(
    states={
        "pending": "pending",
        "running": "running",
        "waiting": "waits for you",
        "held": "waits its turn",
        "retrying": "will be tried again",
        "succeeded": "done",
        "foreseen": "would be done",
        "failed": "failed",
        "skipped": "skipped",
        "compensating": "being taken back",
        "compensated": "taken back",
        "rejected": "rejected",
        "cancelled": "cancelled",
        "unknown": "outcome unknown",
    },
    statuses={
        "PLANNING": "planning",
        "RUNNING": "running",
        "WAITING": "waits for you",
        "PAUSED": "paused",
        "INTERRUPTED": "interrupted",
        "COMPLETED": "completed",
        "FAILED": "failed",
        "CANCELLED": "cancelled",
        "REJECTED": "rejected",
    },
    decided={
        "open": "open",
        "approved": "approved",
        "rejected": "rejected",
        "answered": "answered",
        "withdrawn": "withdrawn",
        "expired": "not decided in time",
        "signed": "one has agreed",
        "delegated": "handed on",
        "reminded": "still open",
        "escalated": "more people are asked",
    },
    held=HELD,
    approval="Approval needed",
    question="Question",
    action="Action",
    time="Time",
    participants="Participants",
    untrusted="This comes from what was read, not from you: {names}. Look at it closely.",
    untrusted_mark="not from you",
    origins="Comes from",
    origin={
        "request": "the request",
        "step": "step {steps}",
        "document": "what was read, by step {steps} (untrusted)",
        "agent": "the agent itself",
        "human": "a human",
    },
    policies="Asked by the policy",
    approvers="For these to decide",
    signed_by="Agreed to by",
    missing="{count} must still agree",
    expires="Must be decided by",
    messages={
        "REQUEST": "request",
        "RESPONSE": "answer",
        "EVENT": "event",
        "BROADCAST": "to all",
    },
    letters={
        "open": "open",
        "answered": "answered",
        "delivered": "delivered",
        "dead": "dead letter",
    },
    approve_keys=frozenset({"a", "approve", "y", "yes"}),
    edit_keys=frozenset({"e", "edit"}),
    reject_keys=frozenset({"r", "reject", "n", "no"}),
    ask_decision="[a]pprove, [e]dit or [r]eject? (Ctrl-D: later) ",
    ask_answer="Your answer (Ctrl-D: later): ",
    ask_number="Your answer, or its number (Ctrl-D: later): ",
    edit_hint="Change with PATH=VALUE, one a line; an empty line ends.",
    changed="changed",
    not_understood="Please answer with a, e or r.",
    asked_again="The answer {answer!r} was not understood, or it changes nothing:",
    plan="Plan",
    after="after",
    attempt="attempt {number}",
    cached="from the cache",
    assumptions="Assumed",
    meeting="Meeting created",
    agenda="Agenda",
    contacts="Contacts",
    slots="Free times",
    events="Events",
    checks="Checks",
    citations="Said in",
    sources="Sources",
    warnings="Warnings",
    duration="{seconds} s",
    with_waiting="{seconds} s with waiting for you",
    tokens="{count} tokens",
    nothing_done="Dry run: nothing was changed. This would be done:",
    would_do_nothing="Nothing: it only reads.",
    from_recording="What was read is taken from {id}, where it has it.",
    carry_out="To approve exactly these calls, and have them made:",
    asks_once="approval needed, given by carrying it out",
    critical="by default, what is critical",
    cannot_be_undone="by default, what can't be taken back",
    maybe="whether it is done, or how often, isn't known yet",
    stays="can't be taken back",
    uses="Uses",
    known_later="(known when {place} is there)",
    forecast="Forecast",
    spread="{median} ({p10} to {p90} in eight of ten runs)",
    at_least="at least {amount}",
    unknown="unknown",
    not_measured="Not known yet: {names}",
    few_measured="Measured seldom: {names}",
    conflicts="At odds",
    settled={
        "order": "in this order",
        "ask": "you are asked",
        "refuse": "refused",
        "last_writer": "in no order; what the last one does stays",
    },
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
)

HEBREW = Words(
    states={
        "pending": "ממתין",
        "running": "רץ",
        "waiting": "מחכה לך",
        "held": "ממתין לתורו",
        "retrying": "ינסה שוב",
        "succeeded": "בוצע",
        "foreseen": "היה מתבצע",
        "failed": "נכשל",
        "skipped": "דולג",
        "compensating": "מתבטל",
        "compensated": "בוטל",
        "rejected": "נדחה",
        "cancelled": "בוטל",
        "unknown": "תוצאה לא ידועה",
    },
    statuses={
        "PLANNING": "מתכנן",
        "RUNNING": "רץ",
        "WAITING": "מחכה לך",
        "PAUSED": "מושהה",
        "INTERRUPTED": "נקטע",
        "COMPLETED": "הושלם",
        "FAILED": "נכשל",
        "CANCELLED": "בוטל",
        "REJECTED": "נדחה",
    },
    decided={
        "open": "פתוח",
        "approved": "אושר",
        "rejected": "נדחה",
        "answered": "נענה",
        "withdrawn": "לא נחוץ עוד",
        "expired": "לא הוכרע בזמן",
        "signed": "יש הסכמה אחת",
        "delegated": "הועבר הלאה",
        "reminded": "עדיין פתוח",
        "escalated": "נשאלים עוד אנשים",
    },
    held=HELD_IN_HEBREW,
    approval="דרוש אישור",
    question="שאלה",
    action="פעולה",
    time="זמן",
    participants="משתתפים",
    untrusted="זה בא ממה שנקרא ולא ממך: {names}. כדאי לבדוק היטב.",
    untrusted_mark="לא ממך",
    origins="המקור",
    origin={
        "request": "הבקשה",
        "step": "הצעד {steps}",
        "document": "מה שנקרא בצעד {steps} (לא מהימן)",
        "agent": "הסוכן עצמו",
        "human": "אדם",
    },
    policies="נשאל לפי הכלל",
    approvers="ההחלטה בידי",
    signed_by="הסכימו",
    missing="נדרשות עוד {count} הסכמות",
    expires="יש להחליט עד",
    messages={
        "REQUEST": "בקשה",
        "RESPONSE": "תשובה",
        "EVENT": "אירוע",
        "BROADCAST": "לכולם",
    },
    letters={
        "open": "פתוח",
        "answered": "נענה",
        "delivered": "נמסר",
        "dead": "לא נמסר",
    },
    approve_keys=frozenset({"א", "אשר", "כן"}) | ENGLISH.approve_keys,
    edit_keys=frozenset({"ע", "ערוך", "עריכה"}) | ENGLISH.edit_keys,
    reject_keys=frozenset({"ד", "דחה", "לא"}) | ENGLISH.reject_keys,
    ask_decision="א = אשר, ע = ערוך, ד = דחה (Ctrl-D = אחר כך) ",
    ask_answer="התשובה שלך (Ctrl-D = אחר כך): ",
    ask_number="התשובה שלך, או המספר שלה (Ctrl-D = אחר כך): ",
    edit_hint="לשינוי: PATH=VALUE, אחד בשורה; שורה ריקה מסיימת.",
    changed="שונה",
    not_understood="נא לענות א, ע או ד.",
    asked_again="התשובה {answer!r} לא הובנה, או שאינה משנה דבר:",
    plan="תוכנית",
    after="אחרי",
    attempt="ניסיון {number}",
    cached="מהמטמון",
    assumptions="הונח",
    meeting="נוצרה פגישה",
    agenda="אג'נדה",
    contacts="אנשי קשר",
    slots="זמנים פנויים",
    events="אירועים",
    checks="בדיקות",
    citations="נאמר ב",
    sources="מקורות",
    warnings="אזהרות",
    duration="{seconds} שניות",
    with_waiting="{seconds} שניות כולל ההמתנה לך",
    tokens="{count} טוקנים",
    nothing_done="הרצה יבשה: דבר לא שונה. זה מה שהיה מתבצע:",
    would_do_nothing="דבר: היא רק קוראת.",
    from_recording="מה שנקרא נלקח מ־{id}, במקום שיש שם.",
    carry_out="לאישור הפעולות האלה בדיוק, ולביצוען:",
    asks_once="דרוש אישור, וניתן עם הביצוע",
    critical="ברירת המחדל: פעולה קריטית",
    cannot_be_undone="ברירת המחדל: פעולה שאי אפשר לבטל",
    maybe="עדיין לא ידוע אם יתבצע, או כמה פעמים",
    stays="אי אפשר לבטל",
    uses="משתמש ב",
    known_later="(יהיה ידוע כש־{place} יהיה)",
    forecast="תחזית",
    spread="{median} (בין {p10} ל־{p90} בשמונה מעשר הרצות)",
    at_least="לפחות {amount}",
    unknown="לא ידוע",
    not_measured="עדיין לא ידוע: {names}",
    few_measured="נמדד מעט: {names}",
    conflicts="מתנגשים",
    settled={
        "order": "בסדר הזה",
        "ask": "תישאל שאלה",
        "refuse": "נדחה",
        "last_writer": "בלי סדר; מה שהאחרון עושה נשאר",
    },
    weekdays=("ב׳", "ג׳", "ד׳", "ה׳", "ו׳", "שבת", "א׳"),
)


def words_of(language: str) -> Words:
    """The words of a language; English for one that isn't known."""
    return HEBREW if language == "he" else ENGLISH


def time_span(start: str, end: str | None, words: Words) -> str:
    """Two ISO 8601 times as people read them: `Tue 24.11.2026 15:00-15:30`."""
    try:
        first = dt.datetime.fromisoformat(start)
        last = dt.datetime.fromisoformat(end) if end else None
    except ValueError:
        return f"{start} - {end}" if end else start
    shown = f"{words.weekdays[first.weekday()]} {first:%d.%m.%Y %H:%M}"
    if last is None:
        return shown
    return (
        f"{shown}-{last:%H:%M}" if last.date() == first.date() else f"{shown} - {last:%d.%m %H:%M}"
    )


def day_of(moment: str, words: Words) -> str | None:
    """The day of an ISO 8601 time: `Tue 24.11.2026`; None for what is no time."""
    try:
        day = dt.datetime.fromisoformat(moment)
    except ValueError:
        return None
    return f"{words.weekdays[day.weekday()]} {day:%d.%m.%Y}"


def hours(start: str, end: str | None) -> str:
    """The hours of two ISO 8601 times of one day: `15:00-15:30`."""
    moments = [dt.datetime.fromisoformat(moment) for moment in (start, end) if moment]
    return "-".join(f"{moment:%H:%M}" for moment in moments)
