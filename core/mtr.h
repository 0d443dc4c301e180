/* SPDX-License-Identifier: MIT
 *
 * mtr.h: the C interface of the tracing engine, and the only header that a
 * program or a binding needs. Its sections stand in the order of use. A trace
 * of one host, printed hop by hop:
 *
 *   #include <mtr.h>
 *   #include <stdio.h>
 *
 *   int main(void) {
 *     struct mtr *engine;
 *     struct mtr_config config;
 *     struct mtr_trace trace;
 *     char why[512], addr[46];
 *     mtr_defaults(&config);
 *     if (mtr_open(&config, &engine, why, sizeof why) < 0) {
 *       fprintf(stderr, "%s\n", why);
 *       return 1;
 *     }
 *     mtr_trace_defaults(&trace);
 *     trace.want = MTR_WANT_HOP;
 *     trace.family = (uint8_t)mtr_address("127.0.0.1", trace.dst, NULL);
 *     if (mtr_start(engine, &trace, 1) < 0) return 1;   // mtr_why says why
 *     for (int kind = 0; kind != MTR_EV_DONE;) {
 *       mtr_wait(&engine, 1, -1, -1);
 *       int n = mtr_step(engine);
 *       for (const struct mtr_event *e = mtr_events(engine); n > 0; n--, e++) {
 *         kind = e->kind;
 *         if (kind == MTR_EV_HOP && !e->family) printf("%d *\n", e->ttl);
 *         if (kind != MTR_EV_HOP || !e->family) continue;
 *         mtr_address_text(e->addr, e->family, addr);
 *         printf("%d %s %.3f ms\n", e->ttl, addr, e->rtt);
 *       }
 *     }
 *     mtr_close(engine, NULL);
 *   }
 *
 * The caller drives the engine: start traces, step, walk the batch of events,
 * repeat. The engine never calls back, prints, exits or installs a signal
 * handler, and only mtr_wait blocks. It keeps no global state, so several
 * engines can live side by side. One descriptor (mtr_fd) is readable whenever a
 * step has work, timers included: an engine fits into any poll loop.
 *
 * Structs are plain: no pointers, no bitfields, no 64-bit integers. Addresses
 * are 16 bytes in network order; an IPv4 address takes the first four, the rest
 * is zero. Times are milliseconds as doubles unless a name says otherwise.
 * Handles are 32-bit numbers with a generation: a stale handle gives -ESTALE,
 * never a crash. Functions that can fail return a negative errno; where none is
 * listed, only a stale handle or no memory (-ENOMEM) makes them fail.
 *
 * Defaults: the value in [brackets] beside an option is what mtr_defaults and
 * its sisters set; without brackets it is 0 or "", which means none.
 *
 * Ownership: the caller owns what it passes in, and the library copies what it
 * keeps. What a function returns by pointer belongs to the library: text is
 * static unless its comment says until when it is borrowed. A pointer for an
 * answer may be NULL only where the comment says so.
 *
 * Threads: an engine belongs to one thread at a time; two threads that share
 * one must take turns with a lock. The same is true of a simulated
 * network until an engine is open over it: then it no longer changes, and
 * engines of several threads can use it at once. Functions without an engine,
 * network or set of prefixes among their arguments can be called in any thread.
 *
 * Processes: an engine belongs to the process that opened it. After a fork, the
 * child can close the parent's engine (mtr_close): this frees the child's copy
 * and leaves the parent's engine working. It can also leave it open, run
 * another program or exit. What only reads memory still works in the child:
 * mtr_why, mtr_stats, mtr_now ... Every other function returns -ECHILD and does
 * nothing. The child may open new engines.
 */
#ifndef MTR_H
#define MTR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The library and its errors ---- */
enum { MTR_ABI = 9 };    /* changes whenever a struct or a meaning changes */
enum { MTR_ADDR_SIZE = 16 };           /* bytes of an address field */

/* mtr_abi: returns MTR_ABI as compiled into the library. mtr_sizeof: returns
 * the bytes of struct mtr_|which| ("event", "trace" ...), or 0. */
uint32_t mtr_abi(void);
uint32_t mtr_sizeof(const char *which);

/* mtr_errname: returns the name of a positive or negative errno, such as
 * "EPERM"; static. mtr_strerror: writes "EPERM: text" into |buf|[|size|] and
 * returns |buf|. */
const char *mtr_errname(int err);
const char *mtr_strerror(int err, char *buf, uint32_t size);

/* ---- Transports ---- */
/* MTR_AUTO is the first that this host permits: packet if the rate is above
 * MTR_FAST_RATE or unlimited, then raw, then mtr-packet with its privilege,
 * then user. While few probes are outstanding, packet works like raw. */
enum {
  MTR_AUTO, MTR_RAW, MTR_MTR_PACKET, MTR_SIM, MTR_PACKET, MTR_REPLAY, MTR_USER
};
enum { MTR_FAST_RATE = 5000 };         /* probes per second */
enum { MTR_SOCKETS = 11 };             /* privileged sockets of one engine */

/* Capabilities of a transport. */
enum {
  MTR_CAP_ICMP = 1 << 0, MTR_CAP_UDP = 1 << 1, MTR_CAP_TCP = 1 << 2,
  MTR_CAP_IPV4 = 1 << 3, MTR_CAP_IPV6 = 1 << 4,
  MTR_CAP_QUOTE = 1 << 5,     /* gives the quoted packet of a reply */
  MTR_CAP_EXT = 1 << 6,       /* gives ICMP extensions */
  MTR_CAP_FLOW = 1 << 7,      /* sets ports, checksum and flow label */
  MTR_CAP_TSTAMP = 1 << 8,    /* has kernel receive timestamps */
  MTR_CAP_PORTS4 = 1 << 9,    /* sets source ports of UDP over IPv4 */
  MTR_CAP_PORTS6 = 1 << 10,   /* sets source ports of UDP over IPv6 */
  MTR_CAP_PAYLOAD = 1 << 11,  /* without FLOW: sets payload and size of ICMP and
                               * UDP, and dont_fragment */
  MTR_CAP_CHECKSUM = 1 << 12  /* without FLOW: sets the checksum of ICMP */
};

/* Flags of mtr_transport_info. */
enum {
  MTR_TRANSPORT_NAMED = 1 << 0,   /* users can choose it by its name */
  MTR_TRANSPORT_HELPED = 1 << 1,  /* a helper with the privilege sends for it */
  MTR_TRANSPORT_RECORDED = 1 << 2, /* its runs can be recorded */
  MTR_TRANSPORT_ORDINARY = 1 << 3 /* needs no privilege: opens ordinary sockets
                                   * while it runs */
};

/* mtr_transport_info: one transport of the library. */
struct mtr_transport_info {
  char name[16];
  uint32_t id;           /* MTR_RAW ... */
  uint32_t sockets;      /* how many of mtr_sockets it can use; 0: none */
  uint32_t caps;         /* MTR_CAP_*: the most that it has on any host */
  uint32_t flags;        /* MTR_TRANSPORT_* */
};

/* mtr_transport_info: fills |info| with transport number |i|, counted from 0,
 * which is auto. -ENOENT: there are no more. */
int mtr_transport_info(uint32_t i, struct mtr_transport_info *info);

/* ---- Open an engine ---- */
struct mtr;              /* an engine; opaque */

/* mtr_config: how to open an engine. mtr_defaults fills it. */
struct mtr_config {
  uint32_t transport;    /* MTR_AUTO, MTR_RAW ... [MTR_AUTO] */
  uint32_t max_traces;   /* 1..1000000 in flight [1000000] */
  uint32_t max_probes;   /* 1..524288 outstanding or awaiting late replies
                          * [65536] */
  uint32_t max_events;   /* 1024..65536 in one batch [4096] */
  double rate;           /* probes per second over all traces, 1e-6..1e9;
                          * 0: unlimited [1000] */
  double target_rate;    /* probes per second in one trace; 0: unlimited */
  double late_window;    /* ms that an unanswered probe's id stays reserved,
                          * 0..3600000 [5000] */
  uint32_t seed;         /* seed of all random choices; 0: a random one */
  uint32_t mark;         /* SO_MARK of every probe; 0: none */
  char interface[16];    /* send through this interface; "": any */
  uint8_t source4[16], source6[16];   /* all zero: by destination */
  int32_t sockets[11];   /* from mtr_sockets; -1: the engine opens its own
                          * [-1] */
  uint32_t workers;      /* mtr-packet processes, 1..8; more than 1: no TCP
                          * [1] */
  char helper[220];      /* absolute path of mtr-packet; "": as mtr_find */
  uint32_t pick;         /* 1: a PICK event asks who sends next; 0: in turn */
  uint32_t strict;       /* 1: replies that fit a probe only in part are not
                          * believed */
  char recording[256];   /* MTR_REPLAY: the file to replay; else the file to
                          * record into, "" none */
  double max_step;       /* ms after which mtr_step leaves the rest to the next
                          * one; 0: does all that is due. Not with a recording,
                          * and counted in probes where time is simulated */
  int32_t starter;       /* of mtr_starter: it starts mtr-packet; -1: the engine
                          * does [-1] */
  uint32_t reserved;     /* 0 */
};
void mtr_defaults(struct mtr_config *config);

/* mtr_sockets: opens the privileged sockets of one engine into
 * |fd|[MTR_SOCKETS], for raw and, with |fast| and if the kernel can, for
 * packet; -1 for a family that this host lacks. They drop everything until an
 * engine takes them, and are the caller's until mtr_open succeeds. |mark|: as
 * in mtr_config. -EPERM: no CAP_NET_RAW. */
