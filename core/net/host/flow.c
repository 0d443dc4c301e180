/* SPDX-License-Identifier: MIT
 *
 * flow.c: to find if two packets take the same route, it compares the entries
 * of the routing table, not the next hops, because an entry may have several.
 */
#include "net/host/flow.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "wire/ip.h"

enum { TOS_MASK = 0xfc };               /* without ECN, RFC 3168 5 */

/* An entry of the routing table, or the result of a lookup. */
struct way {
  uint32_t table, priority, link;
  uint8_t type, bits;
  uint8_t via[20];
  uint8_t src[16];
};

static int af(int family) { return family == 4 ? AF_INET : AF_INET6; }

void flow_init(struct flow *f) {
  memset(f, 0, sizeof *f);
  f->ask.fd = -1;
}

void flow_close(struct flow *f) {
  netlink_close(&f->ask);
  flow_init(f);
}

static int ready(struct flow *f) {
  return f->ask.fd >= 0 ? 0 : netlink_open(&f->ask, 0);
}

static int each_rule(void *arg, const struct netlink_message *m) {
  const struct fib_rule_hdr *rule = m->body;
  int *special = arg;
  if (m->attribute[FRA_IP_PROTO] || m->attribute[FRA_SPORT_RANGE] ||
      m->attribute[FRA_DPORT_RANGE] || rule->tos)
    *special = 1;
  return 0;
}

static int look(struct flow *f, int family) {
  struct netlink_question q;
  struct fib_rule_hdr body = {.family = (uint8_t)af(family)};
  int special = 0;
  netlink_question(&q, RTM_GETRULE, NLM_F_DUMP, &body, sizeof body);
  netlink_ask(&f->ask, &q, each_rule, &special);
  return special;
}

int flow_matters(struct flow *f, int family, int64_t now) {
  if (!f->known || now - f->at >= NET_ROUTE_NS) {
    if (ready(f)) return 0;
    f->special[0] = look(f, 4);
    f->special[1] = look(f, 6);
    f->known = 1;
    f->at = now;
  }
  return f->special[family == 6];
}

static int one_route(void *arg, const struct netlink_message *m) {
  const struct rtmsg *r = m->body;
  struct way *w = arg;
  memset(w, 0, sizeof *w);
  w->type = r->rtm_type;
  w->bits = r->rtm_dst_len;
  w->table = netlink_u32(m, RTA_TABLE, r->rtm_table);
  w->priority = netlink_u32(m, RTA_PRIORITY, 0);
  w->link = netlink_u32(m, RTA_OIF, 0);
  netlink_bytes(m, RTA_GATEWAY, w->via, sizeof w->via);
  netlink_bytes(m, RTA_VIA, w->via, sizeof w->via);
  netlink_bytes(m, RTA_PREFSRC, w->src, sizeof w->src);
  return 0;
}

/* Asks for the route of |q|, with as much of it as is |known|. |entry|: asks
 * for the entry in the table that it uses. */
static int ask(struct flow *f, const struct net_route *q, enum flow_known known,
               int entry, struct way *w) {
  static const uint8_t none[16];
  struct netlink_question n;
  size_t size = q->family == 4 ? 4 : 16;
  struct rtmsg body = {.rtm_family = (uint8_t)af(q->family),
                       .rtm_dst_len = (uint8_t)(size * 8),
                       .rtm_tos = q->tos & TOS_MASK,
                       .rtm_flags = entry ? RTM_F_FIB_MATCH : 0};
  uint8_t protocol = ip_protocol(q->family, known >= FLOW_PROTOCOL
                                                ? q->protocol
                                                : flow_other(q->protocol));
  uint16_t sport = htons(q->sport), dport = htons(q->dport);
  int given = memcmp(q->src, none, sizeof none) != 0;
  if (given) body.rtm_src_len = body.rtm_dst_len;
  netlink_question(&n, RTM_GETROUTE, 0, &body, sizeof body);
  netlink_put(&n, RTA_DST, q->dst, size);
  if (given) netlink_put(&n, RTA_SRC, q->src, size);
  if (q->interface)
    netlink_put(&n, RTA_OIF, &q->interface, sizeof q->interface);
  if (q->mark) netlink_put(&n, RTA_MARK, &q->mark, sizeof q->mark);
  netlink_put(&n, RTA_IP_PROTO, &protocol, 1);
  if (known >= FLOW_PORTS && q->protocol != WIRE_ICMP) {
    if (sport) netlink_put(&n, RTA_SPORT, &sport, sizeof sport);
    if (dport) netlink_put(&n, RTA_DPORT, &dport, sizeof dport);
  }
  return netlink_ask(&f->ask, &n, one_route, w);
}

/* Returns 1 if a sender that lets the kernel know |known| uses the same route
 * as with all fields. */
static int goes_there(struct flow *f, const struct net_route *q,
                      enum flow_known known) {
  struct way real, other;
  if (ask(f, q, FLOW_PORTS, 1, &real) || ask(f, q, known, 1, &other)) return 0;
  memset(real.src, 0, sizeof real.src);
  memset(other.src, 0, sizeof other.src);
  return !memcmp(&real, &other, sizeof real);
}

/* Checks that the source address of |q| is an address of this host. */
static int check_source(struct route *r, const struct net_route *q) {
  struct net_route self = {.family = q->family, .now = q->now};
  memcpy(self.dst, q->src, sizeof self.dst);
  memcpy(self.src, q->src, sizeof self.src);
  return route_find(r, &self);
}

int flow_route(struct flow *f, struct route *r, struct net_route *q,
               enum flow_known known) {
  static const uint8_t none[16];
  struct way way;
  int given = memcmp(q->src, none, sizeof none) != 0;
  if (route_is_group(q) || ready(f)) return route_find(r, q);
  int err = given ? check_source(r, q) : 0;
  if (!err) err = ask(f, q, FLOW_PORTS, 0, &way);
  q->why = route_reason(err);
  if (err) return err;
  if (way.type == RTN_BROADCAST && !q->broadcast) return -EACCES;
  if (known < FLOW_PORTS && !goes_there(f, q, known)) {
    q->why = "a rule of this host (ip rule) sends such packets another way "
             "than this transport can; packet may, or choose the way by an "
             "interface or a mark";
    return -EOPNOTSUPP;
  }
  if (given) return 0;
  if (!memcmp(way.src, none, sizeof none)) return route_find(r, q);
  memcpy(q->src, way.src, sizeof q->src);
  return 0;
}
