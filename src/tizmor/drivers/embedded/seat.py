"""Who the operating system says we are, and where."""

from __future__ import annotations

import os
import pwd
import socket

from tizmor.core.terms import Seat


def account() -> str:
    """The name of the account that this process acts as; no variable of the environment can change
    that. Its number where it has no name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def seat(interface: str) -> Seat:
    """This process's, by the name of what it is used through."""
    return Seat(
        account=account(), host=socket.gethostname(), process=os.getpid(), interface=interface
    )
