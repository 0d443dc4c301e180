-- SPDX-License-Identifier: MIT
--
-- The records in a page of mtr.report.html: one line of JSON each, with short names of members,
-- because there are many. lua/mtr/report/html/data.js reads them.
--
-- A trace: t target, d address, s source, at start (unix seconds), ms duration, stop the stop
-- reason, p protocol, f flow, n probes, mtu (of the strategy pmtu), hops. Each hop, from TTL 1 on,
-- is a list: an address, the RTTs of its answers in ms, null for each probe without an answer, and
-- an object with more about the address before it: mpls (label:tc:s:ttl), note (!H, NAT), passed
-- (1: the target's address, but all its answers here are time exceeded). A hop that was not probed
-- is an empty list. links are those of the strategy mda: [ttl, from, to], "*" is silent. Names:
-- {"names":{address:[name, AS number, name of the AS, label]}}.
--
-- In every string "<" is written as an escape, so that no text can end the element that it is in.

local ext = require "mtr.record.ext"
local json = require "mtr.record.json"
local words = require "mtr.record.words"

local M = {}

local KEPT = 8192                       -- strings that are kept as JSON
local known, used = {}, 0

-- Returns a string as JSON that is safe in an element of HTML.
local function quote(text)
  local quoted = known[text]
  if quoted then return quoted end
  quoted = json.encode(tostring(text)):gsub("<", "\\u003c")
  if used >= KEPT then known, used = {}, 0 end
  known[text], used = quoted, used + 1
  return quoted
end

-- Adds a member if its value is a number; files may have anything there.
local function number(out, name, format, value)
  if type(value) == "number" and value - value == 0 then
    out[#out + 1] = (',"%s":' .. format):format(name, value)
  end
end

-- Returns what is special about an answer.
local function note_of(reply)
  local mark = words.mark(reply)
  local quoted = reply.quoted
  local nat = type(quoted) == "table" and quoted.nat and "a NAT changed the probe" or nil
  local other = reply.other_addr and "answers for the target"
    or reply.te_from_dst and not reply.final and "has the address of the target" or nil
  if not (mark or nat or other) then return nil end
  local list = {}
  list[#list + 1] = mark
  list[#list + 1] = nat
  list[#list + 1] = other
  return table.concat(list, ", ")
end

local function more(out, reply, passed)
  local labels = reply.ext and ext.mpls(reply.ext, "%d:%d:%d:%d")
  local mpls, note = labels and labels[1] and table.concat(labels, " "), note_of(reply)
  if not mpls and not note then return end
  local parts = {}
  if mpls then parts[1] = '"mpls":' .. quote(mpls) end
  if note then parts[#parts + 1] = '"note":' .. quote(note) end
  if passed then parts[#parts + 1] = '"passed":1' end
  out[#out + 1] = "{" .. table.concat(parts, ",") .. "}"
end

-- Returns true if a reply is an answer of its hop.
local function counts(reply) return not (reply.dup or reply.late or reply.ignored) end

-- Adds the answers of one address.
local function answers(list, replies, addr)
  list[#list + 1] = quote(addr)
  local first, ends
  for _, reply in ipairs(replies) do
    if reply.addr == addr and counts(reply) then
      first, ends = first or reply, ends or reply.final or not reply.te_from_dst
      list[#list + 1] = ("%.3f"):format(reply.rtt)
    end
  end
  more(list, first, not ends)
end

local function hop_text(hop)
  local list, seen = {}, {}
  for _, reply in ipairs(hop.replies) do
    local addr = reply.addr
    if not seen[addr] and counts(reply) then
      seen[addr] = true
      answers(list, hop.replies, addr)
    end
  end
  for _ = 1, math.min(tonumber(hop.unanswered) or 0, 255) do list[#list + 1] = "null" end
  return "[" .. table.concat(list, ",") .. "]"
end

local function links_text(found)
  local list = {}
  for _, hop in ipairs(found.hops or {}) do
    for _, link in ipairs(hop.links) do
      list[#list + 1] = ("[%d,%s,%s]"):format(hop.ttl, quote(link.from), quote(link.to))
    end
  end
  return '"links":[' .. table.concat(list, ",") .. "]"
end

--- Returns the record of a result, with its newline.
---@param result mtr.Result
---@return string
function M.trace(result)
  local out, hops, src = {}, {}, result.src
  for ttl, hop in ipairs(result.hops) do hops[ttl] = hop_text(hop) end
  out[1] = ('{"t":%s,"d":%s,"stop":%s,"p":%s'):format(quote(result.target), quote(result.dst),
    quote(result.stop_reason), quote(result.protocol))
  if type(src) == "string" then out[2] = ',"s":' .. quote(src) end
  number(out, "at", "%.3f", result.start)
  number(out, "ms", "%.3f", result.duration)
  number(out, "f", "%d", result.flow)
  number(out, "n", "%d", result.probe_count)
  local mda, pmtu = rawget(result, "mda"), rawget(result, "pmtu")
  if pmtu then number(out, "mtu", "%d", pmtu.mtu) end
  out[#out + 1] = ',"hops":[' .. table.concat(hops, ",") .. "]"
  if mda then out[#out + 1] = "," .. links_text(mda) end
  out[#out + 1] = "}\n"
  return table.concat(out)
end

--- Returns the record of what is known of an address, with its newline.
---@param addr string
---@param name? string
---@param origin? { asn?: integer, name?: string, label?: string }
---@return string
function M.name(addr, name, origin)
  if type(origin) ~= "table" then origin = {} end
  return ('{"names":{%s:[%s,%d,%s,%s]}}\n'):format(quote(addr), quote(name or ""),
    tonumber(origin.asn) or 0, quote(origin.name or ""), quote(origin.label or ""))
end

return M
