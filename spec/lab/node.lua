-- SPDX-License-Identifier: MIT
--
-- Sets a node of a lab up, inside its network namespace: sysctls by writing them, then addresses
-- and routes by one `ip -batch`, then nft's rules. No shell is in between: specs set thousands of
-- nodes up, and to start a program takes longer than what it does here.

local plans = require "spec.lab.plan"
local sys = require "spec.lab.sys"

local M = {}

-- Writes a value below /proc/sys/net of this namespace; true, or false and what is wrong. Where
-- `optional`, a kernel may lack it.
local function write(path, value, optional)
  local file, problem = io.open("/proc/sys/net/" .. path, "r+")
  if not file then return optional or false, problem end
  file:setvbuf("no")
  local ok, message = file:write(value .. "\n")
  file:close()
  return ok ~= nil, ("%s: %s"):format(path, message)
end

-- Sets sysctls, { path, value } each; `*` is every interface of the node.
local function sysctls(node, list)
  for _, pair in ipairs(list) do
    local word, before, after = pair[1]:match "^(%??)([^*]*)%*?(.*)$"
    local names = { "" }
    if pair[1]:find("*", 1, true) then
      names = { "all", "default", "lo" }
      for _, iface in ipairs(node.ifaces) do names[#names + 1] = iface.name end
    end
    for _, name in ipairs(names) do
      local ok, problem = write(before .. name .. after, pair[2], word == "?")
      if not ok then return nil, problem end
    end
  end
  return true
end

-- The input of `ip -batch`.
local function commands(node)
  local lines = { "link set dev lo up" }
  for _, addr in ipairs(node.addrs) do
    lines[#lines + 1] = ("addr add %s dev lo%s"):format(addr, addr:find ":" and " nodad" or "")
  end
  for _, iface in ipairs(node.ifaces) do
    lines[#lines + 1] = ("addr add %s/24 dev %s"):format(iface.a4, iface.name)
    lines[#lines + 1] = ("addr add %s/64 dev %s nodad"):format(iface.a6, iface.name)
    local mtu = iface.mtu and " mtu " .. iface.mtu or ""
    lines[#lines + 1] = ("link set dev %s%s up"):format(iface.name, mtu)
  end
  for _, route in ipairs(node.routes) do lines[#lines + 1] = "route add " .. route end
  return table.concat(lines, "\n") .. "\n"
end

--- Sets a node of a plan up, in its namespace at a path: true, or nil and what is wrong.
---@param plan lab.Plan
---@param node lab.Node
---@param path string
---@return true?
---@return string?
function M.set_up(plan, node, path)
  return sys.inside(path, function()
    for _, list in ipairs { plans.SYSCTLS, node.router and plans.ROUTER or {},
      plan.limits and {} or plans.NO_LIMITS, node.sysctls } do
      local ok, problem = sysctls(node, list)
      if not ok then return nil, problem end
    end
    local output, status = sys.feed({ "ip", "-batch", "-" }, commands(node))
    if status == 0 and node.nft then
      output, status = sys.feed({ "nft", "-f", "-" }, node.nft .. "\n")
    end
    if status ~= 0 then return nil, (output:gsub("%s+$", "")) end
    return true
  end)
end

return M
