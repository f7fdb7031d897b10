"""requests, one after another, over a Session so that the connection is kept:
https://requests.readthedocs.io/en/latest/user/advanced/#session-objects"""

import requests

from counting import Count, Told

told = Told()
with requests.Session() as session:
    count = Count()
    for url in told.urls():
        try:
            response = session.get(url)
            count.response(response.status_code, response.content)
        except Exception:
            count.error()
    count.tell()
