/* SPDX-License-Identifier: MIT */
#include "wire/mtrp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum {
  SIZE_EXTRA = 20,       /* bytes that 0.96 adds to an IPv4 size */
  WINDOW_OLD = 1000,     /* 0.92 to 0.95 take 1,024 requests at once */
  WINDOW_NEW = 10000,    /* 0.96 and later take 10,240 */
  SIZE_DEFAULT = 64,     /* bytes of a packet whose size is not given */
  FIRST_OLD = 33000,
  FIRST_NEW = 33434
};

/* Writing. snprintf and inet_ntop would cost more than the rest of a probe, so
 * they are not used. The caller has room for any command, so these functions do
 * not check for the end of the buffer. */

static inline char *put(char *p, const char *s) {
  size_t n = strlen(s);
  memcpy(p, s, n);
  return p + n;
}

static char *put_number(char *p, uint32_t v) {
  char digits[10], *end = digits + sizeof digits, *d = end;
  do *--d = (char)('0' + v % 10); while (v /= 10);
  memcpy(p, d, (size_t)(end - d));
  return p + (end - d);
}

static inline char *put_pair(char *p, const char *name, uint32_t v) {
  return put_number(put(p, name), v);
}

/* Writes all eight groups: a form of RFC 4291 2.2 that every reader accepts. */
static char *put_groups(char *p, const uint8_t *addr) {
  static const char hex[] = "0123456789abcdef";
  for (int i = 0; i < 16; i += 2) {
    unsigned group = (unsigned)addr[i] << 8 | addr[i + 1];
    int shift = group > 0xfff ? 12 : group > 0xff ? 8 : group > 0xf ? 4 : 0;
    for (; shift >= 0; shift -= 4) *p++ = hex[group >> shift & 15];
    *p++ = ':';
  }
  return p - 1;
}

static char *put_addr(char *p, int family, const uint8_t *addr) {
  if (family == 6) return put_groups(put(p, "6 "), addr);
  p = put(p, "4 ");
  for (int i = 0; i < 4; i++) {
    unsigned v = addr[i];
    if (v > 99) *p++ = (char)('0' + v / 100);
    if (v > 9) *p++ = (char)('0' + v / 10 % 10);
    *p++ = (char)('0' + v % 10);
    *p++ = '.';
  }
  return p - 1;
}

static int finish(char *p, const char *start) {
  *p++ = '\n';
  return (int)(p - start);
}

void mtrp_dialect(const char *text, struct mtrp_dialect *d) {
  unsigned minor = 0;
  if (text[0] == '0' && text[1] == '.')
    for (text += 2; *text >= '0' && *text <= '9' && minor < 1000; text++)
      minor = minor * 10 + (unsigned)(*text - '0');
  else if (text[0] >= '1' && text[0] <= '9')
    minor = 1000;                      /* 1.0 and later: like the newest one */
  d->version = (uint16_t)minor;
  d->wide = d->device = d->ports6 = minor >= 96;
  d->ports4 = minor >= 93;
  d->udp6 = minor != 93;
  d->window = minor >= 96 ? WINDOW_NEW : WINDOW_OLD;
  d->first = minor >= 96 ? FIRST_NEW : FIRST_OLD;
}

static char *put_ports(char *t, const struct wire_probe *p,
                       const struct mtrp_dialect *d) {
  if (p->protocol == WIRE_ICMP || !p->dport) return t;
  t = put_pair(t, " port ", p->dport);
  int able = p->family == 4 ? d->ports4 : d->ports6;
  if (p->protocol != WIRE_UDP || p->multipath == WIRE_CLASSIC || !able)
    return t;
  return put_pair(t, " local-port ", p->sport);
}

int mtrp_probe(char *out, size_t size, uint32_t token,
               const struct wire_probe *p, const struct mtrp_dialect *d,
               unsigned seconds, const char *device) {
  if (size < MTRP_COMMAND || strlen(device) > MTRP_DEVICE) return -EMSGSIZE;
  uint32_t bytes = p->size;
  if (bytes > SIZE_EXTRA && p->family == 4 && d->wide) bytes -= SIZE_EXTRA;
  char *t = put_number(out, token);
  t = put_addr(put(t, " send-probe local-ip-"), p->family, p->src);
  t = put_addr(put(t, " ip-"), p->family, p->dst);
  switch (p->protocol) {
  case WIRE_ICMP: t = put(t, " protocol icmp"); break;
  case WIRE_UDP: t = put(t, " protocol udp"); break;
  case WIRE_TCP: t = put(t, " protocol tcp"); break;
  default: t = put(t, " protocol sctp"); break;
  }
  t = put_pair(t, " ttl ", p->ttl);
  t = put_pair(t, " timeout ", seconds);
  t = put_ports(t, p, d);
  if (bytes) t = put_pair(t, " size ", bytes);
  if (p->tos) t = put_pair(t, " tos ", p->tos);
  if (p->mark) t = put_pair(t, " mark ", p->mark);
  if (*device) t = put(put(t, " local-device "), device);
  return finish(t, out);
}

