"""Judges plans against what requests.json expects of them. Standard library only.

    python judge.py requests.json plans.jsonl

A line of plans.jsonl is `{"id": "he-01", "plan": {...}}`, where the plan is the object that
`tizmor plan --json` prints, or null where there was none. README.md says what right means.
"""

from __future__ import annotations

import datetime as dt
import json
import pathlib
import re
import sys
import unicodedata
import zoneinfo
from collections.abc import Iterable, Iterator
from typing import Any

ZONE = "Asia/Jerusalem"

# The one who asks takes part in meetings without being one of the request's people.
ME = ("me", "i", "myself", "michal", "michal bar-on", "אני", "אצלי", "מיכל", "מיכל בר-און")
MY_ADDRESS = "michal@tzohar.example"

# What is critical: a request that can't be understood may lead to none of these.
CRITICAL_AGENTS = {"Calendar", "CalendarUpdate", "HttpRequest", "MailSend", "Notify"}
CRITICAL_EFFECTS = {"irreversible", "critical"}

NAME_FIELDS = (
    ("ContactSearch", "names"),
    ("CalendarSearch", "people"),
    ("Availability", "attendees"),
    ("Calendar", "attendees"),
)
TOPIC_FIELDS = (
    ("DriveSearch", "topics"),
    ("DriveRead", "names"),
    ("WeeklyStatus", "topics"),
    ("Summary", "topics"),
    ("CalendarSearch", "topics"),
)
DOCUMENT_PERIODS = ("DriveSearch", "WeeklyStatus")
CALENDAR_PERIODS = ("CalendarSearch",)
TIMED_AGENTS = ("Calendar", "Availability")

Json = dict[str, Any]
Day = tuple[dt.date | None, dt.date | None]


def judge(expect: Json, plan: Json | None) -> list[str]:
    """What is wrong with the plan; nothing when it is right.

    `expect` is the request's `expect`; one without agents is a request that must be asked about.
    """
    if not expect["agents"]:
        return _judge_asking(plan)
    steps = _steps(plan)
    if not steps:
        return ["no plan"]
    wrong = []
    if plan and plan.get("questions") and not expect.get("mayAsk"):
        wrong.append(f"asks needlessly: {plan['questions']}")
    wrong += _judge_agents(expect, steps)
    wrong += _judge_edges(expect, steps)
    wrong += _judge_slots(expect.get("slots", {}), steps)
    return wrong


def _steps(plan: Json | None) -> list[Json]:
    return list((plan or {}).get("steps") or [])


def _judge_asking(plan: Json | None) -> list[str]:
    steps = _steps(plan)
    if not steps:
        return []
    wrong = []
    if not (plan or {}).get("questions"):
        agents = sorted({step["agent"] for step in steps})
        wrong.append(f"acts ({', '.join(agents)}) where it must ask")
    for step in steps:
        effect = str(step.get("effect") or "").casefold()
        if step.get("critical") or effect in CRITICAL_EFFECTS or step["agent"] in CRITICAL_AGENTS:
            wrong.append(f"would do something critical: {step['agent']}")
    return wrong


# Agents and edges


def _judge_agents(expect: Json, steps: list[Json]) -> list[str]:
    found = sorted({step["agent"] for step in steps})
    fair = [sorted(expect["agents"]), *(sorted(one) for one in expect.get("acceptable", []))]
    if found in fair:
        return []
    missing = sorted(set(fair[0]) - set(found))
    extra = sorted(set(found) - set(fair[0]))
    return [f"agents: missing {missing}, extra {extra}"]


def _judge_edges(expect: Json, steps: list[Json]) -> list[str]:
    data = {step["id"]: set(_references(step.get("arguments"))) for step in steps}
    every = {step["id"]: data[step["id"]] | set(step.get("dependsOn") or []) for step in steps}
    of_agent: dict[str, list[str]] = {}
    for step in steps:
        of_agent.setdefault(step["agent"], []).append(step["id"])

    def reaches(graph: dict[str, set[str]], source: str, target: str) -> bool:
        seen: set[str] = set()
        waiting = [target]
        while waiting:
            for need in graph.get(waiting.pop(), set()) - seen:
                if need == source:
                    return True
                seen.add(need)
                waiting.append(need)
        return False

    wrong = []
    for source, target in expect.get("edges", []):
        if source not in of_agent or target not in of_agent:
            continue  # an alternative's edge, or told already as a missing agent
        wrong += [
            f"edge missing: {source} -> {target} ({end})"
            for end in of_agent[target]
            if not any(reaches(data, start, end) for start in of_agent[source])
        ]
    for one, other in expect.get("noEdges", []):
        wrong += [
            f"needless edge between {one} and {other}"
            for first in of_agent.get(one, [])
            for second in of_agent.get(other, [])
            if reaches(every, first, second) or reaches(every, second, first)
        ]
    return wrong


