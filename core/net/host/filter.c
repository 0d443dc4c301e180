/* SPDX-License-Identifier: MIT
 *
 * filter.c: programs are written from front to back. A jump to OK or NO leads
 * to one of the two returns at the end; finish() fills in the distances. If a
 * program loads bytes beyond the end of the packet, the kernel drops the
 * packet.
 */
#include "net/host/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include "wire/proto.h"
#include "wire/record.h"

enum { OK = 254, NO = 255, MAX = 240 };

struct program {
  struct sock_filter code[MAX];
  unsigned n;
};

static void op(struct program *p, unsigned code, uint32_t k) {
  p->code[p->n++] = (struct sock_filter){.code = (uint16_t)code, .k = k};
}

static void jump(struct program *p, unsigned code, uint32_t k, unsigned yes,
                 unsigned no) {
  p->code[p->n++] = (struct sock_filter){
      .code = (uint16_t)(BPF_JMP | BPF_K | code), .jt = (uint8_t)yes,
      .jf = (uint8_t)no, .k = k};
}

/* Ends the program: accepted packets are cut to |snap| bytes. */
static void finish(struct program *p, uint32_t snap) {
  unsigned ok = p->n, no = p->n + 1;
  op(p, BPF_RET | BPF_K, snap);
  op(p, BPF_RET | BPF_K, 0);
  for (unsigned i = 0; i < ok; i++) {
    struct sock_filter *f = &p->code[i];
    if (BPF_CLASS(f->code) != BPF_JMP) continue;
    if (f->jt == OK) f->jt = (uint8_t)(ok - i - 1);
    if (f->jt == NO) f->jt = (uint8_t)(no - i - 1);
    if (f->jf == OK) f->jf = (uint8_t)(ok - i - 1);
    if (f->jf == NO) f->jf = (uint8_t)(no - i - 1);
  }
}

static int attach(int fd, struct program *p) {
  struct sock_fprog prog = {.len = (unsigned short)p->n, .filter = p->code};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog)
             ? -errno : 0;
}

/* Tests if the port in register A is one of ours, and ends the program. */
static void test_port(struct program *p, const struct filter *f) {
  for (unsigned i = 0; i < f->ports; i++)
    jump(p, BPF_JEQ, f->port[i], OK, 0);
  op(p, BPF_ALU | BPF_SUB | BPF_K, f->port_base);
  jump(p, BPF_JGE, f->port_count, NO, OK);   /* below the base wraps round */
}

/* Tests if the echo identifier in A is one of ours, and ends the program. */
static void test_echo(struct program *p, const struct filter *f) {
  op(p, BPF_ALU | BPF_SUB | BPF_K, f->echo_base);
  jump(p, BPF_JGE, f->echo_count, NO, OK);
}

/* Makes the false branch of jump number |from| lead to the next instruction. */
static void no_leads_here(struct program *p, unsigned from) {
  p->code[from].jf = (uint8_t)(p->n - from - 1);
}

/* Tests the quoted packet, whose protocol is in A. If that is ICMP, tests the
 * echo identifier at X + |at| + 4, otherwise the port at X + |at|. */
static void test_quote(struct program *p, const struct filter *f,
                       unsigned icmp, uint32_t at) {
  unsigned other = p->n;
  jump(p, BPF_JEQ, icmp, 0, 0);
  op(p, BPF_LD | BPF_H | BPF_IND, at + 4);
  test_echo(p, f);
  no_leads_here(p, other);
  op(p, BPF_LD | BPF_H | BPF_IND, at);
  test_port(p, f);
}

/* Where an error goes whose quoted port is not seen. */
static unsigned hidden(const struct filter *f) {
  return f->refuse & FILTER_HIDDEN ? NO : OK;
}

/* Tests an ICMP packet that starts with the IPv4 header: RFC 791 3.1, RFC 792.
 * If the quoted source is not the address that the packet came to, a NAT has
 * rewritten it and perhaps the port: then it is accepted, unless that is to be
 * refused. */