int mtr_sockets(int32_t *fd, uint32_t mark, int fast);

/* mtr_sockets_close: closes the sockets in |fd|[MTR_SOCKETS] that are not -1,
 * and sets all to -1. */
void mtr_sockets_close(int32_t *fd);

/* mtr_starter: makes a process that starts mtr-packet for engines of this one,
 * so that this one can set PR_SET_NO_NEW_PRIVS, with which mtr-packet would not
 * get the privilege of its file. It starts other programs too, but without
 * their privileges. Returns its descriptor; it ends when that is closed. Call
 * it while there is one thread. -EMFILE, -EAGAIN. */
int mtr_starter(void);

/* mtr_open: opens an engine into |*engine|, which the caller closes. It takes
 * over |config|->sockets on success and leaves them open on failure. Another
 * engine may have used them before, also one of a process that was killed.
 * Writes into |why|[|size|] why this transport was chosen, or what failed and
 * what to do about it; NULL: not wanted. On failure |*engine| is NULL:
 *   -EINVAL          a value is out of range
 *   -EPERM           a privilege is missing
 *   -ENODEV, -EADDRNOTAVAIL   no such interface; no such source address here
 *   -ENOMEM, -EMFILE
 *   of mtr-packet    -ENOENT, -EACCES, -EPROTO, -EPIPE, -ETIMEDOUT
 *   of a recording   the errors of open(2); -EBUSY: in use by another engine;
 *                    -ENOMSG, -EPROTO, -EBADMSG: no recording, another version
 *                    of it, or damaged */
int mtr_open(const struct mtr_config *config, struct mtr **engine, char *why,
             uint32_t size);

/* mtr_close: ends everything, also name lookups under way, and frees |engine|;
 * NULL is allowed. If |keep| is not NULL, the privileged sockets are not
 * closed but go back into |keep|[MTR_SOCKETS], filtered again. In a forked
 * child it waits for nothing, and |keep| gets -1: they are the parent's. */
void mtr_close(struct mtr *engine, int32_t *keep);

/* mtr_forked: returns 1 if this process is a forked child of the one that
 * opened |engine|, else 0. */
int mtr_forked(struct mtr *engine);

/* mtr_why: says more about the last call that failed, or "". Borrowed until the
 * next call with |engine|. */
const char *mtr_why(struct mtr *engine);

/* mtr_transport, mtr_caps: return the name and MTR_CAP_* of the transport. */
const char *mtr_transport(struct mtr *engine);
uint32_t mtr_caps(struct mtr *engine);

/* mtr_set_rate: changes the engine's rate, as in mtr_config. -EINVAL. */
int mtr_set_rate(struct mtr *engine, double rate);

/* ---- Start traces ---- */
/* Protocols are IP protocol numbers; MTR_ICMP is ICMPv6 on IPv6. */
enum { MTR_ICMP = 1, MTR_TCP = 6, MTR_UDP = 17 };

/* Where headers carry the identity of a probe. Paris keeps all fields constant
 * within a flow that load balancers hash. Classic changes a port (UDP, TCP) or
 * the checksum (ICMP) with each probe. Dublin (UDP only) uses the IPv4
 * identification or the IPv6 payload length. */
enum { MTR_PARIS, MTR_CLASSIC, MTR_DUBLIN };

/* Flags of a trace. Without MTR_MANUAL and MTR_STRATEGY the engine itself
 * probes the TTLs from first_ttl up: this is called the sweep. */
enum {
  MTR_DONT_FRAGMENT = 1 << 0, /* IPv4 DF, and no fragments from this host */
  MTR_MANUAL = 1 << 1,        /* no sweep: the caller sends with mtr_probe */
  MTR_TCP_ACK = 1 << 2,       /* TCP probes carry ACK instead of SYN */
  MTR_BROADCAST = 1 << 3,     /* allow multicast and broadcast targets */
  MTR_STRATEGY = 1 << 4,      /* no sweep: a NEXT event asks for each probe */
  MTR_PACED = 1 << 5,         /* a PACE event asks how long each probe waits */
  MTR_UNREACH_CONTINUE = 1 << 6, /* unreachables do not end the trace */
  MTR_TE_COMPLETES = 1 << 7,  /* time exceeded by the target completes */
  MTR_AWAIT_ANSWER = 1 << 8   /* a probe waits for a completing reply; time
                               * exceeded and unreachables do not end it */
};

/* Optional events; MTR_WANT_RESULT keeps what mtr_replies and mtr_json need. */
enum {
  MTR_WANT_SENT = 1 << 1, MTR_WANT_REPLY = 1 << 2, MTR_WANT_TIMEOUT = 1 << 3,
  MTR_WANT_HOP = 1 << 4, MTR_WANT_RESULT = 1 << 5
};
enum { MTR_NO_LABEL = -1 };   /* flow_label: the engine chooses, one per flow */

/* mtr_trace: how to trace |dst|. mtr_trace_defaults fills in all but that. */
struct mtr_trace {
  uint32_t handle;       /* out: names the trace from now on */
  uint32_t cookie;       /* the caller's number; comes back in every event */
  uint32_t want;         /* MTR_WANT_* */
  uint32_t flags;        /* MTR_DONT_FRAGMENT ... */
  uint32_t mark;         /* SO_MARK of this trace's probes; 0: the engine's */
  uint32_t interface;    /* index from mtr_interface; 0: any */
  uint32_t payload;      /* from mtr_payload; 0: none */
  int32_t flow_label;    /* IPv6, 0..0xfffff [MTR_NO_LABEL] */
  double timeout;        /* ms after which a probe counts as unanswered,
                          * 1..3600000 [2000] */
  uint16_t flow;         /* 0..511: selects one of the equal-cost paths; with
                          * max_probes > 65536 1024 / (max_probes / 32768) */
  uint16_t source_port;  /* 0: from the engine's reserved range */
  uint16_t port;         /* destination port; UDP and TCP [33434] */
  uint16_t size;         /* bytes of the whole IP packet; 0: protocol default */
  uint8_t family;        /* 4 or 6 [4] */
  uint8_t protocol;      /* MTR_ICMP, MTR_UDP, MTR_TCP [MTR_ICMP] */
  uint8_t multipath;     /* MTR_PARIS ... [MTR_PARIS] */
  uint8_t tos;           /* IPv4 TOS, IPv6 traffic class */
  uint8_t first_ttl;     /* 1..255 [1] */
  uint8_t max_ttl;       /* first_ttl..255 [30] */
  uint8_t window;        /* most probes outstanding in this trace, 1..255
                          * [8] */
  uint8_t queries;       /* answers wanted per hop, 1..16 [1] */
  uint8_t attempts;      /* probes per wanted answer, 1..15 [2] */
  uint8_t gap_limit;     /* silent hops in a row that end it; 0: no limit
                          * [5] */
  uint8_t loop_limit;    /* loops that end it; 0: no limit [1] */
  uint8_t fill;          /* the byte that fills packets up to |size| */
  uint32_t max_probes;   /* of a strategy, in all; 0: no limit [1000] */
  uint32_t label;        /* from mtr_payload: members of an object of JSON,
                          * each behind a comma, that mtr_json writes behind
                          * the version; 0: none */
  uint32_t least;        /* out: bytes of the smallest packet possible */
  uint8_t dst[16];       /* must be set; not all zero */
  uint8_t src[16];       /* all zero: the engine's, or by destination */
  uint32_t lanes[4];     /* from mtr_lane; 0: none */
};
void mtr_trace_defaults(struct mtr_trace *trace);

/* mtr_address: parses a literal address into |addr|[16] and returns 4 or 6, or
 * -EINVAL. A zone ("fe80::1%eth0", "fe80::1%2") goes to |zone| as an interface
 * index; if |zone| is NULL, it is -EINVAL. -ENODEV: no such interface.
 * mtr_interface: returns the index of an interface by its name, or -ENODEV. */
int mtr_address(const char *text, uint8_t *addr, uint32_t *zone);
int mtr_interface(const char *name);

/* mtr_address_put: writes a whole number, below 2^53, into the bits of
 * |addr|[16] that end before bit |last|, 1..128; these bits are zero before. */
void mtr_address_put(uint8_t *addr, uint32_t last, double value);

/* mtr_source: writes the address that probes to |addr| would come from into
 * |src|[16], without sending anything. Errors as of mtr_start. */
int mtr_source(struct mtr *engine, uint32_t family, const uint8_t *addr,
               uint8_t *src);

/* mtr_payload: copies |size| bytes into the engine and returns the number of
 * the copy, the same for equal bytes. -EMSGSIZE, -ENOMEM. */
int mtr_payload(struct mtr *engine, const uint8_t *bytes, uint32_t size);

/* mtr_lane: opens a lane: all traces with it in |lanes| together send at most
 * |rate| probes per second, above 0. Returns its number, from 1. -EINVAL,
 * -ENOMEM. mtr_lane_rate: changes its rate, also for traces under way. -EINVAL;
 * -ESTALE: it is not open. mtr_lane_close: lets no more traces start with it,
 * and frees it when the last one that has it is released. -ESTALE. */
enum { MTR_LANES = 4 };                /* most lanes of a trace */
int mtr_lane(struct mtr *engine, double rate);
int mtr_lane_rate(struct mtr *engine, uint32_t lane, double rate);
int mtr_lane_close(struct mtr *engine, uint32_t lane);

