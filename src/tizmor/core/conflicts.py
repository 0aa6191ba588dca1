"""Steps that use one resource with no order between them.

Two users of a resource need an order unless both only share it. All steps are laid out in one
topological order; whoever changes the resource (its exclusive users) must then form a chain in it,
and each one that shares it must lie on a path between two neighbours of that chain. So it is
enough to look from each exclusive user to the next, and no pair is compared twice.

A resource whose name isn't known yet may be any that begins as it does: its users are looked at
together with theirs, and what is found then is not certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tizmor.core.graph import dependencies, order
from tizmor.core.plan import Access, Clash, Conflict, Plan
from tizmor.core.resources import is_open, stem


def conflicts(plan: Plan) -> Iterator[Conflict]:
    """All conflicts between neighbours; a plan without any has none at all. Of two steps `first`
    stands first in one topological order of all. The plan must be free of cycles. For each resource
    it costs at most the steps and edges between its users."""
    users = _users(plan)
    if users:
        layout = _Layout(plan)
        seen: set[tuple[str, str]] = set()
        for resource in sorted(users, key=is_open):
            for first, second in _conflicts_over(users[resource], layout):
                if is_open(resource) and (first, second) in seen:
                    continue
                seen.add((first, second))
                both = users[resource][first], users[resource][second]
                yield Conflict(
                    kind=Clash.READ if Access.SHARED in both else Clash.WRITES,
                    over=resource,
                    first=first,
                    second=second,
                    is_certain=not is_open(resource),
                )


def _users(plan: Plan) -> dict[str, dict[str, Access]]:
    """The steps by resource, where several use it and one of them alone."""
    users: dict[str, dict[str, Access]] = {}
    for step in plan.steps:
        for resource in step.resources:
            _add(users.setdefault(resource.name, {}), step.id, resource.access)
    for name in [name for name in users if is_open(name)]:
        known = stem(name)
        alike = [other for other in users if other != name and other.startswith(known)]
        for other in alike:
            for step_id, access in users[other].items():
                _add(users[name], step_id, access)
    return {
        name: who
        for name, who in users.items()
        if len(who) > 1 and Access.EXCLUSIVE in who.values()
    }


def _add(users: dict[str, Access], step: str, access: Access) -> None:
    if users.get(step) is not Access.EXCLUSIVE:
        users[step] = access


class _Layout:
    """The plan's steps in one topological order, with their edges in both directions."""

    def __init__(self, plan: Plan) -> None:
        self.place = {name: i for i, name in enumerate(order(plan))}
        self._before: Mapping[str, tuple[str, ...]] = dependencies(plan)
        self._after: dict[str, list[str]] = {name: [] for name in self.place}
        for name, required in self._before.items():
            for other in required:
                self._after[other].append(name)

    def later(self, step: str, until: int) -> set[str]:
        """What surely comes after `step`, up to a place in the order."""
        return self._reached(step, self._after, range(self.place[step], until + 1))

    def earlier(self, step: str, since: int) -> set[str]:
        """What surely comes before `step`, down to a place in the order."""
        return self._reached(step, self._before, range(since, self.place[step] + 1))

    def _reached(self, start: str, edges: Mapping[str, Sequence[str]], places: range) -> set[str]:
        reached = {start}
        queue = [start]
        while queue:
            for other in edges[queue.pop()]:
                if other not in reached and self.place[other] in places:
                    reached.add(other)
                    queue.append(other)
        return reached


def _conflicts_over(users: Mapping[str, Access], layout: _Layout) -> Iterator[tuple[str, str]]:
    in_order = sorted(users, key=layout.place.__getitem__)
    previous: str | None = None
    sharing: list[str] = []
    for user in in_order:
        if users[user] is Access.SHARED:
            sharing.append(user)
            continue
        yield from _between(previous, sharing, user, layout)
        previous, sharing = user, []
    yield from _between(previous, sharing, None, layout)


def _between(
    previous: str | None, sharing: list[str], following: str | None, layout: _Layout
) -> Iterator[tuple[str, str]]:
    """What lies between two exclusive users that follow one another, and these two themselves."""
    if previous is not None and (sharing or following is not None):
        last = following or sharing[-1]
        later = layout.later(previous, layout.place[last])
        for user in (*sharing, *([following] if following else [])):
            if user not in later:
                yield previous, user
    if following is not None and sharing:
        earlier = layout.earlier(following, layout.place[sharing[0]])
        for user in sharing:
            if user not in earlier:
                yield user, following
