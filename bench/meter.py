"""Runs one command and writes what it cost to the file descriptor in its first argument: wall seconds, CPU seconds, peak
kibibytes and exit code.

A process of its own, and one that imports next to nothing: Linux counts the memory that a process shared with its
parent before it became another program as memory of that program, so a parent of 100 MiB makes every peak 100 MiB.
"""

import os
import sys
import time

output, command = int(sys.argv[1]), sys.argv[2:]
# The command is not to hold it open.
os.set_inheritable(output, False)
began = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ)
# wait4 and not getrusage: the peak must be of this process and its children, not of earlier ones.
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - began
figures = (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
os.write(output, " ".join(map(str, figures)).encode())
