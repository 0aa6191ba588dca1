"""The gate shows where each argument comes from."""

from __future__ import annotations

from tests.unit.core.script import Script, step

from tizmor.core import facts as fx
from tizmor.core.origins import Origin, Source, origins
from tizmor.core.plan import Effect, ForEach

CRITICAL = {"effect": Effect.IRREVERSIBLE, "critical": True}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"/{name}/value"}


def shown(script: Script, gate: str = "a1") -> dict[str, tuple[str, tuple[str, ...]]]:
    found = origins(script.state, script.state.gates[gate])
    return {name: (origin.source.value, origin.steps) for name, origin in found.items()}


def test_of_each_argument() -> None:
    mail = step(
        "mail",
        given={"to": ref("people"), "body": ref("digest"), "subject": "hello"},
        prepares=True,
        **CRITICAL,
    )
    script = Script(step("docs", untrusted=True), step("digest", "docs"), step("people"), mail)
    for name in ("docs", "digest", "people"):
        script.complete(name)
    arguments = {"to": "people", "body": "digest", "subject": "hello", "at": 10}
    script.tell(fx.CallPrepared(step="mail", arguments=arguments))
    script.gate("mail")
    assert shown(script) == {
        "to": ("step", ("people",)),
        "body": ("document", ("digest",)),
        "subject": ("request", ()),
        "at": ("agent", ()),
    }


def test_what_an_agent_has_changed_is_its_own() -> None:
    script = Script(step("a", given={"at": 9}, prepares=True, **CRITICAL))
    script.tell(fx.CallPrepared(step="a", arguments={"at": 10}))
    script.gate("a")
    assert shown(script) == {"at": ("agent", ())}


def test_what_a_human_wrote_is_theirs_also_when_it_is_asked_about_again() -> None:
    script = Script(step("a", given={"at": 9, "to": "dana"}, prepares=True, **CRITICAL))
    script.tell(fx.CallPrepared(step="a", arguments={"at": 9, "to": "dana"}))
    script.approved("a", at=11)
    script.begin("a")
    script.tell(fx.PreconditionBroken(step="a", error="taken"))
    script.tell(fx.CallPrepared(step="a", arguments={"at": 11, "to": "dana"}))
    assert shown(script, script.gate("a")) == {"at": ("human", ()), "to": ("request", ())}


def test_what_would_be_changed_is_shown_as_a_humans() -> None:
    script = Script(step("a", given={"at": 9}, **CRITICAL))
    gate = script.state.gates[script.gate("a")]
    gate = type(gate)(**{f: getattr(gate, f) for f in gate.__struct_fields__} | {"arguments": {}})
    gate.arguments = {"at": 10}
    assert origins(script.state, gate) == {"at": Origin(source=Source.HUMAN)}


def test_of_an_item_of_a_list_it_is_where_the_list_comes_from() -> None:
    each = ForEach(items=ref("docs"))
    mail = step("mail", given={"to": {"$item": ""}}, for_each=each, control=("to",), **CRITICAL)
    script = Script(step("docs", untrusted=True), mail)
    script.complete("docs", {"value": ["x"]})
    gate = script.gate("mail.0")
    assert shown(script, gate) == {"to": ("document", ("docs",))}
    assert script.ran["mail.0"].untrusted == ("to",)


def test_an_address_that_a_human_wrote_anew_is_not_a_strangers_any_more() -> None:
    mail = step("mail", given={"to": ref("docs")}, control=("to",), **CRITICAL)
    script = Script(step("docs", untrusted=True), mail)
    script.complete("docs")
    assert script.ran["mail"].untrusted == ("to",)
    script.approved("mail", to="dana@example.org")
    assert script.ran["mail"].untrusted == ()
