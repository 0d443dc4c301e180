-- SPDX-License-Identifier: MIT
--
-- Recordings made by hand, and transports over them, for the specs of record and replay.
--
--   local t = tape.new()
--   t:tick(1000)
--   t:send{ id = 7, ttl = 3 }
--   t:tick(2000)
--   t:reply{ id = 7 }
--   local net = tape.open(t:bytes())
--
-- Times are ns after tape.START. Probes are UDP from port 24576 unless told otherwise.

local core = require "spec.support.harness.core"
local run = require "spec.support.harness.run"

local C, ffi = core.load { "core/mtr.h", "core/net/tape/record.h", "core/net/tape/replay.h",
  "core/net/tape/replay_file.h" }

local M = { C = C, ffi = ffi, START = 5000000000 }
local Tape = {}
Tape.__index = Tape

local room = ffi.new("uint8_t[?]", 8192)
local dst4 = { 192, 0, 2, 7 }

local function put(tape, kind, record)
  local last = C["tape_put_" .. kind](room, record)
  tape.list[#tape.list + 1] = ffi.string(room, last - room)
  return tape
end

local function set(struct, fields)
  for name, value in pairs(fields or {}) do
    if type(value) == "table" then
      for i, byte in ipairs(value) do struct[name][i - 1] = byte end
    else
      struct[name] = value
    end
  end
  return struct
end

---A probe.
function M.probe(fields)
  local p = ffi.new "struct wire_probe"
  set(p, { dst = dst4, src = { 192, 0, 2, 1 }, family = 4, protocol = 17, ttl = 1, id = 1,
    sport = 24576, dport = 33434, size = 60 })
  return set(p, fields)
end

---A new recording.
function M.new(head)
  local h = set(ffi.new "struct tape_head", { seed = 99, at = M.START, epoch = 1000000000,
    caps = 5, max_probes = 65536, port_base = 24576, echo_base = 4000, name = "raw" })
  return put(setmetatable({ list = {}, at = M.START }, Tape), "head", set(h, head))
end

function Tape:tick(at, call)
  self.at = M.START + at
  return put(self, "tick", ffi.new("struct tape_tick", self.at, call and 1 or 0))
end

---A probe that left `after` ns into the tick.
function Tape:send(fields, sent)
  local s = ffi.new "struct tape_send"
  s.sent.at, s.sent.size, s.payload = self.at + 10, 60, C.tape_hash(nil, 0)
  for name, value in pairs(sent or {}) do
    if name == "later" then s.later = value else s.sent[name] = value end
  end
  s.probe = M.probe(fields)
  return put(self, "send", s)
end

---A reply that came 5 ns before its tick.
function Tape:reply(fields)
  local r = ffi.new "struct wire_reply"
  set(r, { at = self.at - 5, kind = C.WIRE_TIME_EXCEEDED, family = 4, protocol = 1,
    quoted_protocol = 17, quoted_dst = dst4, sport = 24576, flags = C.WIRE_QUOTE, size = 56 })
  return put(self, "reply", set(r, fields))
end

---What was asked, what was answered.
function Tape:route(ask, answer)
  local r = set(ffi.new "struct tape_route", answer)
  set(r.ask, M.ask(ask))
  return put(self, "route", r)
end

function M.ask(fields)
  local ask = { dst = dst4, family = 4, protocol = 17 }
  for name, value in pairs(fields or {}) do ask[name] = value end
  return ask
end

---A question about a route.
function M.question(fields) return set(ffi.new "struct net_route", M.ask(fields)) end

function Tape:port(fields) return put(self, "port", set(ffi.new "struct tape_port", fields)) end
function Tape:loss(fields) return put(self, "loss", set(ffi.new "struct tape_loss", fields)) end

---An answer with one IPv4 address for each number.
function Tape:name(name, family, last, err)
  local n = ffi.new "struct tape_name"
  n.name, n.family, n.count, n.error = name, family, #last, err or 0
  for i, byte in ipairs(last) do set(n.found[i - 1], { family = 4, dst = { 192, 0, 2, byte } }) end
  return put(self, "name", n)
end

---The file, complete; with |records| another count in its END.
function Tape:bytes(records)
  local prologue = ffi.string(room, C.tape_prologue(room) - room)
  local last = C.tape_put_end(room, ffi.new("struct tape_end", records or #self.list))
  return prologue .. table.concat(self.list) .. ffi.string(room, last - room)
end

local why = ffi.new "char[256]"

---A transport over such a file; or nil, its errno and why.
function M.open(bytes)
  local net, head = ffi.new "struct net *[1]", ffi.new "struct tape_head"
  local path = bytes and run.file("tape", bytes) or run.dir() .. "/none"
  local err = C.replay_open(net, path, head, why, 256)
  if err ~= 0 then return nil, -err, ffi.string(why) end
  return net[0], head
end

---Its operations, called as methods: ops.send(...).
function M.ops(net)
  return setmetatable({}, { __index = function(_, name)
    local op = net.ops[name]
    return function(...) return op(net, ...) end
  end })
end

---Sends a probe: its outcome, or nil if it was not taken.
function M.send(net, fields)
  local sent = ffi.new "struct net_sent[1]"
  local n = net.ops.send(net, M.probe(fields), 1, sent)
  return n == 1 and sent[0] or nil
end

local clock, more = ffi.new "struct net_clock", ffi.new "int[1]"

---Receives up to n replies: a list of copies, and whether there are more.
function M.receive(net, n)
  n = n or 64
  local v = ffi.new("struct wire_reply[?]", n)
  clock.now = net.at
  local list = {}
  for i = 1, net.ops.receive(net, 0, v, n, clock, more) do
    list[i] = ffi.new("struct wire_reply", v[i - 1])
  end
  return list, more[0] ~= 0
end

---Time after START, as a number.
function M.after(at) return tonumber(at) - M.START end

return M
