# SPDX-License-Identifier: MIT
#
# Types at a program on a terminal of its own: typed.py STEPS COMMAND [ARGUMENT...]. STEPS is a file
# with a step in each line: "type TEXT" sends TEXT, in which \t, \n, \r, \x03 and so on are read as
# in Python; "see TEXT" waits until the terminal has shown TEXT since the last step of this kind.
# "end STATUS" waits until the program has ended so. Prints what the terminal showed. The status is
# 0 if all steps were done in time, else 1; the message names the step.
import os
import pty
import re
import select
import signal
import sys
import time

LIMIT = 240  # seconds for all steps
steps = [line.rstrip("\n") for line in open(sys.argv[1]) if line.strip()]
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", COLUMNS="200", LINES="50")
    os.execvp(sys.argv[2], sys.argv[2:])

shown, seen, until = "", 0, time.monotonic() + LIMIT


def fail(step):
    print(shown)
    os.kill(pid, signal.SIGKILL)
    sys.exit(f"typed.py: {step}")


def more():
    """Reads what the terminal shows next; returns False at its end, None when time is over."""
    global shown
    ready, _, _ = select.select([terminal], [], [], max(0, until - time.monotonic()))
    if not ready:
        return None
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        return False
    shown += piece.decode("utf-8", "replace")
    return bool(piece)


for step in steps:
    word, _, text = step.partition(" ")
    if word == "type":
        os.write(terminal, text.encode().decode("unicode_escape").encode("latin-1"))
    elif word == "see":
        while text not in shown[seen:]:
            if not more():
                fail(step)
        seen = shown.index(text, seen) + len(text)
    elif word == "end":
        piece = True
        while piece:
            piece = more()
        if piece is None:
            fail(step)
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) != int(text):
            fail(f"{step}: it was {os.waitstatus_to_exitcode(status)}")
    else:
        fail("what is " + step)
print(re.sub(r"\r", "", shown))
