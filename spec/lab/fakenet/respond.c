/* SPDX-License-Identifier: MIT
 *
 * respond: the responder for hosts without XDP, and for a known delay. It
 * answers the packets that come out of a device, each answer DELAY after its
 * probe, in order.
 *
 *   respond tun|tap|wire DEVICE COUNTERS HOLDER DELAY_US LATE_US
 *     [SETTING=VALUE...]
 *
 * With tun or tap it makes the device, and the delay counts from when it reads
 * the probe. With wire the device exists: it is one end of a veth. A packet
 * that is sent into the other end arrives here before the sender's system call
 * returns; the kernel stamps it, and the delay counts from then, which is more
 * exact. An answer that is more than LATE_US late is lost, unless that is 0.
 *
 * When the device is ready it goes on in the background, keeps its counters in
 * the file COUNTERS (one 64-bit number per answer_kind; tell prints them) and
 * ends with process HOLDER. While answers are due it spins, so that the delay
 * is exact to a few us: give it its own CPU. Answers that are longer than a
 * slot are lost.
 *
 *   respond tell COUNTERS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "settings.h"

enum {
  PACKET = 2048,         /* bytes of the longest probe */
  ETHER = 14,            /* bytes before it, but on a TUN device */
  SLOT = 118,            /* bytes of the longest delayed answer */
  SLOTS = 1 << 18,       /* delayed answers: 10 ms at 26 million a second */
  BATCH = 16,            /* answers in a call */
  SOON_NS = 1500,        /* that it takes over one of them, at least */
  READ_NS = 5000,        /* to read a probe and work out its answer */
  ROOM = 16 << 20        /* bytes that the device may hold for us */
};

struct slot {
  int64_t due;           /* ns, real time */
  uint16_t size;
  __u8 bytes[SLOT];
};

struct respond {
  int device, holder;
  int wire;              /* 1: the device is a packet socket */
  size_t ether;          /* 0 or ETHER */
  int64_t at;            /* ns; when what was read last had come */
  int64_t delay;         /* ns */
  int64_t late;          /* ns; how late an answer may be */
  struct model model;
  unsigned long long *counts;
  struct slot *slots;    /* [SLOTS], if there is a delay */
  uint32_t first, next;  /* of those due; they only count up */
};

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* The answer to the |n| bytes at |p|: its size and, in |*out|, its bytes: |p|
 * or |buffer|. 0: there is none. */
static size_t reply4(struct respond *r, __u8 *p, size_t n, __u8 *buffer,
                     __u8 **out) {
  struct answer a = answer_read4(&r->model, p);
  *out = buffer;
  if (a.kind == ANSWER_RESET && n < RESET4) a.kind = ANSWER_OTHER;
  r->counts[a.kind]++;
  if (a.kind == ANSWER_EXCEEDED || a.kind == ANSWER_UNREACHABLE) {
    answer_error4(buffer, p, &a);
    return ERROR4;
  } else if (a.kind == ANSWER_ECHO) {
    answer_echo4(*out = p, &a);
    return n;
  } else if (a.kind == ANSWER_RESET) {
    answer_reset4(buffer, p, &a);
    return RESET4;
  }
  return 0;
}

static size_t reply6(struct respond *r, __u8 *p, size_t n, __u8 *buffer,
                     __u8 **out) {
  struct answer a = answer_read6(&r->model, p);
  *out = buffer;
  if (a.kind == ANSWER_RESET && n < RESET6) a.kind = ANSWER_OTHER;
  r->counts[a.kind]++;
  if (a.kind == ANSWER_EXCEEDED || a.kind == ANSWER_UNREACHABLE) {
    answer_error6(buffer, p, &a);
    return ERROR6;
  } else if (a.kind == ANSWER_ECHO) {
    answer_echo6(*out = p, &a);
    return n;
  } else if (a.kind == ANSWER_RESET) {
    answer_reset6(buffer, p, &a);
    return RESET6;
  }
  return 0;
}

