/* SPDX-License-Identifier: MIT */
#include "api/names.h"

#include <stddef.h>

#include "api/text.h"
#include "mtr.h"

struct field {
  unsigned flag;         /* 0: the end */
  const char *name;
};

/* In the order of the JSON. A reply has the field, with the value true, when
 * the flag is set; otherwise the field is missing. */
static const struct field early[] = {
    {MTR_REPLY_FINAL, "final"},
    {MTR_REPLY_UNREACH, "unreach"},
    {MTR_REPLY_DUP, "dup"},
    {MTR_REPLY_LATE, "late"},
    {0, NULL}};
static const struct field late[] = {
    {MTR_REPLY_EXT_BAD, "ext_malformed"},
    {NAMES_IGNORED, "ignored"},
    {MTR_REPLY_LOCAL, "local_"},
    {MTR_REPLY_OTHER_ADDR, "other_addr"},
    {MTR_REPLY_TE_FROM_DST, "te_from_dst"},
    {MTR_REPLY_TOO_BIG, "too_big"},
    {MTR_REPLY_WEAK, "weak"},
    {0, NULL}};
static const struct field *const parts[] = {early, late};

char *names_put(char *p, enum names_part part, unsigned flags) {
  for (const struct field *f = parts[part]; f->flag; f++)
    if (flags & f->flag)
      p = put_word(put_word(put_word(p, ",\""), f->name), "\":true");
  return p;
}

const char *const names_multipath[] = {"paris", "classic", "dublin"};

const char *names_protocol(unsigned protocol) {
  return protocol == MTR_ICMP ? "icmp" : protocol == MTR_TCP ? "tcp" : "udp";
}

static const char *find(const struct names_word *w, uint32_t value) {
  while (w->name && w->value != value) w++;
  return w->name;
}

const char *mtr_stop_name(uint32_t reason) {
  return reason < names_stops ? names_stop[reason] : NULL;
}

const char *mtr_event_name(uint32_t kind) { return find(names_events, kind); }

const char *mtr_flag_name(uint32_t flag) { return find(names_flags, flag); }

const char *mtr_cap_name(uint32_t cap) { return find(names_caps, cap); }

const char *mtr_protocol_name(uint32_t protocol) {
  int known = protocol == MTR_ICMP || protocol == MTR_UDP ||
              protocol == MTR_TCP;
  return known ? names_protocol(protocol) : NULL;
}

const char *mtr_multipath_name(uint32_t multipath) {
  return multipath <= MTR_DUBLIN ? names_multipath[multipath] : NULL;
}

const char *mtr_reply_field(uint32_t flag) {
  for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
    for (const struct field *f = parts[i]; f->flag; f++)
      if (f->flag == flag) return f->name;
  return NULL;
}
