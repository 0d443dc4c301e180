-- SPDX-License-Identifier: MIT
--
-- Reads which AS announces which prefix, from files in the layout of CAIDA's pfx2as: on each line
-- an address, the length of the prefix, and its AS, with tabs between them; .gz too.
--
--     192.0.2.0   24   64496
--     198.51.100.0   24   64497_64498        announced by two ASes: the first one counts
--     2001:db8::   32   64499,64500          an AS set: likewise
--
-- Lines that are something else are counted, and the first of them is reported. Empty lines and
-- lines that begin with "#" are left out.

local err = require "mtr.base.err"
local prefix_set = require "mtr.base.prefix_set"
local input = require "mtr.report.read.input"

local M = {}

local KEPT = 3600                      -- seconds that an answer is kept; the file is not read again

---@class mtr.AsTable
---@field set mtr.PrefixSet its values are AS numbers as text
---@field prefixes integer how many lines were read
---@field bad integer how many lines were wrong
---@field first? string the first of them: file, line and what is wrong

-- Reads one line; returns what is wrong with it.
local function read(set, line)
  local address, length, origin = line:match "^(%S+)%s+(%d+)%s+(%S+)%s*$"
  if not address then return "this is no address, length and AS" end
  local as = origin:match "^{?(%d+)[%d._,{}]*$"
  if not as then return ("%s is no AS"):format(err.show(origin)) end
  local ok, message = set:add(address .. "/" .. length, as)
  return not ok and message or nil
end

local function read_file(into, path)
  local file, message, name = input.open(path)
  if not file then return nil, message, name end
  local number = 0
  for line in function() return (file:line()) end do
    number = number + 1
    if line:find "^%s*[^#%s]" then
      local wrong = read(into.set, line)
      if wrong then
        into.bad = into.bad + 1
        into.first = into.first or ("%s, line %d: %s"):format(path, number, wrong)
      else
        into.prefixes = into.prefixes + 1
      end
    end
  end
  file:close()
  message, name = select(2, file:problem())
  if message then return nil, message, name end
  return true
end

--- Reads files into one table.
---@param paths string[]
---@return mtr.AsTable?
---@return string? message, string? name
function M.load(paths)
  local into = { set = prefix_set.set(), prefixes = 0, bad = 0 }
  for _, path in ipairs(paths) do
    local ok, message, name = read_file(into, path)
    if not ok then return nil, message, name end
  end
  if into.prefixes == 0 then
    return err.named("ENODATA", ("there are no prefixes with an AS in %s%s"):format(
      table.concat(paths, ", "), into.first and " (" .. into.first .. ")" or ""))
  end
  return into
end

--- Makes the function that finds origins in a file.
---@param path string
---@return (fun(address: string, done: function))?
---@return string? message, string? name
function M.source(path)
  local into, message, name = M.load { path }
  if not into then return nil, message, name end
  return function(address, done)
    local as, network = into.set:lookup(address)
    if as then return done({ asn = tonumber(as), prefix = network }, nil, nil, KEPT) end
    done(nil, ("ENOENT: no prefix of %s contains %s"):format(path, address), "ENOENT", KEPT)
  end
end

return M
