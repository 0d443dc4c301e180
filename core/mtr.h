/* SPDX-License-Identifier: MIT
 *
 * mtr.h: the C interface of the tracing engine, and the only header that a
 * program or a binding needs.
 *
 * An engine is driven by pulling: start traces, step, walk the batch of events
 * in place, repeat. It never calls back, never blocks (but for mtr_wait), never
 * prints, exits or installs a signal handler, and keeps no global state;
 * several engines live side by side. One descriptor (mtr_fd) is readable
 * whenever a step has work, timers included, so an engine nests in any poll
 * loop.
 *
 * Records are plain: no pointers, no bitfields, no 64-bit integers. Addresses
 * are 16 bytes in network order, an IPv4 address in the first four and zeroes
 * behind. Times are milliseconds as doubles unless a name says otherwise.
 * Handles are 32-bit numbers with a generation: a stale one is -ESTALE, never a
 * crash. Every function that can fail returns a negative errno.
 *
 * An engine belongs to one thread and to the process that opened it: after a
 * fork the child must not step it (mtr_step returns -ECHILD there).
 */
#ifndef MTR_H
#define MTR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  MTR_ABI = 5,           /* changes whenever a record or a meaning changes */
  MTR_ADDR_SIZE = 16,    /* bytes of an address field */
  MTR_SOCKETS = 11,      /* privileged descriptors of one engine */
  MTR_FAST_RATE = 5000,  /* probes a second above which packet is worth it */
  MTR_ALL_TTLS = 0,      /* mtr_replies: every hop */
  MTR_HANDLE_BITS = 20,  /* low bits of a trace's handle: a number of its own
                          * until it is released, then another's; small, for
                          * free ones are used again first */
  MTR_NO_LABEL = -1,     /* flow_label: chosen by the engine, one per flow */
  MTR_NO_CODE = 255      /* icmp_code: the transport does not know it */
};

/* Protocols are IP protocol numbers; MTR_ICMP is ICMPv6 on IPv6. */
enum { MTR_ICMP = 1, MTR_TCP = 6, MTR_UDP = 17 };

/* How a probe's identity is laid into headers: paris keeps every field that a
 * load balancer hashes constant within a flow; classic changes ports (UDP, TCP)
 * or the checksum (ICMP) with each probe; dublin (UDP only) marks probes in the
 * IPv4 identification or the IPv6 payload length. */
enum { MTR_PARIS, MTR_CLASSIC, MTR_DUBLIN };

/* Transports. MTR_AUTO is packet if the rate is above MTR_FAST_RATE, or has no
 * limit, and packet then is raw as long as few probes are outstanding. */
enum {
  MTR_AUTO, MTR_RAW, MTR_MTR_PACKET, MTR_SIM, MTR_PACKET, MTR_REPLAY
};

/* Flags of mtr_transport_info. */
enum {
  MTR_TRANSPORT_NAMED = 1 << 0,   /* users choose it by its name */
  MTR_TRANSPORT_HELPED = 1 << 1,  /* another program sends, with a privilege of
                                   * its own */
  MTR_TRANSPORT_RECORDED = 1 << 2 /* what goes over it can be recorded */
};

/* Capabilities of a transport. */
enum {
  MTR_CAP_ICMP = 1 << 0, MTR_CAP_UDP = 1 << 1, MTR_CAP_TCP = 1 << 2,
  MTR_CAP_IPV4 = 1 << 3, MTR_CAP_IPV6 = 1 << 4,
  MTR_CAP_QUOTE = 1 << 5,     /* replies carry the quoted packet */
  MTR_CAP_EXT = 1 << 6,       /* ... and ICMP extensions */
  MTR_CAP_FLOW = 1 << 7,      /* ports, checksum and flow label are ours */
  MTR_CAP_TSTAMP = 1 << 8,    /* kernel receive timestamps */
  MTR_CAP_PORTS4 = 1 << 9,    /* source ports of UDP over IPv4 are ours */
  MTR_CAP_PORTS6 = 1 << 10    /* ... over IPv6 */
};

/* Trace flags. */
enum {
  MTR_DONT_FRAGMENT = 1 << 0, /* IPv4 DF bit, and none from this host: without,
                               * what exceeds its link goes out in pieces */
  MTR_MANUAL = 1 << 1,        /* no sweep: probes come from mtr_probe */
  MTR_TCP_ACK = 1 << 2,       /* TCP probes carry ACK instead of SYN */
  MTR_BROADCAST = 1 << 3,     /* multicast and broadcast targets allowed */
  MTR_STRATEGY = 1 << 4,      /* no sweep: each probe is asked for (NEXT) */
  MTR_PACED = 1 << 5,         /* before each probe its wait is (PACE) */
  MTR_UNREACH_CONTINUE = 1 << 6, /* unreachables are answers like others */
  MTR_TE_COMPLETES = 1 << 7,  /* time exceeded from the target's address is
                               * final */
  MTR_AWAIT_ANSWER = 1 << 8   /* time exceeded and unreachables end no probe:
                               * they are told, and the probe still waits for
                               * what completes a trace */
};

