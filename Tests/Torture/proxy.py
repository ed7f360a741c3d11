"""A network that can be cut: carries bytes from a port of its own to another, or does not."""

import contextlib
import socket
import threading

from child import free_port


class Proxy:
    """One way to a backend. Each connection has two threads, one for each direction."""

    def __init__(self, target):
        self.target = target
        self.port = free_port()
        self._lock = threading.Lock()
        self._connections = set()
        self._is_cut = False
        # Set while bytes may pass.
        self._passing = threading.Event()
        self._passing.set()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def is_whole(self):
        """Whether it carries."""
        return not self._is_cut and self._passing.is_set()

    def cut(self):
        """Ends every connection, and each new one as soon as it is made."""
        self._is_cut = True
        self._passing.set()
        self.drop()

    def drop(self):
        """Ends the connections that there are."""
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def stall(self):
        """Goes on accepting connections and bytes, and passes nothing on."""
        self._passing.clear()

    def mend(self):
        """Carries again, also what came in while it was stalled."""
        self._is_cut = False
        self._passing.set()

    def close(self):
        """Ends for good."""
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
            back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
            back.start()
            self._carry(near, far)
            back.join()
        except OSError:
            pass
        finally:
            with self._lock:
                self._connections -= {near, far}
            for end in (near, far):
                if end is not None:
                    end.close()

    def _carry(self, source, sink):
        """Passes on until either end is gone, and then ends both."""
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._passing.wait()
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
