-- SPDX-License-Identifier: MIT
--
-- Writes the seeds of spec/fuzz/parse.c into spec/fuzz/corpus/parse, one file per vector of
-- spec/unit/wire, named by what it is; IPv6 packets once more without their IP header. Run from
-- the top of the tree, after a change to the vectors: luajit spec/fuzz/seeds.lua
package.path = "./?.lua;" .. package.path

local DIRECTORY = "spec/fuzz/corpus/parse/"
local LONGEST = 700
local AS = { [0] = "\0", [58] = "\1", [6] = "\2", [17] = "\3" } -- the first byte of an input

local function write(list, name, as, bytes)
  local path = DIRECTORY .. list .. "-" .. name:lower():gsub("[^%w]+", "-")
  local file = assert(io.open(path, "wb"))
  assert(file:write(AS[as], bytes))
  assert(file:close())
end

for _, list in ipairs{ "ip", "icmp", "direct", "quote", "ext" } do
  for _, vector in ipairs(require("spec.unit.wire.vectors." .. list)) do
    local name, bytes = vector[1], vector[2]
    if #bytes <= LONGEST then
      write(list, name, 0, bytes)
      local next = #bytes > 40 and bytes:byte(1) == 0x6c and bytes:byte(7)
      if AS[next] and next ~= 0 then write(list, name .. " bare", next, bytes:sub(41)) end
    end
  end
end
