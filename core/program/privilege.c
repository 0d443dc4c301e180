/* SPDX-License-Identifier: MIT
 *
 * Uses system calls instead of libcap, so that one library less is linked.
 */
#include "program/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  SPARE = 16,            /* descriptors that are left for everything else */
  MORE = 2 * SPARE       /* by the kits behind the first one */
};

/* What root needs for files, as bits. */
enum {
  FILES = 1 << CAP_CHOWN | 1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH |
          1 << CAP_FOWNER | 1 << CAP_FSETID
};

int privilege_secure(void) { return getauxval(AT_SECURE) != 0; }

int privilege_locked(void) {
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

/* Opens a kit so that |spare| descriptors are left. 0 or a negative errno. */
static int open_kit(int32_t *fd, uint32_t mark, int fast, int spare) {
  int spared[MORE], n = 0, err = 0;
  while (n < spare && !err) {
    spared[n] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (spared[n] < 0) err = -errno;
    else n++;
  }
  if (!err) err = mtr_sockets(fd, mark, fast);
  while (n > 0) close(spared[--n]);
  return err;
}

void privilege_kits(struct kits *kits, uint32_t mark) {
  *kits = (struct kits){.error = 0};
  while (!kits->error && kits->count < PRIVILEGE_KITS) {
    int first = !kits->count;
    int err = open_kit(kits->fd[kits->count], mark, first,
                       first ? SPARE : MORE);
    if (err < 0) kits->error = -err;
    else kits->count++;
  }
}

/* Reduces the capabilities of this process to |most|, of the first 32. */
static int keep(uint32_t most) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};
  if (syscall(SYS_capget, &head, caps) < 0) return -errno;
  uint32_t kept = caps[0].permitted & most;
  caps[0] = (struct __user_cap_data_struct){kept, kept, 0};
  caps[1] = (struct __user_cap_data_struct){0, 0, 0};
  return syscall(SYS_capset, &head, caps) < 0 ? -errno : 0;
}

/* Reduces what programs that this process starts can get to |most|, if it has
 * the right to do that. */
static void bound(uint32_t most) {
  for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
    if (i >= 32 || !(most >> i & 1)) prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
}

int privilege_forget(void) {
  uid_t user = getuid();
  gid_t group = getgid();
  if (getegid() != group && setresgid(group, group, group) < 0) return -errno;
  if (geteuid() != user && setresuid(user, user, user) < 0) return -errno;
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return keep(0);
}

int privilege_become(const struct user *user) {
  bound(FILES | 1 << CAP_NET_RAW);
  return user->other ? user_become(user) : 0;
}

int privilege_none(void) {
  int err = keep(0);
  if (!err && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) err = -errno;
  return err;
}

int privilege_drop(void) {
  bound(FILES);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  int err = keep(geteuid() ? 0 : FILES);
  if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) err = -errno;
  return err;
}
