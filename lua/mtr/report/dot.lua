-- SPDX-License-Identifier: MIT
--
-- The reporter that writes results of the strategy mda for Graphviz: a graph for each result.

local view = require "mtr.names.view"
local Sink = require "mtr.report.sink"

local Dot = {}
local M = Sink.reporter("dot", Dot)

-- Silent nodes of different hops are different nodes.
local function name(node, ttl) return node == "*" and "* at " .. ttl or node end

-- Returns the nodes whose names or origins are known, in the order of their addresses.
local function labels(found)
  local list = {}
  for _, item in pairs(found and found.names or {}) do list[#list + 1] = item end
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
  for _, hop in ipairs(result.mda and result.mda.hops or {}) do
    for _, link in ipairs(hop.links) do
      out[#out + 1] = ('  "%s" -> "%s";\n'):format(name(link.from, hop.ttl - 1),
        name(link.to, hop.ttl))
    end
  end
  return table.concat(out) .. "}\n"
end

return M
