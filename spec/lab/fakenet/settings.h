/* SPDX-License-Identifier: MIT
 *
 * settings.h: what the fake internet's programs share beside the model: its
 * parameters as words of a command line, and the counters as text.
 */
#ifndef FAKENET_SETTINGS_H
#define FAKENET_SETTINGS_H

#include "model.h"

/* settings_read: reads |n| words such as "hops=10 span=7 silent=50 dark=0
 * balance=1 seed=7" on top of MODEL_DEFAULT. Returns NULL, or the error text in
 * a buffer that the next call uses again. */
const char *settings_read(struct model *m, int n, char **words);

/* settings_print: prints the counter of each answer_kind as name=value. */
void settings_print(const unsigned long long *counts);

#endif
