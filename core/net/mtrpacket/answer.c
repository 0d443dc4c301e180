/* SPDX-License-Identifier: MIT */
#include "net/mtrpacket/answer.h"

#include <errno.h>
#include <string.h>

#include "wire/proto.h"

/* Writes the MPLS labels as the extension object that a router would have sent:
 * RFC 4884 section 7 header, RFC 4950 section 3 entries. */
static void set_labels(const struct mtrp_reply *m, struct wire_reply *r,
                       uint8_t *ext) {
  if (!m->labels) return;
  unsigned size = 4u + m->labels * 4u;
  ext[0] = 0;
  ext[1] = (uint8_t)size;
  ext[2] = ext[3] = 1;                 /* class 1, type 1 */
  for (int i = 0; i < m->labels; i++)
    for (int k = 0; k < 4; k++)
      ext[4 + i * 4 + k] = (uint8_t)(m->label[i] >> (24 - 8 * k));
  r->ext = ext;
  r->ext_size = (uint16_t)size;
}

static void unreachable(struct wire_reply *r, int v6, unsigned code) {
  r->kind = WIRE_UNREACH;
  r->icmp_type = v6 ? PROTO_UNREACH6 : PROTO_UNREACH;
  r->icmp_code = (uint8_t)code;
}

/* Fills |r| for the word "reply": the target's answer, or a port unreachable.
 * mtr-packet says "reply" to a port unreachable from any sender; only the
 * target can answer a TCP handshake, so any other sender sent an error. */
static void target(const struct answer_request *s, struct wire_reply *r,
                   int v6) {
  if (s->protocol == WIRE_ICMP) {
    r->kind = WIRE_ECHO_REPLY;
    r->icmp_type = v6 ? PROTO_ECHO_REPLY6 : PROTO_ECHO_REPLY;
  } else if (s->protocol == WIRE_UDP || memcmp(r->from, s->dst, 16)) {
    unreachable(r, v6, v6 ? 4 : 3);
  } else {
    r->kind = WIRE_TCP_REPLY;
    r->protocol = WIRE_TCP;
  }
}

int answer_fill(const struct answer_request *s, const struct mtrp_reply *m,
                struct wire_reply *r, uint8_t *ext, int64_t now) {
  int v6 = s->family == 6;
  if (m->word == MTRP_NO_REPLY) return 0;
  if (m->word == MTRP_SUPPORT || m->word == MTRP_PROTOCOL) return -EPROTO;
  if (m->word != MTRP_REPLY && m->word != MTRP_EXPIRED &&
      (m->word != MTRP_NO_ROUTE || !m->family)) {
    int error = m->word == MTRP_EXHAUSTED ? EAGAIN : m->error;
    answer_error(s, error ? error : EPROTO, r, now);
    return 1;
  }
  if (m->family != s->family) return -EPROTO;
  *r = (struct wire_reply){
      .handle = s->handle, .family = m->family, .protocol = WIRE_ICMP,
      .quoted_protocol = s->protocol, .at = s->sent + m->rtt_us * 1000};
  if (m->rtt_us < 0 || r->at > now) r->at = now;   /* its clock changed */
  memcpy(r->from, m->addr, sizeof r->from);
  if (m->word == MTRP_EXPIRED) {
    r->kind = WIRE_TIME_EXCEEDED;
    r->icmp_type = v6 ? PROTO_EXCEEDED6 : PROTO_EXCEEDED;
  } else if (m->word == MTRP_NO_ROUTE) {
    unreachable(r, v6, ANSWER_NO_CODE);
  } else {
    target(s, r, v6);
  }
  set_labels(m, r, ext);
  return 1;
}

void answer_error(const struct answer_request *s, int error,
                  struct wire_reply *r, int64_t now) {
  *r = (struct wire_reply){.kind = WIRE_ERROR, .handle = s->handle, .at = now,
                           .family = s->family, .error = (uint16_t)error};
}