/* Events: what is queued, and which of them a trace asked for (want). */
enum {
  MTR_EV_SENT = 1,       /* a probe left; at_ms its send time */
  MTR_EV_REPLY = 2,      /* any reply, duplicates and late ones included */
  MTR_EV_TIMEOUT = 3,    /* no answer in time, or the send failed (error) */
  MTR_EV_HOP = 4,        /* a TTL has settled, in TTL order */
  MTR_EV_DONE = 5,       /* the trace ended; the last event of each trace */
  MTR_EV_TIMER = 6,      /* a timer of mtr_timer fired */
  MTR_EV_RESOLVED = 7,   /* an answer of mtr_resolve */
  MTR_EV_READABLE = 8,   /* a descriptor of mtr_watch */
  MTR_EV_WRITABLE = 9,   /* likewise */
  MTR_EV_NEXT = 10,      /* which probes next? answered by mtr_probe, up to
                          * |ttl| (1, 2) times, mtr_pass or mtr_stop; at: now */
  MTR_EV_PACE = 11,      /* how long to wait? answered by mtr_pace */
  MTR_EV_PICK = 12       /* whose turn is it? answered by mtr_ready and then
                          * mtr_pick; probe: how many may go */
};
enum {
  MTR_WANT_SENT = 1 << 1, MTR_WANT_REPLY = 1 << 2, MTR_WANT_TIMEOUT = 1 << 3,
  MTR_WANT_HOP = 1 << 4, MTR_WANT_RESULT = 1 << 5
};

/* Why a trace ended; scamper's words. mtr_stop_word makes its words of these
 * names. */
enum {
  MTR_STOP_NONE, MTR_STOP_COMPLETED, MTR_STOP_UNREACH, MTR_STOP_ICMP,
  MTR_STOP_LOOP, MTR_STOP_GAPLIMIT, MTR_STOP_ERROR, MTR_STOP_HOPLIMIT,
  MTR_STOP_GSS, MTR_STOP_LSS, MTR_STOP_HALTED
};

/* Flags of a reply. */
enum {
  MTR_REPLY_DUP = 1 << 0,        /* not the first reply to this probe */
  MTR_REPLY_LATE = 1 << 1,       /* after the probe's timeout */
  MTR_REPLY_NAT = 1 << 2,        /* the quote was rewritten on the way */
  MTR_REPLY_TRUNCATED = 1 << 3,  /* under 8 transport bytes were quoted */
  MTR_REPLY_USER_TIME = 1 << 4,  /* no usable kernel timestamp */
  MTR_REPLY_OTHER_ADDR = 1 << 5, /* completes, but not from the target */
  MTR_REPLY_LOCAL = 1 << 6,      /* sent by this host itself */
  MTR_REPLY_QUOTE = 1 << 7,      /* the quoted_* fields hold a quote */
  MTR_REPLY_EXT_BAD = 1 << 8,    /* extension objects cut short or damaged */
  MTR_REPLY_FINAL = 1 << 9,      /* this message completes a trace */
  MTR_REPLY_UNREACH = 1 << 10,   /* an unreachable that does not complete */
  MTR_REPLY_TOO_BIG = 1 << 11,   /* packet too big; mtu holds the next hop's */
  MTR_REPLY_TE_FROM_DST = 1 << 12, /* time exceeded by the target's address */
  MTR_REPLY_ANSWER = 1 << 13,    /* counts as an answer of its hop */
  MTR_REPLY_PRIMARY = 1 << 14,   /* ... and is the first: the hop's addr, rtt */
  MTR_REPLY_WEAK = 1 << 15       /* fits its probe in part: it may be forged */
};

/* How a quote was recognised, and what it has in it that was not sent so. */
enum {
  MTR_QUOTE_TIER = 3,            /* mask: 0 by all that tells probes apart, 1
                                  * not by the ports, 2 not by the destination,
                                  * 3 by the IPv4 identification */
  MTR_QUOTE_SRC = 1 << 2, MTR_QUOTE_DST = 1 << 3,
  MTR_QUOTE_SPORT = 1 << 4,      /* ICMP: the echo identifier */
  MTR_QUOTE_DPORT = 1 << 5,
  MTR_QUOTE_ID = 1 << 6,         /* UDP checksum, sequence number */
  MTR_QUOTE_IP_ID = 1 << 7       /* IPv4 identification */
};

struct mtr;              /* an engine; opaque */

/* mtr_config: how to open an engine. mtr_defaults fills it. */
struct mtr_config {
  uint32_t transport;    /* MTR_AUTO, MTR_RAW ... */
  uint32_t max_traces;   /* 1..1000000 in flight */
  uint32_t max_probes;   /* 1..524288 outstanding or awaiting late replies */
  uint32_t max_events;   /* 1024..65536 in one batch */
  double rate;           /* probes per second over all traces; 0 unlimited */
  double target_rate;    /* probes per second within one trace; 0 unlimited */
  double late_window;    /* ms an unanswered probe's id stays reserved */
  uint32_t seed;         /* of every random choice; 0: from the kernel */
  uint32_t mark;         /* SO_MARK of every probe; 0 none */
  char interface[16];    /* send through this interface; "" any */
  uint8_t source4[16];   /* source addresses; all zero: by destination */
  uint8_t source6[16];
  int32_t sockets[11];   /* from mtr_sockets; -1: the engine opens its own */
  uint32_t workers;      /* mtr-packet processes, 1..8; more than 1: no TCP */
  char helper[220];      /* absolute path of mtr-packet; "": looked for */
  uint32_t pick;         /* 1: PICK asks who sends next; 0: in turn */
  uint32_t strict;       /* 1: replies that fit in part are nobody's */
  char recording[256];   /* MTR_REPLAY: the file to replay; with the others: the
                          * file to record into, "" none */
};

/* mtr_transport_info: one of the transports that the library has. */
struct mtr_transport_info {
  char name[16];
  uint32_t id;           /* MTR_RAW ... */
  uint32_t sockets;      /* how many of mtr_sockets it can use; 0 none */
  uint32_t caps;         /* MTR_CAP_* that it has at most, on any host */
  uint32_t flags;        /* MTR_TRANSPORT_* */
};

