/* SPDX-License-Identifier: MIT
 *
 * mtrp_driver: a bare client of mtr-packet's protocol, to compare servers and
 * other clients with. It starts a program with a pipe each way, keeps
 * WINDOW probes under way in it until COUNT have been answered, reads replies
 * in big pieces, and sends one command per reply, in one write. No trace logic,
 * no timers: nothing that a real client does beyond the protocol.
 *
 *   mtrp_driver WINDOW COUNT PROTOCOL DESTINATION SOURCE TTL PROGRAM [ARGS]
 *
 * PROTOCOL is a word of mtr-packet's protocol, such as icmp. Tokens are slots
 * of the window and are used again as soon as they are answered. It prints one
 * line of key=value; child_us is the CPU time of PROGRAM from its start to its
 * end, per probe. It fails if a reply belongs to no request, or if the program
 * ends early.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  PIECE = 1 << 16,       /* bytes of one read */
  COMMAND = 256,         /* bytes of the longest command */
  SILENCE_MS = 20000     /* after which the program counts as stuck */
};

struct driver {
  int to, from;          /* pipes */
  pid_t child;
  unsigned window;
  unsigned long count;
  char tail[COMMAND];    /* of a command, behind its token */
  size_t tail_size;
  uint8_t *busy;         /* [window + 1]: the token is under way */
  char *out;             /* commands that the pipe did not take */
  size_t out_size;
  char in[PIECE + COMMAND];
  size_t in_size;        /* bytes of an unfinished line */
  unsigned long sent, answered, good;
  double rtt_us;         /* sum */
};

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_us(const struct rusage *u) {
  return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e6 +
         (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec);
}

static int start(struct driver *d, char **argv) {
  int commands[2], replies[2];
  if (pipe(commands) || pipe(replies)) return -errno;
  d->child = fork();
  if (d->child < 0) return -errno;
  if (!d->child) {
    dup2(commands[0], STDIN_FILENO);
    dup2(replies[1], STDOUT_FILENO);
    for (int fd = STDERR_FILENO + 1; fd < 16; fd++) close(fd);
    execvp(argv[0], argv);
    perror(argv[0]);
    _exit(127);
  }
  close(commands[0]);
  close(replies[1]);
  d->to = commands[1];
  d->from = replies[0];
  fcntl(d->to, F_SETFL, O_NONBLOCK);
  fcntl(d->from, F_SETFL, O_NONBLOCK);
  return 0;
}

static void request(struct driver *d, unsigned token) {
  char digits[12], *p = digits + sizeof digits;
  unsigned v = token;
  do *--p = (char)('0' + v % 10); while (v /= 10);
  size_t n = (size_t)(digits + sizeof digits - p);
  memcpy(d->out + d->out_size, p, n);
  memcpy(d->out + d->out_size + n, d->tail, d->tail_size);
  d->out_size += n + d->tail_size;
  d->busy[token] = 1;
  d->sent++;
}

/* Writes what the pipe takes. */
static int flush(struct driver *d) {
  size_t done = 0;
  ssize_t n = 0;
  while (done < d->out_size && n >= 0) {
    n = write(d->to, d->out + done, d->out_size - done);
    if (n > 0) done += (size_t)n;
  }
  d->out_size -= done;
  memmove(d->out, d->out + done, d->out_size);
  return n < 0 && errno != EAGAIN ? -errno : 0;
}

/* The number behind the last blank of a reply that has one: its time. */
static int reply(struct driver *d, const char *line, const char *end) {
  unsigned token = 0;
  for (; line < end && *line >= '0' && *line <= '9'; line++)
    token = token * 10 + (unsigned)(*line - '0');
  if (!token || token > d->window || !d->busy[token]) return -EPROTO;
  d->busy[token] = 0;
  d->answered++;
  if (end - line > 6 && !memcmp(line, " reply", 6)) {
    double scale = 1;
    d->good++;
    for (end--; *end >= '0' && *end <= '9'; end--, scale *= 10)
      d->rtt_us += scale * (*end - '0');
  }
  if (d->sent < d->count) request(d, token);
  return 0;
}

static int receive(struct driver *d) {
  ssize_t n = read(d->from, d->in + d->in_size, PIECE);
  if (n < 0) return errno == EAGAIN ? 0 : -errno;
  if (!n) return -EPIPE;
  const char *p = d->in, *end = d->in + d->in_size + n, *stop;
  while ((stop = memchr(p, '\n', (size_t)(end - p)))) {
    int err = reply(d, p, stop);
    if (err) {
      fprintf(stderr, "mtrp_driver: %.*s\n", (int)(stop - p), p);
      return err;
    }
    p = stop + 1;
  }
  d->in_size = (size_t)(end - p);
  if (d->in_size >= COMMAND) return -EMSGSIZE;
  memmove(d->in, p, d->in_size);
  return 0;
}

static int run(struct driver *d) {
  for (unsigned i = 1; i <= d->window && d->sent < d->count; i++) request(d, i);
  while (d->answered < d->count) {
    int err = flush(d);
    if (err) return err;
    struct pollfd p[] = {{.fd = d->from, .events = POLLIN},
                         {.fd = d->to, .events = POLLOUT}};
    int ready = poll(p, d->out_size ? 2 : 1, SILENCE_MS);
    if (ready <= 0) return ready ? -errno : -ETIMEDOUT;
    if (p[0].revents && (err = receive(d))) return err;
  }
  return 0;
}

int main(int argc, char **argv) {
  static struct driver d;
  struct rusage self, child;
  int status;
  if (argc < 8) return 2;
  d.window = (unsigned)atoi(argv[1]);
  d.count = strtoul(argv[2], NULL, 10);
  const char *family = strchr(argv[4], ':') ? "6" : "4";
  d.tail_size = (size_t)snprintf(
      d.tail, sizeof d.tail,
      " send-probe ip-%s %s local-ip-%s %s protocol %s ttl %s timeout 5\n",
      family, argv[4], family, argv[5], argv[3], argv[6]);
  d.busy = calloc(d.window + 1, 1);
  d.out = malloc((size_t)d.window * COMMAND + 1);
  if (!d.window || !d.count || !d.busy || !d.out) return 2;
  signal(SIGPIPE, SIG_IGN);
  int err = start(&d, argv + 7);
  double from = seconds();
  if (!err) err = run(&d);
  double took = seconds() - from;
  close(d.to);
  if (err) {
    fprintf(stderr, "mtrp_driver: after %lu of %lu answers: %s\n", d.answered,
            d.count, strerror(-err));
    if (d.child > 0) kill(d.child, SIGKILL);
    return 1;
  }
  wait4(d.child, &status, 0, &child);
  getrusage(RUSAGE_SELF, &self);
  double n = (double)d.count;
  printf("window=%u probes=%lu replies=%lu seconds=%.3f rate=%.0f "
         "child_us=%.3f driver_us=%.3f rtt_us=%.1f status=%d\n", d.window,
         d.count, d.good, took, n / took, cpu_us(&child) / n, cpu_us(&self) / n,
         d.good ? d.rtt_us / (double)d.good : 0, status);
  return status != 0;
}
