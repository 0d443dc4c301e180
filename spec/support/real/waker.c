/* SPDX-License-Identifier: MIT
 *
 * waker.c: a program that the thread sanitizer watches. It opens wakers, arms
 * pipes, reads the bytes and closes the wakers, one of them in a forked child,
 * and prints how many bytes came.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mtr.h"

enum { WAKERS = 20, ROUNDS = 100 };

static int connect_to(const char *path) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  strncpy(at.sun_path, path, sizeof at.sun_path - 1);
  return connect(fd, (void *)&at, sizeof at) ? -1 : fd;
}

int main(void) {
  int bytes = 0;
  for (int i = 0; i < WAKERS; i++) {
    struct mtr_waker *w;
    char path[108], word;
    int pipes[2], host, status;
    if (mtr_waker_open(&w, path, sizeof path) || pipe(pipes)) return 1;
    if ((host = connect_to(path)) < 0) return 1;
    mtr_waker_connected(w);
    for (int k = 0; k < ROUNDS; k++) {
      mtr_waker_arm(w, pipes[0], 3);
      if (write(pipes[1], "x", 1) != 1 || read(host, &word, 1) != 1) return 1;
      bytes += word == 3 && read(pipes[0], &word, 1) == 1;
    }
    pid_t child = i ? 0 : fork();
    if (!i && !child) {
      int refused = mtr_waker_arm(w, pipes[0], 3) < 0;
      mtr_waker_close(w);
      _exit(!refused);
    }
    if (child && (waitpid(child, &status, 0) != child || status)) return 1;
    mtr_waker_disarm(w, pipes[0]);
    mtr_waker_close(w);
    close(host);
    close(pipes[0]);
    close(pipes[1]);
  }
  printf("%d bytes\n", bytes);
  return 0;
}
