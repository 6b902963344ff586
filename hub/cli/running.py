"""Runs one command's module, and is the one place where what went wrong becomes one sentence and an exit code."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from typer import Typer
from typer.exceptions import Abort, TyperException

from hub.errors import HubError

BROKEN_PIPE = 141  # what a shell reports for a program whose reader went away


def call(name: str, module: str, arguments: list[str]) -> int:
    """Load a command's module and run its `app`; returns the exit code."""
    # Handlers of one's own (VET_HUB_HANDLERS) may lie in the working folder; last, so that they shadow nothing.
    sys.path.append(str(Path.cwd()))
    try:
        return _code(_app(module)(args=arguments, prog_name=f"vet-hub {name}", standalone_mode=False))
    except TyperException as usage:
        return _tell_usage(name, usage)
    except HubError as error:
        _say(f"vet-hub {name}: {error}")
        return error.exit_code
    except Abort:
        return 1
    except BrokenPipeError:
        # Nobody reads on, as in `vet-hub log tail | head`. Python would complain when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:
        if os.environ.get("VET_HUB_LOG_LEVEL", "").lower() == "debug":
            raise
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        _say(f"vet-hub {name}: that should not happen ({what}); VET_HUB_LOG_LEVEL=debug shows where")
        return 1


def _app(module: str) -> Typer:
    path, _, attribute = module.partition(":")
    app: Typer = getattr(import_module(path), attribute or "app")
    return app


def _code(returned: Any) -> int:
    return returned if isinstance(returned, int) else 0


def _tell_usage(name: str, usage: TyperException) -> int:
    context = getattr(usage, "ctx", None)
    path = context.command_path if context is not None else f"vet-hub {name}"
    _say(f"{path}: {usage.format_message().rstrip('.')}; `{path} --help` says how")
    return usage.exit_code


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
