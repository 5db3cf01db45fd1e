"""Keeps children alive in one loop without threads: their output, their deaths, signals, and a clean stop."""

import contextlib
import os
import re
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from django.utils.translation import gettext as _

from apps.workers.supervisor.child import Child
from apps.workers.supervisor.child_log import ChildLog
from apps.workers.supervisor.child_spec import ChildSpec, StopStage
from apps.workers.supervisor.terminal import Terminal

TICK_SECONDS = 0.5  # how often a condition is looked at when nothing else happens
READ_BYTES = 65_536
# On the terminal; the log files have every line.
MOST_LINES_PER_SECOND = 5
REPEAT_AFTER_SECONDS = 60.0
DIGITS = re.compile(r"\d+")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM while the supervisor waited for something."""


class Supervisor:
    """Runs children until it is asked to stop. Use it inside `with supervisor.signals():`."""

    def __init__(self, *, terminal: Terminal, log_dir: Path, on_change: Callable[[dict[str, int]], None]) -> None:
        self._terminal = terminal
        self._log_dir = log_dir
        self._on_change = on_change  # gets the process id of each living child whenever one starts or ends
        self._children: dict[str, Child] = {}
        self._logs: dict[str, ChildLog] = {}
        self._shown: dict[str, tuple[int, int]] = {}  # name -> (second, lines shown in it)
        self._shown_at: dict[tuple[str, str], float] = {}  # (name, line without numbers) -> when it was shown last
        self._selector = selectors.DefaultSelector()
        self._num_stop_signals = 0
        self._stopping = False

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Takes over SIGINT, SIGTERM, SIGHUP and SIGCHLD; gives them back at the end."""
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        self._selector.register(reader, selectors.EVENT_READ, None)
        former_fd = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        former = {number: signal.signal(number, self._count_stop_signal) for number in STOP_SIGNALS}
        former[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda number, frame: None)
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(former_fd)
            self._selector.unregister(reader)
            reader.close()
            writer.close()

    def add(self, spec: ChildSpec) -> Child:
        """Starts a child and keeps it alive from now on."""
        if spec.name in self._children:
            raise ValueError(f"a child named {spec.name!r} is already supervised")
        child = Child(spec)
        self._children[spec.name] = child
        self._logs[spec.name] = ChildLog(self._log_dir / f"{spec.name}.log")
        self._start(child)
        return child

    def child(self, name: str) -> Child:
        return self._children[name]

    def log_of(self, name: str) -> ChildLog:
        return self._logs[name]

    def wait_until(self, condition: Callable[[], bool], *, timeout_seconds: float) -> bool:
        """Serves the children until `condition()` holds; False when the time is over first. Raises StopRequested."""
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            if self._num_stop_signals:
                raise StopRequested
            if time.monotonic() >= deadline:
                return False
            self._serve(longest_wait_seconds=0.02)
        return True

    def run(self) -> None:
        """Serves the children until a stop signal comes."""
        while not self._num_stop_signals:
            self._serve(longest_wait_seconds=TICK_SECONDS)

    def stop(self) -> None:
        """Stops the children stage by stage. A further stop signal while it waits kills what is left at once."""
        self._stopping = True
        signals_before = max(1, self._num_stop_signals)
        killed = False
        for stage in StopStage:
            members = [child for child in self._children.values() if child.spec.stage is stage]
            for child in members:
                child.ask_to_stop()
            asked_at = time.monotonic()
            while living := [child for child in members if child.pid is not None]:
                now = time.monotonic()
                if self._num_stop_signals > signals_before and not killed:
                    self._terminal.step(_("Killing what is left."))
                    killed = True
                    for child in self._children.values():
                        child.kill()
                for child in living:
                    if now - asked_at > child.spec.stop_seconds and not killed:
                        self._terminal.step(_("%(name)s did not stop in time: killed.") % {"name": child.spec.name})
                        child.kill()
                self._serve(longest_wait_seconds=0.1)
        for log in self._logs.values():
            log.close()

    def _count_stop_signal(self, number: int, frame: FrameType | None) -> None:
        self._num_stop_signals += 1

    def _start(self, child: Child) -> None:
        child.start(now=time.monotonic())
        self._logs[child.spec.name].note(f"start {child.num_starts}: process {child.pid}")
        self._selector.register(child.output, selectors.EVENT_READ, child)
        self._report_change()

    def _report_change(self) -> None:
        self._on_change({name: child.pid for name, child in self._children.items() if child.pid is not None})

    def _serve(self, *, longest_wait_seconds: float) -> None:
        """Waits for output, a death, a signal or the time of the next restart, and handles what came."""
        now = time.monotonic()
        waits = [child.restart_at - now for child in self._children.values() if child.restart_at is not None]
        timeout = longest_wait_seconds if self._stopping else max(0.0, min([longest_wait_seconds, *waits]))
        for key, _events in self._selector.select(timeout):
            if isinstance(key.data, Child):
                self._read(key.data)
            else:
                with contextlib.suppress(BlockingIOError):
                    os.read(key.fd, READ_BYTES)  # the numbers of the signals; the handlers have counted them
        for child in self._children.values():
            self._bury(child)
        if not self._stopping:
            for child in self._children.values():
                if child.restart_at is not None and child.restart_at <= time.monotonic():
                    self._start(child)

    def _read(self, child: Child) -> bool:
        """Takes what a child printed; returns whether there may be more."""
        try:
            data = os.read(child.output.fileno(), READ_BYTES)
        except BlockingIOError:
            return False
        if not data:  # it closed its output; its death is noticed separately
            self._selector.unregister(child.output)
            return False
        for line in self._logs[child.spec.name].feed(data):
            self._show(child.spec.name, line)
        return True

    def _show(self, name: str, line: str) -> None:
        """Shows an important line unless the terminal has had many of this child just now, or this very one a short time ago."""
        now = time.monotonic()
        self._shown_at = {key: at for key, at in self._shown_at.items() if now - at < REPEAT_AFTER_SECONDS}
        kind = (name, DIGITS.sub("", line))
        second, shown = self._shown.get(name, (0, 0))
        shown = shown + 1 if second == int(now) else 1
        if kind in self._shown_at or shown > MOST_LINES_PER_SECOND:
            return
        self._shown[name] = (int(now), shown)
        self._shown_at[kind] = now
        self._terminal.child_line(name, line)

    def _bury(self, child: Child) -> None:
        if child.pid is None:
            return
        output = child.output
        status = child.reap(now=time.monotonic())
        if status is None:
            return
        self._drain(child.spec.name, output.fileno())
        with contextlib.suppress(KeyError):
            self._selector.unregister(output)
        output.close()
        self._logs[child.spec.name].note(f"ended with status {status}")
        self._report_change()
        if not self._stopping:
            self._terminal.step(
                _("%(name)s ended (%(how)s); it is started again. See %(log)s")
                % {"name": child.spec.name, "how": describe_status(status), "log": self._logs[child.spec.name].path}
            )

    def _drain(self, name: str, descriptor: int) -> None:
        """Takes the last words of a child whose whole process group is dead."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(descriptor, READ_BYTES):
                for line in self._logs[name].feed(data):
                    self._show(name, line)


def describe_status(status: int) -> str:
    """Says in words how a process ended."""
    if status >= 0:
        return _("exit status %(status)d") % {"status": status}
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return _("killed by %(signal)s") % {"signal": name}
