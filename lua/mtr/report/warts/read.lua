-- SPDX-License-Identifier: MIT
--
-- Turns the bytes of a warts record into a table, which write.lua turns into the same bytes again.
--
--     { record = "list", id =, person =, name =, description =, monitor = }
--     { record = "cycle_start" or "cycle_def", id =, list =, person =, start =, stop =, host = }
--     { record = "cycle_stop", id =, stop = }
--     { record = "address", id =, address = }
--     { record = "trace", parameters..., hops = { {}... }, parts = { {}... } }
--     { record = "ping", parameters..., replies = { {}... } }
--     { record = "tracelb", parameters..., nodes = { {}... }, links = { {}... } }
--
-- Parameters have the names of schema.lua. The bytes come from a file that anybody may have made:
-- they are read within their bounds only, and a record that is not well formed yields its fault.

local Cursor = require "mtr.report.warts.cursor"
local schema = require "mtr.report.warts.schema"
local each = require "mtr.base.each"

local M = {}

local READ = {}

-- Copies the members of a block into a record.
local function add(record, block)
  for name, value in each(block) do record[name] = value end
  return record
end

function READ.list(c)
  local record = { id = c:u32(), person = c:u32(), name = c:string() }
  return add(record, c:block(schema.list))
end

function READ.cycle_start(c)
  local record = { id = c:u32(), list = c:u32(), person = c:u32(), start = c:u32() }
  return add(record, c:block(schema.cycle))
end

READ.cycle_def = READ.cycle_start

function READ.cycle_stop(c)
  local record = { id = c:u32(), stop = c:u32() }
  c:u8()
  return record
end

-- A record of the deprecated kind; its address has the next number of the file, from 1.
function READ.address(c)
  local id = c:u8()
  local kind = c:take(1)
  local address = kind .. c:take(c.last - c.at)
  c.globals[#c.globals + 1] = address
  return { id = id, address = address }
end

local function hops(c)
  local list = {}
  for i = 1, c:u16() do
    list[i] = c:block(schema.hop)
    if (list[i].ttl or 0) == 0 then c:fail "a hop has no TTL" end
    if not list[i].addr then c:fail "a hop has no address" end
  end
  return list
end

local PARTS = { "pmtud", "last_ditch", "doubletree" }

local function part(c, kind)
  local name = PARTS[kind]
  if not name then return { kind = kind, bytes = c:take(c.last - c.at) } end
  local found = add({ kind = kind }, c:block(schema[name]))
  if name ~= "doubletree" then found.hops = hops(c) end
  if name == "pmtud" then
    found.note = {}
    for i = 1, found.notes or 0 do found.note[i] = c:block(schema.note) end
  end
  if c.at < c.last then found.rest = c:take(c.last - c.at) end
  return found
end

local function parts(c)
  local list, whole = {}, c.last
  while true do
    local word = c:u16()
    if word == 0 then return list end
    local kind, size = math.floor(word / 4096), word % 4096
    if size > whole - c.at then c:fail "a part goes beyond the end of its record" end
    c.last = c.at + size
    list[#list + 1] = part(c, kind)
    c.last = whole
  end
end

function READ.trace(c)
  local record = c:block(schema.trace)
  if not record.dst then c:fail "a trace has no destination" end
  record.hops = hops(c)
  record.parts = parts(c)
  return record
end

function READ.ping(c)
  local record = c:block(schema.ping)
  if not record.dst then c:fail "a ping has no destination" end
  record.replies = {}
  for i = 1, c:u16() do
    record.replies[i] = c:block(schema.ping_reply)
    if not record.replies[i].addr then c:fail "a reply has no address" end
  end
  return record
end

local function probes(c)
  local set = c:block(schema.set)
  for i = 1, set.probes or 0 do
    set[i] = c:block(schema.probe)
    for k = 1, set[i].replies or 0 do
      set[i][k] = c:block(schema.lb_reply)
      if not set[i][k].addr then c:fail "a reply has no address" end
    end
  end
  return set
end

function READ.tracelb(c)
  local record = c:block(schema.tracelb)
  if not record.dst then c:fail "a tracelb has no destination" end
  record.nodes, record.links = {}, {}
  for i = 1, record.node_count or 0 do record.nodes[i] = c:block(schema.node) end
  for i = 1, record.link_count or 0 do
    local link = c:block(schema.link)
    if (link.from or 0) >= #record.nodes or (link.to or 0) >= #record.nodes then
      c:fail "a link is to a node that is not there"
    end
    record.links[i] = link
    for k = 1, link.hops or 0 do link[k] = probes(c) end
  end
  return record
end

--- Reads a record.
---@param number integer its type
---@param bytes string without the header
---@param globals table<integer, string> addresses of deprecated records before it; it may add one
---@return table? record; record "unknown": a type that this file does not read
---@return string? message
---@return integer? offset of the fault in the record
function M.record(number, bytes, globals)
  local name = schema.records[number]
  if not name then return { record = "unknown", number = number, bytes = bytes } end
  local cursor = Cursor.new(bytes, globals)
  local ok, record = pcall(READ[name], cursor)
  if not ok then
    if type(record) ~= "table" then error(record, 0) end
    return nil, record.text, record.at
  end
  record.record = name
  if cursor.at < cursor.last then record.rest = cursor:take(cursor.last - cursor.at) end
  return record
end

return M
