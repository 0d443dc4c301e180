-- SPDX-License-Identifier: MIT
--
-- The state of a running lab: its namespaces, its processes, and the arguments of its topology, one
-- in each line of a file, so that another process can find the lab and take it down. The file is in
-- /run where `ip netns` works, else in $TMPDIR under the user namespace's number. A file that was
-- cut short is read as far as it goes.

local sys = require "spec.lab.sys"

local M = {}

---@class lab.State
---@field id string
---@field ns string[]      names of the namespaces
---@field pids table[]     { pid, start, group? } to kill, the holder first
---@field holder string?   its pid
---@field owner { [1]: string, [2]: string }?  whose end makes the lab stale
---@field topo string      the words after `lab up`

--- A word for the shell.
---@param text string
---@return string
function M.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- True where `ip netns` can be used as it is.
function M.is_initial()
  local file = assert(io.open("/proc/self/uid_map"))
  local map = file:read("*a")
  file:close()
  return map:match("^%s*0%s+0%s+4294967295%s*$") ~= nil
end

-- Where states are kept: beside the namespaces, or by user namespace.
local function prefix()
  if M.is_initial() then
    return "/run/mtrlab-state-"
  end
  local pipe = assert(io.popen("readlink /proc/self/ns/user"))
  local inode = pipe:read("*a"):match("%d+")
  pipe:close()
  return ("%s/mtrlab-state-%s-"):format(os.getenv("TMPDIR") or "/tmp", inode)
end

--- Read the state of a lab that is up.
---@param id string
---@return lab.State?
function M.load(id)
  local file = io.open(prefix() .. id)
  if not file then
    return nil
  end
  local state = { id = id, ns = {}, pids = {} }
  for line in file:lines() do
    local key, rest = line:match("^(%S+) (.*)$")
    local pid, start, group = (rest or ""):match("^(%d+) (%d+) ?(%S*)$")
    if key == "ns" then
      state.ns[#state.ns + 1] = rest
    elseif key == "topo" then
      state.topo = rest
    elseif key == "owner" then
      state.owner = { pid, start }
    elseif pid then
      state.pids[#state.pids + 1] = { tonumber(pid), start, group ~= "" }
      state.holder = state.holder or (key == "holder" and pid)
    end
  end
  file:close()
  return state
end

--- Note a line in a lab's state.
---@param id string
---@param ... string|integer
function M.note(id, ...)
  local file = assert(io.open(prefix() .. id, "a"))
  file:write(table.concat({ ... }, " "), "\n")
  file:close()
end

--- The ids of all labs that are up.
---@return string[]
function M.ids()
  local start, ids = prefix(), {}
  local pipe = assert(io.popen("ls -d " .. M.quote(start) .. "* 2>/dev/null"))
  for path in pipe:lines() do
    ids[#ids + 1] = path:sub(#start + 1)
  end
  pipe:close()
  return ids
end

--- The path of a node's namespace.
---@param state lab.State
---@param node string
---@return string
function M.path(state, node)
  local root = state.holder and "/proc/" .. state.holder .. "/root" or ""
  return ("%s/run/netns/%s-%s"):format(root, state.id, node)
end

--- Start a lab's state; its id must be free.
---@param id string
function M.create(id)
  assert(sys.create(prefix() .. id), "lab: the id is taken")
end

--- Forget a lab.
---@param id string
function M.remove(id)
  os.remove(prefix() .. id)
end

return M
