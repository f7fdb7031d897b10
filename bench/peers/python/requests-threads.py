"""requests in threads: a bounded queue feeds daemon workers over one Session, as the example of
https://docs.python.org/3/library/queue.html#queue.Queue.join has it. A Session keeps ten connections unless its adapter is
told otherwise: https://requests.readthedocs.io/en/latest/api/#requests.adapters.HTTPAdapter"""

from queue import Queue
from threading import Lock, Thread

import requests
from requests.adapters import HTTPAdapter

from counting import Count, Told

told = Told()
tasks = Queue(told.concurrency)
lock = Lock()
session = requests.Session()
for scheme in ("http://", "https://"):
    session.mount(scheme, HTTPAdapter(pool_maxsize=told.concurrency))


def work():
    while True:
        url = tasks.get()
        try:
            response = session.get(url)
            with lock:
                count.response(response.status_code, response.content)
        except Exception:
            with lock:
                count.error()
        finally:
            tasks.task_done()


count = Count()
for _ in range(told.concurrency):
    Thread(target=work, daemon=True).start()
for url in told.urls():
    tasks.put(url)
tasks.join()
count.tell()
