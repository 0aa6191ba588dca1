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


def test_a_command_runs_on_libuv_and_what_is_loaded_is_no_garbage() -> None:
    said = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["uvloop", "True", "50000", "7"]
