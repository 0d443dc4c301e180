-- SPDX-License-Identifier: MIT
--
-- scripts/ping.lua when a router refuses a packet and the target still answers it, 30 ms later: the
-- answers count, errors are reported separately, and ping waits for the last answer.
local lab = require "spec.lab.lab"
local forger = require "spec.support.real.forger"
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"

local privileged, reason = lab.available()
local DST = { [4] = "10.66.2.2", [6] = "fd66:2::2" }
local l, f

-- Runs ping in the lab while the forger answers; the records that it printed.
local function ping(transport, words, handler)
  local base = run.dir() .. "/ping"
  local command = ('"$MTR_PROGRAM" --transport %s scripts/ping.lua -o jsonl -W 5 -i 20ms %s')
    :format(transport, words)
  os.execute(("rm -f %s.done; (timeout 120 %s >%s.out 2>&1; touch %s.done) &"):format(base,
    l:command(command), base, base))
  local function ended()
    local file = io.open(base .. ".done")
    if file then file:close() end
    return file ~= nil
  end
  local process = { work = 1, fd = function() return -1 end }
  function process:step() if ended() then self.work = 0 end end
  f:drive(process, handler)
  local file = assert(io.open(base .. ".out"))
  local text = file:read "*a"
  file:close()
  return run.records(text)
end

-- An error at once, and the answer behind it.
local function both(kind)
  return function(p)
    f:send(forger.icmp(p, kind, { from = forger.addr(p.v, 1, 7), code = kind == "unreach" and 1
      or 0 }))
    f:send(forger.final(p), 30)
  end
end

describe("ping, an error before the answer", function()
  setup(function()
    if not privileged then return end
    l = nets.up "chain 2"
    nets.pings(l)
    f = forger.open(l)
  end)
  teardown(function()
    if f then f:close() end
    nets.down()
    run.clean()
  end)

  -- An error ends a connection that the kernel makes, so over user not the protocol tcp.
  for _, case in ipairs { "auto icmp", "auto udp", "auto tcp", "user icmp", "user udp" } do
    local transport, protocol = case:match "(%a+) (%a+)"
    for v = 4, 6, 2 do
      for _, kind in ipairs { "unreach", "exceeded" } do
        it(("counts the answer: %s, %s over IPv%d"):format(kind, case, v), function()
          if not privileged then pending(reason) end
          local list = ping(transport, ("-c 3 -p %s %s"):format(protocol, DST[v]), both(kind))
          local s, answers, errors = list[#list], 0, 0
          for _, r in ipairs(list) do
            assert.is_nil(r.dup)
            if r.type == "ping" and r.error then errors = errors + 1
            elseif r.type == "ping" then answers = answers + 1 end
          end
          assert.same({ 3, 3 }, { answers, errors })
          assert.same({ 3, 3, 0, 3, nil },
            { s.sent, s.received, s.unanswered, s.errors, s.in_flight })
        end)
      end
    end
  end
end)
