-- SPDX-License-Identifier: MIT
--
-- Constants as words, and traceroute's marks.
local cjson = require "cjson"
local words = require "mtr.record.words"
local options = require "mtr.trace.options"
local lib = require "mtr.lib"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

describe("words", function()
  it("of stop reasons go both ways", function()
    for number = 0, 10 do
      assert.equal(number, words.stop[words.stop[number]])
    end
    assert.equal("completed", words.stop[lib.C.MTR_STOP_COMPLETED])
    assert.equal("halted", words.stop[lib.C.MTR_STOP_HALTED])
  end)

  it("of protocols are IP's numbers", function()
    assert.same({ 1, 17, 6 }, { words.protocol.icmp, words.protocol.udp, words.protocol.tcp })
    assert.equal("tcp", words.protocol[6])
  end)

  it("of stop reasons have the numbers of scamper's warts, and come back from them", function()
    local wanted = { completed = 1, unreach = 2, icmp = 3, loop = 4, gaplimit = 5, error = 6,
      hoplimit = 7, gss = 8, lss = 1, halted = 9, "completed", "unreach", "icmp", "loop",
      "gaplimit", "error", "hoplimit", "gss", "halted" }
    assert.same(wanted, words.warts_stop)
    for _, none in ipairs { 0, #words.stop + 1, 255, 256, 0xffffffff } do
      assert.equal(0, lib.C.mtr_warts_stop(none))
    end
  end)

  it("of transports are found by each of their fields, and only those", function()
    assert.equal("user", words.transport_with("id", lib.C.MTR_USER).name)
    assert.equal(lib.C.MTR_SIM, words.transport_with("name", "sim").id)
    assert.has_error(function() words.transport_with("name", "pigeon") end,
      'words: no transport has "pigeon"')
  end)

  it("of stop reasons that the page of html explains are such words", function()
    local page = read "lua/mtr/report/html/words.js"
    local n = 0
    for word in page:match "const STOPS = {(.-)};":gmatch "([%w_]+): \"" do
      assert.is_number(words.stop[word], word)
      n = n + 1
    end
    assert.truthy(n > 9)
  end)
end)

-- The enums of the schema, by "object.member", and what may stand there.
local function numbered(map)
  local list = {}
  for key, value in pairs(map) do
    if type(key) == "number" and value ~= "none" then list[#list + 1] = value end
  end
  return list
end

local function transports()
  local list = {}
  for _, transport in ipairs(words.transports) do
    if transport.name ~= "auto" then list[#list + 1] = transport.name end
  end
  return list
end

local ENUMS = {
  ["trace.transport"] = transports(), ["trace.protocol"] = numbered(words.protocol),
  ["trace.multipath"] = numbered(words.multipath), ["trace.stop_reason"] = numbered(words.stop),
  ["trace.tcp_flags"] = options.trace.by_name.tcp_flags.words,
  ["reply.protocol"] = numbered(words.protocol),
}
-- Those whose words are in no table of the library.
local OTHER = { ["reply.tstamp"] = true, ["quote.changed"] = true, ["quote.tier"] = true,
  ["extension.role"] = true }

describe("the schema of lines of JSON", function()
  local schema = cjson.decode(read "lua/mtr/record/result.schema.json")["$defs"]

  local function sorted(list)
    local copy = { unpack(list) }
    table.sort(copy)
    return copy
  end

  it("has the words of the tables in C, and no other list of words", function()
    local seen = {}
    local function look(name, value)
      if type(value) ~= "table" then return end
      if value.enum and not OTHER[name] then
        seen[name] = true
        assert.same(sorted(ENUMS[name] or {}), sorted(value.enum), name)
      end
      for key, member in pairs(value) do
        local place = (key == "properties" or key == "items" or type(key) == "number") and name
          or key == "enum" and name or name:match "^[^.]*" .. "." .. key
        look(place, member)
      end
    end
    for name, def in pairs(schema) do look(name, def) end
    for name in pairs(ENUMS) do assert.is_true(seen[name], name) end
  end)

  it("has the flags of replies as members that are true", function()
    local members, flags = {}, { "ignored" }   -- ignored: some flags are missing
    for name, member in pairs(schema.reply.properties) do
      if member.const == true then members[#members + 1] = name end
    end
    for name in pairs(words.flags) do flags[#flags + 1] = name end
    assert.same(sorted(flags), sorted(members))
  end)
end)

describe("the mark of a reply", function()
  -- address, type, code, mark, as traceroute(8) prints them
  for _, case in ipairs {
    { "192.0.2.1", 11, 0 }, { "192.0.2.1", 0, 0 }, { "192.0.2.1", 3, 3 }, { "192.0.2.1" },
    { "192.0.2.1", 3, 0, "!N" }, { "192.0.2.1", 3, 1, "!H" }, { "192.0.2.1", 3, 2, "!P" },
    { "192.0.2.1", 3, 5, "!S" }, { "192.0.2.1", 3, 6, "!N" }, { "192.0.2.1", 3, 7, "!H" },
    { "192.0.2.1", 3, 9, "!X" }, { "192.0.2.1", 3, 10, "!X" }, { "192.0.2.1", 3, 13, "!X" },
    { "192.0.2.1", 3, 14, "!V" }, { "192.0.2.1", 3, 15, "!C" }, { "192.0.2.1", 3, 77, "!<77>" },
    { "192.0.2.1", 11, 1, "!<11-1>" }, { "192.0.2.1", 12, 0, "!<12-0>" },
    { "::1", 3, 0 }, { "::1", 129, 0 }, { "::1", 1, 4 }, { "::1", 1, 0, "!N" },
    { "::1", 1, 1, "!X" }, { "::1", 1, 2, "!S" }, { "::1", 1, 3, "!H" }, { "::1", 1, 6, "!<6>" },
    { "::1", 4, 1, "!<4-1>" },
  } do
    local addr, kind, code, mark = unpack(case, 1, 4)
    local name = ("from %s of type %s code %s is %s"):format(addr, tostring(kind),
      tostring(code), mark or "none")
    it(name, function()
      assert.equal(mark, words.mark { addr = addr, icmp_type = kind, icmp_code = code })
    end)
  end

  it("of a packet too big has the MTU", function()
    local reply = { addr = "192.0.2.1", icmp_type = 3, icmp_code = 4, too_big = true, mtu = 1400 }
    assert.equal("!F-1400", words.mark(reply))
    reply.mtu = nil
    assert.equal("!F", words.mark(reply))
  end)
end)
