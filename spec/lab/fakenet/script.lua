-- SPDX-License-Identifier: MIT
--
-- The shell scripts that make a load lab: see fakenet.lua for its kinds.

local states = require "spec.lab.state"

local M = {}

local SRC4, SRC6, GATEWAY4, GATEWAY6 = "192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2"
local MAC, GATEWAY_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
local QUEUE = 5000 -- packets that wait for the responder

M.SRC4, M.SRC6, M.MAC, M.GATEWAY_MAC = SRC4, SRC6, MAC, GATEWAY_MAC
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

-- The ends of the pair get different indexes: see netns.lua.
local PAIR = QUIET .. [[
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
ethtool -K $A tx off tso off gso off gro $GRO >/dev/null
]]
-- pfifo: with a queue the veth holds the sender back when its ring is full, without one it drops.
local XDP_PROBER = PAIR .. [[
tc qdisc replace dev $A root pfifo
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
local RESPOND = [[
pin="taskset -c 1 nice -n -20"
$pin true 2>/dev/null || pin=
$pin $BUILD/respond $KIND $DEVICE /proc/$HOLDER/root/run/counters $HOLDER $DELAY $LATE $SETTINGS
[ -z "$pin" ] || echo pinned
]]
local WIRE_RESPONDER = QUIET .. [[
ethtool -K $B tx off tso off gso off gro off >/dev/null
ip link set $B up
]] .. RESPOND
local TUN = QUIET .. RESPOND .. [[
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

--- Words as they are to stand in a script: none of them can do harm there.
---@param words string[]
---@return string
function M.safe(words)
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
    LATE = tostring(opts.late_us or 0),
    SETTINGS = M.safe(opts.settings or {}), KIND = opts.kind,
    DEVICE = (opts.kind == "wire" and "r" or "p") .. tag,
    GRO = opts.kind == "xdp" and "on" or "off",
  }
end

--- What makes the network of a lab whose namespaces are there, and starts its responder.
---@param state table
---@param opts table as for fakenet.up
---@return string
function M.script(state, opts)
  local values, p = values_of(state, opts), states.path(state, "p")
  if opts.kind == "tun" then
    return in_net(p, fill(TUN .. TUN_ROUTES, values))
  elseif opts.kind == "tap" then
    return in_net(p, fill(TUN .. TAP_ROUTES .. ROUTES, values))
  elseif opts.kind == "wire" then
    return in_net(p, fill(PAIR, values)) .. in_net(values.RESPONDER, fill(WIRE_RESPONDER, values))
      .. in_net(p, fill(ROUTES, values))
  end
  return in_net(p, fill(XDP_PROBER, values))
    .. in_net(values.RESPONDER, fill(XDP_RESPONDER, values))
    .. in_net(p, fill(ROUTES, values)) .. fill(XDP_THREADS, values)
end

return M