/* mtr_start: starts |n| traces, writes the handle of each, and returns how many
 * started. The first trace that cannot start ends the call. If it is also the
 * first of all, its error is returned. mtr_why says more:
 *   -EAGAIN          max_traces are in flight
 *   -EINVAL          a field is out of range, or |dst| is not set; if mtr_why
 *                    is silent, the kernel refuses this destination: it is
 *                    link-local and no interface is given, or it has a
 *                    blackhole route
 *   -EACCES          multicast or broadcast, or a route prohibits it
 *   -ENETUNREACH, -EHOSTUNREACH, -EADDRNOTAVAIL, -EAFNOSUPPORT, -EADDRINUSE */
int mtr_start(struct mtr *engine, struct mtr_trace *traces, uint32_t n);

/* mtr_hold: suspends wake-ups of mtr_fd until mtr_flush. Use it around many
 * starts. mtr_flush: sends what is due, without receiving; the events come with
 * the next step. If mtr_step was called after mtr_hold and has taken all of
 * max_step, mtr_flush leaves the sending to the next step. */
void mtr_hold(struct mtr *engine);
int mtr_flush(struct mtr *engine);

/* ---- Step ---- */
/* mtr_fd: returns the descriptor that is readable when mtr_step has work. Only
 * wait for it. mtr_timeout: returns the ms until a step is due; -1: never, or
 * this is a forked child. */
int mtr_fd(struct mtr *engine);
double mtr_timeout(struct mtr *engine);

/* mtr_now: returns the engine's time in ms, for differences: the monotonic
 * clock, or the time of a simulated network or of a replayed recording. */
double mtr_now(struct mtr *engine);

/* mtr_wait: sleeps until one of |n| engines has work, |wake_fd| (-1: none) is
 * readable, or |timeout| ms (negative: no limit) have passed. Returns how many
 * are ready, 0 after |timeout|, -EINTR for a signal or |wake_fd|. */
int mtr_wait(struct mtr **engines, uint32_t n, int wake_fd, double timeout);

/* mtr_step: does what is due, without blocking: receives, expires, judges,
 * sends. It discards the previous batch of events and returns the size of the
 * new one. Call it again while that is above 0. -ENOMEM: there are no events,
 * and some of what is due is put off, because memory is short. */
int mtr_step(struct mtr *engine);

/* mtr_unread: says that the caller has not read the last |n| events of the
 * batch: mtr_fd stays readable, and the next mtr_step gives them again, as the
 * first ones. */
void mtr_unread(struct mtr *engine, uint32_t n);

/* mtr_events: returns the batch of the last mtr_step, mtr_ext: the bytes that
 * its |ext| offsets refer to. Both are borrowed until the next mtr_step. */
const struct mtr_event *mtr_events(struct mtr *engine);
const uint8_t *mtr_ext(struct mtr *engine);

/* ---- Events ---- */
enum {
  MTR_EV_SENT = 1,       /* a probe left */
  MTR_EV_REPLY = 2,      /* a reply came, or a duplicate, or a late one */
  MTR_EV_TIMEOUT = 3,    /* a probe had no answer in time, or its send failed */
  MTR_EV_HOP = 4,        /* a hop has settled; in order of TTL */
  MTR_EV_DONE = 5,       /* the trace has ended; its last event, always sent */
  MTR_EV_TIMER = 6,      /* a timer of mtr_timer fired */
  MTR_EV_RESOLVED = 7,   /* an address of mtr_resolve, or its error */
  MTR_EV_READABLE = 8,   /* a descriptor of mtr_watch can be read */
  MTR_EV_WRITABLE = 9,   /* a descriptor of mtr_watch can be written */
  MTR_EV_NEXT = 10,      /* asks a strategy which probes to send next */
  MTR_EV_PACE = 11,      /* asks how long the next probe of a trace waits */
  MTR_EV_PICK = 12,      /* asks which traces send next */
  MTR_EV_SAVED = 13,     /* a file of mtr_save was saved, or was not */
  MTR_EV_TEXT = 14       /* a text of mtr_reverse or mtr_text, or its error */
};

/* mtr_event: one thing that happened. The tables say which fields each kind
 * has; the others are zero. Events of a trace:
 *
 * field       SENT  REPLY  TIMEOUT  HOP      DONE      NEXT  PACE
 * trace        x     x      x        x        x         x     x
 * cookie       x     x      x        x        x         x     x
 * probe        x     x      x                 sent
 * ttl          x     x      x        x        hops      most  1
 * attempt      x     x      x        first
 * flow         x     x      x        first
 * at           x     x      x        first              now   now
 * rtt                x               first    duration
 * family, addr       x               first
 * error                     send     send
 * tos, ip_id         x
 * stop               quote           answers  reason
 * icmp_code          x               first    data
 * ext, ext_words     x
 * other fields       x               first
 *
 * Other events; READABLE and WRITABLE have the same fields:
 *
 * field       PICK  TIMER  RESOLVED  TEXT     READABLE  SAVED
 * trace              timer
 * cookie             x      x         x        x         x
 * probe       most          index     seconds
 * ttl                       left      left
 * family, addr              x
 * error                     x         x                  x
 * reply_size                          bytes
 * ext, ext_words                      x
 *
 * x: as the comment beside the field says; first: of the first answer; timer:
 * handle of the timer; sent: probes sent in all; most: probes that may be sent
 * now; hops: how many hops the trace has; left: how many events of this lookup
 * follow; index: interface of a link-local address, or 0; now: ms since the
 * trace began, at this event; duration: ms of the trace; send: errno of a send
 * that failed, or 0; quote: MTR_QUOTE_*, with MTR_REPLY_QUOTE; answers: answers
 * of this hop; reason: MTR_STOP_*; data: more about it, such as the code of the
 * unreachable; bytes: length of the text in mtr_ext; seconds: how long the text
 * may be believed. */
struct mtr_event {
  uint8_t kind;          /* MTR_EV_* */
  uint8_t family;        /* of |addr|: 4 or 6; 0: none */
  uint8_t ttl;           /* of the probe */
  uint8_t attempt;       /* number at this TTL, from 1; 255: or more */
  uint32_t trace;        /* handle of the trace */
  uint32_t cookie;       /* of the trace, timer, lookup, descriptor, file */
  uint32_t probe;        /* handle of the probe */
  uint8_t addr[16];      /* who answered; RESOLVED: the address found */
  float rtt;             /* ms */
  float at;              /* when the probe was sent, ms since the trace began */
  uint16_t flags;        /* MTR_REPLY_* */
  uint16_t flow;         /* of the probe */
  __extension__ union {   /* C99 has no unions without a name */
    uint8_t error;       /* errno of what failed, or 0 */
    uint8_t tos;         /* REPLY: of its own IP header, if reply_size > 0 */
  };
  uint8_t stop;          /* see the table */
  uint8_t protocol;      /* of the reply: MTR_ICMP, MTR_TCP, MTR_UDP */
  __extension__ union {
    uint8_t icmp_type;
    uint8_t tcp_flags;   /* of a TCP reply */
  };
  uint8_t icmp_code;
  uint8_t reply_ttl;     /* TTL of the reply as received; 0: not known */
  uint8_t quoted_ttl;    /* TTL of the probe as quoted */
  uint8_t quoted_tos;
  uint16_t reply_size;   /* bytes of the whole IP packet; 0: not known */
  uint16_t mtu;          /* in packet too big; MSS of a SYN/ACK */
  uint16_t quoted_size;  /* IP length as quoted */
  uint16_t ip_id;        /* IPv4 identification of the reply itself, if
                          * reply_size > 0 */
  uint16_t ext;          /* where ICMP extension objects, or the text, begin in
                          * mtr_ext or in the |ext| of mtr_replies, in units of
                          * 4 bytes: */
  uint8_t ext_high;      /* ext_high * 65536 + ext */
  uint8_t ext_words;     /* how many they are, in units of 4 bytes */
};
enum { MTR_NO_CODE = 255 };   /* icmp_code: the transport does not know it */

/* Why a trace ended; the manual mtr-lua(3) has the same words. */
enum {
  MTR_STOP_NONE,         /* it has not ended */
  MTR_STOP_COMPLETED,    /* the target answered */
  MTR_STOP_UNREACH,      /* a router or the target answered with an unreachable;
                          * stop_data is its code */
  MTR_STOP_ICMP,         /* only strategies of users return it */
  MTR_STOP_LOOP,         /* the path repeats an address (loop_limit) */
  MTR_STOP_GAPLIMIT,     /* so many hops in a row were silent (gap_limit) */
  MTR_STOP_ERROR,        /* a hook or a strategy failed, or no probe could be
                          * sent */
  MTR_STOP_HOPLIMIT,     /* the last TTL was probed (max_ttl) */
  MTR_STOP_GSS,          /* it met the global stop set of doubletree */
  MTR_STOP_LSS,          /* it met the local stop set of doubletree */
  MTR_STOP_HALTED        /* it was stopped: ^C, a hook, trace:stop() */
};

