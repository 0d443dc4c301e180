-- SPDX-License-Identifier: MIT
--
-- Builds a plan out of network namespaces and veth pairs, and takes it down again: one `ip -batch`
-- for namespaces, one for links, then node.lua for each node. Specs build hundreds of labs, so it
-- starts few programs. Links are made inside the lab, so the host's namespace never sees one. In
-- the initial user namespace the namespaces are ordinary `ip netns` ones; elsewhere (`unshare -rn`,
-- no right to mount on the host's /run) a holder process keeps a mount namespace with a /run of its
-- own in which they are, and ending it ends them.
-- It refuses to kill by anything but pid and start time. It assumes iproute2, nft, util-linux.

local carrier = require "spec.lab.carrier"
local nodes = require "spec.lab.node"
local states = require "spec.lab.state"
local sys = require "spec.lab.sys"

local M = {}

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
local START = 'exec 2>&1\nset -e\nPATH="$PATH:/usr/sbin:/sbin"\n'

-- Runs `ip -batch` with these lines as its input: its output, or nil and its output.
local function ip(lines)
  local output, status = sys.feed({ "ip", "-batch", "-" }, table.concat(lines, "\n") .. "\n")
  if status == 0 then return output end
  return nil, (output:gsub("%s+$", ""))
end

local function make_lines(names)
  local lines = {}
  for i, name in ipairs(names) do lines[i] = "netns add " .. name end
  return lines
end

--- The script that makes namespaces in a /run that a holder process keeps; it prints `holder PID`.
--- An owner's end is then the end of the holder too.
---@param names string[]
---@param owner integer?
---@return string
function M.holder_script(names, owner)
  local wait = owner and "--pid=" .. owner or ""
  return "unshare -mn sh -e <<'HOLDER'\nmount -t tmpfs mtrlab /run\nmkdir /run/netns\n"
    .. "ip -batch - <<'IP'\n" .. table.concat(make_lines(names), "\n") .. "\nIP\n"
    .. ("setsid tail %s -f /dev/null >/dev/null 2>&1 </dev/null &\n"):format(wait)
    .. "echo holder $!\nHOLDER\n"
end

-- Makes the namespaces, in the host's /run where that is ours: the output, or nil and the output.
local function make(state, owner)
  if states.is_initial() then return ip(make_lines(state.ns)) end
  return M.sh(M.holder_script(state.ns, owner))
end

-- Links are made inside the prober's namespace. The two ends of each get different indexes:
-- where they are equal the kernel does not see a pair and may report the carrier a second late
-- (linkwatch), and IPv6 waits for that.
local function make_links(plan, state)
  local command = "link add name %s index %d netns %s type veth peer name %s index %d netns %s"
  local lines = {}
  for i, l in ipairs(plan.links) do
    local a, b = states.path(state, l.a), states.path(state, l.b)
    lines[i] = command:format(l.b, 10 + 2 * i, a, l.a, 11 + 2 * i, b)
  end
  return sys.inside(states.path(state, "p"), function() return ip(lines) end)
end

-- Waits until the kernel has brought every link of a node up: until then packets vanish unseen.
-- Taking another lab down can hold that up for a second. nil, or what is wrong.
local function await_links(node, path)
  local names = {}
  for i, iface in ipairs(node.ifaces) do names[i] = iface.name end
  for _ = 1, 500 do
    if sys.inside(path, function() return carrier.all(names) end) then return end
    sys.pause(0.01)
  end
  return ("links of %s did not come up"):format(path)
end

-- Starts the destination's services: their process id, or nil and what is wrong.
local function serve(plan, state, owner)
  local words = { "luajit", HERE .. "/serve.lua", tostring(owner or 0) }
  for kind, port in pairs(plan.serve) do
    words[#words + 1] = kind .. "=" .. port
  end
  local output = sys.inside(states.path(state, "d"), function() return (sys.feed(words, "")) end)
  return output:match "^%d+", output
end

--- Run a shell script that stops at the first failure; its output, or nil and its output.
---@param script string
---@return string?
---@return string?
function M.sh(script)
  local pipe = assert(io.popen(START .. script .. "\necho done"))
  local output = pipe:read("*a")
  pipe:close()
  local good = output:match("^(.*)done\n$")
  return good, not good and output:gsub("%s+$", "") or nil
end

--- Note the holder in a lab's state, if a script's output tells of one.
---@param state lab.State
---@param output string
function M.note_holder(state, output)
  local holder = output:match("holder (%d+)")
  if holder then
    state.holder = holder
    states.note(state.id, "holder", holder, sys.started(holder))
  end
end

-- Makes the links, sets the nodes up, and waits for the links: true, or nil and what is wrong.
local function configure(plan, state)
  local ok, err = make_links(plan, state)
  if not ok then
    return nil, err
  end
  for _, node in ipairs(plan.nodes) do
    ok, err = nodes.set_up(plan, node, states.path(state, node.name))
    if not ok then
      return nil, err
    end
  end
  for _, node in ipairs(plan.nodes) do
    err = await_links(node, states.path(state, node.name))
    if err then
      return nil, err
    end
  end
  return true
end

--- Build a plan under an id that is free. On failure the lab's remains are for M.down.
---@param plan lab.Plan
---@param id string
---@param topo string     for the record
---@param owner integer?  a process that the lab must not outlive
---@return lab.State?
---@return string?
function M.up(plan, id, topo, owner)
  local state = { id = id, ns = {}, pids = {} }
  states.create(id)
  states.note(id, "topo", topo)
  if owner then
    states.note(id, "owner", owner, sys.started(owner))
  end
  for i, node in ipairs(plan.nodes) do
    state.ns[i] = id .. "-" .. node.name
    states.note(id, "ns", state.ns[i])
  end
  local output, err = make(state, owner)
  if not output then
    return nil, err
  end
  M.note_holder(state, output)
  local ok
  ok, err = configure(plan, state)
  if not ok then
    return nil, err
  end
  if next(plan.serve) == nil then
    return states.load(id)
  end
  local pid
  pid, err = serve(plan, state, owner)
  if not pid then
    return nil, err
  end
  states.note(id, "pid", pid, sys.started(pid))
  return states.load(id)
end

--- Take a lab down by its id, whatever of it there is; nothing there is fine.
---@param id string
function M.down(id)
  local state = states.load(id) or { ns = {}, pids = {} }
  for i = #state.pids, 1, -1 do
    sys.kill(unpack(state.pids[i]))
  end
  if states.is_initial() and #state.ns > 0 then
    local lines = {}
    for i, name in ipairs(state.ns) do lines[i] = "netns del " .. name end
    sys.feed({ "ip", "-force", "-batch", "-" }, table.concat(lines, "\n") .. "\n")
  end
  states.remove(id)
end

return M
