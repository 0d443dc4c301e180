-- SPDX-License-Identifier: MIT
--
-- Finds strategies by name, and checks values that are given as a strategy.
--
-- A strategy is a table with the function next or run, or a function; mtr.strategy.runner runs it.
-- Names are for command lines and logs; a strategy that is given as a table needs none. Built-in
-- strategies are loaded when they are first used: mtr.strategy, on a higher floor, sets `load`.

local unpack = require "mtr.compat".unpack
local err = require "mtr.base.err"

local M = {}

--- Decides which probe goes next. Each trace has an instance, which inherits the fields of this
--- table.
---@class mtr.Strategy
---@field name? string for messages
---@field defaults? mtr.TraceOptions used for options that the user did not give
---@field trace? mtr.Trace its trace; in a campaign borrowed: only while a function runs
---@field create? fun(trace: mtr.Trace): table|ffi.cdata* makes an instance; default: {}
---@field reuse? boolean init can reset an instance that another trace has used
---@field init? fun(self: mtr.Strategy, trace: mtr.Trace) called first
---@field run? fun(self: mtr.Strategy, trace: mtr.Trace): string?, integer?, integer? see script.lua
---@field next? fun(self: mtr.Strategy, now: number, trace: mtr.Trace): mtr.Answer
---@field on_reply? fun(self: mtr.Strategy, r: mtr.BorrowedReply, trace: mtr.Trace): mtr.Verdict
---@field on_timeout? fun(self: mtr.Strategy, p: mtr.BorrowedProbe, trace: mtr.Trace): mtr.Verdict
---@field done? fun(self: mtr.Strategy, trace: mtr.Trace) called when the result is there

--- The result of next. A probe: next is called again at once if there is room for more, unless it
--- also returned `true`. Nil: next is called again when something has happened to its trace, or
--- after the number of ms that it also returned. Or a verdict.
---@alias mtr.Answer mtr.NextProbe|mtr.Verdict

--- Nil goes on. "stop", reason, data, ttl ends the trace: with this stop_reason (default "halted"),
--- stop_data (0), and last hop of the result (the highest that answered).
---@alias mtr.Verdict "stop"|nil

--- A probe that a strategy wants to send. The same table may be used again.
---@class mtr.NextProbe
---@field ttl integer first_ttl..max_ttl of the trace
---@field flow? integer default: the trace's
---@field size? integer bytes of the whole IP packet; default: the trace's
---@field id? integer set by the engine (not for trace:probe): equal to reply.id and probe.id later

--- The name of the sweep in the engine.
M.SWEEP = "window"

local registered = { window = M.SWEEP }

--- Loads a built-in strategy; set by mtr.strategy, which also sets the names.
---@type fun(name: string): mtr.Strategy|function
M.load = nil
---@type string[]
M.built_in = {}

local function names()
  local list = { unpack(M.built_in) }
  for name in pairs(registered) do list[#list + 1] = name end
  table.sort(list)
  for i = #list, 2, -1 do
    if list[i] == list[i - 1] then table.remove(list, i) end
  end
  return list
end

--- Checks a strategy. Returns what it must be, or nil if it is right.
---@param s any
---@return string?
function M.problem(s)
  if type(s) == "function" then return nil end
  if type(s) ~= "table" then return "a table or a function, got " .. err.show(s) end
  if type(s.next or s.run) ~= "function" then return "a table with the function next or run" end
  for _, name in ipairs { "create", "init", "on_reply", "on_timeout", "done", "run" } do
    if s[name] ~= nil and type(s[name]) ~= "function" then
      return ("a table whose %s is a function, got %s"):format(name, err.show(s[name]))
    end
  end
end

--- Gives a strategy a name, for `strategy = "name"`.
---@param name string
---@param s mtr.Strategy|fun(trace: mtr.Trace): string?
function M.register(name, s)
  if type(name) ~= "string" or name == "" then
    error("register: the name must be a string, got " .. err.show(name), 2)
  end
  if name == M.SWEEP then error('register: the name "window" is reserved', 2) end
  local problem = M.problem(s)
  if problem then error(("register: %s must be %s"):format(name, problem), 2) end
  registered[name] = s
end

local function find(name)
  if registered[name] then return registered[name] end
  for _, known in ipairs(M.built_in) do
    if known == name then
      registered[name] = M.load(name)
      return registered[name]
    end
  end
end

--- Accepts the value of the option `strategy`.
---@type mtr.Kind
function M.kind(value)
  if type(value) ~= "string" then
    local problem = M.problem(value)
    if not problem then return value end
    return nil, "must be the name of a strategy, or " .. problem:gsub(", got.*", "")
  end
  local s = find(value)
  if s then return s end
  local all = names()
  local near = err.nearest(value, all)
  return nil, "must be one of " .. table.concat(all, ", ") .. ", a table or a function",
    near and ("; did you mean %q?"):format(near)
end

return M
