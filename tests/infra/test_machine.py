"""What the supervisor finds out about a machine: GPUs, cores, ports, and what it starts there."""

import socket
from pathlib import Path

import pytest

from apps.workers.supervisor.child_spec import ChildSpec, StopStage
from apps.workers.supervisor.cpu_count import default_cpu_workers, parse_cgroup_limit, usable_cores
from apps.workers.supervisor.devices import parse_gpu_list, visible_gpus
from apps.workers.supervisor.listening_socket import listening_socket
from apps.workers.supervisor.plan import Plan
from apps.workers.supervisor.private_redis import clear_socket, set_aside
from tests.support.redis_server import RedisServer

WHOLE = """\
GPU 0: NVIDIA H200 (UUID: GPU-0f4a1c6e-1111-2222-3333-444455556666)
GPU 1: NVIDIA H200 (UUID: GPU-1f4a1c6e-1111-2222-3333-444455556666)
"""
SLICED = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f)
  MIG 3g.20gb     Device  0: (UUID: MIG-7089d0f3-293f-58c9-8f8c-5ea666eedbde)
  MIG 2g.10gb     Device  1: (UUID: MIG-56c30729-347f-5dd6-8da0-c3cc59e969e0)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-6c89852c-d268-c3f3-1b07-005d5ae1dc3f)
"""


def test_each_gpu_is_one_device() -> None:
    assert parse_gpu_list(WHOLE) == [
        "GPU-0f4a1c6e-1111-2222-3333-444455556666",
        "GPU-1f4a1c6e-1111-2222-3333-444455556666",
    ]
    assert parse_gpu_list("") == []


def test_a_sliced_gpu_is_replaced_by_its_slices() -> None:
    assert parse_gpu_list(SLICED) == [
        "MIG-7089d0f3-293f-58c9-8f8c-5ea666eedbde",
        "MIG-56c30729-347f-5dd6-8da0-c3cc59e969e0",
        "GPU-6c89852c-d268-c3f3-1b07-005d5ae1dc3f",
    ]


def fake_nvidia_smi(folder: Path, *, listing: str, status: int) -> dict[str, str]:
    """Stands in for NVIDIA's program, which machines without a GPU do not have."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n/bin/cat <<'END'\n{listing}END\nexit {status}\n")
    program.chmod(0o755)
    return {"PATH": str(folder)}


def test_gpus_are_asked_for_and_a_chosen_set_decides_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = fake_nvidia_smi(tmp_path, listing=WHOLE, status=0)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert visible_gpus(environment=machine) == parse_gpu_list(WHOLE)
    assert visible_gpus(environment={**machine, "CUDA_VISIBLE_DEVICES": "1, 0"}) == ["1", "0"]
    assert visible_gpus(environment={**machine, "CUDA_VISIBLE_DEVICES": ""}) == []
    assert visible_gpus(environment={**machine, "CUDA_VISIBLE_DEVICES": "-1"}) == []


def test_a_broken_driver_means_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = fake_nvidia_smi(tmp_path, listing="NVIDIA-SMI has failed\n", status=9)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert visible_gpus(environment=machine) == []


def test_the_limit_of_a_container_counts() -> None:
    assert parse_cgroup_limit("max 100000\n") is None
    assert parse_cgroup_limit("250000 100000\n") == 2.5
    assert usable_cores() >= 1


@pytest.mark.parametrize(
    ("num_cores", "num_gpus", "num_workers"), [(1, 0, 1), (2, 0, 1), (4, 0, 3), (5, 0, 4), (64, 0, 4), (64, 2, 0)]
)
def test_one_core_is_left_for_everything_else(num_cores: int, num_gpus: int, num_workers: int) -> None:
    assert default_cpu_workers(num_cores=num_cores, num_gpus=num_gpus) == num_workers


def plan(**changes: object) -> Plan:
    values = {"listen_fd": 7, "gpus": [], "num_cpu_workers": 2, "num_cores": 4, "soft_shutdown_seconds": 5.0}
    return Plan(**{**values, "environment": {"NASWEB_STATE_DIR": "/s"}, **changes})  # type: ignore[arg-type]


def by_name(children: list[ChildSpec]) -> dict[str, ChildSpec]:
    return {child.name: child for child in children}


def test_cpu_workers_compute_with_one_thread_and_see_no_gpu() -> None:
    children = by_name(plan().children())
    assert list(children) == ["web", "control", "cpu0", "cpu1"]
    for name in ("cpu0", "cpu1"):
        assert children[name].environment["OMP_NUM_THREADS"] == "1"
        assert children[name].environment["CUDA_VISIBLE_DEVICES"] == ""
        assert children[name].environment["NASWEB_WORKER_NAME"] == name
        assert children[name].environment["REMAP_SIGTERM"] == "SIGQUIT"
        assert children[name].stop_seconds > 5.0


def test_each_gpu_gets_a_worker_that_sees_only_it() -> None:
    children = by_name(plan(gpus=["GPU-a", "GPU-b"], num_cpu_workers=0).children())
    assert list(children) == ["web", "control", "gpu0", "gpu1"]
    assert [children[name].environment["CUDA_VISIBLE_DEVICES"] for name in ("gpu0", "gpu1")] == ["GPU-a", "GPU-b"]
    assert "gpu,cpu" in children["gpu0"].argv, "no worker would take the jobs for CPUs"
    assert children["control"].environment["CUDA_VISIBLE_DEVICES"] == ""


def test_gpu_workers_leave_cpu_jobs_to_cpu_workers() -> None:
    children = by_name(plan(gpus=["GPU-a"], num_cpu_workers=1).children())
    assert "gpu" in children["gpu0"].argv
    assert "gpu,cpu" not in children["gpu0"].argv


def test_the_web_server_inherits_the_listening_socket() -> None:
    web = by_name(plan().children())["web"]
    assert web.pass_fds == (7,)
    assert web.argv[web.argv.index("--fd") + 1] == "7"
    assert web.stage < StopStage.CONTROL < StopStage.BROKER


def test_a_busy_port_is_passed_over() -> None:
    with listening_socket(host="127.0.0.1", port=0) as first:
        port = first.getsockname()[1]
        with listening_socket(host="127.0.0.1", port=port) as second:
            assert port < second.getsockname()[1] <= port + 50
    with listening_socket(host="127.0.0.1", port=port) as again:
        assert again.getsockname()[1] == port


def test_a_foreign_address_is_refused() -> None:
    with pytest.raises(OSError, match=r"."):
        listening_socket(host="203.0.113.7", port=8000)


def test_the_socket_of_a_killed_start_is_cleared(tmp_path: Path) -> None:
    path = tmp_path / "v.sock"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(path))
    stale.close()
    assert clear_socket(path) is False
    assert not path.exists()


def test_a_server_left_by_a_killed_start_saves_and_goes(tmp_path: Path) -> None:
    left = RedisServer(socket_path=tmp_path / "v.sock", data_dir=tmp_path / "data")
    left.start()
    assert clear_socket(tmp_path / "v.sock") is True
    left.stop()
    assert not (tmp_path / "v.sock").exists()
    assert clear_socket(tmp_path / "v.sock") is False


def test_unreadable_data_are_moved_not_deleted(tmp_path: Path) -> None:
    data = tmp_path / "valkey"
    for content in ("first", "second"):
        data.mkdir(exist_ok=True)
        (data / "file").write_text(content)
        target = set_aside(data)
        assert (target / "file").read_text() == content
        assert list(data.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"valkey", "valkey.unreadable-1", "valkey.unreadable-2"}
