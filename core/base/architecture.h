/* SPDX-License-Identifier: MIT
 *
 * architecture.h: ARCHITECTURE is the number by which seccomp knows the system
 * calls of this machine. Where it is not defined, no filter of ours fits.
 */
#ifndef BASE_ARCHITECTURE_H
#define BASE_ARCHITECTURE_H

#include <linux/audit.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

#endif
