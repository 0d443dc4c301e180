/* SPDX-License-Identifier: MIT
 *
 * fail.h: which call fails, and what fail.c has counted. Memory that a parent
 * and its child share, so that the parent knows which call ended the child.
 */
#ifndef REAL_FAIL_H
#define REAL_FAIL_H

#include <stdint.h>
#include <sys/types.h>

enum fail_kind {
  FAIL_NOTHING,
  FAIL_MEMORY,           /* malloc, calloc, realloc, strdup, mmap: ENOMEM */
  FAIL_SYSTEM,           /* system calls: the error that each is likely to have
                          * on a host without memory or descriptors */
  FAIL_INTERRUPT,        /* system calls that may be interrupted: EINTR */
  FAIL_BUDGET            /* as FAIL_MEMORY, but those that would make the sum
                          * of memory larger than |at| bytes */
};

struct fail {
  uint32_t kind;         /* which calls are counted */
  uint32_t at;           /* number of the call that fails, from 1; bytes */
  uint32_t more;         /* how many calls behind it fail too */
  uint32_t count;        /* calls so far */
  uint32_t failed;       /* how many of them have failed */
  pid_t owner;           /* the process whose calls count */
  int64_t blocks;        /* allocated and not freed, by this process */
  int64_t bytes;         /* of them */
  int64_t mapped;        /* bytes mapped and not unmapped */
  char call[24];         /* the first that failed, */
  char library[64];      /* in which file it was made, */
  char symbol[64];       /* by which function, "" unknown, */
  uint64_t offset;       /* and at which offset of the file */
};

/* fail_use: counts in |f| from now on, which is zero, or NULL: in none. */
void fail_use(struct fail *f);

/* fail_name: returns the kind by its word, or FAIL_NOTHING. */
uint32_t fail_name(const char *word);

#endif
