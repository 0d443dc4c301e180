/* SPDX-License-Identifier: MIT
 *
 * flood.c: sends ICMP over IPv4 that concerns no engine, in equal parts: echo
 * replies to other programs, errors that quote other programs' packets of the
 * victim, errors that quote packets of other hosts, with a random
 * identification or with none, and errors that quote less than 8 bytes.
 *
 *   flood DST PER_SECOND SECONDS KINDS
 *
 * KINDS has a letter for each kind to send: r o f z s. It prints how many
 * packets it has sent and how many seconds that took. What is quoted has ports
 * and identifiers up to 9999 only, which no engine uses.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, PACKETS = 4096, QUOTE = 8, IP = 20, UDP = 8, ROOM = 64 };

static uint8_t packet[PACKETS][ROOM];
static struct iovec bytes[PACKETS];
static struct mmsghdr message[PACKETS];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void put16(uint8_t *at, unsigned n) {
  at[0] = (uint8_t)(n >> 8);
  at[1] = (uint8_t)n;
}

static unsigned below(unsigned n) { return (unsigned)rand() % n; }

/* The checksum of ICMP: RFC 792. */
static void seal(uint8_t *p, size_t size) {
  uint32_t sum = 0;
  for (size_t i = 0; i < size; i++) sum += i % 2 ? p[i] : p[i] * 256u;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  put16(p + 2, ~sum & 0xffff);
}

static size_t make(uint8_t *p, char kind, const struct in_addr *victim) {
  uint8_t *q = p + QUOTE, *u = q + IP;
  if (kind == 'r') {
    put16(p + 4, below(10000));
    put16(p + 6, below(65536));
    return QUOTE;
  }
  p[0] = 11;                             /* time exceeded */
  q[0] = 0x45;
  put16(q + 2, IP + UDP);
  put16(q + 4, kind == 'z' ? 0 : below(65536));
  q[8] = 1;
  q[9] = 17;
  memcpy(q + 12, victim, sizeof *victim);
  if (kind == 'f' || kind == 'z') put16(q + 14, below(65536));
  put16(q + 16, 0xc633);                 /* 198.51.100.0/24 */
  put16(q + 18, 0x6400 + below(256));
  put16(u, below(10000));
  put16(u + 2, 33434);
  put16(u + 4, UDP);
  put16(u + 6, below(65536));
  return QUOTE + IP + (kind == 's' ? 4u : UDP);
}

int main(int argc, char **argv) {
  struct sockaddr_in to = {.sin_family = AF_INET};
  if (argc != 5 || !inet_aton(argv[1], &to.sin_addr) || !*argv[4]) return 2;
  double rate = atof(argv[2]), seconds = atof(argv[3]);
  int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  if (fd < 0) return 1;
  for (size_t i = 0; i < PACKETS; i++) {
    char kind = argv[4][i % strlen(argv[4])];
    size_t size = make(packet[i], kind, &to.sin_addr);
    seal(packet[i], size);
    bytes[i] = (struct iovec){packet[i], size};
    message[i].msg_hdr = (struct msghdr){
        .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &bytes[i],
        .msg_iovlen = 1};
  }
  double start = now(), sent = 0, past;
  for (size_t i = 0; (past = now() - start) < seconds;
       i = (i + BATCH) % PACKETS) {
    if (sent > past * rate) {
      nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
      continue;
    }
    int n = sendmmsg(fd, &message[i], BATCH, 0);
    if (n > 0) sent += n;
  }
  printf("%.0f %.3f\n", sent, past);
  return 0;
}
