/* SPDX-License-Identifier: MIT
 *
 * topo.c: entries are kept in the order in which they were added. Freezing
 * sorts the entries that belong to nodes by node, and computes the distances
 * between all nodes. Paths need not be kept: with the distances, one addition
 * shows whether a link is part of a shortest path.
 */
#include "net/sim/topo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int topo_append(struct topo_list *list, const void *v, size_t size,
                uint32_t n) {
  if (list->room - list->count < n) {
    uint32_t room = list->count + n + list->count / 2;
    void *more = realloc(list->v, room * size);
    if (!more) return -ENOMEM;
    list->v = more;
    list->room = room;
  }
  if (n) memcpy((uint8_t *)list->v + list->count * size, v, n * size);
  list->count += n;
  return 0;
}

/* Adds |n| users; returns how many there are then. */
static int use(struct mtr_sim *t, int n) {
  pthread_mutex_lock(&t->lock);
  int users = t->users += n;
  pthread_mutex_unlock(&t->lock);
  return users;
}

void topo_use(struct mtr_sim *t) { use(t, 1); }

void topo_free(struct mtr_sim *t) {
  if (!t || use(t, -1)) return;
  struct topo_list *all[] = {&t->nodes, &t->addrs, &t->links, &t->routes,
                             &t->ports, &t->filters};
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++) free(all[i]->v);
  free(t->link_of);
  free(t->route_of);
  free(t->port_of);
  free(t->filter_of);
  free(t->distance);
  pthread_mutex_destroy(&t->lock);
  free(t);
}

/* Freezing. Every entry that belongs to a node begins with its number. */

static uint32_t node_of(const struct topo_list *list, size_t size,
                        uint32_t i) {
  uint32_t node;
  memcpy(&node, (const uint8_t *)list->v + i * size, sizeof node);
  return node;
}

/* Sorts |list| by node, keeping its order otherwise. */
static int sort(const struct mtr_sim *t, struct topo_list *list, size_t size,
                struct topo_range **out) {
  uint32_t nodes = t->nodes.count, at = 0;
  struct topo_range *range = calloc(nodes, sizeof *range);
  uint8_t *sorted = malloc(list->count * size + 1);
  *out = range;
  if (!range || !sorted) {
    free(sorted);
    return -ENOMEM;
  }
  for (uint32_t i = 0; i < list->count; i++)
    range[node_of(list, size, i)].end++;
  for (uint32_t n = 0; n < nodes; n++) {
    range[n].first = at;
    at += range[n].end;
    range[n].end = range[n].first;
  }
  for (uint32_t i = 0; i < list->count; i++)
    memcpy(sorted + range[node_of(list, size, i)].end++ * size,
           (uint8_t *)list->v + i * size, size);
  free(list->v);
  list->v = sorted;
  list->room = list->count;
  return 0;
}

/* Computes the distance of all nodes to |to|. Starts there and follows links
 * backwards; |queue| has the nodes whose distance became smaller. |into|
 * lists the links by the node that they lead to. */
static void measure(struct mtr_sim *t, uint32_t to, const uint32_t *into,
                    const struct topo_range *into_of, uint32_t *queue,
                    uint8_t *queued) {
  uint32_t nodes = t->nodes.count, head = 0, count = 1;
  uint16_t *d = t->distance + (size_t)to * nodes;
  memset(d, 0xff, nodes * sizeof *d);
  d[to] = 0;
  queue[0] = to;
  while (count) {
    uint32_t n = queue[head];
    head = (head + 1) % nodes;
    count--;
    queued[n] = 0;
    for (uint32_t i = into_of[n].first; i < into_of[n].end; i++) {
      const struct mtr_sim_link *l = topo_link(t, into[i]);
      uint32_t far = d[n] + l->cost;
      if (!l->cost || far >= d[l->from]) continue;
      d[l->from] = (uint16_t)far;
      if (queued[l->from]) continue;
      queued[l->from] = 1;
      queue[(head + count++) % nodes] = l->from;
    }
  }
}

static int measure_all(struct mtr_sim *t) {
  uint32_t nodes = t->nodes.count, links = t->links.count, at = 0;
  struct topo_range *into_of = calloc(nodes, sizeof *into_of);
  uint32_t *into = malloc((links + nodes + 1) * sizeof *into);
  uint8_t *queued = calloc(nodes, 1);
  t->distance = malloc((size_t)nodes * nodes * sizeof *t->distance);
  int err = into_of && into && queued && t->distance ? 0 : -ENOMEM;
  if (!err) {
    for (uint32_t i = 0; i < links; i++) into_of[topo_link(t, i)->to].end++;
    for (uint32_t n = 0; n < nodes; n++) {
      into_of[n].first = at;
      at += into_of[n].end;
      into_of[n].end = into_of[n].first;
    }
    for (uint32_t i = 0; i < links; i++)
      into[into_of[topo_link(t, i)->to].end++] = i;
    for (uint32_t n = 0; n < nodes; n++)
      measure(t, n, into, into_of, into + links, queued);
  }
  free(into_of);
  free(into);
  free(queued);
  return err;
}

static int freeze(struct mtr_sim *t) {
  if (t->frozen) return 0;
  if (!t->is_internet && !t->nodes.count) return -EINVAL;
  if (!t->is_internet) {
    int err = sort(t, &t->links, sizeof(struct mtr_sim_link), &t->link_of);
    if (!err)
      err = sort(t, &t->routes, sizeof(struct mtr_sim_route), &t->route_of);
    if (!err)
      err = sort(t, &t->ports, sizeof(struct mtr_sim_port), &t->port_of);
    if (!err)
      err = sort(t, &t->filters, sizeof(struct mtr_sim_filter), &t->filter_of);
    if (!err) err = measure_all(t);
    if (err) return err;
  }
  t->frozen = 1;
  return 0;
}

int topo_freeze(struct mtr_sim *t) {
  pthread_mutex_lock(&t->lock);
  int err = freeze(t);
  pthread_mutex_unlock(&t->lock);
  return err;
}