/* mtr_trace: how to trace one destination. mtr_trace_defaults fills it. */
struct mtr_trace {
  uint32_t handle;       /* out: names the trace from now on */
  uint32_t cookie;       /* the caller's; comes back in every event */
  uint32_t want;         /* MTR_WANT_* */
  uint32_t flags;        /* MTR_DONT_FRAGMENT ... */
  uint32_t mark;         /* SO_MARK of this trace's probes; 0: the engine's */
  uint32_t interface;    /* index from mtr_interface; 0 any */
  uint32_t payload;      /* from mtr_payload; 0 none */
  int32_t flow_label;    /* IPv6, 0..0xfffff, or MTR_NO_LABEL */
  double timeout;        /* ms after which a probe counts as unanswered */
  uint16_t flow;         /* 0..511: which of the equal-cost paths; less with
                          * a max_probes above 65536: 1024 / (that / 32768) */
  uint16_t source_port;  /* 0: from the engine's reserved range */
  uint16_t port;         /* destination port; UDP and TCP */
  uint16_t size;         /* bytes of the whole IP packet; 0: protocol default */
  uint8_t family;        /* 4 or 6 */
  uint8_t protocol;      /* MTR_ICMP, MTR_UDP, MTR_TCP */
  uint8_t multipath;     /* MTR_PARIS ... */
  uint8_t tos;           /* IPv4 TOS, IPv6 traffic class */
  uint8_t first_ttl;     /* 1..255 */
  uint8_t max_ttl;       /* first_ttl..255 */
  uint8_t window;        /* probes outstanding in this trace, 1..255 */
  uint8_t queries;       /* answers wanted per hop, 1..16 */
  uint8_t attempts;      /* tries per wanted answer, 1..15 */
  uint8_t gap_limit;     /* consecutive silent hops that end it; 0 none */
  uint8_t loop_limit;    /* loops that end it; 0: loops never do */
  uint8_t fill;          /* what fills packets up to |size| */
  uint32_t max_probes;   /* a strategy's, in all; 0: no limit */
  uint32_t least;        /* out: bytes of the smallest such packet */
  uint8_t dst[16];
  uint8_t src[16];       /* all zero: the engine's, or by destination */
};

/* mtr_probe_opts: one probe of a manual trace or of a strategy. */
struct mtr_probe_opts {
  uint32_t trace;        /* of one with MTR_MANUAL or MTR_STRATEGY */
  uint32_t probe;        /* out: handle, the same in this probe's events */
  uint16_t flow;         /* 0..511 */
  uint16_t size;         /* bytes of the whole IP packet; 0: the trace's */
  uint8_t ttl;           /* 1..255; a strategy's: first_ttl..max_ttl */
  uint8_t last;          /* 1: a strategy has no more now, as by mtr_pass */
  uint8_t pad[2];
};

/* mtr_event: one thing that happened. Fields that do not apply are zero. */
struct mtr_event {
  uint8_t kind;          /* MTR_EV_* */
  uint8_t family;        /* of addr: 4, 6, or 0 none */
  uint8_t ttl;           /* of the probe; DONE: hop count */
  uint8_t attempt;       /* of the probe at this TTL, 1..; 255: or more */
  uint32_t trace;        /* handle of the trace or timer */
  uint32_t cookie;       /* of the trace, timer or resolution */
  uint32_t probe;        /* handle of the probe; DONE: probes sent; RESOLVED:
                          * the interface of a link-local address, 0 none */
  uint8_t addr[16];      /* who answered; HOP: who answered first */
  float rtt;             /* ms; HOP: of the first answer; DONE: duration */
  float at;              /* the probe's send time, ms since the trace began */
  uint16_t flags;        /* MTR_REPLY_* */
  uint16_t flow;         /* of the probe */
  uint8_t error;         /* errno of a failed send or resolution; HOP too */
  uint8_t stop;          /* DONE: MTR_STOP_*; HOP: answers so far; REPLY with
                          * a quote: MTR_QUOTE_* */
  uint8_t protocol;      /* of the reply: MTR_ICMP, MTR_TCP, MTR_UDP */
  uint8_t icmp_type;
  uint8_t icmp_code;     /* DONE: stop data, such as the unreachable's code */
  uint8_t reply_ttl;     /* TTL of the reply as received */
  uint8_t tcp_flags;     /* of a TCP reply */
  uint8_t quoted_ttl;    /* of our probe as quoted */
  uint16_t reply_size;   /* bytes of the whole IP packet */
  uint16_t mtu;          /* next hop's, of a packet too big; MSS of a SYN/ACK */
  uint16_t quoted_size;  /* IP length as quoted */
  uint8_t quoted_tos;
  uint8_t ext_words;     /* ICMP extension objects, in units of 4 bytes */
  uint32_t ext;          /* their offset in mtr_ext or the caller's buffer */
};

/* mtr_info: what a trace was, for its result. */
struct mtr_info {
  double start;          /* unix seconds */
  double duration;       /* ms; of a trace in flight: so far */
  uint32_t probes;       /* sent */
  uint32_t cookie;
  uint32_t flow_label;   /* used on IPv6; UINT32_MAX: not known */
  uint16_t source_port;  /* used; ICMP: the echo identifier; 0: not known */
  uint16_t port;
  uint16_t flow;
  uint16_t size;         /* of the probes, after any packet too big; of a
                          * strategy's the last one */
  uint8_t family;
  uint8_t protocol;
  uint8_t multipath;
  uint8_t first_ttl;
  uint8_t hop_count;     /* settled hops */
  uint8_t stop_reason;   /* MTR_STOP_*, MTR_STOP_NONE in flight */
  uint8_t stop_data;
  uint8_t loops;         /* seen */
  uint8_t src[16];
  uint8_t dst[16];
};

