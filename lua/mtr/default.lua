-- SPDX-License-Identifier: MIT
--
-- The default engine: opened when first needed, with what mtr.configure was given and, above that,
-- what mtrlua's command line says. Opened anew when it is needed after it was closed. Until then
-- not even the code of engines is loaded, which is most of it: what needs none starts fast.

local lib = require "mtr.lib"
local config = require "mtr.config"
local loop = require "mtr.loop"

local M = {}

local configured = {}
local current

local scratch = lib.new "struct mtr_config"

--- The options that the default engine opens with.
---@return mtr.EngineOptions
function M.options()
  local opts = {}
  for name, value in pairs(configured) do opts[name] = value end
  local given = lib.program and lib.program.options or {}
  if given.sim then opts.transport = "sim" end
  for name, value in pairs(given) do opts[name] = value end
  return opts
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
  local opened, message, name = require("mtr.engine").open(M.options())
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
