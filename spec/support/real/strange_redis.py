# SPDX-License-Identifier: MIT
#
# A program that speaks the protocol of Redis and answers as a fleet's Redis could, or strangely.
# Usage: strange_redis.py SOCKET SEED [NAME=VALUE]...
#
# SEED 0: all answers are as they should be. Else many are changed somewhere: another type, other
# numbers, errors, deep lists, bytes that are no protocol, or none and the connection ends.
# version=6.0.16: says that it is this version; clock=SECONDS: its clock is so far ahead;
# answer=LINES: its first answer is these lines, with commas between them.
import json
import os
import random
import socketserver
import sys
import time

PATH, SEED = sys.argv[1], int(sys.argv[2])
OPTIONS = dict(word.split("=", 1) for word in sys.argv[3:])
RANDOM = random.Random(SEED)

META = {
    "version": "1", "name": "s", "state": "running", "share": "split", "points": "", "n": "1",
    "seed": "0", "lease": "2", "trace": "{}", "rate": "0", "describe": "list", "list": "default",
    "cycle": "1", "shared": "0", "most_bytes": "1000000", "leases": "1", "position": "2",
    "targets": "2", "done": "1", "done_targets": "2", "complete": "1", "bytes": "0",
}
RESULT = json.dumps({"type": "trace", "dst": "1.0.0.1", "hops": []}) + "\n"


def flat(pairs):
    return [part for pair in pairs.items() for part in pair]


def right(words):
    """The answer to a command; str: a bulk string, Exception: an error, None: nothing there."""
    name = words[0].upper()
    now = time.time() + float(OPTIONS.get("clock", 0))
    if name == "INFO":
        return "# Server\r\nredis_version:%s\r\n" % OPTIONS.get("version", "7.0.15")
    if name == "HGETALL":
        return ["a/1", "%d {}" % (now * 1000)] if words[1].endswith("workers") else flat(META)
    if name == "TIME":
        return ["%d" % now, "0"]
    if name == "XREADGROUP":
        targets = "1.0.0.1\n1.0.0.2"
        entry = ["1-1", ["lease", "1", "count", "2", "targets", targets]]
        return [[words[-2], [entry]]] if RANDOM.random() < 0.5 else None
    if name == "XREAD":
        fields = ["lease", "1", "point", "a", "worker", "a", "part", "1/1", "targets", "2",
                  "failed", "0", "complaints", "", "results", RESULT]
        return [[words[-2], [["2-1", fields]]]] if words[-1] < "2" else None
    if name == "EVAL":
        if "XCLAIM" in words[1]:
            return []
        return int(now * 1000) if "'TIME'" in words[1] else 1
    return {
        "SMEMBERS": ["s"], "HKEYS": ["a/1"], "EXISTS": 1, "HGET": "0", "XPENDING": [0, None, None,
        None], "XAUTOCLAIM": ["0-0", [], []], "XINFO": [["name", "all", "pending", 0]],
    }.get(name, "OK")


def junk(depth=0):
    kind = RANDOM.randrange(9 if depth < 3 else 7)
    if kind == 0:
        return RANDOM.choice([0, -1, 1, 2 ** 62, -2 ** 63])
    if kind == 1:
        return None
    if kind == 2:
        return ""
    if kind == 3:
        return RANDOM.choice(["nan", "1e999", "-1", "x" * 70000, "\0\x1b[31m", "{", "[]", "1,2", "s"])
    if kind == 4:
        return Exception(RANDOM.choice(["ERR no", "WRONGTYPE x", "NOPERM y", "", "\x1b[2J", "OOM z"]))
    if kind == 5:
        return []
    if kind == 6:
        return "0-1"
    return [junk(depth + 1) for _ in range(RANDOM.randrange(5))]


def changed(value):
    """The value with junk in place of one of its parts."""
    if isinstance(value, list) and value and RANDOM.random() < 0.8:
        at = RANDOM.randrange(len(value))
        kind = RANDOM.randrange(6)
        if kind == 0:
            return value[:at]
        if kind == 1:
            return value + [junk()]
        return value[:at] + [changed(value[at])] + value[at + 1:]
    return junk()


def encode(value):
    if value is None:
        return RANDOM.choice([b"$-1\r\n", b"*-1\r\n"])
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, Exception):
        return b"-" + str(value).encode() + b"\r\n"
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(encode(one) for one in value)
    body = value.encode()
    return b"$%d\r\n%s\r\n" % (len(body), body)


NO_PROTOCOL = [b"$99999999999999\r\n", b"*70000\r\n", b"*1000000000\r\n", b"HTTP/1.1 400\r\n\r\n",
               b"\0\0\0\0", b":12x\r\n", b"*2\r\n" * 3000, b"$5\r\nabcdefgh\r\n", b""]


class Handler(socketserver.StreamRequestHandler):
    def words(self):
        head = self.rfile.readline()
        if not head.startswith(b"*"):
            return None
        words = []
        for _ in range(int(head[1:])):
            size = int(self.rfile.readline()[1:])
            words.append(self.rfile.read(size + 2)[:-2].decode(errors="replace"))
        return words

    def handle(self):
        while words := self.words():
            if "answer" in OPTIONS:
                self.wfile.write(OPTIONS["answer"].replace(",", "\r\n").encode() + b"\r\n")
                continue
            answer = right(words)
            if SEED and words[0] != "INFO" and RANDOM.random() < 0.3:
                answer = changed(answer)
            if SEED and RANDOM.random() < 0.02:
                self.wfile.write(RANDOM.choice(NO_PROTOCOL))
                return
            self.wfile.write(encode(answer))

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], (BrokenPipeError, ConnectionResetError)):
            super().handle_error(request, address)


server = Server(PATH + ".new", Handler)
os.rename(PATH + ".new", PATH)
server.serve_forever()
