-- SPDX-License-Identifier: MIT
--
-- The reporter that writes results of the strategy mda for Graphviz: a graph for each result.

---@class mtr.Reports
---@field dot fun(out?: mtr.ReportOut): mtr.Reporter results of the strategy mda, for Graphviz

local addr = require "mtr.base.addr"
local each = require "mtr.base.each"
local view = require "mtr.names.view"
local Sink = require "mtr.report.sink"

local Dot = {}
local M = Sink.reporter("dot", Dot)

-- Returns a set of "node ttl" from which paths go on.
local function left(hops)
  local set = {}
  for _, hop in ipairs(hops) do
    for _, link in ipairs(hop.links) do set[link.from .. " " .. hop.ttl - 1] = true end
  end
  return set
end

-- Silent nodes of different hops are different nodes, and so are those whose address names no
-- router. The target's does where no path goes on.
local function name(result, goes_on, node, ttl)
  if node == "*" then return "* at " .. ttl end
  local key = addr.key_of(node)
  local nameless = key and addr.names_nobody(node, key, result.dst, result.src)
    and (node ~= result.dst or goes_on[node .. " " .. ttl])
  return nameless and ("%s at %d"):format(node, ttl) or node
end

-- Returns the nodes whose names or origins are known, in the order of their addresses.
local function labels(found)
  local list = {}
  for _, item in each(found and found.names or {}) do list[#list + 1] = item end
  table.sort(list, function(a, b) return a.addr < b.addr end)
  return list
end

--- Returns the text of a result.
---@param result mtr.Result
---@return string
function Dot:text(result) -- luacheck: no self
  local out = { ('digraph "%s" {\n  rankdir=LR;\n  node [shape=box];\n'):format(result.dst) }
  for _, item in ipairs(labels(result.mda)) do
    out[#out + 1] = ('  "%s" [label=%s];\n'):format(item.addr, view.quote(view.text(item)))
  end
  local hops = result.mda and result.mda.hops or {}
  local goes_on = left(hops)
  for _, hop in ipairs(hops) do
    for _, link in ipairs(hop.links) do
      out[#out + 1] = ('  "%s" -> "%s";\n'):format(name(result, goes_on, link.from, hop.ttl - 1),
        name(result, goes_on, link.to, hop.ttl))
    end
  end
  return table.concat(out) .. "}\n"
end

return M
