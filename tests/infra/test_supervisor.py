"""The supervisor, with small real processes as children."""

import io
import os
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.workers.supervisor.child import HEALTHY_SECONDS, LONGEST_DELAY_SECONDS, Child, restart_delay
from apps.workers.supervisor.child_log import ChildLog
from apps.workers.supervisor.child_spec import ChildSpec, StopStage
from apps.workers.supervisor.supervisor import StopRequested, Supervisor, describe_status
from apps.workers.supervisor.terminal import Terminal
from tests.support.conditions import wait_for


class Stage:
    """A supervisor with its terminal and the process ids it reported."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.screen = io.StringIO()
        self.pids: dict[str, int] = {}
        self.supervisor = Supervisor(terminal=Terminal(self.screen), log_dir=folder, on_change=self._remember)

    def _remember(self, pids: dict[str, int]) -> None:
        self.pids = dict(pids)

    def add(self, program: str, *, name: str = "child", stage: StopStage = StopStage.WORK, stop: float = 5.0) -> Child:
        code = f"import os, signal, subprocess, sys, time\n{textwrap.dedent(program)}"
        return self.supervisor.add(
            ChildSpec(name=name, argv=(sys.executable, "-u", "-c", code), stage=stage, stop_seconds=stop)
        )

    def wait_for_log(self, text: str, *, name: str = "child", times: int = 1) -> None:
        log = self.folder / f"{name}.log"
        assert self.supervisor.wait_until(
            lambda: log.exists() and log.read_text().count(text) >= times, timeout_seconds=20
        ), log.read_text()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    with stage.supervisor.signals():
        yield stage
        stage.supervisor.stop()
    assert stage.pids == {}, "a child outlived the stop"


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie that its parent has not collected yet does not count."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


SLEEP = "print('ready'); time.sleep(600)"


def test_a_killed_child_comes_back_within_a_second(stage: Stage) -> None:
    stage.add(SLEEP)
    stage.wait_for_log("ready")
    first = stage.pids["child"]
    killed_at = time.monotonic()
    os.kill(first, signal.SIGKILL)
    stage.wait_for_log("ready", times=2)
    assert time.monotonic() - killed_at < 1.0
    assert stage.pids["child"] != first
    assert "killed by SIGKILL" in stage.screen.getvalue()


def test_a_child_that_dies_at_once_is_started_ever_more_slowly() -> None:
    delays = [restart_delay(num_quick_deaths=number) for number in range(1, 12)]
    assert delays[0] <= 0.2
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY_SECONDS


def live_once(child: Child, *, seconds: float) -> None:
    child.start(now=0.0)
    with child.output:
        wait_for(lambda: child.reap(now=seconds) is not None)


def test_a_child_that_lived_long_is_started_again_at_once() -> None:
    child = Child(ChildSpec(name="x", argv=(sys.executable, "-c", "pass"), stage=StopStage.WORK, stop_seconds=1))
    for _death in range(4):
        live_once(child, seconds=0.1)
    assert child.num_quick_deaths == 4
    live_once(child, seconds=HEALTHY_SECONDS)
    assert child.restart_at == HEALTHY_SECONDS + restart_delay(num_quick_deaths=1)


def test_what_a_child_started_dies_with_it(stage: Stage) -> None:
    stage.add("grandchild = subprocess.Popen(['sleep', '600']); print('grandchild', grandchild.pid); time.sleep(600)")
    stage.wait_for_log("grandchild")
    line = next(line for line in (stage.folder / "child.log").read_text().splitlines() if line.startswith("grandchild"))
    grandchild = int(line.split()[1])
    assert is_alive(grandchild)
    os.kill(stage.pids["child"], signal.SIGKILL)
    stage.wait_for_log("grandchild", times=2)
    assert not is_alive(grandchild)


def test_only_important_lines_reach_the_terminal_and_all_reach_the_log(stage: Stage) -> None:
    stage.add(
        "print('INFO all is well'); print('ERROR the disk is full'); sys.stderr.write('done'); sys.stderr.flush(); time.sleep(600)"
    )
    stage.wait_for_log("ERROR the disk is full")
    assert "child | ERROR the disk is full" in stage.screen.getvalue()
    assert "all is well" not in stage.screen.getvalue()
    os.kill(stage.pids["child"], signal.SIGKILL)
    stage.wait_for_log("ended with status -9")
    assert "INFO all is well" in (stage.folder / "child.log").read_text()


def test_the_same_error_again_and_again_is_shown_once(stage: Stage) -> None:
    stage.add(
        "[print(f'{n}: ERROR no route') for n in range(3)]; print('ERROR no disk'); print('end'); time.sleep(600)"
    )
    stage.wait_for_log("end")
    assert stage.screen.getvalue().count("ERROR no route") == 1
    assert stage.screen.getvalue().count("ERROR no disk") == 1


def test_a_flood_of_errors_does_not_flood_the_terminal(stage: Stage) -> None:
    stage.add(
        "print('\\n'.join(f'ERROR number {chr(65 + number % 26)}{number}' for number in range(2000))); print('end'); time.sleep(600)"
    )
    stage.wait_for_log("end")
    assert 1 <= stage.screen.getvalue().count("ERROR number") <= 10
    assert (stage.folder / "child.log").read_text().count("ERROR number") == 2000


def test_a_log_file_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.workers.supervisor.child_log.MAX_BYTES", 10_000)
    log = ChildLog(tmp_path / "x.log")
    for _line in range(2_000):
        log.feed(b"0123456789" * 10 + b"\n")
    log.feed(b"unfinished")
    log.close()
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(sizes) == 4
    assert max(sizes) <= 10_000


def test_stages_stop_in_order(stage: Stage) -> None:
    program = """
        def leave(*_):
            time.sleep(0.3)
            open({path!r}, 'a').write({name!r} + ' ')
            sys.exit(0)
        signal.signal(signal.SIGTERM, leave)
        print('ready')
        time.sleep(600)
    """
    journal = stage.folder / "journal"
    order = {"broker": StopStage.BROKER, "control": StopStage.CONTROL, "web": StopStage.WORK}
    for name, place in order.items():
        stage.add(textwrap.dedent(program).format(path=str(journal), name=name), name=name, stage=place)
    for name in order:
        stage.wait_for_log("ready", name=name)
    stage.supervisor.stop()
    assert journal.read_text().split() == ["web", "control", "broker"]


def test_a_child_that_ignores_the_request_is_killed_in_time(stage: Stage) -> None:
    stage.add("signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready'); time.sleep(600)", stop=0.3)
    stage.wait_for_log("ready")
    asked_at = time.monotonic()
    stage.supervisor.stop()
    assert 0.3 <= time.monotonic() - asked_at < 3.0
    assert "did not stop in time" in stage.screen.getvalue()


def test_a_second_interrupt_kills_what_is_left(stage: Stage) -> None:
    stage.add("signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready'); time.sleep(600)", stop=60.0)
    stage.wait_for_log("ready")
    os.kill(os.getpid(), signal.SIGINT)
    stage.supervisor.run()  # returns because of the first one
    again = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    again.start()
    asked_at = time.monotonic()
    stage.supervisor.stop()
    again.join()
    assert time.monotonic() - asked_at < 5.0
    assert "Killing what is left" in stage.screen.getvalue()


def test_an_interrupt_while_starting_ends_the_wait(stage: Stage) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(StopRequested):
        stage.supervisor.wait_until(lambda: False, timeout_seconds=20)


def test_a_child_gets_no_variable_that_overrides_celery(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BROKER_URL", "CELERY_BROKER_URL", "APP"):
        monkeypatch.setenv(name, "redis://elsewhere")
    stage.add("print('found', sorted(name for name in os.environ if 'elsewhere' in os.environ[name])); time.sleep(600)")
    stage.wait_for_log("found []")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    program = textwrap.dedent(
        f"""
        import os, signal, sys
        from pathlib import Path
        from apps.workers.supervisor.child import Child
        from apps.workers.supervisor.child_spec import ChildSpec, StopStage
        child = Child(ChildSpec(name="x", argv=("sleep", "600"), stage=StopStage.WORK, stop_seconds=1))
        child.start(now=0.0)
        Path({str(tmp_path / "pid")!r}).write_text(str(child.pid))
        signal.pause()
        """
    )
    import subprocess

    parent = subprocess.Popen([sys.executable, "-c", program])
    pid = int(wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text()))
    wait_for(lambda: b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes(), what="the child's program")
    parent.kill()
    parent.wait()
    wait_for(lambda: not is_alive(pid), what="the death of the child")


def test_statuses_are_told_in_words() -> None:
    assert describe_status(-9) == "killed by SIGKILL"
    assert describe_status(3) == "exit status 3"
