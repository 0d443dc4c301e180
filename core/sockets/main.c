/* SPDX-License-Identifier: MIT
 *
 * mtr-sockets: the only file of ours that may have a privilege: cap_net_raw+ep
 * or setuid root. It sends probes and receives their answers for an engine that
 * has no privilege, and never hands out a socket: whoever has a raw socket,
 * even one to receive, can send any packet through it.
 *
 * It reads no arguments, environment or files. It opens its sockets, gives up
 * all rights, and answers the process that has started it over two sockets
 * (net/raw/message.h) until that process ends or closes them.
 *
 * Exit status: 0 the engine has ended; 1 an error; 2 it was not started by an
 * engine.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/raw/sockets.h"
#include "sockets/confine.h"
#include "sockets/serve.h"

enum { BAD_USAGE = 2, FIRST = 3 };

static int is(int fd, int option, int value) {
  int found = -1;
  socklen_t size = sizeof found;
  return !getsockopt(fd, SOL_SOCKET, option, &found, &size) && found == value;
}

static int is_engine(int fd) {
  return is(fd, SO_DOMAIN, AF_UNIX) && is(fd, SO_TYPE, SOCK_SEQPACKET);
}

int main(void) {
  static const char usage[] =
      "mtr-sockets: mtrlua starts this program, to send and receive for it\n";
  static struct serve s;
  if (!is_engine(SERVE_ASK) || !is_engine(SERVE_GIVE)) {
    (void)!write(STDERR_FILENO, usage, sizeof usage - 1);
    return BAD_USAGE;
  }
  if (syscall(SYS_close_range, (unsigned)FIRST, ~0u, 0u)) return 1;
  s.opened = sockets_open(s.fd, 0);
  if (confine_identity()) return 1;
  serve_prepare(&s);
  if (confine_calls()) return 1;
  serve_run(&s);
  return 0;
}
