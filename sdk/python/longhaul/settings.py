"""Where the server is, and how the client signs in. The environment variables are those of the `longhaul` command."""

from __future__ import annotations

import dataclasses
import os
import ssl
from typing import Optional
from urllib.parse import urlsplit

DEFAULT_SERVER = "http://127.0.0.1:8080"


@dataclasses.dataclass(frozen=True)
class Settings:
    """The address and the credentials of a server."""

    scheme: str
    host: str
    port: int
    prefix: str
    #: The path of a Unix socket, which replaces host and port.
    socket: Optional[str]
    api_key: Optional[str]
    tls: Optional[ssl.SSLContext]

    @property
    def host_header(self) -> str:
        """The value of the `Host` header."""
        if self.socket:
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


def read_settings(
    url: Optional[str],
    api_key: Optional[str],
    ca_file: Optional[str],
    client_cert: Optional[str],
    client_key: Optional[str],
) -> Settings:
    """Reads the settings: arguments first, then LONGHAUL_SERVER, LONGHAUL_API_KEY, LONGHAUL_KEY_FILE and the others.

    Raises:
        ValueError: the address is invalid.
    """
    environment = os.environ.get
    url = url or environment("LONGHAUL_SERVER") or DEFAULT_SERVER
    key = api_key or environment("LONGHAUL_API_KEY")
    key_file = environment("LONGHAUL_KEY_FILE")
    if not api_key and key_file:
        with open(key_file, encoding="utf-8") as file:
            key = file.read().strip()
    if url.startswith("unix:"):
        return Settings("http", "localhost", 80, "", url[len("unix:") :], key, None)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f'the server\'s address is http://HOST:PORT, https://HOST:PORT or unix:PATH, not "{url}"')
    tls = None
    if parts.scheme == "https":
        tls = ssl.create_default_context()
        ca_file = ca_file or environment("LONGHAUL_CA_FILE")
        if ca_file:
            tls.load_verify_locations(ca_file)
        client_cert = client_cert or environment("LONGHAUL_CLIENT_CERT")
        if client_cert:
            tls.load_cert_chain(client_cert, client_key or environment("LONGHAUL_CLIENT_KEY"))
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Settings(parts.scheme, parts.hostname, port, parts.path.rstrip("/"), None, key, tls)