/* mtr_counters: everything the engine counts, since it was opened. */
struct mtr_counters {
  double traces_started;
  double traces_done;
  double probes_sent;
  double bytes_sent;
  double send_errors;    /* probes that the kernel refused */
  double send_retries;   /* sends put off: ENOBUFS, EAGAIN */
  double replies;        /* first replies in time */
  double duplicates;
  double late;           /* first replies after the timeout */
  double timeouts;
  double failed;         /* of those sent: the transport reported an error
                          * later. Probes sent are replies, timeouts, failed,
                          * given up, or still outstanding */
  double given_up;       /* sent; the trace ended before an answer came,
                          * or a SYN was sent again from another port */
  double nat;            /* replies whose quote was rewritten */
  double orphans;        /* replies whose trace had ended */
  double unmatched;      /* well formed, but of no probe of ours */
  double malformed;      /* damaged, or from an address that nobody can have */
  double kernel_drops;   /* lost in full socket buffers (SO_RXQ_OVFL); on IPv6
                          * also what came with a bad checksum */
  double detours;        /* probes that packet could not send by itself: raw
                          * did, see mtr_detour */
  double user_times;     /* replies without a usable kernel timestamp */
  double probe_waits;    /* steps that had to wait for a free probe id */
  double steps;
  double events;
  double unrecorded;     /* records that a recording lacks: the disk is full */
  double unreplayed;     /* probes that the recording replayed does not hold */
  double traces;         /* now in flight */
  double probes;         /* sent, and now outstanding */
  double memory;         /* bytes of the slabs now */
};

/* Simulated networks: see mtr_sim_new. Nodes are numbered in the order in which
 * they were added, from 0. Times are ms, shares are 0..1. */

/* What a simulated node does; flags of mtr_sim_node. */
enum {
  MTR_SIM_TARGET = 1 << 0,       /* mtr_sim_targets lists it */
  MTR_SIM_SILENT = 1 << 1,       /* sends no ICMP errors */
  MTR_SIM_NO_ECHO = 1 << 2,      /* does not answer pings */
  MTR_SIM_NO_DECREMENT = 1 << 3, /* forwards without touching the TTL */
  MTR_SIM_ZERO_TTL = 1 << 4,     /* forwards what has TTL 1, with TTL 0 */
  MTR_SIM_NO_TOO_BIG = 1 << 5,   /* drops what is too big, without a word */
  MTR_SIM_NAT_QUOTES = 1 << 6,   /* its NAT leaves quotes as they are */
  MTR_SIM_NAT_PORTS = 1 << 7     /* its NAT changes source ports too */
};

/* How it balances equal routes. */
enum {
  MTR_SIM_BY_FLOW, MTR_SIM_BY_PACKET, MTR_SIM_BY_TARGET, MTR_SIM_BY_LABEL
};

/* Whose address its replies come from. */
enum {
  MTR_SIM_OWN, MTR_SIM_THE_TARGETS, MTR_SIM_THE_SOURCES, MTR_SIM_ANOTHER
};

/* What a port does, and a filter with what it matches. */
enum {
  MTR_SIM_CLOSED,        /* RST, port unreachable */
  MTR_SIM_OPEN,          /* SYN/ACK, data */
  MTR_SIM_FILTERED,      /* silence */
  MTR_SIM_UNREACH,       /* filter: unreachable with |code| */
  MTR_SIM_REFUSE         /* filter of the source: the send fails, errno |code|*/
};

/* mtr_sim_node: a host or a router. mtr_sim_node_defaults fills it. */
struct mtr_sim_node {
  double reply_delay;    /* more time for what it sends itself */
  double reply_jitter;   /* up to so much more */
  double reply_loss;     /* share of its own replies that get lost */
  double reply_rate;     /* ICMP errors per second; 0 without limit */
  uint32_t reply_burst;  /* of them at once */
  uint32_t flags;        /* MTR_SIM_TARGET ... */
  int32_t quote;         /* transport bytes that it quotes; -1 all that fit */
  int32_t quoted_ttl;    /* -1 as it came */
  int32_t quoted_size;   /* -1 */
  int32_t quoted_id;     /* IPv4 identification; -1 as it came, -2 swapped, -3
                          * one more */
  int32_t quoted_check;  /* transport checksum; -1 */
  int32_t icmp_type;     /* of what is time exceeded otherwise; -1 */
  int32_t icmp_code;     /* -1 */
  int32_t mtu_said;      /* in packet too big; -1 the true one */
  int32_t set_ttl;       /* TTL that it gives to what it forwards; -1 */
  int32_t set_tos;       /* -1 */
  int32_t ext_length;    /* length announced for the quote; -1 the true one */
  uint16_t ext_size;     /* bytes of |ext| */
  uint16_t chain_size;   /* bytes of |chain| */
  uint16_t mss;          /* in SYN/ACKs; 0 none */
  uint8_t reply_ttl;     /* TTL that its own packets start with */
  uint8_t balance;       /* MTR_SIM_BY_FLOW ... */
  uint8_t copies;        /* of each reply, 1.. */
  uint8_t reply_from;    /* MTR_SIM_OWN ... */
  uint8_t tcp;           /* ports that no mtr_sim_port is of: MTR_SIM_CLOSED */
  uint8_t udp;
  uint8_t ext_raw;       /* 1: |ext| is the structure, 0: objects of one */
  uint8_t altered;       /* 1: pongs differ from their pings in the payload */
  uint8_t chain_next;    /* type of the first header in |chain| */
  uint8_t chain_last;    /* where the last one begins */
  uint8_t ext_summed;    /* 0: no checksum, 1: the right one, 2: a wrong one */
  uint8_t pad;
  uint8_t other4[16];    /* MTR_SIM_ANOTHER: from where */
  uint8_t other6[16];
  uint8_t nat4[16];      /* source address that it translates to; zero: none */
  uint8_t nat6[16];
  uint8_t ext[128];      /* ICMP extensions that it adds */
  uint8_t chain[128];    /* IPv6 extension headers put into what it quotes */
  char name[48];         /* "" none; resolves to its addresses */
};

