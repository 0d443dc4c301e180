-- SPDX-License-Identifier: MIT
--
-- Reads a request: one line of JSON. Nothing in a line is believed: it may be cut off, nested
-- deeply, of wrong types, or contain NUL bytes. Then the result is a problem that names the member.
--
-- The options of traces and probes are those of mtr.trace and mtr.probe, checked by the same
-- declarations; only functions, and values that come back as they are, are left out.

local unpack = require "mtr.compat".unpack
local lib = require "mtr.lib"
local check = require "mtr.base.check"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local ids = require "mtr.record.ids"
local json = require "mtr.record.json"
local json_read = require "mtr.record.json_read"
local options = require "mtr.trace.options"
local request = require "mtr.trace.request"

local M = {}

---@class mtr.ServeRequest
---@field id string|integer the client's name for it; each answer carries it
---@field request "trace"|"probe"|"campaign"|"cancel"|"about"
---@field dst? string
---@field ttl? integer of a probe
---@field options? table options of each trace, as for mtr.trace
---@field hops? boolean whether hops are answered as they settle
---@field targets? string[] of a campaign
---@field window? integer traces of a campaign under way at once
---@field time_limit? number ms
---@field of? string|integer the id of the request to cancel

---@class mtr.ServeProblem
---@field id? string|integer if the line has a valid one
---@field field string the member that is wrong; "line": the whole line
---@field message string

local LONGEST = 64                     -- bytes of an id
local TEXT = 300                       -- bytes of an address or a name, with a zone

-- Accepts an id that an answer can carry unchanged: a text is UTF-8.
local function id(value)
  local fits = type(value) == "string" and #value > 0 and #value <= LONGEST
  if fits and json_read.decode(json.encode(value)) == value then return value end
  if type(value) == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 53 then return value end
  return nil, ("must be a whole number or a string of 1..%d bytes, in UTF-8"):format(LONGEST)
end

local function text(value)
  local fits = type(value) == "string" and #value > 0 and #value <= TEXT
  if fits and not value:find "%c" then return value end
  return nil, ("must be an address or a name, a string of 1..%d bytes"):format(TEXT)
end

local function object(value)
  if type(value) == "table" and value[1] == nil then return value end
  return nil, "must be an object"
end

local function list(value)
  if type(value) == "table" and #value > 0 then return value end
  return nil, "must be a list of addresses, prefixes and names"
end

local ID = { name = "id", kind = id, needed = true, doc = "the client's name for this request" }
local REQUEST = { name = "request", kind = check.any, needed = true, doc = "what to do" }
local DST = { name = "dst", kind = text, needed = true, doc = "an address or a name" }
local OPTIONS = { name = "options", kind = object, doc = "options of mtr.trace" }
local HOPS = { name = "hops", kind = check.type "boolean", doc = "answer hops as they settle" }

