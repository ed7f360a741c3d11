"""A proxy between librdkafka 2.0 and Tansu, which differ about one message.

    python3 Tests/Kafka/negotiate.py PORT TANSU_PORT

librdkafka 2.0 skips one byte too few of each tagged field in version 3 of the answer to ApiVersions, and then reads past
the end of Tansu's answer. The proxy answers that request as a broker that knows versions 0 to 2 only, as KIP-511 says.
librdkafka then asks in version 0. Everything else passes unchanged.
"""

import asyncio
import struct
import sys

API_VERSIONS = 18
UNSUPPORTED_VERSION = 35


async def frame(reader):
    size = await reader.readexactly(4)
    return size + await reader.readexactly(struct.unpack(">i", size)[0])


async def requests(reader, broker, client):
    while True:
        data = await frame(reader)
        key, version, number = struct.unpack(">hhi", data[4:12])
        if key == API_VERSIONS and version > 2:
            body = struct.pack(">ihihhh", number, UNSUPPORTED_VERSION, 1, API_VERSIONS, 0, 2)
            client.write(struct.pack(">i", len(body)) + body)
        else:
            broker.write(data)
            await broker.drain()


async def answers(reader, client):
    while data := await reader.read(65_536):
        client.write(data)
        await client.drain()


async def serve(port, reader, client):
    try:
        answer, broker = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        client.close()
        return
    tasks = [asyncio.create_task(requests(reader, broker, client)), asyncio.create_task(answers(answer, client))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        client.close()
        broker.close()


async def main():
    near, far = int(sys.argv[1]), int(sys.argv[2])
    server = await asyncio.start_server(lambda r, w: serve(far, r, w), "127.0.0.1", near)
    await server.serve_forever()


asyncio.run(main())
