-- SPDX-License-Identifier: MIT
--
-- mtr.fleet: one campaign, many vantage points, and a Redis between them.
--
--     local fleet = assert(mtr.fleet.open { redis = "redis://127.0.0.1:6379" })
--     fleet:submit { name = "survey", targets = mtr.targets.cidr "10.0.0.0/16" }
--     fleet:work { name = "ams", once = true }
--     fleet:drain { campaign = "survey", reporters = { mtr.report.jsonl "out.jsonl" } }
--     fleet:close()
--
-- Targets are cut into leases. A worker takes leases, keeps them alive while it traces them, and
-- hands their results in: that and the acknowledgement happen as one, so a lease is in the results
-- once for each vantage point that traces it. Leases of a worker that has died are taken over. A
-- drain gives the results to reporters.
--
-- All calls wait, also for a Redis that is away: `say` is called with what happens. The file
-- README.md beside this one describes what is in Redis.

local default = require "mtr.engine.default"
local check = require "mtr.base.check"
local err = require "mtr.base.err"
local json = require "mtr.record.json"
local scheduler = require "mtr.wait.scheduler"
local book = require "mtr.fleet.book"
local clickhouse = require "mtr.fleet.clickhouse"
local control = require "mtr.fleet.control"
local drain = require "mtr.fleet.drain"
local help = require "mtr.fleet.help"
local keys = require "mtr.fleet.keys"
local Link = require "mtr.fleet.link"
local status = require "mtr.fleet.status"
local status_text = require "mtr.fleet.status_text"
local submit = require "mtr.fleet.submit"
local Ticker = require "mtr.fleet.ticker"
local fleet_url = require "mtr.fleet.url"
local worker = require "mtr.fleet.worker"

local M, TICK = {}, 100                -- ms

---@class mtr.FleetOptions
---@field redis string where it is: redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE] or unix:///PATH
---@field say? fun(message: string) is called for trouble that may pass; default: standard error

---@class mtr.Fleet
---@field link mtr.RedisLink
---@field ticker mtr.Ticker
---@field say fun(message: string)
local Fleet = {}
Fleet.__index = Fleet

local text, hook = check.type "string", check.type "function"
local OPEN = check.declare("fleet.open", {
  { name = "redis", kind = text, doc = "URL of the Redis" },
  { name = "say", kind = hook, doc = "is called for trouble that may pass" },
})

-- Where there is no engine that may send, a simulated one watches the descriptors.
local function loop()
  local engine, message, name = default.for_timers()
  if engine then return true end
  local open = require "mtr.engine".open
  local sim = require "mtr.sim"
  engine = open { sim = sim { source = "a", nodes = { a = "192.0.2.1", b = "192.0.2.2" },
    links = { { "a", "b" } } } }
  return engine and true, message, name
end

--- Opens a fleet. The connection is made when it is first needed.
---@param opts mtr.FleetOptions
---@return mtr.Fleet?
---@return string? message, string? name
function M.open(opts)
  local given = {}
  local bug = check.each(OPEN, opts, function(option, value) given[option.name] = value end)
  if bug then error(bug, 2) end
  if not given.redis then error("fleet.open: the option redis is needed", 2) end
  local url, problem = fleet_url.read(given.redis)
  if not url then
    error(("fleet.open: redis = %s: %s"):format(err.show(given.redis), problem), 2)
  end
  local ok, message, name = loop()
  if not ok then return nil, message, name end
  local ticker
  ticker, message, name = Ticker.new(TICK)
  if not ticker then return nil, message, name end
  local say = given.say or function(line) io.stderr:write("fleet: ", line, "\n") end
  return setmetatable({ ticker = ticker, say = say, link = Link.new(url, ticker, say) }, Fleet)
end

local RESULTS = { packed = "packed", json = "json" }
local SUBMIT = check.declare("fleet:submit", {
  { name = "name", kind = text, doc = "of the campaign" },
  { name = "targets", kind = check.any, doc = "as of a campaign" },
  { name = "trace", kind = check.type "table", doc = "options of each trace: plain values" },
  { name = "share", kind = text, doc = 'split: each target once (default); all; n' },
  { name = "points", kind = check.type "table", doc = "vantage points; default: workers alive" },
  { name = "n", kind = check.integer(1, 10000), doc = "vantage points of each target" },
  { name = "seed", kind = check.integer(0, 2 ^ 53 - 1), doc = "chooses them" },
  { name = "lease", kind = check.integer(1, 100000), doc = "targets of a lease; default 200" },
  { name = "rate", kind = check.rate, doc = "probes per second of each worker" },
  { name = "most_leases", kind = check.integer(1, 1e9), doc = "leases in Redis; default 20000" },
  { name = "most_bytes", kind = check.integer(1, 2 ^ 53), doc = "undrained results; 256 MiB" },
  { name = "results", kind = check.word(RESULTS, { "packed", "json" }),
    doc = "what workers hand in: packed records (default), or lines of JSON" },
  { name = "shared", kind = check.type "boolean", doc = "doubletree with stop sets for all" },
  { name = "list", kind = text, doc = "name of the list of targets" },
  { name = "cycle", kind = text, doc = "name of this pass over it" },
  { name = "on_bad", kind = hook, doc = "gets texts that are not targets, and why" },
})

local function take(declaration, opts, to)
  local bug = check.each(declaration, opts, function(option, value) to[option.name] = value end)
  return bug and error(bug, 3) or to
end

