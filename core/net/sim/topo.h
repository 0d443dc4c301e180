/* SPDX-License-Identifier: MIT
 *
 * topo.h: the description of a simulated network: nodes, and the entries that
 * belong to them. Entries are added, then topo_freeze completes it. From then
 * on it never changes, so that many engines may use it at the same time, also
 * in several threads: the lock protects what is left to change.
 */
#ifndef SIM_TOPO_H
#define SIM_TOPO_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "mtr.h"

enum { TOPO_NONE = 0xffffffff, TOPO_NODES = 4096 };

/* A growing array of entries. */
struct topo_list {
  void *v;
  uint32_t count, room;
};

/* Where the entries of a node are in a list that is sorted by node. */
struct topo_range {
  uint32_t first, end;
};

struct mtr_sim {
  uint32_t seed;
  uint32_t source;
  int users;             /* number of engines, and one for the maker */
  int frozen;
  int is_internet;
  struct mtr_sim_internet internet;
  struct topo_list nodes, addrs, links, routes, ports, filters;
  struct topo_range *link_of, *route_of, *port_of, *filter_of;
  uint16_t *distance;    /* [to][from]; UINT16_MAX: no way */
  pthread_mutex_t lock;  /* of |users| and |frozen|; PTHREAD_MUTEX_INITIALIZER
                          * is all zero */
};

/* A check of one entry: 0, or -EINVAL if it is not possible in |t|. */
typedef int topo_check(const struct mtr_sim *t, const void *entry);

topo_check topo_check_node, topo_check_addr, topo_check_link, topo_check_route,
    topo_check_port, topo_check_filter;
int topo_check_internet(const struct mtr_sim_internet *v);

/* topo_append: adds |n| entries of |size| bytes. 0 or -ENOMEM. */
int topo_append(struct topo_list *list, const void *v, size_t size,
                uint32_t n);

/* topo_freeze: makes the network ready for use. 0, -EINVAL (nothing is in it)
 * or -ENOMEM. */
int topo_freeze(struct mtr_sim *t);

/* topo_use: adds a user. topo_free: removes one; frees |t| after the last. */
void topo_use(struct mtr_sim *t);
void topo_free(struct mtr_sim *t);

/* topo_owner: returns the node that has |addr| or the smallest network with
 * it; TOPO_NONE: none. */
uint32_t topo_owner(const struct mtr_sim *t, unsigned family,
                    const uint8_t *addr);

/* topo_address: returns the first address of |node| in |family|, or NULL. */
const uint8_t *topo_address(const struct mtr_sim *t, uint32_t node,
                            unsigned family);

/* topo_has: returns whether |addr| is an address of |node| itself, not only in
 * one of its networks. */
int topo_has(const struct mtr_sim *t, uint32_t node, unsigned family,
             const uint8_t *addr);

/* topo_within: returns whether |addr| is in the network |net|/|bits|. */
int topo_within(const uint8_t *addr, const uint8_t *net, unsigned bits);

/* topo_ways: writes into |out|[|n|] the links that lead from |node| towards
 * |dst| at the time |ms| since the start. Returns how many. Routes of the node
 * come first, then shortest paths, and a default route of the node last. */
uint32_t topo_ways(const struct mtr_sim *t, uint32_t node, unsigned family,
                   const uint8_t *dst, double ms, uint32_t *out, uint32_t n);

static inline const struct mtr_sim_node *topo_node(const struct mtr_sim *t,
                                                   uint32_t i) {
  return (const struct mtr_sim_node *)t->nodes.v + i;
}

static inline const struct mtr_sim_link *topo_link(const struct mtr_sim *t,
                                                   uint32_t i) {
  return (const struct mtr_sim_link *)t->links.v + i;
}

#endif
