"""aiohttp under a semaphore: one ClientSession, all tasks gathered, so many at once. The connector is that of the 2021
post, so no more than 100 connections however large the semaphore, and no certificate is checked:
https://docs.aiohttp.org/en/stable/client_advanced.html#limiting-connection-pool-size"""

import asyncio

import aiohttp

from counting import Count, Told


async def main(told):
    semaphore = asyncio.Semaphore(told.concurrency)
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=100, ttl_dns_cache=300)
    async with aiohttp.ClientSession(connector=connector) as session:
        count = Count()

        async def get(url):
            async with semaphore:
                try:
                    async with session.get(url, ssl=False) as response:
                        count.response(response.status, await response.read())
                except Exception:
                    count.error()

        await asyncio.gather(*(get(url) for url in told.urls()))
        count.tell()


asyncio.run(main(Told()))