-- Returns the declaration of the options that a client may give, of all those of a function.
local function without_hooks(who, all, more)
  local kept = {}
  for _, name in ipairs(all.names) do
    local option = all.by_name[name]
    local hidden = name == "data" or name == "pace" or name:find "^on_" or more[name]
    if not hidden then kept[#kept + 1] = option end
  end
  return check.declare(who, kept)
end

local TRACE = without_hooks("options", options.trace, {})
local PROBE = without_hooks("options", options.probe, { dst = true, ttl = true })

-- Returns the members of each kind of request.
local function kinds(most_window)
  return {
    trace = check.declare("trace", { ID, REQUEST, DST, OPTIONS, HOPS }),
    probe = check.declare("probe", { ID, REQUEST, DST, OPTIONS,
      { name = "ttl", kind = check.integer(1, 255), needed = true, doc = "TTL of the probe" } }),
    campaign = check.declare("campaign", { ID, REQUEST, OPTIONS, HOPS,
      { name = "targets", kind = list, needed = true, doc = "addresses, prefixes and names" },
      { name = "window", kind = check.integer(1, most_window), doc = "traces under way at once" },
      { name = "time_limit", kind = check.duration(1, 1e10), doc = "ends it after this time" },
      unpack(ids.options) }),
    cancel = check.declare("cancel", { ID, REQUEST,
      { name = "of", kind = id, needed = true, doc = "the id of the request to end" } }),
    about = check.declare("about", { ID, REQUEST }),
  }
end

local WORDS = { "trace", "probe", "campaign", "cancel", "about" }
local word = check.word({ trace = "trace", probe = "probe", campaign = "campaign",
  cancel = "cancel", about = "about" }, WORDS)

-- Checks the members of a table one by one, by name. Returns those that are wanted; or nil, the
-- name of the first that is wrong, and a message.
local function members(declaration, given)
  local names, taken = {}, {}
  for name in each(given) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do
    local bug = check.each(declaration, { [name] = given[name] }, function(_, value)
      taken[name] = value
    end)
    if bug then return nil, tostring(name), bug end
  end
  for _, name in ipairs(declaration.names) do
    if declaration.by_name[name].needed and taken[name] == nil then
      return nil, name, ("%s: %s is missing"):format(declaration.who, name)
    end
  end
  return taken
end

-- Values of options must be plain: a strategy is a name, and no text but a payload has control
-- characters, which other functions would cut at a NUL.
local function plain(given)
  for name, value in each(given) do
    if type(value) == "table" then
      return name, ("options: %s must be a string, a number or a boolean"):format(tostring(name))
    elseif type(value) == "string" and name ~= "payload" and value:find "%c" then
      return name, ("options: %s must not have control characters"):format(tostring(name))
    end
  end
end

local scratch = lib.new "struct mtr_trace"

-- Checks the options of a request. Returns the options for the function; or nil, the member, and a
-- message.
local function options_of(found)
  local probe, given = found.request == "probe", found.options or {}
  local wrong, message = plain(given)
  if not wrong then
    local _
    _, wrong, message = members(probe and PROBE or TRACE, given)
  end
  if wrong then return nil, "options." .. tostring(wrong), message end
  if probe then given.dst, given.ttl = found.dst, found.ttl end
  local fits, bug = request.fill(probe and options.probe or options.trace, given, scratch)
  if not fits then return nil, "options", bug end
  return given
end

local function targets(found)
  local count = 0
  for _ in pairs(found.targets) do count = count + 1 end
  if count ~= #found.targets then return "targets", "campaign: targets must be a list" end
  for i, target in ipairs(found.targets) do
    local _, wanted = text(target)
    if wanted then
      return ("targets[%d]"):format(i), ("campaign: targets[%d] %s, got %s"):format(i, wanted,
        err.show(target))
    end
  end
end

--- Makes a function that reads lines.
---@param most_window integer most traces that a campaign may have under way
---@return fun(line: string): mtr.ServeRequest?, mtr.ServeProblem?
function M.reader(most_window)
  local declarations = kinds(most_window)
  return function(line)
    local given, why = json_read.decode(line)
    local problem = { field = "line" }
    local function wrong(field, message)
      problem.field, problem.message = field, message
      return nil, problem
    end
    if type(given) ~= "table" or given[1] ~= nil then
      return wrong("line", "a request is an object of JSON in one line"
        .. (why and ": " .. why or ""))
    end
    problem.id = id(given.id)
    local kind, wanted, hint = word(given.request)
    if not kind then
      return wrong("request", ("request %s, got %s%s"):format(wanted, err.show(given.request),
        hint or ""))
    end
    local _, field, message = members(declarations[kind], given)
    if field then return wrong(field, message) end
    if given.time_limit then
      given.time_limit = declarations.campaign.by_name.time_limit.kind(given.time_limit)
    end
    if given.targets then field, message = targets(given) end
    if field then return wrong(field, message) end
    if kind == "cancel" or kind == "about" then return given end
    given.options, field, message = options_of(given)
    if not given.options then return wrong(field, message) end
    return given
  end
end

return M
