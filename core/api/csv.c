/* SPDX-License-Identifier: MIT
 *
 * Writes the result of a trace as rows of CSV (RFC 4180): one row for each
 * reply, or for each hop. lua/mtr/report/csv.lua writes kept results in the
 * same way; a spec checks that both write the same bytes.
 *
 * Most columns are equal in all rows of a trace. Their text, with the commas,
 * is written once and then copied. No value here needs quotes: there are only
 * numbers, addresses and words of our own.
 */
#include <errno.h>

#include "api/names.h"
#include "api/text.h"
#include "api/walk.h"
#include "wire/ext.h"

enum { NONE = UINT32_MAX, VALUE = 48, LABELS = 6144 };

/* A row: a text and then a column, |count| times. */
struct plan {
  unsigned count;
  int ext;               /* a column has extension objects */
  struct {
    uint16_t at, size;   /* of the text before the column */
    uint8_t column;      /* MTR_CSV_COLUMNS: none, the row ends */
  } item[MTR_CSV_MOST + 1];
  char text[MTR_CSV_MOST * VALUE + TEXT_RUN];
};

struct row {
  const struct mtr_info *info;
  const struct mtr_event *reply;     /* or NULL */
  const struct mtr_event *missed;    /* probes without a reply, or NULL */
  const uint8_t *ext;    /* extension objects of the reply */
  unsigned ttl;          /* 0: the trace has no hop */
};

static char *put_protocol(char *p, unsigned protocol) {
  return put_word(p, names_protocol(protocol));
}

/* Writes a column that is the same in all rows; returns NULL for others. */
static char *put_fixed(char *p, unsigned column, const char *transport,
                       const struct mtr_info *info) {
  switch (column) {
    case MTR_CSV_TARGET:
    case MTR_CSV_DST: return put_address(p, info->dst, info->family);
    case MTR_CSV_SRC: return put_address(p, info->src, info->family);
    case MTR_CSV_TRANSPORT: return put_word(p, transport);
    case MTR_CSV_PROTOCOL: return put_protocol(p, info->protocol);
    case MTR_CSV_MULTIPATH:
      return put_word(p, names_multipath[info->multipath]);
    case MTR_CSV_SPORT:
      return info->source_port ? put_number(p, info->source_port) : p;
    case MTR_CSV_DPORT:
      return info->protocol == MTR_ICMP ? p : put_number(p, info->port);
    case MTR_CSV_ICMP_SUM:
      return info->icmp_sum ? put_number(p, info->icmp_sum) : p;
    case MTR_CSV_FLOW_LABEL:
      return info->family == 6 && info->flow_label <= 0xfffff
                 ? put_number(p, info->flow_label) : p;
    case MTR_CSV_SIZE: return info->size ? put_number(p, info->size) : p;
    case MTR_CSV_START: return put_seconds(p, info->start);
    case MTR_CSV_DURATION: return put_ms(p, info->duration);
    case MTR_CSV_STOP_REASON:
      return info->stop_reason == MTR_STOP_NONE
                 ? p : put_word(p, names_stop[info->stop_reason]);
    case MTR_CSV_STOP_DATA:
      return info->stop_reason == MTR_STOP_NONE ||
                     info->stop_data == MTR_NO_CODE
                 ? p : put_number(p, info->stop_data);
    case MTR_CSV_ERROR: return p;
    case MTR_CSV_FIRST_TTL: return put_small(p, info->first_ttl);
    case MTR_CSV_HOP_COUNT: return put_small(p, info->hop_count);
    case MTR_CSV_PROBE_COUNT: return put_number(p, info->probes);
    default: return NULL;
  }
}

/* Writes the labels of all MPLS objects: label:tc:s:ttl, with / between. */
static char *put_labels(char *p, const uint8_t *ext, unsigned size) {
  struct bytes b = bytes_of(ext, size);
  struct wire_object object;
  struct wire_mpls stack[256];
  int any = 0;
  while (ext_next(&b, &object) > 0) {
    int n = object.size % 4 ? 0 : ext_mpls(&object, stack, 256);
    for (int i = 0; i < n; i++) {
      if (any++) *p++ = '/';
      p = put_number(p, stack[i].label);
      p = put_number(put_word(p, ":"), stack[i].tc);
      p = put_number(put_word(p, ":"), stack[i].bottom);
      p = put_number(put_word(p, ":"), stack[i].ttl);
    }
  }
  return p;
}

