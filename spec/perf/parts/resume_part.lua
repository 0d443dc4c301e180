-- SPDX-License-Identifier: MIT
--
-- The bench's part with kills: a campaign of 20,000 targets with three outputs, one of them
-- compressed, is killed 200 times at random moments and resumed each time.

local killed = require "spec.support.harness.killed"
local reports = require "spec.perf.kit.report"
local run = require "spec.support.harness.run"

local TARGETS, KILLS, GROW = 20000, 200, 150000

---@param report perf.Report
return function(report)
  reports.say(("\n%d kills in a campaign of %d targets with three outputs"):format(KILLS, TARGETS))
  local got = killed.campaign(run.dir(), TARGETS, KILLS, GROW, 1)
  run.clean()
  report:add({ name = "resume_kills", text = "kills", value = got.kills, least = KILLS,
    digits = 0 })
  for _, name in ipairs({ "lost", "doubled", "torn" }) do
    report:add({ name = "resume_" .. name, text = "records " .. name .. ", in all outputs",
      value = got[name], most = 0, least = 0, digits = 0 })
  end
end
