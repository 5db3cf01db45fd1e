"""Which processes run, with which command and environment."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.workers.supervisor.child_spec import ChildSpec, StopStage

WEB_STOP_SECONDS = 15.0
BEYOND_SOFT_SHUTDOWN_SECONDS = 10.0
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
# SIGTERM begins Celery's soft shutdown: wait a while for the task, then let it save a checkpoint and go.
SOFT_SHUTDOWN = {"REMAP_SIGTERM": "SIGQUIT"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What `up` starts besides the private Redis-protocol server."""

    listen_fd: int
    gpus: Sequence[str]
    num_cpu_workers: int
    num_cores: int
    soft_shutdown_seconds: float
    environment: Mapping[str, str]

    def children(self) -> list[ChildSpec]:
        """Returns the children in the order of their start; the first page waits for the first of them."""
        return [self.web(), self.control(), *self.gpu_workers(), *self.cpu_workers()]

    def web(self) -> ChildSpec:
        """The web server gets the listening socket from its parent: while it restarts, browsers wait instead of failing."""
        return ChildSpec(
            name="web",
            argv=(
                *(sys.executable, "-m", "uvicorn", "nasweb.asgi:application", "--fd", str(self.listen_fd)),
                *("--lifespan", "off", "--ws-max-size", "65536", "--timeout-graceful-shutdown", "10"),
                *("--no-access-log", "--no-server-header", "--no-use-colors"),
            ),
            stage=StopStage.WORK,
            stop_seconds=WEB_STOP_SECONDS,
            environment={**self.environment, **ONE_THREAD},
            pass_fds=(self.listen_fd,),
        )

    def control(self) -> ChildSpec:
        """The worker that advances runs, publishes events and keeps the clock of the periodic sweep: one process in all."""
        return self._worker(name="control", queues="control", pool=("-P", "threads"), stage=StopStage.CONTROL)

    def gpu_workers(self) -> list[ChildSpec]:
        """One worker per GPU; without CPU workers they serve the queue of CPU jobs too, so that no job waits for ever."""
        queues = "gpu" if self.num_cpu_workers else "gpu,cpu"
        threads = str(max(1, min(4, self.num_cores // max(1, len(self.gpus)))))
        return [
            self._worker(
                name=f"gpu{number}",
                queues=queues,
                stage=StopStage.WORK,
                environment={"CUDA_VISIBLE_DEVICES": gpu, "OMP_NUM_THREADS": threads},
            )
            for number, gpu in enumerate(self.gpus)
        ]

    def cpu_workers(self) -> list[ChildSpec]:
        return [
            self._worker(name=f"cpu{number}", queues="cpu", stage=StopStage.WORK)
            for number in range(self.num_cpu_workers)
        ]

    def _worker(
        self,
        *,
        name: str,
        queues: str,
        stage: StopStage,
        environment: Mapping[str, str] | None = None,
        pool: tuple[str, ...] = ("-P", "prefork", "--pool-start-method", "spawn"),
    ) -> ChildSpec:
        return ChildSpec(
            name=name,
            argv=(
                *(sys.executable, "-m", "celery", "-A", "nasweb", "worker", "-n", f"{name}@%h", "-Q", queues),
                *(*pool, "-c", "1", "-l", "INFO", "--without-gossip", "--without-mingle"),
            ),
            stage=stage,
            stop_seconds=self.soft_shutdown_seconds + BEYOND_SOFT_SHUTDOWN_SECONDS,
            environment={
                **self.environment,
                **SOFT_SHUTDOWN,
                **ONE_THREAD,
                "CUDA_VISIBLE_DEVICES": "",
                "NASWEB_WORKER_NAME": name,
                **(environment or {}),
            },
        )
