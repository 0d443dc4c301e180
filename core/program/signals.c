/* SPDX-License-Identifier: MIT
 *
 * The only static variables of the program: a signal handler has no argument
 * for its state. The handler makes async-signal-safe calls only.
 */
#include "program/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* timeout(1) signals its child and then the group of its child: two signals
 * within a few microseconds, which count as one. */
enum { SAME_NS = 20 * 1000 * 1000 };

static volatile sig_atomic_t count;
static volatile sig_atomic_t first;
static int64_t first_ns;
static int wake_fd = -1;

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Returns 1 if nobody reads standard output any more. */
static int reader_gone(void) {
  struct pollfd out = {.fd = STDOUT_FILENO};
  return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

static void on_signal(int sig) {
  const uint64_t one = 1;
  int saved = errno;
  if (sig == SIGPIPE && !reader_gone()) {
    errno = saved;
    return;
  }
  if (count == 0) {
    first = sig;
    first_ns = now_ns();
    count = 1;
  } else if (now_ns() - first_ns >= SAME_NS) {
    _exit(128 + sig);
  }
  if (write(wake_fd, &one, sizeof one) < 0) {
    /* it is readable already */
  }
  errno = saved;
}

/* Installs the handler of |sig|. If SIGINT was ignored before, it stays
 * ignored: shells start background programs like that. */
static void take(int sig) {
  struct sigaction old;
  struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigfillset(&act.sa_mask);
  sigaction(sig, NULL, &old);
  if (sig != SIGINT || old.sa_handler != SIG_IGN) sigaction(sig, &act, NULL);
}

int signals_start(void) {
  wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) return -errno;
  take(SIGINT);
  take(SIGTERM);
  take(SIGPIPE);
  return wake_fd;
}

int signals_count(void) { return count; }

void signals_clear(void) {
  uint64_t n;
  while (read(wake_fd, &n, sizeof n) > 0) {
  }
}

int signals_status(void) { return first ? 128 + first : 0; }
