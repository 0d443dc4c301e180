/* SPDX-License-Identifier: MIT
 *
 * system.h: asks the system's resolver, for names that may be elsewhere than in
 * the hosts file and the DNS (nsswitch.conf: mDNS, systemd, LDAP). The resolver
 * blocks, so each question has a thread of its own. Nothing waits for these
 * threads: a loop that is closed leaves them alone, and they end by themselves.
 */
#ifndef LOOP_SYSTEM_H
#define LOOP_SYSTEM_H

#include <netdb.h>

#include "loop/state.h"

/* system_literal: reads an address as getaddrinfo(3) does, also with a zone,
 * without asking anybody. Returns a list for freeaddrinfo, or NULL. */
struct addrinfo *system_literal(const char *name, unsigned family);

/* system_start: asks for |name|; at most so many questions are asked at a time,
 * the others wait. Then system_run calls |done| with a list, which |done|
 * frees, or with an errno. 0, -ENOMEM, -EAGAIN: no thread. */
typedef void system_done(void *data, struct addrinfo *list, int error);
int system_start(struct loop *l, const char *name, unsigned family,
                 system_done *done, void *data);

/* system_run: hands out the answers that have come. */
void system_run(struct loop *l);

/* system_close: ends all questions: calls |done| with NULL and ECANCELED. In a
 * forked child the memory of those under way is not freed. */
void system_close(struct loop *l);

#endif
