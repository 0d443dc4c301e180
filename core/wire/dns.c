/* SPDX-License-Identifier: MIT
 *
 * A name in a message may go on at an earlier place (RFC 1035 4.1.4). Here each
 * such pointer must lead to before the piece that it ends, as all programs
 * write them: so following them comes to an end.
 *
 * The records of an answer come in any order, so each alias is searched among
 * all of them.
 */
#include "wire/dns.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"

enum {
  HEADER = 12,           /* RFC 1035 4.1.1 */
  LONGEST = 255,         /* bytes of a name, 2.3.4 */
  ALIASES = 16,          /* most CNAME records that are followed */
  IN = 1,                /* class of the Internet, 3.2.4 */
  QR = 0x8000, OPCODE = 0x7800, TC = 0x0200, RCODE = 0x000f,
  NXDOMAIN = 3
};

struct record {
  uint16_t type, class;
  uint32_t ttl;
  size_t data, size;     /* offset and bytes of the data */
};

struct message {
  const uint8_t *p;
  size_t n;
  uint16_t flags, questions, answers, authorities;
  size_t first;          /* offset of the first answer */
};

/* Writes a number below 1000 with at least |digits| digits. */
static char *put_number(char *out, unsigned value, int digits) {
  if (digits > 2 || value > 99) *out++ = (char)('0' + value / 100);
  if (digits > 1 || value > 9) *out++ = (char)('0' + value / 10 % 10);
  *out++ = (char)('0' + value % 10);
  return out;
}

static char *put_byte(char *out, uint8_t b) {
  int printable = b > ' ' && b < 127;
  if (!printable || b == '.' || b == '\\') *out++ = '\\';
  if (!printable) return put_number(out, b, 3);
  *out++ = (char)b;
  return out;
}

int dns_name(const uint8_t *p, size_t n, size_t at, char *out) {
  size_t length = 1, piece = at, behind = 0;
  char *start = out;
  for (;;) {
    if (at >= n) return -EBADMSG;
    unsigned size = p[at++];
    if (!size) break;
    if (size >= 0xc0) {
      if (at >= n) return -EBADMSG;
      size_t to = (size_t)(size & 0x3f) << 8 | p[at++];
      if (!behind) behind = at;
      if (to >= piece) return -EBADMSG;
      at = piece = to;
      continue;
    }
    length += size + 1;
    if (size > 63 || size > n - at || length > LONGEST) return -EBADMSG;
    if (out > start) *out++ = '.';
    for (unsigned i = 0; i < size; i++) out = put_byte(out, p[at++]);
  }
  *out = 0;
  return (int)(behind ? behind : at);
}

/* Reads the record at |at|: writes its owner into |owner|. Returns the offset
 * behind it, or -EBADMSG. */
static int read_record(const struct message *m, size_t at, char *owner,
                       struct record *r) {
  int next = dns_name(m->p, m->n, at, owner);
  if (next < 0) return next;
  struct bytes b = bytes_of(m->p + next, m->n - (size_t)next);
  r->type = bytes_u16(&b);
  r->class = bytes_u16(&b);
  r->ttl = bytes_u32(&b);
  if (r->ttl >> 31) r->ttl = 0;        /* RFC 2181 8 */
  r->size = bytes_u16(&b);
  if (b.bad || r->size > bytes_left(&b)) return -EBADMSG;
  r->data = (size_t)(b.p - m->p);
  return (int)(r->data + r->size);
}

/* Writes the strings of a TXT record, one behind the other. */
static int read_text(const struct message *m, const struct record *r,
                     struct dns_record *out) {
  struct bytes b = bytes_of(m->p + r->data, r->size);
  out->size = 0;
  while (bytes_left(&b)) {
    size_t n = bytes_u8(&b), room = DNS_TEXT - out->size;
    const uint8_t *text = bytes_take(&b, n);
    if (!text) return -EBADMSG;
    if (n > room) n = room;
    memcpy(out->text + out->size, text, n);
    out->size += (uint32_t)n;
  }
  out->text[out->size] = 0;
  return 0;
}

/* Reads the data of a record: a name, or a text. */
static int read_data(const struct message *m, const struct record *r,
                     struct dns_record *out) {
  if (r->type == DNS_TXT) return read_text(m, r, out);
  int end = dns_name(m->p, m->n, r->data, out->text);
  if (end < 0 || (size_t)end != r->data + r->size) return -EBADMSG;
  out->size = (uint32_t)strlen(out->text);
  return 0;
}