/* Flags of a reply. */
enum {
  MTR_REPLY_DUP = 1 << 0,        /* not the first reply to this probe */
  MTR_REPLY_LATE = 1 << 1,       /* came after the probe's timeout */
  MTR_REPLY_NAT = 1 << 2,        /* the quote was rewritten on the way */
  MTR_REPLY_TRUNCATED = 1 << 3,  /* quotes less than 8 transport bytes */
  MTR_REPLY_USER_TIME = 1 << 4,  /* has no usable kernel timestamp */
  MTR_REPLY_OTHER_ADDR = 1 << 5, /* completes, but is not from the target */
  MTR_REPLY_LOCAL = 1 << 6,      /* this host itself sent it */
  MTR_REPLY_QUOTE = 1 << 7,      /* the quoted_* fields have a quote */
  MTR_REPLY_EXT_BAD = 1 << 8,    /* extension objects are cut off or damaged */
  MTR_REPLY_FINAL = 1 << 9,      /* completes the trace */
  MTR_REPLY_UNREACH = 1 << 10,   /* an unreachable that does not complete */
  MTR_REPLY_TOO_BIG = 1 << 11,   /* packet too big */
  MTR_REPLY_TE_FROM_DST = 1 << 12, /* time exceeded from the target's address */
  MTR_REPLY_ANSWER = 1 << 13,    /* counts as an answer of its hop */
  MTR_REPLY_PRIMARY = 1 << 14,   /* is the first answer of its hop */
  MTR_REPLY_WEAK = 1 << 15       /* fits its probe only in part: maybe forged */
};

/* How a quote was matched, and which of its fields differ from the probe. */
enum {
  MTR_QUOTE_TIER = 3,            /* mask; what matched: 0: everything, 1: all
                                  * but the ports, 2: all but the destination,
                                  * 3: the IPv4 identification only */
  MTR_QUOTE_SRC = 1 << 2, MTR_QUOTE_DST = 1 << 3,
  MTR_QUOTE_SPORT = 1 << 4,      /* ICMP: the echo identifier */
  MTR_QUOTE_DPORT = 1 << 5,
  MTR_QUOTE_ID = 1 << 6,         /* UDP checksum, sequence number */
  MTR_QUOTE_IP_ID = 1 << 7       /* IPv4 identification */
};

/* ---- Words ---- */
/* They return the word of a constant: its name in small letters, without what
 * all names of its kind begin with. NULL: there is no such constant.
 *   mtr_stop_name        MTR_STOP_COMPLETED is "completed"
 *   mtr_event_name       MTR_EV_SENT is "sent"
 *   mtr_flag_name        one MTR_REPLY_*: MTR_REPLY_DUP is "dup"
 *   mtr_cap_name         one MTR_CAP_*: MTR_CAP_QUOTE is "quote"
 *   mtr_protocol_name    MTR_ICMP, also on IPv6, is "icmp"
 *   mtr_multipath_name   MTR_PARIS is "paris"
 * mtr_reply_field: returns the name that one MTR_REPLY_* has as a field of
 * replies in JSON: "local_" for MTR_REPLY_LOCAL, "ext_malformed" for
 * MTR_REPLY_EXT_BAD, else as mtr_flag_name. NULL: it is no such field. */
const char *mtr_stop_name(uint32_t reason);
const char *mtr_event_name(uint32_t kind);
const char *mtr_flag_name(uint32_t flag);
const char *mtr_cap_name(uint32_t cap);
const char *mtr_protocol_name(uint32_t protocol);
const char *mtr_multipath_name(uint32_t multipath);
const char *mtr_reply_field(uint32_t flag);

/* ---- Probes chosen by the caller: manual traces and strategies ---- */
/* mtr_probe_opts: one probe of a manual trace or of a strategy. */
struct mtr_probe_opts {
  uint32_t trace;        /* a trace with MTR_MANUAL or MTR_STRATEGY */
  uint32_t probe;        /* out: its handle, the same in its events */
  uint16_t flow;         /* 0..511 */
  uint16_t size;         /* bytes of the whole IP packet; 0: the trace's */
  uint8_t ttl;           /* 1..255; of a strategy first_ttl..max_ttl */
  uint8_t last, pad[2];  /* last 1: the strategy has no more now (mtr_pass) */
};

/* mtr_probe: queues |n| probes and returns how many were taken. A strategy may
 * send after a NEXT event, at most as many as its |ttl| says. The route is
 * looked up again every second; without one, the probe fails with a TIMEOUT
 * event that has the errno. Errors:
 *   -ESTALE, -EINVAL a field is out of range, see mtr_why
 *   -EOPNOTSUPP      the transport cannot send this probe
 *   -EAGAIN, -EBUSY  there is no room now; the strategy was not asked
 *   -EDQUOT          max_probes are sent */
int mtr_probe(struct mtr *engine, struct mtr_probe_opts *probes, uint32_t n);

/* mtr_pass: answers NEXT: the strategy has no probe now. It is asked again
 * after something has happened to its trace, or after |wake| ms (negative:
 * never). If nothing can happen any more, the trace ends as completed, unreach,
 * error or hoplimit, by what answered. -ESTALE; -EBUSY: it was not asked. */
int mtr_pass(struct mtr *engine, uint32_t trace, double wake);

/* mtr_pace: answers PACE: the next probe goes |wait| ms after the last one of
 * this trace, or after its start. -ESTALE, -EINVAL, -EBUSY. */
int mtr_pace(struct mtr *engine, uint32_t trace, double wait);

/* mtr_ready: answers PICK: writes the cookies of the traces that can send now
 * into |cookies|[|n|], the longest waiting first, and returns how many there
 * are in all. Another PICK comes while there are any. */
uint32_t mtr_ready(struct mtr *engine, uint32_t *cookies, uint32_t n);

/* mtr_waiting: returns how many traces wait for their turn to send. A few of
 * them may find that they have nothing to send; none: the rate has room. */
uint32_t mtr_waiting(struct mtr *engine);

/* mtr_turn: returns the ms within which nearly all recent answers came, or 0:
 * none came. A trace that waits this long for its turn has the answers to its
 * last probes, so it sends no probes beyond its target. */
double mtr_turn(struct mtr *engine);

/* mtr_pick: lets |trace| send one probe (a strategy: be asked for it). Call it
 * after mtr_ready, for as many traces as PICK allows. 0: none may send; PICK
 * comes again when something has happened: a probe ended, a trace started or
 * may send again, a timer fired. -ESTALE; -EBUSY: mtr_ready does not give
 * it. */
int mtr_pick(struct mtr *engine, uint32_t trace);

/* ---- Results ---- */
/* mtr_info: one trace as a whole. */
struct mtr_info {
  double start;          /* unix seconds */
  double duration;       /* ms; in flight: so far */
  double timeout;        /* ms; this and what is marked with o: as started */
  uint32_t probes;       /* sent */
  uint32_t cookie;
  uint32_t flow_label;   /* used on IPv6; UINT32_MAX: not known */
  uint16_t source_port;  /* used; ICMP: the echo identifier; 0: not known */
  uint16_t port, flow;
  uint16_t size;         /* of the probes, reduced by packets too big; of a
                          * strategy: of its last probe */
  uint8_t family, protocol, multipath, first_ttl;
  uint8_t hop_count;     /* settled hops */
  uint8_t stop_reason, stop_data;    /* in flight: MTR_STOP_NONE */
  uint8_t loops;         /* loops seen */
  uint8_t src[16], dst[16];
  uint32_t flags;        /* o: MTR_DONT_FRAGMENT ... */
  uint16_t icmp_sum;     /* paris ICMP: the checksum of the flow; 0: other */
  uint8_t max_ttl, window, queries, attempts;     /* o */
  uint8_t gap_limit, loop_limit, tos;             /* o */
  uint8_t pad[7];
};

/* mtr_describe: fills |info| for a trace that is not released. -ESTALE. */
int mtr_describe(struct mtr *engine, uint32_t trace, struct mtr_info *info);

/* mtr_replies: writes the kept replies of a trace as REPLY events into
 * |out|[|n|], in order of arrival: of hop |ttl|, or of all hops up to hop_count
 * (MTR_ALL_TTLS). Kept are all answers, and the first 200 other replies, such
 * as duplicates and late ones. Their extension bytes go to |ext|[|size|]; NULL:
 * not wanted. Then follows, for each hop where a probe was not answered or not
 * sent, a TIMEOUT event with family 0: |attempt| is the number not answered,
 * |stop| the number not sent, |error| why the last one was not. Returns how
 * many events there are in all, which can exceed |n|. -ESTALE. */
enum { MTR_ALL_TTLS = 0 };
int mtr_replies(struct mtr *engine, uint32_t trace, uint32_t ttl,
                struct mtr_event *out, uint32_t n, uint8_t *ext,
                uint32_t size);

/* mtr_json: writes the result of a trace that is not yet released as JSON into
 * |buf|[|size|], without newline or zero byte. Returns its length in bytes; if
 * that exceeds |size|, |buf| is undefined. -ESTALE, -ENOMEM. */
int mtr_json(struct mtr *engine, uint32_t trace, char *buf, uint32_t size);

/* mtr_json_line: appends it as a line to the |*used| bytes of whole lines in
 * |buf|[|size|]. 0, or an error of mtr_json; -EINVAL: |*used| is above |size|;
 * -EMSGSIZE: there is no room, and |buf| up to |*used| is as it was. */
int mtr_json_line(struct mtr *engine, uint32_t trace, char *buf, uint32_t size,
                  uint32_t *used);

/* mtr_label: sets what mtr_json writes behind |addr|[16] of hops and replies:
 * |text|[|size|], members of an object of JSON, each behind a comma; size 0:
 * nothing. -EINVAL: wrong family, or longer than MTR_LABEL; -ENOMEM.
 *
 * mtr_unlabelled: writes the routers among the kept replies of a trace for
 * which mtr_label was not called into |addr|[|n|][16] and |family|[|n|], each
 * once for all traces; not the address that completes the trace. Returns how
 * many it wrote; n: there may be more. After two million addresses it forgets
 * all of them. -ESTALE, -ENOMEM. */
