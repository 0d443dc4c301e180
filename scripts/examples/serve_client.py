# SPDX-License-Identifier: MIT
"""A client of `mtrlua serve`: traces all targets at once, and prints hops as they come.

    python3 serve_client.py /run/mtrlua.sock 192.0.2.7 192.0.2.8
"""
import json
import socket
import sys

server = socket.socket(socket.AF_UNIX)
server.connect(sys.argv[1])
targets = sys.argv[2:]

for i, target in enumerate(targets):
    request = {"id": i, "request": "trace", "dst": target, "hops": True}
    server.sendall(json.dumps(request).encode() + b"\n")
server.shutdown(socket.SHUT_WR)  # no more requests

failed = False
for line in server.makefile():
    answer = json.loads(line)
    target = targets[answer["id"]] if "id" in answer else "?"
    if answer["answer"] == "hop":
        hop = answer["hop"]
        print(target, hop["ttl"], hop.get("addr", "*"), hop.get("rtt", ""), sep="\t")
    elif answer["answer"] == "result":
        print(target, answer["result"]["stop_reason"], answer["result"]["hop_count"], sep="\t")
    else:
        print(target, answer["error"], sep="\t")
        failed = True
sys.exit(failed)
