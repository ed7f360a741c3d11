"""Many clients in a separate process, for test_crowd.py.

    crowd.py PORT READERS STALLED IDLE BODIES

Opens event streams that are read, list answers and event streams that are not, idle connections and request bodies that
never end, from many loopback addresses. Prints a line of JSON with the numbers, then reads the event streams until
standard input ends.
"""

import contextlib
import json
import select
import socket
import sys


def connect(port, number, buffer=None):
    """A connection from one of many addresses, 400 connections each; None if the server refuses it."""
    connection = socket.socket()
    if buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(60)
    try:
        connection.bind((f"127.0.3.{1 + number // 400}", 0))
        connection.connect(("127.0.0.1", port))
    except OSError:
        connection.close()
        return None
    return connection


def open_all(port, readers, stalled, idle, bodies):
    streams, others = [], []
    for number in range(readers):
        if connection := connect(port, number):
            connection.sendall(b"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            streams.append(connection)
    begun = 0
    for connection in streams:
        with contextlib.suppress(OSError):
            begun += connection.recv(4096).startswith(b"HTTP/1.1 200")
    for number in range(stalled):
        if connection := connect(port, readers + number, buffer=4096):
            path = b"/v1/events" if number % 2 else b"/v1/jobs?limit=500"
            connection.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path)
            others.append(connection)
    for number in range(bodies):
        if connection := connect(port, readers + stalled + number):
            connection.sendall(
                b"POST /v1/jobs/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Content-Length: 15000000\r\n\r\n")
            connection.setblocking(False)
            with contextlib.suppress(OSError):
                connection.send(b'{"jobs": [' + b" " * (4 << 20))
            others.append(connection)
    waiting = [connect(port, readers + stalled + bodies + number) for number in range(idle)]
    idle_open = [connection for connection in waiting if connection]
    return streams, others + idle_open, {"readers": begun, "others": len(others), "idle": len(idle_open)}


def drain(streams):
    poll = select.epoll()
    by_number = {connection.fileno(): connection for connection in streams}
    for number, connection in by_number.items():
        connection.setblocking(False)
        poll.register(number, select.EPOLLIN)
    poll.register(sys.stdin.fileno(), select.EPOLLIN | select.EPOLLHUP)
    while True:
        for number, _ in poll.poll():
            if number == sys.stdin.fileno():
                return
            with contextlib.suppress(BlockingIOError, ConnectionError):
                if not by_number[number].recv(1 << 18):
                    poll.unregister(number)


def main():
    streams, others, counts = open_all(*map(int, sys.argv[1:]))
    print(json.dumps(counts), flush=True)
    drain(streams)
    del others


main()
