/* SPDX-License-Identifier: MIT
 *
 * A lock as large as that of glibc on x86-64. Specs do not read it, and it is
 * the last field of its struct.
 */
#ifndef STUB_PTHREAD_H
#define STUB_PTHREAD_H
typedef struct { long words[5]; } pthread_mutex_t;
#endif