enum { MTR_LABEL = 320 };
int mtr_label(struct mtr *engine, const uint8_t *addr, uint32_t family,
              const char *text, uint32_t size);
int mtr_unlabelled(struct mtr *engine, uint32_t trace, uint8_t *addr,
                   uint8_t *family, uint32_t n);

/* mtr_json_kind: which values a member of a result as JSON may have. Kinds
 * themselves are the members of an object, in order, the elements of a list
 * (one kind) and the words of a text: |n| from the index |first| on in the same
 * array. */
enum {
  MTR_JSON_TEXT,         /* any text */
  MTR_JSON_ADDRESS,      /* without a zone */
  MTR_JSON_WORD,         /* a text of letters, digits and "-" */
  MTR_JSON_HEX,          /* bytes in hexadecimal, 0-9a-f */
  MTR_JSON_ONE_OF,       /* one of the words */
  MTR_JSON_TRUE,
  MTR_JSON_BOOLEAN,
  MTR_JSON_NUMBER,
  MTR_JSON_ID,           /* any text, or a number */
  MTR_JSON_LIST,
  MTR_JSON_NUMBERED,     /* a list of objects; the first member of each is the
                          * number of its place, from 1 */
  MTR_JSON_OBJECT
};
struct mtr_json_kind {
  char name[16];         /* of the member, or the word; then zeros */
  double least, most;    /* of a number */
  uint16_t first, n;
  uint8_t type;          /* MTR_JSON_* */
  uint8_t decimals;      /* that a number has, 0..6 */
  uint8_t needed;        /* 1: each such object has this member */
  uint8_t pad;
};

/* mtr_json_verbatim: returns 1 if |text|[|size|], without newline, is a value
 * of the first of |kinds|[|n|], and would be the same bytes after decoding and
 * encoding; 0 if that is not certain. */
int mtr_json_verbatim(const char *text, uint32_t size,
                      const struct mtr_json_kind *kinds, uint32_t n);

/* mtr_pack: appends the result of a trace that has ended and is not yet
 * released as a packed record, a tenth of the bytes of its JSON, to the |*used|
 * bytes of |buf|[|size|]. A record contains only what differs from the record
 * before it: |before| knows that one. It is all zero where a run of records
 * begins, and is only changed if the record was written. 0; -ESTALE, -ENOMEM;
 * -EBUSY: the trace has not ended; -EINVAL: |*used| is above |size|; -EMSGSIZE:
 * there is no room; -EOPNOTSUPP: addresses have labels (mtr_label), which
 * records have not, or the text of the label of the trace has more than 8,192
 * bytes. */
enum { MTR_PACKED_TRACE = 24, MTR_PACKED_EVENT = 12 /* words */ };
struct mtr_packing {
  uint32_t trace[24], event[12];     /* MTR_PACKED_TRACE, MTR_PACKED_EVENT */
  uint32_t label, any;
};
int mtr_pack(struct mtr *engine, uint32_t trace, struct mtr_packing *before,
             uint8_t *buf, uint32_t size, uint32_t *used);

/* mtr_unpacker: returns what reads packed records, the caller's until
 * mtr_unpacker_free; NULL: no memory. It needs no engine.
 * mtr_unpack_begin: a run of records begins: call it before the first one.
 * mtr_unpack: reads the record at |*at| of |bytes|[|size|] and sets |*at| to
 * the byte after it. 0; -EBADMSG: it is not a record, or is damaged, and no
 * later one of the run can be read; -ENOMEM; -EINVAL: |*at| is above |size|.
 * mtr_unpack_json: writes that record as mtr_json does, with the same bytes.
 * Returns the length; if it exceeds |size|, |buf| is undefined. A hostile
 * record of 2 MiB can be 500 MiB of JSON. -ESTALE: there is none; -EMSGSIZE: it
 * would be longer than 2 GiB. The line has texts of the record: if you do not
 * trust its writer, check the line with mtr_json_verbatim.
 * mtr_unpack_warts: writes that record as mtr_warts does, with the same bytes,
 * its length and -EMSGSIZE; -ESTALE: there is none. */
struct mtr_unpacker;
struct mtr_unpacker *mtr_unpacker(void);
void mtr_unpacker_free(struct mtr_unpacker *u);
void mtr_unpack_begin(struct mtr_unpacker *u);
int mtr_unpack(struct mtr_unpacker *u, const uint8_t *bytes, uint32_t size,
               uint32_t *at);
int mtr_unpack_json(struct mtr_unpacker *u, char *buf, uint32_t size);
int mtr_unpack_warts(struct mtr_unpacker *u, uint32_t list, uint32_t cycle,
                     uint8_t *buf, uint32_t size);

/* Columns of CSV: of the trace, of the hop or the probe, of the reply. */
enum {
  MTR_CSV_TARGET, MTR_CSV_DST, MTR_CSV_SRC, MTR_CSV_TRANSPORT, MTR_CSV_PROTOCOL,
  MTR_CSV_MULTIPATH, MTR_CSV_SPORT, MTR_CSV_DPORT, MTR_CSV_ICMP_SUM,
  MTR_CSV_FLOW_LABEL, MTR_CSV_SIZE, MTR_CSV_START, MTR_CSV_DURATION,
  MTR_CSV_STOP_REASON, MTR_CSV_STOP_DATA, MTR_CSV_ERROR, MTR_CSV_FIRST_TTL,
  MTR_CSV_HOP_COUNT, MTR_CSV_PROBE_COUNT,
  MTR_CSV_TTL, MTR_CSV_FLOW, MTR_CSV_UNANSWERED, MTR_CSV_FAILED,
  MTR_CSV_ADDR, MTR_CSV_RTT, MTR_CSV_ATTEMPT, MTR_CSV_AT,
  MTR_CSV_REPLY_PROTOCOL, MTR_CSV_ICMP_TYPE, MTR_CSV_ICMP_CODE,
  MTR_CSV_TCP_FLAGS, MTR_CSV_REPLY_TTL, MTR_CSV_REPLY_SIZE, MTR_CSV_IP_ID,
  MTR_CSV_REPLY_TOS, MTR_CSV_QUOTED_TTL, MTR_CSV_QUOTED_TOS,
  MTR_CSV_QUOTED_SIZE, MTR_CSV_MTU, MTR_CSV_MSS,
  MTR_CSV_DUP, MTR_CSV_LATE, MTR_CSV_NAT, MTR_CSV_FINAL, MTR_CSV_UNREACH,
  MTR_CSV_OTHER_ADDR, MTR_CSV_TSTAMP, MTR_CSV_MPLS,
  MTR_CSV_COLUMNS,       /* how many there are */
  MTR_CSV_MOST = 64      /* columns of a row */
};

/* mtr_csv: appends the result as CSV to the |*used| bytes of whole rows in
 * |buf|[|size|]: a row for each reply, and one for each hop without replies;
 * or, if |hops| is not 0, a row for each hop, with its first answer. A trace
 * without hops has one row. |columns|[|n|] are MTR_CSV_*. 0, -ESTALE, -ENOMEM;
 * -EINVAL: an unknown column, none or more than MTR_CSV_MOST, or |*used| above
 * |size|; -EMSGSIZE: there may be no room, and |buf| up to |*used| is as it
 * was. */
int mtr_csv(struct mtr *engine, uint32_t trace, const uint8_t *columns,
            uint32_t n, uint32_t hops, char *buf, uint32_t size,
            uint32_t *used);

/* mtr_warts: writes the result as a record of warts, the format of scamper,
 * into |buf|[|size|]. |list| and |cycle| are numbers of such records in its
 * file, 0: none; |user| a number of the caller's, 0: none. Returns its length.
 * -EMSGSIZE: there is no room, or it has more than 192 replies. -ESTALE,
 * -ENOMEM. */
int mtr_warts(struct mtr *engine, uint32_t trace, uint32_t list, uint32_t cycle,
              uint32_t user, uint8_t *buf, uint32_t size);

/* mtr_warts_stop: returns the number that warts has for a stop reason; 0: it
 * has none. LSS has the number of COMPLETED. */
uint32_t mtr_warts_stop(uint32_t reason);

/* mtr_uuencode: writes |bytes|[|n|] as text into |buf|[|size|], in lines as
 * scamper's control socket sends records of warts. No zero byte is added.
 * Returns its length. -EMSGSIZE: there is no room. */
int mtr_uuencode(const uint8_t *bytes, uint32_t n, char *buf, uint32_t size);

/* mtr_write_lines: writes |size| bytes of whole lines to |file|, a FILE of
 * stdio, after what its buffer has. It can block. 0 or the errno of write(2).
 * If only part of a line could be written, blanks replace it in a file. */
int mtr_write_lines(void *file, const char *bytes, uint32_t size);

/* ---- Stop and release ---- */
/* Bits of a trace's handle that are its number. No two traces have the same
 * number at a time; small free numbers are used first, each for 4095 traces. */
enum { MTR_HANDLE_BITS = 20 };

/* mtr_stop: ends a trace with |reason| and |data| and forgets its outstanding
 * probes; DONE comes with a later step. |ttl|: the last hop in the result of a
 * strategy; 0: the highest that answered. -EINVAL; -ESTALE: it has ended. */
int mtr_stop(struct mtr *engine, uint32_t trace, uint32_t reason,
             uint32_t data, uint32_t ttl);

/* mtr_stop_all: stops all running traces with |cookie|; returns how many. */
int mtr_stop_all(struct mtr *engine, uint32_t cookie, uint32_t reason);

