-- The load lab: a prober in a namespace of its own before a fake internet of 16 million
-- destinations (model.h). An XDP program answers for it at the other end of a veth, or, where XDP
-- cannot be had or a known delay is wanted, a program behind a TUN device, or a TAP device where
-- the prober needs Ethernet.
--
--   local net = assert(fakenet.up({ kind = "xdp", settings = { "silent=50" } }))
--   net:exec("build/mtrlua trace 10.0.1.7")
--   net:stats().probes; net:down()
--
-- What comes back is a lab.Lab whose only node for commands is the prober, `p`. The namespaces are
-- kept by one holder process, which ends with its owner, so a bench that is killed leaves none.
-- It assumes the programs of `make build/fakenet`, iproute2, ethtool and taskset.
-- SPDX-License-Identifier: MIT

local lab = require("spec.lab.lab")
local netns = require("spec.lab.netns")
local states = require("spec.lab.state")
local sys = require("spec.lab.sys")

local M = {}

---@class fakenet.Net: lab.Lab
---@field kind "xdp"|"tun"|"tap"
---@field device string     of the prober
---@field mac string?       of the device, and
---@field gateway string?   of what is at the other end; nil: a TUN device has none
---@field settings string[] for truth, too
---@field pinned boolean    the responder has CPU 1 for itself

local SRC4, SRC6, GATEWAY4, GATEWAY6 = "192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2"
local MAC, GATEWAY_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
local QUEUE = 5000 -- packets that wait for the responder

M.BUILD = os.getenv("FAKENET_BUILD") or "build/fakenet"

-- What both sides want of their network: no filter by route, no talk of its own.
local QUIET = [[
for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done
for f in /proc/sys/net/ipv6/conf/*/accept_ra; do echo 0 >$f; done
for f in /proc/sys/net/ipv6/conf/*/addr_gen_mode; do echo 1 >$f; done
]]

local function in_net(path, script)
  return "nsenter --net=" .. path .. " sh -e <<'INSIDE'\n" .. script .. "INSIDE\n"
end

local function fill(text, values)
  return (text:gsub("%$(%u%w*)", values))
end

-- The ends of the pair get different indexes: see netns.lua. pfifo: with a queue the veth holds the
-- sender back when its ring is full, without one it drops.
local XDP_PROBER = QUIET .. [[
ip -batch - <<'IP'
link set lo up
link add $A index 12 address $MAC numtxqueues 1 numrxqueues 1 type veth peer name $B index 13 \
  address $GWMAC numtxqueues 1 numrxqueues 1 netns $RESPONDER
addr add $SRC4/30 dev $A
addr add $SRC6/64 dev $A nodad
link set $A txqueuelen 1000 up
neigh replace $GW4 lladdr $GWMAC dev $A
neigh replace $GW6 lladdr $GWMAC dev $A
IP
tc qdisc replace dev $A root pfifo
ethtool -K $A tx off tso off gso off gro on >/dev/null
$BUILD/attach load $BUILD/xdp.o pass $A
]]
local XDP_RESPONDER = QUIET .. [[
ip -batch - <<'IP'
addr add $GW4/30 dev $B
addr add $GW6/64 dev $B nodad
link set $B up
neigh replace $SRC4 lladdr $MAC dev $B
neigh replace $SRC6 lladdr $MAC dev $B
IP
ethtool -K $B tx off tso off gso off gro on >/dev/null
$BUILD/attach load $BUILD/xdp.o answer $B $SETTINGS
]]
local ROUTES = [[
for try in $(seq 500); do ip -o link show $A | grep -q LOWER_UP && break; sleep 0.01; done
ip route add default via $GW4
ip -6 route add default via $GW6
]]
-- NAPI in threads of their own, bound to CPU 1: a prober on CPU 0 is charged its own calls only.
-- They go before all else there, or answers are lost when the machine is busy, and the prober's
-- side before the responder's, for it empties the ring of 256 that the other fills. Where they
-- cannot be bound, `pinned` is not said.
local XDP_THREADS = [[
for pair in p:$A r:$B; do
  nsenter -t $HOLDER -m ip netns exec $ID-${pair%:*} \
    sh -c "echo 1 >/sys/class/net/${pair#*:}/threaded"
done
bound=0
for f in /proc/[0-9]*/comm; do
  read -r name 2>/dev/null <$f || continue
  case $name in napi/$A-*) rank=20 ;; napi/$B-*) rank=10 ;; *) continue ;; esac
  pid=${f#/proc/}
  pid=${pid%/comm}
  taskset -pc 1 $pid >/dev/null && chrt -f -p $rank $pid && bound=$((bound + 1))
done
[ $bound != 2 ] || echo pinned
]]
-- The responder goes before others on its CPU, but not before all: the kernel hands its answers on
-- in a thread of its own there, which would starve for 50 ms at a time while the responder spins.
local TUN = QUIET .. [[
pin="taskset -c 1 nice -n -20"
$pin true 2>/dev/null || pin=
$pin $BUILD/respond $KIND $A /proc/$HOLDER/root/run/counters $HOLDER $DELAY $SETTINGS
[ -z "$pin" ] || echo pinned
ip -batch - <<'IP'
link set lo up
addr add $SRC4/30 dev $A
addr add $SRC6/64 dev $A nodad
link set $A txqueuelen $QUEUE up
IP
]]
local TUN_ROUTES = [[
ip route add default dev $A
ip -6 route add default dev $A
]]
local TAP_ROUTES = [[
ip link set $A address $MAC
ip neigh replace $GW4 lladdr $GWMAC dev $A
ip neigh replace $GW6 lladdr $GWMAC dev $A
]]

