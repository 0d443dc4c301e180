-- SPDX-License-Identifier: MIT
--
-- mtrlua --sandbox: what a script that nobody trusts may use. It gets the functions of Lua that
-- touch nothing but values, and what of mtr traces and writes results, over the default engine;
-- mtr.sandbox.membrane stands between them. It gets no io, ffi, debug, package, environment, no
-- bytecode and no other file. The files of its results are those that the command line names, as
-- mtr.outputs, a list of reporters.
--
-- All that has to be opened is opened first; then the process shuts itself in (program.sandbox, in
-- C), so that a fault of this file or of the interpreter opens nothing.

local default = require "mtr.engine.default"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local membrane = require "mtr.sandbox.membrane"
local scheduler = require "mtr.wait.scheduler"

local M = {}

local load, type = load, type

-- The names of the module "mtr" that scripts get.
local MTR = ("trace probe hops prober campaign go wait_all wait_any sleep with_timeout semaphore "
  .. "run now interrupted stats warnings outcome plan targets report strategy plain parse_ip "
  .. "addr_class addr_family mark errno event_line version cli"):gmatch "%S+"

local GLOBALS = "assert error ipairs next pairs pcall print rawequal rawget rawset select "
  .. "setmetatable tonumber tostring type unpack xpcall"

local OS = "clock date difftime exit time"

local function copy(from, names)
  local to = {}
  if not names then
    for key, value in each(from) do to[key] = value end
  else
    for name in names:gmatch "%S+" do to[name] = from[name] end
  end
  return to
end

-- load() of texts alone, in the environment of the script.
local function loader(env)
  return function(chunk, name, _, within)
    if type(chunk) == "function" then
      local pieces = {}
      for piece in chunk do
        if piece == "" then break end
        pieces[#pieces + 1] = piece
      end
      chunk = table.concat(pieces)
    end
    if type(chunk) ~= "string" then error("load: the chunk must be a string or function", 2) end
    -- Without a table load() would take the globals of the Lua state.
    return load(chunk, name or "=(load)", "t", type(within) == "table" and within or env)
  end
end

-- The globals of the script.
local function globals(mtr)
  local env = copy(_G, GLOBALS)
  env._G, env._VERSION, env.arg = env, _VERSION, copy(arg)
  env.math, env.table, env.bit = copy(math), copy(table), copy(bit)
  env.string, env.coroutine, env.os = copy(string), copy(coroutine), copy(os, OS)
  env.load = loader(env)
  env.loadstring = env.load
  function env.collectgarbage(what)
    if what == "count" then return collectgarbage "count" end
    collectgarbage()
    return 0
  end
  function env.getmetatable(value)
    if type(value) ~= "table" then return nil end
    return getmetatable(value)
  end
  function env.require(name)
    local known = name == "mtr" and mtr or type(env[name]) == "table" and env[name]
    if known then return known end
    error(("module '%s' is not available in --sandbox"):format(tostring(name)), 2)
  end
  return env
end

-- Opens the outputs of the command line. Returns reporters, or nil and a message.
local function outputs(texts)
  local reports, list = require "mtr.report", {}
  for i, text in ipairs(texts) do
    local word, path = text:match "^([^=]*)=(.*)$"
    local name = reports.name("trace", word)
    if not name or name == "sqlite" or path:find "%.gz$" then
      return nil, ("--output %s: in a sandbox it is a format of text or warts, not compressed")
        :format(err.show(text))
    end
    local file, message
    if path == "-" then file = io.stdout else file, message = io.open(path, "ab") end
    if not file then return nil, "--output " .. message end
    list[i] = reports[name](function(bytes)
      local ok, why = file:write(bytes)
      if not ok then return nil, path .. ": " .. why end
      return file:flush()
    end)
  end
  return list
end

-- Ends everything after so many probes, give or take those of one step.
local function bound(engine, most)
  local over = false
  local function fed()
    if over or engine:stats().probes_sent < most then return end
    over = true
    err.report(("--max-probes %d: no more are sent"):format(most))
    scheduler.defer(function() engine:halt() end)
  end
  engine.feeders[#engine.feeders + 1] = { fed = fed }
end

--- Puts a chunk into the sandbox, for ever: after this the process opens no file.
---@param chunk function
---@param sandbox table program.sandbox
---@return boolean? ok
---@return string? message  why not, or what the kernel lacks
function M.enter(chunk, sandbox)
  string.dump = nil                    -- luacheck: ignore 122
  local mtr = require "mtr"
  pcall(require, "argparse")
  jit.off()
  jit.flush()
  local engine, message = default.get()
  if not engine then return nil, message end
  local reporters
  reporters, message = outputs(sandbox.output)
  if not reporters then return nil, message end
  bound(engine, sandbox.max_probes)
  membrane.hide(getmetatable(engine))
  local api = { outputs = membrane.out(reporters) }
  for name in MTR do api[name] = membrane.out(mtr[name]) end
  local env = globals(api)
  api.coroutine = env.coroutine
  setfenv(chunk, env)
  local ok, landlocked = pcall(sandbox.close, engine:transport().ordinary)
  if not ok then return nil, landlocked end
  return true, not landlocked and "this kernel has no landlock: only seccomp limits the process"
    or nil
end

return M
