-- SPDX-License-Identifier: MIT
--
-- The results of other tracers, for comparison: traceroute(8) and scamper run in the
-- prober's namespace of a lab, all protocols side by side, in the background. traceroute sends one
-- probe per hop, scamper one or, after silence, two. Both use our ports where the path depends on
-- them. The caller leaves out what a tool is known to get wrong.

local cjson = require "cjson"

local M = {}

---@class peers.Hop
---@field addr string?
---@field mark string?       traceroute: "!H" and its like
---@field icmp_type integer? scamper
---@field icmp_code integer? scamper

local TRACEROUTE = { icmp = "-I", udp = "-U -p %d", tcp = "-T -p %d" }
local SCAMPER = { icmp = "icmp-paris", udp = "udp-paris -d %d", tcp = "tcp -d %d" }

local function traceroute(q, hops)
  local words = TRACEROUTE[q.protocol]:format(q.port or 0)
  if q.sport and q.protocol ~= "icmp" then words = words .. " --sport=" .. q.sport end
  return ("traceroute -n -q 1 -w 3 -m %d %s %s"):format(hops, words, q.dst)
end

local function scamper(q, hops)
  local method = SCAMPER[q.protocol]
  -- A virtual link leaves the checksum of a UDP socket's packet half done, so what IPv6 routers
  -- quote is not what scamper's udp-paris looks for. Its classic method asks another field.
  if q.protocol == "udp" and q.v == 6 then method = "udp -d %d" end
  local words = method:format(q.port or 0)
  if q.sport and q.protocol ~= "icmp" then words = words .. " -s " .. q.sport end
  -- Two attempts: on a busy machine scamper may miss a reply, mostly that of its first probe.
  return ("'trace -w 1 -q 2 -m %d -P %s %s'"):format(hops + 1, words, q.dst)
end

local function why_missing(peer)
  local found = os.execute(("PATH=$PATH:/usr/sbin:/sbin command -v %s >/dev/null"):format(peer))
  if found ~= 0 and found ~= true then return "needs the program " .. peer end
  local file = peer == "scamper" and io.open "/proc/self/setgroups"
  local word = file and file:read "*l"
  if file then file:close() end
  return word == "deny" and "scamper gives up its groups, which this user namespace forbids"
end

local reasons = {}

---Why a tool cannot be asked here, false if it can.
---@param peer "traceroute"|"scamper"
---@return string|false
function M.missing(peer)
  if reasons[peer] == nil then reasons[peer] = why_missing(peer) end
  return reasons[peer]
end

---Starts both tools for every question. The answers come with `read`.
---@param l lab.Lab
---@param questions { protocol: string, v: 4|6, dst: string, port: integer?, sport: integer? }[]
---@param hops integer how far they are to go
---@return table
function M.start(l, questions, hops)
  -- scamper makes this directory on its first run; several at once would stumble over each other.
  local lines = { "mkdir -p /var/empty 2>/dev/null || :", "cd $(mktemp -d)" }
  for i, q in ipairs(questions) do
    -- One after the other: they may want the same port.
    -- On a busy machine scamper now and then sees no packet at all: then it is asked once more.
    local ask = ("scamper -O json -p 10000 -I %s >s%d 2>&1"):format(scamper(q, hops), i)
    lines[#lines + 1] = ("{ %s >t%d 2>&1; %s; grep -q icmp_type s%d || %s; } &"):format(
      traceroute(q, hops), i, ask, i, ask)
  end
  lines[#lines + 1] = "wait"
  local names = {}
  for i = 1, #questions do names[i] = ("t%d s%d"):format(i, i) end
  -- Prints "==> NAME <==" before each file.
  lines[#lines + 1] = "tail -v -n +1 " .. table.concat(names, " ")
  lines[#lines + 1] = "echo; echo '==> end <=='; rm -r $PWD"
  return { pipe = assert(io.popen(l:command(table.concat(lines, "\n")))), count = #questions }
end

local function parse_traceroute(text)
  local hops = {}
  for ttl, rest in text:gmatch "\n *(%d+)  ([^\n]*)" do
    hops[tonumber(ttl)] = { addr = rest:match "^%x[%x:.]+", mark = rest:match "!%S+" }
  end
  return { hops = hops, count = #hops }
end

local function parse_scamper(text)
  if M.missing "scamper" then return nil end
  for line in text:gmatch "[^\n]+" do
    local found = line:sub(1, 1) == "{" and cjson.decode(line)
    if found and found.type == "trace" then
      local hops = {}
      for _, hop in ipairs(found.hops or {}) do hops[hop.probe_ttl] = hops[hop.probe_ttl] or hop end
      return {
        hops = hops, count = found.hop_count, stop_reason = found.stop_reason:lower(),
        stop_data = found.stop_data,
      }
    end
  end
  error("scamper: " .. text)
end

---Waits for the tools.
---@param started table
---@return { hops: peers.Hop[], count: integer }[] traceroute
---@return { hops: peers.Hop[], count: integer, stop_reason: string, stop_data: integer }[] scamper
function M.read(started)
  local text = started.pipe:read "*a"
  started.pipe:close()
  local found = { traceroute = {}, scamper = {} }
  for i = 1, started.count do
    local t, s = text:match(("==> t%d <==\n(.-)\n==> s%d <==\n(.-)\n==> %s <=="):format(i, i,
      i < started.count and "t" .. i + 1 or "end"))
    assert(t, text)
    found.traceroute[i], found.scamper[i] = parse_traceroute("\n" .. t), parse_scamper(s)
  end
  return found.traceroute, found.scamper
end

return M
