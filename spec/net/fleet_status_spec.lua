-- SPDX-License-Identifier: MIT
--
-- What `fleet status` shows of a fleet over a real redis-server, in each format: rates, the time to
-- go, workers that are alive, slow and dead.
local fleets = require "spec.support.real.fleet"
local redis = require "spec.support.real.redis"

describe("fleet status", function()
  local fleet = fleets.each(before_each, after_each)

  local function shown(word) return fleet:good("status", "-o " .. word).out end

  local function worker(name)
    for _, one in ipairs(fleet:status().workers) do
      if one.name == name then return one end
    end
  end

  it("has the rate and the time to go", function()
    -- So many targets that it is not done before it has been shown for the third time.
    fleet:good("submit", "s --lease 5000 --prefix 1.0.0.0/13")
    local program = fleet:start("work", "--name ams")
    local c = redis.await("a rate", function()
      local one = fleet:status().campaigns[1]
      return one.rate > 0 and one
    end)
    -- Of all targets, if no lease is done yet; numbers in JSON have 14 digits.
    assert.is_true(c.eta > 0 and c.eta <= 2 ^ 19 / c.rate * (1 + 1e-12), c.eta)
    assert.truthy(shown "text":find "\n  %d+ targets/s, %d+ %l+ to go; 0 targets failed")
    local text = shown "prometheus"
    local rate = tonumber(text:match '\nmtr_fleet_targets_per_second{campaign="s"} (%S+)\n')
    local eta = tonumber(text:match '\nmtr_fleet_eta_seconds{campaign="s"} (%S+)\n')
    assert.is_true(rate > 0 and eta > 0)
    program:kill(15)
  end)

  it("has dead workers for a day", function()
    local put = [==[EVAL "return redis.call('HSET', KEYS[1], ARGV[1],
      redis.call('TIME')[1] - ARGV[2] .. '000 {}')" 1 mtr:fleet:workers %s %d]==]
    fleet:redis(put:format("yesterday/1", 86000))
    fleet:redis(put:format("older/1", 86500))
    fleet:redis "HSET mtr:fleet:workers foreign 1"
    fleet:good("submit", "s --prefix 1.0.0.0/24")
    fleet:good("work", "--name ams --once")
    local left = fleet:redis "HKEYS mtr:fleet:workers"
    assert.truthy(left:find("yesterday/1", 1, true) and left:find("foreign", 1, true), left)
    assert.is_nil(left:find("older", 1, true))
  end)

  it("has workers that are alive, slow and dead, and why", function()
    fleet:good("submit", "s --prefix 1.0.0.0/14")
    local alive = fleet:start("work", "--name alive --max-rate 200 --allow icmp,udp --place here")
    local dead = fleet:start("work", "--name dead --lease-time 1s")
    fleet:beats("alive", 0)
    fleet:beats("dead", 0)
    dead:kill()
    -- One that says that it sends much less than it may.
    fleet:redis "SET mtr:fleet:worker:slow secret"
    local facts = '{"campaign":"s","rate":300,"probe_rate":20,"rates_over":10,"tracing":5}'
    fleet:redis(([==[EVAL "return redis.call('HSET', KEYS[1], 'slow', redis.call('TIME')[1] ..
      '000 ' .. ARGV[1])" 1 mtr:fleet:workers '%s']==]):format(facts))
    redis.await("its death", function() return worker "dead".state == "dead" end)
    -- A worker that a busy machine did not let say so for four seconds is slow meanwhile.
    local one = redis.await("a sign of life", function()
      local found = worker "alive"
      return found.state == "alive" and found
    end)
    assert.same({ 200, { "icmp", "udp" }, "here" }, { one.facts.max_rate, one.facts.allow,
      one.facts.place })
    assert.truthy(one.facts.source4:find "^%d+%.%d+%.%d+%.%d+$")
    -- What is shown in a format, once that has a text.
    local function shows(word, part)
      return redis.await(part, function()
        local text = shown(word)
        return text:find(part, 1, true) and text
      end)
    end
    local text = shows("text", "worker alive (here): alive, ")
    assert.truthy(text:find("worker dead: dead since ", 1, true), text)
    assert.truthy(text:find("\n  from " .. one.facts.source4, 1, true), text)
    -- Its only sign of life may be some seconds old by now.
    one = worker "slow"
    assert.equal("slow", one.state)
    assert.truthy(one.why == "20 probes/s, where it may send 300"
      or one.why:find "^no sign of life for %d+ s$", one.why)
    assert.truthy(text:find("worker slow: slow (", 1, true), text)
    text = shows("prometheus", 'worker_slow{worker="alive"} 0')
    for _, line in ipairs { 'worker_alive{worker="alive"} 1', 'worker_alive{worker="dead"} 0',
      'worker_slow{worker="slow"} 1', 'worker_slow{worker="alive"} 0', 'workers{state="dead"} 1',
      'workers{state="slow"} 1' } do
      assert.truthy(text:find("\nmtr_fleet_" .. line .. "\n", 1, true), text)
    end
    alive:kill(15)
  end)
end)
