-- SPDX-License-Identifier: MIT
--
-- A bare struct trace for specs of core/probe/sweep, and what the engine does between
-- its decisions: probes are sent, answered or lost. `new` takes fields of struct trace.

local bit = require "bit"
local core = require "spec.support.harness.core"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/probe/sweep.h", "core/mtr.h" }

-- The fields that are in struct trace; all others are options.
local OF_TRACE = { size = true, failed = true, probes = true }

local M = {}
local Sweep = {}
Sweep.__index = Sweep

function M.new(o)
  local t, opts = ffi.new("struct trace"), ffi.new("struct opts")
  local s = { t = t, opts = opts, hops = ffi.new("struct hop[256]"),
    cells = ffi.new("struct cells") }
  t.hops, t.hop_mask, t.opts = s.hops, 255, opts
  opts.family, opts.window, opts.queries, opts.attempts = 4, 8, 1, 2
  opts.first_ttl, opts.max_ttl, opts.gap_limit, opts.loop_limit = 1, 30, 5, 1
  for k, v in pairs(o or {}) do (OF_TRACE[k] and t or opts)[k] = v end
  t.cells.first, t.cells.last = C.SLAB_NONE, C.SLAB_NONE
  t.next_ttl, t.settled, t.limit = opts.first_ttl, opts.first_ttl - 1, opts.max_ttl
  C.cells_init(s.cells)
  C.cells_reserve(s.cells, 500)
  return setmetatable(s, Sweep)
end

---Sends the next probe; its TTL, or nil.
function Sweep:probe()
  local ttl = C.sweep_next(self.t)
  if ttl == 0 then return nil end
  local hop = self.hops[ttl - 1]
  hop.sent, hop.out = hop.sent + 1, hop.out + 1
  self.t.out, self.t.probes = self.t.out + 1, self.t.probes + 1
  return ttl
end

---Sends all probes that may go, or n of them; their TTLs in a string.
function Sweep:probes(n)
  local list = {}
  for ttl in function() return self:probe() end do
    list[#list + 1] = ttl
    if #list == n then break end
  end
  return table.concat(list, " ")
end

---A probe is no longer outstanding.
function Sweep:back(ttl)
  self.hops[ttl - 1].out, self.t.out = self.hops[ttl - 1].out - 1, self.t.out - 1
end

function Sweep:lost(ttl)
  self:back(ttl)
  C.sweep_lost(self.t, ttl)
end

---The kernel refused a probe with an errno.
function Sweep:failed(ttl, error)
  local ev = ffi.new("struct mtr_event")
  ev.ttl, ev.icmp_code = ttl, error
  assert(C.cells_add(self.cells, self.t.cells, ev, nil) ~= C.SLAB_NONE)
  self.hops[ttl - 1].marks = bit.bor(self.hops[ttl - 1].marks, C.HOP_ERROR)
  self.t.failed = self.t.failed + 1
end

---Takes an answer of MTR_REPLY_ flags, an address and an ICMP code.
function Sweep:answer(ttl, flags, addr, code)
  self:back(ttl)
  local ev = ffi.new("struct mtr_event")
  local first = self.hops[ttl - 1].answers == 0 and C.MTR_REPLY_PRIMARY or 0
  ev.family, ev.ttl, ev.icmp_code = 6, ttl, code or 0
  ev.flags = bit.bor(first, C.MTR_REPLY_ANSWER, flags or 0)
  ffi.copy(ev.addr, path.bytes(addr or ("10.0.0." .. ttl)), 16)
  assert(C.cells_add(self.cells, self.t.cells, ev, nil) ~= C.SLAB_NONE)
  C.sweep_answer(self.t, ttl, flags or 0)
end

---Judges a settled hop.
function Sweep:judge(ttl, addr)
  assert(C.sweep_settled(self.t, ttl) == 1, "not settled")
  return C.sweep_judge(self.t, self.cells, ttl, addr and path.bytes(addr) or nil)
end

function Sweep:close()
  C.cells_free(self.cells, self.t.cells)
  assert(self.cells.slab.used == 0, "cells are left")
  C.cells_close(self.cells)
end

return M
