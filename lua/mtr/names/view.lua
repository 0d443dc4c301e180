-- SPDX-License-Identifier: MIT
--
-- What a person wants to see of addresses: names, origins, and, with `privacy`, no addresses of the
-- first hops. A view writes `name` and `origin` into hops and replies, where reporters find them.
--
-- Names are looked up as soon as hops are known. A program that prints a hop may wait for them, but
-- only for a short time; probes never do.

local names = require "mtr.names"
local ask = require "mtr.names.ask"
local dns = require "mtr.wait.dns"
local timer = require "mtr.wait.timer"

local M = {}

-- The longest that a hop waits for its names, in ms.
local LINGER = 2000

---@class mtr.View
---@field names boolean
---@field origin boolean
---@field privacy integer how many of the first hops are hidden
local View = {}
View.__index = View

--- Makes a view; nil if nothing is wanted.
---@param want { names?: boolean, origin?: boolean, privacy?: integer }
---@return mtr.View?
function M.new(want)
  local self = setmetatable({
    names = want.names or false, origin = want.origin or false, privacy = want.privacy or 0,
  }, View)
  return (self.names or self.origin or self.privacy > 0) and self or nil
end

--- Makes a view of the options of a program, and takes them out of their table: numeric (no names),
--- names, origin, privacy.
---@param args table<string, any>
---@param formats string[] words of `output` in which names are seen unless they are not wanted
---@return mtr.View?
function M.of(args, formats)
  local wanted = args.names
  for _, word in ipairs(formats) do wanted = wanted or word == (args.output or "text") end
  local made = M.new {
    names = wanted and not args.numeric or false, origin = args.origin, privacy = args.privacy,
  }
  args.numeric, args.names, args.origin, args.privacy = nil, nil, nil, nil
  return made
end

local function add(list, seen, address)
  if address and not seen[address] then seen[address], list[#list + 1] = true, address end
end

-- Adds the addresses of a hop that is not hidden.
local function of_hop(self, hop, list, seen)
  if hop.ttl <= self.privacy then return end
  for _, reply in ipairs(hop.replies) do add(list, seen, reply.addr) end
end

--- Returns the addresses in a hop, or in a result.
---@param what mtr.Hop|mtr.Result
---@return string[]
function View:addresses(what)
  local list, seen = {}, {}
  if rawget(what, "replies") then
    of_hop(self, what, list, seen)
    return list
  end
  local found = rawget(what, "mda")
  for _, hop in ipairs(what.hops or {}) do of_hop(self, hop, list, seen) end
  for _, hop in ipairs(found and found.hops or {}) do
    for _, node in ipairs(hop.ttl > self.privacy and hop.nodes or {}) do
      if node ~= "*" then add(list, seen, node) end
    end
  end
  return list
end

--- Calls done() once, now or later: when what is wanted of the addresses is known, or has been
--- waited for long enough.
---@param list string[]
---@param done fun()
function View:await(list, done)
  local left, over, limit = 1, false, nil
  local function finish()
    if over then return end
    over = true
    if limit then limit:cancel() end
    done()
  end
  local function one()
    left = left - 1
    if left == 0 then finish() end
  end
  -- In a simulated network time is not that of name servers, so only their time-outs count.
  local engine = list[1] and (self.names or self.origin) and ask.engine()
  local patient = engine and engine.network
  for _, address in ipairs(engine and list or {}) do
    if self.names then
      left = left + 1
      names.find(address, "name", one, not patient)
    end
    if self.origin then
      left = left + 1
      names.find(address, "origin", one, not patient)
    end
  end
  one()
  if over or patient then return end
  limit = timer.start(engine, math.min(LINGER, dns.patience()), finish)
  if not limit then finish() end
end

local function write(self, item)
  if not item.addr then return end
  if self.names then item.name = names.peek(item.addr, "name") end
  if self.origin then item.origin = select(2, names.peek(item.addr, "origin")) end
end

--- Writes what is known by now into an object with an `addr`, such as the answer to a ping; never
--- waits.
---@param item { addr?: string }
function View:item(item) write(self, item) end

local HIDDEN = { "addr", "addr_class", "rtt" }

--- Writes what is known by now into a hop that is kept.
---@param hop mtr.Hop
---@return mtr.Hop
function View:hop(hop)
  if hop.ttl <= self.privacy then
    for _, key in ipairs(HIDDEN) do hop[key] = nil end
    hop.replies, hop.hidden = {}, true
    return hop
  end
  write(self, hop)
  for _, reply in ipairs(hop.replies) do write(self, reply) end
  return hop
end

local function write_mda(self, found)
  found.names = {}
  for _, address in ipairs(self:addresses { hops = {}, mda = found }) do
    local item = { addr = address }
    write(self, item)
    if item.name or item.origin then found.names[address] = item end
  end
end

--- Writes it into a result that is kept. With privacy it also hides the address of this host.
---@param result mtr.Result
---@return mtr.Result
function View:result(result)
  for _, hop in ipairs(result.hops or {}) do self:hop(hop) end
  local found = rawget(result, "mda")
  if found then write_mda(self, found) end
  if self.privacy > 0 and result.src then
    result.src = result.src:find(":", 1, true) and "::" or "0.0.0.0"
  end
  return result
end

--- Returns the words for an origin: "AS64500", "AS64500/AS64501", the name of an exchange point, or
--- the label of a special address.
---@param origin mtr.Origin
---@return string
function M.origin(origin)
  if origin.asns then return "AS" .. table.concat(origin.asns, "/AS") end
  return origin.asn and "AS" .. origin.asn or origin.ixp or origin.label or "*"
end

--- Returns an address with its name: "r1.example.net (192.0.2.1)".
---@param item { addr: string, name?: string } a hop or a reply
---@return string
function M.host(item)
  local name = rawget(item, "name")
  return name and ("%s (%s)"):format(names.clean(name), item.addr) or item.addr
end

--- Returns the words for the origin of an address, if it was looked up.
---@param item { addr: string, origin?: mtr.Origin } a hop or a reply
---@return string?
function M.as(item)
  local origin = rawget(item, "origin")
  return origin and names.clean(M.origin(origin)) or nil
end

--- Returns an address as it is shown: "r1.example.net (192.0.2.1) [AS64500]".
---@param item { addr: string, name?: string, origin?: mtr.Origin } a hop or a reply
---@return string
function M.text(item)
  local origin = M.as(item)
  return origin and ("%s [%s]"):format(M.host(item), origin) or M.host(item)
end

--- Returns a text as a string of Graphviz.
---@param text string
---@return string
function M.quote(text) return '"' .. text:gsub('[\\"]', "\\%0") .. '"' end

return M
