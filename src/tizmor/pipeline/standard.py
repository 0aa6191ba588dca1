"""The pipeline as every driver has it."""

from __future__ import annotations

from tizmor.pipeline.approve import Approve
from tizmor.pipeline.cache import Cache
from tizmor.pipeline.classify import Classify
from tizmor.pipeline.compose import Next, compose
from tizmor.pipeline.invoke import invoke
from tizmor.pipeline.limit import Limit, Uses
from tizmor.pipeline.lock import Lock
from tizmor.pipeline.trace import Trace
from tizmor.ports.sharing import Sharing


def standard(sharing: Sharing, *, uses: Uses, cache: Cache) -> Next:
    """`uses` says which quotas a call counts against, `cache` whose answers are kept."""
    return compose(
        [Trace(), cache, Approve(), Limit(sharing.quotas, uses), Lock(sharing.locks), Classify()],
        invoke,
    )
