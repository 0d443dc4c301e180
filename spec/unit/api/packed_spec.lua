-- SPDX-License-Identifier: MIT
--
-- Packed records are read as their description in core/api/packed.h says. A writer in Lua makes
-- them of random results, and their JSON must be the same bytes as that of the results. Damaged
-- ones are refused.
local bit = require "bit"
local core = require "spec.support.harness.core"
local random = require "spec.support.harness.random"
local jsonl = require "mtr.report.read.jsonl"
local wild_result = require "spec.support.virtual.wild_result"

local L, ffi = core.load { "core/mtr.h", "core/api/json.h", "core/api/names.h",
  "core/api/packed.h" }

local ROOM = 1048576
local buffer = ffi.new("char[?]", ROOM)
local given = {}

local function le(n, bytes)
  local out = {}
  for i = 1, bytes do out[i], n = string.char(n % 256), math.floor(n / 256) end
  return table.concat(out)
end

-- The words that differ from those before, which become these; and which they are.
local function changed(before, words, n)
  local out, mask = {}, 0
  for i = 0, n - 1 do
    if words[i] ~= (before[i] or 0) then
      mask, out[#out + 1], before[i] = mask + 2 ^ i, le(words[i], 4), words[i]
    end
  end
  return table.concat(out), mask
end

local function frame(body) return "\1" .. le(#body, 4) .. body end

-- A run of records: its state.
local function run() return { trace = {}, event = {}, transport = "", label = "" } end

-- The record of what is given; it says that it has `count` replies.
local function record(state, transport, label, count)
  local w = ffi.new("uint32_t[?]", L.MTR_PACKED_TRACE)
  L.packed_trace(w, given.info, count or given.n)
  local words, mask = changed(state.trace, w, L.MTR_PACKED_TRACE)
  local out = { words }
  for i, text in ipairs { transport, label } do
    local name = i == 1 and "transport" or "label"
    if state[name] ~= text then
      mask, state[name], out[#out + 1] = mask + 2 ^ (29 + i), text, le(#text, 2) .. text
    end
  end
  for i = 0, given.n - 1 do
    local e = given.r.events[i]
    L.packed_event(w, e)
    local some, which = changed(state.event, w, L.MTR_PACKED_EVENT)
    local ext = given.r.ext + (e.ext_high * 65536 + e.ext) * 4
    out[#out + 1] = le(which, 2) .. some .. ffi.string(ext, e.ext_words * 4)
  end
  return frame(le(mask, 4) .. table.concat(out))
end

local function json(transport, label)
  local t, text = ffi.new "struct text", ffi.new "struct payload"
  t.at, t["end"] = buffer, buffer + ROOM
  local bytes = ffi.new("uint8_t[?]", #label + 1, label)
  text.bytes, text.size = bytes, #label
  L.json_write(t, transport, given.info, #label > 0 and text or nil, given.r, given.n)
  return ffi.string(buffer, t.at - buffer)
end

-- Makes a result that a record may have: of a trace that has ended, with options and times that
-- engines have.
local function make(seed, n)
  wild_result.make(L, given, seed, n)
  local info = given.info
  for _, field in ipairs { "window", "queries", "attempts", "stop_reason" } do
    info[field] = math.max(info[field], 1)
  end
  info.max_ttl = math.max(info.max_ttl, info.first_ttl)
  local function mend(struct, fields)
    for _, field in ipairs(fields) do
      local ms = struct[field]
      if not (ms >= 0 and ms <= 1e12) then struct[field] = 0.0005 end
    end
  end
  mend(info, { "duration", "timeout" })
  for i = 0, given.n - 1 do mend(given.r.events[i], { "rtt", "at" }) end
end

-- The result in a line, read as those of a file; nil and a message if it is none.
local function result_of(line)
  return jsonl.new({ name = "record", line = function() return line, true end }):next()
end

local at = ffi.new "uint32_t[1]"

-- Reads the record at a place of some bytes, which are copied to memory of their size: its JSON or
-- the error, and the place behind it.
local function read(u, bytes, from)
  local copy = ffi.new("uint8_t[?]", #bytes)
  ffi.copy(copy, bytes, #bytes)
  at[0] = from or 0
  local code = L.mtr_unpack(u, copy, #bytes, at)
  if code ~= 0 then return code, at[0] end
  local size = L.mtr_unpack_json(u, buffer, ROOM)
  return ffi.string(buffer, size), at[0]
end

describe("a packed record", function()
  local u
  before_each(function()
    given.r = ffi.new "struct replies"
    u = ffi.gc(L.mtr_unpacker(), L.mtr_unpacker_free)
    L.mtr_unpack_begin(u)
  end)
  after_each(function() L.replies_close(given.r) end)

  it("is the JSON of its result, whatever is in it, one behind the other", function()
    local bytes, wanted, state = {}, {}, run()
    for seed = 1, 300 do
      make(seed)
      local label = seed % 50 < 25 and "" or (',"list":"l%d"'):format(seed / 50)
      local transport = seed % 100 < 50 and "raw" or "mtr-packet"
      bytes[seed], wanted[seed] = record(state, transport, label), json(transport, label)
    end
    local all, place = table.concat(bytes), 0
    for seed = 1, 300 do
      local got
      got, place = read(u, all, place)
      assert.equal(wanted[seed], got, "seed " .. seed)
    end
    assert.equal(#all, place)
    assert.equal(-22, (read(u, all, #all + 1)))
    assert.equal(-74, (read(u, all, #all)))
  end)

  it("with the longest label is read", function()
    make(3, 4)
    local label = ',"list":"' .. ("l"):rep(8182) .. '"'
    assert.equal(json("raw", label), (read(u, record(run(), "raw", label))))
  end)

  it("with more replies than a common trace has is read", function()
    make(7, 600)
    local bytes = record(run(), "raw", "")
    assert.equal(json("raw", ""), (read(u, bytes)))
  end)

  it("begins anew with a run", function()
    make(3, 4)
    local bytes = record(run(), "raw", ',"list":1')
    for _ = 1, 2 do
      L.mtr_unpack_begin(u)
      assert.equal(json("raw", ',"list":1'), (read(u, bytes)))
    end
  end)

  it("says how long its JSON is when there is no room, and gives it then", function()
    make(11, 20)
    local whole = read(u, record(run(), "raw", ""))
    ffi.fill(buffer, #whole, 0x55)
    assert.equal(#whole, L.mtr_unpack_json(u, buffer, 100))
    assert.equal(("U"):rep(#whole - 100), ffi.string(buffer + 100, #whole - 100))
    assert.equal(#whole, L.mtr_unpack_json(u, buffer, #whole))
    assert.equal(whole, ffi.string(buffer, #whole))
  end)

  it("that is cut off anywhere is refused, and leaves nothing", function()
    make(5, 6)
    local bytes = record(run(), "raw", ',"list":1')
    for n = 0, #bytes - 1 do
      L.mtr_unpack_begin(u)
      local got, place = read(u, bytes:sub(1, n))
      assert.same({ -74, 0 }, { got, place })
      assert.equal(-116, L.mtr_unpack_json(u, buffer, ROOM))
      L.mtr_unpack_begin(u)
      local shorter = n > 5 and read(u, frame(bytes:sub(6, n))) or -74
      assert.equal(-74, shorter, n)
    end
  end)

  it("with numbers, names or bytes that mean nothing is refused", function()
    make(5, 6)
    local good = record(run(), "raw", "")
    for name, bytes in pairs {
      ["another tag"] = "\2" .. good:sub(2),
      ["bytes behind the replies"] = frame(good:sub(6) .. "\0"),
      ["words that are not there"] = frame(good:sub(6, 8) .. string.char(
        bit.bor(good:byte(9), 0x20)) .. good:sub(10)),
      ["no transport"] = record({ trace = {}, event = {}, transport = "", label = "" }, "", ""),
      ["a transport with quotes"] = record(run(), 'r"w', ""),
      ["a transport with a zero"] = record(run(), "ra\0w", ""),
      ["a long transport"] = record(run(), ("r"):rep(33), ""),
      ["a long label"] = record(run(), "raw", (" "):rep(8193)),
    } do
      L.mtr_unpack_begin(u)
      assert.equal(-74, (read(u, bytes)), name)
    end
  end)

  -- Sets each field of a struct to values that a record may have (true) or not; reads it.
  local function try(struct, cases)
    for field, values in pairs(cases) do
      local kept = struct[field]
      for value, good in pairs(values) do
        struct[field] = value
        L.mtr_unpack_begin(u)
        local got = read(u, record(run(), "raw", ""))
        assert.equal(good and json("raw", "") or -74, got, field .. " " .. value)
      end
      struct[field] = kept
    end
  end

  local TIME = { [0] = true, [1e12] = true, [-0.001] = false, [1.1e12] = false, [1 / 0] = false }

  it("with options, words or times that no trace has is refused", function()
    make(5, 6)
    given.info.first_ttl = 3
    local some = { [0] = false, [1] = true, [255] = true }
    try(given.info, {
      family = { [0] = false, [5] = false },
      protocol = { [0] = false, [4] = false, [6] = true, [17] = true },
      multipath = { [2] = true, [3] = false },
      stop_reason = { [0] = false, [1] = true, [L.names_stops] = false },
      first_ttl = { [0] = false }, max_ttl = { [0] = false, [2] = false, [3] = true },
      window = some, queries = some, attempts = some, duration = TIME, timeout = TIME,
    })
    for _, field in ipairs { "duration", "timeout" } do
      given.info[field] = 0 / 0
      L.mtr_unpack_begin(u)
      assert.equal(-74, (read(u, record(run(), "raw", ""))), field)
      given.info[field] = 1
    end
  end)

  it("with a reply that no engine has is refused", function()
    make(5, 6)
    local e = given.r.events[3]
    e.family, e.flags = given.info.family, 0
    try(e, {
      family = { [7] = false }, protocol = { [0] = false, [4] = false, [6] = true, [17] = true },
      attempt = { [0] = false, [1] = true, [255] = true },
      rtt = { [0] = true, [999999995904] = true, [-0.5] = false, [1.1e12] = false,
        [1 / 0] = false },
      at = { [0] = true, [-0.5] = false, [1.1e12] = false, [1 / 0] = false },
    })
    for _, field in ipairs { "rtt", "at" } do
      e[field] = 0 / 0
      L.mtr_unpack_begin(u)
      assert.equal(-74, (read(u, record(run(), "raw", ""))), field)
      e[field] = 1
    end
    -- What was not answered is counted, and may be nothing.
    e.family, e.attempt, e.rtt, e.protocol = 0, 0, -1, 0
    try(e, { attempt = { [0] = true, [7] = true } })
  end)

  it("with more replies than it has bytes for is refused", function()
    make(5, 0)
    for _, n in ipairs { 1, 2 ^ 20 + 1, 2 ^ 32 - 1 } do
      L.mtr_unpack_begin(u)
      assert.equal(-74, (read(u, record(run(), "raw", "", n))))
    end
  end)

  it("with more extension objects than events can name is refused", function()
    make(5, 0)
    for n, wanted in pairs { [65794] = 0, [65795] = -74 } do
      local body = record(run(), "raw", "", n):sub(6) .. le(513, 2) .. "\4\1\1\1\0\0\0\255"
        .. ("\0"):rep(1020) .. ("\0"):rep(1022 * (n - 1))
      local bytes = frame(body)
      L.mtr_unpack_begin(u)
      at[0] = 0
      assert.equal(wanted, L.mtr_unpack(u, bytes, #bytes, at), n)
    end
  end)

  it("with a wrong byte is refused, or is a line that readers of results take", function()
    local r, taken = random(9), 0
    for seed = 1, 300 do
      make(seed)
      local bytes = record(run(), "raw", "")
      for _ = 1, 15 do
        local place = r(#bytes)
        local other = bytes:sub(1, place - 1) .. string.char(r(256) - 1) .. bytes:sub(place + 1)
        L.mtr_unpack_begin(u)
        local got = read(u, other)
        if got ~= -74 then
          assert(result_of(got))
          taken = taken + 1
        end
      end
    end
    assert.is_true(taken > 1000 and taken < 4000, taken)
  end)
end)
