/* SPDX-License-Identifier: MIT
 *
 * escape.c: code that runs within a process of mtrlua --sandbox after it has
 * shut itself in, as that of somebody would who got out of the interpreter. As
 * a library in LD_PRELOAD it takes the place of strftime(3), which os.date
 * calls, and prints what each attempt gives: 0 if it succeeds, or the errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void tell(const char *what, long result) {
  printf("%s %d\n", what, result < 0 ? errno : 0);
  fflush(stdout);
}

/* Makes a page of this program writable and executable. */
static int change_code(void) {
  long size = sysconf(_SC_PAGESIZE);
  void *page = (void *)((uintptr_t)&tell & ~(uintptr_t)(size - 1));
  return mprotect(page, (size_t)size, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static long connect_tcp(void) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  return fd < 0 ? fd : connect(fd, (void *)&to, sizeof to);
}

size_t strftime(char *out, size_t size, const char *format,
                const struct tm *tm) {
  static const char *const argv[] = {"/bin/true", NULL};
  struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
  struct itimerspec never = {{0, 0}, {0, 0}};
  char key = 'x';
  (void)format;
  (void)tm;
  tell("open", open("/etc/passwd", O_RDONLY));
  tell("open-proc", open("/proc/self/mem", O_RDWR));
  tell("creat", open("sandbox.out", O_CREAT | O_WRONLY, 0600));
  tell("opendir", open("/", O_RDONLY | O_DIRECTORY));
  tell("openat2", syscall(437, AT_FDCWD, "/etc/passwd", "", 24));
  tell("stat", access("/etc/passwd", F_OK));
  tell("unlink", unlink("sandbox.lua"));
  tell("rename", rename("sandbox.lua", "other.lua"));
  tell("execve", syscall(SYS_execve, argv[0], argv, NULL));
  tell("fork", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  tell("kill", kill(getppid(), 0));
  tell("ptrace", ptrace(PTRACE_ATTACH, getppid(), 0, 0));
  tell("peek", syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
  tell("unix", socket(AF_UNIX, SOCK_STREAM, 0));
  tell("packet", socket(AF_PACKET, SOCK_RAW, 0));
  tell("raw", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  tell("bpf", syscall(SYS_bpf, 0, NULL, 0));
  tell("io_uring", syscall(425, 1, NULL));
  tell("exec-map", mmap(NULL, 4096, PROT_READ | PROT_EXEC,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                       ? -1 : 0);
  tell("exec-protect", change_code());
  tell("limit", setrlimit(RLIMIT_DATA, &all));
  tell("timer", syscall(SYS_timer_settime, 1, 0, &never, NULL));
  tell("timer", syscall(SYS_timer_settime, 2, 0, &never, NULL));
  tell("timer", syscall(SYS_timer_delete, 1));
  tell("block", syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, NULL, 8));
  tell("ignore", syscall(SYS_rt_sigaction, SIGXCPU, NULL, NULL, 8));
  tell("type", ioctl(0, TIOCSTI, &key));
  tell("dumpable", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
  tell("setuid", setuid(0));
  tell("tcp", connect_tcp());
  tell("write", write(1, "", 0));
  if (size) *out = 'x';
  return 1;
}
