"""The same as aiohttp-semaphore.py, to the letter, on uvloop's event loop: https://uvloop.readthedocs.io/user/index.html"""

import runpy
from pathlib import Path

import uvloop

uvloop.install()
runpy.run_path(str(Path(__file__).with_name("aiohttp-semaphore.py")), run_name="__main__")
