"""Becomes another program after asking the kernel for a signal when the parent dies: `launch.py SIGNAL PARENT_PID PROGRAM …`.

A program of its own, because code between fork and exec of a process with threads may deadlock. Imports nothing of the project.
"""

import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    death_signal, parent, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died before the request reached the kernel
            sys.exit(1)
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
