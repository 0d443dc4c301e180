# SPDX-License-Identifier: MIT
#
# Makes the tables of api/names.h from the constants in build/mtr.cdef. Where a constant is only
# used, and not declared, its word is the same again, and is left out.
function table(prefix, name,    i) {
  printf "const struct names_word %s[] = {\n", name
  for (i = 1; i <= count; i++)
    if (index(found[i], prefix) == 1)
      printf "  {%s, \"%s\"},\n", found[i], tolower(substr(found[i], length(prefix) + 1))
  print "  {0, 0}};"
}
{
  line = $0
  while (match(line, /MTR_(STOP|EV|REPLY|CAP)_[A-Z0-9_]+/)) {
    word = substr(line, RSTART, RLENGTH)
    if (!seen[word]++) found[++count] = word
    line = substr(line, RSTART + RLENGTH)
  }
}
END {
  print "#include \"api/names.h\"\n#include \"mtr.h\""
  print "const char *const names_stop[] = {"
  for (i = 1; i <= count; i++)
    if (index(found[i], "MTR_STOP_") == 1)
      printf "  [%s] = \"%s\",\n", found[i], tolower(substr(found[i], 10))
  print "};\nconst uint32_t names_stops = sizeof names_stop / sizeof *names_stop;"
  table("MTR_EV_", "names_events")
  table("MTR_REPLY_", "names_flags")
  table("MTR_CAP_", "names_caps")
}
