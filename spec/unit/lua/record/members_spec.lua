-- SPDX-License-Identifier: MIT
--
-- Lines of JSON that somebody else wrote: what is refused is what result.schema.json refuses, and
-- texts where addresses belong.
local cjson = require "cjson"
local full_line = require "spec.support.virtual.full_line"
local members = require "mtr.record.members"

local file = assert(io.open "lua/mtr/record/result.schema.json")
local SCHEMA = cjson.decode(file:read "*a")["$defs"]
file:close()

-- The members that the schema leaves to writers, and those that warts and older lines lack.
local NOT_NEEDED = { reply = { attempt = true, at = true, protocol = true, flow = true,
  tstamp = true } }
local NEEDED = { protocol = true, dst = true, target = true, stop_reason = true, hops = true }
-- The schema has words for these; readers take those of later versions too.
local ANY_WORD = { type = true, version = true, transport = true, stop_reason = true }
local NODE = { nodes = true, from = true, to = true }
local ADDRESS = { src = true, dst = true, addr = true, all_addresses = true }

local valid

-- A null in a list is a hole in it, once it is decoded.
local function is_list(value)
  if type(value) ~= "table" then return false end
  local n = 0
  for key in pairs(value) do
    if type(key) ~= "number" then return false end
    n = n + 1
  end
  return n == 0 or value[n] ~= nil
end

local TYPES = {
  string = function(v) return type(v) == "string" end,
  integer = function(v) return type(v) == "number" and v % 1 == 0 end,
  number = function(v) return type(v) == "number" end,
  boolean = function(v) return type(v) == "boolean" end,
  null = function() return false end,
  array = is_list,
  object = function(v) return type(v) == "table" and #v == 0 end,
}

local function has_type(types, value)
  for _, name in ipairs(type(types) == "table" and types or { types }) do
    if TYPES[name](value) then return true end
  end
  return false
end

local function object(schema, value, def)
  for _, name in ipairs(schema.required or {}) do
    local skip = NOT_NEEDED[def] and NOT_NEEDED[def][name]
      or def == "trace" and not NEEDED[name]
    if value[name] == nil and not skip then return false end
  end
  for name, member in pairs(value) do
    local of = schema.properties and schema.properties[name]
      or type(schema.additionalProperties) == "table" and schema.additionalProperties
    local any_word = ANY_WORD[name] and def ~= "extension"
    if of and not any_word and not valid(of, member) then return false end
  end
  return true
end

-- Does a value fit a part of the schema?
function valid(schema, value)
  local def
  while schema["$ref"] do
    def = schema["$ref"]:match "[%w_]+$"
    schema = SCHEMA[def]
  end
  if schema.const ~= nil then return value == schema.const end
  if schema.enum then
    for _, word in ipairs(schema.enum) do
      if value == word then return true end
    end
    return false
  end
  if schema.type and not has_type(schema.type, value) then return false end
  if type(value) == "number" and (value < (schema.minimum or value)
    or value > (schema.maximum or value)) then return false end
  if schema.pattern then return value:find "^[0-9a-f]*$" ~= nil and #value % 2 == 0 end
  if type(value) ~= "table" then return true end
  if schema.items then
    for _, element in ipairs(value) do
      if not valid(schema.items, element) then return false end
    end
    return true
  end
  return object(schema, value, def)
end

local VALUES = {
  "x", "", "icmp", "syn", "kernel", "incoming", "10.0.0.7", "2001:db8::7", "00", "0g", 0, 1, -1,
  1.5, 2, 3, 100, 101, 255, 256, 65535, 65536, 1048575, 1048576, 4294967295, 4294967296, 1e300,
  true, false, {}, { 1 }, { "x" }, { {} }, { a = 1 }, { ttl = 1 },
}

describe("a line of JSON", function()
  for _, kind in ipairs(full_line.KINDS) do
    local name = SCHEMA[kind] and kind or "trace"
    local check = members.of[name]

    it("with all members is right: " .. kind, function()
      assert.is_nil(check(full_line.new(kind)))
    end)

    it("is refused where the schema refuses it: " .. kind, function()
      local refused = 0
      full_line.each_change(kind, VALUES, function(line, path, value)
        local member = path:match "([%a_]+)[%[%]%d]*$"
        local fault = check(line)
        local fits = object(SCHEMA[name], line, name)
        local shown = path .. " = " .. cjson.encode(value == nil and cjson.null or value)
        if fits and fault then
          local because = ADDRESS[member] and fault:find "is not an address$"
            or NODE[member] and fault:find "is not a node$"
            or ANY_WORD[member] and fault:find "is not a word$"
            or path:find "hops%[%d%]%.?t?t?l?$" and fault:find "ttl is not %d$"
            or kind:find "^ping" and fault:find "is missing$"
          assert(because, shown .. ": " .. fault)
        elseif not fits and path ~= ".type" then
          assert(fault, shown)
          refused = refused + 1
        end
      end)
      assert.is_true(refused > 20)
    end)
  end

  it("says which member is wrong", function()
    for path, want in pairs {
      ["hops[1].replies[1].rtt"] = "hops[1].replies[1].rtt is not a number from 0 to 1000000000000",
      ["hops[1].replies[1].ext[1].mpls[1].label"] = "hops[1].replies[1].ext[1].mpls[1].label is "
        .. "not a whole number from 0 to 1048575",
      ["sport"] = "sport is not a whole number from 1 to 65535",
      ["protocol"] = "protocol is none of icmp, udp, tcp",
      ["dst"] = "dst is not an address",
    } do
      local seen
      full_line.each_change("trace", { "\27" }, function(line, at, value)
        if at == "." .. path and value then seen = members.of.trace(line) end
      end)
      assert.equal("." .. want, seen)
    end
  end)

  it("may have addresses with zones that are of another machine", function()
    local line = full_line.new "trace"
    line.dst = "fe80::1%eth99"
    assert.is_nil(members.of.trace(line))
    for _, text in ipairs { "fe80::1%\27[0m", "%eth0", "10.0.0.1 ", "web", "10.0.0" } do
      line.dst = text
      assert.equal(".dst is not an address", members.of.trace(line))
    end
  end)

  it("has hops by TTL, without holes", function()
    local line = full_line.new "trace"
    line.hops[2].ttl = 3
    assert.equal(".hops[2].ttl is not 2", members.of.trace(line))
  end)

  it("may lack what warts do not have", function()
    assert.is_nil(members.of.trace { protocol = "icmp", dst = "10.0.0.1", target = "a", hops = {},
      stop_reason = "completed", later = { "version" } })
  end)
end)