/* mtr_sim_addr: an address of a node or, with fewer |bits|, a network all of
 * whose addresses it answers for. The first of a family is its own. */
struct mtr_sim_addr {
  uint32_t node;
  uint8_t family;
  uint8_t bits;
  uint8_t pad[2];
  uint8_t addr[16];
};

/* mtr_sim_link: one direction of a link. */
struct mtr_sim_link {
  uint32_t from, to;     /* nodes */
  double delay;
  double jitter;         /* up to so much more */
  double loss;
  double duplicate;      /* share that arrives twice */
  double reorder;        /* share that others overtake */
  uint32_t mtu;          /* 0 without limit */
  uint32_t cost;         /* of shortest paths; 0: no way there by itself */
  uint32_t label[4];     /* MPLS; |labels| of them, top first */
  uint8_t labels;
  uint8_t hidden;        /* 1: who receives from it does not touch the TTL */
  uint8_t pad[6];
};

/* mtr_sim_route: at |node|, what goes to a network takes its link to |via|. Of
 * several the longest counts, then the latest |after|, then all of those; one
 * of 0 bits only where there is no shortest path. */
struct mtr_sim_route {
  uint32_t node, via;
  double after, before;  /* since the start; before 0: for ever */
  uint8_t family;
  uint8_t bits;
  uint8_t pad[6];
  uint8_t addr[16];
};

/* mtr_sim_port: what one port of a node does. */
struct mtr_sim_port {
  uint32_t node;
  uint16_t port;
  uint8_t protocol;      /* MTR_TCP, MTR_UDP */
  uint8_t state;         /* MTR_SIM_CLOSED ... */
};

/* mtr_sim_filter: what |node| does with packets that it forwards, is sent or,
 * if it is the source, sends. The first that matches counts. */
struct mtr_sim_filter {
  uint32_t node;
  uint16_t port;         /* of the destination; 0 any */
  uint8_t protocol;      /* 0 any */
  uint8_t answer;        /* MTR_SIM_CLOSED ... */
  double share;          /* of what matches */
  uint8_t family;        /* of the destination; 0 any */
  uint8_t bits;
  uint8_t code;          /* of the unreachable, or errno */
  uint8_t pad[5];
  uint8_t addr[16];
};

/* mtr_sim_internet: an internet that is a function of its seed.
 * mtr_sim_internet_defaults fills it. */
struct mtr_sim_internet {
  double prefixes;       /* 1..12000000; each a /24, or a /40 of IPv6 */
  double silent;         /* share of routers that never answer */
  double dead;           /* share of targets that never do */
  double balanced;       /* share of hops with 2 to 4 routers, by flow */
  double limited;        /* share of routers with a limit */
  double limit;          /* ICMP errors per second of such a router */
  double loss;           /* share of probes lost */
  double delay;          /* mean time of a hop beyond the first ones, ms */
  uint32_t min_hops;     /* 8..min_hops..max_hops..30, target included */
  uint32_t max_hops;
};

/* mtr_abi: MTR_ABI as compiled into the library. */
uint32_t mtr_abi(void);

/* mtr_sizeof: the size in bytes of the record |which| names ("event", "trace",
 * "config", "probe_opts", "info", "counters", "sim_node" ...), 0 for any other
 * name. */
uint32_t mtr_sizeof(const char *which);

/* mtr_transport_info: fills |info| about transport number |i|, from 0 on, with
 * auto first. -ENOENT: there are no more. */
int mtr_transport_info(uint32_t i, struct mtr_transport_info *info);

/* mtr_stop_word: the word of a stop reason, such as "completed"; NULL for a
 * number that is none, which the first one behind the last is. Static. */
const char *mtr_stop_word(uint32_t reason);

/* mtr_reply_field: the name that the one MTR_REPLY_* |flag| has as a field of a
 * reply, such as "dup"; NULL: it is no such field. Static. */
const char *mtr_reply_field(uint32_t flag);

/* mtr_strerror: "NAME: text" of a positive or negative errno. Never NULL;
 * static storage. |buf| of |size| bytes takes the text and is returned. */
const char *mtr_strerror(int err, char *buf, uint32_t size);

/* mtr_errname: the symbolic name of an errno, such as "EPERM". Static. */
const char *mtr_errname(int err);

/* mtr_sockets: opens the privileged sockets of one engine into
 * |fd|[MTR_SOCKETS], with a filter that drops everything until an engine takes
 * them. With |fast| 0 they are good for raw, else for packet too, if this
 * kernel has what it takes. The caller owns them until mtr_open succeeds.
 * -EPERM without CAP_NET_RAW; a family that this host does not have leaves -1
 * in its places. |mark|, not 0, is set on them. */