def _references(value: Any) -> Iterator[str]:
    """The ids of the steps whose output the value holds."""
    if isinstance(value, dict):
        target = value.get("$ref")
        if isinstance(target, str):
            yield target.lstrip("#").lstrip("/").split("/")[0].replace("~1", "/").replace("~0", "~")
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


# Slots


def _judge_slots(slots: Json, steps: list[Json]) -> list[str]:
    wrong: list[str] = []
    if "people" in slots:
        wrong += _judge_people(slots["people"], steps)
    if "topics" in slots:
        words = _words(_texts(_values(steps, TOPIC_FIELDS)))
        for choices in slots["topics"]:
            if not _holds(words, choices):
                wrong.append(f"topic missing: {choices[0]}; has {sorted(words)}")
    for stray in slots.get("notTopics", []):
        if _holds(_words(_texts(_values(steps, TOPIC_FIELDS))), [stray], prefixes="בלמהוש"):
            wrong.append(f"no topic of the request: {stray}")
    for slot, field in (("question", ("Question", "question")), ("title", ("Calendar", "title"))):
        words = _words(_texts(_values(steps, [field])))
        for choices in slots.get(slot, []):
            if not _holds(words, choices, prefixes="בלמהוש"):
                wrong.append(f"{slot} lacks {choices[0]!r}")
    wrong += _judge_periods(slots, steps)
    wrong += _judge_times(slots, steps)
    return wrong


def _values(steps: list[Json], fields: Iterable[tuple[str, str]]) -> list[Any]:
    wanted = list(fields)
    return [
        (step.get("arguments") or {}).get(field)
        for step in steps
        for agent, field in wanted
        if step["agent"] == agent
    ]


def _texts(value: Any) -> Iterator[str]:
    """All text in the value but references."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        if "$ref" not in value:
            for inner in value.values():
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _plain(text: str) -> str:
    """Lower case, without points, accents, quotes and titles; one space between words."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(character for character in text if not unicodedata.combining(character))
    text = re.sub(r"""["'`´‘’“”׳״]""", "", text)
    text = re.sub(r"[^\w]+|_", " ", text)
    return " ".join(word for word in text.split() if word not in {"dr", "mr", "mrs", "ms", "דר"})


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _plain(text).split()}


def _holds(words: set[str], choices: Iterable[str], prefixes: str = "ה") -> bool:
    """Whether all words of one of the choices are there, a Hebrew article more or less."""

    def there(word: str) -> bool:
        bare = word.removeprefix("ה") if "ה" in prefixes else word
        forms = {word, bare} | {letter + form for letter in prefixes for form in (word, bare)}
        return bool(forms & words)

    return any(all(there(word) for word in _plain(choice).split()) for choice in choices)


def _judge_people(expected: list[list[str]], steps: list[Json]) -> list[str]:
    mine = {_plain(name) for name in ME}
    found: dict[str, str] = {}
    for text in _texts(_values(steps, NAME_FIELDS)):
        if MY_ADDRESS in text.casefold():
            continue
        name = _plain(re.sub(r"<[^>]*>", "", text))
        if name and name not in mine:
            found[name] = text
    wrong = []
    for spellings in expected:
        meant = {_plain(name) for name in spellings}
        if not meant & set(found):
            wrong.append(f"person missing: {spellings[0]}")
        for name in meant:
            found.pop(name, None)
    wrong += [f"no person of the request: {text}" for text in found.values()]
    return wrong


def _judge_periods(slots: Json, steps: list[Json]) -> list[str]:
    wrong = []
    if "period" in slots:
        fields = [(agent, "period") for agent in (*DOCUMENT_PERIODS, *CALENDAR_PERIODS)]
        fair = [slots["period"], *slots.get("periodAcceptable", [])]
        wrong += _judge_period("period", fair, _values(steps, fields))
    for name, agents in (("documents", DOCUMENT_PERIODS), ("calendar", CALENDAR_PERIODS)):
        period = slots.get("periods", {}).get(name)
        if period:
            values = _values(steps, [(agent, "period") for agent in agents])
            wrong += _judge_period(f"period of {name}", [period], values)
    return wrong


