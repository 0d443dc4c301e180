-- SPDX-License-Identifier: MIT
--
-- The options of an engine; writes them into struct mtr_config.

local unpack = require "mtr.compat".unpack
local lib = require "mtr.lib"
local check = require "mtr.base.check"
local err = require "mtr.base.err"
local ids = require "mtr.record.ids"
local words = require "mtr.record.words"
local prefix_set = require "mtr.base.prefix_set"
local socket_set = require "mtr.engine.socket_set"

local C, M = lib.C, {}

--- Options of an engine; all have defaults. What each is stands in the declaration below.
---@class mtr.EngineOptions: mtr.Ids
---@field transport? "auto"|"raw"|"packet"|"mtr-packet"|"user"|"sim"
---@field sim? mtr.Sim|mtr.SimNetwork|string
---@field workers? integer
---@field mtr_packet? string
---@field rate? number|string
---@field per_target_rate? number|string
---@field source4? string
---@field source6? string
---@field interface? string
---@field mark? integer
---@field sockets? mtr.Sockets
---@field max_traces? integer
---@field max_probes? integer
---@field late_window? number|string
---@field exclude? string|string[]
---@field exclude_embedded? boolean
---@field seed? integer
---@field max_step? number|string
---@field strict? boolean
---@field record? string
---@field replay? string
---@field pick? fun(ready: mtr.Trace[]): integer?, number|string?
---@field log? fun(level: string, message: string)|"error"|"warn"|"info"|"debug"
---@field log_level? "error"|"warn"|"info"|"debug"

local LEVELS = { error = 1, warn = 2, info = 3, debug = 4 }
local ORDER = { "error", "warn", "info", "debug" }
local level = check.word(LEVELS, ORDER)

local function log(value)
  if type(value) == "function" then return value end
  local least, wanted, hint = level(value)
  if not least then return nil, "must be a function or one of: " .. wanted:sub(9), hint end
  return function(word, message)
    if LEVELS[word] <= least then io.stderr:write("mtr: ", word, ": ", message, "\n") end
  end
end

-- Accepts a level: a log function gets messages of it and above.
local function upto(fn, least)
  return function(word, message)
    if LEVELS[word] <= least then fn(word, message) end
  end
end

local function path(value)
  if type(value) == "string" and value:find "^/" and #value < 220 and not value:find "%z" then
    return value
  end
  return nil, "must be an absolute path"
end

local function file(value)
  if type(value) == "string" and #value > 0 and #value < 256 and not value:find "%z" then
    return value
  end
  return nil, "must be the name of a file"
end

local function list(value)
  if type(value) == "string" or type(value) == "table" then return value end
  return nil, "must be a list of prefixes or the name of a file"
end

local function network(value)
  if type(value) == "string" or type(value) == "table" then return value end
  return nil, "must be a network of mtr.sim, its description or the name of a file"
end

local function device(value)
  if type(value) == "string" and #value > 0 and #value < 16 then return value end
  return nil, "must be the name of an interface"
end

local function sockets(value)
  if socket_set.is(value) then return value end
  return nil, "must be a set of mtr.sockets"
end

-- An option whose value goes into a field of struct mtr_config, by default of the same name.
local function field(option)
  option.field = option.field or option.name
  return option
end

-- The library has the same defaults (mtr_defaults); a spec compares them.
M.declaration = check.declare("engine", {
  field { name = "transport", kind = check.word(words.transport, words.transport_names),
    words = words.transport_names,
    default = "auto", doc = "how probes travel; auto takes the best that privileges allow, packet "
      .. "if the rate is above 5000/s" },
  { name = "sim", kind = network, otherwise = "none",
    doc = "a simulated network, its description, or its file" },
  field { name = "workers", kind = check.integer(1, 8), default = 1,
    doc = "mtr-packet processes; above 1 there is no tcp" },
  field { name = "mtr_packet", field = "helper", kind = path, otherwise = "searched for",
    doc = "absolute path of mtr-packet" },
  field { name = "rate", kind = check.rate, default = 1000, unit = "probes/s",
    doc = "rate of all traces together; 0 or \"max\": no limit" },
  field { name = "per_target_rate", field = "target_rate", kind = check.rate, default = "max",
    unit = "probes/s", doc = "rate within one trace" },
  { name = "source4", kind = check.address(4), otherwise = "by route",
    doc = "source address of IPv4 probes" },
  { name = "source6", kind = check.address(6), otherwise = "by route",
    doc = "source address of IPv6 probes" },
  field { name = "interface", kind = device, otherwise = "by route",
    doc = "send through this interface" },
  field { name = "mark", kind = check.integer(0, 0xffffffff), default = 0,
    doc = "firewall mark of the probes, SO_MARK" },
  { name = "sockets", kind = sockets, otherwise = "its own",
    doc = "sockets that were opened before, with mtr.sockets.open; it has them until it closes" },
  field { name = "max_traces", kind = check.integer(1, 1000000), default = 1000000,
    doc = "traces in flight" },
  field { name = "max_probes", kind = check.integer(1, 524288), default = 65536,
    doc = "probes outstanding, or waiting for late replies" },
  field { name = "late_window", kind = check.duration(0, 36e5), default = "5s", unit = "ms",
    doc = "how long an unanswered probe's id stays reserved" },
  { name = "exclude", kind = list, otherwise = "none",
    doc = "prefixes that are never probed, or the file that lists them" },
  { name = "exclude_embedded", kind = check.type "boolean", default = false,
    doc = "IPv4 prefixes in exclude also exclude the IPv6 addresses that contain such an address: "
      .. "6to4, Teredo, NAT64 (see mtr.base.embedded)" },
  field { name = "seed", kind = check.integer(0, 0xffffffff), otherwise = "from the kernel",
    doc = "seed of every random choice" },
  field { name = "max_step", kind = check.duration(0, 1e6), unit = "ms",
    otherwise = "1 ms in a host, else none",
    doc = "how long a step may take; the rest is done by the next one; 0: no limit" },
  { name = "strict", kind = check.type "boolean", default = false,
    doc = "takes no reply that fits its probe only in part" },
  { name = "record", kind = file, otherwise = "none", doc = "file to record the run into" },
  { name = "replay", kind = file, otherwise = "none",
    doc = "file to replay a run from: no network, recorded times, transport is ignored" },
  { name = "pick", kind = check.type "function", otherwise = "in turn",
    doc = "which of the ready traces sends next; nil: none now; nil and a duration: ask again "
      .. "after it" },
  { name = "log", kind = log, otherwise = "none",
    doc = "which messages to print, a level; or a function that gets (level, message)" },
  { name = "log_level", kind = level, words = ORDER, default = "info",
    doc = "how much goes to a log function" },
  unpack(ids.options)
})