/* mtr_underway: writes the handles of the traces with |cookie| that are not yet
 * released into |handles|[|n|], and returns how many there are in all.
 * mtr_target: writes the destination of a trace as text, with a zone if it is
 * link-local, into |buf|, and returns its length. -ESTALE. */
enum { MTR_TARGET_SIZE = 64 };         /* bytes of |buf| */
uint32_t mtr_underway(struct mtr *engine, uint32_t cookie, uint32_t *handles,
                      uint32_t n);
int mtr_target(struct mtr *engine, uint32_t trace, char *buf);

/* mtr_release: frees a trace after its DONE. -ESTALE; -EBUSY: in flight. */
int mtr_release(struct mtr *engine, uint32_t trace);

/* ---- Counters ---- */
/* mtr_counters: what the engine has counted since it was opened. probes_sent =
 * replies + timeouts + failed + given_up + probes. */
struct mtr_counters {
  double traces_started;
  double traces_done;
  double probes_sent;
  double bytes_sent;
  double send_errors;    /* probes whose send failed, at once or later */
  double send_retries;   /* sends put off: ENOBUFS, EAGAIN */
  double replies;        /* first replies in time */
  double duplicates;
  double late;           /* first replies after the timeout */
  double timeouts;
  double failed;         /* sent, then the transport reported an error */
  double given_up;       /* sent, then the trace ended before an answer, or
                          * a SYN was sent again from another port */
  double nat;            /* replies whose quote was rewritten */
  double orphans;        /* replies whose trace had ended */
  double unmatched;      /* well formed, but to none of our probes */
  double malformed;      /* damaged, or from an impossible address */
  double kernel_drops;   /* full socket buffers; IPv6: and bad checksums */
  double detours;        /* probes that raw sent for packet, see mtr_detour */
  double user_times;     /* replies without a usable kernel timestamp */
  double probe_waits;    /* steps that had to wait for a free probe id */
  double steps;
  double events;
  double unrecorded;     /* entries that the recording lacks: disk full */
  double unreplayed;     /* probes that the replayed recording does not have */
  double traces;         /* now in flight */
  double probes;         /* now outstanding */
  double memory;         /* bytes of the slabs now */
};

/* mtr_stats: fills |counters|. mtr_detour: says why the last probe counted in
 * detours was, or "". Static. */
void mtr_stats(struct mtr *engine, struct mtr_counters *counters);
const char *mtr_detour(struct mtr *engine);

/* ---- Outputs: the files that results are written to ---- */
enum {                   /* flags of mtr_output_open */
  MTR_OUTPUT_OVERWRITE = 1,            /* empty the file */
  MTR_OUTPUT_LINES = 2   /* if its last line has no end, write one */
};
enum {                   /* what a descriptor is */
  MTR_OUTPUT_OTHER = 0,  /* a pipe, a device */
  MTR_OUTPUT_FILE = 1,   /* a regular file: it can be cut back */
  MTR_OUTPUT_TERMINAL = 2
};

/* mtr_output_open: opens |path| to append to it, and makes the file if it is
 * missing. Locks a regular file. Returns a descriptor, or the errno of open(2);
 * -EWOULDBLOCK: it is locked, and |*holder| is the process that has it, 0:
 * unknown. mtr_output_close: closes it; 0 or a negative errno. */
int mtr_output_open(const char *path, uint32_t flags, int32_t *holder);
int mtr_output_close(int fd);

/* mtr_output_kind: returns what |fd| is, or a negative errno.
 * mtr_output_length: returns the bytes in the file, or a negative errno.
 * mtr_output_cut: sets the length of the file in bytes and the position to its
 * end. mtr_output_sync: waits until the disk has the file's data. Both: 0 or a
 * negative errno. */
int mtr_output_kind(int fd);
double mtr_output_length(int fd);
int mtr_output_cut(int fd, double length);
int mtr_output_sync(int fd);

/* mtr_save: replaces the content of the file |path| with |bytes|[|size|] in the
 * background, after the disk has the data of |fds|[|n|], which is what the
 * content speaks of; |n| is at most MTR_SAVE_FDS. After a crash of the machine
 * the file has the old or the new content. It is written as |path|.new and
 * renamed. Then a SAVED event with |cookie| comes; |error|: errno, 0: saved;
 * ENOTSUP: |path| is no regular file. Copies what it needs. One at a time for
 * each |path|. |engine| NULL: it is done when the function returns, and there
 * is no event. 0 or a negative errno. */
enum { MTR_SAVE_FDS = 256 };
int mtr_save(struct mtr *engine, const char *path, const void *bytes,
             uint32_t size, const int32_t *fds, uint32_t n, uint32_t cookie);

/* mtr_output_sum: returns a checksum of the last 64 bytes before |length| of
 * the file |path|, which is open as |fd|. -ENOENT: |path| is gone, or is
 * another file by now; -EACCES: it cannot be read; or another errno. */
double mtr_output_sum(int fd, const char *path, double length);

/* mtr_output_write: writes |bytes|[|size|], and waits for room in a pipe.
 * |*done|: how many bytes were written. 0 or the errno of write(2). */
int mtr_output_write(int fd, const void *bytes, uint32_t size, uint32_t *done);

/* ---- Timers ---- */
/* mtr_timer: makes a TIMER event with |cookie| after |ms|; |*timer| is its
 * handle. mtr_timer_cancel: cancels it. -EINVAL, -ENOMEM; -ESTALE: it fired. */
int mtr_timer(struct mtr *engine, double ms, uint32_t cookie, uint32_t *timer);
int mtr_timer_cancel(struct mtr *engine, uint32_t timer);

/* ---- Names ---- */
/* mtr_resolve: looks |name| up for |family| (4, 6, 0 both) in the background.
 * RESOLVED events with |cookie| follow: one for each address, the last with ttl
 * 0; or a single one with |error|: ENOENT: no such name; EAGAIN: the resolver
 * did not answer; ELIBACC: no such name as written, and without libidn2 other
 * letters than ASCII are not mapped (UTS 46); EIO: anything else. Mapped IPv4
 * addresses become IPv4. A simulated network and a replay answer themselves,
 * unless MTR_RESOLVE_REAL is added to |family|: that is for names of other
 * programs on the real network, and is not recorded. Returns 0 or a negative
 * errno. */
enum { MTR_RESOLVE_REAL = 8 };
int mtr_resolve(struct mtr *engine, const char *name, uint32_t family,
                uint32_t cookie);

/* mtr_dns: which name servers an engine asks, and how long. mtr_dns_defaults
 * fills it. */
struct mtr_dns {
  char servers[256];     /* addresses with or without ports, with a comma
                          * between them: "192.0.2.53,[2001:db8::53]:5353"; "":
                          * those of the system */
  double timeout;        /* ms until a lookup is given up, 1..3600000; 0: as the
                          * system says, 10 s by default; 3 s for mtr_reverse
                          * and mtr_text */
  uint32_t attempts;     /* how often each server is asked in that time, 1..10;
                          * 0: as the system says; 2 for mtr_reverse and
                          * mtr_text */
  uint32_t real;         /* 1: a simulated network asks them for mtr_reverse and
                          * mtr_text, instead of itself */
};
void mtr_dns_defaults(struct mtr_dns *dns);

/* mtr_dns_use: sets them for lookups that start from now on. -EINVAL,
 * -ENOMEM. */
int mtr_dns_use(struct mtr *engine, const struct mtr_dns *dns);

/* mtr_reverse: asks for the names of |addr|[16]; mtr_text: asks for the TXT
 * records of |name|, ASCII without a dot at the end. TEXT events with |cookie|
 * follow: one for each name or text, the last with ttl 0; or a single one with
 * |error|: ENOENT: there is none; EAGAIN: no server answers; EBADMSG: the
 * answer is damaged, or to another question; ENOMEM, EIO. The text is
 * |reply_size| bytes in mtr_ext at |ext|, at most 1020: of a name ASCII, in
 * which "\." is a dot within a label and "\032" a byte that is not printable;
 * of a TXT record any bytes. |probe| is for how many seconds the answer may be
 * believed. A simulated network knows its nodes whose names have a dot. 0,
 * -EINVAL, -ENOMEM, -EIO. */
int mtr_reverse(struct mtr *engine, const uint8_t *addr, uint32_t family,
                uint32_t cookie);
int mtr_text(struct mtr *engine, const char *name, uint32_t cookie);

/* ---- Descriptors of the caller ---- */
/* mtr_watch: makes one event |kind| (MTR_EV_READABLE, MTR_EV_WRITABLE) with
 * |cookie| when |fd| can be read or written, or has come to its end. Call it
 * again for the next event. |fd| stays the caller's, is set non-blocking until
 * mtr_unwatch, and must stay open until then. A regular file is always ready.
 * -EBADF; -EEXIST: an event was already asked for. */
int mtr_watch(struct mtr *engine, int fd, uint32_t kind, uint32_t cookie);

/* mtr_unwatch: ends the watch. Returns 0: no event comes any more; 1: none was
 * asked for, or it is in the present batch. -ENOENT: |fd| is not watched. */
int mtr_unwatch(struct mtr *engine, int fd);

/* mtr_read, mtr_write: read what is there, write what fits, at most |size|
 * bytes; they never block, whatever the flags of |fd|. They return how many,
 * 0 at the end, -EAGAIN if none now, -EPIPE if nobody reads (the kernel also
 * raises SIGPIPE then, unless the program ignores it). */
