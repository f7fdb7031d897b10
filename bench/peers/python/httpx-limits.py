"""httpx with its own limits in place of a semaphore: everything is gathered at once and waits for a connection of the
pool, without end, because the default would fail whoever waits for five seconds:
https://www.python-httpx.org/advanced/resource-limits/ and https://www.python-httpx.org/advanced/timeouts/"""

import asyncio

import httpx

from counting import Count, Told


async def main(told):
    limits = httpx.Limits(max_connections=told.concurrency, max_keepalive_connections=told.concurrency)
    async with httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(5, pool=None)) as client:
        count = Count()

        async def get(url):
            try:
                response = await client.get(url)
                count.response(response.status_code, response.content)
            except Exception:
                count.error()

        await asyncio.gather(*(get(url) for url in told.urls()))
        count.tell()


asyncio.run(main(Told()))
