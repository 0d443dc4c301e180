-- SPDX-License-Identifier: MIT
--
-- Checks the description of a network and turns it into structs of the library. Nodes are in the
-- order of their names, so that the same description makes the same network. mtr.sim.node reads the
-- nodes.

local unpack = require "mtr.compat".unpack
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local fault = require "mtr.sim.fault"
local node = require "mtr.sim.node"
local fields = require "mtr.sim.fields"
local schema = require "mtr.sim.schema"

local C = lib.C
local M = {}

-- Returns the number of the node with a name.
local function find(net, path, name)
  local index = net.index[name]
  if index then return index end
  local near = type(name) == "string" and err.nearest(name, net.names)
  fault.raise(path, ("there is no node %s%s"):format(err.show(name),
    near and ("; did you mean %q?"):format(near) or ""))
end

-- Returns the names in the list part of a table, as numbers of nodes.
local function chain(net, path, given, least)
  local nodes = {}
  for i, name in ipairs(given) do nodes[i] = find(net, fault.path(path, i), name) end
  if #nodes < least then
    fault.raise(path, ("must name at least %d nodes, as in { \"a\", \"b\" }"):format(least))
  end
  return nodes
end

local function add(net, name, struct)
  local code = C["mtr_sim_" .. name](net.c, struct, 1)
  assert(code == 0, err.name(code))
end

local function link_fields(struct, path, given)
  struct.cost = 1
  fields.fields(path, schema.link, given, struct)
end

