-- SPDX-License-Identifier: MIT
--
-- Decoded lines of JSON that have every member that result.schema.json names, and
-- ways to change one of them.
local M = {}

local function origin()
  return { asn = 64500, asns = { 64500, 64501 }, prefix = "203.0.113.0/24", name = "EXAMPLE",
    country = "NL", ixp = "AMS", label = "private" }
end

local function reply()
  return {
    addr = "10.0.0.1", name = "r1.test", origin = origin(), addr_class = "this-network", rtt = 1.5,
    attempt = 1, at = 0.25, protocol = "icmp", flow = 3, tos = 0, icmp_type = 11, icmp_code = 0,
    tcp_flags = 18, mss = 1460, reply_ttl = 63, ip_id = 77, reply_size = 56, mtu = 1400,
    quoted = { ttl = 1, size = 44, tos = 0, nat = true, changed = { "dport", "ip_id" }, tier = 3,
      truncated = true },
    ext = {
      { type = 1, class = 1, mpls = { { ttl = 1, label = 16001, tc = 5, s = 1 } } },
      { type = 15, class = 2, interface = { role = "incoming", ifindex = 2, addr = "10.0.0.1",
        name = "eth0", mtu = 1500 } },
      { type = 1, class = 9, hex = "00ff" },
    },
    final = true, unreach = true, dup = true, late = true, tstamp = "kernel", ext_malformed = true,
    ignored = true, local_ = true, other_addr = true, te_from_dst = true, too_big = true,
    weak = true,
  }
end

local function hop(ttl)
  return { ttl = ttl, skipped = true, addr = "10.0.0.1", addr_class = "private", name = "r1.test",
    origin = origin(), hidden = true, rtt = 1.5, unanswered = 1, failed = 1, error = "EPERM",
    replies = { reply() } }
end

-- What each strategy adds.
local MORE = {
  doubletree = function() return { forward = "gss", backward = "lss", h = 3 } end,
  pmtu = function()
    return { mtu = 1400, ttl = 2, passed = 1300, complete = true, blackhole = true,
      limits = { { addr = "10.0.0.1", mtu = 1400, size = 1500 } } }
  end,
  mda = function()
    return { confidence = 95, flows = 6, diamonds = { { ttl = 1, width = 2, length = 2 } },
      names = { ["10.0.0.1"] = { addr = "10.0.0.1", name = "r1.test", origin = origin() } },
      hops = {
        { ttl = 1, nodes = { "10.0.0.1" }, links = { { from = "source", to = "10.0.0.1" } } },
        { ttl = 2, nodes = { "203.0.113.9" },
          links = { { from = "10.0.0.1", to = "203.0.113.9" } } },
      } }
  end,
}

local function trace(kind)
  local line = {
    type = "trace", version = "2", list = "l", cycle = 3, campaign = "c", monitor = "m", try = 1,
    transport = "raw", protocol = "icmp", multipath = "paris", src = "192.0.2.1",
    dst = "203.0.113.9", target = "web.test", all_addresses = { "203.0.113.9", "2001:db8::9" },
    sport = 33434, dport = 33435, icmp_sum = 4660, flow = 3, flow_label = 7, size = 44, tos = 0,
    tcp_flags = "syn", start = 1700000000.5, duration = 12.5, stop_reason = "completed",
    stop_data = 3, error = "traceback", first_ttl = 1, max_ttl = 30, window = 4, queries = 1,
    attempts = 2, timeout = 1000, gap_limit = 5, loop_limit = 1, hop_count = 2, probe_count = 4,
    hops = { hop(1), { ttl = 2, replies = {} } },
  }
  if MORE[kind] then line[kind] = MORE[kind]() end
  return line
end

--- Makes a line: "trace", "doubletree", "mda", "pmtu" (traces with what the strategy adds),
--- "ping_start", "ping" or "ping_summary".
function M.new(kind)
  if kind == "ping_start" then
    return { type = kind, target = "web.test", dst = "203.0.113.9", size = 84, ttl = 64 }
  elseif kind == "ping" then
    return { type = kind, target = "web.test", dst = "203.0.113.9", seq = 1, addr = "203.0.113.9",
      name = "web.test", origin = origin(), rtt = 1.5, ttl = 60, size = 84, dup = true, late = true,
      error = "no route" }
  elseif kind == "ping_summary" then
    return { type = kind, target = "web.test", dst = "203.0.113.9", sent = 3, received = 2,
      unanswered = 33.3, errors = 1, failed = 1, in_flight = 1, min = 1, avg = 2, max = 3,
      mdev = 0.5, jitter = 0.5 }
  end
  return trace(kind)
end

M.KINDS = { "trace", "doubletree", "mda", "pmtu", "ping_start", "ping", "ping_summary" }

-- Calls fn for each member of a value, and of what is in it, with the object or list that has it.
local function visit(value, path, fn)
  local names = {}
  for name in pairs(value) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do
    local at = type(name) == "number" and ("%s[%d]"):format(path, name) or path .. "." .. name
    fn(value, name, at)
    if type(value[name]) == "table" then visit(value[name], at, fn) end
  end
end

--- Sets each member of a line in turn to each of some values, and to nothing; calls
--- fn(line, path, value) with the line so changed, which is valid until fn returns. Of the lines of
--- a strategy only what it adds is changed.
function M.each_change(kind, values, fn)
  local line = M.new(kind)
  local from, above = line, ""
  if MORE[kind] then from, above = line[kind], "." .. kind end
  visit(from, above, function(object, name, path)
    local kept = object[name]
    for _, value in ipairs(values) do
      object[name] = value
      fn(line, path, value)
    end
    object[name] = nil
    fn(line, path, nil)
    object[name] = kept
  end)
end

return M
