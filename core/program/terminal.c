/* SPDX-License-Identifier: MIT
 *
 * Keys come one by one and without echo, but ^C, ^\ and ^Z still make signals.
 * The terminal is opened anew, so that it can be written without blocking: the
 * descriptors of a shell are shared with other programs.
 *
 * The guard reads a pipe: TAKEN and GIVEN say whose the screen is, and the end
 * of the pipe means that the process has ended. A shell may set the terminal at
 * the same moment; so modes are set back only if they are still ours. This
 * would be wrong if a shell had exactly our modes.
 *
 * The state is static because signal handlers use it. They make
 * async-signal-safe calls only, and the rest blocks signals while it changes
 * the state.
 */
#include "program/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Another screen without cursor and without automatic new lines, emptied; and
 * the way back (xterm's private modes 1049, 25 and 7). */
static const char take_codes[] = "\033[?1049h\033[?25l\033[?7l\033[0m\033[2J";
static const char give_codes[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

enum { ROWS = 24, COLUMNS = 80 };      /* of a terminal that does not say */
enum { TAKEN = 't', GIVEN = 'g' };

static struct {
  int fd, input;         /* the terminal; -1: not open */
  int pipe;              /* to the guard */
  pid_t guard;
  struct termios before, ours;
  struct sigaction stop, go_on, read; /* handlers of before */
} terminal = {.fd = -1, .input = -1, .pipe = -1};

static volatile sig_atomic_t taken;    /* the screen is ours */
static volatile sig_atomic_t stale;    /* somebody else may have set modes */
static volatile sig_atomic_t over;     /* it is given back for ever */

static void put(int fd, const char *bytes, size_t size) {
  if (write(fd, bytes, size) < 0) {
    /* the terminal is gone, or stopped by ^S */
  }
}

static void notify(char what) { put(terminal.pipe, &what, 1); }

static int same(const struct termios *a, const struct termios *b) {
  return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
         a->c_lflag == b->c_lflag && !memcmp(a->c_cc, b->c_cc, sizeof a->c_cc);
}

/* Sets the terminal back as it was. */
static void restore(void) {
  struct termios now;
  if (!tcgetattr(terminal.fd, &now) && same(&now, &terminal.ours))
    tcsetattr(terminal.fd, TCSANOW, &terminal.before);
  put(terminal.fd, give_codes, sizeof give_codes - 1);
}

static void give(void) {
  if (!taken) return;
  taken = 0;
  restore();
  notify(GIVEN);
}

static void take(void) {
  notify(TAKEN);
  taken = 1;
  stale = 0;
  tcsetattr(terminal.fd, TCSANOW, &terminal.ours);
  tcgetattr(terminal.fd, &terminal.ours);
  put(terminal.fd, take_codes, sizeof take_codes - 1);
}

static void block(sigset_t *old) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, old);
}

static void unblock(const sigset_t *old) {
  sigprocmask(SIG_SETMASK, old, NULL);
}

/* ^Z: stops in the same way as without this handler. */
static void on_stop(int sig) {
  int saved = errno;
  (void)sig;
  give();
  raise(SIGSTOP);
  errno = saved;
}

static void on_continue(int sig) {
  (void)sig;
  stale = 1;
}

/* Closes every descriptor but two, of which |a| < |b|. */
static void close_others(int a, int b) {
  int most = (int)sysconf(_SC_OPEN_MAX);
  if (!close_range((unsigned)b + 1, ~0u, 0)) most = b;
  for (int fd = 0; fd < most; fd++)
    if (fd != a && fd != b) close(fd);
}

/* The guard, with all signals blocked. */
static _Noreturn void guard(int in) {
  char last = GIVEN, c;
  prctl(PR_SET_NAME, "mtrlua-guard");
  if (in < terminal.fd) close_others(in, terminal.fd);
  else close_others(terminal.fd, in);
  for (ssize_t n; (n = read(in, &c, 1)) != 0;)
    if (n > 0) last = c;
  if (last == TAKEN) restore();
  _exit(0);
}

