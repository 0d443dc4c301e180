/* SPDX-License-Identifier: MIT
 *
 * The table of transports, and how auto chooses among them.
 *
 * A new transport is a room under core/net, a number in mtr.h and a line here.
 */
#include "api/transport.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/host/starter.h"
#include "net/mtrpacket/mtrpacket.h"
#include "net/mtrpacket/start.h"
#include "net/packet/packet.h"
#include "net/packet/start.h"
#include "net/raw/raw.h"
#include "net/raw/start.h"
#include "net/sim/sim.h"
#include "net/sim/start.h"
#include "net/user/start.h"
#include "net/user/state.h"
#include "api/recording.h"

_Static_assert((int)PACKET_FDS == MTR_SOCKETS, "sockets of the ABI");

/* When auto tries a transport: never, always, or first and for a high rate. */
enum chance { NEVER, ALWAYS, FAST };

struct transport {
  struct mtr_transport_info info;
  enum chance chance;
  int (*start)(struct net **net, struct net_opening *o);
};

static int auto_start(struct net **net, struct net_opening *o);

enum { NAMED = MTR_TRANSPORT_NAMED, HELPED = MTR_TRANSPORT_HELPED,
       RECORDED = MTR_TRANSPORT_RECORDED,
       ORDINARY = MTR_TRANSPORT_ORDINARY };

/* Name, number, how many of the privileged sockets it can use, capabilities at
 * most, flags; when auto tries it; start function. Auto tries transports of the
 * same chance in this order. */
static const struct transport table[] = {
    {{"auto", MTR_AUTO, MTR_SOCKETS, RAW_CAPS, NAMED | RECORDED},
     NEVER, auto_start},
    {{"raw", MTR_RAW, RAW_SOCKETS, RAW_CAPS, NAMED | RECORDED},
     ALWAYS, raw_start},
    {{"packet", MTR_PACKET, PACKET_FDS, RAW_CAPS, NAMED | RECORDED},
     FAST, packet_start},
    {{"mtr-packet", MTR_MTR_PACKET, 0, MTRPACKET_CAPS,
      NAMED | HELPED | RECORDED}, ALWAYS, mtrpacket_start},
    {{"user", MTR_USER, 0, USER_CAPS, NAMED | RECORDED | ORDINARY},
     ALWAYS, user_start},
    {{"sim", MTR_SIM, 0, SIM_CAPS, NAMED}, NEVER, sim_start},
    {{"replay", MTR_REPLAY, 0, RAW_CAPS | MTRPACKET_CAPS | USER_CAPS, 0},
     NEVER, recording_replay}};

enum { COUNT = sizeof table / sizeof *table };

int mtr_sockets(int32_t *fd, uint32_t mark, int fast) {
  int err = raw_sockets(fd, mark);
  fd[PACKET_4] = fd[PACKET_6] = -1;
  if (!err && fast) packet_sockets(fd, mark);
  return err;
}

int mtr_starter(void) { return starter_open(); }

void mtr_sockets_close(int32_t *fd) {
  for (int i = 0; i < MTR_SOCKETS; i++) {
    if (fd[i] >= 0) close(fd[i]);
    fd[i] = -1;
  }
}

static const struct transport *find(uint32_t id) {
  for (int i = 0; i < COUNT; i++)
    if (table[i].info.id == id) return &table[i];
  return NULL;
}

int transport_known(uint32_t id) { return find(id) != NULL; }

int transport_records(uint32_t id) {
  return (find(id)->info.flags & MTR_TRANSPORT_RECORDED) != 0;
}

int transport_open(struct net **net, uint32_t id, struct net_opening *o) {
  o->asked = id != MTR_AUTO;
  return find(id)->start(net, o);
}

/* Appends the reason of a later failure to that of the first one. */
static void add_reason(struct net_opening *o, const char *more, int err) {
  size_t used = strlen(o->why);
  if (used < o->size)
    snprintf(o->why + used, o->size - used, "; and %s (%s)", more,
             mtr_errname(err));
}

/* Tries the transports of |chance| one after the other. If one lacks a
 * privilege, the next is tried; |*first| is the error of the first such one. A
 * transport for a high rate may fail for any reason, because the others can do
 * its work. Returns 1 if others can be tried, 0 if |*net| is open or |*first|
 * is final. */
static int try_all(struct net **net, struct net_opening *o,
                   enum chance chance, int *first) {
  for (int i = 0; i < COUNT; i++) {
    char said[512] = "";
    struct net_opening one = *o;
    if (table[i].chance != chance) continue;
    one.why = said;
    one.size = sizeof said;
    int err = table[i].start(net, &one);
    memcpy(o->lacks, one.lacks, sizeof o->lacks);
    if (!err) {
      snprintf(o->why, o->size, "%s", said);
      *first = 0;
      return 0;
    }
    if (chance == FAST) continue;
    if (*first) {
      add_reason(o, said, err);
      continue;
    }
    snprintf(o->why, o->size, "%s", said);
    *first = err;
    if (!opening_denied(err)) return 0;
  }
  return 1;
}

static int auto_start(struct net **net, struct net_opening *o) {
  double rate = o->config->rate;
  int err = 0;
  int slow = rate > 0 && rate <= (double)MTR_FAST_RATE;
  if (slow || try_all(net, o, FAST, &err))
    try_all(net, o, ALWAYS, &err);
  return err;
}

int mtr_transport_info(uint32_t i, struct mtr_transport_info *info) {
  if (i >= COUNT) return -ENOENT;
  *info = table[i].info;
  return 0;
}