static void icmp4(struct program *p, const struct filter *f) {
  enum { QUOTE = PROTO_ICMP_HEADER };
  op(p, BPF_LDX | BPF_B | BPF_MSH, 0);               /* X: outer header */
  op(p, BPF_LD | BPF_B | BPF_IND, 0);                /* A: type */
  unsigned error = p->n;
  jump(p, BPF_JEQ, PROTO_ECHO_REPLY, 0, 0);
  op(p, BPF_LD | BPF_H | BPF_IND, 4);
  test_echo(p, f);
  no_leads_here(p, error);
  jump(p, BPF_JEQ, PROTO_EXCEEDED, 4, 0);
  jump(p, BPF_JEQ, PROTO_UNREACH, 3, 0);
  jump(p, BPF_JEQ, PROTO_PARAMETER, 2, 0);
  jump(p, BPF_JEQ, PROTO_QUENCH, 1, 0);
  jump(p, BPF_JEQ, PROTO_REDIRECT, 0, NO);
  if (!(f->refuse & FILTER_FOREIGN)) {
    op(p, BPF_LD | BPF_W | BPF_ABS, 16);             /* who it came to */
    op(p, BPF_ST, 0);
    op(p, BPF_LD | BPF_W | BPF_IND, QUOTE + 12);     /* who sent the probe */
    op(p, BPF_MISC | BPF_TAX, 0);
    op(p, BPF_LD | BPF_MEM, 0);
    p->code[p->n++] = (struct sock_filter){
        .code = BPF_JMP | BPF_JEQ | BPF_X, .jt = 0, .jf = OK};
    op(p, BPF_LDX | BPF_B | BPF_MSH, 0);
  }
  op(p, BPF_LD | BPF_B | BPF_IND, QUOTE + 9);        /* protocol */
  op(p, BPF_ST, 1);
  op(p, BPF_LD | BPF_B | BPF_IND, QUOTE);            /* X += inner header */
  op(p, BPF_ALU | BPF_AND | BPF_K, 15);
  op(p, BPF_ALU | BPF_LSH | BPF_K, 2);
  op(p, BPF_ALU | BPF_ADD | BPF_X, 0);
  op(p, BPF_MISC | BPF_TAX, 0);
  op(p, BPF_LD | BPF_W | BPF_LEN, 0);
  op(p, BPF_ALU | BPF_SUB | BPF_X, 0);
  jump(p, BPF_JGE, QUOTE + 8, 0, hidden(f));         /* under 8 bytes quoted */
  op(p, BPF_LD | BPF_MEM, 1);
  test_quote(p, f, WIRE_ICMP, QUOTE);
}

/* Tests an ICMPv6 packet in the same way. Its header is at X, the IPv6 header
 * at |outer|: RFC 8200 3, RFC 4443. */
static void icmp6(struct program *p, const struct filter *f, uint32_t outer) {
  enum { QUOTE = PROTO_ICMP_HEADER };
  op(p, BPF_LD | BPF_B | BPF_IND, 0);
  unsigned error = p->n;
  jump(p, BPF_JEQ, PROTO_ECHO_REPLY6, 0, 0);
  op(p, BPF_LD | BPF_H | BPF_IND, 4);
  test_echo(p, f);
  no_leads_here(p, error);
  jump(p, BPF_JGT, PROTO_PARAMETER6, NO, 0);
  op(p, BPF_STX, 0);
  for (unsigned i = 0; i < 16 && !(f->refuse & FILTER_FOREIGN); i += 4) {
    op(p, BPF_LD | BPF_W | BPF_ABS, outer + 24 + i);   /* who it came to */
    op(p, BPF_ST, 1);
    op(p, BPF_LD | BPF_W | BPF_IND, QUOTE + 8 + i);    /* who sent it */
    op(p, BPF_LDX | BPF_MEM, 1);
    p->code[p->n++] = (struct sock_filter){
        .code = BPF_JMP | BPF_JEQ | BPF_X, .jt = 0, .jf = OK};
    op(p, BPF_LDX | BPF_MEM, 0);
  }
  op(p, BPF_LD | BPF_B | BPF_IND, QUOTE + 6);        /* next header */
  jump(p, BPF_JEQ, PROTO_ICMPV6, 3, 0);
  jump(p, BPF_JEQ, WIRE_UDP, 2, 0);
  jump(p, BPF_JEQ, WIRE_TCP, 1, hidden(f));          /* extension header */
  jump(p, BPF_JA, 0, 0, 0);
  test_quote(p, f, PROTO_ICMPV6, QUOTE + PROTO_IPV6_HEADER);
}

