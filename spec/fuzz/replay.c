/* SPDX-License-Identifier: MIT
 *
 * replay.c: runs a fuzz target over the files that it is given, without
 * libFuzzer: the corpus, or an input that broke something. What a file has
 * beyond 128 KiB is left out.
 */
#include "target.h"

#include <stdio.h>

int main(int argc, char **argv) {
  static uint8_t data[1 << 17];
  for (int i = 1; i < argc; i++) {
    FILE *file = fopen(argv[i], "rb");
    if (!file) {
      perror(argv[i]);
      return 1;
    }
    LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof data, file));
    fclose(file);
  }
  printf("%d inputs\n", argc - 1);
  return 0;
}