uint16_t mtrp_size(const struct wire_probe *p) {
  return p->size ? p->size : SIZE_DEFAULT;
}

int mtrp_skip(char *out, size_t size, uint32_t token, int family) {
  if (size < MTRP_COMMAND) return -EMSGSIZE;
  char *t = put_number(out, token);
  t = put(t, family == 6 ? " send-probe ip-6 0" : " send-probe ip-4 0");
  return finish(t, out);
}

int mtrp_check(char *out, size_t size, uint32_t token, const char *feature) {
  if (size < MTRP_COMMAND || strlen(feature) > MTRP_DEVICE) return -EMSGSIZE;
  char *t = put_number(out, token);
  return finish(put(put(t, " check-support feature "), feature), out);
}

/* Reading: words between blanks, each with its length. */

struct words {
  const char *p, *end;
};

static int is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Returns the next word, and its length in |*n|; NULL: there is none. */
static inline const char *next(struct words *w, size_t *n) {
  const char *p = w->p, *end = w->end;
  while (p < end && is_blank(*p)) p++;
  const char *start = p;
  while (p < end && (*p > ' ' || !is_blank(*p))) p++;
  w->p = p;
  *n = (size_t)(p - start);
  return *n ? start : NULL;
}

static inline int is(const char *word, size_t n, const char *text) {
  return strlen(text) == n && !memcmp(word, text, n);
}

static void keep(char *out, const char *word, size_t n) {
  if (n >= MTRP_WORD) n = MTRP_WORD - 1;
  for (size_t i = 0; i < n; i++)
    out[i] = word[i] > ' ' && word[i] < 127 ? word[i] : '?';
  out[n] = 0;
}

/* Reads a decimal number of |n| characters; -1: not a number, or above
 * |most|. */
static int64_t number(const char *word, size_t n, int64_t most) {
  int64_t v = 0;
  if (!n || n > 18) return -1;         /* 18 digits cannot overflow */
  for (size_t i = 0; i < n; i++) {
    unsigned digit = (unsigned)(word[i] - '0');
    if (digit > 9) return -1;
    v = v * 10 + digit;
  }
  return v <= most ? v : -1;
}

/* Reads "label,class,bottom,ttl[,...]" as label stack entries. */
static void labels(struct mtrp_reply *r, const char *word, size_t n) {
  static const int64_t most[4] = {0xfffff, 7, 1, 255};
  uint32_t part[4];
  int k = 0;
  const char *end = word + n;
  while (word < end && r->labels < MTRP_LABELS) {
    const char *comma = memchr(word, ',', (size_t)(end - word));
    if (!comma) comma = end;
    int64_t v = number(word, (size_t)(comma - word), most[k]);
    if (v < 0) return;
    part[k++] = (uint32_t)v;
    word = comma < end ? comma + 1 : end;
    if (k < 4) continue;
    r->label[r->labels++] = part[0] << 12 | part[1] << 9 | part[2] << 8 |
                            part[3];
    k = 0;
  }
}

/* Reads four numbers with dots between them; returns 0 for any other text. */
static int dotted(const char *word, size_t n, uint8_t *addr) {
  unsigned v = 0, digits = 0, k = 0;
  for (size_t i = 0; i <= n; i++) {
    if (i < n && word[i] >= '0' && word[i] <= '9') {
      v = v * 10 + (unsigned)(word[i] - '0');
      if (v > 255 || ++digits > 3) return 0;
      continue;
    }
    if (!digits || k == 4 || (i < n && word[i] != '.')) return 0;
    addr[k++] = (uint8_t)v;
    v = digits = 0;
  }
  return k == 4;
}

static void address(struct mtrp_reply *r, int family, const char *word,
                    size_t n) {
  char text[INET6_ADDRSTRLEN];
  uint8_t addr[16] = {0};
  if (n >= sizeof text) return;
  if (family == 4) {
    if (!dotted(word, n, addr)) return;
  } else {
    memcpy(text, word, n);
    text[n] = 0;
    if (inet_pton(AF_INET6, text, addr) != 1) return;
  }
  memcpy(r->addr, addr, sizeof r->addr);
  r->family = (uint8_t)family;
}

