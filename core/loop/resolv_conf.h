/* SPDX-License-Identifier: MIT
 *
 * resolv_conf.h: what the files of the system say about looking names up, as
 * far as c-ares does not read it itself: how long to wait (options of
 * resolv.conf), and whether others than the hosts file and the DNS are asked
 * (nsswitch.conf).
 */
#ifndef LOOP_RESOLV_CONF_H
#define LOOP_RESOLV_CONF_H

#include <stdint.h>

struct resolv_conf {
  uint32_t servers;      /* how many name servers there are, from 1 */
  uint32_t timeout;      /* seconds until one of them is asked again */
  uint32_t attempts;     /* how often all of them are asked */
  char order[3];         /* of 'f' the hosts file and 'b' the DNS, as c-ares has
                          * it */
  int others;            /* 1: names may be found elsewhere, such as by mDNS */
  int64_t stamp;         /* changes with the files */
};

/* resolv_conf_read: fills |c| from the files of the system. */
void resolv_conf_read(struct resolv_conf *c);

/* resolv_conf_stamp: returns a number that changes when one of the files is
 * changed or replaced. */
int64_t resolv_conf_stamp(void);

/* resolv_conf_line, resolv_conf_nsswitch: read one line of resolv.conf and
 * of nsswitch.conf. */
void resolv_conf_line(struct resolv_conf *c, const char *line);
void resolv_conf_nsswitch(struct resolv_conf *c, const char *line);

#endif
