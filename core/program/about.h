/* SPDX-License-Identifier: MIT
 *
 * about.h: what mtrlua says about itself.
 */
#ifndef PROGRAM_ABOUT_H
#define PROGRAM_ABOUT_H

/* about_help: prints the usage on standard output. */
void about_help(void);

/* about_version: prints the versions of everything inside. */
void about_version(void);

#endif
