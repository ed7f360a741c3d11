"""The `longhaul` command, which the wheels for a platform carry."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import List, NoReturn, Optional

#: Where a wheel for a platform has the binary.
BINARY = Path(__file__).resolve().parent / "bin" / "longhaul"


def find_binary() -> Path:
    """The path of the binary of the installed wheel. Raises FileNotFoundError if the wheel has none.

    For example, to start a server for tests: `subprocess.Popen([find_binary(), "serve", "--listen", "127.0.0.1:0"])`.
    """
    if not BINARY.is_file():
        raise FileNotFoundError(
            f"{BINARY} does not exist: this installation of longhaul has the Python SDK only. "
            "Install a wheel for your platform, or the Debian package."
        )
    return BINARY


def main(arguments: Optional[List[str]] = None) -> NoReturn:
    """Replaces this process with the command."""
    try:
        binary = str(find_binary())
    except FileNotFoundError as error:
        raise SystemExit(f"longhaul: {error}") from None
    os.execv(binary, [binary, *(sys.argv[1:] if arguments is None else arguments)])


if __name__ == "__main__":
    main()
