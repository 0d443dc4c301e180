/* SPDX-License-Identifier: MIT
 *
 * sudo(8) names its caller in SUDO_UID and SUDO_GID. In a user namespace the
 * number may belong to no user (unshare -r in a shell of sudo): then it is
 * ignored.
 */
#include "program/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads a user or group number. Returns 1, or 0 if |text| is not one. */
static int number(const char *text, uint32_t *value) {
  char *end;
  errno = 0;
  unsigned long n = strtoul(text, &end, 10);
  *value = (uint32_t)n;
  return *text >= '0' && *text <= '9' && !*end && !errno && n < UINT32_MAX;
}

/* Whether the number |id| exists in this user namespace; |map| lists them. */
static int mapped(const char *map, uint32_t id) {
  unsigned long first, outside, count;
  FILE *file = fopen(map, "re");
  int found = !file;                   /* a kernel without user namespaces */
  while (!found && fscanf(file, "%lu %lu %lu", &first, &outside, &count) == 3)
    found = id >= first && id - first < count;
  if (file) fclose(file);
  return found;
}

static void describe(struct user *u, const struct passwd *entry) {
  *u = (struct user){.other = 1, .uid = entry->pw_uid, .gid = entry->pw_gid};
  snprintf(u->name, sizeof u->name, "%s", entry->pw_name);
  snprintf(u->home, sizeof u->home, "%s", entry->pw_dir);
}

static int find_asked(struct user *u, const char *asked, char *why,
                      size_t size) {
  uint32_t uid;
  struct passwd *entry = getpwnam(asked);
  int numeric = !entry && number(asked, &uid);
  if (numeric) entry = getpwuid(uid);
  if (entry) describe(u, entry);
  else if (numeric) *u = (struct user){.other = 1, .uid = uid, .gid = uid};
  if (!u->other) {
    snprintf(why, size, "--user: there is no user '%.64s'", asked);
    return -ENOENT;
  }
  if (!geteuid()) return 0;
  snprintf(why, size, "--user: only root can become another user");
  return -EPERM;
}

int user_find(struct user *u, const char *asked, char *why, size_t size) {
  const char *by = getenv("SUDO_UID"), *group = getenv("SUDO_GID");
  uint32_t uid, gid;
  *u = (struct user){.other = 0};
  if (asked) return find_asked(u, asked, why, size);
  if (getuid() || geteuid() || !by || !group || !number(by, &uid) || !uid ||
      !number(group, &gid) || !mapped("/proc/self/uid_map", uid) ||
      !mapped("/proc/self/gid_map", gid))
    return 0;
  struct passwd *entry = getpwuid(uid);
  if (entry) describe(u, entry);
  u->other = 1;
  u->uid = uid;
  u->gid = gid;
  return 0;
}

int user_become(const struct user *u) {
  int err = *u->name ? initgroups(u->name, u->gid) : setgroups(1, &u->gid);
  if (err || setresgid(u->gid, u->gid, u->gid) ||
      setresuid(u->uid, u->uid, u->uid))
    return -errno;
  if (*u->home) setenv("HOME", u->home, 1);
  if (*u->name) setenv("USER", u->name, 1);
  if (*u->name) setenv("LOGNAME", u->name, 1);
  return 0;
}
