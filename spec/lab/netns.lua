-- SPDX-License-Identifier: MIT
--
-- Builds a plan out of network namespaces and veth pairs, and takes it down again: one `ip -batch`
-- for namespaces, one for links, then per node one shell inside its namespace for sysctls,
-- addresses, routes and nft rules. Specs build hundreds of labs, so it starts few programs. Links
-- are made inside the lab, so the host's namespace never sees one. In the initial user namespace
-- the namespaces are ordinary `ip netns` ones; elsewhere (`unshare -rn`, no right to mount on the
-- host's /run) a holder process keeps a mount namespace with a /run of its own in which they are,
-- and ending it ends them.
-- It refuses to kill by anything but pid and start time. It assumes iproute2, nft, util-linux.

local carrier = require "spec.lab.carrier"
local plans = require "spec.lab.plan"
local states = require "spec.lab.state"
local sys = require "spec.lab.sys"

local M = {}

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
local START = 'exec 2>&1\nset -e\nPATH="$PATH:/usr/sbin:/sbin"\n'

-- What the node scripts share: `need` sets a sysctl and fails loudly, `want` does not.
local COMMON = [[
need() { for f in /proc/sys/net/$1; do echo "$2" >"$f" || exit; done; }
want() { [ ! -e "/proc/sys/net/$1" ] || echo "$2" >"/proc/sys/net/$1" || :; }
]]

local function sysctls(lines, list)
  for _, pair in ipairs(list) do
    local word, path = pair[1]:match("^(%??)(.*)$")
    lines[#lines + 1] = ("%s %s %s"):format(word == "?" and "want" or "need", path, pair[2])
  end
end

-- The script that runs inside a node.
local function node_script(plan, node)
  local lines = { COMMON }
  sysctls(lines, plans.SYSCTLS)
  sysctls(lines, node.router and plans.ROUTER or {})
  sysctls(lines, plan.limits and {} or plans.NO_LIMITS)
  sysctls(lines, node.sysctls)
  lines[#lines + 1] = "ip -batch - <<'IP'\nlink set dev lo up"
  for _, addr in ipairs(node.addrs) do
    lines[#lines + 1] = ("addr add %s dev lo%s"):format(addr, addr:find(":") and " nodad" or "")
  end
  for _, iface in ipairs(node.ifaces) do
    lines[#lines + 1] = ("addr add %s/24 dev %s"):format(iface.a4, iface.name)
    lines[#lines + 1] = ("addr add %s/64 dev %s nodad"):format(iface.a6, iface.name)
    local mtu = iface.mtu and " mtu " .. iface.mtu or ""
    lines[#lines + 1] = ("link set dev %s%s up"):format(iface.name, mtu)
  end
  for _, route in ipairs(node.routes) do
    lines[#lines + 1] = "route add " .. route
  end
  lines[#lines + 1] = "IP"
  if node.nft then
    lines[#lines + 1] = "nft -f - <<'NFT'\n" .. node.nft .. "\nNFT"
  end
  return table.concat(lines, "\n")
end

local function make_batch(names)
  return "ip -batch - <<'IP'\nnetns add " .. table.concat(names, "\nnetns add ") .. "\nIP\n"
end

--- The script that makes namespaces in a /run that a holder process keeps; it prints `holder PID`.
--- An owner's end is then the end of the holder too.
---@param names string[]
---@param owner integer?
---@return string
function M.holder_script(names, owner)
  local wait = owner and "--pid=" .. owner or ""
  return "unshare -mn sh -e <<'HOLDER'\nmount -t tmpfs mtrlab /run\nmkdir /run/netns\n"
    .. make_batch(names)
    .. ("setsid tail %s -f /dev/null >/dev/null 2>&1 </dev/null &\n"):format(wait)
    .. "echo holder $!\nHOLDER\n"
end

-- The script that makes the namespaces, in the host's /run where that is ours.
local function make_script(state, owner)
  return states.is_initial() and make_batch(state.ns) or M.holder_script(state.ns, owner)
end

-- Links are made inside the prober's namespace. The two ends of each get different indexes:
-- where they are equal the kernel does not see a pair and may report the carrier a second late
-- (linkwatch), and IPv6 waits for that.
local function links_script(plan, state)
  local make = "link add name %s index %d netns %s type veth peer name %s index %d netns %s"
  local lines = {}
  for i, l in ipairs(plan.links) do
    local a, b = states.path(state, l.a), states.path(state, l.b)
    lines[i] = make:format(l.b, 10 + 2 * i, a, l.a, 11 + 2 * i, b)
  end
  local batch = "ip -batch - <<'IP'\n" .. table.concat(lines, "\n") .. "\nIP\n"
  return batch
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

-- Starts the destination's services; prints `service PID`, without a pid when they cannot be.
local function serve_script(plan, state, owner)
  local words = {}
  for kind, port in pairs(plan.serve) do
    words[#words + 1] = kind .. "=" .. port
  end
  local serve = states.quote(HERE .. "/serve.lua")
  local net, ports = states.path(state, "d"), table.concat(words, " ")
  local start = "echo service $(nsenter --net=%s luajit %s %d %s)"
  return start:format(net, serve, owner or 0, ports)
end

--- Run a shell script that stops at the first failure; its output, or nil and its output.
---@param script string
---@param path string?  of the network namespace to run it in; nil: ours
---@return string?
---@return string?
function M.sh(script, path)
  local function open() return assert(io.popen(START .. script .. "\necho done")) end
  local pipe = path and sys.inside(path, open) or open()
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
  local output, err = M.sh(links_script(plan, state), states.path(state, "p"))
  for _, node in ipairs(output and plan.nodes or {}) do
    output, err = M.sh(node_script(plan, node), states.path(state, node.name))
    if not output then
      return nil, err
    end
  end
  for _, node in ipairs(output and plan.nodes or {}) do
    local problem = await_links(node, states.path(state, node.name))
    if problem then
      return nil, problem
    end
  end
  return output, err
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
  local output, err = M.sh(make_script(state, owner))
  if not output then
    return nil, err
  end
  M.note_holder(state, output)
  output, err = configure(plan, state)
  if not output then
    return nil, err
  end
  if next(plan.serve) == nil then
    return states.load(id)
  end
  output, err = M.sh(serve_script(plan, state, owner))
  local pid = (output or ""):match("service (%d+)")
  if not pid then
    return nil, err or output
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
  if states.is_initial() then
    local script = { "ip -force -batch - <<'IP' 2>/dev/null || :" }
    for _, name in ipairs(state.ns) do
      script[#script + 1] = "netns del " .. name
    end
    M.sh(table.concat(script, "\n") .. "\nIP")
  end
  states.remove(id)
end

return M
