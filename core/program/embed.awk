# SPDX-License-Identifier: MIT
# Turns the names of Lua files, one per line, into a C file that carries their text: the assembler
# reads the files, so nothing is converted and error positions stay true.
BEGIN {
  print "#include \"program/embed.h\"\n"
}
{
  chunk = $0
  sub(/^build\//, "", chunk)
  name = chunk
  sub(/^lua\//, "", name)
  sub(/(\/init)?\.lua$/, "", name)
  gsub(/\//, ".", name)
  printf "__asm__(\".pushsection .rodata\\n\"\n"
  printf "        \"embed_%d:\\n.incbin \\\"%s\\\"\\n\"\n", NR, $0
  printf "        \"embed_%d_end:\\n.byte 0\\n.popsection\\n\");\n", NR
  printf "extern const char embed_%d[], embed_%d_end[];\n\n", NR, NR
  rows = rows sprintf("  {\"%s\", \"@%s\", embed_%d, embed_%d_end},\n", name, chunk, NR, NR)
}
END {
  print "const struct embed_module embed_modules[] = {"
  print rows "  {0, 0, 0, 0},\n};"
}
