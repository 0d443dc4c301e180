-- SPDX-License-Identifier: MIT
--
-- Runs what the load bench compares, all in the same way: in the prober of the load lab, on CPU 0,
-- measured by run.lua. Each function returns a table of numbers: those that the contender printed
-- and those that run.lua measured (packets, rate, peak, us_per_packet, rss_kib). It returns nil and
-- the reason when this machine does not have the contender. A failure is an error.

local cjson = require "cjson"
local contenders = require "spec.perf.kit.contenders"
local fakenet = require "spec.lab.fakenet.fakenet"

local M = {}

local LIMIT_S, NOT_HERE = 150, 3
local MASSCAN_S = 8
local DIR = "build/perf/"
local RUN = "nice -n -10 luajit spec/perf/kit/run.lua "

--- Run a command by the ruler.
---@param net fakenet.Net
---@param command string
---@return table<string, number>?
---@return string?
function M.run(net, command)
  local output, status = net:exec(("timeout %d %s%s %s </dev/null"):format(LIMIT_S, RUN,
    net.device, command))
  if status == NOT_HERE and output:find("skipped=") then
    return nil, (output:match("skipped=(%S+)"):gsub("_", " "))
  elseif status ~= 0 then
    error(("bench: %s: status %s\n%s"):format(command, status, output), 0)
  end
  return contenders.numbers(output)
end

--- A file with the first n destinations.
---@param net fakenet.Net
---@param n integer
---@return string path
function M.targets(net, n)
  local path = DIR .. "load-targets-" .. n
  local settings = table.concat(net.settings, " ")
  local command = ("%s/truth targets %d %s >%s"):format(fakenet.BUILD, n, settings, path)
  assert(os.execute(command) == 0, "bench: " .. command)
  return path
end

--- Our engine: see load_engine.lua for the options, but `n`, which is how many targets; `burst` is
--- for mini.
---@param net fakenet.Net
---@param options table<string, any>
---@return table<string, number>?
---@return string?
function M.engine(net, options)
  local words = { inflight = math.min(options.n, 65536) }
  for key, value in pairs(options) do
    words[key] = value
  end
  words.n, words.burst, words.targets = nil, nil, M.targets(net, options.n)
  return M.run(net, ("%s spec/perf/loads/load_engine.lua %s"):format(contenders.MTRLUA,
    contenders.words(words)))
end

--- The bare reference: `gear` is such as "pktmm ring"; the other options as for the engine.
---@param net fakenet.Net
---@param gear string
---@param options table<string, any>
---@return table<string, number>
function M.mini(net, gear, options)
  local words = { rate = options.rate, window = options.window, burst = options.burst,
    timeout = options.timeout, out = options.out }
  local ether = net.gateway and ("mac=%s gateway=%s"):format(net.mac, net.gateway) or ""
  return assert(M.run(net, ("build/perf/mini %s %s %s %d %s %s"):format(gear,
    M.targets(net, options.n), net.device, options.inflight or math.min(options.n, 65536), ether,
    contenders.words(words))))
end

--- What a file of "DESTINATION HOP ADDRESS" lines is worth.
---@param net fakenet.Net
---@param path string
---@param n integer  how many destinations there were
---@return table<string, number>
function M.score(net, path, n)
  local pipe = assert(io.popen(("%s/truth score %d %s <%s"):format(fakenet.BUILD, n,
    table.concat(net.settings, " "), path)))
  local values = contenders.numbers(pipe:read("*a"))
  pipe:close()
  return values
end

--- Errors against the delay that all answers have, in us: the lines' fourth word less that.
---@param path string
---@param delay_us number
---@return { n: integer, p50: number, p99: number }
function M.errors(path, delay_us)
  local list = {}
  for line in io.lines(path) do
    list[#list + 1] = tonumber(line:match("(%S+)$")) - delay_us
  end
  table.sort(list)
  local function at(part)
    return list[math.max(1, math.ceil(#list * part))]
  end
  return { n = #list, p50 = at(0.5), p99 = at(0.99) }
end

-- Other people's tracers. Each takes the network and gives the numbers; `hops` says that `out` is
-- a file for M.score.
local peers = {}
M.peers = peers

-- scamper's JSON to lines.
local function scamper_lines(from, to)
  local out = assert(io.open(to, "w"))
  for line in io.lines(from) do
    local trace = cjson.decode(line)
    for _, hop in ipairs(trace.type == "trace" and trace.hops or {}) do
      out:write(("%s %d %s %.1f\n"):format(trace.dst, hop.probe_ttl, hop.addr, hop.rtt * 1000))
    end
  end
  out:close()
end

--- scamper, hop by hop, at the highest rate that it offers.
---@param net fakenet.Net
---@param n integer
---@param out string?  score its lines, which costs it JSON
---@return table<string, number>
function peers.scamper(net, n, out)
  local raw = out and DIR .. "scamper.json" or "/dev/null"
  local values = M.run(net, ("scamper -p %d -w %d -O %s -o %s -f %s -c 'trace -P icmp-paris -q 1 "
    .. "-w 1 -m 30 -g 16'"):format(contenders.SCAMPER_RATE, n, out and "json" or "warts", raw,
    M.targets(net, n)))
  if out then
    scamper_lines(raw, out)
  end
  return values
end

--- zmap: one echo request to each address, as fast as it goes.
---@param net fakenet.Net
---@param n integer
---@return table<string, number>
function peers.zmap(net, n)
  return M.run(net, ("zmap -q -M icmp_echoscan -r 0 -i %s -G %s -S %s -n %d -b /dev/null -c 1 "
    .. "-o /dev/null 10.0.0.0/8"):format(net.device, net.gateway, net.src4, n))
end

--- masscan: the same. It is ended from outside: without a last packet to wake it, it never ends.
---@param net fakenet.Net
---@param n integer
---@return table<string, number>
function peers.masscan(net, n)
  local prefix = 32 - math.floor(math.log(n) / math.log(2) + 0.5)
  return M.run(net, ("sh -c 'masscan 10.0.0.0/%d --ping --rate 1000000 --wait 0 -e %s --adapter-ip "
    .. "%s --router-mac %s -oB /dev/null >/dev/null 2>&1 & sleep %d; kill -9 $!; wait; true'"
    ):format(prefix, net.device, net.src4, net.gateway, MASSCAN_S))
end

--- traceroute(8): a process per target, 20 at once, 16 probes under way in each.
---@param net fakenet.Net
---@param n integer
---@return table<string, number>
function peers.traceroute(net, n)
  return M.run(net, ("sh -c 'xargs -a %s -n 1 -P 20 traceroute -I -n -q 1 -w 1 >/dev/null'"):format(
    M.targets(net, n)))
end

--- mtr-packet, fed with 1,000 commands at once by mtrp_driver, to one destination.
---@param net fakenet.Net
---@param n integer
---@return table<string, number>
peers["mtr-packet"] = function(net, n)
  local values = M.run(net, ("build/perf/mtrp_driver 1000 %d icmp 10.0.1.7 %s 30 "
    .. "mtr-packet"):format(n, net.src4))
  values.us_per_packet = values.child_us -- not the driver's own
  return values
end

return M
