/* SPDX-License-Identifier: MIT */
#include "net/packet/fib_load.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/packet/fib_table.h"
#include "wire/ip.h"

enum {
  TOS_MASK = 0xfc,       /* without ECN, RFC 3168 5 */
  HEARD = RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE |
          RTMGRP_IPV4_RULE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE |
          1 << (RTNLGRP_IPV6_RULE - 1),
  USABLE = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE |
           NUD_DELAY
};

static int af(int family) { return family == 4 ? AF_INET : AF_INET6; }

static uint8_t way_of(const struct rtmsg *r, const struct netlink_message *m) {
  switch (r->rtm_type) {
  case RTN_UNICAST:
    if (m->attribute[RTA_MULTIPATH]) return FIB_BRANCHES;
    if (m->attribute[RTA_ENCAP] || m->attribute[RTA_VIA]) return FIB_ODD;
    return m->attribute[RTA_OIF] ? FIB_LINK : FIB_ODD;
  case RTN_LOCAL: case RTN_BROADCAST: case RTN_ANYCAST: case RTN_MULTICAST:
    return FIB_HERE;
  case RTN_BLACKHOLE: case RTN_UNREACHABLE: case RTN_PROHIBIT:
    return FIB_NONE;
  default:
    return FIB_ODD;
  }
}

/* Reads a message as a route. Returns 0; 1 if the route does not matter here;
 * -E2BIG if it says more than struct fib_route has room for. */
static int read_route(const struct netlink_message *m, struct fib_route *r) {
  const struct rtmsg *from = m->body;
  uint32_t table = netlink_u32(m, RTA_TABLE, from->rtm_table);
  *r = (struct fib_route){.bits = from->rtm_dst_len, .way = way_of(from, m)};
  if (m->type != RTM_NEWROUTE || from->rtm_flags & RTM_F_CLONED) return 1;
  if (from->rtm_flags & RTNH_F_DEAD && r->way != FIB_BRANCHES) return 1;
  if (from->rtm_tos || from->rtm_src_len || from->rtm_type == RTN_THROW ||
      r->bits > 128)
    return -E2BIG;
  r->rank = table == RT_TABLE_LOCAL ? 0 : table == RT_TABLE_MAIN ? 1 : 2;
  r->priority = netlink_u32(m, RTA_PRIORITY, 0);
  r->link = netlink_u32(m, RTA_OIF, 0);
  netlink_bytes(m, RTA_DST, r->dst, sizeof r->dst);
  netlink_bytes(m, RTA_GATEWAY, r->via, sizeof r->via);
  netlink_bytes(m, RTA_PREFSRC, r->src, sizeof r->src);
  uint8_t mask[16] = {0};
  for (int i = 0; i < r->bits; i++) mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
  memcpy(r->mask, mask, sizeof mask);
  return table == RT_TABLE_LOCAL || table == RT_TABLE_MAIN ||
                 table == RT_TABLE_DEFAULT ? 0 : 1;
}

static int each_route(void *arg, const struct netlink_message *m) {
  struct fib_route r;
  int err = read_route(m, &r);
  if (((const struct rtmsg *)m->body)->rtm_tos)
    ((struct fib_table *)arg)->by_flow = 1;
  return err ? err < 0 ? err : 0 : fib_add(arg, &r);
}

struct policy {
  uint32_t next;         /* index of the usual table that is expected next */
  int usual;             /* 0: there are unusual rules */
  int by_flow;           /* 1: a rule looks at protocol, ports or TOS */
};

/* Whether |m| is the kernel's standard rule for the next of |tables|. */
static int is_usual(const struct policy *p, const struct netlink_message *m) {
  static const uint32_t tables[] = {RT_TABLE_LOCAL, RT_TABLE_MAIN,
                                    RT_TABLE_DEFAULT};
  static const uint32_t harmless = 1u << FRA_PRIORITY | 1u << FRA_TABLE |
                                   1u << FRA_PROTOCOL | 1u << FRA_PAD |
                                   1u << FRA_SUPPRESS_PREFIXLEN;
  const struct fib_rule_hdr *r = m->body;
  for (unsigned i = 0; i < NETLINK_ATTRIBUTES; i++)
    if (m->attribute[i] && !(harmless >> i & 1)) return 0;
  return r->action == FR_ACT_TO_TBL && !r->flags && !r->tos && p->next <= 2 &&
         netlink_u32(m, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX) == UINT32_MAX &&
         netlink_u32(m, FRA_TABLE, r->table) == tables[p->next];
}

