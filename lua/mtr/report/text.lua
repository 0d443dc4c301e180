-- SPDX-License-Identifier: MIT
--
-- The reporter that writes traces like traceroute(8): a line for each target and one for each hop,
-- with the addresses that answered, their times, * for no answer, and the mark of an unreachable
-- (mtr.mark). Behind an address are labels, [nat], [other_addr], and so on.
--
-- If hop() is called as hops settle, it writes each at once; otherwise it writes all of them with
-- the result. `opts` are the options of the traces: they give the number of answers wanted from
-- each hop, and the size of packets, which hops and results do not have.

---@class mtr.Reports
---@field text fun(out?: mtr.ReportOut, opts?: mtr.TraceOptions): mtr.Reporter like traceroute(8)

local view = require "mtr.names.view"
local words = require "mtr.record.words"
local Sink = require "mtr.report.sink"

-- The default sizes of packets for IPv4 and IPv6; a SYN is larger, because it has an option.
local BYTES = { icmp = { 60, 80 }, udp = { 60, 80 }, tcp = { 44, 64 } }
local PORT = { udp = 33434, tcp = 80 }
local FLAGS = { "other_addr", "te_from_dst", "local_" }

---@class mtr.TextReporter: mtr.Reporter
---@field opts mtr.TraceOptions
---@field target? string the target of begin()
---@field headed boolean true after the first line of the target
---@field gap string the text between this target and the one before
local Text = {}
local M = Sink.reporter("text", Text)

local function header(self, what)
  local opts, dst = self.opts, what.dst
  local protocol = opts.protocol or what.protocol or "icmp"
  local port = PORT[protocol] and " port " .. (opts.port or what.dport or PORT[protocol]) or ""
  local bytes = BYTES[protocol][dst:find ":" and 2 or 1] - (opts.tcp_flags == "ack" and 4 or 0)
  return ("%strace to %s (%s), %d hops max, %d byte packets, %s%s\n"):format(self.gap,
    Sink.plain(self.target), dst, opts.max_ttl or 30, opts.size or bytes, protocol, port)
end

local function extension(e)
  local parts = {}
  for _, l in ipairs(e.mpls or {}) do
    parts[#parts + 1] = ("L=%d,E=%d,S=%d,T=%d"):format(l.label, l.tc, l.s, l.ttl)
  end
  if e.mpls then return "<MPLS:" .. table.concat(parts, "/") .. ">" end
  if not e.interface then return ("<%d/%d:%s>"):format(e.class, e.type, e.hex) end
  for _, key in ipairs { "ifindex", "name", "addr", "mtu" } do
    local value = e.interface[key]
    parts[#parts + 1] = value and key .. "=" .. tostring(value):gsub("[^%w%p]", "?")
  end
  return ("<%s:%s>"):format(e.interface.role, table.concat(parts, ","))
end

-- Returns the address that answered, and the notes on the answer.
local function who(reply)
  local parts = { " ", view.text(reply) }
  for _, e in ipairs(reply.ext or {}) do parts[#parts + 1] = " " .. extension(e) end
  if reply.quoted and reply.quoted.nat then parts[#parts + 1] = " [nat]" end
  for _, flag in ipairs(FLAGS) do
    if reply[flag] then parts[#parts + 1] = " [" .. flag:gsub("_$", "") .. "]" end
  end
  return table.concat(parts)
end

local function by_attempt(a, b)
  if a.attempt ~= b.attempt then return a.attempt < b.attempt end
  return a.at < b.at
end

-- Returns the replies that are answers, in the order of their probes.
local function answers(hop)
  local list = {}
  for _, reply in ipairs(hop.replies) do
    if not reply.dup and not reply.late then list[#list + 1] = reply end
  end
  table.sort(list, by_attempt)
  return list
end

-- Probes of a hop that nothing came back for. A trace that was halted had some in flight, which are
-- not among them.
local function missing(self, hop, answered, halted)
  local n = (self.opts.queries or 1) - answered
  return halted and math.min(n, (hop.unanswered or 0) + (hop.failed or 0)) or n
end

local function line(self, hop, halted)
  local parts, n, last = { ("%2d "):format(hop.ttl) }, 0, nil
  for _, reply in ipairs(answers(hop)) do
    local name, mark = who(reply), words.mark(reply)
    parts[#parts + 1] = ("%s  %.3f ms%s"):format(
      name ~= last and name or "", reply.rtt, mark and " " .. mark or "")
    last, n = name, n + (reply.too_big and 0 or 1)
  end
  parts[#parts + 1] = (" *"):rep(missing(self, hop, n, halted))
  parts[#parts + 1] = hop.error and "  " .. hop.error
  return table.concat(parts) .. "\n"
end

local function open(self, target)
  self.gap = (self.gap or not self.sink:fresh()) and "\n" or ""
  self.target, self.headed = target, false
end

--- Begins a target: its hops follow as they settle.
---@param target string
function Text:begin(target) open(self, target) end

--- Writes a hop.
---@param trace mtr.Trace
---@param hop mtr.Hop
function Text:hop(trace, hop)
  local head = self.headed and "" or header(self, trace)
  self.headed = true
  return self.sink:write(head .. line(self, hop))
end

local function settled(self, result, out)
  local halted = result.stop_reason == "halted"
  for _, hop in ipairs(result.hops) do
    if not hop.skipped then out[#out + 1] = line(self, hop, halted) end
  end
end

--- Returns the text of a result that is still to be written: all of it, unless hop() was called.
---@param result mtr.Result
---@return string
function Text:text(result)
  local out, whole = {}, not self.target
  if whole then open(self, result.target) end
  if not self.headed then out[1] = header(self, result) end
  if whole then settled(self, result, out) end
  self.target = nil
  if result.stop_reason ~= "completed" then
    out[#out + 1] = "stopped: " .. result.stop_reason .. "\n"
  end
  return table.concat(out)
end

return M