static int start_guard(void) {
  int ends[2];
  sigset_t old;
  if (pipe2(ends, O_CLOEXEC)) return -errno;
  block(&old);
  pid_t pid = fork();
  if (pid == 0) guard(ends[0]);
  int err = pid < 0 ? -errno : 0;
  unblock(&old);
  close(ends[0]);
  if (err) {
    close(ends[1]);
    return err;
  }
  terminal.guard = pid;
  terminal.pipe = ends[1];
  return 0;
}

/* Opens the terminal of standard output anew: by its own name, or, where that
 * belongs to another user, as the terminal that controls this process. */
static int reopen(void) {
  enum { FLAGS = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC };
  if (!isatty(STDOUT_FILENO)) return -ENOTTY;
  int fd = open("/proc/self/fd/1", FLAGS);
  if (fd < 0) fd = open("/dev/tty", FLAGS);
  return fd < 0 ? -errno : fd;
}

/* Takes keys one by one, without echo; ^S and ^V are keys as others. */
static void set_modes(struct termios *t) {
  t->c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
  t->c_iflag &= ~(tcflag_t)IXON;
  t->c_cc[VMIN] = 1;
  t->c_cc[VTIME] = 0;
}

static void forget(void) {
  if (terminal.input >= 0) close(terminal.input);
  if (terminal.fd >= 0) close(terminal.fd);
  terminal.fd = terminal.input = terminal.pipe = -1;
}

int terminal_open(void) {
  struct sigaction act = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
  int err;
  if (terminal.fd >= 0) return -EBUSY;
  int fd = reopen();
  if (fd < 0) return fd;
  terminal.fd = fd;
  terminal.input = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (terminal.input < 0 || tcgetattr(fd, &terminal.before)) goto fail;
  terminal.ours = terminal.before;
  set_modes(&terminal.ours);
  err = start_guard();
  if (err < 0) {
    forget();
    return err;
  }
  over = 0;
  sigfillset(&act.sa_mask);
  sigaction(SIGTSTP, &act, &terminal.stop);
  act.sa_handler = on_continue;
  sigaction(SIGCONT, &act, &terminal.go_on);
  act.sa_handler = SIG_IGN;            /* in the background: read fails */
  sigaction(SIGTTIN, &act, &terminal.read);
  return 0;
fail:
  err = -errno;
  forget();
  return err;
}

int terminal_check(struct terminal_state *out) {
  struct winsize size = {.ws_row = 0};
  sigset_t old;
  if (terminal.fd < 0) return -ENOTTY;
  pid_t group = tcgetpgrp(terminal.fd);
  out->fresh = 0;
  block(&old);
  if (!over && (!taken || stale) && (group < 0 || group == getpgrp())) {
    take();
    out->fresh = 1;
  }
  out->on = taken;
  unblock(&old);
  ioctl(terminal.fd, TIOCGWINSZ, &size);
  out->rows = size.ws_row ? size.ws_row : ROWS;
  out->columns = size.ws_col ? size.ws_col : COLUMNS;
  return 0;
}

int terminal_draw(const char *bytes, size_t size) {
  sigset_t old;
  ssize_t n = 0;
  block(&old);
  if (taken) n = write(terminal.fd, bytes, size);
  int err = n < 0 ? -errno : 0;
  unblock(&old);
  if (err == -EAGAIN || err == -EINTR) return 0;
  return err ? err : (int)n;
}

int terminal_input(void) {
  return terminal.input < 0 ? -ENOTTY : terminal.input;
}

void terminal_over(void) {
  over = 1;
  give();
}

void terminal_close(void) {
  sigset_t old;
  if (terminal.fd < 0) return;
  block(&old);
  give();
  sigaction(SIGTSTP, &terminal.stop, NULL);
  sigaction(SIGCONT, &terminal.go_on, NULL);
  sigaction(SIGTTIN, &terminal.read, NULL);
  unblock(&old);
  close(terminal.pipe);
  waitpid(terminal.guard, NULL, 0);
  forget();
}