int filter_attach(int fd, const struct filter *f, int family, int protocol) {
  struct program p = {.n = 0};
  if (protocol == WIRE_ICMP) {
    if (family == 4) icmp4(&p, f);
    else op(&p, BPF_LDX | BPF_IMM, 0), icmp6(&p, f, (uint32_t)SKF_NET_OFF);
  } else if (family == 4) {
    op(&p, BPF_LDX | BPF_B | BPF_MSH, 0);
    op(&p, BPF_LD | BPF_H | BPF_IND, 2);
    test_port(&p, f);
  } else {
    op(&p, BPF_LD | BPF_H | BPF_ABS, 2);
    test_port(&p, f);
  }
  finish(&p, UINT32_MAX);
  return attach(fd, &p);
}

/* Tests the protocol in A; its header is at X, and |icmp| is the number of
 * ICMP. For ICMP the program goes on after this; for others it ends here. */
static void upper(struct program *p, const struct filter *f, unsigned icmp) {
  jump(p, BPF_JEQ, WIRE_UDP, 1, 0);
  unsigned other = p->n;
  jump(p, BPF_JEQ, WIRE_TCP, 0, 0);
  op(p, BPF_LD | BPF_H | BPF_IND, 2);
  test_port(p, f);
  no_leads_here(p, other);
  jump(p, BPF_JEQ, icmp, 0, NO);
}

static void ring4(struct program *p, const struct filter *f) {
  op(p, BPF_LD | BPF_H | BPF_ABS, 6);
  jump(p, BPF_JSET, PROTO_IPV4_OFFSET, NO, 0);
  op(p, BPF_LDX | BPF_B | BPF_MSH, 0);
  op(p, BPF_LD | BPF_B | BPF_ABS, 9);
  upper(p, f, WIRE_ICMP);
  icmp4(p, f);
}

/* Skips one extension header. A packet with more of them is accepted, and
 * checked later. */
static void ring6(struct program *p, const struct filter *f) {
  enum { FIRST = PROTO_IPV6_HEADER };
  op(p, BPF_LDX | BPF_IMM, FIRST);
  op(p, BPF_LD | BPF_B | BPF_ABS, 6);
  jump(p, BPF_JEQ, PROTO_FRAGMENT, 4, 0);
  jump(p, BPF_JEQ, PROTO_HOP_BY_HOP, 5, 0);
  jump(p, BPF_JEQ, PROTO_ROUTING, 4, 0);
  jump(p, BPF_JEQ, PROTO_DEST_OPTS, 3, 0);
  jump(p, BPF_JA, 8, 0, 0);
  op(p, BPF_LD | BPF_H | BPF_ABS, FIRST + 2);
  jump(p, BPF_JSET, PROTO_IPV6_OFFSET, NO, 0);
  op(p, BPF_LD | BPF_B | BPF_ABS, FIRST + 1);        /* 0 for a fragment */
  op(p, BPF_ALU | BPF_ADD | BPF_K, 1);
  op(p, BPF_ALU | BPF_LSH | BPF_K, 3);
  op(p, BPF_ALU | BPF_ADD | BPF_K, FIRST);
  op(p, BPF_MISC | BPF_TAX, 0);
  op(p, BPF_LD | BPF_B | BPF_ABS, FIRST);
  jump(p, BPF_JEQ, PROTO_FRAGMENT, OK, 0);
  jump(p, BPF_JEQ, PROTO_HOP_BY_HOP, OK, 0);
  jump(p, BPF_JEQ, PROTO_ROUTING, OK, 0);
  jump(p, BPF_JEQ, PROTO_DEST_OPTS, OK, 0);
  upper(p, f, PROTO_ICMPV6);
  icmp6(p, f, 0);
}

int filter_ring(int fd, const struct filter *f, int family, uint32_t snap) {
  struct program p = {.n = 0};
  op(&p, BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
  jump(&p, BPF_JEQ, 0, 0, NO);                       /* PACKET_HOST */
  if (family == 4) ring4(&p, f);
  else ring6(&p, f);
  finish(&p, snap);
  return attach(fd, &p);
}

int filter_none(int fd) {
  struct program p = {.n = 0};
  op(&p, BPF_RET | BPF_K, 0);
  return attach(fd, &p);
}