static void put_out(struct respond *r, const __u8 *p, size_t n) {
  if (write(r->device, p, n) < 0) r->counts[ANSWER_LOST]++;
}

static void delay(struct respond *r, const __u8 *p, size_t n) {
  if (n > SLOT || r->next - r->first == SLOTS) {
    r->counts[ANSWER_LOST]++;
    return;
  }
  struct slot *s = &r->slots[r->next++ % SLOTS];
  s->due = r->at + r->delay;
  s->size = (uint16_t)n;
  memcpy(s->bytes, p, n);
}

/* Sends the answer |out| to the |frame|, which may be the same. */
static void finish(struct respond *r, const __u8 *frame, __u8 *out, size_t n) {
  if (r->ether) {
    __u8 from[6];
    memcpy(from, frame + 6, 6);
    memmove(out + 6, frame, 6);
    memcpy(out, from, 6);
    memmove(out + 12, frame + 12, 2);
  }
  (r->delay ? delay : put_out)(r, out, n);
}

/* The next frame, or -1. */
static ssize_t get(struct respond *r, __u8 *frame, size_t size) {
  char control[CMSG_SPACE(sizeof(struct timespec))];
  struct iovec bytes = {frame, size};
  struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1,
                     .msg_control = control, .msg_controllen = sizeof control};
  ssize_t n = r->wire ? recvmsg(r->device, &m, MSG_DONTWAIT)
                      : read(r->device, frame, size);
  if (n < 0) return n;
  struct cmsghdr *c = r->wire ? CMSG_FIRSTHDR(&m) : NULL;
  if (c && c->cmsg_type == SCM_TIMESTAMPNS) {
    struct timespec t;
    memcpy(&t, CMSG_DATA(c), sizeof t);
    r->at = t.tv_sec * 1000000000ll + t.tv_nsec;
  } else {
    r->at = now_ns();
  }
  return n;
}

/* Answers one probe; 0: there was none. */
static int take(struct respond *r) {
  static __u8 frame[PACKET], buffer[SLOT];
  __u8 *packet = frame + r->ether, *out;
  ssize_t n = get(r, frame, sizeof frame) - (ssize_t)r->ether;
  size_t size = 0;
  if (n <= 0) return 0;
  if (packet[0] >> 4 == 4 && n >= IP4 + QUOTE)
    size = reply4(r, packet, (size_t)n, buffer + r->ether, &out);
  else if (packet[0] >> 4 == 6 && n >= IP6 + QUOTE)
    size = reply6(r, packet, (size_t)n, buffer + r->ether, &out);
  else
    r->counts[ANSWER_OTHER]++;
  if (size) finish(r, frame, out - r->ether, size + r->ether);
  return 1;
}

/* Sends the first |n| of the queue in one call. */
static void put_batch(struct respond *r, unsigned n) {
  struct mmsghdr m[BATCH] = {0};
  struct iovec bytes[BATCH];
  for (unsigned i = 0; i < n; i++) {
    struct slot *s = &r->slots[(r->first + i) % SLOTS];
    bytes[i] = (struct iovec){s->bytes, s->size};
    m[i].msg_hdr = (struct msghdr){.msg_iov = &bytes[i], .msg_iovlen = 1};
  }
  int sent = sendmmsg(r->device, m, n, 0);
  if (sent < 0) sent = 0;
  r->counts[ANSWER_LOST] += n - (unsigned)sent;
}

/* Sends what is due; ns until the next one is, or INT64_MAX. */
static int64_t give(struct respond *r) {
  int64_t early = INT64_MAX;
  while (r->first != r->next) {
    int64_t now = now_ns();
    unsigned n = 0, most = r->wire ? BATCH : 1;
    while (n < most && r->first + n != r->next &&
           (early = r->slots[(r->first + n) % SLOTS].due - now) <=
               (n ? SOON_NS * n : 0))
      n++;
    if (!n) return early;
    if (now - r->slots[r->first % SLOTS].due > r->late) {
      r->counts[ANSWER_LOST]++;
      r->first++;
      continue;
    }
    if (r->wire) put_batch(r, n);
    else put_out(r, r->slots[r->first % SLOTS].bytes,
                 r->slots[r->first % SLOTS].size);
    r->first += n;
  }
  return INT64_MAX;
}

