"""httpx under a semaphore: one AsyncClient, whose own limits are off: https://www.python-httpx.org/async/ and
https://www.python-httpx.org/advanced/resource-limits/. HTTP/2 where the server chooses it by ALPN."""

import asyncio

import httpx

from counting import Count, Told


async def main(told):
    semaphore = asyncio.Semaphore(told.concurrency)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(limits=limits, http2=told.url.startswith("https:")) as client:
        count = Count()

        async def get(url):
            async with semaphore:
                try:
                    response = await client.get(url)
                    count.response(response.status_code, response.content)
                except Exception:
                    count.error()

        await asyncio.gather(*(get(url) for url in told.urls()))
        count.tell()


asyncio.run(main(Told()))
