/* SPDX-License-Identifier: MIT
 *
 * about.h: the help and the version of mtrlua.
 */
#ifndef PROGRAM_ABOUT_H
#define PROGRAM_ABOUT_H

/* about_help: prints the help on standard output. */
void about_help(void);

/* about_version: prints the versions of mtrlua and of its libraries. */
void about_version(void);

#endif