static char *put_flag(char *p, const struct mtr_event *e, unsigned flag) {
  *p = '1';
  return p + ((e->flags & flag) != 0);
}

static char *put_quoted(char *p, const struct mtr_event *e, unsigned value) {
  return e->flags & MTR_REPLY_QUOTE ? put_number(p, value) : p;
}

/* Writes a column of a reply. */
static char *put_reply(char *p, unsigned column, const struct row *row) {
  const struct mtr_event *e = row->reply;
  int icmp = e->protocol == MTR_ICMP, tcp = e->protocol == MTR_TCP;
  switch (column) {
    case MTR_CSV_ADDR: return put_address(p, e->addr, e->family);
    case MTR_CSV_RTT: return put_ms(p, e->rtt);
    case MTR_CSV_ATTEMPT: return put_small(p, e->attempt);
    case MTR_CSV_AT: return put_ms(p, e->at);
    case MTR_CSV_REPLY_PROTOCOL: return put_protocol(p, e->protocol);
    case MTR_CSV_ICMP_TYPE: return icmp ? put_small(p, e->icmp_type) : p;
    case MTR_CSV_ICMP_CODE:
      return icmp && e->icmp_code != MTR_NO_CODE ? put_small(p, e->icmp_code)
                                                 : p;
    case MTR_CSV_TCP_FLAGS:
      return tcp && e->tcp_flags ? put_small(p, e->tcp_flags) : p;
    case MTR_CSV_REPLY_TTL:
      return e->reply_ttl ? put_small(p, e->reply_ttl) : p;
    case MTR_CSV_REPLY_SIZE:
      return e->reply_size ? put_number(p, e->reply_size) : p;
    case MTR_CSV_IP_ID:
      return e->reply_size && e->family == 4 ? put_number(p, e->ip_id) : p;
    case MTR_CSV_REPLY_TOS: return e->reply_size ? put_small(p, e->tos) : p;
    case MTR_CSV_QUOTED_TTL: return put_quoted(p, e, e->quoted_ttl);
    case MTR_CSV_QUOTED_TOS: return put_quoted(p, e, e->quoted_tos);
    case MTR_CSV_QUOTED_SIZE: return put_quoted(p, e, e->quoted_size);
    case MTR_CSV_MTU: return e->mtu && !tcp ? put_number(p, e->mtu) : p;
    case MTR_CSV_MSS: return e->mtu && tcp ? put_number(p, e->mtu) : p;
    case MTR_CSV_DUP: return put_flag(p, e, MTR_REPLY_DUP);
    case MTR_CSV_LATE: return put_flag(p, e, MTR_REPLY_LATE);
    case MTR_CSV_NAT:
      return e->flags & MTR_REPLY_QUOTE ? put_flag(p, e, MTR_REPLY_NAT) : p;
    case MTR_CSV_FINAL: return put_flag(p, e, MTR_REPLY_FINAL);
    case MTR_CSV_UNREACH: return put_flag(p, e, MTR_REPLY_UNREACH);
    case MTR_CSV_OTHER_ADDR: return put_flag(p, e, MTR_REPLY_OTHER_ADDR);
    case MTR_CSV_TSTAMP:
      return put_word(p, e->flags & MTR_REPLY_USER_TIME ? "user" : "kernel");
    case MTR_CSV_MPLS:
      return e->ext_words ? put_labels(p, row->ext, e->ext_words * 4u) : p;
    default: return p;
  }
}

/* Writes a column that differs between rows. */
static char *put_column(char *p, unsigned column, const struct row *row) {
  const struct mtr_event *e = row->reply, *missed = row->missed;
  switch (column) {
    case MTR_CSV_TTL: return row->ttl ? put_small(p, row->ttl) : p;
    case MTR_CSV_FLOW: return put_number(p, e ? e->flow : row->info->flow);
    case MTR_CSV_UNANSWERED:
      return missed && missed->attempt ? put_small(p, missed->attempt) : p;
    case MTR_CSV_FAILED:
      return missed && missed->stop ? put_small(p, missed->stop) : p;
    default: return e ? put_reply(p, column, row) : p;
  }
}