static int each_rule(void *arg, const struct netlink_message *m) {
  const struct fib_rule_hdr *r = m->body;
  struct policy *p = arg;
  if (m->attribute[FRA_IP_PROTO] || m->attribute[FRA_SPORT_RANGE] ||
      m->attribute[FRA_DPORT_RANGE] || r->tos)
    p->by_flow = 1;
  if (is_usual(p, m)) p->next++;
  else p->usual = 0;
  return 0;
}

static void read_policy(struct fib *f, int family) {
  struct fib_table *t = &f->table[family == 6];
  struct netlink_question q;
  struct fib_rule_hdr body = {.family = (uint8_t)af(family)};
  struct policy p = {.usual = 1};
  netlink_question(&q, RTM_GETRULE, NLM_F_DUMP, &body, sizeof body);
  int err = netlink_ask(&f->ask, &q, each_rule, &p);
  if (err == -EOPNOTSUPP || err == -EAFNOSUPPORT) return;  /* no rules */
  if (err || !p.usual || p.next < 2) t->simple = 0;
  t->by_flow |= p.by_flow;
}

/* Reads the routes of a family. If they are too many to copy, their changes
 * would be too many as well: then announcements of routes are switched off. */
static void load(struct fib *f, int family) {
  struct fib_table *t = &f->table[family == 6];
  struct netlink_question q;
  struct rtmsg body = {.rtm_family = (uint8_t)af(family)};
  int group = family == 6 ? RTNLGRP_IPV6_ROUTE : RTNLGRP_IPV4_ROUTE;
  fib_clear(t);
  netlink_question(&q, RTM_GETROUTE, NLM_F_DUMP, &body, sizeof body);
  if (netlink_ask(&f->ask, &q, each_route, t)) {
    t->simple = 0;
    setsockopt(f->hear.fd, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group,
               sizeof group);
  }
  read_policy(f, family);
}

void fib_load(struct fib *f, int64_t now) {
  f->stale = 0;
  f->loaded = now;
  memset(f->link, 0, sizeof f->link);
  memset(f->hop, 0, sizeof f->hop);
  if (f->answer) memset(f->answer, 0, FIB_ANSWERS * sizeof *f->answer);
  load(f, 4);
  load(f, 6);
}

int fib_open(struct fib *f, uint32_t mark, int64_t now) {
  memset(f, 0, sizeof *f);
  f->mark = mark;
  f->ask.fd = f->hear.fd = -1;
  int err = netlink_open(&f->ask, 0);
  if (!err) err = netlink_open(&f->hear, HEARD);   /* before reading them */
  if (err) fib_close(f);
  else fib_load(f, now);
  return err;
}

void fib_close(struct fib *f) {
  netlink_close(&f->ask);
  netlink_close(&f->hear);
  free(f->answer);
  f->answer = NULL;
}

int fib_fd(const struct fib *f) { return f->hear.fd; }

static int one_route(void *arg, const struct netlink_message *m) {
  struct fib_route *r = arg;
  if (read_route(m, r) < 0) r->way = FIB_ODD;
  return 0;
}

/* Asks for the entry of the routing table, not for the result of a lookup,
 * because only the entry has all next hops. */
void fib_query(struct fib *f, int family, const uint8_t dst[16],
               struct fib_route *r) {
  struct netlink_question q;
  size_t size = family == 4 ? 4 : 16;
  struct rtmsg body = {.rtm_family = (uint8_t)af(family),
                       .rtm_dst_len = (uint8_t)(size * 8),
                       .rtm_tos = (uint8_t)f->flow,
                       .rtm_flags = RTM_F_FIB_MATCH};
  uint8_t protocol = ip_protocol(family, (int)(f->flow >> 8 & 0xff));
  uint16_t sport = htons((uint16_t)(f->flow >> 32));
  uint16_t dport = htons((uint16_t)(f->flow >> 16));
  body.rtm_tos &= TOS_MASK;
  netlink_question(&q, RTM_GETROUTE, 0, &body, sizeof body);
  netlink_put(&q, RTA_DST, dst, size);
  if (protocol) netlink_put(&q, RTA_IP_PROTO, &protocol, 1);
  if (sport) netlink_put(&q, RTA_SPORT, &sport, sizeof sport);
  if (dport) netlink_put(&q, RTA_DPORT, &dport, sizeof dport);
  if (f->mark) netlink_put(&q, RTA_MARK, &f->mark, sizeof f->mark);
  *r = (struct fib_route){.way = FIB_NONE};
  if (netlink_ask(&f->ask, &q, one_route, r)) r->way = FIB_NONE;
}

