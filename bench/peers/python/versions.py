"""Prints the versions of Python and of the modules that are named, or fails where one is missing."""

import importlib
import platform
import sys

texts = [f"Python {platform.python_version()}"]
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    texts.append(module.version.split()[0].replace("/", " ") if name == "pycurl" else f"{name} {module.__version__}")
    if name == "pycurl":
        texts.append(module.version.split()[1].replace("/", " "))
print(", ".join(texts))