-- Collects the links; they are added later, when the tunnels have set their labels.
local function links(net, list)
  net.links, net.leads = {}, {}
  for i, given in ipairs(list) do
    local path = { "links", i }
    if type(given) ~= "table" then fault.raise(path, "must be a table") end
    local nodes = chain(net, path, given, 2)
    for k = 2, #nodes do
      for _, ends in ipairs { { nodes[k - 1], nodes[k] }, { nodes[k], nodes[k - 1] } } do
        local struct = lib.new "struct mtr_sim_link"
        link_fields(struct, path, given)
        if ends[1] == nodes[k] and given.back then
          fields.fields(fault.path(path, "back"), schema.link, given.back, struct)
        end
        struct.from, struct.to = ends[1], ends[2]
        if struct.from == struct.to then fault.raise(path, "leads from a node to itself") end
        net.links[#net.links + 1] = struct
        net.leads[ends[1] .. ">" .. ends[2]] = struct
      end
    end
  end
end

-- Returns the link from one node of a path to the next.
local function lead(net, path, from, to)
  local link = net.leads[from .. ">" .. to]
  if link then return link end
  fault.raise(path, ("there is no link from %q to %q"):format(net.names[from + 1],
    net.names[to + 1]))
end

-- Returns the label stack on the k-th link of a tunnel: each link has a different top label.
local function stack(path, given, k)
  local labels = type(given) == "table" and { unpack(given) } or { given or 16000 }
  for i, label in ipairs(labels) do
    if type(label) ~= "number" or label % 1 ~= 0 or label < 0 or label > 0xfff00 then
      fault.raise(path, "must be a label (0..1048320) or a list of up to 4, top first")
    end
    labels[i] = label
  end
  if #labels > 4 or not labels[1] then fault.raise(path, "must be 1 to 4 labels") end
  labels[1] = labels[1] + k - 1
  return labels
end

local function tunnels(net, list)
  for i, given in ipairs(list) do
    local path = { "tunnels", i }
    fields.fields(path, schema.tunnel, given)
    local nodes = chain(net, path, given, 3)
    local last = given.php == false and #nodes or #nodes - 1
    for k = 2, #nodes do
      local link = lead(net, fault.path(path, k), nodes[k - 1], nodes[k])
      if k <= last then
        local labels = stack(fault.path(path, "labels"), given.labels, k - 1)
        for n, label in ipairs(labels) do link.label[n - 1] = label end
        link.labels, link.hidden = #labels, given.hidden and 1 or 0
      end
    end
  end
end

-- Returns the networks of a route or a filter: a prefix, the addresses of a node, or "any".
local function networks(net, path, text)
  if text == "any" then return { fields.ANY4, fields.ANY6 } end
  if net.index[text] then
    local list = {}
    for _, a in ipairs(net.addrs[net.index[text]]) do list[#list + 1] = a end
    return list
  end
  local network = fields.network(text)
  if network then return { network } end
  fault.raise(path, ("must be a network, a node's name or \"any\", got %s"):format(err.show(text)))
end

local function routes(net, list)
  for i, given in ipairs(list) do
    local path = { "routes", i }
    local struct = lib.new "struct mtr_sim_route"
    fields.fields(path, schema.route, given, struct)
    for _, key in ipairs { "at", "to", "via" } do
      if given[key] == nil then fault.raise(path, key .. " is missing") end
    end
    struct.node = find(net, fault.path(path, "at"), given.at)
    local via = type(given.via) == "table" and given.via or { given.via }
    for _, to in ipairs(networks(net, fault.path(path, "to"), given.to)) do
      fields.put_network(struct, to)
      for _, next in ipairs(chain(net, fault.path(path, "via"), via, 1)) do
        lead(net, fault.path(path, "via"), struct.node, next)
        struct.via = next
        add(net, "routes", struct)
      end
    end
  end
end

-- Checks that each target can be reached from the source over some links.
local function check_reach(net, source)
  local seen, queue = { [source] = true }, { source }
  for _, at in ipairs(queue) do
    for _, link in ipairs(net.links) do
      if link.from == at and not seen[link.to] then
        seen[link.to] = true
        queue[#queue + 1] = link.to
      end
    end
  end
  for _, name in ipairs(net.names) do
    local index = net.index[name]
    if net.targets[index] and not seen[index] then
      fault.raise({ "nodes", name },
        ("there is no route to it from %q"):format(net.names[source + 1]))
    end
  end
end

-- The targets are the nodes that say so; if none does, every end of the network except the source.
local function targets(net, given, source)
  local said, degree = false, {}
  for _, link in ipairs(net.links) do degree[link.from] = (degree[link.from] or 0) + 1 end
  for _, name in ipairs(net.names) do
    local v = given[name]
    said = said or type(v) == "table" and v.target ~= nil
  end
  for _, name in ipairs(net.names) do
    local index, v = net.index[name], given[name]
    if said then
      net.targets[index] = type(v) == "table" and v.target == true
    else
      net.targets[index] = index ~= source and (degree[index] or 0) <= 1
    end
  end
end

local function sources(net, given)
  local name = given.source or net.index.me and "me" or net.index.source and "source"
  if not name then
    fault.raise({}, 'no source: name the node where probes come from "me", or say source = ...')
  end
  return find(net, { "source" }, name)
end

-- Returns the first address of each family of each node, as text.
local function hosts(net)
  local list = {}
  for _, name in ipairs(net.names) do
    list[name] = {}
    for _, a in ipairs(net.addrs[net.index[name]]) do
      if a.whole and not list[name][a.family] then
        list[name][a.family] = addr.format(a.bytes, a.family)
      end
    end
  end
  return list
end

--- Adds everything in a description to a network. Raises faults (mtr.sim.fault).
---@param c ffi.cdata* struct mtr_sim
---@param given mtr.SimNetwork
---@return table<string, table<integer, string>> addresses of nodes by name and family
function M.fill(c, given)
  fields.fields({}, schema.network, given)
  local net = { c = c, names = {}, index = {}, addrs = {}, targets = {} }
  for name in each(given.nodes or {}) do
    if type(name) ~= "string" or name == "" or #name > 47 then
      fault.raise({ "nodes", name }, "a node's name must be a string of 1 to 47 bytes")
    end
    net.names[#net.names + 1] = name
  end
  if not net.names[1] then fault.raise({ "nodes" }, "there are no nodes") end
  if #net.names > 4096 then fault.raise({ "nodes" }, "there are more than 4096 nodes") end
  table.sort(net.names)
  for i, name in ipairs(net.names) do net.index[name] = i - 1 end
  local source = sources(net, given)
  links(net, given.links or {})
  targets(net, given.nodes, source)
  for _, name in ipairs(net.names) do node.read(net, name, given.nodes[name]) end
  for _, name in ipairs(net.names) do node.add(net, name, networks) end
  tunnels(net, given.tunnels or {})
  for _, link in ipairs(net.links) do add(net, "links", link) end
  routes(net, given.routes or {})
  check_reach(net, source)
  C.mtr_sim_source(c, source)
  return hosts(net)
end

return M
