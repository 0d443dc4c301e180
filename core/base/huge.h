/* SPDX-License-Identifier: MIT
 *
 * huge.h: memory by huge pages, for what is large and used all over: each page
 * of 4 KiB would cost a fault, and a place in the TLB.
 */
#ifndef BASE_HUGE_H
#define BASE_HUGE_H

enum { HUGE_BYTES = 2 << 20 };         /* of a huge page, nearly everywhere */

/* huge_map: HUGE_BYTES that are zero, one huge page if the kernel has one for
 * us; or NULL. huge_unmap: gives them back. */
void *huge_map(void);
void huge_unmap(void *page);

#endif
