/* SPDX-License-Identifier: MIT
 *
 * The filter of system calls names what an engine needs while it runs; all
 * others fail with EPERM, so that our own code gets an error that it can
 * report. Landlock is called by number: the headers of Debian 12 know less of
 * it than newer kernels have.
 */
#include "program/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/architecture.h"
#include "program/privilege.h"
#include "program/signals.h"

enum { CREATE_RULESET = 444, RESTRICT_SELF = 446, VERSION_ONLY = 1 };

/* Rights by version of landlock: the first version that has them, and how many
 * there are of files. */
static const unsigned char file_rights[] = {0, 13, 14, 15, 15, 16};
enum { NET_FROM = 4, CONNECT_TCP = 1 << 1, SCOPE_FROM = 6, SCOPES = 3 };

struct ruleset {
  uint64_t files, net, scoped;
};

/* Returns 1 if it works, 0 if the kernel has no landlock. */
static int landlock(int connects) {
  long version = syscall(CREATE_RULESET, NULL, 0, VERSION_ONLY);
  if (version < 1) return 0;
  size_t known = sizeof file_rights - 1;
  size_t at = (size_t)version < known ? (size_t)version : known;
  struct ruleset r = {.files = (1ull << file_rights[at]) - 1};
  size_t size = sizeof r.files;
  if (version >= NET_FROM) size = 2 * sizeof r.files;
  if (version >= NET_FROM && !connects) r.net = CONNECT_TCP;
  if (version >= SCOPE_FROM) r.scoped = SCOPES, size = sizeof r;
  int fd = (int)syscall(CREATE_RULESET, &r, size, 0);
  if (fd < 0) return 0;
  long err = syscall(RESTRICT_SELF, fd, 0);
  close(fd);
  return !err;
}

#ifdef ARCHITECTURE
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
                             offsetof(struct seccomp_data, field))
#define ARG(i) LOAD(args[i])      /* the lower half: all are little-endian */
#define RET(what) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_##what)
#define NO BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define IS(value) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, 1), RET(ALLOW)
#define ALLOW(call) IS(SYS_##call)
/* Skips |n| instructions unless the call is this one. */
#define CALL(call, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, n)

static int calls(uint32_t timer) {
  struct sock_filter code[] = {
      LOAD(arch),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
      RET(KILL_PROCESS),
      LOAD(nr),
      /* What an engine does all the time. */
      ALLOW(sendmmsg), ALLOW(recvmmsg), ALLOW(sendmsg), ALLOW(recvmsg),
      ALLOW(sendto), ALLOW(recvfrom), ALLOW(read), ALLOW(write), ALLOW(writev),
      ALLOW(readv), ALLOW(epoll_pwait), ALLOW(epoll_ctl), ALLOW(ppoll),
      ALLOW(timerfd_settime), ALLOW(clock_gettime), ALLOW(futex),
#ifdef __x86_64__
      ALLOW(epoll_wait), ALLOW(poll), ALLOW(time),
#endif
      ALLOW(gettimeofday), ALLOW(clock_nanosleep), ALLOW(nanosleep),
      /* Memory, none of it executable. */
      ALLOW(munmap), ALLOW(mremap), ALLOW(brk), ALLOW(madvise),
      CALL(mmap, 4), ARG(2),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0), RET(ALLOW), NO,
      CALL(mprotect, 4), ARG(2),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0), RET(ALLOW), NO,
      /* Sockets: routes are asked for and ports reserved by them. */
      ALLOW(bind), ALLOW(connect), ALLOW(getsockname), ALLOW(getsockopt),
      ALLOW(setsockopt),
      CALL(socket, 8), ARG(0), IS(AF_INET), IS(AF_INET6), IS(AF_NETLINK), NO,
      /* Open descriptors. */
      ALLOW(close), ALLOW(lseek), ALLOW(fsync), ALLOW(fdatasync), ALLOW(fstat),
      ALLOW(ftruncate), ALLOW(pread64), ALLOW(pwrite64), ALLOW(flock),
      CALL(fcntl, 14), ARG(1), IS(F_GETFD), IS(F_SETFD), IS(F_GETFL),
      IS(F_SETFL), IS(F_DUPFD_CLOEXEC), IS(F_SETLK), NO,
      CALL(ioctl, 14), ARG(1), IS(FIONBIO), IS(FIONREAD), IS(TCGETS),
      IS(TIOCGWINSZ), IS(SIOCGIFINDEX), IS(SIOCGIFNAME), NO,
      /* Its end. The timer of the grace after a signal is the only one that
       * can be set. */
      ALLOW(rt_sigreturn), ALLOW(restart_syscall), ALLOW(exit),
      ALLOW(exit_group), ALLOW(getpid), ALLOW(gettid), ALLOW(getuid),
      ALLOW(geteuid), ALLOW(getrandom), ALLOW(wait4),
      ALLOW(sigaltstack),              /* of sanitizers, at the end */
      CALL(timer_settime, 4), ARG(0), IS(timer), NO,
      NO};
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ? -errno : 0;
}
#else
static int calls(uint32_t timer) {
  (void)timer;
  return -ENOSYS;
}
#endif

/* Lets the process take |bytes| beside what it has, and leave no core. */
static int limit(uint64_t bytes) {
  unsigned long size, resident, shared, text, lib, data;
  FILE *f = fopen("/proc/self/statm", "re");
  int n = f ? fscanf(f, "%lu %lu %lu %lu %lu %lu", &size, &resident, &shared,
                     &text, &lib, &data) : 0;
  if (f) fclose(f);
  if (n != 6) return -EIO;
  rlim_t most = (rlim_t)data * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
  struct rlimit memory = {most, most}, none = {0, 0};
  if (setrlimit(RLIMIT_DATA, &memory) || setrlimit(RLIMIT_CORE, &none))
    return -errno;
  return 0;
}

int sandbox_close(const struct sandbox *s, int *landlocked) {
  uint32_t timer;
  int err = limit(s->bytes);
  if (!err) err = privilege_none();
  if (!err) err = signals_limit(s->ms, s->grace_ms, &timer);
  if (err) return err;
  *landlocked = landlock(s->connects);
  return calls(timer);
}