static int read_header(struct message *m, const char *name, unsigned type) {
  char asked[DNS_NAME];
  struct bytes b = bytes_of(m->p, m->n);
  bytes_u16(&b);                       /* the id, which the resolver compares */
  m->flags = bytes_u16(&b);
  m->questions = bytes_u16(&b);
  m->answers = bytes_u16(&b);
  m->authorities = bytes_u16(&b);
  bytes_u16(&b);
  if (b.bad) return -EBADMSG;
  if (!(m->flags & QR) || m->flags & OPCODE || m->questions != 1)
    return -ENOMSG;
  int at = dns_name(m->p, m->n, HEADER, asked);
  if (at < 0) return at;
  b = bytes_of(m->p + at, m->n - (size_t)at);
  unsigned of_type = bytes_u16(&b), of_class = bytes_u16(&b);
  if (b.bad) return -EBADMSG;
  if (of_type != type || of_class != IN || strcasecmp(asked, name))
    return -ENOMSG;
  m->first = (size_t)(b.p - m->p);
  return 0;
}

/* Looks among the answers for records of |name|: of |type|, at most |max| into
 * |out|; and for an alias, which replaces |name| (|*alias| 1). |*ttl| becomes
 * the smallest so far. Returns how many there are, or -EBADMSG. */
static int search(const struct message *m, char *name, unsigned type,
                  struct dns_record *out, unsigned max, uint32_t *ttl,
                  int *alias) {
  char owner[DNS_NAME], to[DNS_NAME];
  struct record r;
  unsigned found = 0;
  size_t at = m->first;
  *alias = 0;
  for (unsigned i = 0; i < m->answers; i++) {
    int next = read_record(m, at, owner, &r);
    if (next < 0) return next;
    at = (size_t)next;
    if (r.class != IN || strcasecmp(owner, name)) continue;
    if (r.type == DNS_CNAME && !*alias) {
      int end = dns_name(m->p, m->n, r.data, to);
      if (end < 0 || (size_t)end != r.data + r.size) return -EBADMSG;
      *alias = 1;
      if (r.ttl < *ttl) *ttl = r.ttl;
    }
    if (r.type != type || found == max) continue;
    if (read_data(m, &r, &out[found])) return -EBADMSG;
    out[found++].ttl = r.ttl;
  }
  if (*alias) memcpy(name, to, sizeof to);
  return (int)found;
}

/* Returns how long it may be believed that there is nothing: the smaller one of
 * the TTL of the SOA record and its field MINIMUM (RFC 2308 5); 0: no such
 * record. */
static uint32_t none(const struct message *m) {
  char name[DNS_NAME];
  struct record r;
  size_t at = m->first;
  for (unsigned i = 0; i < m->answers + (unsigned)m->authorities; i++) {
    int next = read_record(m, at, name, &r);
    if (next < 0) return 0;
    at = (size_t)next;
    if (i < m->answers || r.type != DNS_SOA || r.size < 4) continue;
    struct bytes b = bytes_of(m->p + at - 4, 4);
    uint32_t minimum = bytes_u32(&b);
    return minimum < r.ttl ? minimum : r.ttl;
  }
  return 0;
}

int dns_read(const uint8_t *p, size_t n, const char *name, unsigned type,
             struct dns_record *out, unsigned max, uint32_t *none_ttl) {
  struct message m = {.p = p, .n = n};
  char owner[DNS_NAME];
  uint32_t ttl = UINT32_MAX;
  int alias = 1, found = 0;
  *none_ttl = 0;
  if (strlen(name) >= sizeof owner || n > INT32_MAX) return -ENOMSG;
  int err = read_header(&m, name, type);
  if (err) return err;
  unsigned code = m.flags & RCODE;
  if (code && code != NXDOMAIN) return -EAGAIN;
  strcpy(owner, name);
  for (int i = 0; alias && !found && i < ALIASES; i++)
    if ((found = search(&m, owner, type, out, max, &ttl, &alias)) < 0)
      return m.flags & TC ? -EAGAIN : found;
  for (int i = 0; i < found; i++)
    if (ttl < out[i].ttl) out[i].ttl = ttl;
  if (found) return found;
  if (m.flags & TC) return -EAGAIN;
  *none_ttl = none(&m);
  return 0;
}

void dns_reverse(const uint8_t *addr, unsigned family, char *out) {
  static const char hex[] = "0123456789abcdef";
  if (family == 4) {
    for (int i = 3; i >= 0; i--) {
      out = put_number(out, addr[i], 1);
      *out++ = '.';
    }
    strcpy(out, "in-addr.arpa");
    return;
  }
  for (int i = 15; i >= 0; i--) {
    *out++ = hex[addr[i] & 15];
    *out++ = '.';
    *out++ = hex[addr[i] >> 4];
    *out++ = '.';
  }
  strcpy(out, "ip6.arpa");
}
