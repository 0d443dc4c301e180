-- SPDX-License-Identifier: MIT
--
-- A fleet for specs: a real redis-server, a simulated internet, and mtrlua's commands over both.
local cjson = require "cjson"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

local M = { PROGRAM = os.getenv "MTR_PROGRAM" or "build/mtrlua" }

---@class spec.Fleet
---@field server table of spec.support.real.redis
---@field url string
---@field net string a file for --sim
local Fleet = {}
Fleet.__index = Fleet

local function start(fleet, options)
  fleet.server = redis.up(options)
  fleet.url, fleet.logs = fleet.server.url, 0
  fleet.net = run.file("net.lua", [[return require("mtr").sim.internet {
    prefixes = 2000, dead = 0 }]])
  return fleet
end

---Starts it; `options`: more options of redis-server.
function M.up(options) return start(setmetatable({}, Fleet), options) end

---Returns a fleet that is started before each test and ended after it, by functions of busted.
function M.each(before_each, after_each)
  local fleet = setmetatable({}, Fleet)
  before_each(function() start(fleet) end)
  after_each(function() fleet:down() end)
  return fleet
end

---Ends all of it.
function Fleet:down()
  self.server:down()
  redis.reap()
  run.clean()
end

---Runs a command of Redis; its answer.
function Fleet:redis(words) return self.server:call(words) end

---The shell command of a fleet's command.
function Fleet:command(command, words)
  return ("%s%s fleet %s --redis %s %s"):format(M.PROGRAM,
    command == "work" and " --sim " .. self.net or "", command, self.url, words or "")
end

---Runs a command: { status =, out =, err = }.
function Fleet:run(command, words) return run.run(self:command(command, words)) end

---Runs a command that has to succeed.
function Fleet:good(command, words)
  local got = self:run(command, words)
  assert(got.status == 0, command .. ": " .. got.err)
  return got
end

---Starts a command in the background.
function Fleet:start(command, words)
  self.logs = self.logs + 1
  return redis.start(self:command(command, words), ("%s/log%d"):format(run.dir(), self.logs))
end

---What `status` says.
function Fleet:status() return cjson.decode(self:good("status", "-o json").out) end

---Drains a campaign; its results.
function Fleet:drained(name) return run.records(self:good("drain", name).out) end

---A field of a campaign in Redis, as a number.
function Fleet:field(campaign, name)
  return tonumber(self:redis(("HGET mtr:fleet:{%s}:meta %s"):format(campaign, name))) or 0
end

---Waits until a worker has given so many signs of life from now on.
function Fleet:beats(worker, n)
  local last
  for _ = 0, n do
    redis.await("a sign of life of " .. worker, function()
      local said = self:redis("HGET mtr:fleet:workers " .. worker):match "^%d+"
      if said == last then return false end
      last = said
      return said
    end)
  end
end

---How many destinations there are, and how often each.
function M.dsts(results)
  local count, n = {}, 0
  for _, result in ipairs(results) do
    if not count[result.dst] then n = n + 1 end
    count[result.dst] = (count[result.dst] or 0) + 1
  end
  return n, count
end

return M
