-- SPDX-License-Identifier: MIT
--
-- The host: the program whose loop runs this Lua state. A host is a small table, and everything
-- that waits in mtr waits through it, so that the same script runs in all of them and never stops
-- the host's own loop.
--
--     local host = require "mtr.host"
--     host()                  -- the name of the host in use
--     host "luv"              -- use this one; needed only where it cannot be found by itself
--     host { running = ... }  -- your own: see mtr.Host
--
-- The host is found when it is first needed. In mtrlua, and where there is no other loop, it is
-- mtr's own loop (mtr.wait.loop): then M.current is nil. A loop that begins later is found later.

local err = require "mtr.base.err"

--- A host. Tokens stand for coroutines of the host; they can be compared and be keys of tables.
---@class mtr.Host
---@field name string
---@field running fun(): any? the token of the host's coroutine that runs now; nil: nothing can be
--- suspended here
---@field park fun(token: any): any suspends the running coroutine until wake(token); it may also
--- return earlier. Returns nothing, or the error with which the host has cancelled the coroutine
---@field wake fun(token: any) lets a parked coroutine go on, at once or later; called once per park
---@field watch fun(fd: integer, fn: fun()): any calls fn, outside of every coroutine that waits,
--- each time that the descriptor is readable; returns a handle. Never calls it within watch()
---@field unwatch fun(handle: any) stops that; may be called inside fn. The descriptor is closed
--- after it
---@field defer fun(fn: fun()) calls fn soon, after its caller has returned
---@field spawn? fun(fn: fun()) runs fn in a new coroutine of the host, at once or soon; default: a
--- plain coroutine
---@field active? fun(): boolean whether its loop runs now; while it does not, mtr's own loop does
--- its work. Default: it always does
---@field turn? fun(): boolean lets the host's loop run once, for a wait outside of any coroutine;
--- false: nothing is left in the loop
---@field stuck? fun(): string? why turn() cannot be called here; nil: it can
---@field keep? fun(handle: any, alive: boolean, awaited?: boolean) whether the loop must go on for
--- this handle: false when the engine has nothing under way. Without it the loop runs until the
--- engine is closed. awaited: the running coroutine parks next
---@field in_place? boolean wake(token) and spawn(fn) run the coroutine at once, inside the call
---@field log? fun(text: string) takes errors that nobody can receive; default: standard error

local M = {}

--- The host in use; nil: mtr's own loop, or not yet known (see M.get).
---@type mtr.Host?
M.current = nil

-- For each host that is found by itself: whether this Lua state runs in it. The order matters:
-- Neovim has luv in it, and any host may have loaded luv's or luasocket's modules.
local FOUND = {
  { name = "nginx", here = function() return rawget(_G, "ngx") and rawget(_G, "ngx").say end },
  { name = "tarantool", here = function() return rawget(_G, "_TARANTOOL") end },
  { name = "neovim", here = function()
    local vim = rawget(_G, "vim")
    return type(vim) == "table" and (vim.uv or vim.loop) and vim.schedule
  end },
  { name = "cqueues", here = function()
    local cqueues = package.loaded.cqueues
    return cqueues and cqueues.running()
  end },
  { name = "copas", here = function()
    local copas = package.loaded.copas
    return copas and require "mtr.host.copas".active()
  end },
  { name = "luv", here = function() return package.loaded.luv or package.loaded.uv end },
}

local NAMES = { "own" }
for _, host in ipairs(FOUND) do NAMES[#NAMES + 1] = host.name end

local known = package.loaded["mtr.program"] ~= nil      -- mtrlua always has its own loop
local in_use = false

local function load(name)
  if name == "own" then return nil end
  return require("mtr.host." .. name)
end

--- Called when a host is found or set.
---@type fun(host: mtr.Host)
---@private
function M.on_found() end

local function use(host)
  known, M.current = true, host
  err.output = host and host.log
  if host then M.on_found(host) end
end

--- Returns the host in use, which is found now if it is not yet known; nil: mtr's own loop.
---@return mtr.Host?
---@private
function M.get()
  if known then return M.current end
  for _, host in ipairs(FOUND) do
    if host.here() then
      use(load(host.name))
      return M.current
    end
  end
  return nil
end

--- Notes that something begins in the host, so that it cannot be changed any more. Returns what
--- M.get() returns.
---@return mtr.Host?
---@private
function M.enter()
  in_use = true
  return M.get()
end

local NEEDED = { "running", "park", "wake", "watch", "unwatch", "defer" }

local function check(host)
  for _, name in ipairs(NEEDED) do
    if type(host[name]) ~= "function" then
      error(("host: the table needs a function %s, got %s"):format(name, err.show(host[name])), 3)
    end
  end
  host.name = host.name or "given"
  return host
end

local function named(name)
  for _, known_name in ipairs(NAMES) do
    if known_name == name then return load(name) end
  end
  local near = type(name) == "string" and err.nearest(name, NAMES)
  error(("host: must be a table or one of: %s; got %s%s"):format(table.concat(NAMES, ", "),
    err.show(name), near and ("; did you mean %q?"):format(near) or ""), 3)
end

-- Sets the host: a name or a table.
local function set(given)
  if given ~= nil then
    local host
    if type(given) == "table" then host = check(given) else host = named(given) end
    if in_use and host ~= M.current then
      error(("host: %s is in use already; set the host before anything else is called"):format(
        M.current and M.current.name or "own"), 2)
    end
    use(host)
  end
  local host = M.get()
  return host and host.name or "own"
end

--- Sets the host: a name or a table. Without an argument only returns the name of the host in use.
---@overload fun(given?: string|mtr.Host): string
return setmetatable(M, { __call = function(_, given) return set(given) end })