int mtr_sockets(int32_t *fd, uint32_t mark, int fast);

/* mtr_defaults: fills |config| with the defaults. */
void mtr_defaults(struct mtr_config *config);

/* mtr_open: a new engine in |*engine|, which the caller closes. Takes over
 * |config|->sockets when it succeeds and leaves them open on failure. Failures:
 * -EINVAL (a value out of range), -EPERM (no privilege), -ENODEV (no such
 * interface), -EADDRNOTAVAIL (a source address not ours), -ENOMEM, -EMFILE; of
 * mtr-packet: -ENOENT, -EACCES, -EPERM, -EPROTO, -EPIPE, -ETIMEDOUT. Of a
 * recording those of open(2), -EBUSY (another engine records into it), -ENOMSG
 * (it is none), -EPROTO (of another version), -EBADMSG (cut off, damaged).
 * |why|[|size|] says what and what to do; or, when it succeeds, why this
 * transport was chosen. On failure |*engine| is NULL. */
int mtr_open(const struct mtr_config *config, struct mtr **engine, char *why,
             uint32_t size);

/* mtr_close: ends everything and frees |engine|; NULL is fine. Waits for name
 * resolutions that are under way. With |keep| not NULL the privileged sockets
 * are handed back in keep[MTR_SOCKETS], filtered again, instead of being
 * closed. */
void mtr_close(struct mtr *engine, int32_t *keep);

/* mtr_finish: completes the file of an engine that records, which records
 * nothing from then on; mtr_close does it too, but cannot tell. 0, also without
 * a recording, or the negative errno of the first write that failed: the
 * counter unrecorded says how much is missing. */
int mtr_finish(struct mtr *engine);

/* mtr_fd: the descriptor that is readable when mtr_step has work. It belongs to
 * the engine; only wait on it. */
int mtr_fd(struct mtr *engine);

/* mtr_timeout: ms until the next step is due, 0 now, -1 nothing is planned. */
double mtr_timeout(struct mtr *engine);

/* mtr_wait: sleeps until one of |n| engines has work, |wake_fd| (-1 none) is
 * readable, or |timeout| ms (negative: no limit) have passed. Returns how many
 * are ready, 0 on time-out, -EINTR on a signal or for |wake_fd|. The one call
 * that blocks. */
int mtr_wait(struct mtr **engines, uint32_t n, int wake_fd, double timeout);

/* mtr_step: does what is due: receives, expires, advances, sends. Never blocks.
 * Discards the previous batch of events and returns the size of the new one;
 * -ECHILD in a forked child. Call again while it returns more than 0. */
int mtr_step(struct mtr *engine);

/* mtr_hold: until mtr_flush nothing wakes who waits for mtr_fd: for a caller
 * that will start much, and flush before it waits. mtr_flush: sends what is due
 * without receiving. What comes of that is told by the next step. -ECHILD. */
void mtr_hold(struct mtr *engine);
int mtr_flush(struct mtr *engine);

/* mtr_events: the batch of the last mtr_step, borrowed until the next. */
const struct mtr_event *mtr_events(struct mtr *engine);

/* mtr_ext: the bytes that events' ext offsets point into, borrowed likewise. */
const uint8_t *mtr_ext(struct mtr *engine);

/* mtr_trace_defaults: fills |trace| with the defaults; dst is left zero. */
void mtr_trace_defaults(struct mtr_trace *trace);

/* mtr_start: starts |n| traces and returns how many started; each one's handle
 * is written. A trace that cannot start ends the call: its negative errno is
 * returned if it was the first, and mtr_why says more. -EAGAIN: max_traces are
 * in flight. -EINVAL: a field is out of range; or, where mtr_why is silent, the
 * kernel takes no such target: a link-local one without an interface, or one
 * behind a blackhole route. -ENETUNREACH, -EHOSTUNREACH, -EADDRNOTAVAIL,
 * -EAFNOSUPPORT, -EACCES (multicast, broadcast, or a route prohibits it),
 * -EADDRINUSE: as named. */
int mtr_start(struct mtr *engine, struct mtr_trace *traces, uint32_t n);

/* mtr_probe: queues |n| probes of manual traces, or of a strategy that was
 * asked; returns how many were taken, -EAGAIN when none fits now, -ESTALE,
 * -EINVAL (a field out of range, see mtr_why), -EOPNOTSUPP, -EBUSY (it was not
 * asked), -EDQUOT (max_probes). The route is looked up again every second: its
 * errors are those of mtr_start. */
int mtr_probe(struct mtr *engine, struct mtr_probe_opts *probes, uint32_t n);

/* mtr_pass: a strategy that was asked has no probe now. It is asked again when
 * something has happened to its trace, or after |wake| ms (negative: no such
 * time). If then nothing can happen any more the trace ends: completed, unreach
 * or hoplimit, by what answered. -ESTALE, -EBUSY (it was not asked). */
int mtr_pass(struct mtr *engine, uint32_t trace, double wake);

/* mtr_pace: the next probe of a trace that was asked (PACE) goes |wait| ms
 * after its last one, or after its start. -ESTALE, -EBUSY, -EINVAL. */
int mtr_pace(struct mtr *engine, uint32_t trace, double wait);

/* mtr_ready: writes the cookies of traces that may send now into |cookies|
 * [|n|], those first that have waited longest; returns how many there are in
 * all. Answers PICK; another one comes while there are any. */
uint32_t mtr_ready(struct mtr *engine, uint32_t *cookies, uint32_t n);