/* Until HOLDER ends, or this is killed. What comes by the wire can wait until
 * what is due has gone: its time is known. */
static void serve(struct respond *r) {
  struct pollfd wait[] = {{.fd = r->holder, .events = POLLIN},
                          {.fd = r->device, .events = POLLIN}};
  while (!wait[0].revents) {
    int64_t early = give(r);
    if (r->wire && early < READ_NS) continue;
    if (!take(r) && r->first == r->next) poll(wait, 2, -1);
  }
}

static int open_device(const char *name, int tap) {
  struct ifreq f = {0};
  f.ifr_flags = (short)((tap ? IFF_TAP : IFF_TUN) | IFF_NO_PI);
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), room = ROOM;
  strncpy(f.ifr_name, name, IFNAMSIZ - 1);
  if (fd < 0 || ioctl(fd, TUNSETIFF, &f) < 0) return -errno;
  return ioctl(fd, TUNSETSNDBUF, &room) < 0 ? -errno : fd;
}

static int open_wire(const char *name) {
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1, room = ROOM;
  struct sockaddr_ll link = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
      .sll_ifindex = (int)if_nametoindex(name)};
  if (fd < 0 || !link.sll_ifindex) return -errno;
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) < 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) < 0 ||
      bind(fd, (struct sockaddr *)&link, sizeof link) < 0)
    return -errno;
  return fd;
}

static void *open_counters(const char *path, int flags) {
  enum { SIZE = ANSWER_KINDS * sizeof(long long) };
  int fd = open(path, flags | O_CLOEXEC, 0600);
  int made = fd >= 0 && (!(flags & O_CREAT) || !ftruncate(fd, SIZE));
  void *p = made ? mmap(NULL, SIZE, PROT_READ | (flags & O_CREAT ? PROT_WRITE
                                                                 : 0),
                        MAP_SHARED, fd, 0) : MAP_FAILED;
  return p == MAP_FAILED ? NULL : p;
}

static int fail(const char *what, int err) {
  fprintf(stderr, "respond: %s: %s\n", what, strerror(err));
  return 1;
}

static int tell(const char *path) {
  const unsigned long long *counts = open_counters(path, O_RDONLY);
  if (!counts) return fail(path, errno);
  settings_print(counts);
  return 0;
}

int main(int argc, char **argv) {
  static struct respond r;
  if (argc == 3 && !strcmp(argv[1], "tell")) return tell(argv[2]);
  if (argc < 7) return 2;
  const char *wrong = settings_read(&r.model, argc - 7, argv + 7);
  r.delay = atoll(argv[5]) * 1000;
  r.late = atoll(argv[6]) * 1000;
  if (!r.late) r.late = INT64_MAX;
  r.wire = !strcmp(argv[1], "wire");
  r.ether = strcmp(argv[1], "tun") ? ETHER : 0;
  if (wrong || r.delay < 0) {
    fprintf(stderr, "respond: %s\n", wrong ? wrong : "a delay below 0");
    return 2;
  }
  r.device = r.wire ? open_wire(argv[2]) : open_device(argv[2], r.ether != 0);
  if (r.device < 0) return fail(r.wire ? argv[2] : "/dev/net/tun", -r.device);
  r.counts = open_counters(argv[3], O_RDWR | O_CREAT | O_TRUNC);
  if (!r.counts) return fail(argv[3], errno);
  r.holder = (int)syscall(SYS_pidfd_open, atoi(argv[4]), 0);
  if (r.holder < 0) return fail(argv[4], errno);
  if (r.delay && !(r.slots = malloc(sizeof *r.slots * SLOTS)))
    return fail("slots", errno);
  if (daemon(0, 0) < 0) return fail("daemon", errno);
  serve(&r);
  return 0;
}
