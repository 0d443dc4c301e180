-- SPDX-License-Identifier: MIT
--
-- A chain of targets: a source, an order, and stages that drop or replace targets.
--
--     assert(mtr.targets.file "list.txt"):shuffle(42):exclude("never.txt"):shard(1, 4)
--
-- A method returns a new chain and leaves the old one as it is. shuffle and shard change the order
-- of the source, also if they stand behind exclude, map or filter: those look at one target at a
-- time, so the result has the same targets. Only behind unique or a late take, a shard counts what
-- comes out of them; a late take stands behind a stage, and no shuffle can follow it.
--
-- A failure, such as an exclude list that cannot be read, goes along the chain and comes out of
-- next(), so a campaign returns it.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local prefix_set = require "mtr.base.prefix_set"
local stages = require "mtr.targets.stages"
local Run = require "mtr.targets.run"

local MOST_SEED, MOST = 2 ^ 53, 2 ^ 52
local M = {}

---@class mtr.Targets
---@field text any of the last target: of an error, the line or value that is wrong
---@field note mtr.TargetNote|false of the last target, if it was given as a table
---@operator call: string?
local Targets = {}
Targets.__index = Targets

--- Makes a chain without order and stages.
---@param source table see mtr.targets.run; has describe()
---@return mtr.Targets
function M.new(source)
  return setmetatable({
    source = source, steps = {}, stages = {}, words = {}, counts = false, late = false, run = false,
    failure = false, text = false, note = false,
  }, Targets)
end

--- Returns true if a value is a chain.
---@param value any
---@return boolean
function M.is(value) return getmetatable(value) == Targets end

local function copy(list)
  local out = {}
  for i, value in ipairs(list) do out[i] = value end
  return out
end

