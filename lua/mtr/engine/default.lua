-- SPDX-License-Identifier: MIT
--
-- The default engine, and how engines follow the command line of mtrlua. The default engine opens
-- when it is first needed, and again when it is needed after it was closed. Its options come from
-- mtr.configure; options of the command line replace them. The code of engines is loaded only then,
-- so that scripts without an engine start fast.
--
-- An engine that the script opens with mtr.engine takes from the command line only options that the
-- script does not give. If the script gives transport, sim or replay, it takes none.

local lib = require "mtr.lib"
local config = require "mtr.engine.config"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local loop = require "mtr.wait.loop"
local recording = require "mtr.engine.recording"

local M = {}

local configured = {}
local current

local scratch = lib.new "struct mtr_config"

-- Returns the options of the command line.
local function given() return lib.program and lib.program.options or {} end

-- Returns the options of `below`, replaced by those of `above`.
local function merge(below, above)
  local opts = {}
  for name, value in each(below) do opts[name] = value end
  for name, value in each(above) do opts[name] = value end
  return opts
end

--- Returns the options of the default engine.
---@return mtr.EngineOptions
function M.options()
  local opts = merge(configured, given())
  if given().sim then opts.transport = given().transport or "sim" end
  return opts
end

-- Checks that only one engine follows --record or --replay: a second engine would overwrite the
-- recording of the first, or would get its answers.
local function taken()
  local word = given().record and "record" or "replay"
  local file = given()[word]
  if not file or not recording.opened[file] then return nil end
  return err.named("EBUSY", ("--%s %s: a recording is of one engine, and the script has opened "
    .. "another one already"):format(word, file))
end

-- The option of the script's engine by which it does not follow the command line; nil: it follows.
local apart

--- Returns what is wrong, at the end of a program, if its command line has --record or --replay and
--- no engine followed it; nil if one did, or if the script opened no engine.
---@return string? message
function M.unfollowed()
  local word = given().record and "record" or "replay"
  local file = given()[word]
  if not file or not apart or recording.opened[file] then return nil end
  return ("--%s %s: nothing was %sed, because the script's engine has its own %s%s"):format(word,
    file, word, apart, apart == "sim" and "; a simulated network is repeated by its seed" or "")
end

--- Opens an engine. Options that are not given come from the command line, unless transport, sim or
--- replay is given.
---@param opts? mtr.EngineOptions
---@return mtr.Engine?
---@return string? message, string? name
function M.open(opts)
  local engine = require "mtr.engine"
  if opts == nil then opts = {} end
  if type(opts) ~= "table" then return engine.open(opts) end
  apart = opts.sim and "sim" or opts.replay and "replay" or opts.transport and "transport" or apart
  if opts.transport or opts.sim or opts.replay then return engine.open(opts) end
  local _, message, name = taken()
  if message then return nil, message, name end
  return engine.open(merge(given(), opts))
end

--- Sets the options of the default engine, before its first use. Options of the command line
--- replace them.
---@param opts mtr.EngineOptions
---@return true
function M.configure(opts)
  local _, bug = config.fill(opts, scratch)
  if bug then error((bug:gsub("^engine:", "configure:")), 2) end
  if current and not (current.closed or current:forked()) then
    error("configure: the default engine is open already", 2)
  end
  configured = opts or {}
  return true
end

--- Returns the default engine; opens it if necessary.
---@return mtr.Engine?
---@return string? message, string? name
function M.get()
  if current and not current.closing and not current:forked() then return current end
  local _, message, name = taken()
  if message then return nil, message, name end
  local opened
  opened, message, name = require "mtr.engine".open(M.options())
  current = opened or nil
  return opened, message, name
end

--- Returns an engine for timers: the default engine if it is open, or any open engine, or a new
--- default engine.
---@return mtr.Engine?
---@return string? message, string? name
function M.for_timers()
  if current and not current.closing and not current:forked() then return current end
  for _, open in ipairs(loop.engines()) do
    if not (open.closing or open:forked()) then return open end
  end
  return M.get()
end

return M
