-- SPDX-License-Identifier: MIT
--
-- The load lab: a prober in its own namespace, connected to a fake internet of 16 million
-- destinations (model.h). There are four kinds: xdp, an XDP program that answers at the other end
-- of a veth; wire, an ordinary program there that answers after a known delay; and where XDP is not
-- available tun, a program behind a TUN device, or tap, the same with a TAP device if the prober
-- needs Ethernet.
--
--   local net = assert(fakenet.up({ kind = "xdp", settings = { "silent=50" } }))
--   net:exec("build/mtrlua trace 10.0.1.7")
--   net:stats().probes; net:down()
--
-- What comes back is a lab.Lab whose only node for commands is the prober, `p`. The namespaces are
-- kept by one holder process, which ends with its owner, so a bench that is killed leaves none.
-- It assumes the programs of `make build/fakenet`, iproute2, ethtool and taskset.

local scripts = require "spec.lab.fakenet.script"
local lab = require "spec.lab.lab"
local netns = require "spec.lab.netns"
local states = require "spec.lab.state"
local sys = require "spec.lab.sys"

local M = {}

---@class fakenet.Net: lab.Lab
---@field kind "xdp"|"wire"|"tun"|"tap"
---@field device string     of the prober
---@field mac string?       of the device, and
---@field gateway string?   of what is at the other end; nil: a TUN device has none
---@field settings string[] for truth, too
---@field pinned boolean    the responder has CPU 1 for itself

M.BUILD = scripts.BUILD

local function wrap(state, kind, settings, pinned)
  local net = lab.new({ nodes = { p = {} }, src4 = scripts.SRC4, src6 = scripts.SRC6 }, state)
  local ether = kind ~= "tun"
  net.kind, net.settings, net.pinned = kind, settings, pinned
  net.device = ("p%x"):format(tonumber(state.holder))
  net.mac, net.gateway = ether and scripts.MAC or nil, ether and scripts.GATEWAY_MAC or nil
  net.stats = M.stats
  return net
end

local function build(id, opts, owner)
  local state = { id = id, ns = { id .. "-p", id .. "-r" }, pids = {} }
  states.create(id)
  local words = { opts.kind, scripts.safe(opts.settings or {}) }
  states.note(id, "topo", "fakenet " .. table.concat(words, " "))
  if owner then
    states.note(id, "owner", owner, sys.started(owner))
  end
  local output, err = netns.sh(netns.holder_script(state.ns, owner))
  if not output then
    return nil, err
  end
  netns.note_holder(state, output)
  output, err = netns.sh(scripts.script(state, opts))
  if not output then
    return nil, err
  end
  return wrap(state, opts.kind, opts.settings or {}, output:find("pinned") ~= nil)
end

local made = 0

--- Bring a load lab up. What labs of dead owners left is taken away first.
---@param opts { kind: "xdp"|"wire"|"tun"|"tap", delay_us: integer?, late_us: integer?,
---  settings: string[]?, id: string?, stay: boolean? }  delay_us: not with xdp; late_us: an answer
---  that would be later than this beyond the delay is lost; settings: see settings.h; stay: outlive
---  us
---@return fakenet.Net?
---@return string?
---@return string?
function M.up(opts)
  local ok, reason = lab.available()
  if not ok then
    return nil, reason, "EPERM"
  end
  if opts.kind == "xdp" and opts.delay_us then
    error("fakenet: xdp has no delay", 2)
  end
  for _, stale in ipairs(lab.ids(true)) do
    lab.down(stale)
  end
  made = made + 1
  local id = opts.id or ("fakenet-%d-%d"):format(sys.getpid(), made)
  lab.down(id)
  local fine, net, err = pcall(build, id, opts, not opts.stay and sys.getpid() or nil)
  if fine and net then
    return net
  end
  lab.down(id)
  return nil, tostring(fine and err or net), "EIO"
end

--- A load lab that is up, perhaps made by another process.
---@param id string
---@return fakenet.Net?
---@return string?
function M.find(id)
  local state = states.load(id)
  local kind, rest = ((state or {}).topo or ""):match("^fakenet (%a+) ?(.*)$")
  if not kind then
    return nil, ("no load lab '%s' is up"):format(id)
  end
  local settings = {}
  for word in rest:gmatch("%S+") do
    settings[#settings + 1] = word
  end
  return wrap(state, kind, settings, false)
end

--- What the responder has done: `probes` it saw, and what became of them, by name.
---@param net fakenet.Net
---@return table<string, number>
function M.stats(net)
  local tell = ("%s/respond tell /proc/%s/root/run/counters"):format(M.BUILD, net.state.holder)
  if net.kind == "xdp" then
    local device = net.device:gsub("^p", "r")
    tell = ("nsenter --net=%s %s/attach stats %s"):format(states.path(net.state, "r"), M.BUILD,
      device)
  end
  local output = assert(netns.sh(tell))
  local counts = {}
  for name, value in output:gmatch("(%w+)=(%d+)") do
    counts[name] = tonumber(value)
  end
  return counts
end

return M
