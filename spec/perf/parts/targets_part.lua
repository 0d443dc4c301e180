-- SPDX-License-Identifier: MIT
--
-- The bench's part about targets: what one costs before its trace starts, and how much memory a
-- chain over 2^32 addresses and a list of a million excluded prefixes need. See loads/targets.lua.

local script = require "spec.perf.kit.contenders".script
local reports = require "spec.perf.kit.report"

local ROUNDS = 5
local CASES = {
  { name = "shuffle", text = "a target of 2^32 shuffled", most = 100, case = "shuffle" },
  { name = "chain", text = "a target of 2^32 shuffled, sharded, excluded", most = 100,
    case = "chain", prefixes = 1000 },
  { name = "exclude4", text = "a look-up in 1,000,000 IPv4 prefixes", most = 100,
    case = "exclude", memory = 64 },
  { name = "exclude6", text = "a look-up in 1,000,000 IPv6 prefixes", most = 100,
    case = "exclude", family = 6, memory = 64 },
  { name = "file", text = "an address of a file", case = "file", n = 1000000 },
  { name = "shuffled_file", text = "an address of a shuffled file", case = "shuffled-file",
    n = 200000 },
}

---@param report perf.Report
return function(report)
  reports.say("\nTargets, before their traces")
  for _, case in ipairs(CASES) do
    local ns, mib = {}, {}
    for round = 1, ROUNDS do
      local values = script("targets", {
        case = case.case, n = case.n or 5000000, family = case.family or 4,
        prefixes = case.prefixes or 1000000,
      })
      ns[round], mib[round] = values.ns, values.mib
    end
    local id = "targets_" .. case.name
    report:add_median({ name = id .. "_ns", text = "CPU time of " .. case.text, unit = "ns",
      most = case.most, digits = 0 }, ns)
    report:add_median({ name = id .. "_mib", text = "memory of that process", unit = "MiB",
      most = case.memory or 16, digits = 1 }, mib)
  end
end