static int make_plan(struct plan *plan, const uint8_t *columns, uint32_t n,
                     const char *transport, const struct mtr_info *info) {
  char *p = plan->text, *from = p;
  plan->count = 0;
  plan->ext = 0;
  for (uint32_t i = 0; i <= n; i++) {
    unsigned column = i < n ? columns[i] : MTR_CSV_COLUMNS;
    if (i < n && column >= MTR_CSV_COLUMNS) return -EINVAL;
    if (i > 0 && i < n) *p++ = ',';
    char *end = i < n ? put_fixed(p, column, transport, info) : NULL;
    if (end) {
      p = end;
      continue;
    }
    if (i == n) p = put_word(p, "\r\n");
    plan->item[plan->count].at = (uint16_t)(from - plan->text);
    plan->item[plan->count].size = (uint16_t)(p - from);
    plan->item[plan->count++].column = (uint8_t)column;
    plan->ext |= column == MTR_CSV_MPLS;
    from = p;
  }
  return 0;
}

/* Writes a row at |p|, up to |end|; returns NULL if there may be no room. */
static char *put_row(char *p, const char *end, const struct plan *plan,
                     const struct row *row) {
  size_t most = sizeof plan->text + MTR_CSV_MOST * VALUE;
  if (plan->ext && row->reply && row->reply->ext_words) most += LABELS;
  if ((size_t)(end - p) < most) return NULL;
  for (unsigned i = 0; i < plan->count; i++) {
    p = put_run(p, plan->text + plan->item[i].at, plan->item[i].size);
    if (plan->item[i].column < MTR_CSV_COLUMNS)
      p = put_column(p, plan->item[i].column, row);
  }
  return p;
}

/* Writes the rows of a hop: the events chained from |first|. */
static char *put_hop(char *p, const char *end, const struct plan *plan,
                     const struct replies *r, struct row *row, unsigned first,
                     int whole) {
  int rows = 0;
  row->missed = NULL;
  for (unsigned i = first; i != NONE; i = r->next[i])
    if (!r->events[i].family) row->missed = &r->events[i];
  for (unsigned i = first; i != NONE && p; i = r->next[i]) {
    const struct mtr_event *e = &r->events[i];
    if (!e->family || (whole && !(e->flags & MTR_REPLY_PRIMARY))) continue;
    row->reply = e;
    row->ext = replies_ext(r, e);
    p = put_row(p, end, plan, row);
    rows++;
  }
  row->reply = NULL;
  return rows || !p ? p : put_row(p, end, plan, row);
}

int mtr_csv(struct mtr *m, uint32_t handle, const uint8_t *columns, uint32_t n,
            uint32_t hops, char *buf, uint32_t size, uint32_t *used) {
  struct replies *r = &m->replies;
  struct mtr_info info;
  struct plan plan;
  uint32_t first[256];
  int err = n && n <= MTR_CSV_MOST && *used <= size
                ? mtr_describe(m, handle, &info) : -EINVAL;
  if (!err) err = make_plan(&plan, columns, n, mtr_transport(m), &info);
  int events = err ? err : walk_fetch(m, handle);
  if (events < 0) return events;
  char *p = buf + *used, *end = buf + size;
  struct row row = {.info = &info};
  for (unsigned ttl = 0; ttl <= info.hop_count; ttl++) first[ttl] = NONE;
  while (events--) {
    uint8_t ttl = r->events[events].ttl;
    r->next[events] = first[ttl];
    first[ttl] = (uint32_t)events;
  }
  row.ttl = info.first_ttl;
  if (row.ttl > info.hop_count) {
    row.ttl = 0;
    p = put_row(p, end, &plan, &row);
  }
  for (; row.ttl && row.ttl <= info.hop_count && p; row.ttl++)
    p = put_hop(p, end, &plan, r, &row, first[row.ttl], hops != 0);
  if (!p) return -EMSGSIZE;
  *used = (uint32_t)(p - buf);
  return 0;
}