local function pwd()
  local pipe = assert(io.popen("pwd"))
  local path = pipe:read("*l")
  pipe:close()
  return path
end

-- Words as they are to stand in a script: none of them can do harm there.
local function safe(words)
  for _, word in ipairs(words) do
    if not word:match("^[%w_=]+$") then
      error("fakenet: a setting is name=number, not '" .. word .. "'", 0)
    end
  end
  return table.concat(words, " ")
end

-- Device names tell labs apart, for a NAPI thread's name is all that says whose it is.
local function values_of(state, opts)
  local tag = ("%x"):format(tonumber(state.holder))
  local build = M.BUILD:match("^/") and M.BUILD or pwd() .. "/" .. M.BUILD
  return {
    A = "p" .. tag, B = "r" .. tag, MAC = MAC, GWMAC = GATEWAY_MAC, SRC4 = SRC4, SRC6 = SRC6,
    GW4 = GATEWAY4, GW6 = GATEWAY6, HOLDER = state.holder, ID = state.id, QUEUE = tostring(QUEUE),
    RESPONDER = states.path(state, "r"), BUILD = build, DELAY = tostring(opts.delay_us or 0),
    SETTINGS = safe(opts.settings or {}), KIND = opts.kind,
  }
end

local function script_of(state, opts)
  local values, p = values_of(state, opts), states.path(state, "p")
  if opts.kind == "tun" then
    return in_net(p, fill(TUN .. TUN_ROUTES, values))
  elseif opts.kind == "tap" then
    return in_net(p, fill(TUN .. TAP_ROUTES .. ROUTES, values))
  end
  return in_net(p, fill(XDP_PROBER, values))
    .. in_net(values.RESPONDER, fill(XDP_RESPONDER, values))
    .. in_net(p, fill(ROUTES, values)) .. fill(XDP_THREADS, values)
end

local function wrap(state, kind, settings, pinned)
  local net = lab.new({ nodes = { p = {} }, src4 = SRC4, src6 = SRC6 }, state)
  local ether = kind ~= "tun"
  net.kind, net.settings, net.pinned = kind, settings, pinned
  net.device = ("p%x"):format(tonumber(state.holder))
  net.mac, net.gateway = ether and MAC or nil, ether and GATEWAY_MAC or nil
  net.stats = M.stats
  return net
end

local function build(id, opts, owner)
  local state = { id = id, ns = { id .. "-p", id .. "-r" }, pids = {} }
  states.create(id)
  local words = { opts.kind, safe(opts.settings or {}) }
  states.note(id, "topo", "fakenet " .. table.concat(words, " "))
  if owner then
    states.note(id, "owner", owner, sys.started(owner))
  end
  local output, err = netns.sh(netns.holder_script(state.ns, owner))
  if not output then
    return nil, err
  end
  netns.note_holder(state, output)
  output, err = netns.sh(script_of(state, opts))
  return output and wrap(state, opts.kind, opts.settings or {}, output:find("pinned") ~= nil), err
end

local made = 0

--- Bring a load lab up. What labs of dead owners left is taken away first.
---@param opts { kind: "xdp"|"tun"|"tap", delay_us: integer?, settings: string[]?, id: string?,
---  stay: boolean? }  delay_us: not with xdp; settings: see settings.h; stay: outlive us
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
