#!/usr/bin/python3
"""A mail server that delivers into a folder, and can refuse one recipient and fail once for another.

    sink.py FOLDER [--refuse ADDRESS] [--fail-once ADDRESS]

--refuse     answers 550 for this recipient
--fail-once  delivers the first mail to this recipient, but answers 451, as if the answer were lost

Listens on a free port of 127.0.0.1 and prints it as a line of JSON. A mail with a known Message-ID is accepted and
dropped, and its recipient is added to FOLDER/repeats.
"""

import argparse
import asyncio
import email
import hashlib
import json
import pathlib
import signal

from aiosmtpd.smtp import SMTP


class Sink:
    """Stores each mail in a file named after its Message-ID."""

    def __init__(self, folder, refuse, fail_once):
        self.folder = pathlib.Path(folder)
        self.refuse = refuse
        self.fail_once = {fail_once}

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == self.refuse:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message_id = email.message_from_bytes(envelope.content)["Message-ID"]
        path = self.folder / (hashlib.sha256(message_id.encode()).hexdigest()[:24] + ".eml")
        recipients = ", ".join(envelope.rcpt_tos)
        try:
            with path.open("xb") as file:
                file.write(f"X-Envelope-To: {recipients}\r\n".encode() + envelope.content)
        except FileExistsError:
            with (self.folder / "repeats").open("a", encoding="utf-8") as file:
                file.write(f"{recipients}\n")
        if recipients in self.fail_once:
            self.fail_once.clear()
            return "451 4.3.0 temporary failure"
        return "250 OK"


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--refuse")
    parser.add_argument("--fail-once")
    arguments = parser.parse_args()
    sink = Sink(arguments.folder, arguments.refuse, arguments.fail_once)
    pathlib.Path(arguments.folder).mkdir(parents=True, exist_ok=True)

    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(lambda: SMTP(sink, hostname="sink", loop=loop), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(json.dumps({"listening": f"smtp://{host}:{port}"}), flush=True)
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
