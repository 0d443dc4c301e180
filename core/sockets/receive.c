/* SPDX-License-Identifier: MIT */
#include "sockets/receive.h"

#include <string.h>
#include <time.h>

static int is(const struct cmsghdr *c, int level, int type) {
  return c->cmsg_level == level && c->cmsg_type == type;
}

static void ancillary(struct msghdr *m, struct message_reply *r) {
  struct timespec at;
  struct in6_pktinfo info;
  int value;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
    if (is(c, SOL_SOCKET, SCM_TIMESTAMPNS)) {
      memcpy(&at, CMSG_DATA(c), sizeof at);
      r->at = at.tv_sec * 1000000000ll + at.tv_nsec;
    } else if (is(c, SOL_SOCKET, SO_RXQ_OVFL)) {
      memcpy(&r->drops, CMSG_DATA(c), sizeof r->drops);
    } else if (is(c, IPPROTO_IPV6, IPV6_HOPLIMIT)) {
      memcpy(&value, CMSG_DATA(c), sizeof value);
      r->ttl = (uint8_t)value;
    } else if (is(c, IPPROTO_IPV6, IPV6_TCLASS)) {
      memcpy(&value, CMSG_DATA(c), sizeof value);
      r->tos = (uint8_t)value;
    } else if (is(c, IPPROTO_IPV6, IPV6_PKTINFO)) {
      memcpy(&info, CMSG_DATA(c), sizeof info);
      memcpy(r->to, &info.ipi6_addr, sizeof r->to);
    }
  }
}

int receive_packets(struct serve *s, int kind, struct serve_message *m) {
  size_t used = 0;
  for (int j = 0; j < RAW_BATCH; j++) {
    s->in[j].msg_hdr.msg_namelen = sizeof s->from[j];
    s->in[j].msg_hdr.msg_controllen = RAW_CONTROL;
  }
  int n = recvmmsg(s->fd[kind], s->in, RAW_BATCH, MSG_DONTWAIT | MSG_TRUNC,
                   NULL);
  for (int j = 0; j < n; j++) {
    size_t whole = s->in[j].msg_len;
    size_t size = whole < RAW_SNAP ? whole : RAW_SNAP;
    struct message_reply r = {.kind = (uint32_t)kind, .size = (uint32_t)size,
                              .whole = (uint32_t)whole};
    ancillary(&s->in[j].msg_hdr, &r);
    memcpy(r.from, &s->from[j].sin6_addr, sizeof r.from);
    memcpy(m->bytes + used, &r, sizeof r);
    memcpy(m->bytes + used + sizeof r, s->packet[j], size);
    used += sizeof r + message_padded(size);
  }
  m->size = used;
  return n < 0 ? 0 : n;
}
