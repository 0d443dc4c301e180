-- SPDX-License-Identifier: MIT
--
-- Makes the targets of a program from its command line: the options --targets, --prefix, --each,
-- --random, --seed, --column, --separator, --priority-column, --exclude, --unique, --shuffle,
-- --shard and --take. For cli programs; wrong usage ends the program.

local targets = require "mtr.targets"

local M = {}

--- The lines of the help text.
M.HELP = [[
  -t, --targets FILE      addresses, names and prefixes, one a line; "-": standard input
  --prefix PREFIX...      targets are the addresses of this prefix, and of others
  --each N                of prefixes: one address in each part of this length, such as 24
  --random N              of prefixes: so many random addresses (of each part)
  --seed N                chooses random addresses (0)
  --column N              the target is the Nth word of a line
  --separator TEXT        what separates the words of a line: "," or "\t"; default: blanks
  --exclude FILE          prefixes that are not traced; "!" before a prefix makes an exception
  --unique                trace a target once that is in the list several times
  --shuffle N             in a random order that this seed chooses
  --shard I               such as 1/4: the first of four parts, for four machines
  --take N                end after so many targets]]

local function source(cli, take)
  local file, prefixes = take "targets", take "prefix"
  local opts = { each = take "each", random = take "random", seed = take "seed" }
  if (file == nil) == (prefixes == nil) then
    cli:usage "give the targets with one of --targets and --prefix"
  end
  if prefixes then return cli:call(targets.list, prefixes, opts) end
  local chain, message = cli:call(targets.file, file, opts)
  if chain then return chain end
  io.stderr:write(cli.name, ": ", message, "\n")
  os.exit(1)
end

--- Makes the targets. Returns the file of --exclude too, which an engine has to know for the
--- addresses of names.
---@param cli mtr.Cli
---@param take fun(name: string): any returns an option and forgets it
---@return mtr.Targets
---@return string? exclude
function M.chain(cli, take)
  local chain = source(cli, take)
  local column, separator = take "column", take "separator"
  local priority = take "priority_column"
  local shuffle, shard, most = take "shuffle", take "shard", take "take"
  if (separator or priority) and not column then
    cli:usage(("--%s needs --column"):format(separator and "separator" or "priority-column"))
  end
  local function add(method, ...) chain = cli:call(chain[method], chain, ...) end
  if column then add("column", column, separator and (separator:gsub("\\t", "\t")), priority) end
  if shuffle then add("shuffle", shuffle) end
  if shard then
    local i, n = shard:match "^(%d+)/(%d+)$"
    if not i then cli:usage(("--shard must be such as 1/4, got '%s'"):format(shard)) end
    add("shard", tonumber(i), tonumber(n))
  end
  local exclude = take "exclude"
  if exclude then add("exclude", exclude) end
  if take "unique" then add "unique" end
  if most then add("take", most) end
  return chain, exclude
end

return M
