"""Ray nodes as machines of their own: each in a network namespace, with an address and cores."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

PORT = 6379
HEAD = 1
AS_OTHERS = {"RAY_worker_niceness": "0"}
"""Ray's workers would otherwise wait for all else that a busy machine does."""


def can_be_made() -> bool:
    """Whether this user may make network namespaces here."""
    name = f"casn-try-{os.getpid()}"
    if shutil.which("ip") is None or _ip("netns", "add", name, check=False):
        return False
    _ip("netns", "delete", name)
    return True


class RayNodes:
    """A cluster whose node 1 is the head and has no cores to work on; the others come and go.

    A namespace more holds the bridge that joins them, so that the machine itself sees nothing of
    it. What stands on the disk is there for all.
    """

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._folder = tempfile.mkdtemp(prefix="ray-")  # sockets there must have short names
        self.environment = {
            **os.environ,
            "RAY_ADDRESS": f"{_address(HEAD)}:{PORT}",
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_USAGE_STATS_ENABLED": "0",
            **AS_OTHERS,
            "OMP_NUM_THREADS": "1",
        }

    def __enter__(self) -> "RayNodes":
        bridge = self._name(0)
        _ip("netns", "add", bridge)
        self._names[0] = bridge
        try:
            _ip("-n", bridge, "link", "add", "bridge", "type", "bridge")
            _ip("-n", bridge, "link", "set", "bridge", "up")
            head = ["--head", f"--port={PORT}", "--include-dashboard=false"]
            self._start(HEAD, [*head, f"--temp-dir={self._folder}"], cores=0)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for node, name in self._names.items():
            self.kill(node)
            _ip("netns", "delete", name)
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self, node: int, *, cores: int = 1) -> None:
        """Have a further node join; numbers are from 2."""
        self._start(node, [f"--address={self.environment['RAY_ADDRESS']}"], cores)

    def kill(self, node: int) -> None:
        """End all that runs on a node, at once, as where a machine loses power."""
        for process in self.processes(node):
            os.kill(process, signal.SIGKILL)

    def signal(self, node: int, title: str, number: signal.Signals) -> None:
        """Send a signal to a node's processes whose command line begins so."""
        for process, command in self.processes(node).items():
            if command.startswith(title):
                os.kill(process, number)

    def processes(self, node: int | None = None) -> dict[int, str]:
        """The command lines of what runs on a node, or on all, by number."""
        found = {}
        for name in [*self._names.values()] if node is None else [self._names[node]]:
            listed = subprocess.run(
                ["ip", "netns", "pids", name], capture_output=True, text=True, check=True
            )
            for process in map(int, listed.stdout.split()):
                try:
                    command = Path("/proc", str(process), "cmdline").read_bytes()
                except OSError:  # it has ended
                    continue
                found[process] = command.replace(b"\0", b" ").decode(errors="replace")
        return found

    def command(self, node: int, *command: str) -> list[str]:
        """What runs a command on a node, with `environment`."""
        return ["ip", "netns", "exec", self._names[node], *command]

    def _start(self, node: int, options: list[str], cores: int) -> None:
        name = self._name(node)
        _ip("netns", "add", name)
        self._names[node] = name
        bridge = self._names[0]
        _ip("-n", bridge, "link", "add", f"to{node}", "type", "veth", "peer", "eth0", "netns", name)
        _ip("-n", bridge, "link", "set", f"to{node}", "master", "bridge", "up")
        _ip("-n", name, "address", "add", f"{_address(node)}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", name, "link", "set", device, "up")
        ray = [sys.executable, "-m", "ray.scripts.scripts", "start", *options]
        resources = [f"--num-cpus={cores}", "--num-gpus=0", "--object-store-memory=80000000"]
        started = subprocess.run(
            self.command(node, *ray, f"--node-ip-address={_address(node)}", *resources),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if started.returncode:
            raise RuntimeError(f"Ray's node {node} doesn't start: {started.stderr[-500:]}")

    def _name(self, node: int) -> str:
        return f"casn-{os.getpid()}-{node}"


def _address(node: int) -> str:
    return f"10.77.0.{node}"


def _ip(*args: str, check: bool = True) -> int:
    return subprocess.run(["ip", *args], check=check, capture_output=True).returncode