def _judge_period(name: str, fair: list[Json | None], values: list[Any]) -> list[str]:
    given = [_days(value) for value in values if isinstance(value, dict) and "$ref" not in value]
    given = [days for days in given if days != (None, None)]
    if fair[0] is None:
        return [f"{name}: none was asked for, has {_said(days)}" for days in given]
    right = [_days(period) for period in fair]
    if not given:
        return [f"{name} missing: {_said(right[0])}"]
    return [
        f"{name}: {_said(days)}, should be {_said(right[0])}" for days in given if days not in right
    ]


def _days(period: Json | None) -> Day:
    """First and last day of a period, whose end is a day (in it) or a moment (after it)."""
    period = period or {}
    start, end = _moment(period.get("start")), _moment(period.get("end"))
    first = _date(start)
    if isinstance(end, dt.datetime):
        midnight = (end.hour, end.minute, end.second) == (0, 0, 0)
        return first, end.date() - dt.timedelta(days=1 if midnight else 0)
    return first, end


def _said(days: Day) -> str:
    return f"{days[0]} to {days[1]}"


def _moment(value: Any) -> dt.date | dt.datetime | None:
    """A day, or a moment in the workspace's own time; None for what is neither."""
    if not isinstance(value, str) or not value:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return dt.date.fromisoformat(value)
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(zoneinfo.ZoneInfo(ZONE)).replace(tzinfo=None)
    except zoneinfo.ZoneInfoNotFoundError:
        return moment.replace(tzinfo=None)  # said with the workspace's offset, by the contract


def _judge_times(slots: Json, steps: list[Json]) -> list[str]:
    whens = _values(steps, [(agent, "when") for agent in TIMED_AGENTS])
    whens = [when for when in whens if isinstance(when, dict) and "$ref" not in when]
    wrong = []
    if "start" in slots:
        right = _moment(slots["start"])
        given = [_moment(when.get("start")) for when in whens if when.get("start")]
        if right is None and given:
            wrong.append(f"start: none was asked for, has {given}")
        elif right is not None and (not given or any(start != right for start in given)):
            wrong.append(f"start: {[str(start) for start in given]}, should be {right}")
    if "days" in slots:
        fair = [
            _span({"firstDay": days["first"], "lastDay": days["last"]})
            for days in (slots["days"], *slots.get("daysAcceptable", []))
        ]
        spans = [_span(when) for when in whens]
        spans = [span for span in spans if span != (None, None)]
        if not spans or any(span not in fair for span in spans):
            wrong.append(f"days: {[_said(s) for s in spans]}, should be {_said(fair[0])}")
    if "earliest" in slots:
        hours = [str(when["earliest"]) for when in whens if when.get("earliest")]
        if not hours or any(_clock(hour) != _clock(slots["earliest"]) for hour in hours):
            wrong.append(f"earliest: {hours}, should be {slots['earliest']}")
    if "minutes" in slots:
        lengths = _values(steps, [(agent, "minutes") for agent in TIMED_AGENTS])
        given_lengths = [length for length in lengths if isinstance(length, (int, float))]
        if not given_lengths or any(length != slots["minutes"] for length in given_lengths):
            wrong.append(f"minutes: {given_lengths}, should be {slots['minutes']}")
    return wrong


def _span(when: Json) -> Day:
    return _date(_moment(when.get("firstDay"))), _date(_moment(when.get("lastDay")))


def _date(moment: dt.date | dt.datetime | None) -> dt.date | None:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _clock(text: str) -> tuple[int, int] | None:
    found = re.search(r"(?:^|T)(\d{1,2}):(\d{2})", text)
    return (int(found[1]), int(found[2])) if found else None


# Command line


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _plans(path: pathlib.Path) -> dict[str, Json | None]:
    plans: dict[str, Json | None] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            record = json.loads(line)
            plans[record["id"]] = record["plan"]
    return plans


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        sys.stderr.write("usage: python judge.py REQUESTS_JSON PLANS_JSONL\n")
        return 2
    requests = json.loads(pathlib.Path(arguments[0]).read_text(encoding="utf-8"))
    plans = _plans(pathlib.Path(arguments[1]))
    totals: dict[str, list[int]] = {}
    for request in requests:
        name = request["id"]
        wrong = judge(request["expect"], plans[name]) if name in plans else ["not tried"]
        _say(f"{'wrong' if wrong else 'right'}  {name}  {request['query']}")
        for reason in wrong:
            _say(f"         {reason}")
        for group in (request["language"], "all"):
            count = totals.setdefault(group, [0, 0])
            count[0] += not wrong
            count[1] += 1
    _say("  ".join(f"{group}: {right}/{of}" for group, (right, of) in sorted(totals.items())))
    return 0 if totals["all"][0] == totals["all"][1] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
