-- SPDX-License-Identifier: MIT
--
-- Turns a table, as read.lua makes it, into the bytes of a warts record with its header.

local err = require "mtr.base.err"
local schema = require "mtr.report.warts.schema"
local Encoder = require "mtr.report.warts.encoder"

local M = {}

local WRITE, NUMBER = {}, {}
for number, name in ipairs(schema.records) do NUMBER[name] = number end

function WRITE.list(w, r)
  w:u32(r.id)
  w:u32(r.person)
  w:string(r.name)
  w:block(schema.list, r)
end

function WRITE.cycle_start(w, r)
  w:u32(r.id)
  w:u32(r.list)
  w:u32(r.person)
  w:u32(r.start)
  w:block(schema.cycle, r)
end

WRITE.cycle_def = WRITE.cycle_start

function WRITE.cycle_stop(w, r)
  w:u32(r.id)
  w:u32(r.stop)
  w:u8(0)
end

function WRITE.address(w, r)
  w:u8(r.id)
  w:put(r.address)
end

local function hops(w, list)
  w:u16(#list)
  for _, hop in ipairs(list) do w:block(schema.hop, hop) end
end

local PARTS = { "pmtud", "last_ditch", "doubletree" }

-- Writes a part: its kind and length in front. It shares the dictionary of the record.
local function part(w, p)
  local before = w.out
  w.out = {}
  local name = PARTS[p.kind]
  if not name then w:put(p.bytes) else w:block(schema[name], p) end
  if p.hops then hops(w, p.hops) end
  for _, note in ipairs(p.note or {}) do w:block(schema.note, note) end
  if p.rest then w:put(p.rest) end
  local bytes = table.concat(w.out)
  w.out = before
  assert(#bytes <= 4095, "warts: a part is too long")
  w:u16(p.kind * 4096 + #bytes)
  w:put(bytes)
end

function WRITE.trace(w, r)
  w:block(schema.trace, r)
  hops(w, r.hops)
  for _, p in ipairs(r.parts) do part(w, p) end
  w:u16(0)
end

function WRITE.ping(w, r)
  w:block(schema.ping, r)
  w:u16(#r.replies)
  for _, reply in ipairs(r.replies) do w:block(schema.ping_reply, reply) end
end

function WRITE.tracelb(w, r)
  w:block(schema.tracelb, r)
  for _, node in ipairs(r.nodes) do w:block(schema.node, node) end
  for _, link in ipairs(r.links) do
    w:block(schema.link, link)
    for _, set in ipairs(link) do
      w:block(schema.set, set)
      for _, probe in ipairs(set) do
        w:block(schema.probe, probe)
        for _, reply in ipairs(probe) do w:block(schema.lb_reply, reply) end
      end
    end
  end
end

-- Returns a record as bytes.
local function bytes_of(record)
  local w = Encoder.new()
  if record.record == "unknown" then
    w:put(record.bytes)
    return w:record(record.number)
  end
  WRITE[record.record](w, record)
  if record.rest then w:put(record.rest) end
  return w:record(NUMBER[record.record])
end

--- Returns a record as bytes. A value that does not fit into its place is an error: results that
--- were read from JSON may have any numbers.
---@param record table
---@return string?
---@return string? message, string? name
function M.record(record)
  local ok, bytes = pcall(bytes_of, record)
  if ok then return bytes end
  return err.named("EINVAL", "a value does not fit into warts: " .. tostring(bytes))
end

return M
