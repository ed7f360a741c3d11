"""The topics of a broker: listed, emptied or deleted, without a library."""

import socket
import struct

METADATA, DELETE_TOPICS, DELETE_RECORDS = 3, 20, 21
TIMEOUT_MS = 5000


def topics(port):
    """The number of partitions of each topic; None if the broker does not answer."""
    answer = call(port, METADATA, 1, struct.pack(">i", -1))
    if answer is None:
        return None
    read = Reader(answer)
    for _ in range(read.number(">i")):
        read.number(">i"), read.text(), read.number(">i"), read.text()
    read.number(">i")
    found = {}
    for _ in range(read.number(">i")):
        read.number(">h")
        name = read.text()
        read.number(">b")
        found[name] = read.number(">i")
        for _ in range(found[name]):
            read.number(">h"), read.number(">i"), read.number(">i")
            for _ in range(2):
                for _ in range(read.number(">i")):
                    read.number(">i")
    return found


def delete(port):
    """Deletes all topics; true if there were any."""
    names = topics(port)
    if not names:
        return False
    return call(port, DELETE_TOPICS, 1, array(map(text, names)) + struct.pack(">i", TIMEOUT_MS)) is not None


def empty(port):
    """Deletes all messages; true if there were topics."""
    found = topics(port)
    if not found:
        return False
    # The offset -1 stands for the end of a partition.
    body = array(
        text(name) + array(struct.pack(">iq", number, -1) for number in range(count)) for name, count in found.items())
    return call(port, DELETE_RECORDS, 1, body + struct.pack(">i", TIMEOUT_MS)) is not None


def call(port, api, version, body):
    """Sends a request; returns the body of the answer, or None."""
    request = struct.pack(">hhi", api, version, 1) + text("tests") + body
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as stream:
                size = struct.unpack(">i", stream.read(4))[0]
                answer = stream.read(size)
                return answer[4:] if len(answer) == size else None
    except (OSError, struct.error):
        return None


def text(value):
    """A string of the protocol."""
    return struct.pack(">h", len(value)) + value.encode()


def array(items):
    """An array of the protocol."""
    items = list(items)
    return struct.pack(">i", len(items)) + b"".join(items)


class Reader:
    """The values of an answer, in order."""

    def __init__(self, data):
        self._data = data
        self._place = 0

    def number(self, layout):
        """The next number."""
        value = struct.unpack_from(layout, self._data, self._place)[0]
        self._place += struct.calcsize(layout)
        return value

    def text(self):
        """The next string; None for none."""
        size = self.number(">h")
        if size < 0:
            return None
        self._place += size
        return self._data[self._place - size:self._place].decode()
