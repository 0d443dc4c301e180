-- SPDX-License-Identifier: MIT
--
-- How engines follow mtrlua's command line, and the default engine: opened when first needed, with
-- what mtr.configure was given and, above that, what the command line says. Opened anew when it is
-- needed after it was closed. Until then not even the code of engines is loaded, which is most of
-- it: what needs none starts fast.
--
-- For an engine that the script opens the command line is below what the script names: the script
-- knows why it wants that rate. If it names where its probes go, that engine follows nothing.

local lib = require "mtr.lib"
local config = require "mtr.engine.config"
local err = require "mtr.base.err"
local loop = require "mtr.wait.loop"
local recording = require "mtr.engine.recording"

local M = {}

local configured = {}
local current

local scratch = lib.new "struct mtr_config"

-- What the command line says.
local function given() return lib.program and lib.program.options or {} end

-- The options of `below` with those of `above` over them.
local function merge(below, above)
  local opts = {}
  for name, value in pairs(below) do opts[name] = value end
  for name, value in pairs(above) do opts[name] = value end
  return opts
end

--- The options that the default engine opens with.
---@return mtr.EngineOptions
function M.options()
  local opts = merge(configured, given())
  if given().sim then opts.transport = "sim" end
  return opts
end

-- Why an engine cannot follow the command line's --record or --replay: a second one would write
-- over what the first has recorded, or be given the first one's answers.
local function taken()
  local word = given().record and "record" or "replay"
  local file = given()[word]
  if not file or not recording.opened[file] then return nil end
  return err.named("EBUSY", ("--%s %s: a recording is of one engine, and the script has opened "
    .. "another one already"):format(word, file))
end

--- Opens an engine. What its options leave open is as the command line has it, unless they name
--- transport, sim or replay.
---@param opts? mtr.EngineOptions
---@return mtr.Engine?
---@return string? message, string? name
function M.open(opts)
  local engine = require "mtr.engine"
  if opts == nil then opts = {} end
  if type(opts) ~= "table" or opts.transport or opts.sim or opts.replay then
    return engine.open(opts)
  end
  local _, message, name = taken()
  if message then return nil, message, name end
  return engine.open(merge(given(), opts))
end

--- Sets the options of the default engine, before its first use. Options of the command line stay
--- above them.
---@param opts mtr.EngineOptions
---@return true
function M.configure(opts)
  local _, bug = config.fill(opts, scratch)
  if bug then error((bug:gsub("^engine:", "configure:")), 2) end
  if current and not current.closed then
    error("configure: the default engine is open already", 2)
  end
  configured = opts or {}
  return true
end

--- The default engine.
---@return mtr.Engine?
---@return string? message, string? name
function M.get()
  if current and not current.closing then return current end
  local _, message, name = taken()
  if message then return nil, message, name end
  local opened
  opened, message, name = require("mtr.engine").open(M.options())
  current = opened or nil
  return opened, message, name
end

--- An engine for timers: the default one, else any that is open, else the default one anew.
---@return mtr.Engine?
---@return string? message, string? name
function M.for_timers()
  if current and not current.closing then return current end
  for _, open in ipairs(loop.engines()) do
    if not open.closing then return open end
  end
  return M.get()
end

return M