/* mtr_pick: |trace| may send one probe, or be asked for it; 0: nobody now, and
 * PICK comes again when something has happened: a probe has ended, a trace was
 * started or may send again, a timer has fired. -ESTALE; -EBUSY: it is not
 * among those that mtr_ready gives. */
int mtr_pick(struct mtr *engine, uint32_t trace);

/* mtr_stop: ends a trace with |reason| and |data|; its DONE event comes with a
 * later step. Outstanding probes are forgotten. A strategy may say which |ttl|
 * is the last of its result; 0: the highest that answered. -ESTALE when it is
 * gone. */
int mtr_stop(struct mtr *engine, uint32_t trace, uint32_t reason,
             uint32_t data, uint32_t ttl);

/* mtr_release: gives a trace's memory back, after its DONE event. -ESTALE;
 * -EBUSY while it is in flight. */
int mtr_release(struct mtr *engine, uint32_t trace);

/* mtr_describe: fills |info| about a trace not yet released. -ESTALE. */
int mtr_describe(struct mtr *engine, uint32_t trace, struct mtr_info *info);

/* mtr_replies: writes the kept replies of a trace (every answer, and the first
 * 200 others: duplicates, late ones...) as REPLY events into
 * |out|[|n|], in order of arrival: of hop |ttl|, or of all (MTR_ALL_TTLS) hops
 * up to hop_count. Extension bytes go to |ext|[|size|] (NULL: none wanted).
 * Behind them comes, for each such hop where a probe was not answered or could
 * not be sent, a TIMEOUT event with family 0: |attempt| of them were not
 * answered, |stop| not sent, the last for |error|. Returns how many there are
 * in all, which may exceed |n|. -ESTALE. */
int mtr_replies(struct mtr *engine, uint32_t trace, uint32_t ttl,
                struct mtr_event *out, uint32_t n, uint8_t *ext,
                uint32_t size);

/* mtr_payload: keeps a copy of |size| bytes and returns its number, the same
 * for the same bytes; lives as long as the engine. -EMSGSIZE, -ENOMEM. */
int mtr_payload(struct mtr *engine, const uint8_t *bytes, uint32_t size);

/* mtr_interface: the index of the interface |name|, or -ENODEV. */
int mtr_interface(const char *name);

/* mtr_address: parses a literal address into |addr|[16] and returns 4 or 6, or
 * -EINVAL. A zone ("fe80::1%eth0", "fe80::1%2") goes to |zone| as an interface
 * index (-ENODEV when there is no such interface). */
int mtr_address(const char *text, uint8_t *addr, uint32_t *zone);

/* mtr_timer: a TIMER event with |cookie| after |ms|. |*timer| is its handle. */
int mtr_timer(struct mtr *engine, double ms, uint32_t cookie, uint32_t *timer);

/* mtr_timer_cancel: no event will come. -ESTALE when it has fired already. */
int mtr_timer_cancel(struct mtr *engine, uint32_t timer);

/* mtr_resolve: looks |name| up for |family| (4, 6, 0 both) in the background.
 * Its RESOLVED events carry |cookie|: one per address, the last with ttl = 0
 * (ttl counts how many follow), or a single one with |error|: ENOENT no such
 * name, EAGAIN the resolver did not answer, ELIBACC no such name as it is
 * written, and without libidn2 letters outside ASCII are not mapped as UTS 46
 * has it (upper case), EIO anything else. An address mapped from IPv4 is told
 * as IPv4. Returns 0 or a negative errno. */
int mtr_resolve(struct mtr *engine, const char *name, uint32_t family,
                uint32_t cookie);

/* mtr_watch: one event of |kind| (MTR_EV_READABLE, MTR_EV_WRITABLE) with
 * |cookie| once |fd| can be read or written, or has come to its end; ask again
 * for the next. |fd| stays the caller's, is made non-blocking meanwhile, and
 * must be open until mtr_unwatch. A regular file is always ready. -EEXIST: an
 * event is asked for already; -EBADF. */
int mtr_watch(struct mtr *engine, int fd, uint32_t kind, uint32_t cookie);

/* mtr_unwatch: no event will come for |fd|; 1 if none was asked for, or it is
 * in the present batch. -ENOENT: it was not watched. */
int mtr_unwatch(struct mtr *engine, int fd);

/* mtr_read: reads what is there, at most |size| bytes, without blocking,
 * whatever the descriptor's flags. The number of bytes, 0 at the end, -EAGAIN
 * when there is nothing now. */
int mtr_read(int fd, void *out, uint32_t size);

/* mtr_write: writes what fits now, without blocking. The number of bytes,
 * -EAGAIN when none fits, -EPIPE when nobody reads; then the kernel raises
 * SIGPIPE too, unless the program ignores it. */
int mtr_write(int fd, const void *bytes, uint32_t size);

/* mtr_why: what the last failed call was about, "" if there is nothing to add.
 * Borrowed until the next call. */
const char *mtr_why(struct mtr *engine);

/* mtr_caps: MTR_CAP_* of the transport in use. mtr_transport: its name. */
uint32_t mtr_caps(struct mtr *engine);
const char *mtr_transport(struct mtr *engine);

/* mtr_detour: why the last probe counted in counters.detours was; "" if none
 * was. Static. */
const char *mtr_detour(struct mtr *engine);

/* mtr_find: the absolute path of the program |name| in |out|[|size|]: from
 * $PATH, but for a privileged process only from the system's own directories. 0
 * or -ENOENT. */
int mtr_find(const char *name, char *out, uint32_t size);

/* mtr_stats: fills |counters|. */
void mtr_stats(struct mtr *engine, struct mtr_counters *counters);