static const struct {
  const char *word;
  uint8_t kind;
  int error;
} vocabulary[] = {
    {"reply", MTRP_REPLY, 0},
    {"ttl-expired", MTRP_EXPIRED, 0},
    {"no-reply", MTRP_NO_REPLY, 0},
    {"no-route", MTRP_NO_ROUTE, ENETUNREACH},          /* to 0.95 */
    {"no-route-host", MTRP_NO_ROUTE, EHOSTUNREACH},    /* from 0.96 */
    {"no-route-network", MTRP_NO_ROUTE, ENETUNREACH},  /* from 0.96 */
    {"probes-exhausted", MTRP_EXHAUSTED, 0},
    {"feature-support", MTRP_SUPPORT, 0},
    {"network-down", MTRP_FAILED, ENETDOWN},
    {"host-down", MTRP_FAILED, EHOSTDOWN},             /* from 0.96 */
    {"permission-denied", MTRP_FAILED, EPERM},
    {"address-in-use", MTRP_FAILED, EADDRINUSE},
    {"address-not-available", MTRP_FAILED, EADDRNOTAVAIL},
    {"invalid-argument", MTRP_FAILED, EINVAL},
    {"unknown-command", MTRP_FAILED, ENOSYS},
    {"unexpected-error", MTRP_FAILED, EIO},            /* errno follows */
    {"wait-tcp-respone-timeout", MTRP_NO_REPLY, 0},    /* its spelling */
    {"command-parse-error", MTRP_PROTOCOL, EPROTO},
    {"command-buffer-overflow", MTRP_PROTOCOL, EPROTO}};

static void pair(struct mtrp_reply *r, const char *name, size_t n,
                 const char *value, size_t m) {
  int64_t v;
  if (is(name, n, "round-trip-time")) {
    if ((v = number(value, m, INT32_MAX)) >= 0) r->rtt_us = v;
  } else if (is(name, n, "ip-4")) address(r, 4, value, m);
  else if (is(name, n, "ip-6")) address(r, 6, value, m);
  else if (is(name, n, "mpls")) labels(r, value, m);
  else if (is(name, n, "support")) keep(r->text, value, m);
  else if (is(name, n, "reason") && is(value, m, "protocol-not-supported"))
    r->error = EPROTONOSUPPORT;
  else if (is(name, n, "reason") && is(value, m, "ip-version-not-supported"))
    r->error = EAFNOSUPPORT;
  else if (is(name, n, "errno") && (v = number(value, m, 4095)) > 0)
    r->error = (int32_t)v;
}

/* Corrects the word by the errno, once the whole line is read: a timeout means
 * "no-reply", and a lack of file descriptors means "probes-exhausted". */
static void normalise(struct mtrp_reply *r) {
  if (r->word != MTRP_FAILED) return;
  if (r->error == ETIMEDOUT) r->word = MTRP_NO_REPLY;
  if (r->error == EMFILE) r->word = MTRP_EXHAUSTED;
}

int mtrp_parse(const char *line, size_t n, struct mtrp_reply *r) {
  struct words w = {line, line + n};
  const char *word = next(&w, &n), *value;
  size_t m;
  memset(r, 0, sizeof *r);
  r->rtt_us = -1;
  int64_t token = word ? number(word, n, INT32_MAX) : -1;
  if (token < 0 || !(word = next(&w, &n))) return -EBADMSG;
  r->token = (uint32_t)token;
  for (unsigned i = 0; i < sizeof vocabulary / sizeof *vocabulary; i++) {
    const char *known = vocabulary[i].word;
    if (*known != *word || !is(word, n, known)) continue;
    r->word = vocabulary[i].kind;
    r->error = vocabulary[i].error;
    break;
  }
  if (r->word == MTRP_UNKNOWN) keep(r->text, word, n);
  while ((word = next(&w, &n)) && (value = next(&w, &m)))
    pair(r, word, n, value, m);
  normalise(r);
  return 0;
}

const char *mtrp_line(struct mtrp_lines *l, const char **p, const char *end,
                      size_t *n) {
  while (*p < end) {
    const char *start = *p;
    const char *stop = memchr(start, '\n', (size_t)(end - start));
    size_t size = (size_t)((stop ? stop : end) - start);
    *p = stop ? stop + 1 : end;
    if (!l->skipping && l->used + size > sizeof l->buf) {
      l->skipping = 1;
      l->too_long++;
    }
    int whole = stop && !l->skipping;
    if (whole && !l->used) {           /* the usual case: no copy */
      *n = size;
      return start;
    }
    if (!l->skipping) {
      memcpy(l->buf + l->used, start, size);
      l->used += size;
    }
    if (!stop) return NULL;
    *n = l->used;
    l->used = 0;
    l->skipping = 0;
    if (whole) return l->buf;
  }
  return NULL;
}
