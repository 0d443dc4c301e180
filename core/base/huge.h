/* SPDX-License-Identifier: MIT
 *
 * huge.h: huge pages, for large memory that is used all over: with pages of 4
 * KiB each page would cost a page fault and an entry in the TLB.
 */
#ifndef BASE_HUGE_H
#define BASE_HUGE_H

enum { HUGE_BYTES = 2 << 20 };         /* of a huge page on most processors */

/* huge_map: returns HUGE_BYTES of zeroes, in one huge page if the kernel has
 * one, or NULL. huge_unmap: gives them back. */
void *huge_map(void);
void huge_unmap(void *page);

#endif