/* mtr_sim_new: a simulated network of |seed| without nodes, or NULL. Add to it
 * before an engine opens over it; it must outlive the engines. Chance in it is
 * |seed|'s, unless an engine has a seed of its own. mtr_sim_free: frees it;
 * NULL is fine. */
struct mtr_sim *mtr_sim_new(uint32_t seed);
void mtr_sim_free(struct mtr_sim *sim);

/* mtr_sim_node_defaults, mtr_sim_internet_defaults: fill a record with what is
 * ordinary. */
void mtr_sim_node_defaults(struct mtr_sim_node *node);
void mtr_sim_internet_defaults(struct mtr_sim_internet *internet);

/* mtr_sim_nodes and the like: add |n| records, which are copied. 0 or -EINVAL
 * (a field is out of range, a node is not there), -EBUSY (an engine is open
 * over it, or was), -ENOMEM; nothing is added then. */
int mtr_sim_nodes(struct mtr_sim *sim, const struct mtr_sim_node *v,
                  uint32_t n);
int mtr_sim_addrs(struct mtr_sim *sim, const struct mtr_sim_addr *v,
                  uint32_t n);
int mtr_sim_links(struct mtr_sim *sim, const struct mtr_sim_link *v,
                  uint32_t n);
int mtr_sim_routes(struct mtr_sim *sim, const struct mtr_sim_route *v,
                   uint32_t n);
int mtr_sim_ports(struct mtr_sim *sim, const struct mtr_sim_port *v,
                  uint32_t n);
int mtr_sim_filters(struct mtr_sim *sim, const struct mtr_sim_filter *v,
                    uint32_t n);

/* mtr_sim_source: the node where probes come from; 0 unless it is told. */
int mtr_sim_source(struct mtr_sim *sim, uint32_t node);

/* mtr_sim_internet: makes the network, which has no nodes, an internet, seen
 * from 192.0.2.1 and 2001:db8::1. Errors as above. */
int mtr_sim_internet(struct mtr_sim *sim, const struct mtr_sim_internet *v);

/* mtr_sim_targets: writes the addresses of up to |n| targets of |family| into
 * |addr|[|n|][16], from number |first| on, in order; how many there were. */
int mtr_sim_targets(struct mtr_sim *sim, uint32_t family, double first,
                    uint8_t *addr, uint32_t n);

/* mtr_open_sim: as mtr_open, over |sim|, in virtual time: a step begins by
 * moving the time of the engine to what is due next, so that nothing sleeps,
 * and mtr_fd is readable while there is anything. -EINVAL: |sim| is empty. */
int mtr_open_sim(const struct mtr_config *config, struct mtr_sim *sim,
                 struct mtr **engine, char *why, uint32_t size);

/* mtr_sim_path: the truth about the probes of |trace|, were they sent now by
 * |engine|, over a simulated network, from TTL 1 on: writes a REPLY event each
 * (family 0: no answer) into |out|[|n|], up to the target's or the one behind
 * which nothing comes back. Nothing gets lost and no time passes. Returns how
 * many there are, at most |n|; -EOPNOTSUPP over another transport; errors of
 * mtr_start. */
int mtr_sim_path(struct mtr *engine, const struct mtr_trace *trace,
                 struct mtr_event *out, uint32_t n);

/* mtr_now: the engine's time, ms, of which only differences mean anything: the
 * host's monotonic clock, a simulated network's own time, or the time of the
 * recording that is replayed. */
double mtr_now(struct mtr *engine);

/* mtr_set_rate: changes the engine's rate, probes per second, 0 unlimited. */
int mtr_set_rate(struct mtr *engine, double rate);

/* mtr_address_text: the text of an address of |family| 4 or 6 into |buf|[46],
 * ended by a zero byte; returns its length, or -EINVAL. IPv6 is RFC 5952's. */
int mtr_address_text(const uint8_t *addr, uint32_t family, char *buf);

/* mtr_address_class: what a special address is: "private", "shared",
 * "loopback", "documentation"...; "" for an ordinary one. Static storage. */
const char *mtr_address_class(const uint8_t *addr, uint32_t family);

/* mtr_stop_all: stops, as mtr_stop does, every running trace with |cookie|, and
 * returns how many there were. Takes time by the number of all traces. */
int mtr_stop_all(struct mtr *engine, uint32_t cookie, uint32_t reason);

/* mtr_json: the result of a trace that is not yet released as one line of JSON
 * into |buf|[|size|], without a newline or a zero byte; its target is told as
 * an address. Returns how many bytes it has; if that exceeds |size|, |buf|
 * holds nothing of use. -ESTALE, -ENOMEM. */
int mtr_json(struct mtr *engine, uint32_t trace, char *buf, uint32_t size);

/* mtr_json_line: the same as a line behind the |*used| bytes, of whole lines,
 * in |buf|[|size|], which are first written to |file| if there is no room; used
 * then counts anew. 0, or an error of mtr_json or of mtr_write_lines; -EINVAL:
 * |*used| is above |size|; -EMSGSIZE: the line is longer than |size|, and |buf|
 * is empty. */
int mtr_json_line(struct mtr *engine, uint32_t trace, void *file, char *buf,
                  uint32_t size, uint32_t *used);

/* mtr_write_lines: writes |size| bytes, whole lines, to where |file|, a FILE of
 * stdio, goes, behind what is in its buffer. It may block. 0, or the errno of
 * write(2): of a line that was written in part a file then has blanks. */
int mtr_write_lines(void *file, const char *bytes, uint32_t size);

#ifdef __cplusplus
}
#endif
#endif
