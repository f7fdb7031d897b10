"""pycurl's multi interface, as its example has it: a fixed number of handles, each used again for the next URL:
https://github.com/pycurl/pycurl/blob/master/examples/retriever-multi.py. It waits in select(), which knows descriptors up
to 1,023 only. HTTP/2 over TLS where the server chooses it by ALPN."""

from io import BytesIO

import pycurl

from counting import CA, Count, Told

told = Told()
multi = pycurl.CurlMulti()
# The connection cache would grow and shrink with the number of handles otherwise.
multi.setopt(pycurl.M_MAXCONNECTS, told.concurrency)
free = []
for _ in range(told.concurrency):
    handle = pycurl.Curl()
    handle.setopt(pycurl.NOSIGNAL, 1)
    # Streams wait for a connection that they can share: https://curl.se/libcurl/c/CURLOPT_PIPEWAIT.html
    handle.setopt(pycurl.PIPEWAIT, 1)
    if CA is not None:
        handle.setopt(pycurl.CAINFO, CA)
        # Debian's libcurl reads these anew for each connection, which took longer than all requests.
        handle.unsetopt(pycurl.CAPATH)
    free.append(handle)


def settle(handle):
    try:
        count.response(handle.getinfo(pycurl.RESPONSE_CODE), handle.body.getvalue())
    except Exception:
        count.error()


count = Count()
urls = told.urls()
left = len(told.numbers)
under_way = 0
while left > 0 or under_way > 0:
    while free and left > 0:
        handle = free.pop()
        handle.body = BytesIO()
        handle.setopt(pycurl.URL, next(urls))
        handle.setopt(pycurl.WRITEDATA, handle.body)
        multi.add_handle(handle)
        left -= 1
        under_way += 1
    while multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
        pass
    queued = 1
    while queued > 0:
        queued, good, bad = multi.info_read()
        for handle in good:
            settle(handle)
        for _ in bad:
            count.error()
        for handle in [*good, *(handle for handle, _, _ in bad)]:
            multi.remove_handle(handle)
            free.append(handle)
            under_way -= 1
    if under_way > 0 and not (free and left > 0):
        multi.select(1.0)
count.tell()
