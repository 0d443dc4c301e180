/* SPDX-License-Identifier: MIT
 *
 * The part of the interface that needs no engine: sizes and defaults of
 * structs, names of errors, descriptors and interfaces.
 */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mtr.h"
#include "net/host/child.h"
#include "net/host/stream.h"

uint32_t mtr_abi(void) { return MTR_ABI; }

uint32_t mtr_sizeof(const char *which) {
  static const struct { const char *name; uint32_t size; } sizes[] = {
      {"config", sizeof(struct mtr_config)},
      {"transport_info", sizeof(struct mtr_transport_info)},
      {"trace", sizeof(struct mtr_trace)},
      {"probe_opts", sizeof(struct mtr_probe_opts)},
      {"event", sizeof(struct mtr_event)},
      {"info", sizeof(struct mtr_info)},
      {"json_kind", sizeof(struct mtr_json_kind)},
      {"packing", sizeof(struct mtr_packing)},
      {"counters", sizeof(struct mtr_counters)},
      {"sim_node", sizeof(struct mtr_sim_node)},
      {"sim_addr", sizeof(struct mtr_sim_addr)},
      {"sim_link", sizeof(struct mtr_sim_link)},
      {"sim_route", sizeof(struct mtr_sim_route)},
      {"sim_port", sizeof(struct mtr_sim_port)},
      {"sim_filter", sizeof(struct mtr_sim_filter)},
      {"sim_internet", sizeof(struct mtr_sim_internet)},
      {"dns", sizeof(struct mtr_dns)}};
  for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (!strcmp(which, sizes[i].name)) return sizes[i].size;
  return 0;
}

const char *mtr_errname(int err) {
  const char *name = strerrorname_np(err < 0 ? -err : err);
  return name ? name : "EUNKNOWN";
}

const char *mtr_strerror(int err, char *buf, uint32_t size) {
  const char *text = strerrordesc_np(err < 0 ? -err : err);
  if (!text || !text[0]) text = "unknown";
  int acronym = isupper((unsigned char)text[1]);   /* "RPC ..." stays */
  int first = acronym ? text[0] : tolower((unsigned char)text[0]);
  snprintf(buf, size, "%s: %c%s", mtr_errname(err), first, text + 1);
  return buf;
}

void mtr_defaults(struct mtr_config *config) {
  *config = (struct mtr_config){
      .max_traces = 1000000, .max_probes = 65536, .max_events = 4096,
      .rate = 1000, .late_window = 5000, .workers = 1,
      .starter = -1};
  for (int i = 0; i < MTR_SOCKETS; i++) config->sockets[i] = -1;
}

void mtr_trace_defaults(struct mtr_trace *trace) {
  *trace = (struct mtr_trace){
      .family = 4, .protocol = MTR_ICMP, .port = 33434, .first_ttl = 1,
      .max_ttl = 30, .window = 8, .queries = 1, .attempts = 2,
      .gap_limit = 5, .loop_limit = 1, .timeout = 2000, .max_probes = 1000,
      .flow_label = MTR_NO_LABEL};
}

int mtr_find(const char *name, char *out, uint32_t size) {
  return child_locate(name, out, size);
}

int mtr_read(int fd, void *out, uint32_t size) {
  return stream_read(fd, out, size);
}

int mtr_write(int fd, const void *bytes, uint32_t size) {
  return stream_write(fd, bytes, size);
}

int mtr_interface(const char *name) {
  unsigned index = if_nametoindex(name);
  return index ? (int)index : -ENODEV;
}
