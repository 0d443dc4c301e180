/* SPDX-License-Identifier: MIT
 *
 * state.h: the state of mtr-sockets. Everything is in memory of fixed size.
 */
#ifndef SOCKETS_STATE_H
#define SOCKETS_STATE_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "net/raw/message.h"
#include "sockets/guard.h"

enum { SERVE_ASK = 0, SERVE_GIVE = 1, SERVE_QUEUE = 128 };

/* A message for the engine, not yet written. Only used pages cost memory. */
struct serve_message {
  size_t size;           /* bytes */
  _Alignas(8) uint8_t bytes[MESSAGE_ROOM];
};

struct serve {
  int32_t fd[RAW_FDS];
  int opened;            /* 0, or why there are no sockets */
  int able;              /* sockets_able of the sender of IPv4 */
  int known;             /* 1: the engine has said who it is */
  int lives;             /* 1: MESSAGE_LIVES has not been answered */
  struct guard guard;
  unsigned first, waiting;   /* of |queue|: the first message, and how many */
  struct message_answer answer;
  struct mmsghdr out[RAW_BATCH], in[RAW_BATCH];
  struct iovec out_bytes[RAW_BATCH], in_bytes[RAW_BATCH];
  struct sockaddr_in6 to[RAW_BATCH], from[RAW_BATCH];
  _Alignas(struct cmsghdr) uint8_t out_control[RAW_BATCH][RAW_CONTROL];
  _Alignas(struct cmsghdr) uint8_t in_control[RAW_BATCH][RAW_CONTROL];
  _Alignas(8) uint8_t asked[MESSAGE_ROOM];
  struct serve_message queue[SERVE_QUEUE];
  uint8_t packet[RAW_BATCH][RAW_SNAP];
  uint8_t fragment[65536];
};

#endif
