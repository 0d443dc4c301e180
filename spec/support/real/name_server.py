# SPDX-License-Identifier: MIT
#
# A name server for specs, which answers well or badly, as the question says.
#
#   python3 name_server.py [--port N] [--address A] [--delay MS] [--log FILE]
#
# It prints its port, and ends at the end of standard input. The log gets a line for each question:
# type and name. A question for PTR or for the TXT record of an address (under origin.test and
# origin6.test) is about 10.B.C.D or 100.B.C.D, and B says how it is answered; a question for an
# address or a text by name has the word in its first label, such as never-7.test. Of IPv6
# addresses the last byte but two says it.
import argparse, heapq, os, select, socket, struct, sys, time

WORDS = ["ok", "none", "never", "other", "tcp", "cut", "late", "damaged", "fail", "alias", "loop",
         "evil", "id", "two", "refused", "long", "empty", "case", "short"]
A, CNAME, SOA, PTR, TXT, AAAA = 1, 5, 6, 12, 16, 28


def name(text):
    if isinstance(text, bytes):
        return text
    out = b""
    for label in text.rstrip(".").split("."):
        out += bytes([len(label)]) + label.encode("latin-1")
    return out + b"\0"


def record(owner, kind, data, ttl=300):
    return name(owner) + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def strings(text):
    text = text.encode("latin-1")
    return b"".join(bytes([len(text[i:i + 255])]) + text[i:i + 255]
                    for i in range(0, max(len(text), 1), 255))


def read(query):
    """Returns id, name, type and the bytes of the question."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    kind, = struct.unpack(">H", query[at + 1:at + 3])
    return query[:2], ".".join(labels), kind, query[12:at + 5]


def asked(text):
    """Returns how to answer, and the numbers of the address."""
    parts = text.lower().split(".")
    if text.lower().endswith("in-addr.arpa") or "origin" in parts:
        octets = parts[3::-1]
        if len(octets) == 4 and all(p.isdigit() for p in octets):
            return WORDS[int(octets[1]) % len(WORDS)], octets
    if text.lower().endswith("ip6.arpa") or "origin6" in parts:
        value = int(parts[5] + parts[4], 16)
        return WORDS[value % len(WORDS)], ["6", str(value), "0", str(int(parts[1] + parts[0], 16))]
    return parts[0].split("-")[0], parts[:1]


def data_of(kind, word, numbers, text):
    tail = "-".join(numbers[2:] or numbers)
    network = "2001:4860::/32" if numbers[0] == "6" else numbers[0] + ".0.0.0/8"
    if kind == PTR:
        if word == "evil":
            return [name(b"\x0bred\x1b[31m.x\n\x07\xe2\x80\xaeabcd\4test\0")]
        if word == "two":
            return [name("b-%s.test" % tail), name("a-%s.test" % tail)]
        if word == "empty":
            return [b"\0"]
        return [name("r-%s.test" % tail)]
    if kind == TXT and text.lower().startswith("as"):
        return [strings("%s | DE | test | 2000-01-01 | EXAMPLE-AS, DE" % text.split(".")[0][2:])]
    if kind == TXT:
        if word == "evil":
            return [strings("64500 | \x1b[2J | D\nE | t\xff | x")]
        if word == "two":
            return [strings("64500 64501 | %s | DE | test | 2000-01-01" % network),
                    strings("64502 | %s.%s.0.0/16 | FR | test | 2000-01-01" % tuple(numbers[:2]))]
        if word == "empty":
            return [b"\0"]
        if word == "long":
            return [strings("x" * 3000)]
        return [strings("64500 | %s | DE | test | 2000-01-01" % network)]
    number = int("".join(c for c in numbers[0] if c.isdigit()) or 1)
    if kind == A:
        return [bytes([127, 3, number // 250 % 250, number % 250 + 1])]
    return []


def answer(query, tcp, options):
    """Returns (seconds to wait, bytes) of an answer, or nothing."""
    ident, text, kind, question = read(query)
    word, numbers = asked(text)
    if options.log:
        options.log.write("%d %s%s\n" % (kind, text, " tcp" if tcp else ""))
        options.log.flush()
    wait, flags, rows, soa = options.delay / 1e3, 0x8180, [], b""
    if word == "never" or (word == "cut" and tcp):
        return None
    if word == "late":
        wait += options.late / 1e3
    if word == "none":
        flags |= 3
    elif word == "fail":
        flags |= 2
    elif word == "refused":
        flags |= 5
    elif word in ("cut", "tcp") and not tcp:
        flags |= 0x0200
    else:
        owner = text.upper() if word == "case" else text
        if word == "alias":
            rows.append(record(text, CNAME, name("one.alias.test"), 60))
            owner = "two.alias.test"
        if word == "loop":
            rows.append(record(text, CNAME, name(text)))
        else:
            ttl = 1 if word == "short" else 300
            rows += [record(owner, kind, d, ttl) for d in data_of(kind, word, numbers, text)]
        if word == "alias":
            rows.append(record("one.alias.test", CNAME, name("two.alias.test")))
    if not rows and flags & 15 in (0, 3):
        soa = record("test", SOA, name("a.test") + name("b.test") + struct.pack(">5I", 1, 1, 1, 1, 60))
    if word == "other":
        question = name("something.else.test") + question[-4:]
    if word == "id":
        ident = bytes([ident[0] ^ 255, ident[1]])
    out = ident + struct.pack(">HHHHH", flags, 1, len(rows), 1 if soa else 0, 0) + question
    out += b"".join(rows) + soa
    if word == "damaged":
        out = out[:len(question) + 12] + b"\xc0\xff" * 9
    return wait, out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--late", type=float, default=3000)
    parser.add_argument("--log")
    options = parser.parse_args()
    options.log = open(options.log, "w") if options.log else None
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    while True:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((options.address, options.port))
        listener.listen(16)
        port = listener.getsockname()[1]
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        try:
            udp.bind((options.address, port))
            break
        except OSError:  # somebody has this number for UDP: the next one then
            if options.port:
                raise
            listener.close()
            udp.close()
    udp.setblocking(False)
    print(port, flush=True)
    later, clients, serial = [], {}, 0

    def plan(query, to):
        nonlocal serial
        what = answer(query, to is not None and not isinstance(to, tuple), options)
        if what:
            serial += 1
            heapq.heappush(later, (time.monotonic() + what[0], serial, what[1], to))

    while True:
        wait = max(0, later[0][0] - time.monotonic()) if later else None
        ready, _, _ = select.select([udp, listener, sys.stdin] + list(clients), [], [], wait)
        if udp in ready:
            for _ in range(500):
                try:
                    query, to = udp.recvfrom(4096)
                except BlockingIOError:
                    break
                plan(query, to)
        if listener in ready:
            clients[listener.accept()[0]] = b""
        for client in [c for c in list(clients) if c in ready]:
            bytes_in = client.recv(4096)
            held = clients[client] + bytes_in
            while len(held) >= 2 and len(held) >= 2 + held[0] * 256 + held[1]:
                size = held[0] * 256 + held[1]
                plan(held[2:2 + size], client)
                held = held[2 + size:]
            clients[client] = held
            if not bytes_in:
                del clients[client]
                client.close()
        if sys.stdin in ready and not os.read(0, 4096):
            return
        while later and later[0][0] <= time.monotonic():
            _, _, out, to = heapq.heappop(later)
            if isinstance(to, tuple):
                udp.sendto(out, to)
            elif to in clients:
                to.sendall(struct.pack(">H", len(out)) + out)


main()
