import subprocess
import sys

_LOOK = """
import asyncio, gc
from tizmor.drivers.embedded.process import run

async def look():
    loop = type(asyncio.get_running_loop()).__module__
    print(loop, gc.get_freeze_count() > 1000, gc.get_threshold()[0])
    return 7

print(run(look()))
"""
_SHOWN = """
import resource
from tizmor.drivers.embedded.process import allow_files
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (100, most))
allow_files()
print(resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most), most > 100)
"""


def test_a_command_runs_on_libuv_and_what_is_loaded_is_no_garbage() -> None:
    said = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["uvloop", "True", "50000", "7"]


def test_it_may_open_as_many_files_as_the_system_lets_it() -> None:
    """Each stream is a file, and a thousand of them are more than most systems begin with."""
    done = subprocess.run(
        [sys.executable, "-c", _SHOWN], capture_output=True, text=True, check=True
    )
    assert done.stdout == "True True\n"