local function name_of(who, what, given, slash)
  local bug = type(given) ~= "string" and what .. " is needed" or keys.wrong(what, given, slash)
  if bug then error(who .. ": " .. bug, 3) end
end

--- Submits a campaign. The same again goes on where a former one was killed.
---@async
---@param opts mtr.FleetSubmission
---@return integer? targets
---@return integer|string leases, or a message
---@return string? name
function Fleet:submit(opts)
  local s = take(SUBMIT, opts, { trace = {}, share = "split", lease = 200, most_leases = 20000,
    most_bytes = 2 ^ 28, results = "packed" })
  name_of("fleet:submit", "name", s.name)
  if not keys.SHARES[s.share] then
    error(("fleet:submit: share must be split, all or n, got %s"):format(err.show(s.share)), 2)
  end
  if (s.share == "n") ~= (s.n ~= nil) then error("fleet:submit: n goes with share = \"n\"", 2) end
  for _, point in ipairs(s.points or {}) do name_of("fleet:submit", "points", point) end
  local twice = keys.twice(s.points or {})
  if twice then error(("fleet:submit: points has %s twice"):format(twice), 2) end
  if s.shared and s.trace.strategy ~= "doubletree" then
    error('fleet:submit: shared needs the strategy "doubletree"', 2)
  end
  local bug = book.wrong_options(s.trace)
  if bug then error("fleet:submit: " .. bug, 2) end
  return submit.run(self.link, self.ticker, s)
end

local WORK = check.declare("fleet:work", {
  { name = "name", kind = text, doc = "of the worker: POINT or POINT/SOMETHING" },
  { name = "campaign", kind = text, doc = "works for this one only" },
  { name = "window", kind = check.integer(1, 1000000), doc = "targets under way; default 1000" },
  { name = "lease_time", kind = check.duration(1000, 3600000), doc = "until others take over" },
  { name = "max_rate", kind = check.rate, doc = "probes per second, whatever a campaign wants" },
  { name = "protocols", kind = worker.protocols, doc = "set of those that it sends" },
  { name = "once", kind = check.type "boolean", doc = "ends when all campaigns are done" },
  { name = "place", kind = text, doc = "where it is, for people" },
  { name = "engine", kind = check.type "table", doc = "traces; default: the default engine" },
})

--- Works until interrupted; with `once` until all campaigns are done.
---@async
---@param opts mtr.FleetWorkerOptions
---@return mtr.FleetWorker? counters: done_leases, done_targets
---@return string? message, string? name
function Fleet:work(opts)
  local w = take(WORK, opts, { window = 1000, lease_time = 15000, link = self.link,
    ticker = self.ticker, say = self.say })
  name_of("fleet:work", "name", w.name, true)
  local made, message, name = worker.new(w)
  if not made then return nil, message, name end
  local ok
  ok, message, name = made:run()
  return ok and made, message, name
end

local DRAIN = check.declare("fleet:drain", {
  { name = "campaign", kind = text, doc = "which one" },
  { name = "reporters", kind = check.type "table", doc = "as of a campaign" },
  { name = "outputs", kind = check.type "table", doc = "what they are, for the state" },
  { name = "state", kind = text, doc = "a file from which it can be resumed" },
  { name = "follow", kind = check.type "boolean", doc = "goes on when the campaign is done" },
  { name = "on_update", kind = hook, doc = "gets the counters once a second" },
})

--- Drains a campaign until it is done, or until interrupted.
---@async
---@param opts mtr.FleetDrainOptions
---@return mtr.FleetDrain? counters: results, leases, repeated, failed, unread
---@return string? message, string? name
function Fleet:drain(opts)
  local d = take(DRAIN, opts, { outputs = {}, reporters = {}, link = self.link,
    ticker = self.ticker, say = self.say })
  name_of("fleet:drain", "campaign", d.campaign)
  return drain.run(d)
end

--- Changes a campaign: "running", "paused" or "cancelled", and its rate for each worker.
---@async
---@param campaign string
---@param state "running"|"paused"|"cancelled"
---@param rate? number|string
---@return true?
---@return string? message, string? name
function Fleet:set(campaign, state, rate)
  name_of("fleet:set", "the campaign", campaign)
  local known, bug = check.rate(rate or 0)
  if not known then error("fleet:set: rate " .. bug .. ", got " .. err.show(rate), 2) end
  return control.set(self.link, campaign, state, rate)
end

--- Forgets a campaign that is done or cancelled; with `discard` also results that nobody drained.
---@async
---@param campaign string
---@param discard? boolean
---@return true?
---@return string? message, string? name
function Fleet:forget(campaign, discard)
  name_of("fleet:forget", "the campaign", campaign)
  return control.forget(self.link, campaign, discard)
end

--- Returns how campaigns and workers are: see mtr.fleet.status.
---@async
---@param campaign? string
---@return table?
---@return string? message, string? name
function Fleet:status(campaign)
  if campaign then name_of("fleet:status", "the campaign", campaign) end
  return status.look(self.link, campaign)
end

Fleet.text, Fleet.prometheus = status_text.text, status_text.prometheus

--- A default name of a worker, and the output of a drain to a table of ClickHouse.
M.host_name, M.clickhouse = keys.host_name, clickhouse.new

--- The help texts of mtrlua fleet, and what its commands that change a campaign set.
M.help, M.changes = help.of, help.CHANGES

--- Returns what status() returns as JSON.
M.json = json.encode

--- Ends the connection.
---@async
function Fleet:close()
  scheduler.check "fleet:close"
  self.link:close()
  self.ticker:close()
end

return M
