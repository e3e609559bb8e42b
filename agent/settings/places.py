"""Where configuration and state live: ``GENJIN_HOME``, else the platform's own folders."""

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

FILE_NAME = "agent.toml"


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The configuration that is read when no ``--config`` is given."""
    home = environ.get("GENJIN_HOME")
    if home:
        return Path(home).expanduser() / FILE_NAME
    return Path(platformdirs.user_config_dir("genjin", appauthor=False)) / FILE_NAME


def state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the store lives unless the configuration names a ``state_dir``."""
    home = environ.get("GENJIN_HOME")
    if home:
        return Path(home).expanduser() / "state"
    return Path(platformdirs.user_data_dir("genjin", appauthor=False))
