"""The command line `vet-hub`: a table of commands, one module each, loaded only when its command runs.

This module imports next to nothing, so that `vet-hub --help` answers at once; `running` runs the command.
"""

import os
import sys
from importlib import import_module
from typing import NamedTuple


class Command(NamedTuple):
    """One command: its name, the module that holds its `app`, and its line in the help."""

    name: str
    module: str
    says: str


COMMANDS: dict[str, tuple[Command, ...]] = {
    "Begin": (
        Command("demo", "hub.cli.demo", "play the demonstration story and tell what happened"),
        Command("up", "hub.cli.up", "run the whole hub: web, log, groups, scheduler, couriers"),
    ),
    "Events": (
        Command("send", "hub.cli.send", "post CloudEvents from JSON or NDJSON files"),
        Command("match", "hub.cli.match", "rank the catalogue for one need, with reasons; stores nothing"),
        Command("skills", "hub.cli.skills", "find the ESCO concept that words mean"),
        Command("trace", "hub.cli.trace", "everything that followed from one event, need or match"),
        Command("map", "hub.cli.map", "which handler hears which event, and what it says"),
        Command("schema", "hub.cli.schema", "the contract as files, and what a change of it breaks"),
    ),
    "Operate": (
        Command("lag", "hub.cli.lag", "how far each group is behind, in events and seconds"),
        Command("parked", "hub.cli.parked", "what waits or failed: list, show, retry, skip, edit"),
        Command("replay", "hub.cli.replay", "make the rows of a group that sends nothing anew"),
        Command("log", "hub.cli.log", "read the stream of events"),
        Command("audit", "hub.cli.audit", "what operators did, and who"),
        Command("mail", "hub.cli.mail", "the mails people were sent"),
        Command("digest", "hub.cli.digest", "a coordinator's morning mail as it would be"),
        Command("agreement", "hub.cli.agreement", "agreements and their documents"),
        Command("esco", "hub.cli.esco", "ESCO's official files: import, list, look a concept up"),
        Command("doctor", "hub.cli.doctor", "check every setting and service, with the cure"),
    ),
    "Access": (
        Command("console", "hub.cli.console", "a link to sign in to the console with"),
        Command("key", "hub.cli.key", "API keys: create, list, revoke"),
        Command("people", "hub.cli.people", "add and erase people; names and addresses stay in the vault"),
    ),
    "Cluster": (
        Command("web", "hub.cli.processes:web", "the web part alone"),
        Command("worker", "hub.cli.processes:worker", "one or more groups of handlers"),
        Command("relay", "hub.cli.processes:relay", "carry stored events to Kafka"),
        Command("scheduler", "hub.cli.processes:scheduler", "say what falls due"),
        Command("courier", "hub.cli.processes:courier", "deliver mails, make documents"),
        Command("migrate", "hub.cli.migrate", "bring the database to this release's schema"),
        Command("tenant", "hub.cli.tenant", "partners who speak Kafka: topics, passwords, subscriptions"),
        Command("topics", "hub.cli.topics", "plan and make the Kafka topics"),
    ),
}


def main() -> None:
    """Run the command that the arguments name and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command line; returns the exit code."""
    name = arguments[0] if arguments else ""
    if name in ("", "-h", "--help", "help"):
        print(help_text(colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ))
        return 0 if name else 2
    if name == "--version":
        print("vet-hub", import_module("importlib.metadata").version("vet-hub"))
        return 0
    command = next((each for group in COMMANDS.values() for each in group if each.name == name), None)
    if command is None:
        print(unknown(name), file=sys.stderr)
        return 2
    return int(import_module("hub.cli.running").call(command.name, command.module, arguments[1:]))


def help_text(*, colour: bool) -> str:
    """Return the help of `vet-hub` itself."""
    bold, plain = ("\033[1m", "\033[0m") if colour else ("", "")
    lines = [f"{bold}vet-hub{plain} COMMAND …   (vet-hub COMMAND --help says more)", ""]
    for title, commands in COMMANDS.items():
        lines += [f"{bold}{title}{plain}", *(f"  {each.name:<10} {each.says}" for each in commands), ""]
    lines.append("--data DIR or VET_HUB_DATA names the hub's folder. New here? Try `vet-hub demo`.")
    return "\n".join(lines)


def unknown(name: str) -> str:
    """Return the sentence about a command that does not exist."""
    names = [each.name for group in COMMANDS.values() for each in group]
    near = import_module("difflib").get_close_matches(name, names, n=1)
    cure = f"did you mean `vet-hub {near[0]}`?" if near else "`vet-hub --help` lists what there is"
    return f"vet-hub: there is no command {name!r}; {cure}"
