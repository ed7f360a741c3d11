"""A TCP proxy whose connections can be cut and stalled."""

import contextlib
import socket
import threading

from child import free_port


class Proxy:
    """A link to a backend. Each connection has two threads, one for each direction."""

    def __init__(self, target):
        self.target = target
        self.port = free_port()
        self._lock = threading.Lock()
        self._connections = set()
        self._is_cut = False
        # Set while the proxy forwards bytes.
        self._passing = threading.Event()
        self._passing.set()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def is_whole(self):
        """Whether the link is neither cut nor stalled."""
        return not self._is_cut and self._passing.is_set()

    def cut(self):
        """Closes every connection, and each new one at once."""
        self._is_cut = True
        self._passing.set()
        self.drop()

    def drop(self):
        """Closes the open connections."""
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def stall(self):
        """Accepts connections and bytes, but forwards nothing."""
        self._passing.clear()

    def restore(self):
        """Forwards again, including the bytes that arrived during a stall."""
        self._is_cut = False
        self._passing.set()

    def close(self):
        """Closes the proxy."""
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        self._passing.wait()
        far = None
        try:
            far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            far.settimeout(None)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                if self._is_cut:
                    return
                self._connections.update((near, far))
            back = threading.Thread(target=self._forward, args=(far, near), daemon=True)
            back.start()
            self._forward(near, far)
            back.join()
        except OSError:
            pass
        finally:
            with self._lock:
                self._connections -= {near, far}
            for end in (near, far):
                if end is not None:
                    end.close()

    def _forward(self, source, sink):
        """Forwards until one end is closed, and then closes both."""
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._passing.wait()
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
