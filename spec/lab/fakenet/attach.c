/* SPDX-License-Identifier: MIT
 *
 * attach: puts the programs of xdp.c onto interfaces, and reads their counters.
 *
 *   attach load OBJECT PROGRAM INTERFACE [SETTING=VALUE...]
 *   attach stats INTERFACE
 *
 * A program stays on its interface when attach ends, and is removed together
 * with the interface, so nothing else needs cleaning up. Built with libbpf.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "settings.h"

enum { CPUS = 1024, MAPS = 8 };

static int fail(const char *what, int err) {
  fprintf(stderr, "attach: %s: %s\n", what, strerror(err < 0 ? -err : err));
  return 1;
}

static int configure(struct bpf_object *o, const struct model *m) {
  struct bpf_map *map;
  bpf_object__for_each_map(map, o)
    if (strstr(bpf_map__name(map), ".rodata"))
      return bpf_map__set_initial_value(map, m, sizeof *m);
  return -ENOENT;
}

static int load(const char *path, const char *name, const char *interface,
                const struct model *m) {
  int index = (int)if_nametoindex(interface), err;
  if (!index) return fail(interface, errno);
  struct bpf_object *o = bpf_object__open_file(path, NULL);
  if (!o) return fail(path, errno);
  if ((err = configure(o, m)) < 0) return fail("no model in the object", err);
  if ((err = bpf_object__load(o)) < 0) return fail("loading", err);
  struct bpf_program *p = bpf_object__find_program_by_name(o, name);
  if (!p) return fail(name, ENOENT);
  err = bpf_xdp_attach(index, bpf_program__fd(p), XDP_FLAGS_DRV_MODE, NULL);
  bpf_object__close(o);
  return err < 0 ? fail(interface, err) : 0;
}

/* The descriptor of the map `counts` of the program on an interface. */
static int find_counts(int index) {
  __u32 id, maps[MAPS];
  int err = bpf_xdp_query_id(index, XDP_FLAGS_DRV_MODE, &id);
  int program = err < 0 ? err : bpf_prog_get_fd_by_id(id);
  if (program < 0) return -errno;
  struct bpf_prog_info info = {.nr_map_ids = MAPS,
                               .map_ids = (__u64)(unsigned long)maps};
  __u32 size = sizeof info;
  if (bpf_obj_get_info_by_fd(program, &info, &size) < 0) return -errno;
  for (__u32 i = 0; i < info.nr_map_ids && i < MAPS; i++) {
    struct bpf_map_info map = {0};
    int fd = bpf_map_get_fd_by_id(maps[i]);
    size = sizeof map;
    if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &map, &size) &&
        !strcmp(map.name, "counts"))
      return fd;
  }
  return -ENOENT;
}

static int stats(const char *interface) {
  static unsigned long long cpus[CPUS], counts[ANSWER_KINDS];
  int index = (int)if_nametoindex(interface);
  int fd = index ? find_counts(index) : -errno, n = libbpf_num_possible_cpus();
  if (fd < 0 || n < 1 || n > CPUS) return fail(interface, fd < 0 ? fd : n);
  for (__u32 kind = 0; kind < ANSWER_KINDS; kind++) {
    if (bpf_map_lookup_elem(fd, &kind, cpus) < 0) return fail("counts", errno);
    for (int i = 0; i < n; i++) counts[kind] += cpus[i];
  }
  settings_print(counts);
  return 0;
}

int main(int argc, char **argv) {
  struct model m;
  if (argc == 3 && !strcmp(argv[1], "stats")) return stats(argv[2]);
  if (argc < 5 || strcmp(argv[1], "load")) return 2;
  const char *wrong = settings_read(&m, argc - 5, argv + 5);
  if (wrong) {
    fprintf(stderr, "attach: %s\n", wrong);
    return 2;
  }
  return load(argv[2], argv[3], argv[4], &m);
}