/* Links. */

static int each_link(void *arg, const struct netlink_message *m) {
  const struct ifinfomsg *link = m->body;
  struct fib_link *l = arg;
  unsigned flags = link->ifi_flags;
  l->mtu = netlink_u32(m, IFLA_MTU, 0);
  l->bare = link->ifi_type == ARPHRD_NONE;
  l->why = !(flags & IFF_UP) ? "a link that is down"
           : flags & IFF_LOOPBACK ? "to this host itself"
           : l->bare ? NULL
           : link->ifi_type != ARPHRD_ETHER || flags & IFF_NOARP
               ? "a link unlike Ethernet" : NULL;
  return 0;
}

void fib_ask_link(struct fib *f, struct fib_link *l, int64_t now) {
  struct netlink_question q;
  struct ifinfomsg body = {.ifi_index = (int)l->index};
  l->asked = now;
  netlink_question(&q, RTM_GETLINK, 0, &body, sizeof body);
  if (netlink_ask(&f->ask, &q, each_link, l)) l->why = "a link that is gone";
}

/* Neighbours. */

static const char unresolved[] = "a next hop not yet resolved";

static void learn(struct fib_hop *h, const struct netlink_message *m) {
  const struct ndmsg *n = m->body;
  size_t size = netlink_bytes(m, NDA_LLADDR, h->hardware, sizeof h->hardware);
  h->known = m->type == RTM_NEWNEIGH && n->ndm_state & USABLE && size &&
             size <= sizeof h->hardware;
  h->lasting = (n->ndm_state & (NUD_PERMANENT | NUD_NOARP)) != 0;
  h->size = h->known ? (uint8_t)size : 0;
  h->why = h->known ? NULL : unresolved;
}

static int each_neighbour(void *arg, const struct netlink_message *m) {
  learn(arg, m);
  return 0;
}

void fib_resolve(struct fib *f, struct fib_hop *h, int64_t now) {
  struct netlink_question q;
  struct ndmsg body = {.ndm_family = (uint8_t)af(h->family),
                       .ndm_ifindex = (int)h->link};
  h->asked = h->kept = now;
  h->known = h->lasting = 0;
  h->why = unresolved;
  netlink_question(&q, RTM_GETNEIGH, 0, &body, sizeof body);
  netlink_put(&q, NDA_DST, h->addr, h->family == 4 ? 4 : 16);
  netlink_ask(&f->ask, &q, each_neighbour, h);
}

/* Announcements. */

static void neighbour(struct fib *f, const struct netlink_message *m) {
  const struct ndmsg *n = m->body;
  uint8_t addr[16] = {0};
  int family = n->ndm_family == AF_INET ? 4 : 6;
  if (n->ndm_family != AF_INET && n->ndm_family != AF_INET6) return;
  netlink_bytes(m, NDA_DST, addr, sizeof addr);
  struct fib_hop *h = fib_place(f, family, addr, (uint32_t)n->ndm_ifindex);
  if (h->family != family || h->link != (uint32_t)n->ndm_ifindex ||
      memcmp(h->addr, addr, sizeof addr) || n->ndm_flags & NTF_PROXY ||
      (h->known && h->lasting && !h->size))   /* on a bare link: has none */
    return;
  if (h->known || h->why == unresolved) learn(h, m);
}

static int each_announcement(void *arg, const struct netlink_message *m) {
  struct fib *f = arg;
  if (m->type == RTM_NEWNEIGH || m->type == RTM_DELNEIGH) neighbour(f, m);
  else f->stale = 1;
  return 0;
}

void fib_hear(struct fib *f) {
  if (netlink_hear(&f->hear, each_announcement, f)) f->stale = 1;
}