int mtr_read(int fd, void *out, uint32_t size);
int mtr_write(int fd, const void *bytes, uint32_t size);

/* ---- Hosts that cannot watch descriptors ---- */
/* mtr_waker: a thread for a host that can read only sockets which it connects
 * itself, such as nginx. It waits for descriptors (mtr_fd) and then writes one
 * byte to the host. Everything else stays in the host's thread.
 *   _open       starts the thread and writes into |path|[|size|], 108 are
 *               enough, the name of a unix socket. The host connects to it; the
 *               connection of any other process is refused. -ENAMETOOLONG,
 *               -EMFILE, -EAGAIN: no thread; and errors of mkdtemp(3)
 *   _connected  removes the name from the file system. Call it when the host
 *               has connected, and before the first _arm
 *   _arm        when |fd| is readable, writes the byte |word|, 0..255, once.
 *               For the next byte arm again. -EINVAL, -EBADF; -ECHILD in a
 *               forked child
 *   _disarm     forgets |fd|; call it before |fd| is closed. A byte may still
 *               be on its way. -ENOENT: it was not armed; -ECHILD
 *   _close      ends the thread and the connection; NULL is allowed. In a
 *               forked child it frees the child's copy only */
struct mtr_waker;
int mtr_waker_open(struct mtr_waker **waker, char *path, uint32_t size);
void mtr_waker_connected(struct mtr_waker *waker);
int mtr_waker_arm(struct mtr_waker *waker, int fd, uint32_t word);
int mtr_waker_disarm(struct mtr_waker *waker, int fd);
void mtr_waker_close(struct mtr_waker *waker);

/* ---- Simulated networks ---- */
/* Nodes are numbered from 0 as they are added. Times are ms, shares 0..1.
 * Flags of mtr_sim_node: what the node does. */
enum {
  MTR_SIM_TARGET = 1 << 0,       /* is listed by mtr_sim_targets */
  MTR_SIM_SILENT = 1 << 1,       /* sends no ICMP errors */
  MTR_SIM_NO_ECHO = 1 << 2,      /* does not answer pings */
  MTR_SIM_NO_DECREMENT = 1 << 3, /* forwards without changing the TTL */
  MTR_SIM_ZERO_TTL = 1 << 4,     /* forwards packets of TTL 1 with TTL 0 */
  MTR_SIM_NO_TOO_BIG = 1 << 5,   /* drops packets too big, and sends no error */
  MTR_SIM_NAT_QUOTES = 1 << 6,   /* its NAT leaves quotes as they are */
  MTR_SIM_NAT_PORTS = 1 << 7     /* its NAT changes source ports too */
};

/* How a node chooses among equal routes. */
enum {
  MTR_SIM_BY_FLOW, MTR_SIM_BY_PACKET, MTR_SIM_BY_TARGET, MTR_SIM_BY_LABEL
};

/* The source address of what a node replies. */
enum {
  MTR_SIM_FROM_ITSELF, MTR_SIM_FROM_TARGET, MTR_SIM_FROM_SOURCE,
  MTR_SIM_FROM_OTHER
};

/* What a port does, or a filter with the packets that match. */
enum {
  MTR_SIM_CLOSED,        /* answers RST or port unreachable */
  MTR_SIM_OPEN,          /* answers SYN/ACK or data */
  MTR_SIM_FILTERED,      /* does not answer */
  MTR_SIM_UNREACH,       /* filter: answers unreachable with |code| */
  MTR_SIM_REFUSE         /* filter of the source: the send fails with |code| */
};

/* mtr_sim_node: a host or a router. mtr_sim_node_defaults fills it. */
struct mtr_sim_node {
  double reply_delay;    /* time more for packets that it makes */
  double reply_jitter;   /* at most so much more, at random */
  double reply_loss;     /* share of them that is lost */
  double reply_rate;     /* ICMP errors per second; 0: no limit */
  uint32_t reply_burst;  /* ICMP errors at once */
  uint32_t flags;        /* MTR_SIM_TARGET ... */
  int32_t quote;         /* transport bytes that it quotes; -1: all that fit */
  int32_t quoted_ttl, quoted_size, quoted_id, quoted_check;  /* -1: as received,
                          * quoted_id (IPv4) also -2: swapped, -3: one more */
  int32_t icmp_type, icmp_code;       /* of time exceeded; -1: the usual one */
  int32_t mtu_said;      /* in packet too big; -1: the true one */
  int32_t set_ttl, set_tos;           /* of what it forwards; -1: not set */
  int32_t ext_length;    /* length given for the quote; -1: the true one */
  uint16_t ext_size, chain_size;      /* bytes of |ext| and |chain| */
  uint16_t mss;          /* in SYN/ACKs; 0: none */
  uint8_t reply_ttl;     /* first TTL of packets that it makes */
  uint8_t balance;       /* MTR_SIM_BY_FLOW ... */
  uint8_t copies;        /* of each reply, from 1 */
  uint8_t reply_from;    /* MTR_SIM_FROM_ITSELF ... */
  uint8_t tcp, udp;      /* MTR_SIM_CLOSED ...: ports without mtr_sim_port */
  uint8_t ext_raw;       /* 1: |ext| is the whole structure; 0: its objects */
  uint8_t altered;       /* 1: pongs have another payload than their pings */
  uint8_t chain_next;    /* type of the first header in |chain| */
  uint8_t chain_last;    /* offset of the last header in |chain| */
  uint8_t ext_summed, pad;   /* checksum of |ext|: 0 none, 1 right, 2 wrong */
  uint8_t other4[16], other6[16];     /* of MTR_SIM_FROM_OTHER */
  uint8_t nat4[16], nat6[16];         /* what its NAT sets; zero: no NAT */
  uint8_t ext[128];      /* ICMP extensions that it adds */
  uint8_t chain[128];    /* IPv6 extension headers put into its quotes */
  char name[48];         /* resolves to its addresses; "": none */
};
void mtr_sim_node_defaults(struct mtr_sim_node *node);

/* mtr_sim_addr: an address of a node or, with fewer |bits|, a network that it
 * answers for. A node sends from its first address of each family. */
struct mtr_sim_addr {
  uint32_t node;
  uint8_t family, bits, pad[2];
  uint8_t addr[16];
};

/* mtr_sim_link: one direction of a link. */
struct mtr_sim_link {
  uint32_t from, to;     /* nodes */
  double delay, jitter;  /* jitter: at most so much more, at random */
  double loss, duplicate, reorder;   /* shares: lost, twice, overtaken */
  uint32_t mtu;          /* 0: no limit */
  uint32_t cost;         /* for shortest paths; 0: used only by a route */
  uint32_t label[4];     /* MPLS; |labels| of them, top first */
  uint8_t labels;
  uint8_t hidden, pad[6];   /* hidden 1: its receiver leaves the TTL as it is */
};

/* mtr_sim_route: at |node|, packets to this network take the link to |via|. The
 * longest prefix wins, then the latest |after|; equal routes are all used. A
 * route of 0 bits counts only where there is no shortest path. */
struct mtr_sim_route {
  uint32_t node, via;
  double after, before;  /* ms since the start; before 0: no end */
  uint8_t family, bits, pad[6];
  uint8_t addr[16];
};

/* mtr_sim_port: what one port of a node does. */
struct mtr_sim_port {
  uint32_t node;
  uint16_t port;
  uint8_t protocol;      /* MTR_TCP, MTR_UDP */
  uint8_t state;         /* MTR_SIM_CLOSED ... */
};

/* mtr_sim_filter: what |node| does with packets that it forwards, receives for
 * itself or, as the source, sends. The first filter that matches is used. */
struct mtr_sim_filter {
  uint32_t node;
  uint16_t port;         /* of the destination; 0: any */
  uint8_t protocol;      /* 0: any */
  uint8_t answer;        /* MTR_SIM_CLOSED ... */
  double share;          /* of the packets that match */
  uint8_t family, bits;  /* of the destination; family 0: any */
  uint8_t code, pad[5];  /* code of the unreachable, or errno */
  uint8_t addr[16];
};

/* mtr_sim_internet: an internet computed from a seed, by default an ordinary
 * one (mtr_sim_internet_defaults). */
struct mtr_sim_internet {
  double prefixes;       /* 1..12000000; each a /24, or a /40 of IPv6 */
  double silent;         /* share of routers that never answer */
  double dead;           /* share of targets that never answer */
  double balanced;       /* share of hops with 2 to 4 routers, by flow */
  double limited;        /* share of routers that limit their ICMP errors */
  double limit;          /* ICMP errors per second of such a router */
  double loss;           /* share of probes lost */
  double delay;          /* mean ms of a hop beyond the first ones */
  uint32_t min_hops, max_hops;   /* 8..min_hops..max_hops..30, with target */
};
void mtr_sim_internet_defaults(struct mtr_sim_internet *internet);

/* mtr_sim_new: returns a simulated network without nodes, or NULL. Add to it
 * before an engine opens over it. Its random choices follow |seed|, or the seed
 * of an engine that has one. mtr_sim_free: frees it, after its engines. */
struct mtr_sim *mtr_sim_new(uint32_t seed);
void mtr_sim_free(struct mtr_sim *sim);

/* mtr_sim_nodes and the others: add copies of |n| structs. On an error they add
 * nothing: -EINVAL (a field is out of range, or there is no such node), -EBUSY
 * (an engine was opened over it), -ENOMEM. */
