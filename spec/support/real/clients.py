# SPDX-License-Identifier: MIT
#
# Clients of the figures that a campaign serves, good ones and hostile ones. It starts the program
# given on its command line, whose first line of output is the port, and prints what the clients
# saw as JSON.
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from prometheus_client.parser import text_string_to_metric_families as families

PATIENCE = 60                          # seconds, for a machine that is slow
program = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
port = int(program.stdout.readline())
url = "http://127.0.0.1:%d/metrics" % port
seen = {}


def scrape():
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        text = answer.read().decode()
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {}
    for family in families(text):
        for sample in family.samples:
            found[sample.name] = sample.value
    return found


def connect():
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def rest(client):
    """What the server still says, until it closes; b"" if it cuts the connection."""
    text = b""
    try:
        while True:
            more = client.recv(65536)
            if not more:
                return text
            text += more
    except ConnectionError:
        return text


def status(sent):
    client = connect()
    try:
        client.sendall(sent)
    except ConnectionError:
        pass
    text = rest(client)
    client.close()
    return text.split(b"\r\n")[0].decode()


def descriptors():
    return len(os.listdir("/proc/%d/fd" % program.pid))


before = descriptors()
first = scrape()["mtr_probes_total"]
seen["grows"] = scrape()["mtr_probes_total"] >= first > 0

silent = [connect() for _ in range(200)]
seen["beside 200 silent clients"] = scrape()["mtr_probes_total"] > 0
for client in silent:
    client.close()

half = connect()
half.sendall(b"GET /metrics HT")
seen["beside half a request"] = scrape()["mtr_probes_total"] > 0
half.sendall(b"TP/1.1\r\nHost: x\r\n\r\n")
seen["half a request, then the rest"] = rest(half).split(b"\r\n")[0].decode()
half.close()

deaf = [connect() for _ in range(20)]
for client in deaf:
    client.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
seen["beside clients that do not read"] = scrape()["mtr_probes_total"] > 0
for client in deaf:
    client.close()

for _ in range(50):                    # gone before they are answered
    gone = connect()
    gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    gone.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
    gone.close()

seen["another path"] = status(b"GET / HTTP/1.1\r\n\r\n")
seen["a post"] = status(b"POST /metrics HTTP/1.1\r\n\r\n")
seen["bytes"] = status(bytes(range(256)))
seen["a huge request"] = status(b"GET /metrics HTTP/1.1\r\nX: " + b"y" * 10000000)
cut = connect()
cut.sendall(b"GET /met")
cut.shutdown(socket.SHUT_WR)
seen["a cut request"] = rest(cut).decode()
cut.close()

good = []


def many():
    for _ in range(20):
        good.append(scrape()["mtr_probes_total"])


threads = [threading.Thread(target=many) for _ in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
seen["scrapes at once"] = len(good)

for _ in range(100):                   # with each the server goes on with the others too
    if descriptors() > before:
        scrape()
seen["descriptors left"] = descriptors() - before

program.terminate()
seen["status"] = program.wait(PATIENCE)
print(json.dumps(seen))
