-- SPDX-License-Identifier: MIT
--
-- The lab, for specs and for the `lab` command: topologies of network namespaces and kernel
-- routers, up in a fraction of a second and removed completely. topo.lua describes the topologies,
-- netns.lua builds them; this file has what a test needs of them:
--
--   local lab = require "spec.lab.lab"
--   local l = assert(lab.up("chain", { 8, udp = 7 }))
--   local output, status = l:exec("traceroute -n " .. l.dst4)
--   l:down()
--
-- It refuses to work without CAP_NET_ADMIN and CAP_SYS_ADMIN (`nil, reason`), and packets have no
-- way out of a lab. Labs of one process, or of several at once, do not meet: each has its own id.

local netns = require "spec.lab.netns"
local states = require "spec.lab.state"
local sys = require "spec.lab.sys"
local topo = require "spec.lab.topo"

local M = {}

---@class lab.Lab
---@field id string
---@field prober string     the name of the prober's namespace
---@field src4 string
---@field src6 string
---@field dst4 string
---@field dst6 string
---@field truth lab.Truth   what a tracer must find
---@field plan lab.Plan     nodes, links, addresses
---@field state lab.State
---@field target fun(i: integer): string, string  the i-th destination, v4 and v6
local Lab = {}
Lab.__index = Lab

local made = 0 -- labs of this process so far, for their ids

local CAP_NET_ADMIN, CAP_SYS_ADMIN = 12, 21
local HINT = "be root, or run it under `unshare -rnm`"

-- Fails with the name of the first program that is missing.
local PROGRAMS = "for c in ip nft nsenter unshare setsid tail; do command -v $c >/dev/null || {"
  .. " echo $c; exit 1; }; done"
local programs -- what it printed, once it has run

-- Whether bit n of a hexadecimal number is set.
local function bit_of(hex, n)
  local digit = tonumber(hex:sub(-1 - math.floor(n / 4), -1 - math.floor(n / 4)), 16) or 0
  return math.floor(digit / 2 ^ (n % 4)) % 2 == 1
end

--- Whether labs can be made here; if not, why.
---@return boolean
---@return string?
function M.available()
  local file = assert(io.open("/proc/self/status"))
  local caps = file:read("*a"):match("CapEff:%s*(%x+)")
  file:close()
  if not (bit_of(caps, CAP_NET_ADMIN) and bit_of(caps, CAP_SYS_ADMIN)) then
    return false, "needs CAP_NET_ADMIN and CAP_SYS_ADMIN: " .. HINT
  end
  programs = programs or { netns.sh(PROGRAMS) }
  if not programs[1] then
    local missing = programs[2]
    return false, "needs the program '" .. missing .. "' (iproute2, nftables, util-linux)"
  end
  return true
end