--- The options that are also options of mtrlua, with their names there.
---@type table<string, string>
M.command_line = {}
for option in ("transport sim rate source4 source6 interface mark log seed record replay")
  :gmatch "%S+" do M.command_line[option] = "--" .. option end

-- Finds what sockets that were opened before exclude.
local function clash_of_sockets(out, transport, mark)
  if not out.sockets then return nil end
  if mark then return "sockets excludes mark: give the mark to mtr.sockets.open" end
  local chosen = words.transport_with("id", transport)
  local other = out.sim and "sim" or out.replay and "replay"
    or chosen.sockets == 0 and ("transport %q"):format(chosen.name)
  return other and ("sockets excludes %s, which uses none"):format(other)
end

-- Finds options that exclude each other.
local function clash(out, transport, given)
  if out.record and out.replay then return "record and replay exclude each other" end
  if out.sim and (out.record or out.replay) then
    return "sim excludes record and replay: a simulated network is repeated by its seed"
  elseif out.sim and transport ~= C.MTR_AUTO and transport ~= C.MTR_SIM then
    return ("sim excludes transport %s"):format(err.show(given))
  elseif transport == C.MTR_SIM and not out.sim and not out.replay then
    return 'transport "sim" needs a network: give the option sim, a file or mtr.sim{ ... }'
  end
end

--- Checks options and writes them into a struct mtr_config, on top of the defaults.
---@param opts? mtr.EngineOptions
---@param config ffi.cdata*
---@return table? kept exclude, pick, record, log, and debug: true if every probe must be logged
---@return string? bug
function M.fill(opts, config)
  local out = {}
  C.mtr_defaults(config)
  local bug = check.each(M.declaration, opts, function(option, value)
    if option.field then
      config[option.field] = value
    elseif type(value) == "table" and value.bytes then
      lib.copy(config[option.name], value.bytes, 16)
    else
      out[option.name] = value
    end
  end)
  if bug then return nil, bug end
  config.pick, config.strict = out.pick and 1 or 0, out.strict and 1 or 0
  out.strict, out.ids = nil, ids.take(out)
  local problem = clash(out, config.transport, opts and opts.transport)
    or clash_of_sockets(out, config.transport, opts and opts.mark)
  if problem then return nil, "engine: " .. problem end
  config.recording = out.record or out.replay or ""
  if out.sim then config.transport = C.MTR_SIM end
  if out.replay then config.transport = C.MTR_REPLAY end
  local least = out.log_level
  out.log_level = nil
  out.debug = out.log and (opts.log == "debug" or least == LEVELS.debug) or nil
  if least and out.log then out.log = upto(out.log, least) end
  return out
end

--- Returns the network of the option `sim`.
---@param given any
---@return mtr.Sim?
---@return string? message, string? name err.BUG: the caller's
function M.network(given)
  if given == nil then return nil end
  local sim, message, errno = require "mtr.sim".from(given)
  if sim then return sim end
  if not errno then return nil, "engine: " .. message, err.BUG end
  return nil, message, errno
end

--- Loads the exclude list.
---@param given? string|string[]
---@param within? boolean as the option exclude_embedded
---@return mtr.PrefixSet? set nil without a list, or on failure
---@return string? message, string? name
function M.exclude(given, within)
  if given == nil then return nil end
  local set, message, errno = prefix_set.load(given)
  if set then
    set.embedded = within
    return set
  end
  if type(given) == "table" then return nil, "engine: exclude: " .. message, err.BUG end
  if errno then return err.env(errno, "exclude list " .. given) end
  return err.named("EINVAL", "exclude list " .. message)
end

return M
