"""A hub in a process of its own, as `vet-hub up` runs it."""

import re
import signal
import subprocess
import sys
from pathlib import Path


class Running:
    """A hub in a process of its own, and what it printed when it ran."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        command = [sys.executable, "-m", "hub", "up", "--port", "0", "--data", self.folder]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.greeting = self._line()
        while "vet-hub runs at" not in self.greeting:
            self.greeting = self._line()
        self.url = re.findall(r"http://[0-9.:]+", self.greeting)[0]
        self.link = re.findall(r"http://\S+/console/sign-in/\S+", self._line())[0]

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the hub ended before it ran"
        return line

    def key(self) -> str:
        return re.findall(r"hub_live_\S+", self._line())[0]

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=60)
        return said
