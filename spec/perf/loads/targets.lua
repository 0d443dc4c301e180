-- SPDX-License-Identifier: MIT
--
-- Measures what a target costs before its trace starts: a campaign's feed writes it into memory.
--
--   mtrlua spec/perf/loads/targets.lua [case=shuffle] [n=5000000] [prefixes=1000000] [family=4]
--
-- Cases: shuffle (2^32 addresses in a random order), chain (the same, a quarter of them, without
-- those in a list of `prefixes` prefixes), exclude (a look-up in that list: random addresses),
-- file (`n` addresses in a file), shuffled-file (the same in a random order). One line of
-- key=value: ns for each target that was looked at, mib resident, prepare_s before the first one.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local prefix_set = require "mtr.base.prefix_set"
local measure = require "spec.perf.kit.measure"

local opts = measure.options({ ... }, {
  case = "shuffle", n = 5000000, prefixes = 1000000, family = 4,
})
local ALL = { [4] = { "0.0.0.0/0", 32 }, [6] = { "2000::/3", 48 } }
local all, length = ALL[opts.family][1], ALL[opts.family][2]
local bytes = lib.new "uint8_t[16]"

-- A set of random prefixes: /24 to /32, or /32 to /48.
local function set_of(n)
  local set = prefix_set.set()
  local from = mtr.targets.cidr(all, length):shuffle(1)
  for i = 1, n do
    local family = from:next(bytes)
    local bits = (family == 4 and 24 or 32) + i % (family == 4 and 9 or 17)
    assert(set:add(addr.format(bytes, family) .. "/" .. bits))
  end
  set:has(bytes, opts.family)
  return set
end

local function file_of(n)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  local from = mtr.targets.cidr("0.0.0.0/0", 32):shuffle(1)
  for _ = 1, n do file:write(from:read(), "\n") end
  assert(file:close())
  return path
end

local chain, path
if opts.case == "shuffle" then
  chain = mtr.targets.cidr(all, length):shuffle(42)
elseif opts.case == "chain" then
  chain = mtr.targets.cidr(all, length):shuffle(42):exclude(set_of(opts.prefixes)):shard(1, 4)
elseif opts.case == "exclude" then
  chain = mtr.targets.cidr(all, length):shuffle(42)
else
  path = file_of(opts.n)
  chain = assert(mtr.targets.file(path))
  if opts.case == "shuffled-file" then chain = chain:shuffle(42) end
end

-- Processor time of n calls, in seconds; with the time of a look-up in a set too.
local function time(n, set)
  local found, user, sys = 0, measure.cpu()
  for _ = 1, n do
    local family = chain:next(bytes)
    if set and family and set:has(bytes, family) then found = found + 1 end
  end
  local user_end, sys_end = measure.cpu()
  return user_end - user + sys_end - sys, found
end

local set = opts.case == "exclude" and set_of(opts.prefixes)
local prepare = time(1)
collectgarbage()
collectgarbage()
local before = chain:position()
local cpu = time(opts.n - 1)
local looked = chain:position() - before
if set then
  local plain = cpu
  cpu = time(opts.n - 1, set) - plain
end
if path then os.remove(path) end
measure.print({
  case = opts.case, ns = cpu / looked * 1e9, mib = measure.rss() / 2 ^ 20, prepare_s = prepare,
}, { "case", "ns", "mib", "prepare_s" })
