"""Names of `typing` that Python 3.9 does not have."""

from __future__ import annotations

import sys
from typing import TypeVar

if sys.version_info >= (3, 10):
    from typing import ParamSpec

    P = ParamSpec("P")
else:
    # A class may be generic over it. Annotations are not evaluated.
    P = TypeVar("P")

#: The result of a job.
R = TypeVar("R")
