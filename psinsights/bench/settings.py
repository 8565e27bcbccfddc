"""The product's settings for measuring: its own static files, and a floor to compare with."""

import os
from pathlib import Path

from psinsights.settings import *  # noqa: F403 - the star is the point

BENCH_HOME = Path(os.environ["BENCH_HOME"])
STATIC_ROOT = BENCH_HOME / "static"
ROOT_URLCONF = "psinsights.bench.urls"
