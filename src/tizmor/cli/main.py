"""The verbs of the command line, and what every failure looks like.

A verb's module is imported when the verb is used: `tizmor --help` loads neither the engine nor
what draws.
"""

from __future__ import annotations

import json
import os
import pkgutil
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from tizmor import __version__
from tizmor.cli.controls import clean
from tizmor.cli.exits import ExitCode
from tizmor.core.errors import PlanRefused, TizmorError, UserError

DEBUG_VARIABLE = "TIZMOR_DEBUG"
"""Set to anything, failures end with their traceback."""


class Verb(NamedTuple):
    """Where a verb's function is, and what the overview says of it."""

    function: str
    summary: str


VERBS = {
    "init": Verb("init:init", "Make a workspace, empty or with an example."),
    "run": Verb("run:run", "Do what is asked, and show it live."),
    "plan": Verb("plan:plan", "Show what would be done; creates nothing."),
    "list": Verb("list:list_executions", "The newest executions."),
    "show": Verb("show:show", "One execution as it stands."),
    "context": Verb("context:context", "What the steps of an execution have shared."),
    "messages": Verb("messages:messages", "What the steps of an execution have told each other."),
    "logs": Verb("logs:logs", "All that happened in one execution; the log."),
    "trace": Verb("trace:trace", "What took how long in one execution."),
    "approve": Verb("approve:approve", "Approve what asks for approval."),
    "reject": Verb("reject:reject", "Reject what asks for approval."),
    "delegate": Verb("delegate:delegate", "Hand an approval on to somebody else."),
    "answer": Verb("answer:answer", "Answer a question."),
    "resume": Verb("resume:resume", "Go on with a paused, interrupted or waiting execution."),
    "pause": Verb("pause:pause", "Let running steps end and start none."),
    "fork": Verb("fork:fork", "Go on from a step of an execution, as a new one."),
    "replay": Verb("replay:replay", "Go through an execution again, from its journal."),
    "cancel": Verb("cancel:cancel", "Stop an execution for good."),
    "agents": Verb("agents:agents", "What can be asked for."),
    "limits": Verb("limits:limits", "How often what is outside may be called, and who waits."),
    "locks": Verb("locks:locks", "Who has and who waits for which resource."),
    "doctor": Verb("doctor:doctor", "Check the workspace and the machine."),
    "budget": Verb("budget:budget", "What may be used, is reserved and was spent."),
    "metrics": Verb("metrics:metrics", "What each agent's steps took and cost."),
    "cache": Verb("cache:cache", "What is kept of agents' answers; remove it."),
    "audit": Verb("audit:audit", "Who decided what, when and from where."),
    "serve": Verb("serve:serve", "Serve the HTTP API."),
    "token": Verb("token:token", "Who may ask the server from elsewhere: create, list, revoke."),
    "gc": Verb("gc:gc", "Remove what ended long ago, and give its space back."),
    "migrate": Verb("migrate:migrate", "Bring the database to this version."),
}


class Verbs(TyperGroup):
    """All verbs by name; one is loaded when it is called, not when it is listed."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, load_verb(cast(str, name)), rest


def load_verb(name: str) -> TyperCommand:
    """The verb as its module defines it."""
    function = pkgutil.resolve_name(f"tizmor.cli.commands.{VERBS[name].function}")
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name)(function)
    return cast(TyperCommand, get_command(app))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; its exit code. Only `TIZMOR_DEBUG` lets an exception out."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(words)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _tell(["interrupted"], ExitCode.INTERRUPTED, as_json="--json" in words)
    except BrokenPipeError:
        _close_stdout()
        return ExitCode.INTERRUPTED
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        return _tell(*_problems(error), as_json="--json" in words)


def _run(words: list[str]) -> int:
    verbs = Verbs(
        name="tizmor",
        help="Say in plain words what you want done, in English or Hebrew.",
        commands={
            name: TyperCommand(name, short_help=verb.summary, rich_markup_mode=None)
            for name, verb in VERBS.items()
        },
        epilog="tizmor VERB --help explains a verb with examples.",
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    if words in (["--version"], ["-V"]):
        print(f"tizmor {__version__}")
        return ExitCode.DONE
    try:
        with verbs.make_context("tizmor", words or ["--help"]) as context:
            return int(verbs.invoke(context) or ExitCode.DONE)
    except typer.Exit as done:
        return done.exit_code


def _tell(problems: Sequence[str], code: int, *, as_json: bool) -> int:
    """Say what went wrong: for people on standard error, for programs as the last line too."""
    for problem in problems:
        print(f"tizmor: {clean(problem)}", file=sys.stderr)
    if as_json:
        line = {"type": "error", "message": "; ".join(problems), "exitCode": code}
        print(json.dumps(line, ensure_ascii=False))
    return code


def _problems(error: Exception) -> tuple[Sequence[str], int]:
    match error:
        case typer.TyperException():
            return [error.format_message()], ExitCode.WRONG_INPUT
        case PlanRefused():
            return error.problems, ExitCode.WRONG_INPUT
        case UserError():
            return [str(error)], ExitCode.WRONG_INPUT
        case TizmorError():
            return [str(error)], ExitCode.FAILED
        case OSError():
            problem = f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")
            return [problem], ExitCode.FAILED
        case _:
            fault = f"a fault of tizmor's own: {type(error).__name__}: {error}"
            return [f"{fault} ({DEBUG_VARIABLE}=1 shows where)"], ExitCode.FAILED


def _close_stdout() -> None:
    # Who read it has gone; without this, the interpreter complains when it flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
