/* SPDX-License-Identifier: MIT
 *
 * Uses system calls instead of libcap, so that one library less is linked.
 *
 * PR_SET_NO_NEW_PRIVS is set only in a process that had privileges (root, file
 * capabilities): it closes the way back to them. Without it, scripts of an
 * ordinary user can still run helpers with file capabilities. It is also not
 * set if mtr-packet sends the probes, because it would keep mtr-packet from
 * getting the capability of its file.
 */
#include "program/privilege.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int privilege_secure(void) { return getauxval(AT_SECURE) != 0; }

void privilege_kits(struct kits *kits, uint32_t mark) {
  *kits = (struct kits){.count = 0};
  while (kits->count < PRIVILEGE_KITS) {
    int err = mtr_sockets(kits->fd[kits->count], mark, !kits->count);
    if (err < 0) {
      kits->error = -err;
      return;
    }
    kits->count++;
  }
}

/* Returns 1 if the process has privileges to drop. */
static int has_any(void) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};
  if (syscall(SYS_capget, &head, caps) < 0) return 1;
  return !geteuid() || !getuid() || privilege_secure() ||
         caps[0].permitted || caps[1].permitted;
}

int privilege_drop(int helped) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};
  uid_t user = getuid();
  gid_t group = getgid();
  if (!helped && has_any() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return -errno;
  if (getegid() != group && setresgid(group, group, group) < 0) return -errno;
  if (geteuid() != user && setresuid(user, user, user) < 0) return -errno;
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (syscall(SYS_capset, &head, none) < 0) return -errno;
  return 0;
}
