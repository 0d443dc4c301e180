-- SPDX-License-Identifier: MIT
--
-- Reads one node in the description of a network into structs of the library.

local lib = require "mtr.lib"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local fault = require "mtr.sim.fault"
local fields = require "mtr.sim.fields"
local schema = require "mtr.sim.schema"

local C = lib.C
local M = {}

local function add(net, name, struct)
  local code = C["mtr_sim_" .. name](net.c, struct, 1)
  assert(code == 0, err.name(code))
end

local function put_bytes(struct, field, bytes)
  lib.copy(struct[field], bytes, #bytes)
  struct[field .. "_size"] = #bytes
end

local FROM = { own = C.MTR_SIM_FROM_ITSELF, target = C.MTR_SIM_FROM_TARGET,
  source = C.MTR_SIM_FROM_SOURCE }

-- Reads the source of replies: a word, an address, or one address of each family.
local function reply_from(struct, path, given)
  if FROM[given] then
    struct.reply_from = FROM[given]
    return
  end
  for i, text in ipairs(type(given) == "table" and given or { given }) do
    local a = fields.address(type(given) == "table" and fault.path(path, i) or path, text)
    lib.copy(struct["other" .. a.family], a.bytes, 16)
  end
  struct.reply_from = C.MTR_SIM_FROM_OTHER
end

local function reply(struct, path, given)
  local rest = fields.fields(path, schema.reply, given, struct)
  if rest.rate == nil and given.burst and not given.rate then
    fault.raise(fault.path(path, "burst"), "needs rate")
  end
  if rest.from then reply_from(struct, fault.path(path, "from"), rest.from) end
end

-- IPv6 extension headers of 8 bytes each; the length of AH is in 4-byte words minus 2 (RFC 4302
-- 2.2).
local function chain(struct, path, list)
  local bytes, last = {}, 0
  for i, word in ipairs(list) do
    local here = fault.path(path, i)
    local value, wanted, hint = schema.header(word)
    if not value then
      fault.raise(here, ("%s, got %s%s"):format(wanted, err.show(word), hint or ""))
    end
    local following = schema.headers[list[i + 1]] or 0
    local rest = "\0\0\0\0\0\0"
    if word == "later-fragment" then rest = "\0\8\0\0\0\1" end
    local size = word == "ah" and 16 or 8
    if word == "ah" then rest = "\0\0" .. ("\0"):rep(12) end
    if word == "destination" or word == "hop-by-hop" then rest = "\1\4\0\0\0\0" end
    bytes[i] = string.char(following, word == "ah" and 2 or 0) .. rest
    last = last + (i < #list and size or 0)
  end
  put_bytes(struct, "chain", table.concat(bytes))
  struct.chain_next, struct.chain_last = schema.headers[list[1]] or 0, last
  if struct.chain_size > 64 then fault.raise(path, "must be at most 64 bytes of headers") end
end

local function quote(struct, path, given)
  if type(given) == "number" then given = { bytes = given } end
  local rest = fields.fields(path, schema.quote, given, struct)
  if rest.headers then chain(struct, fault.path(path, "headers"), rest.headers) end
end

-- Reads extensions: a string is the whole structure, a list has objects.
local function ext(struct, path, given)
  if type(given) == "string" then
    struct.ext_raw = 1
    return put_bytes(struct, "ext", fields.hex(path, given, 4, 128))
  end
  fields.fields(path, schema.ext, given, struct)
  local objects = {}
  for i, text in ipairs(given) do
    objects[i] = fields.hex(fault.path(path, i), text, 4, 124)
  end
  local bytes = table.concat(objects)
  if #bytes > 124 then fault.raise(path, "must be at most 124 bytes of objects") end
  put_bytes(struct, "ext", bytes)
end

local function nat(struct, path, given, addrs)
  if type(given) == "string" then given = { given } end
  local rest = fields.fields(path, schema.nat, given)
  if rest.quotes == false then struct.flags = struct.flags + C.MTR_SIM_NAT_QUOTES end
  if rest.ports then struct.flags = struct.flags + C.MTR_SIM_NAT_PORTS end
  for i, text in ipairs(given) do
    local a = fields.address(fault.path(path, i), text)
    lib.copy(struct["nat" .. a.family], a.bytes, 16)
    addrs[#addrs + 1] = a
  end
end

-- Reads the states of ports: a word for all, or a table by number, with `other` for all others.
local function ports(net, struct, path, given, protocol)
  if type(given) ~= "table" then given = { other = given } end
  for port, state in each(given) do
    local here = fault.path(path, port)
    if port ~= "other" and not (type(port) == "number" and port % 1 == 0 and port >= 1
      and port <= 65535) then
      fault.raise(here, 'must be a port (1..65535) or "other"')
    end
    local value, wanted, hint = schema.state(state)
    if not value then
      fault.raise(port == "other" and path or here,
        ("%s, got %s%s"):format(wanted, err.show(state), hint or ""))
    end
    if port == "other" then
      struct[protocol] = value
    else
      net.ports[#net.ports + 1] = { struct.node_index, port, protocol, value }
    end
  end
end

local function addresses(net, path, given, addrs)
  if type(given) ~= "table" then given = { given } end
  for i, text in ipairs(given) do
    local network = fields.network(text)
    if not network then
      fault.raise(fault.path(path, i), ("must be an address or a network, got %s"):format(
        err.show(text)))
    end
    addrs[#addrs + 1] = network
  end
  if not addrs[1] then fault.raise(path, "has no address") end
  return net
end

local PARTS = { reply = reply, quote = quote, ext = ext }

--- Reads a node: its addresses go into net.addrs, everything else into net.made.
---@param net table of mtr.sim.build
---@param name string
---@param given any
function M.read(net, name, given)
  local path, index, addrs = { "nodes", name }, net.index[name], {}
  local struct = lib.new "struct mtr_sim_node"
  C.mtr_sim_node_defaults(struct)
  if type(given) ~= "table" and type(given) ~= "string" then
    fault.raise(path, ("must be an address or a table, got %s"):format(err.show(given)))
  end
  addresses(net, path, given, addrs)
  if type(given) == "string" then given = {} end
  if not net.targets[index] then struct.reply_ttl = 255 end
  local rest = fields.fields(path, schema.node, given, struct)
  for part, value in each(rest) do
    local fn = PARTS[part]
    if fn then fn(struct, fault.path(path, part), value) end
  end
  if rest.nat then nat(struct, fault.path(path, "nat"), rest.nat, addrs) end
  if net.targets[index] then struct.flags = struct.flags + C.MTR_SIM_TARGET end
  struct.name = name
  net.ports = net.ports or {}
  local states = { node_index = index }
  for _, protocol in ipairs { "tcp", "udp" } do
    if rest[protocol] ~= nil then
      ports(net, states, fault.path(path, protocol), rest[protocol], protocol)
      if states[protocol] then struct[protocol] = states[protocol] end
    end
  end
  net.addrs[index] = addrs
  net.filters = net.filters or {}
  net.filters[index] = rest.filter and (rest.filter[1] and rest.filter or { rest.filter })
  add(net, "nodes", struct)
end

local function filter(net, path, index, given, networks)
  local struct = lib.new "struct mtr_sim_filter"
  struct.share = 1
  local rest = fields.fields(path, schema.filter, given, struct)
  if not rest.answer then fault.raise(path, "answer is missing") end
  struct.node, struct.answer = index, rest.answer[1]
  local list = rest.to and networks(net, fault.path(path, "to"), rest.to)
    or { fields.ANY4, fields.ANY6 }
  for _, to in ipairs(list) do
    fields.put_network(struct, to)
    struct.code = rest.answer[to.family == 4 and 2 or 3]
    add(net, "filters", struct)
  end
end

--- Adds the ports and filters of a node, after all nodes were added.
---@param net table
---@param name string
---@param networks fun(net: table, path: table, text: string): table[]
function M.add(net, name, networks)
  local index = net.index[name]
  local struct = lib.new "struct mtr_sim_addr"
  for _, a in ipairs(net.addrs[index]) do
    struct.node = index
    fields.put_network(struct, a)
    add(net, "addrs", struct)
  end
  local port = lib.new "struct mtr_sim_port"
  for _, p in ipairs(net.ports) do
    if p[1] == index then
      port.node, port.port, port.state = p[1], p[2], p[4]
      port.protocol = p[3] == "tcp" and C.MTR_TCP or C.MTR_UDP
      add(net, "ports", port)
    end
  end
  for i, given in ipairs(net.filters[index] or {}) do
    filter(net, { "nodes", name, "filter", i }, index, given, networks)
  end
end

return M
