/* SPDX-License-Identifier: MIT
 *
 * control.h: control messages that go to the kernel beside a packet, one behind
 * the other in memory that the caller has cleared and that has room for all. It
 * is inline because each probe has some.
 */
#ifndef HOST_CONTROL_H
#define HOST_CONTROL_H

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/* control_add: writes |data|, of |size| bytes, behind |after|; NULL: as the
 * first. Returns the message. */
static inline struct cmsghdr *control_add(struct msghdr *m,
                                          struct cmsghdr *after, int level,
                                          int type, const void *data,
                                          size_t size) {
  struct cmsghdr *c = after ? CMSG_NXTHDR(m, after) : CMSG_FIRSTHDR(m);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(c), data, size);
  return c;
}

/* control_end: makes |last| the last message; NULL: there are none. */
static inline void control_end(struct msghdr *m, const struct cmsghdr *last) {
  const uint8_t *from = m->msg_control;
  m->msg_controllen = last ? (size_t)((const uint8_t *)last - from) +
                                 CMSG_ALIGN(last->cmsg_len)
                           : 0;
  if (!last) m->msg_control = NULL;
}

#endif
