"""What every client in Python is told and tells: argv is the URL before the number, the first and the last number, and how
many requests at once; the last line of stdout is one JSON object. Sends nothing itself."""

import json
import os
import resource
import sys
import time

# How many connections there may be is the client's to say, not the shell's.
_, files_max = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (files_max, files_max))

# The certificate to trust besides the usual ones, for those that do not look at the environment themselves.
CA = os.environ.get("SSL_CERT_FILE")


class Told:
    def __init__(self):
        url, first, last, concurrency = sys.argv[1:5]
        self.url = url
        self.numbers = range(int(first), int(last) + 1)
        self.concurrency = int(concurrency)

    def urls(self):
        return (f"{self.url}{n}" for n in self.numbers)


class Count:
    """The clock runs from when it is made."""

    def __init__(self):
        self.ok = 0
        self.errors = 0
        self.sum = 0
        self._start = time.perf_counter()

    def response(self, status, body):
        """Raises for a body that is no JSON with an id: who calls counts that as he counts all exceptions."""
        if status != 200:
            self.errors += 1
            return
        self.sum += json.loads(body)["id"]
        self.ok += 1

    def error(self):
        self.errors += 1

    def tell(self):
        ms = (time.perf_counter() - self._start) * 1000
        print(json.dumps({"ok": self.ok, "errors": self.errors, "sum": self.sum, "ms": round(ms, 3)}))