int mtr_sim_nodes(struct mtr_sim *s, const struct mtr_sim_node *v, uint32_t n);
int mtr_sim_addrs(struct mtr_sim *s, const struct mtr_sim_addr *v, uint32_t n);
int mtr_sim_links(struct mtr_sim *s, const struct mtr_sim_link *v, uint32_t n);
int mtr_sim_routes(struct mtr_sim *s, const struct mtr_sim_route *v,
                   uint32_t n);
int mtr_sim_ports(struct mtr_sim *s, const struct mtr_sim_port *v, uint32_t n);
int mtr_sim_filters(struct mtr_sim *s, const struct mtr_sim_filter *v,
                    uint32_t n);

/* mtr_sim_source: sets the node that sends; by default node 0 does.
 * mtr_sim_internet: makes a network without nodes an internet, seen from
 * 192.0.2.1 and 2001:db8::1. -EINVAL, -EBUSY. */
int mtr_sim_source(struct mtr_sim *s, uint32_t node);
int mtr_sim_internet(struct mtr_sim *s, const struct mtr_sim_internet *v);

/* mtr_sim_targets: writes the addresses of up to |n| targets of |family| into
 * |addr|[|n|][16], in order, beginning with number |first|. Returns how many it
 * wrote. -EINVAL. */
int mtr_sim_targets(struct mtr_sim *s, uint32_t family, double first,
                    uint8_t *addr, uint32_t n);

/* mtr_open_sim: opens an engine like mtr_open, over |sim| and in virtual time:
 * each step first moves the time to what is due next, so that nothing sleeps;
 * mtr_fd is readable while anything is planned. -EINVAL: |sim| is empty. */
int mtr_open_sim(const struct mtr_config *config, struct mtr_sim *sim,
                 struct mtr **engine, char *why, uint32_t size);

/* mtr_sim_path: computes what |trace| would find now, without loss. Writes one
 * REPLY event for each TTL from 1 into |out|[|n|] (family 0: no answer), up to
 * the target or the last hop that answers. Returns how many, at most |n|.
 * -EOPNOTSUPP: |engine| has no simulated network; errors of mtr_start. */
int mtr_sim_path(struct mtr *engine, const struct mtr_trace *trace,
                 struct mtr_event *out, uint32_t n);

/* ---- Recordings ---- */
/* mtr_finish: completes and ends the recording of an engine, if there is one.
 * 0, or the errno of the first write that failed; the counter unrecorded says
 * how much is missing. mtr_close does the same, but reports no error. */
int mtr_finish(struct mtr *engine);

/* ---- Helpers ---- */
/* mtr_address_text: writes an address as text (RFC 5952) with a zero byte into
 * |buf|[46] and returns its length; -EINVAL: |family| must be 4 or 6.
 * mtr_address_class: returns the kind of a special address: "private",
 * "shared", "loopback", "documentation" ...; "" for an ordinary one. Static. */
int mtr_address_text(const uint8_t *addr, uint32_t family, char *buf);
const char *mtr_address_class(const uint8_t *addr, uint32_t family);

/* mtr_prefixes: a set of address prefixes, for longest-prefix matches. Not for
 * two threads at once.
 *   _new    makes an empty set; NULL: no memory
 *   _free   frees it; NULL is fine
 *   _add    adds the first |length| bits of |addr|[16]. Returns the number of
 *           the addition: 1, 2, 3 ... If the same prefix is added again, the
 *           last number counts. -EINVAL: wrong family or length, -ENOMEM,
 *           -ENOSPC: more than 2^31 additions
 *   _find   returns the number of the longest prefix that contains |addr| and
 *           sets |*length|; 0: there is none. The first call after additions
 *           sorts. -EINVAL: wrong family, -ENOMEM */
struct mtr_prefixes *mtr_prefixes_new(void);
void mtr_prefixes_free(struct mtr_prefixes *set);
int mtr_prefixes_add(struct mtr_prefixes *set, const uint8_t *addr,
                     uint32_t family, uint32_t length);
int mtr_prefixes_find(struct mtr_prefixes *set, const uint8_t *addr,
                      uint32_t family, uint32_t *length);

/* mtr_mmdb: a database of addresses in MaxMind's format, such as that of their
 * ASes; read with libmaxminddb.
 *   _open   opens the file |path|. -ELIBACC: libmaxminddb is not installed;
 *           -EBADMSG: it is no such database; errors of open(2), -ENOMEM
 *   _close  closes it; NULL is fine
 *   _find   writes the value at |path|, names with dots between them such as
 *           "country.iso_code", of |addr|[16] as text with a zero byte into
 *           |out|[|size|], and sets |*length| to that of the prefix. Returns
 *           its length; 0: there is none, or it is no number or text. -EINVAL,
 *           -EBADMSG: the file is damaged */
struct mtr_mmdb;
int mtr_mmdb_open(const char *path, struct mtr_mmdb **db);
void mtr_mmdb_close(struct mtr_mmdb *db);
int mtr_mmdb_find(struct mtr_mmdb *db, const uint8_t *addr, uint32_t family,
                  const char *path, char *out, uint32_t size,
                  uint32_t *length);

/* mtr_shuffle: returns the number at place |index| when 0..size-1 are in an
 * order that |seed| chooses; each number has one place. |size| is at most 2^52;
 * an index that is not in 0..size-1 gives 0. */
double mtr_shuffle(double index, double size, uint64_t seed);

/* mtr_read_line: reads the next line of |file|, a FILE of stdio, into
 * |buf|[|size|], with a zero byte behind it and without its end: LF, CR LF or
 * CR. |*length| is its length; if that is size-1, the line may go on in the
 * next call. Returns bits that describe the line, 0 at the end of the file, or
 * a negative errno. It can block. */
enum {
  MTR_LINE = 1,          /* something was read */
  MTR_LINE_LF = 2,       /* it ended with LF or CR LF */
  MTR_LINE_CR = 4,       /* it ended with CR or CR LF */
  MTR_LINE_NUL = 8       /* it contains a zero byte */
};
int mtr_read_line(void *file, char *buf, uint32_t size, uint32_t *length);

/* mtr_find: writes the absolute path of the program |name| into |out|[|size|],
 * from $PATH; if privileged, from the system's directories only. -ENOENT. */
int mtr_find(const char *name, char *out, uint32_t size);

/* ---- Serving ---- */
/* mtr_listen: opens a TCP socket that clients can connect to, at |addr|[16] and
 * |*port|; port 0: a free one, which is written there. mtr_accept: takes the
 * next client; -EAGAIN: there is none now. Both return a non-blocking
 * descriptor for mtr_watch and mtr_output_close, or a negative errno.
 * mtr_send: writes as mtr_write does, to a socket, and never raises SIGPIPE. */
int mtr_listen(const uint8_t *addr, uint32_t family, uint32_t *port);
int mtr_accept(int fd);
int mtr_send(int fd, const void *bytes, uint32_t size);

/* ---- Clients on this host ---- */
/* mtr_local_listen: makes a socket file |path| with the permission bits |mode|,
 * and returns the descriptor of a socket that listens there; mtr_watch reports
 * it readable when a client connects. The file that a dead server has left is
 * replaced. -EADDRINUSE: a server lives there; -EEXIST: another kind of file is
 * there; -ENAMETOOLONG; -EINTR; errors of bind(2), connect(2) and open(2).
 *
 * mtr_local_unlisten: closes that descriptor, and removes |path| unless a
 * server listens there now. 0, or a negative errno if the file is still there.
 *
 * mtr_local_accept: takes a client. |connection|[2] gets two descriptors of it,
 * one to read and one to write, because mtr_watch waits for one kind of event
 * of a descriptor. |who|[4] gets its pid, uid and gid, from the kernel, and 1
 * if it is root or the user of this process, else 0. 0; -EAGAIN: none has
 * connected; -EMFILE and other errors of accept(2).
 *
 * mtr_local_member: returns 1 if the process that connected belongs to group
 * |gid|, by its own gid or its other groups, 0 if not, or a negative errno.
 *
 * mtr_local_gone: returns 1 if the other end is closed, 0 if at most one
 * direction is: then the client has sent its last request and may wait for
 * answers.
 *
 * mtr_local_hangup: closes both descriptors; call mtr_unwatch first. */
int mtr_local_listen(const char *path, uint32_t mode);
int mtr_local_unlisten(int fd, const char *path);
int mtr_local_accept(int fd, int32_t *connection, uint32_t *who);
int mtr_local_member(int fd, uint32_t gid);
int mtr_local_gone(int fd);
void mtr_local_hangup(const int32_t *connection);

/* ---- Clients of other servers ---- */
/* mtr_connect: begins a connection to a TCP server, mtr_local_connect to one at
 * a path of this host. |connection|[2] gets two descriptors, to read and to
 * write, for mtr_local_hangup. Once the second is writable (mtr_watch),
 * mtr_connected says how it ended: 0 if it is made, or a negative errno such as
 * -ECONNREFUSED. They return 0, -EINVAL, -ENAMETOOLONG, or errors of socket(2)
 * and connect(2). */
int mtr_connect(const uint8_t *addr, uint32_t family, uint32_t port,
                int32_t *connection);
int mtr_local_connect(const char *path, int32_t *connection);
int mtr_connected(int fd);

/* mtr_ticker: returns a descriptor that is readable every |ms| milliseconds of
 * real time, whatever clock the engines have; reading its 8 bytes starts the
 * next wait. Close it with mtr_output_close. -EINVAL: 0; -EMFILE. */
int mtr_ticker(uint32_t ms);

#ifdef __cplusplus
}
#endif
#endif