-- Makes a chain with one step or stage more.
local function longer(chain, text, step, stage)
  local new = M.new(chain.source)
  new.steps, new.stages, new.words = copy(chain.steps), copy(chain.stages), copy(chain.words)
  new.counts, new.late, new.failure = chain.counts, chain.late, chain.failure
  new.steps[#new.steps + 1] = step
  new.stages[#new.stages + 1] = stage
  new.words[#new.words + 1] = text
  return new
end

local function whole(value, low, high)
  return type(value) == "number" and value % 1 == 0 and value >= low and value <= high
end

local function bug(level, ...) error("targets." .. string.format(...), level + 1) end

--- Puts the targets into an order that a seed chooses: the same seed, the same order. Needs no
--- memory for prefixes, and little for files and lists, which are read once before.
---@param seed integer 0..2^53-1
---@return mtr.Targets
function Targets:shuffle(seed)
  if not whole(seed, 0, MOST_SEED - 1) then
    bug(2, "shuffle: the seed must be a whole number from 0 to 2^53-1, got %s", err.show(seed))
  end
  if self.late then bug(2, "shuffle must come before take") end
  local why = self.source.no_shuffle and self.source:no_shuffle()
  if why then bug(2, "shuffle: %s", why) end
  return longer(self, ("shuffle(%.0f)"):format(seed), { kind = "shuffle", a = seed })
end

--- Takes one of n parts, which together are all targets, each once: the same chain with shard 1, 2
--- ... n on n machines. A bad line is reported in one of them.
---@param i integer 1..n
---@param n integer
---@return mtr.Targets
function Targets:shard(i, n)
  if not whole(n, 1, MOST) or not whole(i, 1, n) then
    bug(2, "shard: must be two whole numbers such as 1, 4, the first one from 1 to the second one, "
      .. "got %s, %s", err.show(i), err.show(n))
  end
  local text = ("shard(%.0f, %.0f)"):format(i, n)
  if self.counts then return longer(self, text, nil, stages.shard(i, n)) end
  return longer(self, text, { kind = "shard", a = i, b = n })
end

--- Ends after the first n targets.
---@param n integer
---@return mtr.Targets
function Targets:take(n)
  if not whole(n, 0, MOST) then
    bug(2, "take: must be a whole number from 0, got %s", err.show(n))
  end
  local text = ("take(%.0f)"):format(n)
  if not self.stages[1] then return longer(self, text, { kind = "take", a = n }) end
  local new = longer(self, text, nil, stages.take(n))
  new.counts, new.late = true, true
  return new
end

--- Drops targets that came before. It remembers each target: some 50 bytes.
---@return mtr.Targets
function Targets:unique()
  local new = longer(self, "unique()", nil, stages.unique())
  new.counts = true
  return new
end

--- Drops addresses that are in a list of prefixes: a file (see the option exclude of an engine), a
--- list, one prefix, or a set of mtr.base.prefix_set. The longest prefix counts, and "!" before a
--- prefix makes an exception: "10.0.0.0/8", "!10.1.0.0/16". Names are not resolved for it: for
--- targets with names, give the list to the engine too.
---@param list string|string[]|mtr.PrefixSet
---@return mtr.Targets
function Targets:exclude(list)
  local set, message, name, text = prefix_set.from(list)
  if name == err.BUG then bug(2, "exclude: %s", message) end
  local new = longer(self, ("exclude(%s)"):format(text), nil, set and stages.exclude(set, text))
  if not set then new.failure = new.failure or { message, name } end
  return new
end

local function callable(value)
  local meta = type(value) == "table" and getmetatable(value)
  return type(value) == "function" or meta and meta.__call ~= nil
end

--- Replaces each target by what a function returns for its text: an address or a name; nil drops
--- the target.
---@param fn fun(target: string): string?
---@return mtr.Targets
function Targets:map(fn)
  if not callable(fn) then bug(2, "map: must be a function, got %s", err.show(fn)) end
  return longer(self, "map(function)", nil, stages.map(fn))
end

--- Keeps the targets for which a function returns true.
---@param fn fun(target: string): boolean?
---@return mtr.Targets
function Targets:filter(fn)
  if not callable(fn) then bug(2, "filter: must be a function, got %s", err.show(fn)) end
  return longer(self, "filter(function)", nil, stages.filter(fn))
end

--- Takes the target of each line from a column; only for files and standard input, before all other
--- methods.
---@param n integer from 1
---@param separator? string such as "," or "\t"; default: blanks
---@param priority? integer column with the priority of the target, a number
---@return mtr.Targets
function Targets:column(n, separator, priority)
  for _, number in ipairs { n or 0, priority } do
    if not whole(number, 1, 10000) then
      bug(2, "column: must be a whole number from 1, got %s", err.show(number))
    end
  end
  if separator ~= nil and (type(separator) ~= "string" or separator == "") then
    bug(2, "column: the separator must be a string, got %s", err.show(separator))
  end
  if not self.source.column then bug(2, "column: only files have columns") end
  if self.words[1] then bug(2, "column must come first") end
  local new = M.new(self.source:column(n, separator, priority))
  new.failure = self.failure
  return new
end

-- Begins the run through the chain; returns nil if there is a failure.
local function running(self)
  if self.failure then return nil end
  local run, message, name = Run.new(self.source, self.steps, self.stages)
  if run then self.run = run else self.failure = { message, name } end
  return run
end

--- Returns the next target: family and zone of an address, which it writes into `out`; or 0 and a
--- name; or -1 and a message that begins with the name of the error (`text` is what is wrong); or
--- nil at the end; or nil, a message and a name if no more targets can be read.
---@param out ffi.cdata* 16 bytes
---@return integer?
---@return integer|string?
---@return string?
---@private
function Targets:next(out)
  local run = self.run or running(self)
  if not run then return nil, self.failure[1], self.failure[2] end
  local kind, what, name = run:next(out)
  if not kind then return nil, what, name end
  self.text, self.note = run.text, run.note
  return kind, what
end

local scratch = lib.new "uint8_t[16]"

--- Returns the text of the next target, nil at the end. Of a bad line it returns what is wrong, and
--- a message. nil, a message and a name: no more targets can be read.
---@return string?
---@return string? message, string? name
function Targets:read()
  local kind, what, name = self:next(scratch)
  if not kind then return nil, what, name end
  if kind < 0 then return tostring(self.text), what end
  if kind == 0 then return what end
  return what > 0 and self.text or stages.text(kind, scratch, what)
end

function Targets:__call()
  local text, message, name = self:read()
  if not text and name then error(self.source.who .. ": " .. message, 0) end
  return text
end

-- Returns how far the chain is: the places of its order that were passed, with the targets that a
-- stage dropped. For skip() of the same chain in another run.
function Targets:position() return self.run and self.run.passed or 0 end
function Targets:share() return self.run and self.run:share() or nil end  -- which part was passed

--- Goes on behind the first n places of the order. Takes no time for prefixes and shuffles; reads
--- the lines of a file that is not shuffled; goes through the targets again behind unique, or
--- behind take after another stage.
---@param n number what position() returned
---@return true?
---@return string? message, string? name EINVAL: there are not so many targets
---@private
function Targets:skip(n)
  local run = self.run or running(self)
  if not run then return nil, self.failure[1], self.failure[2] end
  return run:skip(n)
end

-- Describes the chain, for a state file: the source and the methods. Of a file only its size is in
-- it, not its content.
function Targets:describe()
  local text = self.source:describe()
  for _, word in ipairs(self.words) do text = text .. ":" .. word end
  return text
end

return M
