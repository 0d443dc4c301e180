# SPDX-License-Identifier: MIT
#
# A stand-in for ClickHouse: takes INSERTs of CSVWithNames by HTTP, and keeps each token once, as a
# table with deduplication does. Usage: clickhouse.py DIR
#
# Writes its port to DIR/port, and what it took to DIR/TABLE.csv, a header before the first rows.
# DIR/mode says how it behaves: ok; busy (503); wrong (404 with an exception); drop (takes the rows
# and hangs up without an answer); stale (answers, and hangs up without having said so).
import csv
import http.server
import io
import os
import sys
import urllib.parse

DIR = sys.argv[1]
TOKENS = set()


def mode():
    with open(os.path.join(DIR, "mode"), encoding="ascii") as file:
        return file.read().strip()


def take(table, token, text):
    rows = list(csv.reader(io.StringIO(text), strict=True))
    if any(len(row) != len(rows[0]) for row in rows):
        return "a row has another number of columns than the header"
    if token not in TOKENS:
        TOKENS.add(token)
        path = os.path.join(DIR, table + ".csv")
        begun = os.path.exists(path)
        with open(path, "a", encoding="utf-8", newline="") as file:
            file.write(text.split("\n", 1)[1] if begun else text)
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, text, headers=()):
        body = text.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if body:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))
        self.wfile.write(b"0\r\n\r\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        now = mode()
        if self.headers["X-ClickHouse-User"] != "iris" or self.headers["X-ClickHouse-Key"] != "s e":
            return self.answer(403, "Code: 516. Authentication failed\n",
                               [("X-ClickHouse-Exception-Code", "516")])
        if now == "busy":
            return self.answer(503, "Code: 252. Too many parts\n")
        words = query["query"][0].split(" ")
        if words[:2] != ["INSERT", "INTO"] or words[3:] != ["FORMAT", "CSVWithNames"]:
            return self.answer(400, "Code: 62. Syntax error\n")
        if now == "wrong":
            return self.answer(404, "Code: 60. Unknown table %s\nmore\n" % words[2],
                               [("X-ClickHouse-Exception-Code", "60")])
        if query["insert_deduplicate"] != ["1"] or query["async"] != ["x y"]:
            return self.answer(400, "Code: 115. Unknown setting\n")
        problem = take(words[2], query["insert_deduplication_token"][0], body)
        if problem:
            return self.answer(400, problem)
        if now == "drop":
            self.close_connection = True
            return None
        self.answer(200, "")
        if now == "stale":
            self.close_connection = True
        return None

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(os.path.join(DIR, "port.new"), "w", encoding="ascii") as file:
    file.write(str(server.server_address[1]))
os.rename(os.path.join(DIR, "port.new"), os.path.join(DIR, "port"))
server.serve_forever()
