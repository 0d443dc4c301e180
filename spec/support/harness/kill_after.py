# SPDX-License-Identifier: MIT
#
# Runs a program that also writes text to a pipe, and kills it after so many lines of that:
#
#   kill_after.py PIPE LINES PROGRAM [ARGUMENT...]
#
# Nobody reads the pipe further, and it holds only 4 KiB, so the program waits and cannot end before
# it is killed. The status is 0 if it was killed, 1 if it ended by itself. LINES 0: it may end, and
# its status is passed on.
import fcntl
import os
import subprocess
import sys

path, lines = sys.argv[1], int(sys.argv[2])
if not os.path.exists(path):
    os.mkfifo(path)
program = subprocess.Popen(sys.argv[3:])
with open(path, "rb") as pipe:
    if lines == 0:
        pipe.read()
        sys.exit(program.wait())
    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)
    for _ in range(lines):
        if not os.read(pipe.fileno(), 1) or not pipe.readline():
            sys.exit(1)
    program.kill()
    sys.exit(0 if program.wait() == -9 else 1)
