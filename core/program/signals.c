/* SPDX-License-Identifier: MIT
 *
 * Static variables, as in terminal.c: a signal handler has no argument for its
 * state. The handler makes async-signal-safe calls only.
 */
#include "program/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "program/terminal.h"

/* timeout(1) signals its child and then the group of its child: two signals
 * within a few microseconds, which count as one. */
enum { SAME_NS = 20 * 1000 * 1000 };

static volatile int32_t count;
static atomic_int speed;
static volatile sig_atomic_t first;
static int64_t first_ns;
static int wake_fd = -1;
static void (*interactive)(void);      /* NULL: SIGINT ends the program */
static timer_t grace;
static struct itimerspec grace_left;

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

/* Returns 1 if the program that we served over two pipes has gone, or has
 * closed both: it wants no answer any more, as mtr(8), which then ends us. */
static int client_gone(void) {
  struct pollfd in = {.fd = STDIN_FILENO};
  return poll(&in, 1, 0) > 0 && (in.revents & POLLHUP) && reader_gone();
}

/* signals_say: prints, once, that the signal was received. */
static void signals_say(int sig) {
  static const char by_user[] = "mtrlua: interrupted\n";
  static const char by_time[] = "mtrlua: the time of --max-time is over\n";
  const char *text = sig == SIGXCPU ? by_time : by_user;

  if (write(STDERR_FILENO, text, strlen(text)) < 0) {
    /* there is no reader */
  }
}

/* signals_first: takes the first signal and starts the time of grace. */
static void signals_first(int sig) {
  first = sig;
  first_ns = now_ns();
  count = 1;
  if (interactive && sig == SIGINT) {
    interactive();
    return;
  }
  terminal_over();
  if (sig != SIGPIPE && !(sig == SIGTERM && client_gone()))
    signals_say(sig);
  if (grace_left.it_value.tv_sec == 0 && grace_left.it_value.tv_nsec == 0)
    _exit(128 + sig);
  timer_settime(grace, 0, &grace_left, NULL);
}

static void signals_over(int sig) {
  (void)sig;
  if (first)
    _exit(128 + first);
}

static void on_signal(int sig) {
  const uint64_t one = 1;
  int saved = errno;
  if (sig == SIGPIPE && !reader_gone()) {
    errno = saved;
    return;
  }
  if (count == 0) {
    signals_first(sig);
  } else if (now_ns() - first_ns >= SAME_NS) {
    _exit(128 + sig);
  }
  if (write(wake_fd, &one, sizeof one) < 0) {
    /* it is readable already */
  }
  errno = saved;
}

static void on_speed(int sig) {
  const uint64_t one = 1;
  int saved = errno;
  atomic_fetch_add(&speed, sig == SIGUSR1 ? 1 : -1);
  if (write(wake_fd, &one, sizeof one) < 0) {
    /* it is readable already */
  }
  errno = saved;
}

/* The write that goes beyond the limit of a file's size gives EFBIG. Without a
 * handler it would end the process in the midst of a record; if the signal were
 * ignored, programs that scripts start would inherit that. */
static void on_file_limit(int sig) { (void)sig; }

/* Installs the handler of |sig|. If SIGINT was ignored before, it stays
 * ignored: shells start background programs like that. */
static void take(int sig) {
  struct sigaction old;
  int usr = sig == SIGUSR1 || sig == SIGUSR2;
  struct sigaction act = {.sa_handler = usr ? on_speed
                                        : sig == SIGXFSZ ? on_file_limit
                                                         : on_signal,
                          .sa_flags = SA_RESTART};
  sigfillset(&act.sa_mask);
  sigaction(sig, NULL, &old);
  if (sig != SIGINT || old.sa_handler != SIG_IGN) sigaction(sig, &act, NULL);
}

/* signals_timer: prepares the timer that ends the process after the grace. */
static int signals_timer(uint32_t ms) {
  struct sigevent event = {
    .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM,
  };
  struct sigaction act = {.sa_handler = signals_over};

  sigfillset(&act.sa_mask);
  grace_left.it_value.tv_sec = ms / 1000;
  grace_left.it_value.tv_nsec = (long)(ms % 1000) * 1000000;
  if (sigaction(SIGALRM, &act, NULL) < 0)
    return -errno;
  return timer_create(CLOCK_MONOTONIC, &event, &grace) < 0 ? -errno : 0;
}

int signals_start(uint32_t grace_ms) {
  int err = signals_timer(grace_ms);

  if (err < 0)
    return err;
  wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) return -errno;
  take(SIGINT);
  take(SIGTERM);
  take(SIGPIPE);
  take(SIGUSR1);
  take(SIGUSR2);
  take(SIGXFSZ);
  return wake_fd;
}

/* Sends |sig| to this process in |ms|. */
static int signals_later(int sig, uint64_t ms) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = sig};
  struct itimerspec left = {.it_value = {
      .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000}};
  timer_t timer;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ||
      timer_settime(timer, 0, &left, NULL) < 0)
    return -errno;
  return 0;
}

int signals_limit(uint32_t ms, uint32_t grace_ms, uint32_t *timer) {
  enum { SPARE_MS = 1000 };
  take(SIGXCPU);
  *timer = (uint32_t)(uintptr_t)grace;
  int err = signals_later(SIGXCPU, ms ? ms : 1);
  if (!err) err = signals_later(SIGKILL, (uint64_t)ms + grace_ms + SPARE_MS);
  return err;
}

int signals_speed(void) { return atomic_exchange(&speed, 0); }

void signals_serve(void) { signal(SIGPIPE, SIG_IGN); }

void signals_interactive(void (*hook)(void)) { interactive = hook; }

int signals_forgive(void) {
  if (first && first != SIGINT) return 0;
  first = 0;
  count = 0;
  signals_clear();
  return 1;
}

int signals_count(void) { return count; }

volatile int32_t *signals_cell(void) {
  return &count;
}

void signals_clear(void) {
  uint64_t n;
  while (read(wake_fd, &n, sizeof n) > 0) {
  }
}

int signals_status(void) { return first ? 128 + first : 0; }
