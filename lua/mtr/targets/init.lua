-- SPDX-License-Identifier: MIT
--
-- mtr.targets: where the targets of a campaign come from. A target is an address, a name, or a
-- prefix, whose addresses are targets. Each source is a mtr.Targets, whose methods choose from the
-- targets and order them: see mtr.targets.chain.
--
--     mtr.targets.cidr("10.0.0.0/8", { each = 24, random = 1, seed = 7 }):shuffle(42):take(1000)
--
-- Options of all sources say which addresses of a prefix are targets; the default is all. `each`
-- (IPv4) and `each6` (IPv6): one address in each part of this length; `random`: so many random
-- addresses instead of the first, of each part or else of the whole prefix; `seed` chooses them.

local check = require "mtr.base.check"
local err = require "mtr.base.err"
local Range = require "mtr.base.range"
local chain = require "mtr.targets.chain"
local sources = require "mtr.targets.sources"

---@class mtr.targets
local M = {}

-- Why the last file could not be opened: `targets = mtr.targets.file(path)` passes on only nil.
local failure

---@class mtr.TargetsOptions
---@field each? integer length of the parts of IPv4 prefixes
---@field each6? integer length of the parts of IPv6 prefixes
---@field random? integer so many random addresses of each part
---@field seed? integer of the random addresses; default 0

local OPTIONS = {
  { name = "each", kind = check.integer(0, 128), doc = "one address in each part, IPv4" },
  { name = "each6", kind = check.integer(0, 128), doc = "one address in each part, IPv6" },
  { name = "random", kind = check.integer(1, 2 ^ 52), doc = "random addresses of each part" },
  { name = "seed", kind = check.integer(0, 2 ^ 53 - 1), doc = "of random addresses" },
}
local DECLARATIONS = {}
for _, name in ipairs { "file", "stdin", "list", "generator", "cidr" } do
  DECLARATIONS[name] = check.declare("targets." .. name, OPTIONS)
end

-- Reads the options. Returns them as mtr.Expansion and as words for describe(); raises a caller's
-- bug.
local function read(name, opts)
  local given, words = {}, ""
  local bug = check.each(DECLARATIONS[name], opts, function(option, value)
    given[option.name] = value
  end)
  if bug then error(bug, 3) end
  for _, option in ipairs(OPTIONS) do
    local value = given[option.name]
    if value then words = ("%s %s %.0f"):format(words, option.name, value) end
  end
  if given.each or given.each6 then given.each = { [4] = given.each, [6] = given.each6 } end
  return given, words
end

--- Reads targets from a text file: one on each line; "#" begins a comment. "-" is standard input. A
--- line that is wrong is a target that cannot be traced: on_error gets it, with file and line.
---@param path string
---@param opts? mtr.TargetsOptions
---@return mtr.Targets?
---@return string? message, string? name
function M.file(path, opts)
  if type(path) ~= "string" then
    error(("targets.file: the path must be a string, got %s"):format(err.show(path)), 2)
  end
  local expansion, words = read("file", opts)
  if path == "-" then return chain.new(sources.file(io.stdin, nil, expansion, words)) end
  local file, _, code = io.open(path)
  failure = not file and select(2, err.env(code, path)) or nil
  if not file then return err.env(code, path) end
  return chain.new(sources.file(file, path, expansion, words))
end

--- Reads targets from standard input, like a file.
---@param opts? mtr.TargetsOptions
---@return mtr.Targets
function M.stdin(opts)
  local expansion, words = read("stdin", opts)
  return chain.new(sources.file(io.stdin, nil, expansion, words))
end

--- Takes targets from a list of strings, or of tables: { target = "192.0.2.1", priority = 5 }.
---@param list (string|mtr.TargetNote)[]
---@param opts? mtr.TargetsOptions
---@return mtr.Targets
function M.list(list, opts)
  if type(list) ~= "table" then
    error(("targets.list: must be a list of strings, got %s"):format(err.show(list)), 2)
  end
  return chain.new(sources.list(list, read("list", opts)))
end

local function callable(value)
  if type(value) == "function" then return true end
  local meta = type(value) == "table" and getmetatable(value)
  return meta and meta.__call ~= nil
end

--- Takes targets from a function, which returns one at each call, as in a list, and nil at the end.
---@param next_one fun(): string|mtr.TargetNote|nil
---@param opts? mtr.TargetsOptions
---@return mtr.Targets
function M.generator(next_one, opts)
  if not callable(next_one) then
    error(("targets.generator: must be a function, got %s"):format(err.show(next_one)), 2)
  end
  return chain.new(sources.generator(next_one, read("generator", opts)))
end

--- Takes the addresses of a prefix. With a step: the first address of each part that has this
--- prefix length. Options choose others; `each` and `each6` are the same here.
---@param text string
---@param step? integer|mtr.TargetsOptions
---@return mtr.Targets
function M.cidr(text, step)
  if type(text) ~= "string" then
    error(("targets.cidr: the prefix must be a string, got %s"):format(err.show(text)), 2)
  end
  local opts, words = {}, step and type(step) ~= "table" and " each " .. tostring(step) or ""
  if type(step) == "table" then
    opts, words = read("cidr", step)
    step = step.each or step.each6
  end
  local function make() return Range.new(text, step, opts.random, opts.seed) end
  local range, bug = make()
  if not range then error("targets.cidr: " .. bug, 2) end
  return chain.new(sources.prefix(make, "cidr " .. err.show(text) .. words))
end

--- Returns a message about targets from which feed() can make nothing.
---@param given any
---@return string
---@private
function M.wrong(given)
  local why = given == nil and failure
  failure = nil
  if why then return "targets is nil: " .. why end
  return "targets must be a list or an iterator of strings, got " .. err.show(given)
end

--- Makes a chain of anything that a campaign takes: a chain, a list, or an iterator. Returns nil if
--- it is nothing of these.
---@param given any
---@return mtr.Targets?
---@private
function M.feed(given)
  if chain.is(given) then return given end
  if callable(given) then return M.generator(given) end
  if type(given) == "table" then return M.list(given) end
  return nil
end

return M