-- Arguments as they would be typed.
local function words(name, args)
  local list = { name }
  for _, v in ipairs(args) do
    list[#list + 1] = tostring(v)
  end
  for key, v in pairs(args) do
    if type(key) ~= "number" then
      list[#list + 1] = key .. "=" .. tostring(v)
    end
  end
  return table.concat(list, " ")
end

--- A lab around what a plan says and what is up.
---@param plan lab.Plan
---@param state lab.State
---@return lab.Lab
function M.new(plan, state)
  return setmetatable({
    id = state.id,
    plan = plan,
    state = state,
    prober = state.id .. "-p",
    src4 = plan.src4,
    src6 = plan.src6,
    dst4 = plan.dst4,
    dst6 = plan.dst6,
    truth = plan.truth,
    target = plan.target,
  }, Lab)
end

--- Build a lab. A stale one of the same id is taken down first. A wrong topology or argument is the
--- caller's bug: an error.
---@param name string   a topology of `lab list`
---@param args table?   its arguments: { 8 }, { hops = 8, udp = 7, limits = true }, { "hops=8" }
---@param opts { id: string?, stay: boolean? }?  id: by default a new one; stay: outlive us
---@return lab.Lab?
---@return string?
---@return string?
function M.up(name, args, opts)
  opts = opts or {}
  local plan, err = topo.plan(name, args)
  if not plan then
    error("lab: " .. err, 2)
  end
  local ok, reason = M.available()
  if not ok then
    return nil, reason, "EPERM"
  end
  made = made + 1
  local id = opts.id or ("mtrlab-%d-%d"):format(sys.getpid(), made)
  if not id:match("^[%w][%w_.-]*$") then
    error("lab: an id is made of letters, digits and _.-, not '" .. id .. "'", 2)
  end
  M.down(id)
  local owner = not opts.stay and sys.getpid() or nil
  local fine, state
  fine, state, err = pcall(netns.up, plan, id, words(name, args or {}), owner)
  if fine and state then
    return M.new(plan, state)
  end
  M.down(id)
  if not fine then
    error(state, 0)
  end
  return nil, "lab: " .. name .. ": " .. err, "EIO"
end

--- A lab that is up, perhaps made by another process.
---@param id string
---@return lab.Lab?
---@return string?
function M.find(id)
  local state = states.load(id)
  if not state then
    return nil, ("no lab '%s' is up"):format(id)
  end
  local args = {}
  for word in (state.topo or ""):gmatch("%S+") do
    args[#args + 1] = word
  end
  local plan, err = topo.plan(table.remove(args, 1), args)
  if not plan then
    return nil, err
  end
  return M.new(plan, state)
end

--- Take down a lab by id. Nothing there: nothing to do.
---@param id string
function M.down(id)
  netns.down(id)
end

--- The ids of labs that are up; only those whose owner has ended when `stale`.
---@param stale boolean?
---@return string[]
function M.ids(stale)
  local ids = {}
  for _, id in ipairs(states.ids()) do
    local owner = (states.load(id) or {}).owner
    if not stale or owner and sys.started(tonumber(owner[1])) ~= owner[2] then
      ids[#ids + 1] = id
    end
  end
  return ids
end

--- The path of a node's namespace, for `nsenter --net=`; nil and a message if there is none.
---@param node string?  default: the prober
---@return string?
---@return string?
function Lab:path(node)
  node = node or "p"
  if not self.plan.nodes[node] then
    local names = {}
    for i, n in ipairs(self.plan.nodes) do
      names[i] = n.name
    end
    return nil, ("no node '%s', only %s"):format(node, table.concat(names, " "))
  end
  return states.path(self.state, node)
end

--- A shell command line that runs another one in a node.
---@param cmd string
---@param node string?
---@return string
function Lab:command(cmd, node)
  local path = self:path(node) or error("lab: " .. select(2, self:path(node)), 2)
  return ("nsenter --net=%s sh -c %s"):format(path, states.quote(cmd))
end

--- Run a shell command in a node, to its end.
---@param cmd string
---@param node string?  default: the prober
---@return string output  of stdout and stderr
---@return integer status
function Lab:exec(cmd, node)
  local pipe = self:inside(function()
    return assert(io.popen("(\n" .. cmd .. '\n) 2>&1; echo " $?"'))
  end, node)
  local output = pipe:read("*a")
  pipe:close()
  local text, status = output:match("^(.*) (%d+)\n$")
  return text, tonumber(status)
end

--- Start a shell command in a node; it ends with the lab at the latest.
---@param cmd string    with redirections of its own for what it prints
---@param node string?  default: the prober
---@return integer pid  of its process group
function Lab:spawn(cmd, node)
  local line = "setsid " .. self:command(cmd, node) .. " >/dev/null 2>&1 </dev/null & echo $!"
  local pid = tonumber((assert(netns.sh(line)):match("%d+")))
  states.note(self.id, "pid", pid, sys.started(pid) or 0, "group")
  return pid
end

--- Call fn with this very process in a node's network: sockets that it opens stay there.
---@param fn fun(...): ...
---@param node string?  default: the prober
---@return ...
function Lab:inside(fn, node)
  local path = self:path(node) or error("lab: " .. select(2, self:path(node)), 2)
  return sys.inside(path, fn)
end

--- Take the lab down; more than once is fine.
function Lab:down()
  M.down(self.id)
end

return M
