"""A WebSocket client on the websockets library. Arguments: port, CA file, `deflate` or `plain`. Says what it has done."""

import asyncio
import os
import ssl
import sys

import websockets

PORT, CA, COMPRESSION = sys.argv[1:]
TLS = ssl.create_default_context(cafile=CA)
URL = f"wss://localhost:{PORT}/"


def connect():
    return websockets.connect(
        URL,
        ssl=TLS,
        max_size=None,
        ping_interval=None,
        compression="deflate" if COMPRESSION == "deflate" else None,
    )


async def echoes_every_size(socket):
    # At and around the borders of the three length encodings (RFC 6455 section 5.2), and a large one.
    for size in (0, 1, 125, 126, 127, 65535, 65536, 65537, 8_000_000):
        message = os.urandom(size)
        await socket.send(message)
        assert await socket.recv() == message, size
    text = "\u00e4\u2603\U0001d11e" * 10_000
    await socket.send(text)
    assert await socket.recv() == text


async def echoes_fragments(socket):
    fragments = [f"fragment {number} " for number in range(500)]

    async def one_by_one():
        for fragment in fragments:
            yield fragment

    await socket.send(one_by_one())
    assert await socket.recv() == "".join(fragments)


async def answers_pings(socket):
    for size in (0, 1, 60, 125):
        await asyncio.wait_for(await socket.ping(os.urandom(size)), 20)


async def keeps_the_order(socket):
    messages = [f"message {number}" for number in range(2000)]
    sending = asyncio.ensure_future(send_all(socket, messages))
    for message in messages:
        assert await socket.recv() == message
    await sending


async def send_all(socket, messages):
    for message in messages:
        await socket.send(message)


async def passes_the_closes():
    async with connect() as socket:
        await socket.send("close 4001 asked for")
        try:
            raise AssertionError(await socket.recv())
        except websockets.ConnectionClosed as closed:
            print("server closed", closed.rcvd.code, closed.rcvd.reason)
    async with connect() as socket:
        await socket.close(3999, "enough")
        print("client closed", socket.close_code, socket.close_reason)


async def serves_many():
    async def one(number):
        async with connect() as socket:
            await socket.send(f"number {number}")
            assert await socket.recv() == f"number {number}"

    await asyncio.gather(*(one(number) for number in range(100)))


async def main():
    async with connect() as socket:
        print("extensions", [extension.name for extension in socket.extensions])
        await echoes_every_size(socket)
        await echoes_fragments(socket)
        await answers_pings(socket)
        await keeps_the_order(socket)
    await passes_the_closes()
    await serves_many()
    print("done")


asyncio.run(main())
