"""A proxy between librdkafka 2.0 and Tansu, which differ about one message, and which adds TLS and SASL to Tansu.

    python3 Tests/Kafka/front.py PORT BROKER_PORT [--public-port PORT] [--no-topics] [--user USER:PASSWORD]
        [--certificate PEM --key PEM [--authority PEM]]

librdkafka 2.0 skips one byte too few of each tagged field in version 3 of the answer to ApiVersions, and then reads past
the end of Tansu's answer. The proxy answers that request as a broker that knows versions 0 to 2 only, as KIP-511 says.
librdkafka then asks in version 0.

Clients that ask for the brokers are sent to PORT in place of BROKER_PORT, so that one broker can have several fronts.
With `--certificate`, clients use TLS, and with `--authority` they need a certificate of that authority. With `--user`, they
sign in with PLAIN. With `--no-topics`, they may not create topics. Everything else passes unchanged.
"""

import argparse
import asyncio
import contextlib
import ssl
import struct

METADATA, SASL_HANDSHAKE, API_VERSIONS, CREATE_TOPICS, SASL_AUTHENTICATE = 3, 17, 18, 19, 36
TOPIC_REFUSED, UNSUPPORTED_MECHANISM, UNSUPPORTED_VERSION, AUTHENTICATION_FAILED = 29, 33, 35, 58
MECHANISM = "PLAIN"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("broker_port", type=int)
    parser.add_argument("--public-port", type=int, help="the port to which clients are sent, if another proxy is in front")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--authority")
    parser.add_argument("--user")
    parser.add_argument("--no-topics", action="store_true")
    return parser.parse_args()


async def frame(reader):
    size = await reader.readexactly(4)
    return size + await reader.readexactly(struct.unpack(">i", size)[0])


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


class Session:
    """One connection of a client."""

    def __init__(self, options, client):
        self.options = options
        self.client = client
        self.is_open = options.user is None

    def answer(self, number, body):
        self.client.write(struct.pack(">ii", len(body) + 4, number) + body)

    async def requests(self, reader, broker):
        """Forwards requests until one is refused."""
        while True:
            data = await frame(reader)
            key, version, number, size = struct.unpack_from(">hhih", data, 4)
            if key == API_VERSIONS and version > 2:
                self.answer(number, struct.pack(">hihhh", UNSUPPORTED_VERSION, 1, API_VERSIONS, 0, 2))
            elif key in (SASL_HANDSHAKE, SASL_AUTHENTICATE) and self.options.user:
                # The head ends with the name of the client.
                self.sign_in(key, number, data[14 + max(0, size):])
            elif key == CREATE_TOPICS and self.options.no_topics:
                self.refuse_topics(number, data[14 + max(0, size):])
            elif key == API_VERSIONS or self.is_open:
                if key == METADATA and version == 4 and self.options.no_topics:
                    # The last byte allows the broker to create a topic about which a client asks.
                    data = data[:-1] + b"\0"
                broker.write(data)
                await broker.drain()
            else:
                return

    def sign_in(self, key, number, body):
        if key == SASL_HANDSHAKE:
            code = 0 if body[2:].decode() == MECHANISM else UNSUPPORTED_MECHANISM
            return self.answer(number, struct.pack(">hi", code, 1) + text(MECHANISM))
        _, user, password = body[4:].decode().split("\0")
        self.is_open = f"{user}:{password}" == self.options.user
        code, reason = (0, "") if self.is_open else (AUTHENTICATION_FAILED, "Invalid username or password")
        return self.answer(number, struct.pack(">h", code) + text(reason) + struct.pack(">i", 0))

    def refuse_topics(self, number, body):
        """Refuses topics without assignments and settings, as librdkafka sends them from version 2."""
        count, place, names = struct.unpack_from(">i", body)[0], 4, []
        for _ in range(count):
            size = struct.unpack_from(">h", body, place)[0]
            names.append(body[place:place + 2 + size])
            # The numbers of partitions and replicas, and two empty arrays.
            place += 2 + size + 4 + 2 + 4 + 4
        self.answer(number, struct.pack(">ii", 0, count) + b"".join(
            name + struct.pack(">hh", TOPIC_REFUSED, -1) for name in names))

    async def answers(self, reader):
        """Forwards answers with the public address of the broker."""
        # Every version has the port after the name.
        theirs, ours = (
            b"127.0.0.1" + struct.pack(">i", port)
            for port in (self.options.broker_port, self.options.public_port or self.options.port))
        while True:
            self.client.write((await frame(reader)).replace(theirs, ours))
            await self.client.drain()


async def serve(options, reader, client):
    try:
        answer, broker = await asyncio.open_connection("127.0.0.1", options.broker_port)
    except OSError:
        client.close()
        return
    session = Session(options, client)
    tasks = [asyncio.create_task(session.requests(reader, broker)), asyncio.create_task(session.answers(answer))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(OSError, RuntimeError):
            client.close()
        broker.close()


async def main():
    options = arguments()
    context = None
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=options.authority)
        context.load_cert_chain(options.certificate, options.key)
        if options.authority:
            context.verify_mode = ssl.CERT_REQUIRED
    server = await asyncio.start_server(
        lambda reader, client: serve(options, reader, client), ["127.0.0.1", "127.0.0.2"], options.port, ssl=context)
    await server.serve_forever()


asyncio.run(main())
